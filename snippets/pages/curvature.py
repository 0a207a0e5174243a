"""The page `curvature` as a script: it prints what the page shows."""

# --8<-- [start:imports]
from statistics import median

import torch
from curvature import evaluations, noisy_fit, rosenbrock, starts, steps_of
from expected import expect
from lbfgs import lbfgs, two_loops
from torch.optim import LBFGS

# --8<-- [end:imports]

# --8<-- [start:newton]
curvature = torch.tensor([1.0, 100.0])
grad = torch.tensor([3.0, 500.0])
changes = []
print(0, two_loops(grad, changes, scale=1.0).tolist())
for s in torch.eye(2):
    y = curvature * s
    changes.append((y, s, 1 / y.dot(s)))
    print(len(changes), two_loops(grad, changes, scale=1.0).tolist())
print("Newton", (-grad / curvature).tolist())
# --8<-- [end:newton]

# --8<-- [start:any-pairs]
hessian = curvature.diag().double()
exact = -grad.double() / curvature
conjugate = torch.tensor([[1.0, 1.0], [1.0, -0.01]], dtype=torch.float64)
torch.manual_seed(0)
drawn = torch.randn(100, 30, 2, dtype=torch.float64)
kinds = {"0": [()], "2, axes": [torch.eye(2).double()], "2, conjugate": [conjugate]}
kinds |= {f"{count}, random": drawn[:, :count] for count in (2, 4, 10, 30)}
off = {}
print("pairs            off by, / Newton")
for label, draws in kinds.items():
    misses = []
    for steps in draws:
        changes = [(hessian @ s, s, 1 / s.dot(hessian @ s)) for s in steps]
        found = two_loops(grad.double(), changes, scale=1.0)
        misses.append(((found - exact).norm() / exact.norm()).item())
    off[label] = median(misses)
    print(f"{label:14} {off[label]:12.1e}")
# --8<-- [end:any-pairs]

# --8<-- [start:same]
ours, state = starts()[0].clone(), {}
theirs = ours.clone().requires_grad_()
optimizer = LBFGS([theirs], line_search_fn="strong_wolfe")


def closure():
    loss, theirs.grad = rosenbrock(theirs.detach())
    return loss


for _ in range(5):
    optimizer.step(closure)
    lbfgs(ours, lambda: rosenbrock(ours), state, line_search_fn="strong_wolfe")
print(torch.equal(ours, theirs), state["n_iter"], state["func_evals"])
# --8<-- [end:same]

# --8<-- [start:counted]
counts = {}
wolfe = {"line_search_fn": "strong_wolfe"}
counts["LBFGS, strong Wolfe"] = [evaluations(x, **wolfe)[1] for x in starts()]
for lr in (1, 0.5):
    counts[f"LBFGS, lr = {lr}"] = [evaluations(x, lr=lr)[1] for x in starts()]
arms = ("Adam", {}, (-0.25, 0, 0.25)), ("SGD", {"momentum": 0.9}, (-3, -2.75, -2.5))
for name, options, powers in arms:
    tried = {power: steps_of(name, 10**power, **options) for power in powers}
    best = min(tried, key=lambda power: sorted(tried[power])[5])
    counts[f"{name}, lr = 10^{best}"] = tried[best]
print("                         min  median     max")
for name, found in counts.items():
    shown = sorted(found)
    print(f"{name:20}", *(f"{v:7}" for v in (shown[0], shown[5], shown[-1])))
# --8<-- [end:counted]

# --8<-- [start:counted-figure]
from plotting import axes, style, svg

figure, panel = axes(("n", "L"), yscale="log")
for number, search in enumerate((None, "strong_wolfe")):
    losses, _ = evaluations(starts()[0], line_search_fn=search)
    shown = [max(loss, 1e-16) for loss in losses[:80]]
    panel.plot(range(1, len(shown) + 1), shown, **style(number), label=f"{search}")
panel.legend()
print(svg(figure, "counted"))
# --8<-- [end:counted-figure]

# --8<-- [start:noise]
print("batch     LBFGS  last batch alone")
noise = {}
for batch in (256, 128, 32):
    noise[batch] = torch.tensor([noisy_fit(batch, seed) for seed in range(10)])
    shown = noise[batch].median(0).values.round(decimals=15).tolist()
    print(f"{batch:5} {shown[0]:9.1e} {shown[1]:17.1e}")
# --8<-- [end:noise]

# --8<-- [start:silent]
theta = torch.ones(2, requires_grad=True)


def no_backward():
    return theta.square().sum()


def no_zero_grad():
    loss = theta.square().sum()
    loss.backward()
    return loss


for forgetful in (no_backward, no_zero_grad):
    theta = torch.ones(2, requires_grad=True)
    LBFGS([theta], max_iter=8).step(forgetful)
    print(f"{forgetful.__name__:12} {theta.tolist()}")
# --8<-- [end:silent]

# --8<-- [start:errors]
with expect(TypeError) as caught:
    LBFGS([theta]).step()
print(caught)
with expect(ValueError) as caught:
    LBFGS([{"params": [theta]}, {"params": [torch.ones(1, requires_grad=True)]}])
print(caught)
with expect(RuntimeError) as caught:
    LBFGS([theta], line_search_fn="wolfe").step(no_zero_grad)
print(caught)
# --8<-- [end:errors]

# --8<-- [start:try-history]
for size in (1, 2, 3, 10, 100):
    found = [evaluations(x, history_size=size, **wolfe)[1] for x in starts()]
    print(f"history_size = {size:3}  median {sorted(found)[5]}")
# --8<-- [end:try-history]

# --8<-- [start:try-lr]
for lr in (0.01, 0.1, 1, 10):
    found = [evaluations(x, lr=lr, **wolfe)[1] for x in starts()]
    print(f"lr = {lr:4}  median {sorted(found)[5]}")
# --8<-- [end:try-lr]
