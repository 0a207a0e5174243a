"""The page `stochastic` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import json
import math

import torch
from gradient_descent import CURVATURE, descend, excess, gradient, regression
from paired import difference
from plotting import FAINT, INK, axes, style, svg
from stochastic import (
    EPOCHS,
    RATES,
    at_best,
    batch_gap,
    best_nesterov,
    bowl_path,
    displacements,
    floors,
    noise_floor,
    plateau,
    polyak,
    raced,
    sampled,
    settle,
    travelled,
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

# --8<-- [start:canyon-figure]
offset = start - best
horizontal, vertical = torch.meshgrid(
    torch.linspace(-9, 3, 120), torch.linspace(-3.2, 3.2, 90), indexing="xy"
)
heights = excess(torch.stack([horizontal, vertical], -1), torch.zeros(2))
levels = [0.5, 2, 8, 20, 40, 70, 110]
pairs = {f"μ = {mu}": (2 / (1 + L), mu) for mu in (0.0, 0.5)}
canyon = {"best": descend((1.0, L), *polyak(L))[0]}
figure, *panels = axes(("", "θ₂ − θ₂*"), ("θ₁ − θ₁*", "θ₂ − θ₂*"), height=2.3)
for number, (panel, (label, pair)) in enumerate(
    zip(panels, pairs.items(), strict=True)
):
    panel.grid(False)
    panel.contour(horizontal, vertical, heights, levels, colors=FAINT, linewidths=0.6)
    way = bowl_path(*pair, steps=30, start=offset)
    panel.plot(*way.T, ".-", color=style(number)["color"], linewidth=1.2, markersize=5)
    panel.plot(*offset, "o", color=INK, markersize=5)
    panel.plot(0, 0, "+", color=INK, markersize=9)
    panel.set_ylim(-3.2, 3.2)
    panel.set_title(label)
    canyon[label], _ = descend((1.0, L), *pair)
print(svg(figure, "canyon"))
# --8<-- [end:canyon-figure]

# --8<-- [start:gain]
ones = torch.ones(100, dtype=torch.float64)
flip = 1 - 2 * (torch.arange(100).double() % 2)  # 1, -1, 1, …
total = displacements(SGD, ones, momentum=0.9)
flipped = displacements(SGD, flip, momentum=0.9)
mean = displacements(SGD, ones, momentum=0.9, dampening=0.9)
print("   t   g = 1   g = ±1   g = 1, dampened")
for t in (1, 2, 10, 100):
    row = (series[t - 1] for series in (total, flipped, mean))
    print(f"{t:4}", "{:7.3f} {:8.3f} {:10.3f}".format(*row))
# --8<-- [end:gain]

# --8<-- [start:heavy]
heavy_steps, gd_steps = {}, {}
print("    κ      GD  momentum")
for kappa in (100, 1000, 10_000):
    heavy_steps[kappa], _ = descend((1.0, kappa), *polyak(kappa))
    gd_steps[kappa], _ = descend((1.0, kappa), 2 / (1 + kappa))
    print(f"{kappa:5} {gd_steps[kappa]:7} {heavy_steps[kappa]:9}")
# --8<-- [end:heavy]

# --8<-- [start:too-much-setup]
turns = {
    (kappa, mu): descend((1.0, kappa), 1 / kappa, mu)
    for kappa in (100, 1)
    for mu in (0.0, 0.9, 0.99)
}
mus = [k / 100 for k in range(0, 99)] + [0.985, 0.99]
by_mu = {k: [descend((1.0, k), 1 / k, mu)[0] for mu in mus] for k in (100, 10)}
# --8<-- [end:too-much-setup]

# --8<-- [start:too-much-figure]
figure, panel = axes(("μ", "t"), height=2.4, yscale="log")
for number, (kappa, steps) in enumerate(by_mu.items()):
    panel.plot(mus, steps, **style(number), label=f"κ = {kappa}")
panel.legend(loc="upper center", ncols=2)
print(svg(figure, "too-much"))
# --8<-- [end:too-much-figure]

# --8<-- [start:way]
way = {}
print("lr / (2/L)   μ = 0  μ = 0.9  μ = 0.99")
for factor in (0.5, 0.9, 0.99):
    way[factor] = [travelled(2 * factor, mu) for mu in (0.0, 0.9, 0.99)]
    print("{:10} {:7.1f} {:8.1f} {:9.1f}".format(factor, *way[factor]))
# --8<-- [end:way]

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

# --8<-- [start:momentum-floor-setup]
pairs = ((0.001, 0.0), (0.001, 0.9), (0.0001, 0.9))
ending, steady = floors(pairs), floors(pairs, everywhere=True)
spread = []
for seed in range(12):
    inputs, targets, lowest = regression(seed=seed)
    errors = gradient(lowest, inputs.unsqueeze(1), targets.unsqueeze(1))
    spread.append(errors.square().mean(0))
spread = torch.stack(spread)
theory = [noise_floor(*pair, CURVATURE, spread).sum(1) for pair in pairs]
raised, _ = difference(ending[1].log(), ending[0].log())
level = difference(ending[2].log(), ending[0].log())
# --8<-- [end:momentum-floor-setup]

# --8<-- [start:momentum-floor]
print("    lr    μ  lr/(1−μ)   floor   even  formula")
for pair, *levels in zip(pairs, ending, steady, theory, strict=True):
    lr, mu = pair
    shown = " ".join(f"{each.mean():7.4f}" for each in levels)
    print(f"{lr:6} {mu:4} {lr / (1 - mu):9.3f} {shown}")
# --8<-- [end:momentum-floor]

# --8<-- [start:momentum-race-setup]
heavy, best_gain = {}, {}
for batch, mu in ((1, 0.0), (1, 0.5), (1, 0.9), (n, 0.0), (n, 0.5)):
    wide = 1 - mu if batch == 1 else 1 + mu
    rates = tuple((RATES[batch] * wide).tolist())
    losses = raced(batch, momentum=mu, rates=rates, epochs=32, runs=16)
    heavy[batch, mu], index = at_best(losses)
    best_gain[batch, mu] = [rates[index[e - 1]] / (1 - mu) for e in (8, 32)]
# --8<-- [end:momentum-race-setup]

# --8<-- [start:momentum-race]
print("ln(with μ) − ln(without), both tuned, 12 seeds")
print("  B    μ      epoch 8           epoch 32")
lead = {}
for batch, mu in ((1, 0.5), (1, 0.9), (n, 0.5)):
    for epoch in (8, 32):
        ours, plain = (heavy[batch, m][epoch - 1].log() for m in (mu, 0.0))
        lead[batch, mu, epoch] = difference(ours, plain)
    shown = "   ".join("{:6.3f} ± {:.3f}".format(*lead[batch, mu, e]) for e in (8, 32))
    print(f"{batch:3} {mu:4}  {shown}")
# --8<-- [end:momentum-race]

# --8<-- [start:lr-change-setup]
param = torch.zeros(1, dtype=torch.float64, requires_grad=True)
optimizer = SGD([param], lr=1.0, momentum=0.9)
velocity, lengths = 0.0, []
for t in range(1, 131):
    lr = optimizer.param_groups[0]["lr"] = 1.0 if t <= 100 else 0.1
    param.data.zero_()
    param.grad = torch.ones_like(param)
    optimizer.step()
    velocity = 0.9 * velocity + lr * 1.0
    lengths.append((-param.item(), velocity))
# --8<-- [end:lr-change-setup]

# --8<-- [start:lr-change-figure]
figure, panel = axes(("t", "|Δθ|"), height=2.3)
for number, label in enumerate(("PyTorch", "Sutskever")):
    series = [pair[number] for pair in lengths[89:]]
    panel.plot(range(90, 131), series, **style(number), label=label)
panel.set_ylim(0, 11)
panel.legend()
print(svg(figure, "lr-change"))
# --8<-- [end:lr-change-figure]

# --8<-- [start:nesterov-setup]
same = ((100, 0.5), (100, 0.9), (100, 0.99), (10_000, 0.99))
settled = {
    (kappa, mu): [settle(kappa, 1 / kappa, mu, kind) for kind in (False, True)]
    for kappa, mu in same
}
for kappa in (100, 10_000):
    settled[kappa, "best"] = [
        settle(kappa, *polyak(kappa), False),
        settle(kappa, *best_nesterov(kappa), True),
    ]
# --8<-- [end:nesterov-setup]

# --8<-- [start:nesterov]
print("    κ     μ  momentum  Nesterov")
for (kappa, mu), run in settled.items():
    print(f"{kappa:5} {mu:>5} {run[0]:9} {run[1]:9}")
# --8<-- [end:nesterov]

# --8<-- [start:nesterov-edge]
print("lr / (2/L)  momentum  Nesterov, μ = 0.9")
for factor in (0.99, 1.01):
    lr = factor * 2 * (1 + 0.9) / (1 + 2 * 0.9) / L
    run = [settle(L, lr, 0.9, kind) for kind in (False, True)]
    print(f"{lr * L / 2:10.3f} {run[0]:9} {run[1]:9}")
# --8<-- [end:nesterov-edge]

# --8<-- [start:playground-figure]
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
panel.legend(loc="lower right", ncols=2)
settings = {
    "curvatures": CURVATURE.tolist(),
    "start": offset.tolist(),
    "steps": 60,
    **shown,
}
drawn = svg(figure, "playground")
print(f"<div data-descent='{json.dumps(settings)}'>\n{drawn}\n</div>")
# --8<-- [end:playground-figure]

# --8<-- [start:try-gain]
for mu in (0.9, 0.99):
    steps = displacements(SGD, torch.ones(1000), momentum=mu)
    most = int((steps < 0.9 / (1 - mu)).sum()) + 1
    print(f"μ = {mu:<4}  step 1000: {steps[-1]:6.2f} lr   90 % of it at step {most}")
# --8<-- [end:try-gain]

# --8<-- [start:try-noise]
found = variances((4, 16, 64))
for size, value in found.items():
    print(f"B = {size:2}  variance {value:7.1f}  deviation {value**0.5:5.1f}")
# --8<-- [end:try-noise]

# --8<-- [start:try-edge]
for mu in (0.0, 0.9):
    end = bowl_path(1.05 * 2 / L, mu, 400, start)[-1]
    print(f"μ = {mu}: loss {excess(end, torch.zeros(2)):.0e}")
# --8<-- [end:try-edge]
