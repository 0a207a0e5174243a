"""The page `averaging` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import torch
from averaged_sgd import asgd
from averaging import averaged, bowl_loss, noisy_paths
from expected import expect
from paired import difference
from plotting import axes, style, svg
from torch import nn
from torch.optim import ASGD, SGD

# --8<-- [end:imports]

# --8<-- [start:path]
torch.manual_seed(0)
theta = torch.ones(1, requires_grad=True)
optimizer = ASGD([theta], lr=0.1, lambd=0.0, t0=100)
path, averages = [], []
for _ in range(2000):
    theta.grad = theta.detach() + torch.randn(1)
    optimizer.step()
    path.append(theta.item())
    averages.append(optimizer.state[theta]["ax"].item())
late = torch.tensor([path[1000:], averages[1000:]])
rms = late.square().mean(1).sqrt().tolist()
print(f"t > 1000: rms of θ {rms[0]:.3f}, of ax {rms[1]:.3f}")
mean = torch.tensor(path[101:], dtype=torch.float64).mean().item()
print(f"ax {averages[-1]:.6f}, mean of θ₁₀₂ … θ₂₀₀₀ {mean:.6f}")
# --8<-- [end:path]

# --8<-- [start:path-figure]
figure, panel = axes(("t", "θ"), height=2.4)
panel.plot(path[:1000], **style(0), label="θ")
panel.lines[-1].set_linewidth(0.6)
panel.plot(averages[:1000], **style(1), label="ax")
panel.set_ylim(top=1.4)
panel.legend(loc="upper right", ncols=2)
print(svg(figure, "path"))
# --8<-- [end:path-figure]

# --8<-- [start:same]
ours, state = torch.zeros(100), {}
theirs = ours.clone().requires_grad_()
options = {"lr": 0.1, "t0": 100, "weight_decay": 0.1}
optimizer = ASGD([theirs], **options)
for _ in range(500):
    theirs.grad = torch.randn(100)
    optimizer.step()
    asgd(ours, theirs.grad, state, **options)
kept = optimizer.state[theirs]
print(torch.equal(ours, theirs), torch.equal(state["ax"], kept["ax"]))
# --8<-- [end:same]

# --8<-- [start:swap]
torch.manual_seed(0)
inputs = torch.randn(512, 10)
targets = inputs @ torch.randn(10, 1) + torch.randn(512, 1)
model = nn.Linear(10, 1)
optimizer = ASGD(model.parameters(), lr=0.1, lambd=0.0, t0=100)
for _ in range(1000):
    rows = torch.randint(512, (4,))
    optimizer.zero_grad()
    nn.functional.mse_loss(model(inputs[rows]), targets[rows]).backward()
    optimizer.step()
seen = []
with torch.no_grad():
    seen.append(nn.functional.mse_loss(model(inputs), targets).item())
    with averaged(optimizer):
        seen.append(nn.functional.mse_loss(model(inputs), targets).item())
    seen.append(nn.functional.mse_loss(model(inputs), targets).item())
columns = torch.cat([inputs, torch.ones(512, 1)], 1)
fitted = columns @ torch.linalg.lstsq(columns, targets).solution
least = nn.functional.mse_loss(fitted, targets).item()
print("loss above the minimum")
print(f"θ {seen[0] - least:.4f}, ax {seen[1] - least:.4f}, θ {seen[2] - least:.4f}")
# --8<-- [end:swap]

# --8<-- [start:gain]
lrs = [10 ** (power / 4) for power in range(-12, 3)]
curves, gain = {}, {}
for steps in (300, 3000):
    paths = noisy_paths(lrs, steps, seeds=40)
    falling = noisy_paths(lrs, steps, lambda share: 1 - share, seeds=40)
    ends = {"last θ": paths[-1], "lr → 0": falling[-1]}
    ends |= {"t₀ = 0": paths.mean(0), "t₀ = T/2": paths[steps // 2 :].mean(0)}
    curves[steps] = {name: bowl_loss(end).log10() for name, end in ends.items()}
    print(f"T = {steps}    log₁₀ lr   log₁₀ L   to the last θ")
    for name, scores in curves[steps].items():
        chosen = scores.mean(1).nan_to_num(nan=9.0).argmin().item()
        gain[steps, name] = scores[chosen]
        mean, half = difference(scores[chosen], gain[steps, "last θ"])
        print(f"{name:10}  {chosen / 4 - 3:8} {scores[chosen].mean():9.2f}", end="")
        print("" if name == "last θ" else f"   {mean:6.2f} ± {half:.2f}")
# --8<-- [end:gain]

# --8<-- [start:gain-figure]
figure, *panels = axes(("lr", "log₁₀ L"), ("lr", "log₁₀ L"), columns=2, xscale="log")
for panel, scores in zip(panels, curves.values(), strict=True):
    for number, (name, values) in enumerate(scores.items()):
        panel.plot(lrs, values.mean(1), **style(number), label=name)
    panel.set_ylim(-1.8, 1.3)
panels[0].legend(fontsize=9)
print(svg(figure, "gain"))
# --8<-- [end:gain-figure]

# --8<-- [start:control]
quiet = noisy_paths(lrs, 300, noise=0.0, seeds=40)
control = {}
for name, end in {"last θ": quiet[-1], "t₀ = 0": quiet.mean(0)}.items():
    control[name] = bowl_loss(end).log10().mean(1).min().item()
    print(f"{name:8} {control[name]:6.2f}")
# --8<-- [end:control]

# --8<-- [start:default]
for dtype in (torch.float32, torch.float64):
    drawn = torch.randn(1000, 50, dtype=dtype)
    ends = []
    for kind, options in ((SGD, {}), (ASGD, {"lambd": 0.0}), (ASGD, {})):
        theta = torch.ones(50, dtype=dtype, requires_grad=True)
        optimizer = kind([theta], lr=0.1, **options)
        for noise in drawn:
            theta.grad = theta.detach() + noise
            optimizer.step()
        ends.append(theta.detach())
    kept = torch.equal(optimizer.state[theta]["ax"], theta)
    apart = [(end - ends[0]).abs().max().item() for end in ends[1:]]
    print(f"{dtype!s:13} ax = θ: {kept}", end="   ")
    print(f"to SGD: lambd=0 {apart[0]:.0e}, default {apart[1]:.0e}")
# --8<-- [end:default]

# --8<-- [start:rates]
shrunk = {}
print("lambd        η / lr at t = 10³      10⁵      10⁷")
for lambd in (0.0, 1e-4, 1e-2):
    shrunk[lambd] = [(1 + lambd * 0.1 * t) ** -0.75 for t in (1e3, 1e5, 1e7)]
    print(f"{lambd:6} {shrunk[lambd][0]:24.4f}", end="")
    print(f"{shrunk[lambd][1]:9.4f} {shrunk[lambd][2]:8.4f}")
# --8<-- [end:rates]

# --8<-- [start:pulled]
curvature = torch.tensor([1.0, 1e-2, 1e-3], dtype=torch.float64)
pulled, state = torch.zeros(3, dtype=torch.float64), {}
for _ in range(10_000):
    asgd(pulled, curvature * (pulled - 1), state, lr=1.0)
for h, end in zip(curvature.tolist(), pulled.tolist(), strict=True):
    print(f"h = {h:5}  θ = {end:.4f}  h / (h + λ) = {h / (h + 1e-4):.4f}")
# --8<-- [end:pulled]

# --8<-- [start:errors]
theta = torch.ones(1, requires_grad=True)
theta.grad = torch.ones(1)
optimizer = ASGD([theta], lr=0.1, lambd=-1.0)
with expect(ZeroDivisionError) as caught:
    while True:
        optimizer.step()
print(f"step {optimizer.state[theta]['step']:g}: {caught}")
theta.grad = torch.ones(1).to_sparse()
with expect(RuntimeError) as caught:
    ASGD([theta]).step()
print(caught)
optimizer = ASGD([theta])
with expect(KeyError) as caught:
    optimizer.state[theta]["ax"]
print(caught)
# --8<-- [end:errors]

# --8<-- [start:try-start]
far = {}
for t0 in (0, 100, 1000):
    theta, state = torch.full((1,), 100.0, dtype=torch.float64), {}
    for _ in range(2000):
        asgd(theta, 0.01 * theta, state, lr=1.0, lambd=0.0, t0=t0)
    far[t0] = state["ax"].item()
    print(f"t0 = {t0:4}  θ = {theta.item():.1e}  ax = {state['ax'].item():.1e}")
# --8<-- [end:try-start]

# --8<-- [start:try-theory]
curvature = torch.logspace(-2, 0, 10, dtype=torch.float64)
for steps in (200, 2000, 20_000):
    limit = (1 / (2 * curvature * steps)).sum().log10().item()
    found = bowl_loss(noisy_paths([0.3], steps).mean(0)).mean().log10().item()
    print(f"T = {steps:5}  log₁₀ L {found:6.2f}   Σ 1/(2hT) {limit:6.2f}")
# --8<-- [end:try-theory]
