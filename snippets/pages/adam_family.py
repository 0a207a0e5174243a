"""The page `adam-family` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import math

import torch
from adam import adam, random_gradients
from adam_family import adamax, nadam, radam, rectifier
from expected import expect
from optimizer_atlas import tuned_bowl, walk
from paired import difference
from torch.optim import Adamax, NAdam, RAdam

# --8<-- [end:imports]

# --8<-- [start:same]
pairs = [(adamax, Adamax), (nadam, NAdam), (radam, RAdam)]
for rule, optimizer_class in pairs:
    grads = random_gradients(500, 100)
    ours, state = torch.zeros(100, dtype=torch.float64), {}
    theirs = ours.clone().requires_grad_()
    optimizer = optimizer_class([theirs], lr=0.1, weight_decay=0.1)
    for grad in grads:
        theirs.grad = grad.clone()
        optimizer.step()
        rule(ours, grad, state, lr=0.1, weight_decay=0.1)
    print(f"{rule.__name__:6}", torch.equal(ours, theirs))
# --8<-- [end:same]

# --8<-- [start:quiet]
lone = torch.zeros(1, dtype=torch.float64)
found = {}
print("                one g = 1 after 1000 zeros, / lr")
for name in ("Adam", "Adamax"):
    way = walk(name, lone, lambda _, t: lone + (t == 1001), 1001, True, lr=1.0)
    found[name] = -way[-1].item()
    print(f"{name:8} {found[name]:6.2f}")
# --8<-- [end:quiet]

# --8<-- [start:spike]
after = {}
print("t - 100     0      1     10    100   1000")
for name in ("Adam", "Adamax"):
    way = walk(
        name, lone, lambda _, t: lone + (100.0 if t == 100 else 1.0), 1200, True, lr=1.0
    )
    after[name] = [-way[100 + k - 1].item() for k in (0, 1, 10, 100, 1000)]
    print(f"{name:7}", *(f"{v:6.2f}" for v in after[name]))
# --8<-- [end:spike]

# --8<-- [start:nesterov-run]
budgets, powers = (30, 200), [power / 4 for power in range(-6, 3)]
gain = {}
print("   κ  steps   log₁₀ lr       Adam   NAdam  NAdam - Adam")
for kappa in (10, 100, 1000):
    arms = [tuned_bowl(name, powers, budgets, kappa) for name in ("Adam", "NAdam")]
    for steps, (left, a), (right, n) in zip(budgets, *arms, strict=True):
        gain[kappa, steps] = difference(n, a)
        print(f"{kappa:4} {steps:6} {left:6}, {right:5}", end=" ")
        print(f"{a.mean():8.2f}{n.mean():8.2f}", end="  ")
        print("{:6.2f} ± {:.2f}".format(*gain[kappa, steps]))
# --8<-- [end:nesterov-run]

# --8<-- [start:lengths]
torch.manual_seed(0)
draws = torch.randn(200, 4000, dtype=torch.float64)
spread = {}
print("    t  sd(m̂/√v̂)  mean |Δθ|/lr: Adam, RAdam     r")
first = torch.zeros(4000, dtype=torch.float64)
ways = {
    name: walk(name, first, lambda _, t: draws[t - 1], 200, True, lr=1.0)
    for name in ("Adam", "RAdam")
}
for t in (1, 2, 5, 6, 10, 50, 200):
    spread[t] = [ways[name][t - 1].abs().mean().item() for name in ("Adam", "RAdam")]
    r = rectifier(t)
    shown = "    -" if r is None else f"{r:5.3f}"
    print(f"{t:5} {ways['Adam'][t - 1].std():9.3f}", end="")
    print(f" {spread[t][0]:16.3f} {spread[t][1]:6.3f} {shown:>9}")
# --8<-- [end:lengths]

# --8<-- [start:rectifier-figure]
from plotting import axes, style, svg

figure, panel = axes(("t", "rₜ"), xscale="log")
times = torch.logspace(0, 4, 100).long().unique().tolist()
for number, beta2 in enumerate((0.9, 0.99, 0.999)):
    values = [(t, rectifier(t, beta2)) for t in times]
    values = [(t, value) for t, value in values if value is not None]
    panel.plot(*zip(*values, strict=True), **style(number), label=f"β₂ = {beta2}")
linear = [min(1.0, t / 1000) for t in times]
panel.plot(times, linear, **style(3), label="t / 1000")
panel.legend()
print(svg(figure, "rectifier"))
# --8<-- [end:rectifier-figure]

# --8<-- [start:scale]
firsts = {}
print("        g = 1    g = 100")
for name in ("Adam", "RAdam"):
    firsts[name] = [
        -walk(name, lone, lambda *_, s=size: lone + s, 6, lr=0.01)[4].item()
        for size in (1.0, 100.0)
    ]
    print(f"{name:6}", *(f"{v:8.2f}" for v in firsts[name]))
# --8<-- [end:scale]

# --8<-- [start:floors]
rules = {"Adam": adam, "Adamax": adamax, "NAdam": nadam, "RAdam": radam}
floors = {}


def floor(rule, lr):
    """误差下限与步长的均方根 | the floor, and the root mean square of the steps"""
    way, state = [torch.zeros(200, dtype=torch.float64)], {}
    for grad in random_gradients(1000, 200):
        x = way[-1].clone()
        rule(x, x + grad, state, lr=lr)
        way.append(x)
    late = torch.stack(way[500:])
    return (late**2 / 2).mean().item(), late.diff(dim=0).square().mean().sqrt().item()


print("         floor  step/lr    with steps as long as Adam's")
for name, rule in rules.items():
    low, step = floor(rule, 0.01)
    adams = floors["Adam"][1] if floors else step
    floors[name] = low, step, floor(rule, 0.01 * adams / step)[0]
    print(f"{name:6} {low:.5f} {step / 0.01:7.2f} {floors[name][2]:12.5f}")
# --8<-- [end:floors]

# --8<-- [start:errors]
theta = torch.ones(2, requires_grad=True)
theta.grad = torch.ones(2).to_sparse()
with expect(RuntimeError) as caught:
    NAdam([theta]).step()
print(caught)
with expect(ValueError) as caught:
    NAdam([theta], momentum_decay=-1.0)
print(caught)
with expect(TypeError) as caught:
    RAdam([theta], amsgrad=True)
print(caught)
# --8<-- [end:errors]

# --8<-- [start:try-beta]
for beta2 in (0.5, 0.6, 0.67, 0.9, 0.99, 0.999, 0.9999):
    first = next((t for t in range(1, 10_000) if rectifier(t, beta2)), None)
    print(f"β₂ = {beta2:6}  ρ∞ = {2 / (1 - beta2) - 1:7.1f}  t = {first}")
# --8<-- [end:try-beta]

# --8<-- [start:try-bound]
way = walk("Adamax", lone, lambda _, t: lone + 0.999**t, 300, True, lr=1.0)
longest = way.abs().max().item()
print(f"{longest:.4f}  {(1 - 0.9) / (1 - 0.9 / 0.999):.4f}")
# --8<-- [end:try-bound]

# --8<-- [start:try-product]
product = torch.tensor(1.0)
exact = 1.0
for t in range(1, 5001):
    mu = 0.9 * (1 - 0.5 * 0.96 ** (t * 0.004))
    product *= mu
    exact *= mu
    if t in (10, 100, 140, 1000):
        print(f"t = {t:4}  {product.item():.3e}  {exact:.3e}")
# --8<-- [end:try-product]
