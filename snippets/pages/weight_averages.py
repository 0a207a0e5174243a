"""Averages of weights: EMA and SWA by AveragedModel, horizon, BatchNorm afterwards."""

# --8<-- [start:imports]
import copy
import math

import torch
from plotting import axes, style, svg
from torch import nn
from torch.nn.functional import cross_entropy
from torch.optim.swa_utils import SWALR, AveragedModel, get_ema_multi_avg_fn, update_bn

# --8<-- [end:imports]

# --8<-- [start:noise]
torch.manual_seed(0)
path, ema, mean, values = [], 1.0, 1.0, []
w = torch.ones(1)
for step in range(1, 2001):
    grad = w + torch.randn(1)  # 带噪声的梯度 | a noisy gradient of w² / 2
    w = w - 0.1 * grad
    ema = 0.99 * ema + 0.01 * w.item()
    mean = w.item() if step <= 100 else mean + (w.item() - mean) / (step - 100)
    path.append(w.item())
    values.append((w.item(), ema, mean))
late = torch.tensor(values[1000:])
rms = late.square().mean(0).sqrt().tolist()
print(f"distance from the minimum: w {rms[0]:.3f}", end="   ")
print(f"EMA {rms[1]:.3f}   mean from step 100 on {rms[2]:.3f}")
# --8<-- [end:noise]

# --8<-- [start:noise-figure]
figure, panel = axes(("t", "w"), height=2.4)
for number, column in enumerate(zip(*values[:1000], strict=True)):
    width = 0.6 if number == 0 else 1.8
    panel.plot(
        column, **style(number), linewidth=width, label=["w", "EMA", "mean"][number]
    )
panel.set_ylim(top=1.5)
panel.legend(loc="upper right", ncols=3)
print(svg(figure, "average"))
# --8<-- [end:noise-figure]

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
short, decay, steps = 0.0, 0.999, 500
plain = warmed = 0.0  # 起点 0，目标 1 | start 0, weights at 1
for step in range(1, steps + 1):
    plain = decay * plain + (1 - decay) * 1.0
    now = min(decay, (1 + step) / (10 + step))
    warmed = now * warmed + (1 - now) * 1.0
print(f"decay 0.999, 500 steps: {plain:.3f}   warmed up: {warmed:.3f}   at 1")
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
net = batch_norm_net(0)
swa = AveragedModel(net)
optimizer = torch.optim.SGD(net.parameters(), lr=0.5, momentum=0.9)
generator = torch.Generator().manual_seed(0)
for step in range(300):
    rows = train[torch.randint(len(train), (64,), generator=generator)]
    net.train()
    optimizer.zero_grad()
    cross_entropy(net(images[rows]), labels[rows]).backward()
    optimizer.step()
    if step >= 100:
        swa.update_parameters(net)
found = {"weights": loss_of(net), "average, old statistics": loss_of(swa)}
copied = swa.module[1].running_var.mean().item()
loader = [images[train[i : i + 64]] for i in range(0, len(train), 64)]
update_bn(loader, swa)
found["average, update_bn"] = loss_of(swa)
for name, loss in found.items():
    print(f"{name:24} loss {loss:.3f}")
print(f"running_var {copied:.2f} → {swa.module[1].running_var.mean():.2f}")
# --8<-- [end:batch-norm]


# --8<-- [start:seeds]
def run(seed, lr, decay, steps=200):
    """留出损失：权重；平均 | held-out loss of the weights and of their average"""
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer = torch.optim.SGD(net.parameters(), lr=lr, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, decay, steps)
    ema = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.95))
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        rows = train[torch.randint(len(train), (16,), generator=generator)]
        optimizer.zero_grad()
        cross_entropy(net(images[rows]), labels[rows]).backward()
        optimizer.step()
        scheduler.step()
        ema.update_parameters(net)
    return loss_of(net), loss_of(ema)


# --8<-- [end:seeds]

# --8<-- [start:seeds-run]
gains = {}
for name, end in (("constant lr", 1.0), ("lr down to 0", 0.0)):
    pairs = torch.tensor([run(seed, 0.1, end) for seed in range(10)])
    gains[name] = pairs[:, 0] - pairs[:, 1]
    weights, average = pairs.mean(0).tolist()
    better = int((gains[name] > 0).sum())
    print(f"{name:13} weights {weights:.3f}  average {average:.3f}", end="  ")
    print(f"better in {better} of 10")
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
