"""Stochastic gradients and momentum: variance, floors, and a weighted sum."""

import math

import torch
from gradient_descent import CURVATURE, excess, gradient, regression, sgd
from torch import Tensor
from torch.optim import SGD, Optimizer


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


# --8<-- [start:raced]
def raced(batch: int, lr: float, epochs: int = 60) -> list[float]:
    """Return the excess loss after each epoch with batches of that size.

    >>> len(raced(128, 0.05, epochs=3))
    3
    """
    per_epoch = 128 // batch
    lrs = torch.full((epochs * per_epoch, 1), lr, dtype=torch.float64)
    run = sampled(regression(), lrs, batch, runs=1 if batch == 128 else 32)
    return run[per_epoch - 1 :: per_epoch, 0].tolist()


# --8<-- [end:raced]


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
    while theta.isfinite().all():
        old = theta.clone()
        sgd(theta, curvatures * theta, state, **options)
        steps += 1
        if max(theta.abs().max(), (theta - old).abs().max()) <= 1e-6:
            return steps
    return math.inf


# --8<-- [end:settle]
