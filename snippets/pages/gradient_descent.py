"""The page `gradient-descent` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import math

import torch
from gradient_descent import (
    CURVATURE,
    descend,
    escape,
    excess,
    gradient,
    positive_share,
    regression,
    sgd,
    wells,
)
from torch.optim import SGD, Adagrad, Adam, RMSprop

# --8<-- [end:imports]

# --8<-- [start:same-gradient]
first = {}
for rule in (SGD, Adagrad, RMSprop, Adam):
    param = torch.zeros(2, requires_grad=True)
    param.grad = torch.tensor([1.0, 0.01])
    rule([param], lr=0.1).step()
    first[rule] = param.tolist()
    print(f"{rule.__name__:8}", *(f"{v:8.4f}" for v in first[rule]))
# --8<-- [end:same-gradient]

# --8<-- [start:surface]
x, y, best = data = regression()
n = len(x)
start = torch.tensor([-5.0, 1.5], dtype=torch.float64)
at_start = excess(start, best).item()
print("samples   ", n)
print("minimum at", [round(v, 3) for v in best.tolist()])
print("start     ", start.tolist(), f"excess {at_start:.1f}")
# --8<-- [end:surface]

# --8<-- [start:cliff]
L = CURVATURE.max().item()
losses = {}
print("lr / (2/L)    t = 10   t = 100   t = 400")
for factor in (-0.1, 0.5, 0.95, 1.0, 1.05):
    theta, losses[factor] = start.clone(), []
    lr, uphill = abs(factor) * 2 / L, factor < 0
    for _ in range(400):
        grad = gradient(theta, x, y)
        sgd(theta, grad, {}, lr=lr, maximize=uphill)
        losses[factor].append(excess(theta, best).item())
    shown = [losses[factor][t - 1] for t in (10, 100, 400)]
    print(f"{factor:10}", *(f"{v:9.1e}" for v in shown))
# --8<-- [end:cliff]

# --8<-- [start:condition]
gd_steps = {}
print("    κ   steps  theory")
for kappa in (1, 10, 100, 1000, 10_000):
    lr = 2 / (1 + kappa)
    gd_steps[kappa], _ = descend((1.0, kappa), lr)
    rate = (kappa - 1) / (kappa + 1)
    theory = math.log(1e-6) / math.log(rate) if rate else 1
    print(f"{kappa:5} {gd_steps[kappa]:7} {theory:7.0f}")
# --8<-- [end:condition]

# --8<-- [start:cliff-figure]
from plotting import FAINT, axes, style, svg

labels = ("t", "loss − min"), ("lr / (2/L)", "t")
figure, falling, pace = axes(*labels, columns=2, height=2.8, yscale="log")
for number, factor in enumerate((0.5, 0.95, 1.0, 1.05)):
    curve = [at_start, *losses[factor][:150]]
    falling.plot(curve, **style(number), label=f"{factor}")
falling.set_ylim(1e-13, 1e8)
falling.legend(loc="lower left", ncols=2, fontsize=9.5, handlelength=1.8)
factors = [*torch.arange(0.02, 0.99, 0.01).tolist(), 0.99, 0.995, 0.999]
steps_at = [descend((1.0, L), factor * 2 / L)[0] for factor in factors]
pace.plot(factors, steps_at, **style(0))
pace.axvline(1.0, color=FAINT, linewidth=1.2)
pace.set_xlim(0, 1.15)
quickest = factors[steps_at.index(min(steps_at))]
print(svg(figure, "cliff"))
# --8<-- [end:cliff-figure]

# --8<-- [start:minima]
worse = {
    "GD": wells(SGD),
    "momentum": wells(SGD, momentum=0.9),
    "Adam": wells(Adam),
    "GD + noise": wells(SGD, noise=3.0),
}
for name, share in worse.items():
    print(f"{name:10} {share:6.1%} in the worse well")
definite = {size: positive_share(size) for size in range(1, 6)}
for size, share in definite.items():
    print(f"{size} x {size} Hessian {share:7.2%} positive")
# --8<-- [end:minima]

# --8<-- [start:saddle]
left_at = {}
print("offset     GD  momentum")
for offset in (1e-2, 1e-4, 1e-8, 0.0):
    left_at[offset] = [escape(offset, momentum) for momentum in (0.0, 0.9)]
    print(f"{offset:6.0e}", "{:6} {:9}".format(*left_at[offset]))
shaken = escape(0.0, noise=1e-6)
print(f"0, with noise of 1e-6: {shaken}")
# --8<-- [end:saddle]
