"""Stochastic gradients: their variance, their floor, and a race of batch sizes."""

import math
from functools import cache

import torch
from gradient_descent import excess, gradient, regression
from torch import Tensor
from torch.optim import SGD


# --8<-- [start:sampled]
def sampled(
    data: tuple[Tensor, Tensor, Tensor],
    lrs: Tensor,
    batch: int,
    runs: int = 32,
) -> Tensor:
    """Return the excess loss of SGD after each step, as a mean over ``runs``.

    ``data`` as from ``regression``; ``lrs`` (steps, k) holds k schedules, which all
    see the same samples; the result has its shape. A batch is drawn with replacement,
    but a batch of all rows is all rows. From θ = (-5, 1.5), seed 0.

    >>> lrs = torch.full((100, 2), 0.01)
    >>> sampled(regression(n=8), lrs, batch=8, runs=1).shape
    torch.Size([100, 2])
    """
    x, y, best = data
    n = len(x)
    generator = torch.Generator().manual_seed(0)
    theta = torch.tensor([-5.0, 1.5], dtype=torch.float64)
    theta = theta.expand(lrs.shape[1], runs, 2)
    shape = (len(lrs), runs, batch)
    rows = torch.randint(n, shape, generator=generator)
    if batch == n:
        rows = torch.arange(n).expand(shape)
    way = []
    for lr, inputs, targets in zip(lrs.unsqueeze(-1), x[rows], y[rows], strict=True):
        theta = theta - lr.unsqueeze(-1) * gradient(theta, inputs, targets)
        way.append(theta)
    return excess(torch.stack(way), best).mean(-1)


# --8<-- [end:sampled]


# --8<-- [start:plateau]
def plateau(batch: int, lr: float, runs: int = 64) -> tuple[float, int]:
    """Return where the loss stops at a constant lr, and the steps until it is below 1.

    Excess loss, as a mean over ``runs`` and the last third of 16 / lr steps.

    >>> level, steps = plateau(16, lr=0.032, runs=8)
    >>> 0.01 < level < 0.02, steps
    (True, 54)
    """
    lrs = torch.full((int(16 / lr), 1), lr, dtype=torch.float64)
    run = sampled(regression(), lrs, batch, runs)[:, 0]
    steps = 1 + int((run < 1).double().argmax())
    return run[-len(run) // 3 :].mean().item(), steps


# --8<-- [end:plateau]


# --8<-- [start:variances]
def variances(sizes: tuple[int, ...], draws: int = 10_000) -> dict[int, float]:
    """Return the variance of a batch's gradient at (-5, 1.5) by the batch's size.

    Of both components, added; batches are drawn with replacement, seed 0.

    >>> found = variances((1, 16))
    >>> 14 < found[1] / found[16] < 18
    True
    """
    x, y, _ = regression()
    start = torch.tensor([-5.0, 1.5], dtype=torch.float64)
    each = gradient(start, x.unsqueeze(1), y.unsqueeze(1))
    torch.manual_seed(0)
    return {
        size: each[torch.randint(len(x), (draws, size))].mean(1).var(0).sum().item()
        for size in sizes
    }


# --8<-- [end:variances]


# --8<-- [start:batch-gap]
def batch_gap(size: int) -> float:
    """Return how far a batch's gradient is from the mean of its samples' gradients.

    Relative to its length, at (-5, 1.5), for the first ``size`` rows.

    >>> batch_gap(16) < 1e-14
    True
    """
    x, y, _ = regression()
    x, y = x[:size], y[:size]
    start = torch.tensor([-5.0, 1.5], dtype=torch.float64)
    each = gradient(start, x.unsqueeze(1), y.unsqueeze(1))
    whole = gradient(start, x, y)
    return ((each.mean(0) - whole).norm() / whole.norm()).item()


# --8<-- [end:batch-gap]


# --8<-- [start:raced]
RATES = {
    1: torch.logspace(-4, -1.2, 15, dtype=torch.float64),
    16: torch.logspace(-3, -1, 15, dtype=torch.float64),
    128: torch.linspace(0.01, 0.085, 16, dtype=torch.float64),
}
EPOCHS = 128


@cache
def raced(
    batch: int,
    seeds: int = 12,
    momentum: float = 0.0,
    rates: tuple[float, ...] = (),
    epochs: int = EPOCHS,
    runs: int = 4,
) -> Tensor:
    """Return the excess loss after each epoch at each of the rates.

    Of shape (epochs, lrs, seeds); without ``rates`` those of RATES. A seed stands for
    data of its own, n = 128, and ``runs`` over it, whose mean it is. A batch is drawn
    with replacement, but a batch of all rows is all rows. All see the same batches.

    >>> raced(128, seeds=2).shape
    torch.Size([128, 16, 2])
    """
    data = [regression(seed=seed) for seed in range(seeds)]
    x, y, best = (torch.stack(parts) for parts in zip(*data, strict=True))
    lrs = torch.tensor(rates, dtype=torch.float64) if rates else RATES[batch]
    n, lrs = y.shape[1], lrs.view(-1, 1, 1, 1)
    runs = 1 if batch == n else runs
    at = torch.arange(seeds).view(-1, 1, 1)
    generator = torch.Generator().manual_seed(0)
    theta = torch.tensor([-5.0, 1.5], dtype=torch.float64)
    theta = theta.expand(len(lrs), seeds, runs, 2)
    buffer, losses = torch.zeros_like(theta), []
    for _ in range(epochs):
        shape = (n // batch, seeds, runs, batch)
        rows = torch.randint(n, shape, generator=generator)
        if batch == n:
            rows = torch.arange(n).expand(shape)
        for inputs, targets in zip(x[at, rows], y[at, rows], strict=True):
            buffer = momentum * buffer + gradient(theta, inputs, targets)
            theta = theta - lrs * buffer
        losses.append(excess(theta, best.unsqueeze(1)).mean(-1))
    return torch.stack(losses)


# --8<-- [end:raced]


# --8<-- [start:at-best]
def at_best(losses: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss at the best lr and its index, for each epoch by itself.

    ``losses`` (epochs, lrs, seeds) to (epochs, seeds) and (epochs,); the best has the
    lowest mean over the seeds.

    >>> at_best(torch.tensor([[[3.0, 3.0], [1.0, 2.0]]]))
    (tensor([[1., 2.]]), tensor([1]))
    """
    chosen = losses.mean(-1).nan_to_num(nan=math.inf).argmin(1)
    return losses[torch.arange(len(losses)), chosen], chosen


# --8<-- [end:at-best]


# --8<-- [start:rows-used]
def rows_used(batch: int, draw: int = 0) -> int:
    """Return on how many of the 128 samples one step of SGD depends.

    Counted: a sample counts if the step changes when its label does. ``draw`` seeds
    the batch.

    >>> rows_used(128)
    128
    """
    x, y, _ = regression()
    torch.manual_seed(draw)
    rows = torch.randperm(len(x))[:batch]
    start = torch.tensor([-5.0, 1.5], dtype=torch.float64)

    def step(labels):
        theta = start.clone().requires_grad_()
        theta.grad = gradient(start, x[rows], labels[rows])
        SGD([theta], lr=0.01).step()
        return theta.detach()

    changed = y + torch.eye(len(y), dtype=torch.float64)
    return sum(not torch.equal(step(labels), step(y)) for labels in changed)


# --8<-- [end:rows-used]
