"""Batch size: the linear rule and its end, √ for Adam, the noise scale."""

# --8<-- [start:imports]
import math

import torch
from many_nets import train_many
from plotting import axes, style, svg
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy

# --8<-- [end:imports]

# --8<-- [start:exact]
torch.manual_seed(0)
samples = torch.randn(64, 2)


def after(batch, lr, curvature=1.0):
    """一轮之后的 w，每步一个批 | w after one epoch, a step for each batch"""
    w = torch.zeros(2)
    for rows in samples.split(batch):
        w = w - lr * curvature * (w - rows.mean(0))
    return w


for lr in (0.001, 0.01, 0.1):
    one, eight = after(1, lr), after(8, 8 * lr)
    gap = (one - eight).norm() / one.norm()
    print(f"lr {lr:<5}  batch 1 against batch 8 with lr × 8: {gap:.2%} apart")
print("batch 64 with lr 0.1 × 64: w ends at", after(64, 6.4).tolist())
# --8<-- [end:exact]

# --8<-- [start:sweep-setup]
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32) / 16
data = images, torch.tensor(digits.target)
samples_seen = 3200  # 各种批量大致相同 | about the same for all sizes
grids = {
    "sgd": [6.4 / 2**power for power in range(8)],
    "adam": [0.2 / 2**power for power in range(8)],
}
# --8<-- [end:sweep-setup]

# --8<-- [start:sweep]
best, curves = {}, {}
for rule, grid in grids.items():
    for batch in (4, 16, 64, 256):
        losses = train_many(
            data, grid, 10, samples_seen // batch, rule, batch=batch
        ).nan_to_num(1e3)
        means = losses.mean(1).clip(max=10)
        curves[rule, batch] = means
        place = int(means.argmin())
        best[rule, batch] = grid[place], means[place].item()
        print(f"{rule:4}  B {batch:3}  steps {samples_seen // batch:4}", end="  ")
        print(f"best lr {grid[place]:<8.4g}  loss {means[place]:.3f}")
# --8<-- [end:sweep]

# --8<-- [start:sweep-figure]
figure, *panels = axes(*2 * [("lr", "loss")], columns=2, height=2.5, xscale="log")
for panel, (rule, grid) in zip(panels, grids.items(), strict=True):
    for number, batch in enumerate((4, 16, 64, 256)):
        panel.plot(grid, curves[rule, batch], **style(number), label=f"B = {batch}")
    panel.set(title=rule, ylim=(0, 3))
figure.legend(
    *panels[0].get_legend_handles_labels(),
    loc="outside upper center",
    ncols=4,
    fontsize=9.5,
    handlelength=1.6,
    columnspacing=1,
)
print(svg(figure, "batch"))
# --8<-- [end:sweep-figure]

# --8<-- [start:paths]
growth = {}
for rule in grids:
    for small, large in ((4, 16), (16, 64), (64, 256)):
        growth[rule, large] = best[rule, large][0] / best[rule, small][0]
    row = "  ".join(f"to {large}: ×{growth[rule, large]:g}" for large in (16, 64, 256))
    print(f"{rule:4}  best lr, from one B to the next:  {row}")

steps = samples_seen // 64
more = train_many(data, grids["sgd"], 10, steps, "sgd", batch=256).nan_to_num(1e3)
with_more_steps = grids["sgd"][int(more.mean(1).argmin())]
print(f"sgd   B 256, with {steps} steps:  best lr {with_more_steps:g}")
# --8<-- [end:paths]

# --8<-- [start:transfer]
for batch in (16, 64, 256):
    wanted = best["sgd", 4][0] * batch / 4
    losses = train_many(data, [wanted], 10, samples_seen // batch, "sgd", batch=batch)
    loss = losses.nan_to_num(1e3).mean()
    print(f"B {batch:3}  lr by the rule {wanted:4.1f}", end="  ")
    print(f"loss {loss:6.3f}   best {best['sgd', batch][1]:.3f}")
# --8<-- [end:transfer]

# --8<-- [start:noise-setup]


def noise_scale(net):
    """tr Σ / |G|²，由每个样本的梯度 | from the gradient of every sample"""
    names, params = zip(*net.named_parameters(), strict=True)

    def loss(params, x, y):
        logits = torch.func.functional_call(
            net, dict(zip(names, params, strict=True)), (x[None],)
        )
        return cross_entropy(logits, y[None])

    each = torch.func.vmap(torch.func.grad(loss), (None, 0, 0))(params, *data)
    rows = torch.cat([grad.flatten(1) for grad in each], dim=1)
    mean = rows.mean(0)
    return ((rows - mean).square().sum(1).mean() / mean.square().sum()).item()


# --8<-- [end:noise-setup]

# --8<-- [start:noise]
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
scales = {}
for step in range(301):
    if step in (0, 30, 100, 300):
        scales[step] = noise_scale(net)
        with torch.no_grad():
            loss = cross_entropy(net(images), data[1])
        print(f"step {step:3}  loss {loss:.3f}  noise scale {scales[step]:8.1f}")
    rows = torch.randint(len(images), (64,))
    optimizer.zero_grad()
    cross_entropy(net(images[rows]), data[1][rows]).backward()
    optimizer.step()
# --8<-- [end:noise]

# --8<-- [start:beta2]
found = {}
for beta2 in (0.999, 0.984, 0.9):
    losses = train_many(
        data, grids["adam"], 10, samples_seen // 64, "adam", batch=64, beta2=beta2
    ).nan_to_num(1e3)
    place = int(losses.mean(1).argmin())
    found[beta2] = losses[place]
    print(f"B 64  β₂ {beta2:<5}  best lr {grids['adam'][place]:<6g}", end="  ")
    gap = found[0.999] - losses[place]
    half = 2.26 * gap.std().item() / math.sqrt(10)
    print(f"loss {losses[place].mean():.3f}   gain {gap.mean():+.3f} ± {half:.3f}")
# --8<-- [end:beta2]

# --8<-- [start:try-overshoot]
mean = samples.mean(0)
for lr in (0.5, 1.0, 1.9, 6.4):
    gap = (after(64, lr) - mean).norm() / mean.norm()
    print(f"lr {lr}  distance from the mean, {gap:.2f} of that at the start")
# --8<-- [end:try-overshoot]

# --8<-- [start:try-minimum]
x = torch.randn(1000, 5, dtype=torch.float64)
print("distance   with noise   without")
for distance in (1.0, 0.1, 0.01, 0.001):
    found = []
    for noise in (1.0, 0.0):
        generator = torch.Generator().manual_seed(0)
        y = x.sum(1) + noise * torch.randn(1000, generator=generator).double()
        w = torch.linalg.lstsq(x, y[:, None]).solution[:, 0] + distance
        rows = 2 * (x @ w - y)[:, None] * x
        spread = (rows - rows.mean(0)).square().sum(1).mean()
        found.append((spread / rows.mean(0).square().sum()).item())
    print(f"{distance:<8} {found[0]:12,.1f} {found[1]:9.1f}")
# --8<-- [end:try-minimum]
