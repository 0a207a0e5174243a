"""The page `stochastic` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import math

import torch
from gradient_descent import CURVATURE, descend, excess, gradient, regression
from stochastic import bowl_path, displacements, sampled, settle
from torch.optim import SGD

# --8<-- [end:imports]

# --8<-- [start:data]
x, y, best = data = regression()
n, L = len(x), CURVATURE.max().item()
start = torch.tensor([-5.0, 1.5], dtype=torch.float64)
# --8<-- [end:data]

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

# --8<-- [start:variance]
each = gradient(start, x.unsqueeze(1), y.unsqueeze(1))
mean_gap = (each.mean(0) - gradient(start, x, y)).abs().max().item()
print(f"batch gradient - mean of singles: {mean_gap:.1e}")

sigma2 = each.var(0, correction=0).sum().item()
torch.manual_seed(0)
variance = {}
print("    B  variance      σ²/B")
for size in (1, 10, 100):
    means = each[torch.randint(n, (10_000, size))].mean(1)
    variance[size] = means.var(0).sum().item()
    print(f"{size:5} {variance[size]:9.1f} {sigma2 / size:9.1f}")
# --8<-- [end:variance]

# --8<-- [start:variance-figure]
from plotting import FAINT, INK, axes, style, svg

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

# --8<-- [start:floor]
t = torch.arange(4000, dtype=torch.float64)
constant_lrs = (0.01, 0.005, 0.002)
schedules = [torch.full_like(t, lr) for lr in constant_lrs]
schedules.append(5 / (500 + t))
noisy_runs = sampled(data, torch.stack(schedules, 1), batch=1, runs=64)
clean = regression(noise=0.0)
clean_runs = sampled(clean, schedules[0][:1500, None], batch=1, runs=64)

at_best = gradient(best, x.unsqueeze(1), y.unsqueeze(1))
limit = at_best.square().sum(1).mean().item() / 4
floor = noisy_runs[-1000:].mean(0).tolist()
for lr, level in zip(constant_lrs, floor[:3], strict=True):
    print(f"lr {lr:5}  floor {level:.4f}  floor/lr {level / lr:4.1f}")
decayed = noisy_runs[-100:, 3].mean().item()
exact = clean_runs[-1, 0].item()
print(f"lr → 0                  floor/lr {limit:4.1f}")
print(f"lr 5/(500+t)     {decayed:.4f}, falling")
print(f"labels without noise {exact:.0e}")
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

# --8<-- [start:race]
race = {}
batch_lr = {1: 0.01, 16: 0.03, n: 2 / (1 + L)}
for batch, lr in batch_lr.items():
    per_epoch = n // batch
    runs = 1 if batch == n else 32
    lrs = torch.full((60 * per_epoch, 1), lr)
    run = sampled(data, lrs, batch, runs)
    race[batch] = run[per_epoch - 1 :: per_epoch, 0].tolist()
print("epoch    B = 1   B = 16  B = all")
for epoch in (1, 2, 5, 10, 20, 40, 60):
    row = [race[batch][epoch - 1] for batch in batch_lr]
    print(f"{epoch:5}", *(f"{v:8.3f}" for v in row))
# --8<-- [end:race]

# --8<-- [start:scaling]
scaled = {}
print("   B     lr    floor  steps to 1  samples")
for batch, lr in ((1, 0.002), (4, 0.002), (4, 0.008), (16, 0.032)):
    lrs = torch.full((int(16 / lr), 1), lr, dtype=torch.float64)
    run = sampled(data, lrs, batch, runs=64)[:, 0]
    steps = 1 + (run < 1).double().argmax().item()
    level = run[-len(run) // 3 :].mean().item()
    scaled[batch, lr] = level, steps
    print(f"{batch:4} {lr:6} {level:8.4f} {steps:11} {batch * steps:8}")
# --8<-- [end:scaling]

# --8<-- [start:gain]
ones = torch.ones(100, dtype=torch.float64)
total = displacements(SGD, ones, momentum=0.9)
mean = displacements(SGD, ones, momentum=0.9, dampening=0.9)
print("   t      sum  dampened")
for t in (1, 2, 10, 100):
    print(f"{t:4} {total[t - 1]:8.3f} {mean[t - 1]:8.3f}")
# --8<-- [end:gain]

# --8<-- [start:heavy]
heavy_steps, gd_steps = {}, {}
print("    κ      GD  momentum")
for kappa in (100, 1000, 10_000):
    root = math.sqrt(kappa)
    lr = (2 / (root + 1)) ** 2
    momentum = ((root - 1) / (root + 1)) ** 2
    run = descend((1.0, kappa), lr, momentum)
    gd_steps[kappa], _ = descend((1.0, kappa), 2 / (1 + kappa))
    heavy_steps[kappa] = run
    print(f"{kappa:5} {gd_steps[kappa]:7} {run[0]:9}")
# --8<-- [end:heavy]

# --8<-- [start:too-much]
turns = {}
print("    κ     μ   steps   turns")
for kappa, momentum in (
    (100, 0.0),
    (100, 0.5),
    (100, 0.9),
    (100, 0.99),
    (1, 0.0),
    (1, 0.99),
):
    run = descend((1.0, kappa), 1 / kappa, momentum)
    turns[kappa, momentum] = run
    print(f"{kappa:5} {momentum:5} {run[0]:7} {run[1]:7}")
# --8<-- [end:too-much]

# --8<-- [start:limit]
edges = {}
print("   μ   lr / (2/L)   loss at t = 2000")
for momentum in (0.0, 0.5, 0.9):
    for factor in (0.99, 1.01):
        lr = factor * 2 * (1 + momentum) / L
        end = bowl_path(lr, momentum, 2000, start)[-1]
        edges[momentum, factor] = excess(end, torch.zeros(2)).item()
        shown = f"{lr * L / 2:12.3f} {edges[momentum, factor]:14.0e}"
        print(f"{momentum:4}{shown}")
# --8<-- [end:limit]

# --8<-- [start:nesterov]
settled = {}
print("    κ     μ  momentum  Nesterov")
for kappa, momentum in ((100, 0.5), (100, 0.9), (100, 0.99), (10_000, 0.99)):
    run = [settle(kappa, 1 / kappa, momentum, kind) for kind in (False, True)]
    settled[kappa, momentum] = run
    print(f"{kappa:5} {momentum:5} {run[0]:9} {run[1]:9}")
print("lr / (2/L), μ = 0.9")
for factor in (0.99, 1.01):
    lr = factor * 2 * (1 + 0.9) / (1 + 2 * 0.9) / L
    run = [settle(L, lr, 0.9, kind) for kind in (False, True)]
    print(f"{lr * L / 2:11.3f} {run[0]:9} {run[1]:9}")
# --8<-- [end:nesterov]

# --8<-- [start:playground]
import json

offset = start - best
shown = {"lr": 0.5 * 2 / L, "momentum": 0.6}
figure, panel = axes(("θ₁ − θ₁*", "θ₂ − θ₂*"), height=3.2)
panel.grid(False)
horizontal, vertical = torch.meshgrid(
    torch.linspace(-10, 4, 120), torch.linspace(-4, 4, 90), indexing="xy"
)
heights = excess(torch.stack([horizontal, vertical], -1), torch.zeros(2))
levels = [0.5, 2, 8, 20, 40, 70, 110]
panel.contour(horizontal, vertical, heights, levels, colors=FAINT, linewidths=0.6)
slow = bowl_path(2 / (1 + L), 0.0, 60, offset)
panel.plot(*slow.T, **style(1), label="μ = 0, lr = 2/(1 + L)", linewidth=1.2)
way = bowl_path(**shown, steps=60, start=offset)
panel.plot(*way.T, **style(0), label="lr, μ", gid="way", linewidth=1.6)
panel.plot(*offset, "o", color=INK, markersize=5, gid="start")
panel.plot(0, 0, "+", color=INK, markersize=9, gid="minimum")
panel.legend(loc="lower right", fontsize=9.5, ncols=2)
settings = {
    "curvatures": CURVATURE.tolist(),
    "start": offset.tolist(),
    "steps": 60,
    **shown,
}
drawn = svg(figure, "playground")
print(f"<div data-descent='{json.dumps(settings)}'>\n{drawn}\n</div>")
# --8<-- [end:playground]
