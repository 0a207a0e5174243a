"""What Rprop and Adadelta do on noisy batches and in other units."""

from collections.abc import Sequence
from functools import cache

import torch
from optimizer_atlas import walk
from torch import Tensor


# --8<-- [start:batches]
@cache
def regressions(seeds: int = 20) -> tuple[Tensor, Tensor, Tensor]:
    """Return inputs (seeds, 256, 10), targets and solutions of regressions, float64.

    Everything is standard normal, the noise of the targets too.

    >>> [tuple(part.shape) for part in regressions(2)]
    [(2, 256, 10), (2, 256, 1), (2, 10, 1)]
    """
    normal = {"generator": torch.Generator().manual_seed(0), "dtype": torch.float64}
    inputs = torch.randn(seeds, 256, 10, **normal)
    targets = inputs @ torch.randn(seeds, 10, 1, **normal)
    targets += torch.randn(seeds, 256, 1, **normal)
    return inputs, targets, torch.linalg.lstsq(inputs, targets).solution


def path_on_batches(name: str, lr: float, batch: int, steps: int, **options) -> Tensor:
    """Return where an optimizer stands after each step, (steps, seeds, 10, 1).

    On ``regressions``, all in one tensor; the batches are drawn with replacement and
    the same for every optimizer, but a batch of all rows is all rows.

    >>> path_on_batches("SGD", 0.1, 16, 3).shape
    torch.Size([3, 20, 10, 1])
    """
    inputs, targets, best = regressions()
    generator = torch.Generator().manual_seed(1)

    def gradient(theta, t):
        rows = slice(None)
        if batch < 256:
            rows = torch.randint(256, (batch,), generator=generator)
        x, y = inputs[:, rows], targets[:, rows]
        return x.mT @ (x @ theta - y) / batch

    return walk(name, torch.zeros_like(best), gradient, steps, lr=lr, **options)


def excess(thetas: Tensor) -> Tensor:
    """Return log₁₀ of the loss above its minimum, (..., seeds) of (..., seeds, 10, 1).

    What is below 1e-25 hangs on rounding and counts as that.

    >>> bool((excess(path_on_batches("SGD", 0.1, 256, 100)[-1]) < -5).all())
    True
    """
    inputs, _, best = regressions()
    above = (inputs @ (thetas - best)).square().mean((-2, -1)) / 2
    return above.clamp_min(1e-25).log10()


def tuned_on_batches(
    name: str, lrs: Sequence[float], batch: int, budgets: Sequence[int], **options
) -> list[tuple[float, Tensor]]:
    """Return for each budget of steps the best of ``lrs``, and its scores by seed.

    By the mean of ``excess``; runs that are not finite are left out.

    >>> [best for best, scores in tuned_on_batches("SGD", [0.1, 9.0], 256, [5, 50])]
    [0.1, 0.1]
    """
    tried = {}
    for lr in lrs:
        way = path_on_batches(name, lr, batch, max(budgets), **options)
        tried[lr] = [excess(way[steps - 1]) for steps in budgets]
    found = []
    for row in range(len(budgets)):
        means = {lr: scores[row].mean() for lr, scores in tried.items()}
        best = min((lr for lr in lrs if means[lr].isfinite()), key=means.__getitem__)
        found.append((best, tried[best][row]))
    return found


# --8<-- [end:batches]


# --8<-- [start:unit]
def in_unit(name: str, unit: float, steps: int, **options) -> Tensor:
    """Return the path on a bowl when θ is counted in a ``unit``, (steps, 5).

    The curvatures of the bowl go from 1 to 100. θ becomes θ/unit, so its gradient is
    multiplied by the unit; the path is returned in the unit 1.

    >>> whole, half = (in_unit("SGD", unit, 1, lr=0.01) for unit in (1.0, 0.5))
    >>> torch.equal(half, whole)
    False
    """
    curvature = torch.logspace(0, 2, 5, dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(5, generator=generator, dtype=torch.float64)

    def gradient(theta, t):
        return unit * (curvature * (unit * theta))

    return unit * walk(name, start / unit, gradient, steps, **options)


def adadelta_in_unit(unit: float, steps: int, rho: float = 0.9) -> Tensor:
    """Return the same path of Adadelta with two ε that follow the unit.

    Both are 1e-6 for a unit of 1; the one above the line is a θ², the one below a g².

    >>> path = adadelta_in_unit(1.0, 50)
    >>> torch.testing.assert_close(path, in_unit("Adadelta", 1.0, 50, lr=1.0))
    """
    curvature = torch.logspace(0, 2, 5, dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    theta = torch.randn(5, generator=generator, dtype=torch.float64) / unit
    above, below = 1e-6 / unit**2, 1e-6 * unit**2
    square_avg = acc_delta = torch.zeros_like(theta)
    way = []
    for _ in range(steps):
        grad = unit * (curvature * (unit * theta))
        square_avg = rho * square_avg + (1 - rho) * grad**2
        delta = (acc_delta + above).sqrt() / (square_avg + below).sqrt() * grad
        acc_delta = rho * acc_delta + (1 - rho) * delta**2
        theta = theta - delta
        way.append(unit * theta)
    return torch.stack(way)


# --8<-- [end:unit]
