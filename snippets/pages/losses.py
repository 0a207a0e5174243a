"""The page `losses` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import warnings

import torch
from binary_losses import focal_loss
from losses import (
    along,
    is_convex,
    lowest,
    lowest_on_grid,
    mean_divides_by,
    mistakes,
    slope,
    typical,
)
from plotting import axes, style, svg
from regression_losses import huber_loss, l1_loss, mse_loss, quantile_loss
from torch import nn

# --8<-- [end:imports]

# --8<-- [start:best-constant]
y = torch.tensor([1.0, 2.0, 3.0, 4.0, 90.0], dtype=torch.float64)
grid = torch.linspace(0, 100, 1001, dtype=torch.float64)
best = {}
for name, loss in (
    ("MSE", mse_loss),
    ("L1", l1_loss),
    ("Huber, δ = 1", huber_loss),
    ("pinball, q = 0.9", lambda c, y: quantile_loss(c, y, q=0.9)),
):
    best[name] = lowest_on_grid(lambda c, f=loss: f(c.expand_as(y), y), grid)
    print(f"{name:17} {best[name]:6.2f}")
# --8<-- [end:best-constant]

# --8<-- [start:best-figure]
figure, panel = axes(("c", "L(c) / L(0)"))
near = torch.linspace(0, 40, 121, dtype=torch.float64)
for number, (name, loss) in enumerate(
    (("MSE", mse_loss), ("L1", l1_loss), ("Huber", huber_loss))
):
    curve = torch.stack([loss(c.expand_as(y), y) for c in near])
    panel.plot(near, curve / curve[0], **style(number), label=name)
    at = best[next(key for key in best if key.startswith(name))]
    height = loss(torch.full_like(y, at), y) / curve[0]
    panel.plot(at, height, "o", color=style(number)["color"])
panel.legend()
print(svg(figure, "best"))
# --8<-- [end:best-figure]

# --8<-- [start:only-the-gradient]
torch.manual_seed(0)
w = torch.randn(3, requires_grad=True)
x, target = torch.randn(8, 3), torch.randn(8)
for name, change in (
    ("loss", lambda loss: loss),
    ("loss + 5", lambda loss: loss + 5),
    ("1000 loss", lambda loss: 1000 * loss),
):
    loss = change(nn.functional.mse_loss(x @ w, target))
    (grad,) = torch.autograd.grad(loss, w)
    print(f"{name:10} {loss.item():9.3f}  ", *(f"{g:9.3f}" for g in grad))
# --8<-- [end:only-the-gradient]

# --8<-- [start:families]
families = {
    "numbers": ("MSELoss", "L1Loss", "HuberLoss", "GaussianNLLLoss"),
    "yes or no, counts": ("BCELoss", "BCEWithLogitsLoss",
                          "SoftMarginLoss", "PoissonNLLLoss"),
    "classes": ("CrossEntropyLoss", "MultiMarginLoss", "KLDivLoss", "CTCLoss"),
    "order, distance": ("MarginRankingLoss", "CosineEmbeddingLoss",
                        "TripletMarginLoss", "HingeEmbeddingLoss"),
}  # fmt: skip
# --8<-- [end:families]

# --8<-- [start:families-figure]
figure, *panels = axes(*[("z", "loss")] * 4, columns=2, height=2.4)
points = torch.linspace(-4, 4, 65, dtype=torch.float64)
for panel, names in zip(panels, families.values(), strict=True):
    for number, name in enumerate(names):
        curve = torch.stack([along(name, z) for z in points])
        width = 3.4 - 0.6 * number  # 重合的曲线一条比一条细 | coinciding curves show
        label = name.removesuffix("Loss")
        panel.plot(points, curve, **style(number), label=label, linewidth=width)
    panel.set_ylim(-1, 11)
    panel.legend(fontsize=8, handlelength=3.5)
panels[0].set_ylim(-1, 16)  # 图例放在抛物线里 | room for the legend in the parabola
panels[0].legend(fontsize=8, handlelength=3.5, loc="upper center")
print(svg(figure, "families"))
# --8<-- [end:families-figure]

# --8<-- [start:reduction]
reduced = {}
print("          lr    step")
for rule in (torch.optim.SGD, torch.optim.Adam):
    for how, lr in (("mean", 0.08), ("sum", 0.08), ("sum", 0.01)):
        theta = torch.zeros(3, requires_grad=True)
        optimizer = rule([theta], lr=lr)
        nn.functional.mse_loss(x @ theta, target, reduction=how).backward()
        optimizer.step()
        reduced[rule.__name__, how, lr] = theta.detach()
        shown = " ".join(f"{v:6.3f}" for v in theta)
        print(f"{rule.__name__:4} {how:4} {lr}  {shown}")
# --8<-- [end:reduction]


# --8<-- [start:calls]
def kind(tensor):
    dtype = str(tensor.dtype).removeprefix("torch.")
    return f"{dtype} {tuple(tensor.shape)}".replace(", ", ",")


warnings.simplefilter("ignore")  # KLDivLoss 会警告 | KLDivLoss warns
divisors = {}
print(f"{'':29} {'input':15} {'target':13} mean /")
for name, (_, arguments) in typical().items():
    divisors[name] = mean_divides_by(name)
    first, second = (kind(tensor) for tensor in arguments[:2])
    print(f"{name:29} {first:15} {second:13} {divisors[name]:4.0f}")
# --8<-- [end:calls]

# --8<-- [start:inner-mean]
inner = {}
for name, target_of in (
    ("BCEWithLogitsLoss", lambda C: torch.zeros(1, C)),
    ("MultiLabelSoftMarginLoss", lambda C: torch.zeros(1, C)),
    ("MultiMarginLoss", lambda C: torch.tensor([0])),
    ("MultiLabelMarginLoss", lambda C: torch.tensor([[0] + [-1] * (C - 1)])),
):
    for C in (3, 6):
        z = torch.zeros(1, C, requires_grad=True)
        getattr(nn, name)(reduction="sum")(z, target_of(C)).backward()
        inner[name, C] = z.grad[0, -1].item()
    print(f"{name:25} {inner[name, 3]:.3f} {inner[name, 6]:6.3f}")
# --8<-- [end:inner-mean]

# --8<-- [start:slopes]
line = torch.linspace(-20, 20, 161, dtype=torch.float64)
slopes, convex = {}, {}
print(f"{'':29} {'loss(0)':>8} {'slope(0)':>8} {'bound':>7}  convex")
for name in typical():
    slopes[name] = [slope(name, z.item()) for z in line]
    # 点太密，BCELoss 的舍入会被当成弯曲 | at closer points rounding passes for a bend
    convex[name] = is_convex(name, line[::5])
    value, grad = slope(name, 0.0)
    bound = max(abs(grad) for _, grad in slopes[name])
    said = "∞" if bound > 15 else f"{bound:.2f}"
    mark = "✓" if convex[name] else "✗"
    print(f"{name:29} {value + 0.0:8.3f} {grad + 0.0:8.2f} {said:>7}  {mark}")
# --8<-- [end:slopes]

# --8<-- [start:extreme]
extreme = {}
print(f"{'z = 100':25} {'float32':>15} {'bfloat16':>15} {'float16':>15}")
for name in typical():
    shown = []
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        try:
            extreme[name, dtype] = slope(name, 100.0, dtype)
        except NotImplementedError:
            shown.append("–")
        else:
            value, grad = extreme[name, dtype]
            shown.append(f"{value:.4g}, {grad:.2g}")
    print(f"{name.removesuffix('Loss'):25}", *(f"{text:>15}" for text in shown))
# --8<-- [end:extreme]

# --8<-- [start:constants-setup]
F, d = nn.functional, torch.float64
n, zero = torch.tensor([6, 3, 1]), torch.zeros(1, dtype=d)
index = torch.repeat_interleave(torch.arange(3), n)  # classes 6 : 3 : 1
yes = (index == 1).to(d)  # 3 of 10
counts = torch.tensor([0.0, 1, 1, 2, 6], dtype=d)


def bce(c, **options):
    return F.binary_cross_entropy_with_logits(c.expand(10), yes, **options)


two, three = torch.zeros(2, dtype=d), torch.zeros(3, dtype=d)
heavy = torch.tensor(4.0)
# --8<-- [end:constants-setup]

# --8<-- [start:constants]
found = {
    "BCEWithLogits": (lowest(bce, zero), yes.mean().logit()),
    "pos_weight=4": (
        lowest(lambda c: bce(c, pos_weight=heavy), zero), torch.tensor(12 / 7).log()),
    "SoftMargin": (
        lowest(lambda c: F.soft_margin_loss(c.expand(10), 2 * yes - 1), zero),
        yes.mean().logit()),
    "CrossEntropy": (
        lowest(lambda c: F.cross_entropy(c.expand(10, 3), index), three).softmax(0),
        n / 10),
    "PoissonNLL": (
        lowest(lambda c: F.poisson_nll_loss(c.expand(5), counts), zero),
        counts.mean().log()),
    "GaussianNLL": (
        lowest(lambda c: F.gaussian_nll_loss(
            c[:1].expand(5), counts, c[1:].exp().expand(5)), two),
        torch.stack([counts.mean(), counts.var(correction=0).log()])),
}  # fmt: skip
for name, pair in found.items():
    texts = (" ".join(f"{v:.3f}" for v in x.view(-1)) for x in pair)
    print(f"{name:14}", *(f"{text:>20}" for text in texts))
# --8<-- [end:constants]

# --8<-- [start:mistakes]
outcomes = {}
for name, (said, call) in mistakes().items():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            outcome = f"{call().item():.3f}" + (" !" if caught else "")
        except Exception as error:
            outcome = f"{type(error).__name__}: {error}"
    outcomes[name] = outcome
    short = outcome if len(outcome) < 24 else outcome[:22] + "…"
    print(f"{name.removesuffix('Loss'):25} {said:15} {short}")
silent = [name for name, text in outcomes.items() if "Error" not in text]
warned = sum(text.endswith("!") for text in outcomes.values())
# --8<-- [end:mistakes]

# --8<-- [start:quartiles]
data = torch.distributions.Exponential(1.0)
torch.manual_seed(0)
sample = data.sample((999,)).double()
fine = torch.linspace(0, 5, 501, dtype=torch.float64)
for q in (0.1, 0.5, 0.9):
    c = lowest_on_grid(lambda c, q=q: quantile_loss(c.expand(999), sample, q=q), fine)
    print(f"q = {q}   c = {c:.3f}   quantile {sample.quantile(q):.3f}")
# --8<-- [end:quartiles]

# --8<-- [start:own-row]
line = torch.linspace(-6, 6, 49, dtype=torch.float64, requires_grad=True)
for gamma in (0.0, 1.0, 2.0):
    values = focal_loss(line, torch.zeros_like(line), gamma=gamma, reduction="none")
    above = values[1:-1] > (values[:-2] + values[2:]) / 2 + 1e-12
    (steep,) = torch.autograd.grad(values.sum(), line)
    print(f"γ = {gamma:.0f}: above the chord at {int(above.sum()):2} of {len(above)},"
          f"  steepest slope {steep.max():.3f}, last {steep[-1]:.3f}")  # fmt: skip
# --8<-- [end:own-row]

# --8<-- [start:farther]
far = torch.tensor([1.0, 2.0, 3.0, 4.0, 9000.0], dtype=torch.float64)
for name, loss in (("MSE", mse_loss), ("L1", l1_loss), ("Huber", huber_loss)):
    candidates = (2.0, 3.0, 4.0, 1802.0, 9000.0)
    values = [loss(torch.full_like(far, c), far).item() for c in candidates]
    print(f"{name:6} {candidates[values.index(min(values))]:7.1f}")
values = [quantile_loss(torch.full_like(far, c), far, q=0.9) for c in candidates]
print(f"q = 0.9 {candidates[values.index(min(values))]:6.1f}")
# --8<-- [end:farther]
