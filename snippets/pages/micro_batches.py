"""The page `micro-batches` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import math
from functools import partial

import torch
from accumulation import relative
from micro_batches import finish, gradient
from torch.nn.functional import cross_entropy, mse_loss
from torch.nn.utils import clip_grad_norm_, parameters_to_vector

# --8<-- [end:imports]

# --8<-- [start:unequal]
torch.manual_seed(0)
inputs, targets = torch.randn(10, 5), torch.randn(10, 3)
model = torch.nn.Linear(5, 3)
whole = gradient(model, [(inputs, targets)], [1.0])

sizes = [4, 4, 2]
parts = inputs.split(sizes), targets.split(sizes)
batches = list(zip(*parts, strict=True))
by_size = gradient(model, batches, [n / 10 for n in sizes])
by_count = gradient(model, batches, [1 / 3] * 3)
print(f"n_i/N: {relative(by_size, whole):.1e}")
print(f"1/K:   {relative(by_count, whole):.1e}")
# --8<-- [end:unequal]

# --8<-- [start:tokens]
torch.manual_seed(0)
tokens = []
for lengths in [8, 7], [1, 3], [2, 1]:
    x, y = torch.randn(2, 8, 5), torch.randint(3, (2, 8))
    for row, length in zip(y, lengths, strict=True):
        row[length:] = -100
    tokens.append((x.flatten(0, 1), y.flatten()))
counts = [(y != -100).sum().item() for _, y in tokens]
print("tokens:", counts)

joined = [tuple(map(torch.cat, zip(*tokens, strict=True)))]
added_up = partial(cross_entropy, reduction="sum")
ways = {
    "1/K": ([1 / 3] * 3, cross_entropy),
    "n_i/N": ([n / sum(counts) for n in counts], cross_entropy),
    "sums, 1/N": ([1 / sum(counts)] * 3, added_up),
}
right = gradient(model, joined, [1.0], cross_entropy)
off = {way: relative(gradient(model, tokens, *ways[way]), right) for way in ways}
for way, error in off.items():
    print(f"{way:9} {error:.1e}")
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
for mixing in (
    torch.nn.Identity(),
    torch.nn.LayerNorm(8),
    torch.nn.BatchNorm1d(8),
    torch.nn.Dropout(0.5),
):
    net = torch.nn.Sequential(
        torch.nn.Linear(5, 8), mixing, torch.nn.ReLU(), torch.nn.Linear(8, 3)
    )
    name = type(mixing).__name__
    big = gradient(net, [(inputs, targets)], [1.0])
    summed = gradient(net, batches, [n / 10 for n in sizes])
    gaps[name] = relative(summed, big)
    print(f"{name:12} {gaps[name]:.1e}")
# --8<-- [end:mixing]

# --8<-- [start:forgotten-k]
sgd, adam = torch.optim.SGD, torch.optim.Adam
optimizers = {
    "SGD": partial(sgd, lr=0.02),
    "Adam": partial(adam, lr=0.02),
    "Adam, L2": partial(adam, lr=0.02, weight_decay=0.1),
    "AdamW": partial(torch.optim.AdamW, lr=0.02, weight_decay=0.1),
}
effect = {}
for name, build in optimizers.items():
    for max_norm in (math.inf, 0.5):
        right = finish(build, 1 / 4, max_norm)
        wrong = finish(build, 1, max_norm)
        effect[name, max_norm] = relative(wrong, right)
    free_run, clipped_run = effect[name, math.inf], effect[name, 0.5]
    print(f"{name:9} no clip {free_run:.1e}   clip {clipped_run:.1e}")
faster = finish(partial(sgd, lr=0.08), 1 / 4)
print("SGD = lr x 4:", torch.equal(finish(optimizers["SGD"], 1), faster))
# --8<-- [end:forgotten-k]

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
