"""The page `regression-losses` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import warnings
from textwrap import shorten

import torch
from expected import expect
from losses import lowest_on_grid
from plotting import axes, style, svg
from regression_losses import (
    huber_loss,
    l1_loss,
    mse_loss,
    quantile_loss,
    regression_gradient,
    smooth_l1_loss,
)
from rounding import ulps
from torch import nn
from torch.nn import functional as F

# --8<-- [end:imports]

# --8<-- [start:line]
torch.manual_seed(0)
x = torch.linspace(-1, 1, 40, dtype=torch.float64)
clean = 2 * x + 0.2 * torch.randn(40, dtype=torch.float64)
spoiled = clean.clone()
spoiled[-4:] -= 12  # 四个测错了 | four measurements went wrong


def fit(loss, y, x=x, steps=400, lr=0.1):
    slope, height = (torch.zeros((), dtype=torch.float64) for _ in range(2))
    params = [slope.requires_grad_(), height.requires_grad_()]
    optimizer = torch.optim.Adam(params, lr=lr)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 1e-3, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(slope * x + height, y).backward()
        optimizer.step()
        schedule.step()
    return slope.item(), height.item()


# --8<-- [end:line]

# --8<-- [start:outliers]
fitted = {}
print("slope, true 2     clean  4 spoiled")
for name, loss in (("MSE", mse_loss), ("L1", l1_loss), ("Huber", huber_loss)):
    fitted[name] = fit(loss, clean), fit(loss, spoiled)
    print(f"{name:15}", *(f"{slope:7.3f}" for slope, _ in fitted[name]))
# --8<-- [end:outliers]

# --8<-- [start:outliers-figure]
figure, panel = axes(("x", "y"))
panel.plot(x, spoiled, "o", color=style(5)["color"], markersize=3)
for number, (name, (_, (slope, height))) in enumerate(fitted.items()):
    panel.plot(x, slope * x + height, **style(number), label=name)
panel.legend()
print(svg(figure, "outliers"))
# --8<-- [end:outliers-figure]

# --8<-- [start:leverage]
misread = x.clone()
misread[-4:] = 10.0  # 目标对，输入错 | targets are right, inputs are not
print("slope, true 2   4 wrong x")
for name, loss in (("MSE", mse_loss), ("L1", l1_loss), ("Huber", huber_loss)):
    print(f"{name:15} {fit(loss, clean, misread)[0]:9.3f}")
# --8<-- [end:leverage]

# --8<-- [start:gradients-figure]
figure, left, right = axes(("e", "loss"), ("e", "∂loss/∂e"), columns=2, height=2.5)
e = torch.linspace(-3, 3, 121)
for number, (name, loss, width) in enumerate(
    (
        ("mse", mse_loss, 1.0),
        ("l1", l1_loss, 1.0),
        ("huber", huber_loss, 1.0),
        ("smooth_l1", lambda e, y, **k: smooth_l1_loss(e, y, beta=0.5, **k), 0.5),
    )
):
    left.plot(e, loss(e, 0 * e, reduction="none"), **style(number), label=name)
    right.plot(e, regression_gradient(name, e, 0 * e, width), **style(number))
left.set_ylim(0, 4)
left.legend(fontsize=8)
print(svg(figure, "slopes"))
# --8<-- [end:gradients-figure]

# --8<-- [start:to-the-bit]
a, b = torch.randn(1000), torch.randn(1000)
for name, ours, theirs in (
    ("mse_loss", mse_loss, F.mse_loss),
    ("l1_loss", l1_loss, F.l1_loss),
    ("huber_loss", huber_loss, F.huber_loss),
    ("smooth_l1_loss", smooth_l1_loss, F.smooth_l1_loss),
):
    print(f"{name:15} {ulps(ours(a, b), theirs(a, b))} ulp")
# --8<-- [end:to-the-bit]

# --8<-- [start:huber-or-smooth]
e, zero = torch.tensor([0.1, 1.0, 10.0]), torch.zeros(3)
for width in (0.5, 1.0, 2.0):
    huber = F.huber_loss(e, zero, delta=width, reduction="none")
    smooth = F.smooth_l1_loss(e, zero, beta=width, reduction="none")
    print(f"δ = β = {width}  ", *(f"{ratio:.2f}" for ratio in huber / smooth))
# --8<-- [end:huber-or-smooth]

# --8<-- [start:limits]
e = torch.tensor([0.3, -2.0, 5.0])
for name, values in (
    ("Huber, δ = 1e6 ", F.huber_loss(e, zero, delta=1e6, reduction="none")),
    ("MSE / 2        ", F.mse_loss(e, zero, reduction="none") / 2),
    ("SmoothL1, β = 0", F.smooth_l1_loss(e, zero, beta=0.0, reduction="none")),
    ("L1             ", F.l1_loss(e, zero, reduction="none")),
):
    print(name, *(f"{v:8.4f}" for v in values))
# --8<-- [end:limits]

# --8<-- [start:broadcast]
torch.manual_seed(0)
y = torch.randn(100)
column = y[:, None].clone()  # 完美，形状 (N, 1) | perfect, of shape (N, 1)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    wrong = F.mse_loss(column, y)
print(f"right shapes  {F.mse_loss(column.squeeze(1), y):.4f}")
print(f"(N, 1), (N)   {wrong:.4f}   2 var(y) {2 * y.var(correction=0):.4f}")
print(
    type(caught[0].message).__name__,
    shorten(str(caught[0].message), 47, placeholder=" …"),
)
with expect(ValueError) as refused:
    mse_loss(column, y)
print(refused)
# --8<-- [end:broadcast]

# --8<-- [start:broadcast-training]
x, y = torch.linspace(-1, 1, 100)[:, None], torch.linspace(-2, 2, 100)
learned = {}
for name, target in (("(N, 1)", y[:, None]), ("(N)", y)):
    torch.manual_seed(0)
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(500):
            optimizer.zero_grad()
            loss = F.mse_loss(model(x), target)
            loss.backward()
            optimizer.step()
    learned[name] = model.weight.item()
    print(f"target {name:7} slope {learned[name]:6.3f}   loss {loss.item():.3f}")
# --8<-- [end:broadcast-training]

# --8<-- [start:weighted]
prediction, truth = torch.tensor([1.0, 2.0, 3.0]), torch.zeros(3)
w = torch.tensor([1.0, 1.0, 0.0])  # 第三个不算 | the third does not count
for name in ("mse_loss", "l1_loss", "huber_loss"):
    loss = getattr(F, name)
    none = loss(prediction, truth, weight=w, reduction="none")
    mean = loss(prediction, truth, weight=w)
    print(f"{name:11} mean {mean:.4f}   Σ / Σ w {none.sum() / w.sum():.4f}"
          f"   Σ / N {none.mean():.4f}")  # fmt: skip
# --8<-- [end:weighted]

# --8<-- [start:kink]
e = torch.zeros(1, requires_grad=True)
(at_zero,) = torch.autograd.grad(F.l1_loss(e, torch.zeros(1)), e)
z = torch.tensor([1.0], requires_grad=True)
path = []
optimizer = torch.optim.SGD([z], lr=0.3)
for _ in range(7):
    path.append(z.item())
    optimizer.zero_grad()
    F.l1_loss(z, torch.zeros(1)).backward()
    optimizer.step()
print("slope at 0", at_zero.item())
print("L1, lr 0.3", *(f"{v:5.2f}" for v in path))
# --8<-- [end:kink]

# --8<-- [start:quantiles]
torch.manual_seed(0)
noise = torch.distributions.Exponential(1.0).sample((2000,)).double()
grid = torch.linspace(0, 5, 251, dtype=torch.float64)
for q in (0.1, 0.5, 0.9):
    c = lowest_on_grid(lambda c, q=q: quantile_loss(c.expand(2000), noise, q=q), grid)
    share = (noise < c).double().mean().item()
    print(f"q = {q}   c = {c:.2f}   share below {share:.3f}")
# --8<-- [end:quantiles]

# --8<-- [start:relative]
wide = torch.tensor([1.0, 1e2, 1e4])  # 跨四个数量级的目标 | targets, four decades
relative = {
    "MSE": lambda p, y: (p - y).square(),
    "MAPE": lambda p, y: ((p - y) / y).abs(),
    "MSE of logs": lambda p, y: (p.log() - y.log()).square(),
}
grid = torch.logspace(0, 4, 401)
best = {}
print(f"{'':11}  twice each target        half of each          best constant")
for name, loss in relative.items():
    best[name] = lowest_on_grid(lambda c, f=loss: f(c.expand(3), wide).sum(), grid)
    shown = "  ".join(
        " ".join(f"{v:7.2g}" for v in loss(p, wide)) for p in (2 * wide, wide / 2)
    )
    print(f"{name:11} {shown} {best[name]:9.0f}")
at_zero = relative["MAPE"](torch.tensor([0.5]), torch.zeros(1)).item()
print("MAPE of 0.5 for a target of 0:", at_zero)
# --8<-- [end:relative]

# --8<-- [start:log-cosh]
error = torch.tensor([0.1, 1.0, 10.0, 100.0], requires_grad=True)
far = error.abs()
for name, values in (
    ("log(cosh e)", error.cosh().log()),
    ("rewritten", far + F.softplus(-2 * far) - torch.tensor(2).log()),
    ("Huber, δ = 1", F.huber_loss(error, torch.zeros(4), reduction="none")),
):
    (slope,) = torch.autograd.grad(values.sum(), error, retain_graph=True)
    print(f"{name:13}", *(f"{v:8.4f}" for v in values.detach()))
    print("        slope", *(f"{v:8.4f}" for v in slope))
# --8<-- [end:log-cosh]

# --8<-- [start:try-delta]
y = torch.tensor([1.0, 2.0, 3.0, 4.0, 90.0], dtype=torch.float64)
grid = torch.linspace(0, 30, 1501, dtype=torch.float64)
for delta in (0.1, 1.0, 10.0, 100.0):
    c = lowest_on_grid(lambda c, d=delta: huber_loss(c.expand(5), y, delta=d), grid)
    print(f"δ = {delta:5}   c = {c:5.2f}")
# --8<-- [end:try-delta]

# --8<-- [start:try-scale]
x = torch.linspace(-1, 1, 40, dtype=torch.float64)
for scale in (1.0, 100.0):
    slope, _ = fit(lambda p, y, s=scale: huber_loss(s * p, s * y), spoiled)
    print(f"unit {1 / scale:4} m   slope {slope:.3f}")
# --8<-- [end:try-scale]
