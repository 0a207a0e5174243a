"""The page `momentum` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import json
import math

import torch
from gradient_descent import CURVATURE, descend, excess, gradient, regression
from momentum import (
    best_nesterov,
    bowl_path,
    displacements,
    floors,
    noise_floor,
    polyak,
    settle,
    travelled,
)
from paired import difference
from plotting import FAINT, INK, axes, style, svg
from stochastic import RATES, at_best, raced
from torch.optim import SGD

x, y, best = regression()
n, L = len(x), CURVATURE.max().item()
start = torch.tensor([-5.0, 1.5], dtype=torch.float64)
# --8<-- [end:imports]

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

# --8<-- [start:try-edge]
for mu in (0.0, 0.9):
    end = bowl_path(1.05 * 2 / L, mu, 400, start)[-1]
    print(f"μ = {mu}: loss {excess(end, torch.zeros(2)):.0e}")
# --8<-- [end:try-edge]

# --8<-- [start:try-dampening]
print("lr / (2/L)  loss, μ = τ = 0.9")
for factor in (0.99, 1.01):
    lr = factor * 2 * (1 + 0.9) / (1 - 0.9) / L
    theta = start.clone().requires_grad_()
    optimizer = SGD([theta], lr=lr, momentum=0.9, dampening=0.9)
    for _ in range(2000):
        theta.grad = CURVATURE * theta.detach()
        optimizer.step()
    print(f"{lr * L / 2:10.2f} {excess(theta.detach(), torch.zeros(2)):18.0e}")
# --8<-- [end:try-dampening]

# --8<-- [start:try-shuffle]
print("    lr    μ  with replacement  shuffled")
for lr, mu in ((0.005, 0.0), (0.0025, 0.5), (0.0005, 0.9)):
    levels = []
    for replacement in (True, False):
        torch.manual_seed(0)
        theta, buffer, losses = best.expand(64, 2), 0.0, []
        for _ in range(200):
            order = torch.rand(64, n).argsort(1)
            if replacement:
                order = torch.randint(n, (64, n))
            for rows in order.split(16, dim=1):
                buffer = mu * buffer + gradient(theta, x[rows], y[rows])
                theta = theta - lr * buffer
                losses.append(excess(theta, best).mean())
        levels.append(torch.stack(losses[-800:]).mean())
    print(f"{lr:6} {mu:4} {levels[0]:17.5f} {levels[1]:9.5f}")
# --8<-- [end:try-shuffle]
