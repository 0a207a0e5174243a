"""The page `summed-loss` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import torch
from summed_loss import (
    RNN,
    at_first_state,
    cosine,
    cost,
    criterion,
    difference,
    echo,
    gradient,
    last_only,
    per_step,
    start_gradients,
    summed,
    truncated,
    update_every_step,
)
from torch import nn

# --8<-- [end:imports]

# --8<-- [start:same]
same = {}
for dtype in (torch.float32, torch.float64):
    torch.manual_seed(0)
    rnn = RNN(2, 32, 2).to(dtype)
    line_tensor, targets = echo(length=20, batch=32, lag=3)
    data = line_tensor.to(dtype), targets
    whole = gradient(summed, rnn, *data)
    parts = gradient(per_step, rnn, *data)
    same[dtype] = difference(parts, whole)
    print(dtype, f"{same[dtype]:.1e}", torch.equal(parts, whole))
# --8<-- [end:same]

# --8<-- [start:last-only]
last = gradient(last_only, rnn, *data)
print(f"difference {difference(last, whole):.3f}")
print(f"cosine     {cosine(last, whole):.3f}")
# --8<-- [end:last-only]

# --8<-- [start:second-time]
from textwrap import fill

torch.manual_seed(0)
data = echo(length=20, batch=32, lag=3)
rnn = RNN(2, 32, 2)
versions, error = update_every_step(rnn, *data)
print("step", len(versions))
print(fill(f"RuntimeError: {error}", 40))
# --8<-- [end:second-time]

# --8<-- [start:in-place]
rnn = RNN(2, 32, 2)
versions, error = update_every_step(rnn, *data, retain_graph=True)
print("step", len(versions))
print(fill(f"RuntimeError: {error}", 40))
print("W_hh at version", versions)
# --8<-- [end:in-place]

# --8<-- [start:learned-start]
rnn = RNN(2, 32, 2)
hidden = torch.zeros(32, 32, requires_grad=True)
options = {"retain_graph": True, "hidden": hidden}
earlier, error = update_every_step(rnn, *data, **options)
print("step", len(earlier))
print(fill(error.split(":")[0], 40))
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
# --8<-- [end:data]

# --8<-- [start:repair]
rnn = RNN(2, 32, 2)
repaired, error = update_every_step(rnn, *data, detach=True)
print("updates", len(repaired), "error", repr(error))
# --8<-- [end:repair]

# --8<-- [start:count]
lengths = [5, 10, 20, 40, 80]
costs = {"sum": [], "retain_graph": [], "detach": []}
torch.manual_seed(0)
rnn = RNN(2, 32, 2)
for length in lengths:
    data = echo(length, batch=32, lag=3)
    costs["sum"].append(cost(summed, rnn, *data))
    costs["retain_graph"].append(cost(per_step, rnn, *data))
    costs["detach"].append(cost(truncated, rnn, *data, 1))

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
    left.plot(lengths, backward, **style(number), marker="o", label=name)
    right.plot(lengths, kib, **style(number), marker="o", label=name)
for panel in (left, right):
    panel.set_xticks(lengths, lengths)
right.set_ylim(bottom=0.5)
right.legend(loc="lower right")
print(svg(figure, "count"))
# --8<-- [end:count-figure]

# --8<-- [start:short]
short = {}
for length in range(3, 11):
    torch.manual_seed(0)
    rnn, data = RNN(2, 32, 2), echo(length, batch=256, lag=1)
    full = gradient(summed, rnn, *data)
    kept = gradient(per_step, rnn, *data)
    cut = gradient(truncated, rnn, *data, 1)
    work = cost(per_step, rnn, *data)[1] / length
    errors = difference(kept, full), difference(cut, full)
    short[length] = work, *errors
    row = length, *short[length]
    print("T {:2d}  work x {:.1f}  {:.0e}  {:.2f}".format(*row))
# --8<-- [end:short]

# --8<-- [start:from-start]
start = {}
for radius in (0.5, 1.0, 1.5):
    torch.manual_seed(0)
    rnn = RNN(2, 32, 2).double()
    nn.init.orthogonal_(rnn.cell.weight_hh, gain=radius)
    nn.init.zeros_(rnn.cell.bias_ih)
    nn.init.zeros_(rnn.cell.bias_hh)
    line_tensor, targets = echo(length=100, batch=1, lag=3)
    data = torch.zeros_like(line_tensor).double(), targets
    whole, each = start_gradients(rnn, *data)
    _, cut = start_gradients(rnn, *data, detach=True)
    norms = each[-1].norm().item(), cut[-1].norm().item()
    start[radius] = *norms, difference(each.sum(0), whole)
    row = radius, *start[radius]
    print("radius {}  {:.0e}  {:.0f}  {:.0e}".format(*row))
# --8<-- [end:from-start]

# --8<-- [start:open-gates]
gates = {}
default = [(kind, None) for kind in ("RNN", "GRU", "LSTM")]
for kind, gate_bias in [*default, ("GRU", 5), ("LSTM", 5)]:
    gates[kind, gate_bias] = at_first_state(kind, gate_bias)
    name = f"{kind} {gate_bias or 'default'}"
    print(f"{name:12s} {gates[kind, gate_bias]:.1e}")
# --8<-- [end:open-gates]
