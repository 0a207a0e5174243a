"""The page `ranking-losses` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import torch
from expected import expect
from plotting import axes, style, svg
from ranking_losses import (
    cosine_embedding_loss,
    hinge_embedding_loss,
    info_nce,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    triplet_margin_loss,
)
from rounding import ulps
from torch import nn
from torch.nn import functional as F

# --8<-- [end:imports]

# --8<-- [start:margin]
x1 = torch.tensor([3.0, 1.2, 1.0, 0.0], requires_grad=True)
x2 = torch.tensor([0.0, 1.0, 1.0, 1.0], requires_grad=True)
y = torch.ones(4)  # x1 应当领先 0.5 | x1 should win by 0.5
losses = F.margin_ranking_loss(x1, x2, y, margin=0.5, reduction="none")
g1, g2 = torch.autograd.grad(losses.sum(), (x1, x2))
print("lead     ", (x1 - x2).detach())
print("loss     ", losses.detach())
print("∂/∂x1    ", g1)
print("∂/∂x2    ", g2)
# --8<-- [end:margin]

# --8<-- [start:margin-figure]
figure, panel = axes(("x₁ − x₂, y = 1", "loss"))
lead = torch.linspace(-2, 2, 201)
zero, ones = torch.zeros(201), torch.ones(201)
for number, margin in enumerate((0.0, 0.5, 1.0)):
    curve = margin_ranking_loss(lead, zero, ones, margin=margin, reduction="none")
    panel.plot(lead, curve, **style(number), label=f"m = {margin:g}")
soft = F.softplus(-lead)
panel.plot(lead, soft, **style(3), label="log(1 + exp(x₂ − x₁))")
panel.legend()
print(svg(figure, "margin"))
# --8<-- [end:margin-figure]

# --8<-- [start:no-margin]
a = torch.zeros(1, requires_grad=True)
tie = torch.zeros(1)
for margin in (0.0, 0.5):
    loss = F.margin_ranking_loss(a, tie, torch.ones(1), margin=margin)
    (grad,) = torch.autograd.grad(loss, a)
    print(f"tie, margin {margin}   loss {loss.item()}   slope {grad.item()}")
# --8<-- [end:no-margin]

# --8<-- [start:collapse]
torch.manual_seed(0)
items = torch.randn(64, 8)
worth = items[:, 0]  # 应当由它决定次序 | what should decide the order
learned = {}
for margin in (0.0, 1.0):
    torch.manual_seed(1)
    w = (1e-3 * torch.randn(8)).requires_grad_()
    for _ in range(300):
        s = items @ w
        pairs = s[:32], s[32:], (worth[:32] - worth[32:]).sign()
        (grad,) = torch.autograd.grad(F.margin_ranking_loss(*pairs, margin=margin), w)
        w.data -= 0.1 * grad
    s = items @ w
    right = (((s[:32] - s[32:]) * pairs[2]) > 0).float().mean().item()
    learned[margin] = right, w.norm().item()
    print(f"margin {margin}   order right {right:.2f}   ‖w‖ {w.norm().item():.4f}")
    losses = [
        F.margin_ranking_loss(s[:32] + c, s[32:] + c, pairs[2], margin=margin).item()
        for c in (0.0, 5.0)
    ]
    print("             L(s) {:.4f}   L(s + 5) {:.4f}".format(*losses))
# --8<-- [end:collapse]

# --8<-- [start:hinge]
distance = torch.tensor([0.2, 0.2, 1.5], requires_grad=True)
label = torch.tensor([1.0, -1.0, -1.0])  # 在一起，分开，分开 | together, apart, apart
losses = F.hinge_embedding_loss(distance, label, margin=1.0, reduction="none")
(grad,) = torch.autograd.grad(losses.sum(), distance)
print(losses.detach(), grad)
squared = F.hinge_embedding_loss(-distance.detach(), label, reduction="none")
print("a negative distance:", squared)
print("a label of 0:       ", F.hinge_embedding_loss(torch.tensor([0.2]), tie))
# --8<-- [end:hinge]

# --8<-- [start:triplet]
torch.manual_seed(0)
anchor, positive, negative = torch.randn(3, 5, 4).unbind()
print(f"torch {F.triplet_margin_loss(anchor, positive, negative):.4f}")
close = (anchor - positive + 1e-6).norm(dim=1)
far = (anchor - negative + 1e-6).norm(dim=1)
print(f"hand  {(close - far + 1).clamp_min(0).mean():.4f}")
swapped = F.triplet_margin_loss(anchor, positive, negative, swap=True)
print(f"swap  {swapped:.4f}")
# --8<-- [end:triplet]

# --8<-- [start:collapse-triplet]
same = [torch.ones(1, 4, requires_grad=True) for _ in range(3)]
loss = F.triplet_margin_loss(*same)
print("all in one point: loss", loss.item())
for name, grad in zip("apn", torch.autograd.grad(loss, same), strict=True):
    print(f"  ∂/∂{name} ", *(f"{g + 0.0:5.2f}" for g in grad[0]))
satisfied = F.triplet_margin_loss(
    torch.zeros(1, 2), torch.zeros(1, 2), torch.ones(1, 2)
)
print("far enough apart: loss", satisfied.item())
# --8<-- [end:collapse-triplet]

# --8<-- [start:collapse-escape]
escaped = {}
for name, distance in (
    ("torch's", nn.PairwiseDistance()),
    ("norm", lambda u, v: (u - v).norm(dim=1)),
):
    torch.manual_seed(0)
    centres = 2 * torch.randn(5, 6)  # 五个类别 | five classes
    w = torch.zeros(6, 4, requires_grad=True)
    triplet = nn.TripletMarginWithDistanceLoss(distance_function=distance)
    escaped[name] = []
    for _ in range(51):
        like, shift = torch.randint(5, (64,)), torch.randint(1, 5, (64,))
        classes = like, like, (like + shift) % 5
        loss = triplet(*((centres[c] + 0.3 * torch.randn(64, 6)) @ w for c in classes))
        escaped[name].append(loss.item())
        (grad,) = torch.autograd.grad(loss, w)
        w.data -= 0.05 * grad
    shown = (f"step {t}: {escaped[name][t]:.3f}" for t in (0, 10, 50))
    print(f"{name:9}", *shown, sep="  ")
# --8<-- [end:collapse-escape]


# --8<-- [start:mining]
def share_active(spread):
    torch.manual_seed(0)
    centres = spread * torch.randn(2, 8)
    a, p = (centres[0] + torch.randn(1000, 8) for _ in range(2))
    n = centres[1] + torch.randn(1000, 8)
    losses = F.triplet_margin_loss(a, p, n, reduction="none")
    return (losses > 0).float().mean().item()


for spread in (0.0, 1.0, 2.0, 4.0):
    print(f"spread {spread}   triplets with a gradient {share_active(spread):.3f}")
# --8<-- [end:mining]

# --8<-- [start:cosine]
one = torch.tensor([[1.0, 0.0]])
together = torch.ones(1)
for name, v in (
    ("the same     ", [[1.0, 0.0]]),
    ("100 times    ", [[100.0, 0.0]]),
    ("orthogonal   ", [[0.0, 1.0]]),
    ("opposite     ", [[-1.0, 0.0]]),
    ("zero         ", [[0.0, 0.0]]),
):
    v = torch.tensor(v, requires_grad=True)
    loss = F.cosine_embedding_loss(one, v, together)
    (grad,) = torch.autograd.grad(loss, v)
    numbers = ", ".join(f"{g + 0.0:.3g}" for g in grad[0])
    print(f"{name} loss {loss.item() + 0.0:.4f}   gradient {numbers}")
# --8<-- [end:cosine]

# --8<-- [start:cosine-apart]
apart = {}
print("cosine  target 1  target −1  margin 0.5")
for cosine in (0.9, 0.3, -0.5):
    v = torch.tensor([[cosine, (1 - cosine**2) ** 0.5]])
    apart[cosine] = [
        F.cosine_embedding_loss(one, v, target * together, margin=margin).item()
        for target, margin in ((1, 0.0), (-1, 0.0), (-1, 0.5))
    ]
    near, far, further = apart[cosine]
    print(f"{cosine:6} {near:9.2f} {far:10.2f} {further:11.2f}")
# --8<-- [end:cosine-apart]

# --8<-- [start:cosine-zero]
for name, bias, last in (
    ("starts at 0", 0.0, nn.Identity()),
    ("ReLU", -1.0, nn.ReLU()),
):
    layer = nn.Linear(3, 2)
    nn.init.zeros_(layer.weight)
    nn.init.constant_(layer.bias, bias)
    v = last(layer(torch.ones(1, 3)))
    F.cosine_embedding_loss(one, v, together).backward()
    print(f"{name:12} v {v[0].tolist()}   ∂/∂bias {layer.bias.grad.abs().max():.0e}")
# --8<-- [end:cosine-zero]

# --8<-- [start:info-nce]
floors = {}
print("temperature      N   one point   right angles")
for temperature in (1.0, 0.1):
    for N in (8, 128):
        point, apart = torch.ones(N, N), torch.eye(N)
        lost = info_nce(point, point, temperature=temperature).item()
        floors[temperature, N] = info_nce(apart, apart, temperature=temperature).item()
        print(f"{temperature:11} {N:6} {lost:11.4f} {floors[temperature, N]:14.4f}")
# --8<-- [end:info-nce]

# --8<-- [start:multi-margin]
scores = torch.tensor([[2.0, 1.5, 0.0]], requires_grad=True)
first = torch.tensor([0])
loss = F.multi_margin_loss(scores, first)
(grad,) = torch.autograd.grad(loss, scores)
print("multi margin ", f"{loss.item():.4f}", grad)
loss = F.cross_entropy(scores, first)
(grad,) = torch.autograd.grad(loss, scores)
print("cross-entropy", f"{loss.item():.4f}", grad)
# --8<-- [end:multi-margin]

# --8<-- [start:multilabel-margin]
scores = torch.tensor([[0.1, 0.2, 0.4, 0.8]])
for labels in ([3, 0, -1, 1], [3, 0, -1, -1], [0, 3, -1, 2], [-1, 3, 0, 1]):
    loss = F.multilabel_margin_loss(scores, torch.tensor([labels]))
    print(f"{labels!s:16} {loss.item():.4f}")
bits = torch.tensor([[1, 0, 0, 1]])
print("0, 1 as int64   ", f"{F.multilabel_margin_loss(scores, bits).item():.4f}")
with expect(RuntimeError) as caught:
    F.multilabel_margin_loss(scores, bits.float())
print(caught)
# --8<-- [end:multilabel-margin]

# --8<-- [start:to-the-bit]
a, b, c = torch.randn(3, 50, 8).unbind()
y = torch.randn(50).sign()
index = torch.randint(8, (50,))
lists = torch.randint(-1, 8, (50, 8))
for name, ours, arguments in (
    ("margin_ranking_loss", margin_ranking_loss, (a[:, 0], b[:, 0], y)),
    ("hinge_embedding_loss", hinge_embedding_loss, (a[:, 0], y)),
    ("multi_margin_loss", multi_margin_loss, (a, index)),
    ("multilabel_margin_loss", multilabel_margin_loss, (a, lists)),
    ("cosine_embedding_loss", cosine_embedding_loss, (a, b, y)),
    ("triplet_margin_loss", triplet_margin_loss, (a, b, c)),
):
    theirs = getattr(F, name)(*arguments, reduction="none")
    print(f"{name:23} {ulps(ours(*arguments, reduction='none'), theirs)} ulp")
# --8<-- [end:to-the-bit]

# --8<-- [start:temperature]
cosines = torch.tensor([[0.7, 0.6, 0.3, 0.0, -0.5]])  # 第一个是伙伴 | partner first
pull = {}
print("  τ   loss   share of the push, in %")
for temperature in (1.0, 0.1, 0.02):
    at = cosines.clone().requires_grad_()
    loss = F.cross_entropy(at / temperature, torch.tensor([0]))
    (grad,) = torch.autograd.grad(loss, at)
    pull[temperature] = share = grad[0, 1:] / grad[0, 1:].sum()
    print(f"{temperature:4} {loss:.3f} ", *(f"{100 * v:6.1f}" for v in share))
# --8<-- [end:temperature]


# --8<-- [start:cosine-distance]
def cosine_distance(u, v):
    return 1 - F.cosine_similarity(u, v)


generator = torch.Generator().manual_seed(0)
triple = torch.randn(3, 100, 8, generator=generator)
by_cosine = {}
for name, loss in (
    ("Euclid, margin 1", nn.TripletMarginLoss(margin=1.0)),
    ("cosine, margin 0.2", nn.TripletMarginWithDistanceLoss(
        distance_function=cosine_distance, margin=0.2)),
    ("cosine, margin 2.5", nn.TripletMarginWithDistanceLoss(
        distance_function=cosine_distance, margin=2.5)),
):  # fmt: skip
    best = torch.eye(8)[:1], torch.eye(8)[:1], -torch.eye(8)[:1]
    by_cosine[name] = [loss(*points).item() for points in (triple, best)]
    row = "random {:.3f}  opposite {:.3f}"
    print(f"{name:18} ", row.format(*by_cosine[name]))
# --8<-- [end:cosine-distance]

# --8<-- [start:try-own-distance]
triplet = nn.TripletMarginWithDistanceLoss(
    distance_function=lambda u, v: 1 - F.cosine_similarity(u, v), margin=0.2
)
print(f"cosine distance     {triplet(anchor, positive, negative).item():.4f}")
longer = triplet(10 * anchor, positive, negative)
print(f"anchors 10 times    {longer.item():.4f}")
plain = F.triplet_margin_loss(10 * anchor, positive, negative, margin=0.2)
print(f"Euclidean, 10 times {plain.item():.4f}")
# --8<-- [end:try-own-distance]

# --8<-- [start:try-squared]
scores = torch.tensor([[0.0, 0.9, -0.5]], requires_grad=True)
for p in (1, 2):
    loss = F.multi_margin_loss(scores, first, p=p)
    (grad,) = torch.autograd.grad(loss, scores)
    print(f"p = {p}  ", *(f"{g:7.3f}" for g in grad[0]))
# --8<-- [end:try-squared]
