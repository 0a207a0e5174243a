"""The page `optimizer-atlas` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import math
from functools import partial

import torch
from expected import expect
from optimizer_atlas import (
    bowl_step,
    build,
    decayed,
    gap,
    names,
    orthogonal,
    outcome,
    rms,
    state_bytes,
    sutskever_steps,
    takes,
    turning_error,
    walk,
)

# --8<-- [end:imports]

# --8<-- [start:steps]
start = torch.ones(20, 20, dtype=torch.float64)
torch.manual_seed(0)
fixed = torch.randn(20, 20, dtype=torch.float64)
fixed /= rms(fixed)
moved = {}
print("                       g           10⁻³ g           10⁻⁹ g")
print("       t =       1      50       1      50       1      50")
for name in names():
    moved[name] = []
    for size in (1.0, 1e-3, 1e-9):
        grad = size * fixed
        way = walk(name, start, lambda *_, g=grad: g, 50, stay=True, lr=1e-3)
        moved[name] += [rms(way[t - 1] - start) / 1e-3 for t in (1, 50)]
    print(f"{name:10}", *(f"{v:7.2g}" for v in moved[name]))
# --8<-- [end:steps]

# --8<-- [start:lr-change]
later = {}
print("                t = 49     50     51     52     60")
for name in names():
    options = {"momentum": 0.9} if name == "SGD" else {}
    way = walk(name, start, lambda *_: fixed, 60, True, {50: 1e-4}, lr=1e-3, **options)
    later[name] = [rms(way[t - 1] - start) for t in (49, 50, 51, 52, 60)]
    shown = [v / later[name][0] for v in later[name]]
    print(f"{name:15}", *(f"{v:6.2f}" for v in shown))
steps = sutskever_steps([1e-3] * 49 + [1e-4] * 11)
later["Sutskever"] = [steps[t - 1] for t in (49, 50, 51, 52, 60)]
print(f"{'Sutskever':15}", *(f"{v / steps[48]:6.2f}" for v in later["Sutskever"]))
# --8<-- [end:lr-change]

# --8<-- [start:memory]
memory = {name: [state_bytes(name, steps) for steps in (1, 20)] for name in names()}
print("           t = 1    t = 20")
for name, counted in memory.items():
    print(f"{name:10}", *(f"{v:6.2f}" for v in counted))
print(f"SGD, μ=0.9 {state_bytes('SGD', 1, momentum=0.9):6.2f}")
# --8<-- [end:memory]


# --8<-- [start:reset]
ones = torch.ones(2, 2, dtype=torch.float64)
small = 0.01 * ones
stepped = {}
print("                new     used  cleared")
for name in names():
    options = {"momentum": 0.9} if name == "SGD" else {}
    last = partial(walk, name, ones, stay=True, lr=0.1, **options)
    ways = (
        last(lambda *_: small, 1),
        last(lambda _, t: ones if t <= 50 else small, 51),
        last(lambda _, t: ones if t <= 50 else small, 51, clear=51),
    )
    stepped[name] = [(way[-1] - ones).abs().mean().item() for way in ways]
    print(f"{name:10}", *(f"{v:8.5f}" for v in stepped[name]))
same = sum(new == cleared for new, _, cleared in stepped.values())
print(f"cleared equals new: {same} of {len(stepped)}")
# --8<-- [end:reset]

# --8<-- [start:turns]
still = torch.eye(16, dtype=torch.float64)
rows = torch.kron(orthogonal(4), torch.eye(4, dtype=torch.float64))
changes = (rows, 1.0), (orthogonal(16), 1.0), (still, 0.01)
error = {}
print("                Q θ  16 × 16  L / 100")
for name in names():
    error[name] = [turning_error(name, turn, c, lr=0.01) for turn, c in changes]
    print(f"{name:10}", *(f"{v:8.0e}" for v in error[name]))
# --8<-- [end:turns]

# --8<-- [start:decays]
taken = {}
print("              λ   ±0.01      ±1    ±100")
for name in names():
    if not takes(name, "weight_decay"):
        continue
    theta = [torch.zeros(1, 1, requires_grad=True)]
    default = getattr(torch.optim, name)(theta).defaults["weight_decay"]
    taken[name] = [decayed(name, size) for size in (0.01, 1.0, 100.0)]
    print(f"{name:10} {default:4}", *(f"{v:7.3f}" for v in taken[name]))
# --8<-- [end:decays]

# --8<-- [start:half-life]
half_life = {}
print("    lr  weight_decay  half after")
for lr, decay in ((1e-3, 0.01), (1e-3, 0.1), (1e-4, 0.1), (1e-2, 0.1)):
    half_life[lr, decay] = math.log(2) / (lr * decay)
    print(f"{lr:6} {decay:13} {half_life[lr, decay]:11,.0f}")

theta = torch.ones(1, dtype=torch.float64)
theta.grad = torch.zeros_like(theta)
optimizer = torch.optim.AdamW([theta], lr=1e-2, weight_decay=0.1)
for _ in range(round(half_life[1e-2, 0.1])):
    optimizer.step()
print(f"AdamW, last row: {theta.item():.4f} is left")
# --8<-- [end:half-life]

# --8<-- [start:support]
cases = ("sparse", "complex", "bfloat16", "float16")
came = {name: [outcome(name, case) for case in cases] for name in names()}
print(" " * 10, *(f"{case:>12}" for case in cases))
for name, found in came.items():
    print(f"{name:10}", *(f"{v:>12}" for v in found))
# --8<-- [end:support]

# --8<-- [start:half]
print("             eps   float16(eps)    θ, g = 0  10⁻³")
for name in names():
    theta = torch.ones(1, 2, dtype=torch.float16, requires_grad=True)
    theta.grad = torch.tensor([[0.0, 1e-3]], dtype=torch.float16)
    if takes(name, "eps") and name not in ("Adafactor", "Muon", "SparseAdam"):
        optimizer = getattr(torch.optim, name)([theta], lr=1e-3)
        optimizer.step()
        eps = optimizer.defaults["eps"]
        rounded = torch.tensor(eps, dtype=torch.float16).item()
        ends = "".join(f"{v:10.3f}" for v in theta.flatten().tolist())
        print(f"{name:10} {eps:5} {rounded:14.2g} {ends}")
# --8<-- [end:half]

# --8<-- [start:agree]
dtypes = (torch.float64, torch.float32, torch.bfloat16, torch.float16)
gaps = {}
for kind in ("foreach", "fused"):
    print(f"{kind:10}  float64 float32 bfloat16 float16")
    for name in names():
        gaps[kind, name] = [gap(name, kind, dtype) for dtype in dtypes]
        if takes(name, kind):
            shown = ["=" if v == 0 else f"{v:.0e}" for v in gaps[kind, name]]
            print(f"{name:10}", *(f"{v:>8}" for v in shown))
# --8<-- [end:agree]

# --8<-- [start:fused-sgd]
for dtype in (torch.float32, torch.bfloat16, torch.float16):
    for size in (7, 64):
        theta = torch.ones(size, dtype=dtype, requires_grad=True)
        theta.grad = torch.ones(size, dtype=dtype)
        torch.optim.SGD([theta], lr=0.5, fused=True).step()
        print(f"{dtype!s:15} {size:3}", theta.detach().unique().tolist())
# --8<-- [end:fused-sgd]

# --8<-- [start:fused-slice]
for fused in (False, True):
    table = torch.zeros(3, 4)
    left = table[:, :2].requires_grad_()
    left.sum().backward()
    torch.optim.SGD([left], lr=1.0, fused=fused).step()
    print(f"fused={fused}:", *table.tolist(), sep="\n")
# --8<-- [end:fused-slice]

# --8<-- [start:fused-turned]
for fused in (False, True):
    turned = torch.zeros(2, 3).T.requires_grad_()
    turned.grad = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    torch.optim.SGD([turned], lr=1.0, fused=fused).step()
    print(f"fused={fused}:", *turned.tolist(), sep="\n")
# --8<-- [end:fused-turned]

# --8<-- [start:foreach-nesterov]
print("foreach   .grad after steps 1, 2, 3")
for foreach in (False, True):
    theta, kept = torch.zeros(1, requires_grad=True), []
    optimizer = torch.optim.SGD(
        [theta], lr=0.1, momentum=0.9, nesterov=True, foreach=foreach
    )
    for _ in range(3):
        theta.grad = torch.ones(1)
        optimizer.step()
        kept.append(f"{theta.grad.item():.2f}")
    print(f"{foreach!s:9}", *kept)
# --8<-- [end:foreach-nesterov]

# --8<-- [start:default-lr]
by_lr = {}
for name in names():
    theta = [torch.zeros(1, 1, requires_grad=True)]
    by_lr.setdefault(getattr(torch.optim, name)(theta).defaults["lr"], []).append(name)
for lr, those in sorted(by_lr.items()):
    print(f"lr {lr:5}", *those)
# --8<-- [end:default-lr]

# --8<-- [start:papers]
papers = [
    ("Adadelta", "rho", 0.95),
    ("Adafactor", "eps", (1e-30, 1e-3)),
    ("Adamax", "eps", 0.0),
    ("LBFGS", "history_size", "3 … 7"),
    ("LBFGS", "line_search_fn", "Wolfe"),
    ("Muon", "lr", 0.02),
    ("Muon", "weight_decay", 0),
    ("RMSprop", "alpha", 0.9),
    ("Rprop", "lr", 0.1),
]
for name, option, paper in papers:
    theta = [torch.zeros(1, 1, requires_grad=True)]
    default = getattr(torch.optim, name)(theta).defaults[option]
    print(f"{name:9} {option:14} {default!s:13} {paper}")
# --8<-- [end:papers]

# --8<-- [start:errors]
matrix = torch.ones(2, 2, requires_grad=True)
matrix.grad = torch.ones(2, 2).to_sparse()
for name in ("Adam", "Adafactor", "Rprop"):
    with expect(RuntimeError) as caught:
        getattr(torch.optim, name)([matrix]).step()
    print(caught)
matrix.grad = torch.ones(2, 2)
with expect(RuntimeError) as caught:
    torch.optim.SparseAdam([matrix]).step()
print(caught)
with expect(TypeError) as caught:
    torch.optim.LBFGS([matrix]).step()
print(caught)
# --8<-- [end:errors]

# --8<-- [start:try-half]
small = torch.full((8,), 1e-4, dtype=torch.float16)
for eps in (1e-8, 1e-7, 1e-4):
    theta = torch.ones(8, dtype=torch.float16, requires_grad=True)
    theta.grad = torch.where(torch.arange(8) < 4, 0.0, small)
    torch.optim.Adam([theta], lr=0.1, eps=eps).step()
    print(f"eps = {eps:5}", theta.detach()[[0, -1]].tolist())
# --8<-- [end:try-half]

# --8<-- [start:try-lr]
rates = {}
for name in ("Rprop", "Adafactor"):
    for lr in (1e-3, 1e-2, 1e-1, 1.0):
        way = walk(name, start, lambda *_: fixed, 400, True, lr=lr)
        rates[name, lr] = rms(way[-1] - start)
        print(f"{name:10} lr = {lr:5} t = 400: {rates[name, lr]:.3g}")
# --8<-- [end:try-lr]

# --8<-- [start:try-first]
full = orthogonal(16)
firsts = [bowl_step("LBFGS", turn, 1, lr=0.01).norm() for turn in (still, full)]
ratio = (firsts[0] / firsts[1]).item()
plain = bowl_step("LBFGS", still, lr=0.01)
turned = bowl_step("LBFGS", full, lr=0.01, change={1: 0.01 * ratio, 2: 0.01})
left = ((turned - plain).norm() / plain.norm()).item()
print(f"{error['LBFGS'][1]:.0e} → {left:.0e}")
# --8<-- [end:try-first]
