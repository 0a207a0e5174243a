"""The schedule explorer: numbers for the exercises."""

# --8<-- [start:imports]
import math

import torch
from expected import expect
from scheduler_run import lr_path
from torch.optim import lr_scheduler as torchs


def fresh(lr=0.1):
    """一个带一个参数的优化器 | an optimizer with one parameter"""
    return torch.optim.SGD([torch.zeros(1)], lr=lr, momentum=0.9)


# --8<-- [end:imports]

# --8<-- [start:extended]
longer = lr_path(torchs.CosineAnnealingLR(fresh(), T_max=100), 200)
planned = lr_path(torchs.CosineAnnealingLR(fresh(), T_max=200), 200)
for name, path in (("T_max=100", longer), ("T_max=200", planned)):
    used = path[:200]
    print(f"{name}   Σ lr {sum(used):6.3f}   last 20 {sum(used[-20:]):.3f}")
# --8<-- [end:extended]

# --8<-- [start:one-more]
cycles = {
    kind: torchs.OneCycleLR(fresh(), 0.1, total_steps=100, anneal_strategy=kind)
    for kind in ("cos", "linear")
}
paths = {kind: lr_path(cycle, 100) for kind, cycle in cycles.items()}
for kind, path in paths.items():
    print(f"{kind:6}", *(f"lr[{t}] {path[t]: .2e}  " for t in (98, 99, 100)))
with expect(ValueError) as caught:
    cycles["cos"].step()
print(caught)
# --8<-- [end:one-more]

# --8<-- [start:uphill]
theta = torch.ones(1, requires_grad=True)
optimizer = torch.optim.SGD([theta], lr=0.1)
optimizer.param_groups[0]["lr"] = paths["linear"][100]
(theta**2).sum().backward()
optimizer.step()
print(f"loss before 1, after {theta.item() ** 2:.6f}")
# --8<-- [end:uphill]

# --8<-- [start:cut-short]
rules = {
    "ExponentialLR": lambda o: torchs.ExponentialLR(o, 0.98),
    "MultiplicativeLR": lambda o: torchs.MultiplicativeLR(o, lambda t: 0.98),
    "  by t / (t + 1)": lambda o: torchs.MultiplicativeLR(o, lambda t: t / (t + 1)),
}
handed = {}
for name, rule in rules.items():
    optimizer = fresh()
    warm_up = torchs.LinearLR(optimizer, 0.01, total_iters=20)
    sequence = torchs.SequentialLR(optimizer, [warm_up, rule(optimizer)], [10])
    handed[name] = lr_path(sequence, 12)
    rates = (f"{handed[name][t]:.5f}" for t in (8, 9, 10, 11))
    print(f"{name:17}", *rates)
# --8<-- [end:cut-short]

# --8<-- [start:half-life]
half_life, target, steps = 50, 0.01, 150
slow, to_target = 2 ** (-1 / half_life), target ** (1 / steps)
for gamma in (slow, to_target):
    path = lr_path(torchs.ExponentialLR(fresh(lr=1.0), gamma), steps)
    print(f"gamma {gamma:.6f}", *(f"{path[t]:.4f}" for t in (50, 100, 150)))
# --8<-- [end:half-life]

# --8<-- [start:negative]
levels = {}
for mode in ("rel", "abs"):
    plateau = torchs.ReduceLROnPlateau(fresh(), factor=0.5, threshold_mode=mode)
    for _ in range(100):
        plateau.step(-1.0)
    levels[mode] = plateau.get_last_lr()[0]
    print(f"{mode}   bad epochs {plateau.num_bad_epochs}   lr {levels[mode]:.6f}")
# --8<-- [end:negative]
