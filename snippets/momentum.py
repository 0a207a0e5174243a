"""Momentum: a weighted sum of gradients, its best rates, its floor, and Nesterov's."""

import math

import torch
from gradient_descent import CURVATURE, excess, gradient, regression, sgd
from torch import Tensor
from torch.optim import SGD, Optimizer


# --8<-- [start:displacements]
def displacements(
    optimizer_class: type[Optimizer],
    grads: Tensor,
    **options,
) -> Tensor:
    """Return what an optimizer subtracts at each step, in units of lr.

    ``grads`` (steps, ...) is one gradient a step; the result has its shape and dtype.
    The parameter is put back to 0 before each step, so that no digit is lost.

    >>> displacements(torch.optim.SGD, torch.ones(3), momentum=0.5)
    tensor([1.0000, 1.5000, 1.7500])
    """
    param = torch.zeros_like(grads[0], requires_grad=True)
    optimizer = optimizer_class([param], lr=1.0, **options)
    moved = torch.empty_like(grads)
    for step, grad in enumerate(grads):
        param.data.zero_()
        param.grad = grad
        optimizer.step()
        moved[step] = -param.detach()
    return moved


# --8<-- [end:displacements]


# --8<-- [start:alignment]
def alignment(grads: Tensor, mu: float = 0.9) -> tuple[float, float]:
    """Return how torch's momentum lies to a weighted average of gradients, at the end.

    ``grads`` (steps, ...). The weights are μ^(age); first the cosine of the last step
    with their average, then the ratio of the lengths.

    >>> cosine, ratio = alignment(torch.ones(100, 1, dtype=torch.float64))
    >>> round(cosine, 6), round(ratio, 3)
    (1.0, 10.0)
    """
    step = displacements(SGD, grads, momentum=mu)[-1].flatten()
    weights = mu ** torch.arange(len(grads) - 1, -1, -1).to(grads)
    average = weights @ grads.flatten(1) / weights.sum()
    lengths = step.norm(), average.norm()
    return (step @ average / lengths[0] / lengths[1]).item(), torch.div(*lengths).item()


# --8<-- [end:alignment]


# --8<-- [start:polyak]
def polyak(kappa: float) -> tuple[float, float]:
    """Return the best lr and momentum for a bowl of curvatures 1 to ``kappa``.

    Source: Polyak 1964.

    >>> polyak(1), polyak(9)
    ((1.0, 0.0), (0.25, 0.25))
    """
    root = math.sqrt(kappa)
    return (2 / (root + 1)) ** 2, ((root - 1) / (root + 1)) ** 2


def best_nesterov(kappa: float) -> tuple[float, float]:
    """Return the same for Nesterov's momentum.

    Source: Lessard, Recht & Packard 2016, table 1.

    >>> best_nesterov(1), best_nesterov(8)
    ((1.0, 0.0), (0.16, 0.42857142857142855))
    """
    root = math.sqrt(3 * kappa + 1)
    return 4 / (3 * kappa + 1), (root - 2) / (root + 2)


# --8<-- [end:polyak]


# --8<-- [start:travelled]
def travelled(lr: float, momentum: float) -> float:
    """Return how long a way a coordinate of curvature 1 goes from 1 until it rests.

    Without crossing the minimum it would be 1. The rule is that of ``sgd``.

    >>> [round(travelled(lr, momentum=0.0), 6) for lr in (0.5, 1.9)]
    [1.0, 19.0]
    """
    theta, buffer, way = 1.0, 0.0, 0.0
    while abs(theta) + abs(buffer) > 1e-12:
        buffer = momentum * buffer + theta
        way += abs(lr * buffer)
        theta -= lr * buffer
    return way


# --8<-- [end:travelled]


# --8<-- [start:bowl-path]
def bowl_path(lr: float, momentum: float, steps: int, start: Tensor) -> Tensor:
    """Return the way (steps + 1, 2) of torch's SGD on the bowl Σ λ θ² / 2, float64.

    λ is CURVATURE; the minimum is at 0.

    >>> bowl_path(lr=0.25, momentum=0.0, steps=1, start=torch.ones(2))
    tensor([[ 1.0000,  1.0000],
            [ 0.7500, -5.2500]], dtype=torch.float64)
    """
    theta = start.double().clone().requires_grad_()
    optimizer = SGD([theta], lr=lr, momentum=momentum)
    way = [theta.detach().clone()]
    for _ in range(steps):
        theta.grad = CURVATURE * theta.detach()
        optimizer.step()
        way.append(theta.detach().clone())
    return torch.stack(way)


# --8<-- [end:bowl-path]


# --8<-- [start:floors]
def noise_floor(lr: float, momentum: float, curvature: Tensor, noise: Tensor) -> Tensor:
    """Return the excess loss at which SGD ends on a bowl, by coordinate.

    ``noise`` is the variance of a gradient's error, the same at every place.

    >>> noise_floor(0.5, 0.0, torch.ones(1), torch.ones(1))  # 0.5 / 4 / (1 - 0.25)
    tensor([0.1667])
    """
    edge = 2 * (1 + momentum) / curvature
    return lr / (1 - momentum) * noise / 4 / (1 - lr / edge)


def floors(
    pairs: tuple[tuple[float, float], ...],
    everywhere: bool = False,
    steps: int = 4000,
    seeds: int = 12,
) -> Tensor:
    """Return the excess loss at which SGD with batches of one ends, (pairs, seeds).

    For pairs of lr and momentum, all on the same samples: the mean of 16 runs and the
    last half of the steps, from the minimum. With ``everywhere`` the noise of a sample
    is at every place what it is at the minimum.

    >>> found = floors(((0.01, 0.0), (0.001, 0.9)), steps=1000, seeds=2)
    >>> found.shape, bool(0.8 < found[1].mean() / found[0].mean() < 1)
    (torch.Size([2, 2]), True)
    """
    data = [regression(seed=seed) for seed in range(seeds)]
    x, y, best = (torch.stack(parts) for parts in zip(*data, strict=True))
    lrs, momenta = torch.tensor(pairs, dtype=torch.float64).T.view(2, -1, 1, 1, 1)
    at, best = torch.arange(seeds).view(-1, 1, 1), best.unsqueeze(1)
    generator = torch.Generator().manual_seed(0)
    theta = best.expand(len(pairs), seeds, 16, 2)
    buffer, losses = torch.zeros_like(theta), torch.zeros(theta.shape[:-1])
    for step in range(steps):
        rows = torch.randint(y.shape[1], (seeds, 16, 1), generator=generator)
        grad = gradient(best if everywhere else theta, x[at, rows], y[at, rows])
        if everywhere:
            grad = grad + CURVATURE * (theta - best)
        buffer = momenta * buffer + grad
        theta = theta - lrs * buffer
        if step >= steps // 2:
            losses = losses + excess(theta, best) / (steps - steps // 2)
    return losses.mean(-1)


# --8<-- [end:floors]


# --8<-- [start:settle]
def settle(kappa: float, lr: float, momentum: float, nesterov: bool) -> float:
    """Return the steps of ``sgd`` to rest on the bowl of curvatures 1 and ``kappa``.

    From (1, 1), until position and step are within 1e-6; inf if it diverges.

    >>> settle(10, lr=0.1, momentum=0.5, nesterov=True)
    50
    >>> settle(10, lr=0.3, momentum=0.0, nesterov=False)
    inf
    """
    curvatures = torch.tensor([1.0, kappa], dtype=torch.float64)
    theta, state, steps = torch.ones_like(curvatures), {}, 0
    options = {"lr": lr, "momentum": momentum, "nesterov": nesterov}
    while theta.abs().max() < 1e9:
        old = theta.clone()
        sgd(theta, curvatures * theta, state, **options)
        steps += 1
        if max(theta.abs().max(), (theta - old).abs().max()) <= 1e-6:
            return steps
    return math.inf


# --8<-- [end:settle]
