"""Learning-rate schedules: the rules of torch's 15, drawn past their end."""

# --8<-- [start:imports]
import math
from functools import partial

import schedules as closed
import schedules_by_step as by_step
import torch
from expected import expect
from plotting import axes, style, svg
from scheduler_run import lr_path
from torch.optim import lr_scheduler as torchs

# --8<-- [end:imports]

# --8<-- [start:optimizer-setup]


def fresh(lr=0.1, momentum=0.9):
    """一个带一个参数的优化器 | an optimizer with one parameter"""
    return torch.optim.SGD([torch.zeros(1)], lr=lr, momentum=momentum)


# --8<-- [end:optimizer-setup]

# --8<-- [start:first]
scheduler = torchs.StepLR(fresh(lr=0.1), step_size=30)
path = lr_path(scheduler, 100)
for t in (0, 29, 30, 60, 90):
    ours = closed.step_lr(t, 0.1, step_size=30)
    print(f"t = {t:2}   torch {path[t]:.6f}   closed form {ours:.6f}")
# --8<-- [end:first]

# --8<-- [start:multiply-figure]
span, lr = 100, 0.1
halve = 0.5
four = {
    "StepLR": torchs.StepLR(fresh(), 25, halve),
    "MultiStepLR": torchs.MultiStepLR(fresh(), [30, 80], halve),
    "ExponentialLR": torchs.ExponentialLR(fresh(), 0.95),
    "MultiplicativeLR": torchs.MultiplicativeLR(fresh(), lambda t: 1 - 1 / (t + 9)),
}
figure, *panels = axes(*4 * [("t", "lr")], columns=2, height=1.7)
for panel, (name, scheduler) in zip(panels, four.items(), strict=True):
    panel.step(range(span + 1), lr_path(scheduler, span), where="mid", **style(0))
    panel.set(title=name, ylim=(0, 0.11))
print(svg(figure, "multiply"))
# --8<-- [end:multiply-figure]

# --8<-- [start:ramp-figure]
four = {
    "ConstantLR": torchs.ConstantLR(fresh(), 0.25, total_iters=50),
    "LinearLR": torchs.LinearLR(fresh(), 0.01, total_iters=50),
    "PolynomialLR": torchs.PolynomialLR(fresh(), total_iters=50, power=2.0),
    "LambdaLR": torchs.LambdaLR(fresh(), lambda t: min(1, 5 / (t + 1)) ** 0.5),
}
figure, *panels = axes(*4 * [("t", "lr")], columns=2, height=1.7)
for panel, (name, scheduler) in zip(panels, four.items(), strict=True):
    panel.plot(lr_path(scheduler, span), **style(0))
    panel.set(title=name, ylim=(0, 0.11))
    if name != "LambdaLR":
        panel.axvline(50, color=style(5)["color"], linestyle=":", linewidth=1)
print(svg(figure, "ramp"))
# --8<-- [end:ramp-figure]

# --8<-- [start:factor]
for returned, function in {
    "the rate": lambda t: 0.1 * 0.9**t,
    "a factor": lambda t: 0.9**t,
}.items():
    path = lr_path(torchs.LambdaLR(fresh(lr=0.1), function), 3)
    print(f"{returned:9}", *(f"{lr:.4f}" for lr in path))
# --8<-- [end:factor]

# --8<-- [start:after-end]
cosine = lr_path(torchs.CosineAnnealingLR(fresh(), T_max=50), 100)
for t in (0, 25, 49, 50, 51, 75, 100):
    print(f"t = {t:3}   lr {cosine[t]:.6f}")
# --8<-- [end:after-end]

# --8<-- [start:wave-figure]
four = {
    "CosineAnnealingLR": torchs.CosineAnnealingLR(fresh(), T_max=50),
    "CosineAnnealingWarmRestarts": torchs.CosineAnnealingWarmRestarts(fresh(), 15, 2),
    "CyclicLR": torchs.CyclicLR(fresh(), 0.02, 0.1, 10, 15, mode="triangular2"),
    "OneCycleLR": torchs.OneCycleLR(fresh(), 0.1, total_steps=80),
}
figure, *panels = axes(*4 * [("t", "lr")], columns=2, height=1.7)
for panel, (name, scheduler) in zip(panels, four.items(), strict=True):
    steps = 80 if name == "OneCycleLR" else span
    panel.plot(lr_path(scheduler, steps), **style(0))
    panel.set(xlim=(-5, 105), ylim=(0, 0.11))
    panel.set_title(name, fontsize=9.5)
    for end in {"CosineAnnealingLR": [50], "OneCycleLR": [79]}.get(name, []):
        panel.axvline(end, color=style(5)["color"], linestyle=":", linewidth=1)
print(svg(figure, "wave"))
# --8<-- [end:wave-figure]

# --8<-- [start:restarts]
restarts = torchs.CosineAnnealingWarmRestarts(fresh(), T_0=10, T_mult=2)
cycles = lr_path(restarts, 160)
tops = [t for t in range(1, 161) if cycles[t] > cycles[t - 1]]
print("full rate again at t =", tops)
for n in (70, 100):
    print(f"a run of {n:3} steps ends at lr {cycles[n - 1]:.4f}")
# --8<-- [end:restarts]

# --8<-- [start:composed]
optimizer = fresh()
warm_up = torchs.LinearLR(optimizer, 0.01, total_iters=20)
decay = torchs.CosineAnnealingLR(optimizer, T_max=60)
sequence = torchs.SequentialLR(optimizer, [warm_up, decay], milestones=[20])
in_sequence = lr_path(sequence, span)

optimizer = fresh()
warm_up = torchs.LinearLR(optimizer, 0.01, total_iters=20)
decay = torchs.ExponentialLR(optimizer, 0.97)
chained = lr_path(torchs.ChainedScheduler([warm_up, decay]), span)

optimizer = fresh()
plateau = torchs.ReduceLROnPlateau(optimizer, factor=0.5, patience=10)
watched = [0.1]
for t in range(span):
    plateau.step(max(1 / (t + 1), 0.04))  # 第 24 步起不再下降 | level from t = 24
    watched += plateau.get_last_lr()
print("lr at t = 20, 50, 100")
for path in (in_sequence, chained, watched):
    print("  ".join(f"{path[t]:.6f}" for t in (20, 50, 100)))
# --8<-- [end:composed]

# --8<-- [start:composed-figure]
three = {
    "SequentialLR": in_sequence,
    "ChainedScheduler": chained,
    "ReduceLROnPlateau": watched,
}
figure, *panels = axes(*3 * [("t", "lr")], columns=3, height=1.9)
for panel, (name, path) in zip(panels, three.items(), strict=True):
    panel.plot(path, **style(0))
    panel.set(ylim=(0, 0.11))
    panel.set_title(name, fontsize=9)
print(svg(figure, "composed"))
# --8<-- [end:composed-figure]

# --8<-- [start:exact-setup]
options = {
    "StepLR": (dict(step_size=30), closed.step_lr, by_step.step),
    "MultiStepLR": (
        dict(milestones=[30, 80]),
        closed.multi_step_lr,
        by_step.multi_step,
    ),
    "ExponentialLR": (dict(gamma=0.99), closed.exponential_lr, by_step.exponential),
    "ConstantLR": (dict(total_iters=40), closed.constant_lr, by_step.constant),
    "LinearLR": (dict(total_iters=400), closed.linear_lr, by_step.linear),
    "PolynomialLR": (
        dict(total_iters=400, power=0.9),
        closed.polynomial_lr,
        by_step.polynomial,
    ),
    "CosineAnnealingLR": (
        dict(T_max=100),
        closed.cosine_annealing_lr,
        by_step.cosine_annealing,
    ),
}
# --8<-- [end:exact-setup]

# --8<-- [start:exact]
drift = {}
print(f"{'':18} recursion equal   closed form off by")
for name, (some, form, rule) in options.items():
    theirs = lr_path(getattr(torchs, name)(fresh(), **some), 1000)
    equal = by_step.run([rule(**some)], 0.1, 1000) == theirs
    gaps = [abs(form(t, 0.1, **some) - lr) for t, lr in enumerate(theirs)]
    drift[name] = max(gaps) / 0.1
    print(f"{name:18} {equal!s:15} {drift[name]:.0e} base_lr")
# --8<-- [end:exact]

# --8<-- [start:outright]
cases = {
    "LambdaLR": (
        torchs.LambdaLR(fresh(), lambda t: 0.9**t),
        lambda t: closed.lambda_lr(t, 0.1, lambda t: 0.9**t),
    ),
    "CosineAnnealingWarmRestarts": (
        torchs.CosineAnnealingWarmRestarts(fresh(), 10, 2),
        lambda t: closed.cosine_annealing_warm_restarts(t, 0.1, 10, 2),
    ),
    "CyclicLR": (
        torchs.CyclicLR(fresh(), 0.02, 0.1, 10),
        lambda t: closed.cyclic_lr(t, 0.02, 0.1, 10).lr,
    ),
    "OneCycleLR": (
        torchs.OneCycleLR(fresh(), 0.1, 1000),
        lambda t: closed.one_cycle_lr(t, 0.1, 1000).lr,
    ),
}
for name, (scheduler, form) in cases.items():
    print(f"{name:28}", lr_path(scheduler, 1000) == [form(t) for t in range(1001)])
# --8<-- [end:outright]

# --8<-- [start:off-by-one]
N = 10  # 训练步数 | steps of training
runs = {
    "CosineAnnealingLR(T_max=N)": torchs.CosineAnnealingLR(fresh(), N),
    "PolynomialLR(total_iters=N)": torchs.PolynomialLR(fresh(), N),
    "LinearLR(total_iters=N)": torchs.LinearLR(fresh(), 0.01, total_iters=N),
    "OneCycleLR(total_steps=N)": torchs.OneCycleLR(fresh(), 0.1, N),
    "WarmRestarts(T_0=N)": torchs.CosineAnnealingWarmRestarts(fresh(), N),
    "StepLR(step_size=N)": torchs.StepLR(fresh(), N),
}
last = {}
print(f"{'':28} first step   last step   left over")
for name, scheduler in runs.items():
    path = lr_path(scheduler, N)
    last[name] = path[N - 1]
    print(f"{name:28} {path[0]:10.7f} {path[N - 1]:11.7f} {path[N]:11.7f}")
# --8<-- [end:off-by-one]

# --8<-- [start:minus-one]
exact = lr_path(torchs.CosineAnnealingLR(fresh(), T_max=N - 1), N - 1)
print("first step", exact[0], "  last step", exact[-1])
thousand = closed.cosine_annealing_lr(999, 1.0, T_max=1000)
print(f"T_max=1000: step 1000 at {thousand:.1e} of the full rate")
# --8<-- [end:minus-one]

# --8<-- [start:docs]
optimizer = fresh(lr=0.05)
linear = torchs.LinearLR(optimizer, start_factor=0.05, total_iters=40)
polynomial = torchs.PolynomialLR(fresh(lr=0.05), total_iters=50, power=0.9)
optimizer = fresh(lr=0.05)
parts = [torchs.ConstantLR(optimizer, 0.1, 20), torchs.ExponentialLR(optimizer, 0.9)]
chain = torchs.ChainedScheduler(parts)
said = {
    "LinearLR": (linear, {0: 0.003687, 1: 0.004875}),
    "PolynomialLR": (polynomial, {0: 0.0490, 1: 0.0481}),
    "ChainedScheduler": (chain, {0: 0.05, 19: 0.00675, 20: 0.06078}),
}
found = {}
for name, (scheduler, table) in said.items():
    path = lr_path(scheduler, 40)
    found[name] = path
    for t, documented in table.items():
        print(f"{name:17} t = {t:2}   docs {documented:.6f}   run {path[t]:.6f}")
# --8<-- [end:docs]

# --8<-- [start:docs-words]
restarts = torchs.CosineAnnealingWarmRestarts(fresh(), T_0=10, T_mult=2)
lowest = min(lr_path(restarts, 1000))
print(f"WarmRestarts: lowest lr in 1000 steps {lowest:.2e}, eta_min 0")

seen = []
cyclic = torchs.CyclicLR(
    fresh(),
    0.02,
    0.1,
    step_size_up=5,
    scale_fn=lambda x: seen.append(x) or 1.0,
    scale_mode="iterations",
)
lr_path(cyclic, 30)
print("CyclicLR: scale_fn was asked for x up to", max(seen), "in cycles of 10")

shuffled = torchs.MultiStepLR(fresh(), [80, 30, 30])
print("MultiStepLR [80, 30, 30]:", f"{lr_path(shuffled, 30)[30]:.3f} at t = 30")
# --8<-- [end:docs-words]

# --8<-- [start:errors]
scheduler = torchs.ConstantLR(fresh(), factor=0.0, total_iters=3)
with expect(ZeroDivisionError) as caught:
    lr_path(scheduler, 3)
print("t =", scheduler.last_epoch, caught)

with expect(ZeroDivisionError) as caught:
    torchs.OneCycleLR(fresh(), 0.1, total_steps=10, pct_start=0.1)
print(caught)

scheduler = torchs.OneCycleLR(fresh(), 0.1, total_steps=10)
with expect(ValueError) as caught:
    lr_path(scheduler, 11)
print(caught)

with expect(TypeError) as caught:
    torchs.StepLR(fresh(), 30, verbose=True)
print(str(caught).replace("LRScheduler.", ""))
# --8<-- [end:errors]

# --8<-- [start:gamma]
first_lr, end_lr, epochs = 0.1, 0.001, 100
gamma = (end_lr / first_lr) ** (1 / epochs)
decays = {
    f"ExponentialLR(gamma={gamma:.4f})": torchs.ExponentialLR(fresh(0.1), gamma),
    "ExponentialLR(gamma=0.9)": torchs.ExponentialLR(fresh(0.1), 0.9),
    "StepLR(50, gamma=0.1)": torchs.StepLR(fresh(0.1), 50, 0.1),
}
print("lr at epoch                          0        50       100")
left = {}
for name, scheduler in decays.items():
    left[name] = lr_path(scheduler, epochs)
    shown = "  ".join(f"{left[name][t]:8.1e}" for t in (0, 50, 100))
    print(f"{name:29} {shown}")
# --8<-- [end:gamma]

# --8<-- [start:first-rate]
begins = {}
for name, make in {
    "OneCycleLR(max_lr=1)": lambda o: torchs.OneCycleLR(o, max_lr=1.0, total_steps=50),
    "  div_factor=10": lambda o: torchs.OneCycleLR(
        o, max_lr=1.0, total_steps=50, div_factor=10
    ),
    "CyclicLR(0.01, 1)": lambda o: torchs.CyclicLR(o, 0.01, 1.0),
    "LinearLR()": lambda o: torchs.LinearLR(o),
    "ConstantLR()": lambda o: torchs.ConstantLR(o),
    "CosineAnnealingLR(50)": lambda o: torchs.CosineAnnealingLR(o, 50),
}.items():
    optimizer = fresh(lr=0.1)
    make(optimizer)
    begins[name] = optimizer.param_groups[0]["lr"]
    print(f"{name:22} first lr {begins[name]:.4f}")
# --8<-- [end:first-rate]


# --8<-- [start:inverse-sqrt]
def inverse_sqrt(t, warm=100):
    """第 t 步的倍数；第 warm 步是 1 | the factor at step t; 1 at step warm"""
    return min((t + 1) / warm, (warm / (t + 1)) ** 0.5)


path = lr_path(torchs.LambdaLR(fresh(lr=0.1), inverse_sqrt), 1600)
for t in (0, 49, 99, 399, 1599):
    print(f"step {t + 1:5}   lr {path[t]:.4f}")
# --8<-- [end:inverse-sqrt]

# --8<-- [start:try-lambda]
optimizer = fresh()
parts = [
    torchs.LinearLR(optimizer, 0.1, total_iters=10),
    torchs.CosineAnnealingLR(optimizer, T_max=90),
]
one = lr_path(torchs.SequentialLR(optimizer, parts, [10]), 99)


def factor(t):
    if t < 10:
        return 0.1 + 0.9 * t / 10
    return (1 + math.cos(math.pi * (t - 10) / 90)) / 2


two = lr_path(torchs.LambdaLR(fresh(), factor), 99)
gap = max(abs(a - b) for a, b in zip(one, two, strict=True))
print(f"{gap:.0e}")
# --8<-- [end:try-lambda]

# --8<-- [start:try-chain]
for order in (1, -1):
    optimizer = fresh()
    parts = [
        torchs.LinearLR(optimizer, 0.01, total_iters=10),
        torchs.LambdaLR(optimizer, lambda t: 0.99**t),
    ]
    path = lr_path(torchs.ChainedScheduler(parts[::order]), 12)
    print("  ".join(f"{lr:.4f}" for lr in path[:4]))
# --8<-- [end:try-chain]

# --8<-- [start:try-past-end]
optimizer = fresh()
cosine_part = torchs.CosineAnnealingLR(optimizer, T_max=50)
parts = [cosine_part, torchs.ExponentialLR(optimizer, 0.97)]
both = lr_path(torchs.ChainedScheduler(parts), 100)
print("       t   chained   cosine × exponential")
for t in (25, 49, 51, 75):
    product = closed.cosine_annealing_lr(t, 0.1, 50) * 0.97**t
    print(f"{t:8}  {both[t]:.6f}   {product:.6f}")
# --8<-- [end:try-past-end]

# --8<-- [start:try-noam]
noam = partial(
    closed.lambda_lr,
    base_lr=1.0,
    lr_lambda=lambda t: 512**-0.5 * min((t + 1) ** -0.5, (t + 1) * 4000**-1.5),
)
peak = max(range(20_000), key=noam)
print(peak, f"{noam(peak):.6f}")
# --8<-- [end:try-noam]
