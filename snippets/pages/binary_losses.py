"""The page `binary-losses` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import math
from textwrap import shorten

import torch
from binary_losses import (
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_gradient,
    dice_loss,
    focal_loss,
    soft_margin_loss,
)
from expected import expect
from losses import lowest
from plotting import axes, style, svg
from rounding import ulps
from torch import nn
from torch.nn import functional as F

bce = F.binary_cross_entropy_with_logits
# --8<-- [end:imports]

# --8<-- [start:one-or-two]
torch.manual_seed(0)
z = torch.randn(6, dtype=torch.float64)
y = torch.tensor([0, 1, 1, 0, 1, 0])

two_logits = torch.stack([torch.zeros(6, dtype=torch.float64), z], dim=1)
one = bce(z, y.double()).item()
two = F.cross_entropy(two_logits, y).item()
print(f"one logit  {one:.12f}")
print(f"two logits {two:.12f}")
# --8<-- [end:one-or-two]

# --8<-- [start:twice-as-fast]
single = torch.zeros(1, requires_grad=True)
pair = torch.zeros(1, 2, requires_grad=True)
bce(single, torch.ones(1)).backward()
F.cross_entropy(pair, torch.tensor([1])).backward()
step_of_one = -single.grad.item()
step_of_two = (-pair.grad[0, 1] + pair.grad[0, 0]).item()
print(f"one logit: z moves by {step_of_one} lr")
print(f"two logits: z₁ − z₀ moves by {step_of_two} lr")
# --8<-- [end:twice-as-fast]

# --8<-- [start:one-output]
z = torch.tensor([[-2.0], [0.0], [1.0], [3.0]], requires_grad=True)
no, yes = torch.zeros(4, dtype=torch.long), torch.ones(4, dtype=torch.long)
alone = F.cross_entropy(z, no)
alone.backward()
print("loss", alone.item(), "  gradient", z.grad.flatten().tolist())
with expect(IndexError) as caught:
    F.cross_entropy(z, yes)
print(caught)
# --8<-- [end:one-output]

# --8<-- [start:to-the-bit]
z, y = torch.randn(100, 3), torch.randint(2, (100, 3)).float()
positive = torch.tensor([1.0, 2.0, 5.0])
for name, options in (("plain", {}), ("pos_weight", {"pos_weight": positive})):
    ours = binary_cross_entropy_with_logits(z, y, **options)
    print(f"{name:11} {ulps(ours, bce(z, y, **options))} ulp")

x = torch.tensor([-3.0, 0.0, 3.0], requires_grad=True)
bce(x, torch.ones(3), reduction="sum").backward()
print(x.grad)
print(binary_cross_entropy_with_logits_gradient(x.detach(), torch.ones(3)))
# --8<-- [end:to-the-bit]

# --8<-- [start:bce-figure]
figure, left, right = axes(("z", "loss"), ("z", "∂loss/∂z"), columns=2, height=2.5)
line = torch.linspace(-6, 6, 121, requires_grad=True)
for number, label in enumerate((1.0, 0.0)):
    values = bce(line, torch.full_like(line, label), reduction="none")
    (slopes,) = torch.autograd.grad(values.sum(), line)
    left.plot(line.detach(), values.detach(), **style(number), label=f"y = {label:.0f}")
    right.plot(line.detach(), slopes, **style(number))
left.legend()
print(svg(figure, "bce"))
# --8<-- [end:bce-figure]

# --8<-- [start:column]
scores, labels = torch.randn(4, 1), torch.tensor([0.0, 1.0, 1.0, 0.0])
with expect(ValueError) as caught:
    bce(scores, labels)
print(shorten(str(caught), 48, placeholder=" …"))
print(f"squeeze(1)        {bce(scores.squeeze(1), labels):.4f}")
spread = bce(scores.expand(4, 4), labels.expand(4, 4)).item()
print(f"as if broadcast   {spread:.4f}")
# --8<-- [end:column]

# --8<-- [start:sample-weight]
torch.manual_seed(0)
z, y = torch.randn(3, 3), torch.randint(2, (3, 3)).float()  # N = C
w = torch.tensor([1.0, 2.0, 3.0])  # 每个样本一个 | one for each sample
each = bce(z, y, reduction="none")
meant = (each * w[:, None]).mean().item()
column = bce(z, y, weight=w[:, None]).item()
row = bce(z, y, weight=w).item()
print(f"meant {meant:.4f}   (N, 1) {column:.4f}   (N) {row:.4f}")
with expect(RuntimeError) as caught:
    bce(torch.randn(4, 3), torch.zeros(4, 3), weight=torch.ones(4))
print(shorten(str(caught), 62, placeholder=" …"))
# --8<-- [end:sample-weight]

# --8<-- [start:multi-label]
tags = torch.tensor([[1.0, 1.0, 0.0, 0.0]])
zero = torch.zeros(1, 4, dtype=torch.float64)
by_bce = lowest(lambda z: bce(z.clamp(-20, 20), tags.double()), zero).sigmoid()
by_ce = lowest(lambda z: F.cross_entropy(z.clamp(-20, 20), tags.double()), zero)
for name, p in (("sigmoid, BCE", by_bce), ("softmax, cross-entropy", by_ce.softmax(1))):
    print(f"{name:23}", *(f"{v:6.3f}" for v in p[0]))
# --8<-- [end:multi-label]

# --8<-- [start:diluted]
for C in (1, 10, 1000):
    z = torch.zeros(1, C, requires_grad=True)
    bce(z, torch.ones(1, C)).backward()
    print(f"C = {C:4}   pull on each logit {-z.grad[0, 0]:.5f}")
# --8<-- [end:diluted]

# --8<-- [start:pos-weight]
yes = torch.tensor([1.0] * 10 + [0.0] * 990, dtype=torch.float64)
answers = {}
for w in (1.0, 9.0, 99.0):
    options = {"pos_weight": torch.tensor(w, dtype=torch.float64)}
    start = torch.zeros(1, dtype=torch.float64)
    z = lowest(lambda z, o=options: bce(z.expand(1000), yes, **o), start)
    q = z.sigmoid().item()
    answers[w] = q, q / (q + w * (1 - q))
    print(f"w = {w:4.0f}   σ(z) {q:.4f}   q / (q + w(1 − q)) {answers[w][1]:.4f}")
# --8<-- [end:pos-weight]

# --8<-- [start:pos-weight-axis]
z, y = torch.zeros(3, 3), torch.ones(3, 3)
by_class = torch.tensor([1.0, 1.0, 10.0])
print("(C)    row 0", bce(z, y, pos_weight=by_class, reduction="none")[0])
by_row = by_class[:, None]
print("(N, 1) row 0", bce(z, y, pos_weight=by_row, reduction="none")[0])
with expect(RuntimeError) as caught:
    bce(torch.zeros(5, 3), torch.zeros(5, 3), pos_weight=torch.ones(5))
print(shorten(str(caught), 62, placeholder=" …"))
# --8<-- [end:pos-weight-axis]

# --8<-- [start:pos-weight-step]
steepness = {}
print("   w  slope at z = 0  curvature at the best z")
for w, (q, _) in answers.items():
    z = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    options = {"pos_weight": torch.tensor(w, dtype=torch.float64)}
    (slope,) = torch.autograd.grad(bce(z.expand(1000), yes, **options), z)
    curvature = (1 + (w - 1) * yes).mean().item() * q * (1 - q)
    steepness[w] = slope.item(), curvature
    print(f"{w:4.0f} {slope.item():15.4f} {curvature:24.4f}")
# --8<-- [end:pos-weight-step]

# --8<-- [start:focal]
easy, hard = torch.full((1000,), -4.0), torch.full((10,), -1.0)
z = torch.cat([easy, hard])  # 千个确定，十个漏掉 | 1000 sure, 10 missed
y = torch.cat([torch.zeros(1000), torch.ones(10)])
share = {}
for gamma in (0.0, 1.0, 2.0):
    each = focal_loss(z, y, gamma=gamma, reduction="none")
    share[gamma] = (each[1000:].sum() / each.sum()).item()
    print(f"γ = {gamma:.0f}   share of the ten {share[gamma]:.2f}")
# --8<-- [end:focal]

# --8<-- [start:focal-figure]
figure, left, right = axes(("z", "loss"), ("z", "∂loss/∂z"), columns=2, height=2.5)
line = torch.linspace(-6, 6, 121, requires_grad=True)
steeper, undecided = {}, {}
for number, gamma in enumerate((0.0, 1.0, 2.0, 5.0)):
    ones = torch.ones_like(line)
    values = focal_loss(line, ones, gamma=gamma, reduction="none")
    (slopes,) = torch.autograd.grad(values.sum(), line)
    ratio = slopes / (line.detach().sigmoid() - 1)  # 与 BCE 之比 | to that of BCE
    steeper[gamma], undecided[gamma] = ratio.max().item(), ratio[60].item()
    left.plot(line.detach(), values.detach(), **style(number), label=f"γ = {gamma:.0f}")
    right.plot(line.detach(), slopes, **style(number))
left.legend()
print(svg(figure, "focal"))
# --8<-- [end:focal-figure]

# --8<-- [start:focal-answers]
one_zero = torch.tensor([1.0, 0.0], dtype=torch.float64)
bent = {}
print("    p        q    odds ×  ℓ₀′/(ℓ₀′ − ℓ₁′)")
for p in (0.01, 0.1, 0.3, 0.5):
    chance = torch.tensor([p, 1 - p], dtype=torch.float64)
    start = torch.zeros(1, dtype=torch.float64)
    z = lowest(
        lambda z, c=chance: c @ focal_loss(z.expand(2), one_zero, reduction="none"),
        start,
    )
    both = z.repeat(2).requires_grad_()
    focal_loss(both, one_zero, reduction="sum").backward()
    back = (both.grad[1] / (both.grad[1] - both.grad[0])).item()
    q = z.sigmoid().item()
    bent[p] = q, q / (1 - q) / (p / (1 - p)), back
    print("{:5.2f} {:8.4f} {:9.2f} {:16.4f}".format(p, *bent[p]))
# --8<-- [end:focal-answers]

# --8<-- [start:dice]
pull = {}
for background in (100, 10_000):
    z = torch.cat([torch.zeros(10), torch.full((background,), -9.0)])
    y = (torch.arange(len(z)) < 10).float()  # 十个像素是“是” | ten pixels are a yes
    for name, loss in (("BCE", bce), ("Dice", dice_loss)):
        row = z[None].clone().requires_grad_()
        value = loss(row, y[None])
        value.backward()
        pull[name, background] = -row.grad[0, 0].item()
        print(f"{name:5} background {background:6}   loss {value:.4f}   "
              f"pull {pull[name, background]:.5f}")  # fmt: skip
# --8<-- [end:dice]

# --8<-- [start:dice-empty]
z, nothing = torch.full((1, 100), -9.0), torch.zeros(1, 100)
for smooth in (0.0, 1.0):
    print(f"no yes, smooth {smooth}   {dice_loss(z, nothing, smooth=smooth):.4f}")
# --8<-- [end:dice-empty]

# --8<-- [start:labels]
z = torch.tensor([-10.0, 0.0, 10.0])
signs, bits = torch.tensor([-1.0, -1.0, 1.0]), torch.tensor([0.0, 0.0, 1.0])
for name, values in (
    ("BCE, y = 0, 1", bce(z, bits, reduction="none")),
    ("soft margin, y = −1, 1", F.soft_margin_loss(z, signs, reduction="none")),
    ("BCE, y = −1, 1", bce(z, signs, reduction="none")),
    ("soft margin, y = 0, 1", F.soft_margin_loss(z, bits, reduction="none")),
):
    print(f"{name:23}", *(f"{v:9.4f}" for v in values))
# --8<-- [end:labels]

# --8<-- [start:labels-mixed]
resting = {}
for share in (0.6, 0.8, 0.95):
    mixed = torch.ones(1000, dtype=torch.float64)
    mixed[: round(1000 * (1 - share))] = -1
    start = torch.zeros(1, dtype=torch.float64)
    z = lowest(lambda z, y=mixed: bce(z.expand(1000), y), start)
    resting[share] = bce(z.expand(1000), mixed).item(), z.sigmoid().item()
    print("{:.0%} yes   loss {:.3f}   σ(z) {:.3f}".format(share, *resting[share]))
# --8<-- [end:labels-mixed]

# --8<-- [start:ordinal]
stars = torch.tensor([3])  # 0 到 4 颗星 | stars from 0 to 4
questions = (stars[:, None] > torch.arange(4)).float()  # 多于 k？ | more than k?
print("targets", questions[0].tolist())
ordered = {}
for name, other in (("near, 2", 2), ("far, 0", 0)):
    p = torch.zeros(5)
    p[3], p[other] = 0.6, 0.4  # 其余的概率给了错的 | the rest is on a wrong one
    more = 1 - p.cumsum(0)[:4]  # P(y > k)
    ordered[name] = (
        F.nll_loss(p.log()[None], stars).item(),
        F.binary_cross_entropy(more.clamp(0, 1)[None], questions, reduction="sum"),
    )
    print("{:8} cross-entropy {:.3f}   ordered {:.3f}".format(name, *ordered[name]))
# --8<-- [end:ordinal]

# --8<-- [start:prior]
p = 0.01
rare = torch.tensor([1.0] * 10 + [0.0] * 990)
for name, bias in (("bias 0", 0.0), ("bias log-odds", math.log(p / (1 - p)))):
    print(f"{name:14} first loss {bce(torch.full((1000,), bias), rare):.4f}")
# --8<-- [end:prior]

# --8<-- [start:soft-label]
half = torch.tensor([0.3], dtype=torch.float64)
z = lowest(lambda z: bce(z, half), torch.zeros(1, dtype=torch.float64))
floor = -(0.3 * math.log(0.3) + 0.7 * math.log(0.7))
print(f"σ(z) {z.sigmoid().item():.4f}   loss {bce(z, half):.4f}   entropy {floor:.4f}")
# --8<-- [end:soft-label]

# --8<-- [start:same-loss]
z, bits = torch.randn(50), torch.randint(2, (50,)).float()
ours = soft_margin_loss(z, 2 * bits - 1)
print("soft margin against BCE:", f"{(ours - bce(z, bits)).abs():.0e}")
many = nn.MultiLabelSoftMarginLoss()(z.view(5, 10), bits.view(5, 10))
print("multi-label against BCE:", f"{(many - bce(z, bits)).abs():.0e}")
# --8<-- [end:same-loss]
