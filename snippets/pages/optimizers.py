"""The page `optimizers` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import logging
import textwrap
from inspect import signature

import torch
from adaptive import adagrad, rmsprop
from gradient_descent import excess, regression, sgd
from momentum import displacements
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
from plotting import FAINT, axes, style, svg
from torch import nn
from torch.optim import SGD, Adagrad, Adam, RMSprop

x, _, minimum = regression()
n = len(x)
# --8<-- [end:imports]

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

# --8<-- [start:bits-setup]
variants = [
    ("SGD", sgd, SGD, {}),
    ("momentum", sgd, SGD, {"momentum": 0.9}),
    ("Nesterov", sgd, SGD, {"momentum": 0.9, "nesterov": True}),
    ("AdaGrad", adagrad, Adagrad, {"lr_decay": 0.01}),
    ("RMSProp", rmsprop, RMSprop, {}),
    ("centered", rmsprop, RMSprop, {"centered": True, "momentum": 0.9}),
]
# --8<-- [end:bits-setup]

# --8<-- [start:bits]
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

# --8<-- [start:paths-setup]
ways = {
    "GD": path(SGD, n, lr=0.07),
    "SGD, B = 1": path(SGD, 1, lr=0.01),
    "SGD, B = 16": path(SGD, 16, lr=0.03),
    "momentum": path(SGD, n, lr=0.01, momentum=0.9),
    "AdaGrad": path(Adagrad, n, lr=2.0),
    "RMSProp": path(RMSprop, n, lr=0.1),
    "Adam": path(Adam, n, lr=0.3),
}
# --8<-- [end:paths-setup]

# --8<-- [start:paths-figure]
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
    panel.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=4,
        fontsize=10.5,
        handlelength=1.4,
        columnspacing=0.8,
    )
print(svg(figure, "paths"))
# --8<-- [end:paths-figure]

# --8<-- [start:rotation-setup]
degrees = tuple(range(0, 46, 3))
bent = turned(degrees)
# --8<-- [end:rotation-setup]

# --8<-- [start:rotation-figure]
labels = ("angle / °", "t = 60"), ("angle / °", "t = 240")
figure, *panels = axes(*labels, columns=2, yscale="log", height=2.6)
for budget, panel in enumerate(panels):
    for number, (name, left) in enumerate(bent.items()):
        panel.plot(degrees, left[budget], **style(number), label=name)
    panel.set_xticks([0, 15, 30, 45])
figure.legend(
    *panels[0].get_legend_handles_labels(),
    loc="outside upper center",
    ncols=3,
    handlelength=1.8,
    columnspacing=1,
)
print(svg(figure, "rotation"))
# --8<-- [end:rotation-figure]

# --8<-- [start:memory-setup]
memory = {}
for name, rule, options in (
    ("SGD", SGD, {}),
    ("momentum", SGD, {"momentum": 0.9}),
    ("AdaGrad", Adagrad, {}),
    ("RMSProp", RMSprop, {}),
    ("RMSProp, centered, momentum", RMSprop, {"centered": True, "momentum": 0.9}),
    ("Adam", Adam, {}),
    ("Adam, amsgrad", Adam, {"amsgrad": True}),
):
    memory[name] = state_bytes(rule, **options)
# --8<-- [end:memory-setup]

# --8<-- [start:memory-figure]
figure, panel = axes(("bytes / parameter", ""), height=2.5)
panel.grid(False, axis="y")
for place, (per_parameter, _) in enumerate(reversed(memory.values())):
    panel.barh(place, 8, height=0.6, color=FAINT)
    panel.barh(place, per_parameter, height=0.6, left=8, color=style(0)["color"])
panel.set_yticks(range(len(memory)), list(memory)[::-1])
panel.set_xticks(range(0, 25, 4))
print(svg(figure, "memory"))
# --8<-- [end:memory-figure]

# --8<-- [start:state-dict]
weight, bias = (torch.ones(shape, requires_grad=True) for shape in ((2, 3), 2))
adam = Adam([weight, bias])
print("before the first step", adam.state_dict()["state"])
(weight.sum() + bias.sum()).backward()
adam.step()
saved = adam.state_dict()
for number, state in saved["state"].items():
    print(number, {name: tuple(value.shape) for name, value in state.items()})
for name in ("lr", "betas", "weight_decay", "params"):
    print(f"{name:13}", saved["param_groups"][0][name])
# --8<-- [end:state-dict]

# --8<-- [start:implementations-setup]
ways_to_step = {
    "loop": {"foreach": False},
    "foreach": {"foreach": True},
    "fused": {"fused": True},
}
counts = (1, 10, 100, 1000)
dispatched = {
    tensors: [operations(Adam, tensors, **way) for way in ways_to_step.values()]
    for tensors in counts
}
# --8<-- [end:implementations-setup]

# --8<-- [start:implementations-figure]
labels = ("tensors", "operations / step")
figure, panel = axes(labels, xscale="log", yscale="log", height=2.5)
for number, way in enumerate(ways_to_step):
    line = [dispatched[tensors][number] for tensors in counts]
    panel.plot(counts, line, **style(number), marker="o", label=way)
panel.legend(loc="upper left")
print(svg(figure, "implementations"))
# --8<-- [end:implementations-figure]

# --8<-- [start:implementations]
small = [ready(Adam, 100, **way) for way in ways_to_step.values()]
large = [ready(Adam, 1, size=10**6, **way) for way in ways_to_step.values()]
print("loop > 1.5 x fused")
print("  100 tensors of 10 numbers", time_of_step(small[0], small[2]) > 1.5)
print("  1 tensor of a million    ", time_of_step(large[0], large[2], 31) > 1.5)
default = operations(Adam, 100) == dispatched[100][0]
print("the CPU's default is the loop", default)
# --8<-- [end:implementations]

# --8<-- [start:compile]
# 不显示 Dynamo 关于性能分析器的警告 | hide Dynamo's warning about profilers
torch._logging.set_logs(dynamo=logging.ERROR)
graphs = {"float": [], "tensor": []}
for name, lr in (("float", 0.1), ("tensor", torch.tensor(0.1))):

    def count(graph, inputs, found=graphs[name]):
        found.append(graph)
        return graph.forward

    torch.compiler.reset()
    theta = torch.ones(3, requires_grad=True)
    optimizer = Adam([theta], lr=lr, foreach=False)
    step = torch.compile(optimizer.step, backend=count)
    so_far = []
    for _ in range(8):
        theta.grad = torch.ones(3)
        step()
        optimizer.param_groups[0]["lr"] *= 0.9
        so_far.append(len(graphs[name]))
    print(f"lr as {name:7} graphs compiled so far", *so_far)
# --8<-- [end:compile]

# --8<-- [start:change-lr-setup]
param = torch.zeros(1, dtype=torch.float64, requires_grad=True)
optimizer = RMSprop([param], lr=0.1)


def move(optimizer):
    before = param.item()
    param.grad = torch.ones_like(param)
    optimizer.step()
    return before - param.item()


usual = [move(optimizer) for _ in range(1000)][-1]
# --8<-- [end:change-lr-setup]

# --8<-- [start:change-lr]
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
        print(textwrap.fill(message, 36, subsequent_indent="  "))
# --8<-- [end:errors]

# --8<-- [start:compete-setup]
won, first = {}, {}
for steps in BUDGETS:
    for problem in PROBLEMS:
        scores = tuned(problem, steps)
        first[problem, steps] = level(scores)
        for name, each in scores.items():
            won[problem, name, steps] = each.mean().exp().item()

chosen = torch.cat([best(contest(p, name))[1] for p in PROBLEMS for name in ARMS])
chosen = LRS[chosen]
assert LRS[0] < min(chosen)
assert max(chosen) < LRS[-1]
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
# --8<-- [end:compete-setup]

# --8<-- [start:compete]
for steps in BUDGETS:
    print(f"{steps} steps", *(f"{problem:>7}" for problem in PROBLEMS))
    for name in ARMS:
        row = [won[problem, name, steps] for problem in PROBLEMS]
        print(f"{name:9}", *(f"{v:7.0e}" for v in row))
# --8<-- [end:compete]

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
    ncols=3,
    handlelength=1.8,
    columnspacing=1,
)
print(svg(figure, "sweep"))
# --8<-- [end:sweep-figure]

# --8<-- [start:try-same-step]
g = torch.full((50,), 0.01)
for name, (rule, options) in ARMS.items():
    moved = displacements(rule, g, **options)
    lr, later = 0.1 * 0.01 / moved[0], moved[49] / moved[0]
    print(f"{name:9} lr {lr:.4f}   50th step : first {later:.2f}")
# --8<-- [end:try-same-step]

# --8<-- [start:try-bytes]
for name in ("SGD", "momentum", "Adam"):
    print(f"{name:9} {(8 + memory[name][0]) * 7e9 / 1e9:4.0f} GB")
# --8<-- [end:try-bytes]

# --8<-- [start:try-one-rate]
for lr in (0.01, 0.1, 1.0):
    at = (LRS - lr).abs().argmin()
    ends = {name: contest("network", name)[0, at].mean().item() for name in ARMS}
    print(f"lr {lr:<5}", ", ".join(sorted(ends, key=ends.get)))
# --8<-- [end:try-one-rate]
