"""The page `stochastic` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import math

import torch
from gradient_descent import CURVATURE, excess, gradient, regression
from paired import difference
from plotting import FAINT, axes, style, svg
from stochastic import (
    EPOCHS,
    RATES,
    at_best,
    batch_gap,
    plateau,
    raced,
    sampled,
    variances,
)
from timing import cpu_time_ratio
from torch.optim import SGD

x, y, best = data = regression()
n, L = len(x), CURVATURE.max().item()
start = torch.tensor([-5.0, 1.5], dtype=torch.float64)
# --8<-- [end:imports]

# --8<-- [start:full-batch]
theirs = start.clone().requires_grad_()
optimizer = SGD([theirs], lr=0.05)
theta = start.clone()
for _ in range(100):
    theirs.grad = gradient(theirs.detach(), x, y)
    optimizer.step()
    theta = theta - 0.05 * gradient(theta, x, y)
gap = (theirs - theta).abs().max().item()
print(f"SGD on all rows - gradient descent: {gap:g}")
# --8<-- [end:full-batch]

# --8<-- [start:variance-setup]
each = gradient(start, x.unsqueeze(1), y.unsqueeze(1))
sigma2 = each.var(0, correction=0).sum().item()
variance = variances((1, 10, 100))
# --8<-- [end:variance-setup]

# --8<-- [start:variance-figure]
figure, panel = axes(("B", "variance"), xscale="log", yscale="log", height=2.4)
sizes = [1, 2, 4, 8, 16, 32, 64, 128]
torch.manual_seed(1)
with_replacement, without = [], []
for size in sizes:
    drawn = each[torch.randint(n, (4000, size))]
    with_replacement.append(drawn.mean(1).var(0).sum().item())
    rows = torch.rand(4000, n).argsort(1)[:, :size]
    without.append(each[rows].mean(1).var(0).sum().item())
panel.plot(sizes, [sigma2 / size for size in sizes], color=FAINT, label="σ²/B")
panel.plot(sizes, with_replacement, "o", color=style(0)["color"], label="i.i.d.")
panel.plot(sizes, without, "^", color=style(1)["color"], label="randperm")
panel.set_ylim(sigma2 / 3000, 2 * sigma2)
panel.legend(loc="lower left")
print(svg(figure, "variance"))
# --8<-- [end:variance-figure]

# --8<-- [start:floor-setup]
t = torch.arange(4000, dtype=torch.float64)
constant_lrs = (0.01, 0.005, 0.002)
schedules = [torch.full_like(t, lr) for lr in constant_lrs]
schedules.append(5 / (500 + t))
noisy_runs = sampled(data, torch.stack(schedules, 1), batch=1, runs=64)
clean = regression(noise=0.0)
clean_runs = sampled(clean, schedules[0][:1500, None], batch=1, runs=64)

singles = gradient(best, x.unsqueeze(1), y.unsqueeze(1))
limit = singles.square().sum(1).mean().item() / 4
floor = noisy_runs[-1000:].mean(0).tolist()
decayed = noisy_runs[-100:, 3].mean().item()
exact = clean_runs[-1, 0].item()
# --8<-- [end:floor-setup]

# --8<-- [start:floor]
for lr, level in zip(constant_lrs, floor[:3], strict=True):
    print(f"lr {lr:5}  floor {level:.4f}  floor/lr {level / lr:4.1f}")
print(f"lr → 0                  floor/lr {limit:4.1f}")
# --8<-- [end:floor]

# --8<-- [start:floor-figure]
figure, panel = axes(("t", "loss − min"), xscale="log", yscale="log")
labels = ["lr = 0.01", "lr = 0.005", "lr = 0.002", "lr = 5/(500 + t)"]
times = torch.logspace(0, math.log10(4000), 160).long().unique()
for number, label in enumerate(labels):
    curve = noisy_runs[times - 1, number]
    panel.plot(times, curve, **style(number), label=label)
times = times[times <= 1500]
panel.plot(times, clean_runs[times - 1, 0], **style(4), label="lr = 0.01, y = xθ")
panel.set_ylim(1e-4, 200)
panel.legend(loc="lower left")
print(svg(figure, "floor"))
# --8<-- [end:floor-figure]

# --8<-- [start:mean-setup]
mean_gap = batch_gap(16)
# --8<-- [end:mean-setup]

# --8<-- [start:race-setup]
tuned, chosen = {}, {}
for batch in RATES:
    tuned[batch], chosen[batch] = at_best(raced(batch))
race = {batch: losses.mean(1).tolist() for batch, losses in tuned.items()}
# --8<-- [end:race-setup]

# --8<-- [start:race-figure]
figure, falling, rate = axes(
    ("epoch", "loss − min"), ("epoch", "lr"), columns=2, xscale="log", yscale="log"
)
epochs = range(1, EPOCHS + 1)
for number, batch in enumerate(RATES):
    look = style(number) | {"label": f"B = {batch}"}
    falling.plot(epochs, race[batch], **look)
    rate.plot(epochs, RATES[batch][chosen[batch]], **look)
falling.set_ylim(1e-5, 100)
falling.legend(loc="lower left", fontsize=9.5, handlelength=1.8)
print(svg(figure, "race"))
# --8<-- [end:race-figure]

# --8<-- [start:race-seeds]
print("ln(B = 1) − ln(B = 16): mean and 95% interval, 12 seeds")
ahead = {}
for epoch in (1, 5, 10, 20, 40, 60):
    one, some = (tuned[batch][epoch - 1].log() for batch in (1, 16))
    ahead[epoch] = difference(one, some)
    print(f"epoch {epoch:3}", "{:6.2f} ± {:.2f}".format(*ahead[epoch]))
# --8<-- [end:race-seeds]


# --8<-- [start:race-time]
def one_epoch(batch):
    lrs = torch.full((n // batch, 1), 0.01, dtype=torch.float64)
    sampled(data, lrs, batch, runs=1)


slower = cpu_time_ratio(lambda: one_epoch(1), lambda: one_epoch(16), rounds=15)
print("time of an epoch: B = 1 > 4 × B = 16:", slower > 4)
assert slower > 4
# --8<-- [end:race-time]

# --8<-- [start:scaling]
scaled = {}
print("   B     lr    floor  steps to 1  samples")
for batch, lr in ((1, 0.002), (4, 0.002), (4, 0.008), (16, 0.032)):
    level, steps = scaled[batch, lr] = plateau(batch, lr)
    print(f"{batch:4} {lr:6} {level:8.4f} {steps:11} {batch * steps:8}")
# --8<-- [end:scaling]

# --8<-- [start:try-noise]
found = variances((4, 16, 64))
for size, value in found.items():
    print(f"B = {size:2}  variance {value:7.1f}  deviation {value**0.5:5.1f}")
# --8<-- [end:try-noise]

# --8<-- [start:try-labels]
for noise in (1.0, 0.5):
    halved = regression(noise=noise)
    run = sampled(halved, schedules[1].unsqueeze(1), batch=1, runs=64)
    print(f"noise {noise}: floor {run[-1000:].mean():.4f}")
# --8<-- [end:try-labels]

# --8<-- [start:try-shuffle]
print("   lr  with replacement  shuffled")
for lr in constant_lrs:
    run = sampled(data, torch.full((4000, 1), lr).double(), batch=16, runs=64)
    torch.manual_seed(0)
    theta, losses = best.expand(64, 2), []
    for _ in range(200):
        order = torch.rand(64, n).argsort(1)
        for rows in order.split(16, dim=1):
            theta = theta - lr * gradient(theta, x[rows], y[rows])
            losses.append(excess(theta, best).mean())
    shuffled = torch.stack(losses[-800:]).mean()
    print(f"{lr:5} {run[-1000:].mean():17.5f} {shuffled:9.5f}")
# --8<-- [end:try-shuffle]
