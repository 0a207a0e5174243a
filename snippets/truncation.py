"""Truncation: a biased gradient, windows and distractors, sums and padding."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from summed_loss import RNNs, echo
from torch.nn.functional import cross_entropy, one_hot, pad


# --8<-- [start:recall]
class Recall(NamedTuple):
    """Accuracies of shape (updates, windows, networks), and what states still hold.

    ``readout`` is the accuracy of the best linear readout of the states, fitted by
    least squares: what an output layer could name.
    """

    accuracy: torch.Tensor
    readout: torch.Tensor


def recall(
    windows: Sequence[int],
    updates: Sequence[int],
    lr: float,
    lag: int = 3,
    distractors: bool = True,
    frozen: bool = False,
) -> Recall:
    """Train networks side by side, each with its own window, to recall a symbol.

    Ten networks of 16 units for each window; all windows start from the same weights
    and see the same data, and all update once per batch. With ``distractors`` every
    step shows one of four symbols, to be named ``lag`` steps later; without, only the
    first one does, and zeros follow. ``frozen`` trains the output layer alone. Tested
    on fresh sequences after each number of ``updates``; 0 is before any.

    >>> found = recall([1, 3], updates=[0, 2], lr=0.01, lag=2)
    >>> found.accuracy.shape
    torch.Size([2, 2, 10])
    >>> torch.equal(*found.readout[0])
    True
    """
    symbols, networks, count = 4, 10, 10 * len(windows)
    rnns = RNNs(count, symbols, 16, symbols)
    torch.manual_seed(0)
    ten = RNNs(networks, symbols, 16, symbols).state_dict()
    rnns.load_state_dict({k: p.repeat(len(windows), 1, 1) for k, p in ten.items()})
    for p in (rnns.W_ih, rnns.W_hh, rnns.b_h):
        p.requires_grad_(not frozen)
    window = torch.tensor(windows).repeat_interleave(networks).view(-1, 1, 1)
    length = 2 * (lag + 1) if distractors else lag + 1

    def run(batch):
        line = torch.randint(symbols, (length, networks * batch))
        line = line.repeat(1, len(windows))
        line_tensor = one_hot(line, symbols).float()
        if not distractors:
            line_tensor[1:] = 0
        hidden, states, outputs = rnns.initHidden(count * batch), [], []
        for i in range(length):
            hidden = torch.where(i % window == 0, hidden.detach(), hidden)
            output, hidden = rnns(line_tensor[i], hidden)
            states.append(hidden)
            outputs.append(output)
        targets = line[: length - lag].view(-1, count, batch).transpose(0, 1)
        outputs = torch.stack(outputs[lag:]).view(-1, count, batch, symbols)
        return outputs.transpose(0, 1), torch.stack(states[lag:], dim=1), targets

    def share(outputs, targets):
        right = (outputs.argmax(-1) == targets).float().flatten(1).mean(1)
        return right.view(len(windows), networks)

    accuracy, readout = [], []
    optimizer = torch.optim.Adam(rnns.parameters(), lr, fused=True)
    for update in range(max(updates) + 1):
        if update in updates:
            with torch.no_grad(), torch.random.fork_rng():
                torch.manual_seed(1)
                _, fitted, known = run(batch=64)
                outputs, states, targets = run(batch=64)
            fitted, states = (
                pad(each, (0, 1), value=1.0).double() for each in (fitted, states)
            )
            wanted = one_hot(known.flatten(1), symbols).double()
            W = torch.linalg.lstsq(fitted.flatten(1, 2), wanted).solution
            accuracy.append(share(outputs, targets))
            readout.append(share(states @ W.unsqueeze(1), targets))
        outputs, _, targets = run(batch=16)
        loss = cross_entropy(outputs.flatten(0, 2), targets.flatten())
        optimizer.zero_grad()
        (count * loss).backward()
        optimizer.step()
    return Recall(torch.stack(accuracy), torch.stack(readout))


# --8<-- [end:recall]


# --8<-- [start:best]
class Best(NamedTuple):
    """The best lr of a sweep, and what each network reaches there."""

    lr: float
    accuracy: torch.Tensor
    readout: torch.Tensor


def best_recall(
    windows: Sequence[int], updates: Sequence[int], **task
) -> dict[tuple[int, int], Best]:
    """Return, by updates and window, the lr with the highest mean accuracy of ten.

    ``task`` goes to ``recall``. Five rates are tried, or for an output layer alone
    (``frozen``) three larger ones. ValueError if the best is the first or the last.

    >>> found = best_recall([1], [25], frozen=True, distractors=False)
    >>> found[25, 1].lr, found[25, 1].accuracy.shape
    (3.0, torch.Size([10]))
    """
    lrs = (0.0003, 0.001, 0.003, 0.01, 0.03)
    if task.get("frozen"):
        lrs = (0.3, 3.0, 30.0)
    sweep = {lr: recall(windows, updates, lr, **task) for lr in lrs}
    found = {}
    for u, number in enumerate(updates):
        for w, window in enumerate(windows):
            best = max(lrs, key=lambda lr: sweep[lr].accuracy[u, w].mean())
            if best in (lrs[0], lrs[-1]):
                raise ValueError(f"{number} updates, window {window}: lr {best}")
            accuracy, readout = sweep[best]
            found[number, window] = Best(best, accuracy[u, w], readout[u, w])
    return found


# --8<-- [end:best]


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

    >>> from summed_loss import RNN
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
