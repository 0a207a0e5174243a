"""Using a scheduler: order, groups, resuming, a hand-set lr, Plateau, hand-over."""

# --8<-- [start:imports]
import warnings
from textwrap import shorten

import torch
from expected import expect
from plotting import axes, style, svg
from scheduler_run import lr_path
from torch.optim import lr_scheduler as torchs


def fresh(lr=0.1, momentum=0.9):
    """一个带一个参数的优化器 | an optimizer with one parameter"""
    return torch.optim.SGD([torch.zeros(1)], lr=lr, momentum=momentum)


# --8<-- [end:imports]

# --8<-- [start:order]
used = {}
for order in ("optimizer first", "scheduler first"):
    optimizer = fresh()
    scheduler = torchs.ExponentialLR(optimizer, gamma=0.5)
    used[order] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(4):
            if order == "scheduler first":
                scheduler.step()
            used[order].append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if order == "optimizer first":
                scheduler.step()
    print(order, used[order])
    for warning in caught:
        print("   ", shorten(str(warning.message), 40, placeholder=" …"))
# --8<-- [end:order]

# --8<-- [start:epochs]
epochs, batches = 3, 5
lrs = {"epoch": [], "batch": []}
for per in lrs:
    optimizer = fresh()
    scheduler = torchs.StepLR(optimizer, step_size=2, gamma=0.1)
    for _ in range(epochs):
        for _ in range(batches):
            lrs[per].append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if per == "batch":
                scheduler.step()
        if per == "epoch":
            scheduler.step()
    print(f"per {per}: last lr {lrs[per][-1]:.0e}")
# --8<-- [end:epochs]

# --8<-- [start:accumulate]
steps, accumulate = 8, 4
for per in ("micro-batch", "optimizer step"):
    optimizer = fresh()
    scheduler = torchs.CosineAnnealingLR(optimizer, T_max=steps)
    path = []
    for i in range(steps * accumulate):
        last_of_batch = i % accumulate == accumulate - 1
        if last_of_batch:
            path.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
        if per == "micro-batch" or last_of_batch:
            with warnings.catch_warnings(action="ignore"):
                scheduler.step()
    print(per, [round(lr, 3) for lr in path])
# --8<-- [end:accumulate]

# --8<-- [start:groups]
body, head = torch.zeros(1), torch.zeros(1)
optimizer = torch.optim.SGD([{"params": body, "lr": 0.01}, {"params": head, "lr": 0.1}])
scheduler = torchs.CosineAnnealingLR(optimizer, T_max=4)
for t in range(5):
    print(t, [f"{lr:.4f}" for lr in scheduler.get_last_lr()])
    optimizer.step()
    scheduler.step()

with expect(ValueError) as caught:
    torchs.LambdaLR(optimizer, [lambda t: 1.0])
print(caught)
# --8<-- [end:groups]

# --8<-- [start:groups-ratio]
makers = {
    "StepLR": lambda o: torchs.StepLR(o, 3),
    "CosineAnnealingLR": lambda o: torchs.CosineAnnealingLR(o, 8),
    "  with eta_min": lambda o: torchs.CosineAnnealingLR(o, 8, eta_min=0.005),
    "OneCycleLR": lambda o: torchs.OneCycleLR(o, 0.1, 8),
    "  with a list": lambda o: torchs.OneCycleLR(o, [0.01, 0.1], 8),
    "CyclicLR": lambda o: torchs.CyclicLR(o, 0.01, 0.1, 8),
}
ratios = {}
print(f"{'':18}   body    head    head / body")
for name, make in makers.items():
    two = [{"params": torch.zeros(1), "lr": lr} for lr in (0.01, 0.1)]
    scheduler = make(torch.optim.SGD(two, momentum=0.9))
    lr_path(scheduler, 4)
    body, head = scheduler.get_last_lr()
    ratios[name] = head / body
    print(f"{name:18} {body:.5f} {head:.5f} {ratios[name]:8.1f}")
# --8<-- [end:groups-ratio]

# --8<-- [start:added]
makers = {
    "StepLR": lambda o: torchs.StepLR(o, 3),
    "ExponentialLR": lambda o: torchs.ExponentialLR(o, 0.9),
    "LinearLR": lambda o: torchs.LinearLR(o, 0.1, total_iters=9),
    "CosineAnnealingLR": lambda o: torchs.CosineAnnealingLR(o, 5),
    "LambdaLR": lambda o: torchs.LambdaLR(o, lambda t: 0.9**t),
    "WarmRestarts": lambda o: torchs.CosineAnnealingWarmRestarts(o, 5),
    "OneCycleLR": lambda o: torchs.OneCycleLR(o, 0.1, 20),
    "SequentialLR": lambda o: torchs.SequentialLR(
        o, [torchs.LinearLR(o, 0.1), torchs.StepLR(o, 3)], [4]
    ),
}
for name, make in makers.items():
    optimizer = fresh()
    scheduler = make(optimizer)
    optimizer.add_param_group({"params": torch.zeros(1), "lr": 0.1})
    try:
        lr_path(scheduler, 10)
        print(f"{name:18} {[f'{lr:.4f}' for lr in scheduler.get_last_lr()]}")
    except (ValueError, KeyError) as error:
        print(f"{name:18} t = {scheduler.last_epoch}  {type(error).__name__}: {error}")
# --8<-- [end:added]

# --8<-- [start:added-repair]
optimizer = fresh()
scheduler = torchs.LambdaLR(optimizer, lambda t: 0.9**t)
lr_path(scheduler, 2)
group = {"params": torch.zeros(1), "lr": 0.1, "initial_lr": 0.1}
optimizer.add_param_group(group)
scheduler.base_lrs.append(0.1)
scheduler.lr_lambdas.append(lambda t: 0.9**t)
lr_path(scheduler, 1)
print(scheduler.get_last_lr())
# --8<-- [end:added-repair]

# --8<-- [start:current]
optimizer = fresh()
scheduler = torchs.StepLR(optimizer, step_size=2)
print("t get_last_lr()   group  get_lr()")
for t in range(5):
    last, group = scheduler.get_last_lr()[0], optimizer.param_groups[0]["lr"]
    with warnings.catch_warnings(action="ignore"):  # 它会警告 | it warns
        computed = scheduler.get_lr()[0]
    print(f"{t} {last:13.4f} {group:7.4f} {computed:9.4f}")
    optimizer.step()
    scheduler.step()
# --8<-- [end:current]

# --8<-- [start:by-hand]
makers = {
    "StepLR": lambda o: torchs.StepLR(o, 10),
    "ExponentialLR": lambda o: torchs.ExponentialLR(o, 0.99),
    "CosineAnnealingLR": lambda o: torchs.CosineAnnealingLR(o, 20),
    "LambdaLR": lambda o: torchs.LambdaLR(o, lambda t: 0.99**t),
    "OneCycleLR": lambda o: torchs.OneCycleLR(o, 0.1, 20),
    "CyclicLR": lambda o: torchs.CyclicLR(o, 0.01, 0.1, 5),
}
kept = {}
for name, make in makers.items():
    optimizer = fresh()
    scheduler = make(optimizer)
    usual = lr_path(make(fresh()), 6)[6]
    lr_path(scheduler, 5)
    optimizer.param_groups[0]["lr"] *= 0.1
    lr_path(scheduler, 1)
    kept[name] = optimizer.param_groups[0]["lr"] / usual
    print(f"{name:18} one step later: {kept[name]:.2f} of the usual lr")
# --8<-- [end:by-hand]

# --8<-- [start:by-hand-cosine]
optimizer = fresh()
scheduler = torchs.CosineAnnealingLR(optimizer, T_max=20)
lr_path(scheduler, 5)
optimizer.param_groups[0]["lr"] *= 0.1
cut = lr_path(scheduler, 35)
usual = lr_path(torchs.CosineAnnealingLR(fresh(), T_max=20), 40)
for t in (6, 19, 21, 40):
    print(f"t = {t:2}   lr {cut[t - 5]:.6f}   usual {usual[t]:.6f}")
# --8<-- [end:by-hand-cosine]

# --8<-- [start:by-hand-repair]
for name in ("LambdaLR", "OneCycleLR", "CyclicLR"):
    usual = lr_path(makers[name](fresh()), 9)
    scheduler = makers[name](fresh())
    lr_path(scheduler, 5)
    scheduler.base_lrs = [0.1 * lr for lr in scheduler.base_lrs]
    if name == "OneCycleLR":
        group = scheduler.optimizer.param_groups[0]
        for key in ("initial_lr", "max_lr", "min_lr"):
            group[key] *= 0.1
    if name == "CyclicLR":
        scheduler.max_lrs = [0.1 * lr for lr in scheduler.max_lrs]
    path = lr_path(scheduler, 4)
    shares = (path[t - 5] / usual[t] for t in (6, 7, 8, 9))
    print(f"{name:10}", *(f"{share:.2f}" for share in shares))
# --8<-- [end:by-hand-repair]

# --8<-- [start:resume]


def warm_up(lr=0.1):
    optimizer = fresh(lr)
    return optimizer, torchs.LinearLR(optimizer, 0.1, total_iters=10)


optimizer, scheduler = warm_up()
path = lr_path(scheduler, 8)
saved = optimizer.state_dict(), scheduler.state_dict()
onward = lr_path(scheduler, 4)

ends = {}
for order in ("make, then load", "load, then make", "scheduler only"):
    optimizer = fresh()
    if order == "load, then make":
        optimizer.load_state_dict(saved[0])
    scheduler = torchs.LinearLR(optimizer, 0.1, total_iters=10)
    if order == "make, then load":
        optimizer.load_state_dict(saved[0])
    scheduler.load_state_dict(saved[1])
    ends[order] = lr_path(scheduler, 4)
    shown = "  ".join(f"{lr:.4f}" for lr in ends[order])
    print(f"{order:16} {shown}   {ends[order] == onward}")
# --8<-- [end:resume]

# --8<-- [start:resume-all]
makers = {
    "StepLR": lambda o: torchs.StepLR(o, 10),
    "LinearLR": lambda o: torchs.LinearLR(o, 0.1, total_iters=30),
    "ConstantLR": lambda o: torchs.ConstantLR(o, 0.1, 30),
    "CosineAnnealingLR": lambda o: torchs.CosineAnnealingLR(o, 30),
    "LambdaLR": lambda o: torchs.LambdaLR(o, lambda t: 0.9**t),
    "OneCycleLR": lambda o: torchs.OneCycleLR(o, 0.1, 30),
}
wrong = {}
print(f"{'':18} steps with a wrong lr, of 10, after t = 12")
for name, make in makers.items():
    optimizer = fresh()
    scheduler = make(optimizer)
    lr_path(scheduler, 12)
    state = optimizer.state_dict(), scheduler.state_dict()
    right = lr_path(scheduler, 9)
    optimizer = fresh()
    optimizer.load_state_dict(state[0])
    late = make(optimizer)
    late.load_state_dict(state[1])
    path = lr_path(late, 9)
    wrong[name] = sum(a != b for a, b in zip(path, right, strict=True))
    print(f"{name:18} {wrong[name]:2}   first lr / right lr {path[0] / right[0]:.3f}")
# --8<-- [end:resume-all]


# --8<-- [start:extend]
def run_to(t):
    """训练到第 t 步时的状态 | the state of a run at step t"""
    optimizer = fresh()
    scheduler = torchs.CosineAnnealingLR(optimizer, T_max=50)
    lr_path(scheduler, t)
    return optimizer.state_dict(), scheduler.state_dict()


planned = lr_path(torchs.CosineAnnealingLR(fresh(), T_max=100), 100)
extended = {}
print(f"{'':11}T_max    lr then    at t=75    at t=99")
for case, t in {"at t = 25": 25, "at t = 50": 50, "  lr set": 50}.items():
    optimizer = fresh()
    scheduler = torchs.CosineAnnealingLR(optimizer, T_max=100)
    for each, state in zip((optimizer, scheduler), run_to(t), strict=True):
        each.load_state_dict(state)
    loaded = scheduler.T_max
    scheduler.T_max = 100
    if case == "  lr set":
        optimizer.param_groups[0]["lr"] = planned[t]
    path = extended[case] = [None] * t + lr_path(scheduler, 100 - t)
    print(f"{case:9} {loaded:6}", *(f"{path[step]:10.5f}" for step in (t, 75, 99)))
print(f"{'planned':27}", *(f"{planned[step]:10.5f}" for step in (75, 99)))
# --8<-- [end:extend]

# --8<-- [start:plateau-patience]
plateau = torchs.ReduceLROnPlateau(fresh(), factor=0.5, patience=2)
for t, metric in enumerate([1.0, 0.9, 0.9, 0.9, 0.9, 0.9], start=1):
    plateau.step(metric)
    print(t, metric, plateau.get_last_lr(), "bad", plateau.num_bad_epochs)
# --8<-- [end:plateau-patience]

# --8<-- [start:plateau-equal]
plateau = torchs.ReduceLROnPlateau(fresh(), factor=0.5, patience=0)
for metric in (1.0, 1.0, 1.0):
    plateau.step(metric)
print("same metric, patience 0:", plateau.get_last_lr())

plateau = torchs.ReduceLROnPlateau(fresh(), factor=0.5, patience=0)
for t in range(100):
    plateau.step(1.0 - 0.00009 * t)
print("falling by 9e-5 a step: ", plateau.get_last_lr())
# --8<-- [end:plateau-equal]

# --8<-- [start:plateau-mode]
for mode in ("min", "max"):
    plateau = torchs.ReduceLROnPlateau(fresh(), mode=mode, patience=2)
    for epoch in range(12):
        plateau.step(0.5 + 0.03 * epoch)  # 准确率上升 | the accuracy rises
    print(f'mode="{mode}"  lr {plateau.get_last_lr()[0]:.0e}  best {plateau.best:.2f}')
# --8<-- [end:plateau-mode]

# --8<-- [start:plateau-negative]
found = {}
for name, metrics in {
    "positive, constant": [1.0] * 100,
    "negative, constant": [-1.0] * 100,
    "negative, rising": [-1.0 + 0.00005 * t for t in range(100)],
}.items():
    for mode in ("rel", "abs"):
        plateau = torchs.ReduceLROnPlateau(
            fresh(), factor=0.5, patience=5, threshold_mode=mode
        )
        for metric in metrics:
            plateau.step(metric)
        found[name, mode] = plateau.get_last_lr()[0]
        print(f"{name:19} {mode}  lr {found[name, mode]:.1e}  best {plateau.best:.4f}")
# --8<-- [end:plateau-negative]

# --8<-- [start:plateau-nan]
plateau = torchs.ReduceLROnPlateau(fresh(), factor=0.5, patience=2)
for metric in [0.5, float("nan"), float("nan"), float("nan")]:
    plateau.step(metric)
print(plateau.get_last_lr())
with expect(TypeError) as caught:
    plateau.step()
print(str(caught).replace("ReduceLROnPlateau.", ""))
with expect(ValueError) as caught:
    torchs.SequentialLR(
        plateau.optimizer, [plateau, torchs.StepLR(plateau.optimizer, 1)], [5]
    )
print(shorten(str(caught), 72, placeholder=" …"))
# --8<-- [end:plateau-nan]

# --8<-- [start:momentum]
optimizer = fresh(lr=0.3, momentum=0.5)
scheduler = torchs.OneCycleLR(optimizer, max_lr=0.1, total_steps=10)
for t in range(10):
    group = optimizer.param_groups[0]
    if t in (0, 2, 9):
        print(f"t = {t}  lr {group['lr']:.6f}  momentum {group['momentum']:.3f}")
    optimizer.step()
    scheduler.step()

adam = torch.optim.AdamW([torch.zeros(1)], betas=(0.5, 0.999))
torchs.OneCycleLR(adam, max_lr=0.1, total_steps=10)
print("AdamW betas", adam.param_groups[0]["betas"])
plain = torch.optim.SGD([torch.zeros(1)], momentum=0)
torchs.OneCycleLR(plain, max_lr=0.1, total_steps=10)
print("SGD without momentum: momentum", plain.param_groups[0]["momentum"])
with expect(ValueError) as caught:
    torchs.OneCycleLR(torch.optim.Adagrad([torch.zeros(1)]), 0.1, total_steps=10)
print(caught)
# --8<-- [end:momentum]

# --8<-- [start:hand-over]
jumps = {}
for total_iters in (10, 20):
    optimizer = fresh()
    parts = [
        torchs.LinearLR(optimizer, 0.01, total_iters=total_iters),
        torchs.CosineAnnealingLR(optimizer, T_max=40),
    ]
    path = lr_path(torchs.SequentialLR(optimizer, parts, milestones=[10]), 50)
    jumps[total_iters] = path
    print(f"total_iters {total_iters}:", [f"{lr:.4f}" for lr in path[8:13]])
# --8<-- [end:hand-over]

# --8<-- [start:hand-over-figure]
figure, panel = axes(("t", "lr"), height=2.2)
for number, (total_iters, path) in enumerate(jumps.items()):
    panel.plot(path, **style(number), label=f"total_iters = {total_iters}")
panel.axvline(10, color=style(5)["color"], linestyle=":", linewidth=1)
panel.legend()
print(svg(figure, "handover"))
# --8<-- [end:hand-over-figure]

# --8<-- [start:one-cycle-inside]
optimizer = fresh(lr=0.1)
parts = [
    torchs.ConstantLR(optimizer, 1.0, total_iters=5),
    torchs.OneCycleLR(optimizer, max_lr=0.5, total_steps=20),
]
path = lr_path(torchs.SequentialLR(optimizer, parts, milestones=[5]), 6)
print([f"{lr:.3f}" for lr in path])
# --8<-- [end:one-cycle-inside]

# --8<-- [start:try-order]
optimizer = fresh()
scheduler = torchs.OneCycleLR(optimizer, max_lr=0.1, total_steps=10)
late = lr_path(scheduler, 10)[1:]
print(f"last lr used: {late[-1]:.6f} instead of {late[-2]:.8f}")
# --8<-- [end:try-order]

# --8<-- [start:try-freeze]
optimizer = fresh()
optimizer.add_param_group({"params": torch.zeros(1), "lr": 0.1})
scheduler = torchs.LambdaLR(
    optimizer, [lambda t: 0.9**t, lambda t: 0.0 if t < 3 else 0.9 ** (t - 3)]
)
for t in range(6):
    print(t, [f"{lr:.3f}" for lr in scheduler.get_last_lr()])
    optimizer.step()
    scheduler.step()
# --8<-- [end:try-freeze]
