"""The page `truncation` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import torch
from summed_loss import RNN, cosine, cost, difference, echo, gradient, summed, truncated
from torch import nn
from torch.nn.functional import cross_entropy
from truncation import padded, recall, token_losses, trace, train

# --8<-- [end:imports]

# --8<-- [start:bias]
windows = [1, 2, 4, 8, 16, 32, 64]
bias = {}
for name in ("default", "orthogonal"):
    torch.manual_seed(0)
    rnn = RNN(2, 32, 2).double()
    if name == "orthogonal":
        nn.init.orthogonal_(rnn.cell.weight_hh)
    line_tensor, targets = echo(length=64, batch=64, lag=3)
    data = line_tensor.double(), targets
    full = gradient(summed, rnn, *data)
    cut = [gradient(truncated, rnn, *data, w) for w in windows]
    errors = [difference(g, full) for g in cut]
    cosines = [cosine(g, full) for g in cut]
    bias[name] = errors, cosines
    print(f"{name:10s}  error cosine")
    for row in zip(windows, *bias[name], strict=True):
        print("window {:3d}  {:.3f}  {:.3f}".format(*row))
# --8<-- [end:bias]

# --8<-- [start:bias-figure]
from plotting import axes, style, svg

labels = ("k", "‖g(k) − g‖ / ‖g‖"), ("k", "cos(g(k), g)")
figure, left, right = axes(*labels, columns=2, height=2.6, xscale="log")
for number, (name, curves) in enumerate(bias.items()):
    for panel, curve in zip((left, right), curves, strict=True):
        panel.plot(windows, curve, **style(number), marker="o", label=name)
for panel in (left, right):
    panel.set_xticks([1, 4, 16, 64])
right.legend(loc="lower right")
print(svg(figure, "bias"))
# --8<-- [end:bias-figure]

# --8<-- [start:more-data]
by_batch = {}
torch.manual_seed(0)
rnn = RNN(2, 32, 2)
for batch in (16, 256, 4096):
    data = echo(length=20, batch=batch, lag=3)
    full = gradient(summed, rnn, *data)
    cut = gradient(truncated, rnn, *data, 1)
    by_batch[batch] = difference(cut, full)
    print(f"batch {batch:4d}  error {by_batch[batch]:.3f}")
# --8<-- [end:more-data]

# --8<-- [start:sooner]
trained = {}
print("lag window updates   loss  accuracy")
for case in (0, 1), (0, 20), (4, 1), (4, 5), (4, 20):
    trained[case] = train(*case)
    row = *case, *trained[case]
    print("{:3d} {:6d} {:7d} {:7.0e} {:8.3f}".format(*row))
# --8<-- [end:sooner]

# --8<-- [start:long]
torch.manual_seed(0)
rnn, data = RNN(2, 32, 2), echo(length=300, batch=32, lag=3)
long = {}
for window in (300, 30, 1):
    long[window] = cost(truncated, rnn, *data, window)
    _, backward, peak = long[window]
    print(f"window {window:3d}  backward {backward} {peak:10,d} B")
# --8<-- [end:long]

# --8<-- [start:recalled]
windows = [1, 2, 3, 5, 6, 8, 12]
recalled = {
    "silence": recall(windows, distractors=False),
    "distractors": recall(windows, distractors=True),
}
for name, accuracy in recalled.items():
    print(name)
    for w, runs in zip(windows, accuracy.tolist(), strict=True):
        print(f"  window {w:2d}", *(f" {a:.2f}" for a in runs))
# --8<-- [end:recalled]

# --8<-- [start:recalled-figure]
figure, panel = axes(("k", "accuracy"))
for number, (name, accuracy) in enumerate(recalled.items()):
    line = style(number)
    panel.plot(windows, accuracy.mean(1), **line, label=name)
    for runs in accuracy.T:
        panel.plot(windows, runs, ".", color=line["color"], alpha=0.6)
panel.axvline(6, **style(5), linewidth=1)
panel.text(6.1, 0.45, "k = 6")
panel.axhline(0.25, **style(5), linewidth=1)
panel.text(12, 0.17, "1/4", ha="right")
panel.set(ylim=(0.1, 1.05), xticks=windows)
panel.legend(loc="center right")
print(svg(figure, "recalled"))
# --8<-- [end:recalled-figure]

# --8<-- [start:traces]
traces = {"silence": trace(False), "distractors": trace(True)}
for name, (first, others) in traces.items():
    print(f"{name:11s}  {first:.4f}  {others:.4f}")
# --8<-- [end:traces]

# --8<-- [start:mean]
norms = {}
torch.manual_seed(0)
rnn = RNN(2, 32, 2)
for length in (10, 100):
    data = echo(length, batch=256, lag=3)
    norms[length] = gradient(summed, rnn, *data).norm().item()
    print(f"T {length:3d}  sum {norms[length]:.3f}", end="  ")
    print(f"mean {norms[length] / length:.4f}")
# --8<-- [end:mean]

# --8<-- [start:alone]
torch.manual_seed(0)
rnn = RNN(2, 32, 2).double()
sequences = [20, 12, 7, 3, 2]
line_tensor, targets = padded(sequences)
tokens = (targets != -100).sum()

rnn.zero_grad()
for column, length in enumerate(sequences):
    one = slice(column, column + 1)
    data = line_tensor[:length, one], targets[:length, one]
    (token_losses(rnn, *data).sum() / tokens).backward()
alone = torch.cat([p.grad.flatten() for p in rnn.parameters()])
# --8<-- [end:alone]

# --8<-- [start:masks]
mask = targets != -100
losses = token_losses(rnn, line_tensor, targets)
unmasked = token_losses(rnn, line_tensor, targets.clamp(min=0))
ways = {
    "sum / tokens": losses.sum() / mask.sum(),
    "mean": losses.mean(),
    "mean of steps": (losses.sum(1) / mask.sum(1)).mean(),
    "mean of sequences": (losses.sum(0) / mask.sum(0)).mean(),
    "no mask": unmasked.mean(),
}
masked = {}
print("                    error cosine")
for name, loss in ways.items():
    rnn.zero_grad()
    loss.backward(retain_graph=True)
    grad = torch.cat([p.grad.flatten() for p in rnn.parameters()])
    masked[name] = difference(grad, alone), cosine(grad, alone)
    print("{:17s} {:7.2g} {:6.3f}".format(name, *masked[name]))
# --8<-- [end:masks]

# --8<-- [start:only-padding]
output, padding = torch.zeros(2, 2), torch.full((2,), -100)
nothing = cross_entropy(output, padding)
print(nothing, cross_entropy(output, padding, reduction="sum"))
# --8<-- [end:only-padding]
