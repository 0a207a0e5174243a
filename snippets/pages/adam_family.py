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
until = torch.tensor([0, 20, 1000])
three = torch.zeros(3, dtype=torch.float64)
found = {}


def gradient(_, t):
    return ((t <= until) | (t == 2001)).double()


print("g = 1 until t =    0     20   1000")
for name in ("Adam", "Adamax"):
    way = walk(name, three, gradient, 2001, stay=True, lr=1.0)
    found[name] = (-way[-1]).tolist()
    print(f"{name:13}", *(f"{v:6.2f}" for v in found[name]))
# --8<-- [end:quiet]

# --8<-- [start:spike]
lone = torch.zeros(1, dtype=torch.float64)
after = {}
print("t - 100      0      1     10    100   1000")
for name in ("Adam", "Adamax"):
    way = walk(
        name, lone, lambda _, t: lone + (100.0 if t == 100 else 1.0), 1100, True, lr=1.0
    )
    after[name] = [-way[100 + k - 1].item() for k in (0, 1, 10, 100, 1000)]
    print(f"{name:7}", *(f"{v:6.2f}" for v in after[name]))
# --8<-- [end:spike]

# --8<-- [start:nesterov-run]
powers = [power / 4 for power in range(-5, 2)]
arms = {
    "NAdam": ("NAdam", {}),
    "NAdam, μ = β₁": ("NAdam", {"momentum_decay": 1e3}),
    "Adam, β₁ = 0.8": ("Adam", {"betas": (0.8, 0.999)}),
}
gain, chosen = {}, []
print("   κ  steps    Adam" + "".join(f"{label:>16}" for label in arms))
for kappa, budgets in ((10, (30,)), (1000, (30, 200))):
    adams = tuned_bowl("Adam", powers, budgets, kappa)
    tuned = {
        label: tuned_bowl(name, powers, budgets, kappa, **options)
        for label, (name, options) in arms.items()
    }
    for row, steps in enumerate(budgets):
        print(f"{kappa:4} {steps:6} {adams[row][1].mean():7.2f}", end="")
        for label, scores in tuned.items():
            gain[kappa, steps, label] = difference(scores[row][1], adams[row][1])
            print("   {:6.2f} ± {:.2f}".format(*gain[kappa, steps, label]), end="")
        chosen += [arm[row][0] for arm in (adams, *tuned.values())]
        print()
print(f"log₁₀ lr chosen: {min(chosen)} … {max(chosen)}")
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
rules = {"Adam": (adam, {}), "Adamax": (adamax, {}), "RAdam": (radam, {})}
rules |= {"NAdam": (nadam, {}), "μ = β₁": (nadam, {"momentum_decay": 1e3})}
floors = {}


def floor(rule, lr, options):
    """误差下限与步长的均方根 | the floor, and the root mean square of the steps"""
    way, state = [torch.zeros(200, dtype=torch.float64)], {}
    for grad in random_gradients(1000, 200):
        x = way[-1].clone()
        rule(x, x + grad, state, lr=lr, **options)
        way.append(x)
    late = torch.stack(way[500:])
    return (late**2 / 2).mean().item(), late.diff(dim=0).square().mean().sqrt().item()


print("         floor  step/lr    with steps as long as Adam's")
for name, (rule, options) in rules.items():
    low, step = floor(rule, 0.01, options)
    same = low
    if floors:
        same = floor(rule, 0.01 * floors["Adam"][1] / step, options)[0]
    floors[name] = low, step, same
    print(f"{name:6} {low:.5f} {step / 0.01:7.2f} {same:12.5f}")
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


# --8<-- [start:lion]
def lion(param, grad, state, *, lr, betas=(0.9, 0.99), weight_decay=0.0):
    m = state.setdefault("exp_avg", torch.zeros_like(param))
    step = (betas[0] * m + (1 - betas[0]) * grad).sign()
    param -= lr * (step + weight_decay * param)
    m.mul_(betas[1]).add_(grad, alpha=1 - betas[1])


generator = torch.Generator().manual_seed(0)
length = {}
print("RMS of a step / lr, mean g:      0         0.1           1")
for rule in (adam, lion):
    length[rule.__name__] = []
    for mean in (0.0, 0.1, 1.0):
        param, state = torch.zeros(1000, dtype=torch.float64), {}
        for _ in range(300):
            before = param.clone()
            noise = torch.randn(1000, generator=generator, dtype=torch.float64)
            rule(param, mean + noise, state, lr=1.0)
        length[rule.__name__].append((param - before).square().mean().sqrt().item())
    print(f"{rule.__name__:22}", *(f"{v:11.2f}" for v in length[rule.__name__]))
# --8<-- [end:lion]

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

# --8<-- [start:try-constant]
first = -walk("NAdam", lone, lambda *_: lone + 1, 100, True, lr=1.0).flatten()
shown = (1, 2, 3, 5, 10, 20, 50, 100)
print("t =   ", *(f"{t:5}" for t in shown))
print("NAdam ", *(f"{first[t - 1]:5.2f}" for t in shown))
# --8<-- [end:try-constant]

# --8<-- [start:try-outlier]
sizes = torch.tensor([10.0, 100.0, 1000.0], dtype=torch.float64)
back = {}
print("k =        10    100   1000")
for name in ("Adam", "Adamax"):
    way = -walk(
        name,
        three,
        lambda _, t: sizes if t == 300 else three + 1,
        1400,
        True,
        lr=1.0,
        betas=(0.9, 0.99),
    )
    back[name] = [1 + (w < 0.9).nonzero().max().item() - 300 for w in way.T]
    print(f"{name:7}", *(f"{n:6}" for n in back[name]))
# --8<-- [end:try-outlier]
