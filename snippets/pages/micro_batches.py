"""The page `micro-batches` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import math
from functools import partial

import torch
from accumulation import relative
from micro_batches import finish, gradient, in_batch_loss
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss
from torch.nn.utils import clip_grad_norm_, parameters_to_vector

# --8<-- [end:imports]

# --8<-- [start:mean-of-means]
numbers = torch.tensor([1.0, 2.0, 3.0, 10.0])
groups = numbers.split([3, 1])
means = torch.stack([group.mean() for group in groups])
print("mean              ", numbers.mean().item())
print("mean of the means ", means.mean().item())
print("weighted by n_i/N ", (means * torch.tensor([3 / 4, 1 / 4])).sum().item())
# --8<-- [end:mean-of-means]

# --8<-- [start:epoch]
torch.manual_seed(0)
x, y = torch.randn(72, 1), torch.linspace(0, 3, 72)[:, None]
line = nn.Linear(1, 1)
total, count, means = 0.0, 0, []
for part, target in zip(x.split(32), y.split(32), strict=True):
    loss = mse_loss(line(part), target)
    total += loss.item() * len(part)
    count += len(part)
    means.append(loss.item())
print("batches of     ", [len(part) for part in x.split(32)])
print(f"total / count   {total / count:.4f}")
print(f"mean of means   {sum(means) / len(means):.4f}")
print(f"all in one      {mse_loss(line(x), y).item():.4f}")
# --8<-- [end:epoch]

# --8<-- [start:unequal]
torch.manual_seed(0)
inputs, targets = torch.randn(10, 5), torch.randn(10, 3)
model = nn.Linear(5, 3)
whole = gradient(model, [(inputs, targets)], [1.0])

sizes = [4, 4, 2]
parts = inputs.split(sizes), targets.split(sizes)
batches = list(zip(*parts, strict=True))
by_size = gradient(model, batches, [n / 10 for n in sizes])
by_count = gradient(model, batches, [1 / 3] * 3)
print(f"n_i/N: {relative(by_size, whole):.1e}")
print(f"1/K:   {relative(by_count, whole):.1e}")
# --8<-- [end:unequal]

# --8<-- [start:tokens-setup]
torch.manual_seed(0)
tokens = []
for lengths in [8, 7], [1, 3], [2, 1]:
    x, y = torch.randn(2, 8, 5), torch.randint(3, (2, 8))
    for row, length in zip(y, lengths, strict=True):
        row[length:] = -100
    tokens.append((x.flatten(0, 1), y.flatten()))
joined = [tuple(map(torch.cat, zip(*tokens, strict=True)))]
# --8<-- [end:tokens-setup]

# --8<-- [start:tokens]
counts = [(y != -100).sum().item() for _, y in tokens]
print("tokens:", counts)

added_up = partial(cross_entropy, reduction="sum")
ways = {
    "1/K": ([1 / 3] * 3, cross_entropy),
    "n_i/N": ([n / sum(counts) for n in counts], cross_entropy),
    "sums, 1/N": ([1 / sum(counts)] * 3, added_up),
}
right = gradient(model, joined, [1.0], cross_entropy)
off = {way: relative(gradient(model, tokens, *ways[way]), right) for way in ways}
sums = gradient(model, tokens, [1.0] * 3, added_up)
off["sums, .grad/N"] = relative(sums / sum(counts), right)
for way, error in off.items():
    print(f"{way:13} {error:.1e}")
# --8<-- [end:tokens]

# --8<-- [start:class-weights]
class_weight = torch.tensor([1.0, 1.0, 10.0])
weighted = partial(cross_entropy, weight=class_weight)
weight_sums = [class_weight[y[y != -100]].sum().item() for _, y in tokens]
print("sums of class weights:", weight_sums)

right = gradient(model, joined, [1.0], weighted)
for name, parts in {"tokens": counts, "class weights": weight_sums}.items():
    shares = [part / sum(parts) for part in parts]
    off[name] = relative(gradient(model, tokens, shares, weighted), right)
    print(f"{name:13} {off[name]:.1e}")
# --8<-- [end:class-weights]

# --8<-- [start:mixing]
torch.manual_seed(0)
gaps = {}
for mixing in nn.Identity(), nn.LayerNorm(8), nn.BatchNorm1d(8), nn.Dropout(0.5):
    net = nn.Sequential(nn.Linear(5, 8), mixing, nn.ReLU(), nn.Linear(8, 3))
    name = type(mixing).__name__
    big = gradient(net, [(inputs, targets)], [1.0])
    summed = gradient(net, batches, [n / 10 for n in sizes])
    gaps[name] = relative(summed, big)
    print(f"{name:12} {gaps[name]:.1e}")
# --8<-- [end:mixing]

# --8<-- [start:coupled]
encoder = nn.Linear(5, 8)
pairs = torch.randn(16, 5)
views = pairs + 0.1 * torch.randn(16, 5)


def contrast(z, other):
    return in_batch_loss(z, encoder(other))


big = gradient(encoder, [(pairs, views)], [1.0], contrast)
for size in (8, 4):
    split = list(zip(pairs.split(size), views.split(size), strict=True))
    summed = gradient(encoder, split, [size / 16] * len(split), contrast)
    gaps[size] = relative(summed, big)
    print(f"micro-batches of {size}: {gaps[size]:.1e}")
# --8<-- [end:coupled]

# --8<-- [start:optimizers]
sgd, adam = torch.optim.SGD, torch.optim.Adam
optimizers = {
    "SGD": partial(sgd, lr=0.02),
    "SGD, L2": partial(sgd, lr=0.02, weight_decay=0.1),
    "Adam": partial(adam, lr=0.02),
    "Adam, L2": partial(adam, lr=0.02, weight_decay=0.1),
    "AdamW": partial(torch.optim.AdamW, lr=0.02, weight_decay=0.1),
}
# --8<-- [end:optimizers]

# --8<-- [start:forgotten-k]
effect, bounds = {}, (math.inf, 2.0, 1.0, 0.5)
print("max_norm ", *(f"{bound:7}" for bound in bounds))
for name, build in optimizers.items():
    for bound in bounds:
        right, _ = finish(build, 1 / 4, bound)
        wrong, _ = finish(build, 1, bound)
        effect[name, bound] = relative(wrong, right)
    print(f"{name:9}", *(f"{effect[name, bound]:.1e}" for bound in bounds))
# --8<-- [end:forgotten-k]

# --8<-- [start:four-times]
right, norms = finish(optimizers["SGD"], 1 / 4)
print(f"norms, right run: {norms[0]:.2f} ... {norms[-1]:.2f}")

wrong, _ = finish(optimizers["SGD"], 1)
faster, _ = finish(partial(sgd, lr=0.08), 1 / 4)
print("SGD = lr x 4:", torch.equal(wrong, faster))

wrong, _ = finish(optimizers["SGD, L2"], 1)
for decay in (0.1, 0.1 / 4):
    faster, _ = finish(partial(sgd, lr=0.08, weight_decay=decay), 1 / 4)
    effect["lr x 4", decay] = relative(wrong, faster)
    print(f"L2, lr x 4, decay {decay:.3f}: {effect['lr x 4', decay]:.1e}")
# --8<-- [end:four-times]

# --8<-- [start:clipped-adam]
acts = {}
print("max_norm  acts, right  acts, wrong      off")
for bound in (0.5, 0.05):
    runs = [finish(optimizers["Adam"], weight, bound) for weight in (1 / 4, 1)]
    acts[bound] = [sum(norm > bound for norm in before) for _, before in runs]
    effect["Adam", bound] = relative(runs[1][0], runs[0][0])
    row = "".join(f"{count:13}" for count in acts[bound])
    print(f"{bound:8}{row}  {effect['Adam', bound]:.1e}")
# --8<-- [end:clipped-adam]

# --8<-- [start:clip-place]
once_clipped = 0.1 * whole / whole.norm()

model.zero_grad()
for (part, target), n in zip(batches, sizes, strict=True):
    (n / 10 * mse_loss(model(part), target)).backward()
    clip_grad_norm_(model.parameters(), max_norm=0.1)
each_clipped = parameters_to_vector(p.grad for p in model.parameters())

cosine = torch.cosine_similarity(each_clipped, once_clipped, dim=0)
print(f"norms {once_clipped.norm():.3f} {each_clipped.norm():.3f}")
print(f"cosine {cosine:.3f}")
# --8<-- [end:clip-place]

# --8<-- [start:recipe]
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)

for _ in range(2):
    optimizer.zero_grad()
    for part, target in batches:
        loss = mse_loss(model(part), target) * len(part) / len(inputs)
        loss.backward()
    clip_grad_norm_(model.parameters(), max_norm=1.0)
    optimizer.step()
    scheduler.step()
    print("lr", scheduler.get_last_lr()[0])
# --8<-- [end:recipe]

# --8<-- [start:leftover]
K, number, epochs = 2, 5, 2
held = {}
for how in ("after step", "at start", "extra step"):
    w = torch.zeros(1, requires_grad=True)
    held[how] = []
    for _ in range(epochs):
        if how == "at start":
            w.grad = None
        for i in range(1, number + 1):
            w.sum().backward()  # 每个微批给 1 | each micro-batch adds 1
            if i % K == 0 or (how == "extra step" and i == number):
                held[how].append(int(w.grad.item()))
                w.grad = None
    print(f"{how:10} {held[how]} {sum(held[how])}/{number * epochs}")
# --8<-- [end:leftover]

# --8<-- [start:try-thousand]
for name in ("SGD", "Adam"):
    right, _ = finish(optimizers[name], 1 / 4)
    wrong, _ = finish(optimizers[name], 1000 / 4)
    print(f"{name:5} {relative(wrong, right):.0e}")
# --8<-- [end:try-thousand]

# --8<-- [start:try-tighter]
for bound in (0.5, 0.25):
    right, norms = finish(optimizers["SGD"], 1 / 4, bound)
    wrong, _ = finish(optimizers["SGD"], 1, bound)
    row = f"norms {min(norms):.2f} and more, {relative(wrong, right):.0e} off"
    print(f"max_norm {bound}: {row}")
# --8<-- [end:try-tighter]

# --8<-- [start:try-last-step]
last = [32, 32, 32, 8]
for n in last:
    share = n / sum(last)
    print(f"{n:2} samples: n_i/N {share:.3f}, 1/K 0.250, x {0.25 / share:.2f}")
# --8<-- [end:try-last-step]
