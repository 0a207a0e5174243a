"""The page `optimizers` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import textwrap
from inspect import signature

import torch
from adaptive import adagrad, rmsprop
from gradient_descent import excess, regression, sgd
from optimizers import (
    ARMS,
    BUDGETS,
    LRS,
    PROBLEMS,
    agreement,
    best,
    contest,
    interrupted,
    operations,
    path,
    ready,
    state_bytes,
    time_of_step,
    tuned,
    turned,
)
from paired import level
from stochastic import displacements
from torch.optim import SGD, Adagrad, Adam, RMSprop

# --8<-- [end:imports]

# --8<-- [start:data]
x, _, minimum = regression()
n = len(x)
# --8<-- [end:data]

# --8<-- [start:bits]
variants = [
    ("SGD", sgd, SGD, {}),
    ("momentum", sgd, SGD, {"momentum": 0.9}),
    ("Nesterov", sgd, SGD, {"momentum": 0.9, "nesterov": True}),
    ("AdaGrad", adagrad, Adagrad, {"lr_decay": 0.01}),
    ("RMSProp", rmsprop, RMSprop, {}),
    ("centered", rmsprop, RMSprop, {"centered": True, "momentum": 0.9}),
]
worst = 0.0
print("          float32  float64")
for name, rule, theirs, options in variants:
    options |= {"lr": 0.01, "weight_decay": 0.1}
    gaps = [
        agreement(rule, theirs, dtype, options)
        for dtype in (torch.float32, torch.float64)
    ]
    worst = max(worst, *gaps)
    print(f"{name:9}", *(f"{v:7}" for v in gaps))
# --8<-- [end:bits]


# --8<-- [start:textbook]
def textbook(param, grad, state, *, lr):
    average = 0.99 * state.get("v", 0.0) + 0.01 * grad**2
    param -= lr * grad / (average.sqrt() + 1e-8)
    state["v"] = average


drift = {
    dtype: agreement(textbook, RMSprop, dtype, {"lr": 0.01})
    for dtype in (torch.float32, torch.float64)
}
print("textbook ", *(f"{v:7.0e}" for v in drift.values()))
# --8<-- [end:textbook]

# --8<-- [start:paths]
ways = {
    "GD": path(SGD, n, lr=0.07),
    "SGD, B = 1": path(SGD, 1, lr=0.01),
    "SGD, B = 16": path(SGD, 16, lr=0.03),
    "momentum": path(SGD, n, lr=0.01, momentum=0.9),
    "AdaGrad": path(Adagrad, n, lr=2.0),
    "RMSProp": path(RMSprop, n, lr=0.1),
    "Adam": path(Adam, n, lr=0.3),
}
print("loss - min    t = 0   t = 10   t = 60")
for name, way in ways.items():
    shown = [excess(way[t], minimum).item() for t in (0, 10, 60)]
    print(f"{name:11}", *(f"{v:8.3f}" for v in shown))
# --8<-- [end:paths]

# --8<-- [start:paths-figure]
from plotting import FAINT, axes, style, svg

labels = ("θ₁", "θ₂"), ("θ₁", "θ₂")
figure, *panels = axes(*labels, height=2.9)
horizontal, vertical = torch.meshgrid(
    torch.linspace(-6.5, 6.5, 120), torch.linspace(-4, 2.2, 90), indexing="xy"
)
heights = excess(torch.stack([horizontal, vertical], -1), minimum)
groups = list(ways.items())[:3], list(ways.items())[3:]
for panel, group in zip(panels, groups, strict=True):
    panel.grid(False)
    levels = [0.5, 2, 8, 20, 40, 70, 110]
    panel.contour(horizontal, vertical, heights, levels, colors=FAINT, linewidths=0.6)
    for number, (name, way) in enumerate(group):
        panel.plot(*way.T, **style(number), label=name, linewidth=1.4)
    panel.plot(*minimum, "+", color="#010203", markersize=9)
    panel.legend(loc="lower left", ncols=4, fontsize=9, handlelength=1.6)
print(svg(figure, "paths"))
# --8<-- [end:paths-figure]

# --8<-- [start:first-step]
table = {}
print("              g = 1           g = 0.01")
print("        t = 1   t = 50    t = 1   t = 50")
for name, (rule, options) in ARMS.items():
    table[name] = [
        moved[t - 1].item()
        for size in (1.0, 0.01)
        for moved in [displacements(rule, torch.full((50,), size), **options)]
        for t in (1, 50)
    ]
    print(f"{name:8}", "  ".join(f"{v:6.3f}" for v in table[name]))
# --8<-- [end:first-step]

# --8<-- [start:rotation]
degrees = tuple(range(0, 46, 3))
bent = turned(degrees)
for budget, steps in enumerate((60, 240)):
    print(f"{steps:3} steps      0°     15°     30°     45°")
    for name, left in bent.items():
        print(f"{name:9}", *(f"{v:7.0e}" for v in left[budget, ::5]))
# --8<-- [end:rotation]

# --8<-- [start:rotation-figure]
labels = ("angle / °", "t = 60"), ("angle / °", "t = 240")
figure, *panels = axes(*labels, columns=2, yscale="log", height=2.6)
for budget, panel in enumerate(panels):
    for number, (name, left) in enumerate(bent.items()):
        panel.plot(degrees, left[budget], **style(number), label=name)
    panel.set_xticks([0, 15, 30, 45])
panels[1].legend(loc="lower right", fontsize=9.5, handlelength=1.8)
print(svg(figure, "rotation"))
# --8<-- [end:rotation-figure]

# --8<-- [start:memory]
memory = {}
for name, rule, options in (
    ("SGD", SGD, {}),
    ("momentum", SGD, {"momentum": 0.9}),
    ("AdaGrad", Adagrad, {}),
    ("RMSProp", RMSprop, {}),
    ("  centered, momentum", RMSprop, {"centered": True, "momentum": 0.9}),
    ("Adam", Adam, {}),
    ("  amsgrad", Adam, {"amsgrad": True}),
):
    memory[name] = state_bytes(rule, **options)
    print(f"{name:20} {memory[name][0]:4.0f} + {memory[name][1]} bytes")
# --8<-- [end:memory]

# --8<-- [start:implementations]
ways_to_step = {
    "loop": {"foreach": False},
    "foreach": {"foreach": True},
    "fused": {"fused": True},
}
dispatched = {}
print("tensors       ", *(f"{way:>7}" for way in ways_to_step))
for name, (rule, options) in ARMS.items():
    if "fused" not in signature(rule).parameters:
        continue
    for tensors in (10, 100):
        dispatched[name, tensors] = [
            operations(rule, tensors, **options, **way) for way in ways_to_step.values()
        ]
        counts = (f"{count:7}" for count in dispatched[name, tensors])
        print(f"{name:9}{tensors:5}", *counts)
on_cpu = operations(Adam, 100) == dispatched["Adam", 100][0]
print("the CPU's default is the loop:", on_cpu)

small = [ready(Adam, 100, **way) for way in ways_to_step.values()]
large = [ready(Adam, 1, size=10**6, **way) for way in ways_to_step.values()]
even = time_of_step(large[0], large[1], 31)
bounds = {
    "100 tensors of 10 numbers": {
        "loop > 1.5 x fused": time_of_step(small[0], small[2]) > 1.5,
        "loop > foreach": time_of_step(small[0], small[1]) > 1,
        "foreach > 1.2 x fused": time_of_step(small[1], small[2]) > 1.2,
    },
    "1 tensor of a million": {
        "loop > 1.4 x fused": time_of_step(large[0], large[2], 31) > 1.4,
        "loop : foreach < 1.6": 1 / 1.6 < even < 1.6,
        "foreach > 1.4 x fused": time_of_step(large[1], large[2], 31) > 1.4,
    },
}
for params, held in bounds.items():
    print(f"\nAdam, {params}")
    for bound, holds in held.items():
        print(f"  {bound:22}{holds}")
        assert holds, bound
# --8<-- [end:implementations]

# --8<-- [start:change-lr]
param = torch.zeros(1, dtype=torch.float64, requires_grad=True)
optimizer = RMSprop([param], lr=0.1)


def move(optimizer):
    before = param.item()
    param.grad = torch.ones_like(param)
    optimizer.step()
    return before - param.item()


usual = [move(optimizer) for _ in range(1000)][-1]
for group in optimizer.param_groups:
    group["lr"] = 0.01
lowered = move(optimizer)
renewed = move(RMSprop([param], lr=0.01))
print(f"lr 0.1, step 1000     {usual:.4f}")
print(f"group['lr'] = 0.01    {lowered:.4f}")
print(f"a new RMSprop(lr=0.01) {renewed:.4f}")
# --8<-- [end:change-lr]

# --8<-- [start:resume]
used = dict(zip(ARMS, (0.07, 0.01, 2.0, 0.1, 0.3), strict=True))
gone = {}
print("            state kept  state lost")
for name, (rule, options) in ARMS.items():
    gone[name] = [
        interrupted(rule, kept, lr=used[name], **options) for kept in (True, False)
    ]
    print(f"{name:10}", *(f"{v:11.1g}" for v in gone[name]))
scheduled = [interrupted(SGD, kept, schedule=True, lr=0.07) for kept in (True, False)]
print("SGD, StepLR", *(f"{v:10.1g} " for v in scheduled))
# --8<-- [end:resume]

# --8<-- [start:groups]
from torch import nn

net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
head = {"params": net[2].parameters(), "lr": 0.1}
optimizer = SGD([{"params": net[0].parameters()}, head], lr=0.001)
print([group["lr"] for group in optimizer.param_groups])
before = [p.detach().clone() for p in net.parameters()]
for p in net.parameters():
    p.grad = torch.ones_like(p)
optimizer.step()
moved = [
    (old - new).abs().max().item()
    for old, new in zip(before, net.parameters(), strict=True)
]
print([f"{v:.3f}" for v in moved])
# --8<-- [end:groups]

# --8<-- [start:errors]
weight = torch.ones(3, requires_grad=True)
attempts = [
    lambda: SGD([], lr=0.1),
    lambda: SGD([2 * weight], lr=0.1),
    lambda: SGD([weight], lr=-0.1),
    lambda: SGD([weight], lr=0.1, nesterov=True),
    lambda: weight.sub_(0.1),
]
for attempt in attempts:
    try:
        attempt()
    except (ValueError, RuntimeError) as error:
        message = f"{type(error).__name__}: {error}"
        print(textwrap.fill(message, 40, subsequent_indent="  "))
# --8<-- [end:errors]

# --8<-- [start:compete]
won, first = {}, {}
for steps in BUDGETS:
    print(f"{steps} steps", *(f"{problem:>7}" for problem in PROBLEMS))
    for problem in PROBLEMS:
        scores = tuned(problem, steps)
        first[problem, steps] = level(scores)
        for name, each in scores.items():
            won[problem, name, steps] = each.mean().exp().item()
    for name in ARMS:
        row = [won[problem, name, steps] for problem in PROBLEMS]
        print(f"{name:9}", *(f"{v:7.0e}" for v in row))
# --8<-- [end:compete]

# --8<-- [start:chosen-setup]
chosen = torch.cat([best(contest(p, name))[1] for p in PROBLEMS for name in ARMS])
chosen = LRS[chosen]
rank = {
    (p, steps): 1 + sum(won[p, name, steps] < won[p, "Adam", steps] for name in ARMS)
    for p in PROBLEMS
    for steps in BUDGETS
}
noisy_spread = {
    steps: max(won["noisy", name, steps] for name in ARMS)
    / min(won["noisy", name, steps] for name in ARMS)
    for steps in BUDGETS
}
# --8<-- [end:chosen-setup]

# --8<-- [start:sweep-figure]
labels = [("lr", problem) for problem in PROBLEMS]
figure, *panels = axes(*labels, columns=2, height=2.3, xscale="log", yscale="log")
for panel, problem in zip(panels, PROBLEMS, strict=True):
    for number, name in enumerate(ARMS):
        curve = contest(problem, name)[0].mean(-1).exp()
        panel.plot(LRS, curve, **style(number), label=name)
    lowest = min(won[problem, name, BUDGETS[0]] for name in ARMS)
    panel.set_ylim(lowest / 3, 10)
figure.legend(
    *panels[0].get_legend_handles_labels(),
    loc="outside upper center",
    ncols=5,
    fontsize=9.5,
    handlelength=1.8,
    columnspacing=1,
)
print(svg(figure, "sweep"))
# --8<-- [end:sweep-figure]
