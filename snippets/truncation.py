"""Truncation: a biased gradient, windows and distractors, sums and padding."""

import torch
from summed_loss import (
    RNN,
    criterion,
    echo,
    truncated,
)
from torch.nn.functional import cross_entropy, one_hot


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
