"""The page `summed-loss` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import math

import torch
from summed_loss import (
    RNN,
    at_first_state,
    compare,
    cost,
    criterion,
    difference,
    example,
    gradient,
    last_only,
    per_step,
    start_norms,
    summed,
    truncated,
    tuned,
    update_every_step,
)

# --8<-- [end:imports]

# --8<-- [start:same]
same = {}
for dtype in (torch.float32, torch.float64):
    same[dtype] = compare(per_step, dtype=dtype)
    print(dtype, f"{same[dtype].difference:.1e}", same[dtype].equal)
# --8<-- [end:same]

# --8<-- [start:last-only]
last = compare(last_only)
print(f"difference {last.difference:.3f}")
print(f"cosine     {last.cosine:.3f}")
# --8<-- [end:last-only]

# --8<-- [start:second-time]
from textwrap import fill

rnn, *data = example(dtype=torch.float32)
versions, error = update_every_step(rnn, *data)
print("step", len(versions))
print(fill(f"RuntimeError: {error}", 36, break_long_words=False))
# --8<-- [end:second-time]

# --8<-- [start:in-place]
rnn = RNN(2, 32, 2)
versions, error = update_every_step(rnn, *data, retain_graph=True)
print("step", len(versions))
print(fill(f"RuntimeError: {error}", 36, break_long_words=False))
print("W_hh at version", versions)
# --8<-- [end:in-place]

# --8<-- [start:learned-start]
rnn = RNN(2, 32, 2)
hidden = torch.zeros(32, 32, requires_grad=True)
options = {"retain_graph": True, "hidden": hidden}
earlier, error = update_every_step(rnn, *data, **options)
print("step", len(earlier))
print(fill(error.split(":")[0], 36))
# --8<-- [end:learned-start]

# --8<-- [start:data]
torch.manual_seed(0)
rnn = RNN(2, 32, 2)
hidden = rnn.initHidden(32)
for i in range(3):
    output, hidden = rnn(data[0][i], hidden)
loss = criterion(output, data[1][i])

W_hh = rnn.cell.weight_hh
before = torch.autograd.grad(loss, W_hh, retain_graph=True)[0]
W_hh.data.add_(before, alpha=-0.1)
after = torch.autograd.grad(loss, W_hh, retain_graph=True)[0]
print("version", W_hh._version)
print(f"difference {difference(after, before):.1e}")

W_hh.grad = before
torch.optim.SGD([W_hh], lr=0.1, fused=True).step()
print("after a fused step: version", W_hh._version)
# --8<-- [end:data]

# --8<-- [start:repair]
rnn = RNN(2, 32, 2)
repaired, error = update_every_step(rnn, *data, detach=True)
print("updates", len(repaired), "error", repr(error))
# --8<-- [end:repair]

# --8<-- [start:count]
lengths = [5, 10, 20, 40, 80]
costs = {"sum": [], "retain_graph": [], "detach": []}
for length in lengths:
    costs["sum"].append(cost(summed, length=length))
    costs["retain_graph"].append(cost(per_step, length=length))
    costs["detach"].append(cost(truncated, 1, length=length))

print("   T forward backward    bytes")
for name, rows in costs.items():
    print(name)
    for length, row in zip(lengths, rows, strict=True):
        print("{:4d} {:7d} {:8d} {:8,d}".format(length, *row))
added = costs["sum"][-1][2] - costs["sum"][-2][2]
per_cell = added // (lengths[-1] - lengths[-2])
# --8<-- [end:count]

# --8<-- [start:count-figure]
from plotting import axes, style, svg

labels = ("T", "backward cells"), ("T", "saved / KiB")
scales = {"xscale": "log", "yscale": "log"}
figure, left, right = axes(*labels, columns=2, height=2.6, **scales)
for number, (name, rows) in enumerate(costs.items()):
    _, backward, peak = zip(*rows, strict=True)
    kib = [bytes_ / 1024 for bytes_ in peak]
    # 粗线被压住也看得见 | a thick line shows below another
    line = style(number) | {"linewidth": 3.4 - 0.8 * number, "label": name}
    mark = {"marker": "o", "markersize": 8 - 1.5 * number}
    left.plot(lengths, backward, **line, **mark)
    right.plot(lengths, kib, **line, **mark)
for panel in (left, right):
    panel.set_xticks(lengths, lengths)
right.set_ylim(0.15, 700)
right.legend(loc="lower right")
print(svg(figure, "count"))
# --8<-- [end:count-figure]

# --8<-- [start:short]
short = {}
print("   T  work   kept   cut")
for length in (3, 5, 10):
    work = cost(per_step, length=length)[1] / length
    kept = compare(per_step, length=length, batch=256, lag=1)
    cut = compare(truncated, 1, length=length, batch=256, lag=1)
    short[length] = work, kept.difference, cut.difference
    print("{:4d}  x {:.1f} {:6.0e} {:5.2f}".format(length, *short[length]))
# --8<-- [end:short]

# --8<-- [start:short-trained]
print("    batches  each step   whole  lower")
trained = {}
for lag in (0, 1):
    both = zip((20, 60), tuned(lag, 1, length=5), tuned(lag, 5, length=5), strict=True)
    for batches, each, whole in both:
        lower = (each.loss < whole.loss).sum().item()
        losses = each.loss.mean().item(), whole.loss.mean().item()
        trained[lag, batches] = *losses, lower
        row = "lag {}{:8d}{:11.0e}{:8.0e}{:4d}/10"
        print(row.format(lag, batches, *losses, lower))
# --8<-- [end:short-trained]

# --8<-- [start:from-start]
start = {}
print("radius   norm  detach    gap")
for radius in (0.5, 1.0, 1.5):
    start[radius] = start_norms(radius)
    print("{:6} {:6.0e} {:7.0f} {:6.0e}".format(radius, *start[radius]))
# --8<-- [end:from-start]

# --8<-- [start:gates]
gains = (1, 2, 4, 8)
cells = {
    "RNN": ("RNN", None),
    "GRU": ("GRU", None),
    "LSTM": ("LSTM", None),
    "GRU b = 5": ("GRU", 5),
    "LSTM b = 5": ("LSTM", 5),
}
gates = {
    (name, gain): at_first_state(*cell, gain).median().item()
    for name, cell in cells.items()
    for gain in gains
}
# --8<-- [end:gates]

# --8<-- [start:open-gates]
print("W_hh      ", *(f"{f'x {gain}':>7}" for gain in gains))
for name in cells:
    print(f"{name:10}", *(f"{gates[name, gain]:7.0e}" for gain in gains))
orthogonal = at_first_state("RNN", orthogonal=True).median().item()
print(f"RNN, orthogonal W_hh: {orthogonal:.0e}")
# --8<-- [end:open-gates]


# --8<-- [start:try-mean]
def mean(rnn, line_tensor, targets):
    hidden, losses = rnn.initHidden(32), []
    for letter, target in zip(line_tensor, targets, strict=True):
        output, hidden = rnn(letter, hidden)
        losses.append(criterion(output, target))
    torch.stack(losses).mean().backward()


rnn, *data = example(length=20)
of_mean, of_sum = gradient(mean, rnn, *data), gradient(summed, rnn, *data)
print(f"norm of the sum / norm of the mean: {of_sum.norm() / of_mean.norm():.4f}")
print(f"20 × mean against the sum: {difference(20 * of_mean, of_sum):.0e}")
# --8<-- [end:try-mean]

# --8<-- [start:try-count]
print("retain_graph  ", cost(per_step, length=20)[1])
print("cut each 5    ", cost(truncated, 5, length=20)[1])
# --8<-- [end:try-count]

# --8<-- [start:try-late-step]
rnn, *data = example(dtype=torch.float32)
optimizer = torch.optim.SGD(rnn.parameters(), lr=0.1)
before = rnn.cell.weight_hh.detach().clone()
per_step(rnn, *data)
optimizer.step()
moved = (rnn.cell.weight_hh - before).abs().max().item()
print(f"no error; max|ΔW_hh| = {moved:.4f}")
# --8<-- [end:try-late-step]
