"""The page `cross-entropy` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import math

import torch
from cross_entropy import (
    cross_entropy,
    cross_entropy_gradient,
    log_softmax,
    nll_loss,
)
from expected import expect
from losses import lowest
from plotting import axes, style, svg
from rounding import gap, ulps
from torch import nn
from torch.nn import functional as F
from torch.utils.data import WeightedRandomSampler

# --8<-- [end:imports]

# --8<-- [start:three-lines]
torch.manual_seed(0)
logits = torch.randn(4, 3)
target = torch.tensor([0, 2, 1, 1])

log_probs = torch.log_softmax(logits, dim=1)
losses = -log_probs[torch.arange(4), target]
print(losses, losses.mean())
print(nn.CrossEntropyLoss()(logits, target))
# --8<-- [end:three-lines]

# --8<-- [start:to-the-bit]
worst = {}
for name, ours, theirs in (
    ("log_softmax", log_softmax(logits), logits.log_softmax(1)),
    ("nll_loss", nll_loss(log_probs, target), F.nll_loss(log_probs, target)),
    ("cross_entropy", cross_entropy(logits, target), F.cross_entropy(logits, target)),
):
    worst[name] = ulps(ours, theirs)
    print(f"{name:14} {worst[name]} ulp")

many = 3 * torch.randn(500, 8, generator=torch.Generator().manual_seed(0))
ours, theirs = log_softmax(many), many.log_softmax(1)
print(
    f"500 rows       {ulps(ours, theirs)} ulp,"
    f" or {gap(ours, theirs):.1f} ulp of the largest entry"
)
# --8<-- [end:to-the-bit]

# --8<-- [start:ln-c]
start = {}
for C in (2, 10, 1000):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, C))
    x, y = torch.randn(512, 64), torch.randint(C, (512,))
    start[C] = F.cross_entropy(net(x), y).item()
    print(f"C = {C:4}   loss {start[C]:.3f}   ln C {math.log(C):.3f}")
wild = F.cross_entropy(20 * net(x), y).item()
print(f"20 times the logits: {wild:.3f}")
# --8<-- [end:ln-c]

# --8<-- [start:ln-c-below]
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
x, y = torch.randn(512, 64), torch.randint(10, (512,))
leaking = torch.cat([F.one_hot(y, 10), x[:, 10:]], dim=1)
padded = y.where(torch.arange(512) < 256, -100)  # 后半填充 | half is padding
below = {
    "y in x": F.cross_entropy(net(leaking), y).item(),
    "y = 0": F.cross_entropy(net(x), 0 * y).item(),
    "Σ / 512": F.cross_entropy(net(x), padded, reduction="sum").item() / 512,
}
for name, loss in below.items():
    print(f"{name:8} {loss:.3f}   ln 10 {math.log(10):.3f}")
# --8<-- [end:ln-c-below]

# --8<-- [start:accuracy]
measured = {}
print(f"{'':20} loss acc.  max")
for name, leads in (
    ("at first", [-0.4, -0.4, 1.0, 1.0]),
    ("right ones surer", [-0.4, -0.4, 4.0, 4.0]),
    ("wrong ones just over", [0.1, 0.1, 4.0, 4.0]),
    ("one surely wrong", [4.0, 4.0, 4.0, -8.0]),
):
    z = torch.stack([torch.zeros(4), torch.tensor(leads)], dim=1)
    every = F.cross_entropy(z, torch.ones(4, dtype=torch.long), reduction="none")
    right = (z.argmax(1) == 1).float().mean().item()
    measured[name] = every.mean().item(), right
    print(f"{name:20}{measured[name][0]:5.2f}{right:5.0%}{every.max():5.2f}")
# --8<-- [end:accuracy]

# --8<-- [start:gradient]
x = logits.clone().requires_grad_()
F.cross_entropy(x, target).backward()
print(x.grad)
print(cross_entropy_gradient(logits, target))
print("largest sum of a row", f"{x.grad.sum(1).abs().max():.0e}")
# --8<-- [end:gradient]

# --8<-- [start:gradient-figure]
figure, left, right = axes(("z", "softmax"), ("z", "−∂loss/∂z"), columns=2, height=2.4)
one = torch.tensor([[2.0, 1.0, 0.0, -1.0]])
pull = -cross_entropy_gradient(one, torch.tensor([1]))
left.bar(range(4), one.softmax(1)[0], color=style(0)["color"])
right.bar(range(4), pull[0], color=style(1)["color"])
for panel in (left, right):
    panel.set_xticks(range(4), ["2", "1 = y", "0", "−1"])
print(svg(figure, "pull"))
# --8<-- [end:gradient-figure]

# --8<-- [start:squared]
pulls = {}
print("lead entropy    pull square    pull")
for lead in (-4.0, 0.0, 4.0, 8.0, 16.0):
    z = torch.tensor([[0.0, lead]], requires_grad=True)
    entropy = F.cross_entropy(z, torch.tensor([0]))
    squared = F.mse_loss(z.softmax(1), torch.tensor([[1.0, 0.0]]))
    both = [torch.autograd.grad(loss, z)[0][0, 0] for loss in (entropy, squared)]
    pulls[lead] = [-pull.item() for pull in both]
    print(f"{lead:4.0f} {entropy.item():7.3f} {pulls[lead][0]:7.4f}"
          f" {squared.item():6.3f} {pulls[lead][1]:7.4f}")  # fmt: skip
# --8<-- [end:squared]

# --8<-- [start:targets]
one_hot = F.one_hot(target, 3).float()
soft = torch.tensor([[0.8, 0.1, 0.1]] * 4)
for name, y in (("index", target), ("one-hot", one_hot), ("soft", soft)):
    print(f"{name:8} {F.cross_entropy(logits, y):.4f}")
print(f"2 × soft {F.cross_entropy(logits, 2 * soft):.4f}")
with expect(RuntimeError) as caught:
    F.cross_entropy(logits, one_hot.long())
print(caught)
# --8<-- [end:targets]

# --8<-- [start:axis]
N, T, C = 2, 5, 5
scores, tokens = torch.randn(N, T, C), torch.randint(C, (N, T))
right = F.cross_entropy(scores.transpose(1, 2), tokens).item()
wrong = F.cross_entropy(scores, tokens).item()
print(f"(N, C, T) {right:.4f}")
print(f"(N, T, C) {wrong:.4f}, no error, since T = C")
image = scores.transpose(1, 2).unflatten(2, (1, T))  # (N, C, H, W)
print(f"(N, C, H, W) {F.cross_entropy(image, tokens.unflatten(1, (1, T))):.4f}")
with expect(RuntimeError) as caught:
    F.cross_entropy(torch.randn(2, 5, 7), tokens)
print(caught)
# --8<-- [end:axis]

# --8<-- [start:weights]
weight = torch.tensor([1.0, 1.0, 10.0])
losses = F.cross_entropy(logits, target, weight, reduction="none")
by_index = F.cross_entropy(logits, target, weight).item()
by_one_hot = F.cross_entropy(logits, one_hot, weight).item()
print(f"Σ wℓ / Σ w   {losses.sum() / weight[target].sum():.4f}")
print(f"index        {by_index:.4f}")
print(f"Σ wℓ / N     {losses.mean():.4f}")
print(f"one-hot      {by_one_hot:.4f}")
# --8<-- [end:weights]

# --8<-- [start:one-class]
same = torch.tensor([2, 2, 2, 2])
for name, w in (("none", None), ("w = 1, 1, 10", weight)):
    print(f"{name:13} {F.cross_entropy(logits, same, w):.4f}")
# --8<-- [end:one-class]

# --8<-- [start:ignore]
some = torch.tensor([0, -100, -100, 1])
print(f"two of four kept  {F.cross_entropy(logits, some):.4f}")
print(f"mean of the two   {-log_probs[[0, 3], [0, 1]].mean():.4f}")

x = logits.clone().requires_grad_()
none_kept = F.cross_entropy(x, torch.full((4,), -100))
none_kept.backward()
print("none kept: loss", none_kept.item(), "gradient", x.grad.abs().max().item())
total = F.cross_entropy(x, torch.full((4,), -100), reduction="sum")
print("their sum:", total.item())
# --8<-- [end:ignore]

# --8<-- [start:tokens]
short, long = torch.randn(2, 7), torch.randn(10, 7)
few, many = torch.randint(7, (2,)), torch.randint(7, (10,))
means = [F.cross_entropy(short, few), F.cross_entropy(long, many)]
both = F.cross_entropy(torch.cat([short, long]), torch.cat([few, many]))
sums = [
    F.cross_entropy(short, few, reduction="sum"),
    F.cross_entropy(long, many, reduction="sum"),
]
of_means, of_tokens = (sum(means) / 2).item(), (sum(sums) / 12).item()
print(f"mean of the means  {of_means:.4f}")
print(f"sums / 12 tokens   {of_tokens:.4f}")
print(f"one batch of all   {both.item():.4f}")
# --8<-- [end:tokens]

# --8<-- [start:smoothing]
C, eps = 10, 0.1
high, low = 1 - eps + eps / C, eps / C
floor = -(high * math.log(high) + (C - 1) * low * math.log(low))
first = torch.tensor([0])
best = lowest(
    lambda z: F.cross_entropy(z, first, label_smoothing=eps),
    torch.zeros(1, C, dtype=torch.float64),
)
reached = F.cross_entropy(best, first, label_smoothing=eps).item()
lead = (best[0, 0] - best[0, 1]).item()
print(f"lowest loss  {reached:.4f}   entropy of the target {floor:.4f}")
print(f"lead of z    {lead:.4f}   ln(high / low)        {math.log(high / low):.4f}")
# --8<-- [end:smoothing]

# --8<-- [start:smoothing-figure]
figure, panel = axes(("z₁ − z₂, …", "loss"))
leads = torch.linspace(0, 12, 121)
for number, amount in enumerate((0.0, 0.1, 0.3)):
    z = torch.zeros(121, C)
    z[:, 0] = leads
    zeros = torch.zeros(121, dtype=torch.long)
    curve = F.cross_entropy(z, zeros, label_smoothing=amount, reduction="none")
    panel.plot(leads, curve, **style(number), label=f"ε = {amount:g}")
panel.legend()
print(svg(figure, "smoothing"))
# --8<-- [end:smoothing-figure]

# --8<-- [start:smoothing-weights]
options = {"label_smoothing": 0.1, "weight": weight}
spread = one_hot * 0.9 + 0.1 / 3
by_hand = -(log_probs * spread * weight).sum(1)
print(f"classes        {F.cross_entropy(logits, target, **options):.4f}")
print(f"Σ / Σ w_y      {by_hand.sum() / weight[target].sum():.4f}")
print(f"probabilities  {F.cross_entropy(logits, one_hot, **options):.4f}")
print(f"Σ / N          {by_hand.mean():.4f}")
# --8<-- [end:smoothing-weights]

# --8<-- [start:second-softmax]
C = 10
sure = torch.zeros(1, C)
sure[0, 0] = 1000.0  # 对得不能再对 | as right as can be
first = torch.tensor([0])
once = F.cross_entropy(sure, first).item()
twice = F.cross_entropy(sure.softmax(1), first).item()
print(f"logits            {once:.4f}")
print(f"softmax(logits)   {twice:.4f}   ln(e + 9) − 1 {math.log(math.e + 9) - 1:.4f}")
# --8<-- [end:second-softmax]

# --8<-- [start:digits]
from sklearn.datasets import load_digits

digits = load_digits()
pixels = torch.tensor(digits.data / 16, dtype=torch.float32)
labels = torch.tensor(digits.target)
train, test = slice(0, 1200), slice(1200, None)


torch.manual_seed(0)
model = nn.Linear(64, 10)
optimizer = torch.optim.SGD(model.parameters(), lr=3.0)
for step in range(301):
    z = model(pixels[train])
    loss = F.cross_entropy(z.softmax(1), labels[train])
    if step in (0, 30, 300):
        right = (model(pixels[test]).argmax(1) == labels[test]).float().mean().item()
        meant = F.cross_entropy(z, labels[train]).item()
        print(
            f"step {step:3}  loss {loss.item():.3f}  right {right:.3f}"
            f"  the loss that was meant {meant:.3f}"
        )
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
# --8<-- [end:digits]

# --8<-- [start:gradient-of-second]
x = torch.tensor([[0.0, 12.0, 0.0]], requires_grad=True)  # 确信而错 | sure but wrong
for name, probs in (("logits", x), ("softmax(logits)", x.softmax(1))):
    (grad,) = torch.autograd.grad(F.cross_entropy(probs, first), x)
    print(f"{name:16}", *(f"{g:10.1e}" for g in grad[0]))
# --8<-- [end:gradient-of-second]

# --8<-- [start:perplexity]
perplexity = math.exp(of_tokens)
batchwise = sum(mean.exp().item() for mean in means) / 2
print(f"exp(mean over all tokens)    {perplexity:.3f}")
print(f"mean of exp, batch by batch  {batchwise:.3f}")
uniform = F.cross_entropy(torch.zeros(1, 7), torch.tensor([3])).exp().item()
print(f"all 7 classes alike          {uniform:.3f}")
# --8<-- [end:perplexity]

# --8<-- [start:sampler]
rare = (torch.arange(1000) < 100).long()  # 十分之一是第 1 类 | a tenth is class 1
class_weight = 1 / rare.bincount().float()  # 与个数成反比 | one over the count
generator = torch.Generator().manual_seed(0)
sampler = WeightedRandomSampler(class_weight[rare], 50_000, generator=generator)
drawn = rare[torch.tensor(list(sampler))]
best_constant = {}
for name, y, w in (
    ("neither", rare, None),
    ("weights", rare, class_weight.double()),
    ("sampler", drawn, None),
    ("both", drawn, class_weight.double()),
):
    z = lowest(
        lambda z, y=y, w=w: F.cross_entropy(z.expand(len(y), 2), y, w),
        torch.zeros(1, 2, dtype=torch.float64),
    )
    best_constant[name] = z.softmax(1)[0, 1].item()
    print(f"{name:8} probability of class 1: {best_constant[name]:.2f}")
# --8<-- [end:sampler]

# --8<-- [start:vocabulary]
print(f"ln 50257 = {math.log(50257):.3f}")
# --8<-- [end:vocabulary]

# --8<-- [start:nll-of-probabilities]
p = logits.softmax(1)
print(f"nll_loss(softmax)      {F.nll_loss(p, target):.4f}")
print(f"minus the mean of p_y  {-p[torch.arange(4), target].mean():.4f}")
# --8<-- [end:nll-of-probabilities]

# --8<-- [start:weighted-gradient]
x = logits.clone().requires_grad_()
F.cross_entropy(x, target, weight).backward()
by_hand = (logits.softmax(1) - one_hot) * weight[target][:, None]
by_hand /= weight[target].sum()
gap = (x.grad - by_hand).abs().max().item()
print(f"largest difference {gap:.0e}")
# --8<-- [end:weighted-gradient]
