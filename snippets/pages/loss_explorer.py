"""The page `loss-explorer` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import torch
from losses import lowest, lowest_on_grid
from regression_losses import huber_loss, l1_loss, mse_loss
from torch import nn

F, d = nn.functional, torch.float64
zero, first = torch.zeros(1, dtype=d), torch.tensor([0])


def slope(loss, x):
    """Return a loss's value and slope at a number."""
    x = torch.tensor(x, dtype=d, requires_grad=True)
    value = loss(x)
    (grad,) = torch.autograd.grad(value, x)
    return value.item() + 0.0, grad.item() + 0.0


# --8<-- [end:imports]

# --8<-- [start:outlier]
grid = torch.linspace(0, 250, 501, dtype=d)
best = {}
print(f"{'outlier':>7} {'MSE':>7} {'Huber':>7} {'L1':>7}")
for outlier in (10.0, 20.0, 1000.0):
    y = torch.tensor([1, 2, 3, 4, outlier], dtype=d)
    for name, loss in (("MSE", mse_loss), ("Huber", huber_loss), ("L1", l1_loss)):
        best[name, outlier] = lowest_on_grid(
            lambda c, f=loss, y=y: f(c.expand_as(y), y), grid
        )
    print(
        f"{outlier:7.0f}", *(f"{best[k, outlier]:7.2f}" for k in ("MSE", "Huber", "L1"))
    )
# --8<-- [end:outlier]

# --8<-- [start:delta]
y = torch.tensor([1.0, 2, 3, 4, 10], dtype=d)
by_delta = {}
for delta in (0.1, 1.0, 3.0, 5.0, 6.0, 8.0):
    loss = nn.HuberLoss(delta=delta)
    by_delta[delta] = lowest(lambda c, f=loss: f(c.expand_as(y), y), zero + 3.1).item()
    print(f"delta = {delta:3}   lowest at {by_delta[delta]:.4f}")
# --8<-- [end:delta]

# --8<-- [start:pos-weight]
labels = torch.tensor([1.0, 0, 0, 0, 0, 0, 0, 0, 0], dtype=d)
by_weight = {}
for w in (1.0, 2.0, 8.0, 16.0):
    loss = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(w, dtype=d))
    z = lowest(lambda c, f=loss: f(c.expand(9), labels), zero)
    by_weight[w] = z.item() + 0.0
    formula = torch.tensor(w / 8).log().item()
    print(f"w = {w:4}   z = {z.item():8.5f}   ln(w/8) = {formula:8.5f}")
# --8<-- [end:pos-weight]

# --8<-- [start:smoothing]
by_smoothing = {}
for eps in (0.1, 0.3, 1.0):
    loss = nn.CrossEntropyLoss(label_smoothing=eps)
    z = lowest(lambda c, f=loss: f(F.pad(c, (0, 2))[None], first), zero + 0.5)
    share = torch.tensor(1 - eps + eps / 3, dtype=d)
    by_smoothing[eps] = abs(z.item())
    formula = abs((share.logit() + torch.tensor(2.0, dtype=d).log()).item())
    print(f"eps = {eps}   z = {abs(z.item()):.5f}   formula {formula:.5f}")
# --8<-- [end:smoothing]

# --8<-- [start:frequency]
points = torch.linspace(0.01, 0.99, 99, dtype=d)
answers = {}
for yes, no in ((3, 1), (51, 49), (1, 1)):
    given = torch.tensor([1.0] * yes + [0.0] * no, dtype=d)
    for name in ("BCELoss", "MSELoss", "L1Loss"):
        loss = getattr(nn, name)()
        curve = [loss(p.expand_as(given), given).item() for p in points]
        near = [p for p, v in zip(points.tolist(), curve, strict=True)
                if v < min(curve) + 1e-12]  # fmt: skip
        answers[name, yes, no] = near
        print(f"{yes:2} : {no:<2} {name:8} {min(near):.2f} to {max(near):.2f}")
# --8<-- [end:frequency]

# --8<-- [start:kinks]
target = torch.tensor([0.0], dtype=d)
up = torch.ones(1, dtype=d)
kinks = {
    "L1Loss": (lambda x: F.l1_loss(x[None], target), 0.0),
    "MarginRankingLoss": (
        lambda x: F.margin_ranking_loss(target, x[None], up, margin=1.0), -1.0,
    ),
    "MultiMarginLoss": (
        lambda x: 2 * F.multi_margin_loss(torch.stack([0 * x, x])[None], first), -1.0,
    ),
}  # fmt: skip
at_kink = {}
print(f"{'slope':18} {'before':>7} {'at':>6} {'after':>6}")
for name, (loss, x) in kinks.items():
    at_kink[name] = [slope(loss, x + step)[1] for step in (-0.1, 0.0, 0.1)]
    print(
        f"{name:18} {at_kink[name][0]:7.2f}", *(f"{g:6.2f}" for g in at_kink[name][1:])
    )
# --8<-- [end:kinks]

# --8<-- [start:clamped]
clamped = {}
print(f"{'var':>5} {'value':>8} {'slope':>8}")
for var in (0.1, 0.2, 0.5):
    clamped[var] = slope(
        lambda v: F.gaussian_nll_loss(target, target + 2, v[None], eps=0.5), var
    )
    print(f"{var:5} {clamped[var][0]:8.4f} {clamped[var][1]:8.4f}")
# --8<-- [end:clamped]
