"""SGD on a noisy bowl: the last point, the mean of the path, a falling lr."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.optim import Optimizer


# --8<-- [start:averaged]
@contextmanager
def averaged(optimizer: Optimizer) -> Iterator[None]:
    """Let the parameters hold ASGD's averages within a block, then put them back.

    optimizer: a torch.optim.ASGD; parameters that it has not stepped yet stay.

    >>> theta = torch.ones(1, requires_grad=True)
    >>> optimizer = torch.optim.ASGD([theta], lr=0.75, lambd=0.0, t0=0)
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     theta.square().sum().backward()
    ...     optimizer.step()
    >>> with averaged(optimizer):
    ...     theta.item()
    0.0625
    >>> theta.item()
    -0.125
    """
    kept = {param: param.detach().clone() for param in optimizer.state}
    with torch.no_grad():
        for param in kept:
            param.copy_(optimizer.state[param]["ax"])
    try:
        yield
    finally:
        with torch.no_grad():
            for param, value in kept.items():
                param.copy_(value)


# --8<-- [end:averaged]


# --8<-- [start:noisy-bowl]
def bowl_loss(theta: Tensor) -> Tensor:
    """Return the loss Σ hθ²/2 of a bowl of ten curvatures h from 0.01 to 1.

    theta (..., 10), float64; the result (...).

    >>> round(bowl_loss(torch.ones(10, dtype=torch.float64)).item(), 4)
    1.2409
    """
    curvature = torch.logspace(-2, 0, 10, dtype=torch.float64)
    return (curvature * theta**2).sum(-1) / 2


def noisy_paths(
    lrs: Sequence[float],
    steps: int,
    factor: Callable[[float], float] = lambda share: 1.0,
    noise: float = 1.0,
    seeds: int = 10,
) -> Tensor:
    """Return the paths of SGD on the bowl, (steps, lrs, seeds, 10).

    Gradients carry normal noise of standard deviation ``noise``, the same for every lr;
    starts are normal, too, of deviation 3. factor: what lr is multiplied by when a
    share, from 0 to 1, of the steps is done.

    >>> noisy_paths([0.1, 1.0], steps=5, seeds=3).shape
    torch.Size([5, 2, 3, 10])
    """
    generator = torch.Generator().manual_seed(0)
    normal = {"generator": generator, "dtype": torch.float64}
    curvature = torch.logspace(-2, 0, 10, dtype=torch.float64)
    rates = torch.tensor(lrs, dtype=torch.float64).view(-1, 1, 1)
    theta = 3 * torch.randn(seeds, 10, **normal).expand(len(lrs), -1, -1)
    path = []
    for step in range(steps):
        grad = curvature * theta + noise * torch.randn(seeds, 10, **normal)
        theta = theta - rates * factor(step / steps) * grad
        path.append(theta)
    return torch.stack(path)


# --8<-- [end:noisy-bowl]
