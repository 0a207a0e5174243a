"""The page `truncation` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import torch
from summed_loss import (
    RNN,
    compare,
    cost,
    difference,
    example,
    gradient,
    summed,
    truncated,
    tuned,
)
from torch.nn.functional import cross_entropy
from truncation import best_recall, padded, recall, token_losses

# --8<-- [end:imports]

# --8<-- [start:cut]
w = torch.tensor(2.0, requires_grad=True)
h = torch.tensor(1.0)
for use in (1, 2, 3):
    if use == 3:
        h = h.detach()
    h = h * w
h.backward()
print(f"h {h.item():g}, w.grad {w.grad.item():g}")
# --8<-- [end:cut]

# --8<-- [start:bias]
windows = [1, 2, 4, 8, 16, 32, 64]
bias = {}
for name in ("default", "orthogonal"):
    task = {"length": 64, "batch": 64, "orthogonal": name == "orthogonal"}
    bias[name] = {k: compare(truncated, k, **task) for k in windows}
    print(f"{name:10s}  error cosine")
    for k, cut in bias[name].items():
        print(f"window {k:3d}  {cut.difference:.3f}  {cut.cosine:.3f}")
# --8<-- [end:bias]

# --8<-- [start:bias-figure]
from plotting import INK, axes, style, svg

labels = ("k", "‖g(k) − g‖ / ‖g‖"), ("k", "cos(g(k), g)")
figure, left, right = axes(*labels, columns=2, height=2.6, xscale="log")
for number, (name, cuts) in enumerate(bias.items()):
    look = {**style(number), "marker": "o", "label": name}
    left.plot(windows, [cut.difference for cut in cuts.values()], **look)
    right.plot(windows, [cut.cosine for cut in cuts.values()], **look)
for panel in (left, right):
    panel.set_xticks([1, 4, 16, 64])
right.legend(loc="lower right")
print(svg(figure, "bias"))
# --8<-- [end:bias-figure]

# --8<-- [start:more-data]
by_batch = {}
for batch in (16, 256, 4096):
    by_batch[batch] = compare(truncated, 1, batch=batch).difference
    print(f"batch {batch:4d}  error {by_batch[batch]:.3f}")
# --8<-- [end:more-data]

# --8<-- [start:sooner]
print("lag window batches updates    lr     loss accuracy")
trained = {}
for lag, window in (0, 1), (0, 10), (4, 1), (4, 5), (4, 10):
    for batches, best in zip((20, 60), tuned(lag, window), strict=True):
        trained[lag, window, batches] = best
        row = f"{lag:3d} {window:6d} {batches:7d} {batches * 10 // window:7d}"
        row += f" {best.lr:5g} {best.loss.mean():8.0e}"
        print(row, f"{best.accuracy.mean():8.2f}")
# --8<-- [end:sooner]

# --8<-- [start:long]
long = {}
for window in (300, 30, 1):
    long[window] = cost(truncated, window, length=300)
    _, backward, peak = long[window]
    print(f"window {window:3d}  backward {backward} {peak:10,d} B")
# --8<-- [end:long]

# --8<-- [start:recalled]
windows, budgets = [1, 2, 3, 4], [100, 300]
recalled = best_recall(windows, budgets)
frozen = best_recall([1], budgets, frozen=True)
untrained = recall([1], [0], lr=0.01).readout.mean().item()

print("updates  window     lr  accuracy  readout")
print(f"      0{untrained:34.2f}")
for updates in budgets:
    rows = {k: recalled[updates, k] for k in windows}
    for k, best in (rows | {"frozen": frozen[updates, 1]}).items():
        row = f"{updates:7d}  {k:>6}  {best.lr:5g}"
        print(f"{row}  {best.accuracy.mean():8.2f}  {best.readout.mean():7.2f}")
# --8<-- [end:recalled]

# --8<-- [start:recalled-figure]
labels = ("k", "accuracy"), ("k", "readout")
figure, left, right = axes(*labels, columns=2, height=2.6)
for number, updates in enumerate(budgets):
    line = style(number)
    found = [recalled[updates, k] for k in windows]
    for panel, values in (
        (left, torch.stack([best.accuracy for best in found])),
        (right, torch.stack([best.readout for best in found])),
    ):
        panel.plot(windows, values.mean(1), **line, label=f"{updates}")
        panel.plot(windows, values, ".", color=line["color"], alpha=0.75)
    level = frozen[updates, 1].accuracy.mean()
    left.axhline(level, color=line["color"], linewidth=0.8)
right.axhline(untrained, color=INK, linewidth=0.8)
for panel in (left, right):
    panel.set(ylim=(0.2, 1.03), xticks=windows)
left.legend(loc="lower right")
print(svg(figure, "recalled"))
# --8<-- [end:recalled-figure]

# --8<-- [start:silence]
silence = best_recall(windows, [100], distractors=False)
alone = recall([1], [100], lr=3.0, distractors=False, frozen=True)
for k in windows:
    runs = silence[100, k].accuracy
    print(f"window {k}  mean {runs.mean():.2f}  worst {runs.min():.2f}")
print(f"frozen    mean {alone.accuracy.mean():.2f}", end="  ")
print(f"worst {alone.accuracy.min():.2f}")
# --8<-- [end:silence]

# --8<-- [start:mean]
norms = {}
for length in (10, 100):
    rnn, *data = example(length, batch=256)
    norms[length] = gradient(summed, rnn, *data).norm().item()
    print(f"T {length:3d}  sum {norms[length]:.3f}", end="  ")
    print(f"mean {norms[length] / length:.4f}")
# --8<-- [end:mean]

# --8<-- [start:alone-setup]
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

mask = targets != -100
losses = token_losses(rnn, line_tensor, targets)
unmasked = token_losses(rnn, line_tensor, targets.clamp(min=0))
# --8<-- [end:alone-setup]

# --8<-- [start:masks]
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
    angle = torch.cosine_similarity(grad, alone, dim=0).item()
    masked[name] = difference(grad, alone), angle
    print("{:17s} {:7.2g} {:6.3f}".format(name, *masked[name]))
# --8<-- [end:masks]

# --8<-- [start:only-padding]
output, padding = torch.zeros(2, 2), torch.full((2,), -100)
nothing = cross_entropy(output, padding)
print(nothing, cross_entropy(output, padding, reduction="sum"))
# --8<-- [end:only-padding]

# --8<-- [start:try-cut]
w = torch.tensor(2.0, requires_grad=True)
h = (1.0 * w).detach() * w * w
h.backward()
print(f"h {h.item():g}, w.grad {w.grad.item():g}")
# --8<-- [end:try-cut]

# --8<-- [start:try-calls]
for window in (16, 8):
    rnn, *data = example(length=256, batch=4)
    calls = truncated(rnn, *data, window)
    cells = cost(truncated, window, length=256, batch=4)[1]
    print(f"window {window:2}: {calls} calls, {cells} cells")
# --8<-- [end:try-calls]

# --8<-- [start:try-padding]
line_tensor, targets = padded([2, 10])
rnn = RNN(2, 32, 2).double()
losses = token_losses(rnn, line_tensor, targets)
right = losses.sum() / (targets != -100).sum()
print(f"mean / (sum / tokens) = {(losses.mean() / right).item():.2f}")
# --8<-- [end:try-padding]
