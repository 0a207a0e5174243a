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
    gradient,
    positive_share,
    regression,
    wells,
)
from plotting import FAINT, INK, axes, style, svg
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

# --8<-- [start:surface-figure]
figure, panel = axes(("θ₁", "θ₂"), height=3)
panel.grid(False)
horizontal, vertical = torch.meshgrid(
    torch.linspace(-6.5, 4.5, 120), torch.linspace(-3, 2.5, 90), indexing="xy"
)
heights = excess(torch.stack([horizontal, vertical], -1), best)
levels = [0.5, 2, 8, 20, 40, 70, 110]
panel.contour(horizontal, vertical, heights, levels, colors=FAINT, linewidths=0.6)
downhill = -gradient(start, x, y)
downhill = 3.2 * downhill / downhill.norm()
panel.plot(*torch.stack([start, start + downhill]).T, **style(0), label="−g")
panel.plot(*torch.stack([start, best]).T, **style(3), label="θ* − θ")
panel.plot(*start, "o", color=INK, markersize=5)
panel.plot(*best, "+", color=INK, markersize=9)
panel.set_aspect("equal")
panel.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
print(svg(figure, "surface"))
# --8<-- [end:surface-figure]

# --8<-- [start:one-step]
theta = start.clone()
for _ in range(3):
    theta -= 0.01 * gradient(theta, x, y)
    print([round(v, 3) for v in theta.tolist()], f"{excess(theta, best):.1f}")
# --8<-- [end:one-step]

# --8<-- [start:falling-setup]
losses = {factor: descended(factor) for factor in (-0.1, 0.5, 0.95, 1.0, 1.05)}
# --8<-- [end:falling-setup]

# --8<-- [start:falling-figure]
figure, falling = axes(("t", "loss − min"), height=2.8, yscale="log")
for number, factor in enumerate((0.5, 0.95, 1.0, 1.05, -0.1)):
    label = f"{factor} · 2/L" if factor > 0 else "0.1 · 2/L, +g"
    falling.plot(losses[factor][:151], **style(number), label=label)
falling.set_ylim(1e-13, 1e8)
falling.legend(loc="lower left", ncols=2, handlelength=1.8)
print(svg(figure, "falling"))
# --8<-- [end:falling-figure]

# --8<-- [start:condition]
gd_steps = {}
print("    κ   steps  theory")
for kappa in (1, 10, 100, 1000, 10_000):
    gd_steps[kappa], _ = descend((1.0, kappa), lr=2 / (1 + kappa))
    rate = (kappa - 1) / (kappa + 1)
    theory = math.log(1e-6) / math.log(rate) if rate else 1
    print(f"{kappa:5} {gd_steps[kappa]:7} {theory:7.0f}")
# --8<-- [end:condition]

# --8<-- [start:pace-figure]
figure, pace = axes(("lr / (2/L)", "t"), height=2.5, yscale="log")
L = CURVATURE.max().item()
grid = [*torch.arange(0.02, 0.99, 0.01).tolist(), 0.99, 0.995, 0.999]
steps_at = [descend((1.0, L), factor * 2 / L)[0] for factor in grid]
pace.plot(grid, steps_at, **style(0))
pace.axvline(1.0, color=FAINT, linewidth=1.2)
pace.set_xlim(0, 1.15)
quickest = grid[steps_at.index(min(steps_at))]
print(svg(figure, "pace"))
# --8<-- [end:pace-figure]

# --8<-- [start:wells-figure]
figure, panel = axes(("θ", "θ⁴/4 − θ²/2 + θ/10"), height=2.2)
theta = torch.linspace(-1.7, 1.6, 200)
panel.plot(theta, theta**4 / 4 - theta**2 / 2 + theta / 10, **style(0))
print(svg(figure, "wells"))
# --8<-- [end:wells-figure]

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
# --8<-- [end:minima]

# --8<-- [start:hessians]
definite = {size: positive_share(size) for size in range(1, 6)}
for size, share in definite.items():
    print(f"{size} x {size} Hessian {share:7.2%} positive")
# --8<-- [end:hessians]

# --8<-- [start:saddle]
left_at = {}
print("offset     GD  momentum  GD, lr 1")
for offset in (1e-2, 1e-4, 1e-8, 0.0):
    options = ({}, {"momentum": 0.9}, {"lr": 1.0})
    left_at[offset] = [escape(offset, **each) for each in options]
    print(f"{offset:6.0e}", "{:6} {:9} {:9}".format(*left_at[offset]))
shaken = [escape(0.0, noise=1e-6, seed=seed) for seed in range(10)]
print(f"0, with noise of 1e-6: {min(shaken)} to {max(shaken)}")
# --8<-- [end:saddle]


# --8<-- [start:inputs]
def after_steps(inputs, target, steps):
    """κ、2/L，和 lr = 1/L 时剩下的损失 | κ, 2/L, the loss left at lr = 1/L"""
    inputs = torch.cat([inputs, torch.ones(len(inputs), 1)], dim=1).double()
    hessian = inputs.T @ inputs / len(inputs)
    smallest, *_, largest = torch.linalg.eigvalsh(hessian)
    lowest = torch.linalg.solve(hessian, inputs.T @ target / len(inputs))
    gap, lr = -lowest, 1 / largest
    start = gap @ hessian @ gap
    for _ in range(steps):
        gap = gap - lr * (hessian @ gap)
    share = gap @ hessian @ gap / start
    return [v.item() for v in (largest / smallest, 2 / largest, share)]


generator = torch.Generator().manual_seed(0)
age = 20 + 40 * torch.rand(200, 1, generator=generator)
income = 1000 + 500 * torch.randn(200, 1, generator=generator)
raw = torch.cat([age, income], dim=1)
target = (age / 10 + income / 100).flatten().double()
scaled = (raw - raw.mean(0)) / raw.std(0)
left = {}
print("                       κ       2/L   loss left after 3 and 300 steps")
for name, inputs in (("as measured", raw), ("standardised", scaled)):
    left[name] = *after_steps(inputs, target, 3), after_steps(inputs, target, 300)[2]
    print("{:13} {:10.1f} {:9.1e} {:12.1e} {:12.1e}".format(name, *left[name]))
# --8<-- [end:inputs]

# --8<-- [start:try-four]
for lr in (0.25, 0.4, 0.49):
    steps, _ = descend((1.0, 4.0), lr)
    print(f"lr {lr:.2f}: {steps} steps")
# --8<-- [end:try-four]

# --8<-- [start:try-doubled]
halved = descend((1.0, 25.0), 2 / 26)[0], descend((2.0, 50.0), 1 / 26)[0]
print(f"loss: {halved[0]} steps   2 · loss, lr / 2: {halved[1]} steps")
# --8<-- [end:try-doubled]

# --8<-- [start:try-quartic]
for lr in (0.4, 0.49, 0.51):
    theta = 2.0
    for _ in range(1000):
        theta -= lr * theta**3
        if abs(theta) > 1e6:
            break
    print(f"lr {lr:.2f}: |θ| = {abs(theta):.0e}")
# --8<-- [end:try-quartic]
