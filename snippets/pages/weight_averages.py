"""Averages of weights: EMA and SWA by AveragedModel, horizon, BatchNorm afterwards."""

# --8<-- [start:imports]
import copy
import math

import torch
from many_nets import train_many
from paired import difference
from plotting import axes, style, svg
from torch import nn
from torch.nn.functional import cross_entropy
from torch.optim.swa_utils import SWALR, AveragedModel, get_ema_multi_avg_fn, update_bn
from weight_averages import dance

# --8<-- [end:imports]

# --8<-- [start:noise]
path = dance(late=100, start=1.0)
rms = path[1000:].square().mean((0, 2)).sqrt().tolist()
print(f"distance from the minimum: w {rms[0]:.3f}")
print(f"EMA {rms[1]:.3f}   mean from step 100 on {rms[2]:.3f}")
# --8<-- [end:noise]

# --8<-- [start:noise-figure]
figure, panel = axes(("t", "w"), height=2.4)
for number, name in enumerate(("w", "EMA", "mean")):
    width = 0.6 if number == 0 else 1.8
    first = 100 if name == "mean" else 0
    line = path[first:1000, number, 0]
    panel.plot(range(first, 1000), line, **style(number), linewidth=width, label=name)
panel.set_ylim(top=1.5)
panel.legend(loc="upper right", ncols=3)
print(svg(figure, "average"))
# --8<-- [end:noise-figure]

# --8<-- [start:moving]
away = {}
print("it moves by  w      EMA    mean")
for speed in (0.0, 0.0005, 0.002, 0.004):
    end = dance(late=1000, speed=speed, runs=2000)[-1]
    away[speed] = end.square().mean(1).sqrt().tolist()
    print(f"{speed:<12g}", "  ".join(f"{gap:.3f}" for gap in away[speed]))
# --8<-- [end:moving]

# --8<-- [start:ema]
net = nn.Linear(1, 1, bias=False)
nn.init.zeros_(net.weight)
ema = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.9))
swa = AveragedModel(net)
by_hand = 0.0
for step in range(1, 5):
    with torch.no_grad():
        net.weight.fill_(step)
    ema.update_parameters(net)
    swa.update_parameters(net)
    by_hand = 1.0 if step == 1 else 0.9 * by_hand + 0.1 * step
    print(f"w {step}   EMA {ema.module.weight.item():.3f}", end="  ")
    print(f"by hand {by_hand:.3f}   SWA {swa.module.weight.item():.2f}")
# --8<-- [end:ema]

# --8<-- [start:horizon]
print("decay    horizon   half-life   left of the start after 1000 steps")
for decay in (0.9, 0.99, 0.999, 0.9999):
    half = math.log(0.5) / math.log(decay)
    print(f"{decay:<7}  {1 / (1 - decay):7.0f}  {half:10.0f}   {decay**1000:.1%}")
# --8<-- [end:horizon]

# --8<-- [start:warm]
decay, steps = 0.999, 500
plain = warmed = 0.0  # 起点 0，权重 1 | start 0, weights at 1
for step in range(1, steps + 1):
    plain = decay * plain + (1 - decay) * 1.0
    now = min(decay, (1 + step) / (10 + step))
    warmed = now * warmed + (1 - now) * 1.0
print(f"decay 0.999, 500 steps: {plain:.3f}   warmed up: {warmed:.3f}")
# --8<-- [end:warm]

# --8<-- [start:digits-setup]
from sklearn.datasets import load_digits

digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
train, test = order[:1200], order[1200:]


def batch_norm_net(seed):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 10)
    )


def loss_of(model, rows=test):
    model.eval()
    with torch.inference_mode():
        return cross_entropy(model(images[rows]), labels[rows]).item()


# --8<-- [end:digits-setup]

# --8<-- [start:batch-norm]
loader = [images[train[i : i + 64]] for i in range(0, len(train), 64)]
found = []
for seed in range(10):
    net, generator = batch_norm_net(seed), torch.Generator().manual_seed(seed)
    swa = AveragedModel(net)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5, momentum=0.9)
    for step in range(200):
        rows = train[torch.randint(len(train), (64,), generator=generator)]
        net.train()
        optimizer.zero_grad()
        cross_entropy(net(images[rows]), labels[rows]).backward()
        optimizer.step()
        if step >= 100:
            swa.update_parameters(net)
    losses = [loss_of(net), loss_of(swa)]
    update_bn(loader, swa)
    found.append([*losses, loss_of(swa)])
found = torch.tensor(found)
for name, losses in zip(("weights", "old"), found.T, strict=False):
    print(f"{name:9} loss {losses.mean():.3f}", end="   ")
    print(f"update_bn is lower in {(found[:, 2] < losses).sum()} of 10")
print(f"update_bn loss {found[:, 2].mean():.3f}")
# --8<-- [end:batch-norm]

# --8<-- [start:seeds]
data, held_out = (images[train], labels[train]), (images[test], labels[test])
lrs = [0.4 / 2**power for power in range(5)]


def best(steps, down, average):
    """最好的 lr，以及每个种子的留出损失 | the best lr, the seeds' held-out losses"""
    losses = train_many(
        data, lrs, 10, steps, "momentum", lambda t: 1 - down * t / steps,
        average=average, held_out=held_out,
    ).nan_to_num(1e3)  # fmt: skip
    place = int(losses.mean(1).argmin())
    return lrs[place], losses[place]


# --8<-- [end:seeds]

# --8<-- [start:seeds-run]
gains, arms = {}, {}
print("steps  lr         weights (lr)   average (lr)   gain")
for steps in (100, 400):
    for name, down in (("constant", 0), ("down to 0", 1)):
        (lr, weights), (other, mean) = (best(steps, down, a) for a in (0.0, 0.95))
        arms[steps, name] = weights, mean
        gains[steps, name], half = difference(weights, mean)
        print(f"{steps:5}  {name:9}  {weights.mean():.3f} {f'({lr:g})':6}", end="  ")
        print(f"{mean.mean():.3f} {f'({other:g})':6}", end="  ")
        print(f"{gains[steps, name]:+.3f} ± {half:.3f}")
for steps in (100, 400):
    gap, half = difference(arms[steps, "constant"][1], arms[steps, "down to 0"][0])
    print(f"{steps:5}  average, constant − weights, down: {gap:+.3f} ± {half:.3f}")
# --8<-- [end:seeds-run]

# --8<-- [start:swalr]
net = nn.Linear(1, 1)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
scheduler = SWALR(optimizer, swa_lr=0.02, anneal_epochs=4)
rates = []
for _ in range(7):
    rates.append(round(optimizer.param_groups[0]["lr"], 3))
    optimizer.step()
    scheduler.step()
print(rates)
# --8<-- [end:swalr]

# --8<-- [start:try-buffers]
for use_buffers in (False, True):
    net = batch_norm_net(0)
    ema = AveragedModel(
        net, multi_avg_fn=get_ema_multi_avg_fn(0.9), use_buffers=use_buffers
    )
    for _ in range(50):
        net(images[train] * 3)
        ema.update_parameters(net)
    theirs, ours = (m.running_mean.norm().item() for m in (net[1], ema.module[1]))
    print(f"use_buffers={use_buffers!s:5}  net {theirs:.2f}  average {ours:.2f}")
# --8<-- [end:try-buffers]

# --8<-- [start:try-copy]
reference = copy.deepcopy(net)
kept = AveragedModel(net)
with torch.no_grad():
    net[0].weight += 1
same = torch.equal(kept.module[0].weight, reference[0].weight)
print("the average is a copy:", same, "  n_averaged", kept.n_averaged.item())
print([name for name in kept.state_dict()][:3])
# --8<-- [end:try-copy]

# --8<-- [start:try-decay]
for steps in (100, 400):
    print(f"{steps} steps", end="")
    for average in (0.0, 0.9, 0.95, 0.98, 0.99):
        losses = train_many(
            data, [0.1], 10, steps, "momentum", average=average, held_out=held_out
        )
        print(f"   {average:g}: {losses.mean():.3f}", end="")
    print()
# --8<-- [end:try-decay]
