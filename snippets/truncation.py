"""Truncation: a biased gradient, windows and distractors, sums and padding."""

# --8<-- [start:imports]
import torch
from summed_loss import (
    RNN,
    cosine,
    cost,
    criterion,
    difference,
    echo,
    gradient,
    per_step,
    summed,
    truncated,
)
from torch import nn
from torch.nn.functional import cross_entropy, one_hot
from verdicts import Case, Trial

# --8<-- [end:imports]


# --8<-- [start:train]
def train(lag: int, window: int, sequences: int = 20):
    """Train on echo with truncated back-propagation, stepping after each window.

    Returns the number of updates, and the mean loss and the accuracy on fresh
    sequences, over the steps that have a symbol ``lag`` steps before.

    >>> updates, loss, accuracy = train(lag=0, window=5, sequences=2)
    >>> updates, 0 <= accuracy <= 1
    (8, True)
    """
    torch.manual_seed(0)
    rnn = RNN(2, 32, 2)
    optimizer = torch.optim.Adam(rnn.parameters(), lr=0.02)
    updates = 0
    for _ in range(sequences):
        data = echo(length=20, batch=32, lag=lag)
        updates += truncated(rnn, *data, window, optimizer)

    line_tensor, targets = echo(length=40, batch=256, lag=lag)
    hidden, outputs = rnn.initHidden(256), []
    with torch.no_grad():
        for input in line_tensor:
            output, hidden = rnn(input, hidden)
            outputs.append(output)
    outputs, targets = torch.stack(outputs)[lag:], targets[lag:]
    loss = criterion(outputs.flatten(0, 1), targets.flatten())
    accuracy = (outputs.argmax(-1) == targets).float().mean()
    return updates, loss.item(), accuracy.item()


# --8<-- [end:train]


# --8<-- [start:recall]
def recall(
    windows,
    distractors,
    lag=5,
    symbols=4,
    repeats=3,
    updates=120,
):
    """Train networks side by side, each with its own window, to recall a symbol.

    Returns their accuracies on fresh sequences, of shape (windows, repeats). With
    ``distractors`` every step shows a symbol, to be named ``lag`` steps later; without,
    only the first one does, and zeros follow. All windows start from the same weights.

    >>> recall([1, 3], distractors=True, lag=2, repeats=2, updates=1).shape
    torch.Size([2, 2])
    """
    torch.manual_seed(0)
    window = torch.tensor(windows).repeat_interleave(repeats)
    window = window.view(-1, 1, 1)
    bound = 32**-0.5

    def parameter(*shape):
        start = torch.empty(repeats, *shape).uniform_(-bound, bound)
        return start.repeat(len(windows), 1, 1).requires_grad_()

    W_ih, W_hh = parameter(symbols, 32), parameter(32, 32)
    b_h = parameter(1, 32)
    W_ho, b_o = parameter(32, symbols), parameter(1, symbols)
    optimizer = torch.optim.Adam([W_ih, W_hh, b_h, W_ho, b_o], lr=0.01)

    def run(batch):
        length = 3 * (lag + 1) if distractors else lag + 1
        line = torch.randint(symbols, (length, batch))
        line_tensor = one_hot(line, symbols).float()
        if not distractors:
            line_tensor[1:] = 0
        hidden, outputs = torch.zeros(len(window), batch, 32), []
        for i in range(length):
            cut = i % window == 0
            hidden = torch.where(cut, hidden.detach(), hidden)
            hidden = line_tensor[i] @ W_ih + hidden @ W_hh + b_h
            hidden = torch.tanh(hidden)
            if i >= lag:
                outputs.append(hidden @ W_ho + b_o)
        targets = line[: length - lag].expand(len(window), -1, -1)
        return torch.stack(outputs, dim=1), targets

    for _ in range(updates):
        outputs, targets = run(batch=32)
        loss = cross_entropy(outputs.flatten(0, 2), targets.flatten())
        optimizer.zero_grad()
        (len(window) * loss).backward()
        optimizer.step()
    with torch.no_grad():
        outputs, targets = run(batch=512)
    right = (outputs.argmax(-1) == targets).float().mean((1, 2))
    return right.view(len(windows), repeats)


# --8<-- [end:recall]


# --8<-- [start:trace]
def trace(distractors: bool, lag: int = 5) -> tuple[float, float]:
    """Return how far states lie apart by their first symbol, and how far otherwise.

    The states are those of an untrained network, ``lag`` steps after the first of two
    symbols: the root mean square distance of each symbol's mean state from the mean of
    all states, and of the states from their symbol's mean.

    >>> trace(distractors=False)[1] < 1e-6
    True
    """
    torch.manual_seed(0)
    rnn = RNN(2, 32, 2)
    line_tensor, _ = echo(length=lag + 1, batch=4096, lag=0)
    if not distractors:
        line_tensor[1:] = 0
    hidden = rnn.initHidden(4096)
    with torch.no_grad():
        for input in line_tensor:
            hidden = rnn.cell(input, hidden)
    first = line_tensor[0].argmax(-1)
    groups = [hidden[first == symbol] for symbol in (0, 1)]
    means = torch.stack([group.mean(0) for group in groups])
    rest = torch.cat([group - group.mean(0) for group in groups])

    def size(vectors):
        return vectors.square().sum(1).mean().sqrt().item()

    return size(means - hidden.mean(0)), size(rest)


# --8<-- [end:trace]


# --8<-- [start:padded]
def padded(lengths):
    """Return echo sequences of lag 1 in one batch, padded, with targets -100 there.

    >>> line_tensor, targets = padded([3, 1])
    >>> line_tensor.shape, (targets == -100).sum(0)
    (torch.Size([3, 2, 2]), tensor([0, 2]))
    """
    line_tensor, targets = echo(max(lengths), len(lengths), lag=1)
    for column, length in enumerate(lengths):
        line_tensor[length:, column] = 0
        targets[length:, column] = -100
    return line_tensor.double(), targets


def token_losses(rnn, line_tensor, targets):
    """Return the loss of every symbol, of shape (length, batch); 0 where -100.

    >>> losses = token_losses(RNN(2, 8, 2).double(), *padded([3, 1]))
    >>> (losses > 0).tolist()
    [[True, True], [True, False], [True, False]]
    """
    hidden, losses = rnn.initHidden(line_tensor.shape[1]), []
    for i in range(len(line_tensor)):
        output, hidden = rnn(line_tensor[i], hidden)
        loss = cross_entropy(output, targets[i], reduction="none")
        losses.append(loss)
    return torch.stack(losses)


# --8<-- [end:padded]


# --8<-- [start:c28]
def c28() -> Trial:
    """Both ways have the same gradient, and differ in time and cost only.

    Of echo (64 steps, lag 3) in float64; relative to the gradient of the sum.

    >>> c28()
    imprecise
    ✓ retain_graph=True: < 1e-12
    ✗ detach(): 0.70
    """
    torch.manual_seed(0)
    rnn = RNN(2, 32, 2).double()
    line_tensor, targets = echo(length=64, batch=64, lag=3)
    data = line_tensor.double(), targets
    whole = gradient(summed, rnn, *data)
    errors = {
        "retain_graph=True": difference(gradient(per_step, rnn, *data), whole),
        "detach()": difference(gradient(truncated, rnn, *data, 1), whole),
    }
    return Trial(
        *(
            Case(way, "< 1e-12" if e < 1e-12 else f"{e:.2f}", e < 1e-12)
            for way, e in errors.items()
        )
    )


# --8<-- [end:c28]


# --8<-- [start:c30]
def c30() -> Trial:
    """Updating at every step learns faster: loss after the same 20 batches.

    Windows of 1 step and of the whole 20 steps, on echo.

    >>> c30()
    imprecise
    ✓ 隔 0 步回忆 | recall after 0 steps: 2e-05, 2e-03
    ✗ 隔 4 步回忆 | recall after 4 steps: 7e-01, 3e-03
    """
    cases = []
    for lag in (0, 4):
        each, whole = train(lag, window=1)[1], train(lag, window=20)[1]
        what = f"隔 {lag} 步回忆 | recall after {lag} steps"
        cases.append(Case(what, f"{each:.0e}, {whole:.0e}", each < whole))
    return Trial(*cases)


# --8<-- [end:c30]


# --8<-- [start:c36]
def c36() -> Trial:
    """For long sequences, one backward pass at the end reduces computation (300 steps).

    >>> c36()
    imprecise
    ✓ retain_graph: 300 : 45,150
    ✗ 窗口 30 | a window of 30: 300 : 300
    """
    torch.manual_seed(0)
    rnn, data = RNN(2, 32, 2), echo(length=300, batch=4, lag=3)
    cells = {
        "retain_graph": cost(per_step, rnn, *data)[1],
        "窗口 30 | a window of 30": cost(truncated, rnn, *data, 30)[1],
    }
    whole = cost(summed, rnn, *data)[1]
    return Trial(
        *(Case(way, f"{whole:,} : {n:,}", whole < n) for way, n in cells.items())
    )


# --8<-- [end:c36]


if __name__ == "__main__":
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
