"""The page `without-lr` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import math

import torch
from expected import expect
from optimizer_atlas import bowl_scores, walk
from paired import difference
from plotting import axes, style, svg
from self_scaling import adadelta, rprop
from torch.optim import Adadelta, Rprop
from without_lr import (
    adadelta_in_unit,
    in_unit,
    path_on_batches,
    tuned_on_batches,
)

# --8<-- [end:imports]

# --8<-- [start:cost]
powers = range(-6, 3)
names = ("SGD", "Adam", "Rprop", "Adadelta")
cost = {
    name: torch.stack(
        [bowl_scores(name, 10.0**p, (50, 200)).mean(1) for p in powers], 1
    )
    for name in names
}
print("lr        ", *(f"{name:>9}" for name in names))
for column, p in enumerate(powers):
    shown = [cost[name][1, column].item() for name in names]
    print(f"10^{p:2}     ", *(f"{v:9.2f}" if v < 9 else "        ∞" for v in shown))
# --8<-- [end:cost]

# --8<-- [start:cost-figure]
figure, *panels = axes(("lr", "log₁₀ L"), ("lr", "log₁₀ L"), columns=2, xscale="log")
for row, panel in enumerate(panels):
    for number, name in enumerate(names):
        lrs = [10.0**p for p in powers]
        panel.plot(lrs, cost[name][row].clamp(max=2), **style(number), label=name)
    panel.set_ylim(-10, 1)
panels[0].legend(fontsize=9)
print(svg(figure, "cost"))
# --8<-- [end:cost-figure]

# --8<-- [start:same]
generator = torch.Generator().manual_seed(0)
for rule, kind in ((rprop, Rprop), (adadelta, Adadelta)):
    ours, state = torch.zeros(100), {}
    theirs = ours.clone().requires_grad_()
    optimizer = kind([theirs])
    for _ in range(500):
        theirs.grad = torch.randn(100, generator=generator)
        optimizer.step()
        rule(ours, theirs.grad, state)
    print(f"{rule.__name__:8}", torch.equal(ours, theirs))
# --8<-- [end:same]

# --8<-- [start:first-size]
lone = torch.zeros(1, dtype=torch.float64)
steps_to = {}
for lr in (1e-6, 1e-4, 1e-2, 1.0):
    way = -walk("Rprop", lone, lambda *_: lone + 1, 120, lr=lr).flatten()
    steps_to[lr] = 1 + int((way < 10).sum())
    print(f"lr = {lr:6}  10 reached at step {steps_to[lr]:3}")
print(f"log 100 / log 1.2 = {math.log(100) / math.log(1.2):.1f}")
# --8<-- [end:first-size]

# --8<-- [start:ten]
drift = {}
print("t               9       10       20       50      200")
for name, lr in (("SGD", 0.1), ("Rprop", 0.1)):
    way = walk(name, lone, lambda _, t: lone + (0.1, -0.9)[t % 10 == 0], 200, lr=lr)
    drift[name] = [way[t - 1].item() for t in (9, 10, 20, 50, 200)]
    print(f"{name:8}", *(f"{round(v, 6):8.3g}" for v in drift[name]))
# --8<-- [end:ten]

# --8<-- [start:batches]
budgets = (30, 300)
grids = {"SGD": [10 ** (p / 2) for p in range(-5, 2)], "Rprop": [0.01, 0.1, 1.0, 10.0]}
arms = {
    "SGD": ("SGD", {}),
    "Rprop": ("Rprop", {}),
    "Δ ≥ 10⁻³": ("Rprop", {"step_sizes": (1e-3, 50)}),
}
found = {}
print("batch  steps" + "".join(f"{label:>11}" for label in arms), "  Rprop − SGD")
for batch in (256, 16, 1):
    for label, (name, options) in arms.items():
        best = tuned_on_batches(name, grids[name], batch, budgets, **options)
        for steps, result in zip(budgets, best, strict=True):
            found[batch, steps, label] = result[1]
    for steps in budgets:
        row = [found[batch, steps, label] for label in arms]
        mean, half = difference(row[1], row[0])
        print(f"{batch:5} {steps:6}", *(f"{v.mean():10.2f}" for v in row), end="")
        print(f"{mean:9.2f} ± {half:.2f}")
# --8<-- [end:batches]

# --8<-- [start:fade-figure]
figure, panel = axes(("t", "|Δθ|"), yscale="log")
sizes = {}
for number, batch in enumerate((256, 16, 1)):
    way = path_on_batches("Rprop", 0.1, batch, 200)
    sizes[batch] = way.diff(dim=0).abs().mean((1, 2, 3))
    panel.plot(range(2, 201), sizes[batch], **style(number), label=f"B = {batch}")
panel.legend()
print(svg(figure, "fade"))
# --8<-- [end:fade-figure]

# --8<-- [start:units]
kinds = ("SGD", 0.01), ("Adam", 0.01), ("Adadelta", 1.0)
lengths = {}
print("unit          2⁻¹⁰         1       2¹⁰")
for name, lr in kinds:
    ways = [in_unit(name, unit, 100, lr=lr) for unit in (2**-10, 1.0, 2**10)]
    lengths[name] = [(way[-1] - way[0]).norm().item() for way in ways]
    print(f"{name:8}", *(f"{v:9.2g}" for v in lengths[name]))
follow = [adadelta_in_unit(unit, 100) for unit in (2**-10, 1.0, 2**10)]
print("two ε   ", *(f"{(way[-1] - way[0]).norm():9.2g}" for way in follow))
print("equal to the bit:", all(torch.equal(way, follow[1]) for way in follow))
# --8<-- [end:units]

# --8<-- [start:slow]
reached = {}
print("ε       first step   to 0.1     to 1")
for power in (-6, -4, -2):
    way = -walk("Adadelta", lone, lambda *_: lone + 1, 300, lr=1.0, eps=10.0**power)
    reached[power] = [1 + int((way < goal).sum()) for goal in (0.1, 1)]
    print(f"10^{power} {way[0].item():13.4f}", *(f"{v:8}" for v in reached[power]))
# --8<-- [end:slow]

# --8<-- [start:knob]
knob = {}
print(" lr    eps     50 steps  200 steps")
for lr, eps in ((10.0, 1e-6), (1.0, 1e-4), (0.1, 1e-2)):
    knob[lr] = bowl_scores("Adadelta", lr, (50, 200), eps=eps).mean(1).tolist()
    print(f"{lr:4} {eps:7}", *(f"{v:10.4f}" for v in knob[lr]))
# --8<-- [end:knob]

# --8<-- [start:sweep-eps]
swept = {}
for power in range(-9, -1):
    swept[power] = bowl_scores("Adadelta", 1.0, (50, 200), eps=10.0**power).mean(1)
    print(f"ε = 10^{power} ", *(f"{v:8.2f}" for v in swept[power]))
# --8<-- [end:sweep-eps]

# --8<-- [start:errors]
theta = torch.ones(2, requires_grad=True)
with expect(TypeError) as caught:
    Rprop([theta], weight_decay=0.01)
print(caught)
with expect(ValueError) as caught:
    Rprop([theta], etas=(1.2, 0.5))
print(caught)
with expect(ValueError) as caught:
    Adadelta([theta], rho=1.5)
print(caught)
# --8<-- [end:errors]

# --8<-- [start:try-tiny]
tiny = {}
print("g         float32    float64")
for size in (1.0, 1e-20, 1e-23):
    tiny[size] = []
    for dtype in (torch.float32, torch.float64):
        zero = torch.zeros(1, dtype=dtype)
        way = walk("Rprop", zero, lambda *_, z=zero, s=size: z + s, 20, lr=0.01)
        tiny[size].append(-way[-1].item())
    print(f"{size:5} {tiny[size][0]:11.4f} {tiny[size][1]:10.4f}")
# --8<-- [end:try-tiny]

# --8<-- [start:try-etas]
for etas in ((0.5, 1.2), (0.9, 1.05)):
    way = walk(
        "Rprop", lone, lambda _, t: lone + (0.1, -0.9)[t % 10 == 0], 200, etas=etas
    )
    best = tuned_on_batches("Rprop", grids["Rprop"], 16, budgets, etas=etas)
    shown = [scores.mean().item() for _, scores in best]
    print(f"{etas!s:14} {way[-1].item():10.3g}", *(f"{v:8.2f}" for v in shown))
# --8<-- [end:try-etas]

# --8<-- [start:try-growth]
grown = {}
print("   t    g = 1  g = 0.01  formula")
for t in (10, 100, 1000):
    for g in (1.0, 0.01):
        way = walk("Adadelta", lone, lambda *_, g=g: lone + g, t, lr=1.0, eps=1e-6)
        grown[g, t] = (way[-2] - way[-1]).item()
    formula = math.sqrt(0.1 * 1e-6 * t)
    print(f"{t:4} {grown[1.0, t]:8.5f} {grown[0.01, t]:9.5f} {formula:8.5f}")
# --8<-- [end:try-growth]
