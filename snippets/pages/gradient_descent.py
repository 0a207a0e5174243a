"""The page `gradient-descent` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import math

import torch
from gradient_descent import (
    CURVATURE,
    descend,
    descended,
    escape,
    excess,
    first_step,
    positive_share,
    regression,
    wells,
)
from torch.optim import SGD, Adagrad, Adam, RMSprop

# --8<-- [end:imports]

# --8<-- [start:same-gradient]
first = {rule: first_step(rule) for rule in (SGD, Adagrad, RMSprop, Adam)}
for rule, moved in first.items():
    print(f"{rule.__name__:8}", *(f"{v:8.4f}" for v in moved))
# --8<-- [end:same-gradient]

# --8<-- [start:surface]
x, y, best = regression()
start = torch.tensor([-5.0, 1.5], dtype=torch.float64)
at_start = excess(start, best).item()
print("samples   ", len(x))
print("minimum at", [round(v, 3) for v in best.tolist()])
print("start     ", start.tolist(), f"excess {at_start:.1f}")
# --8<-- [end:surface]

# --8<-- [start:cliff]
factors = (-0.1, 0.5, 0.95, 1.0, 1.05)
losses = {factor: descended(factor) for factor in factors}
print("lr / (2/L)    t = 10   t = 100   t = 400")
for factor, run in losses.items():
    print(f"{factor:10}", *(f"{run[t]:9.1e}" for t in (10, 100, 400)))
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
    falling.plot(losses[factor][:151], **style(number), label=f"{factor}")
falling.set_ylim(1e-13, 1e8)
falling.legend(loc="lower left", ncols=2, fontsize=9.5, handlelength=1.8)
L = CURVATURE.max().item()
grid = [*torch.arange(0.02, 0.99, 0.01).tolist(), 0.99, 0.995, 0.999]
steps_at = [descend((1.0, L), factor * 2 / L)[0] for factor in grid]
pace.plot(grid, steps_at, **style(0))
pace.axvline(1.0, color=FAINT, linewidth=1.2)
pace.set_xlim(0, 1.15)
quickest = grid[steps_at.index(min(steps_at))]
print(svg(figure, "cliff"))
# --8<-- [end:cliff-figure]

# --8<-- [start:minima]
kinds = {
    "GD": (SGD, {}),
    "momentum": (SGD, {"momentum": 0.9}),
    "Adam": (Adam, {}),
    "GD + noise": (SGD, {"noise": 3.0}),
}
worse = {}
print("lr             0.05     0.2")
for name, (rule, options) in kinds.items():
    worse[name] = [wells(rule, lr, **options) for lr in (0.05, 0.2)]
    print(f"{name:10}", *(f"{share:8.1%}" for share in worse[name]))
definite = {size: positive_share(size) for size in range(1, 6)}
for size, share in definite.items():
    print(f"{size} x {size} Hessian {share:7.2%} positive")
# --8<-- [end:minima]

# --8<-- [start:saddle]
left_at = {}
print("offset     GD  momentum  GD, lr 1")
for offset in (1e-2, 1e-4, 1e-8, 0.0):
    left_at[offset] = (
        escape(offset),
        escape(offset, momentum=0.9),
        escape(offset, lr=1.0),
    )
    print(f"{offset:6.0e}", "{:6} {:9} {:9}".format(*left_at[offset]))
shaken = [escape(0.0, noise=1e-6, seed=seed) for seed in range(10)]
print(f"0, with noise of 1e-6: {min(shaken)} to {max(shaken)}")
# --8<-- [end:saddle]
