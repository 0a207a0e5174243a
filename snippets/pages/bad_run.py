"""A bad run: the first loss, one batch, range test, NaN, dead units, update sizes."""

# --8<-- [start:imports]
import copy
import math
import warnings

import torch
from diagnosis import dead_units, first_non_finite, lr_range_test, update_ratios
from expected import expect
from plotting import axes, style, svg
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_

digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)


def new_net(seed=0, width=64):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Linear(64, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(),
        nn.Linear(width, 10),
    )  # fmt: skip


# --8<-- [end:imports]

# --8<-- [start:first-loss]
net = new_net()
big = copy.deepcopy(net)
with torch.no_grad():
    big[-1].weight *= 30
    first = {
        "as it should be": cross_entropy(net(images), labels),
        "last layer × 30": cross_entropy(big(images), labels),
        "softmax before": cross_entropy(net(images).softmax(1), labels),
        "pixels 0 to 255": cross_entropy(net(images * 255), labels),
    }
print(f"ln 10              {math.log(10):.3f}")
for name, loss in first.items():
    print(f"{name:18} {loss:.3f}")
# --8<-- [end:first-loss]


# --8<-- [start:one-batch]
def one_batch(fault, steps=150):
    """训练一个批后的损失 | the loss after training on one batch"""
    net, generator = new_net(), torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    x, y = images[:32], labels[:32]
    for _ in range(steps):
        optimizer.zero_grad()
        logits = net(x)
        if fault == "softmax before":
            logits = logits.softmax(1)
        if fault == "targets shuffled":
            y = y[torch.randperm(32, generator=generator)]
        loss = cross_entropy(logits, y)
        loss.backward()
        if fault == "zero_grad late":
            optimizer.zero_grad()
        optimizer.step()
    return loss.item()


# --8<-- [end:one-batch]

# --8<-- [start:one-batch-run]
faults = ("none", "softmax before", "targets shuffled", "zero_grad late")
floor = math.log(math.e + 9) - 1
overfit = {fault: one_batch(fault) for fault in faults}
for fault, loss in overfit.items():
    print(f"{fault:18} {loss:.4f}")
# --8<-- [end:one-batch-run]


# --8<-- [start:range]
def batches(seed):
    generator = torch.Generator().manual_seed(seed)
    while True:
        rows = torch.randint(len(images), (64,), generator=generator)
        yield images[rows], labels[rows]


curves, turn = {}, {}
for name in ("SGD", "Adam"):
    net, stream = new_net(), batches(0)
    optimizer = getattr(torch.optim, name)(net.parameters(), lr=1.0)

    def batch_loss(net=net, stream=stream):
        x, y = next(stream)
        return cross_entropy(net(x), y)

    curves[name] = list(lr_range_test(optimizer, batch_loss, 1e-5, 30, 120))
    turn[name], lowest = min(curves[name], key=lambda pair: pair[1])
    print(f"{name:4}  lowest loss {lowest:.2f} at lr {turn[name]:.3g}")
# --8<-- [end:range]

# --8<-- [start:range-figure]
figure, panel = axes(("lr", "L"), xscale="log", height=2.4)
for number, (name, curve) in enumerate(curves.items()):
    panel.plot(*zip(*curve, strict=True), **style(number), label=name)
panel.set_ylim(0, 5)
panel.legend()
print(svg(figure, "range"))
# --8<-- [end:range-figure]

# --8<-- [start:sweep]
tuned, best = {}, {}
grids = {"SGD": (0.1, 0.3, 1.0, 3.0), "Adam": (3e-3, 0.01, 0.03, 0.1)}
for name, grid in grids.items():
    for lr in grid:
        ends = []
        for seed in range(3):
            net, stream = new_net(seed), batches(seed)
            optimizer = getattr(torch.optim, name)(net.parameters(), lr=lr)
            for _ in range(100):
                x, y = next(stream)
                optimizer.zero_grad()
                cross_entropy(net(x), y).backward()
                optimizer.step()
            with torch.no_grad():
                ends.append(cross_entropy(net(images), labels).item())
        tuned[name, lr] = sum(ends) / 3
    best[name] = min(grid, key=lambda lr, name=name: tuned[name, lr])
    print(f"{name:4}  lr  ", "  ".join(f"{lr:5g}" for lr in grid))
    print("      loss", "  ".join(f"{tuned[name, lr]:5.2f}" for lr in grid))
# --8<-- [end:sweep]

# --8<-- [start:ratio]
ratios, norms = {}, {}
for lr in (1e-5, 1e-3, 1e-1):
    net, stream = new_net(), batches(0)
    optimizer = torch.optim.Adam(net.parameters(), lr=lr)
    params = list(net.parameters())
    for step in range(1, 51):
        x, y = next(stream)
        optimizer.zero_grad()
        loss = cross_entropy(net(x), y)
        loss.backward()
        norm = clip_grad_norm_(params, math.inf)
        before = [param.detach().clone() for param in params]
        optimizer.step()
        if step in (1, 50):
            ratios[lr, step] = update_ratios(params[::2], before[::2])
            shown = "  ".join(f"{ratio:.0e}" for ratio in ratios[lr, step])
            print(f"lr {lr:.0e}  step {step:2}  loss {loss:7.2f}", end="  ")
            print(f"‖g‖ {norm:6.2f}  {shown}")
# --8<-- [end:ratio]

# --8<-- [start:spike]
worst, ends = {}, {}
for max_norm in (math.inf, 1.0):
    logs = []
    for seed in range(5):
        net, stream = new_net(seed), batches(seed)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
        log = []
        for step in range(120):
            x, y = next(stream)
            if step == 60:
                x = x * 50  # 一个坏批 | one bad batch
            optimizer.zero_grad()
            loss = cross_entropy(net(x), y)
            loss.backward()
            norm = clip_grad_norm_(net.parameters(), max_norm)
            optimizer.step()
            log.append((loss.item(), norm.item()))
        logs.append(log)
    losses, norms = torch.tensor(logs).unbind(-1)
    worst[max_norm], ends[max_norm] = losses[:, 61:].amax(1), losses[:, -1]
    print(f"max_norm {max_norm}: largest ‖g‖ at step", norms.argmax(1).tolist())
    print("  worst loss after it", *(f"{value:6.2f}" for value in worst[max_norm]))
    print("  loss at step 119   ", *(f"{value:6.2f}" for value in ends[max_norm]))
# --8<-- [end:spike]

# --8<-- [start:anomaly]
x = torch.tensor([4.0, 0.0], requires_grad=True)
distance = x.sqrt().sum()
distance.backward()
print("gradient of sqrt at 0:", x.grad.tolist())
x.grad = None
warnings.simplefilter("ignore")  # detect_anomaly 自己的警告 | its own warnings
with expect(RuntimeError) as caught, torch.autograd.detect_anomaly():
    (x * 0).sqrt().mul(0).sum().backward()
print(caught)
# --8<-- [end:anomaly]

# --8<-- [start:where]
x = torch.tensor([4.0, -1.0], requires_grad=True)
torch.where(x > 0, x.sqrt(), 0.0).sum().backward()
print("where after sqrt ", x.grad.tolist())
x.grad = None
safe = torch.where(x > 0, x, 1.0)
torch.where(x > 0, safe.sqrt(), 0.0).sum().backward()
print("where before sqrt", x.grad.tolist())
# --8<-- [end:where]

# --8<-- [start:hooks]
net = new_net()
with torch.no_grad():
    net[2].weight[5, 7] = math.nan
print("first module with NaN or inf:", first_non_finite(net, images[:4]))

recurrent = nn.Sequential(nn.Linear(64, 8), nn.LSTM(8, 8))
with torch.no_grad():
    recurrent[1].weight_hh_l0[0, 0] = math.nan
print("where the LSTM has the NaN:  ", first_non_finite(recurrent, images[:4]))
# --8<-- [end:hooks]

# --8<-- [start:dead]
dead = {}
for lr, warm_up in ((0.01, 1), (0.1, 1), (0.3, 1), (1.0, 1), (1.0, 50)):
    net, stream = new_net(), batches(0)
    optimizer = torch.optim.SGD(net.parameters(), lr=lr, momentum=0.9)
    for step in range(1, 101):
        optimizer.param_groups[0]["lr"] = lr * min(1, step / warm_up)
        x, y = next(stream)
        optimizer.zero_grad()
        cross_entropy(net(x), y).backward()
        optimizer.step()
    with torch.no_grad():
        loss = cross_entropy(net(images), labels).item()
    dead[lr, warm_up] = dead_units(net, images)
    print(f"lr {lr:<4}  warm-up {warm_up:2}", end="   ")
    print(f"dead units {dead[lr, warm_up]:4.0%}   loss {loss:.2f}")
print(f"before training  {dead_units(new_net(), images):.0%}")
# --8<-- [end:dead]

# --8<-- [start:validation-lower]
net = new_net()
dropping = nn.Sequential(net[0], net[1], nn.Dropout(0.5), *net[2:])
optimizer = torch.optim.Adam(dropping.parameters(), lr=0.01)
generator, seen = torch.Generator().manual_seed(0), []
train, held = slice(0, 1200), slice(1200, None)
for batch in torch.randperm(1200, generator=generator).split(48):
    loss = cross_entropy(dropping(images[batch]), labels[batch])
    seen.append(loss.item())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
with torch.no_grad():
    measured = {"mean over the epoch": sum(seen) / len(seen)}
    measured["afterwards, train()"] = cross_entropy(
        dropping(images[train]), labels[train]
    )
    dropping.eval()
    measured["afterwards, eval()"] = cross_entropy(
        dropping(images[train]), labels[train]
    )
    measured["validation, eval()"] = cross_entropy(dropping(images[held]), labels[held])
for name, loss in measured.items():
    print(f"{name:20} {loss:.3f}")
# --8<-- [end:validation-lower]

# --8<-- [start:validation-rises]
few, noisy = images[:200], labels[:200].clone()
generator = torch.Generator().manual_seed(0)
noisy[:40] = torch.randint(10, (40,), generator=generator)  # 标错的 | wrong labels
net = new_net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
history, best = [], (math.inf, 0, None)
for step in range(101):
    loss = cross_entropy(net(few), noisy)
    with torch.no_grad():
        logits = net(images[held])
        validation = cross_entropy(logits, labels[held]).item()
    right = (logits.argmax(1) == labels[held]).float().mean().item()
    history.append((loss.item(), validation, right))
    if validation < best[0]:
        best = validation, step, copy.deepcopy(net.state_dict())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("step  training  validation  right")
for step in (0, best[1], 50, 100):
    print(f"{step:4}" + "{:10.3f} {:11.3f} {:6.2f}".format(*history[step]))
# --8<-- [end:validation-rises]

# --8<-- [start:order]
by_class = labels[train].argsort(stable=True)
ordered = {}
for name in ("shuffled each epoch", "shuffled once", "sorted by class"):
    net, generator = new_net(), torch.Generator().manual_seed(0)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    order = by_class
    for epoch in range(5):
        if name == "shuffled each epoch" or (name == "shuffled once" and epoch == 0):
            order = torch.randperm(1200, generator=generator)
        for batch in order.split(40):
            optimizer.zero_grad()
            cross_entropy(net(images[batch]), labels[batch]).backward()
            optimizer.step()
    guesses = net(images[held]).argmax(1)
    ordered[name] = (guesses == labels[held]).float().mean().item()
    common = guesses.bincount(minlength=10)
    print(
        f"{name:20} right {ordered[name]:.2f}   says {common.argmax()}: {common.max()}"
    )
# --8<-- [end:order]

# --8<-- [start:try-classes]
counts = torch.bincount(labels)
share = counts / counts.sum()
print(f"{-(share * share.log()).sum():.4f}  ln 10 = {math.log(10):.4f}")
skewed = torch.tensor([0.9, 0.1])
print(f"{-(skewed * skewed.log()).sum():.3f}  ln 2 = {math.log(2):.3f}")
# --8<-- [end:try-classes]

# --8<-- [start:try-softmax]
best = [1.0] + 9 * [0.0]
print(f"{cross_entropy(torch.tensor([best]), torch.tensor([0])):.4f}", end="  ")
print(f"{-math.log(math.e / (math.e + 9)):.4f}")
# --8<-- [end:try-softmax]
