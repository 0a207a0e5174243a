"""LBFGS measured: evaluations on Rosenbrock's valley, histories, noise."""

import math

import torch
from lbfgs import lbfgs
from torch import Tensor


# --8<-- [start:rosenbrock]
def rosenbrock(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return 100 (x₂ - x₁²)² + (1 - x₁)² and its gradient; x (..., 2).

    >>> rosenbrock(torch.tensor([1.0, 2.0]))
    (tensor(100.), tensor([-400.,  200.]))
    """
    bend = x[..., 1] - x[..., 0] ** 2
    loss = 100 * bend**2 + (1 - x[..., 0]) ** 2
    slope = -400 * x[..., 0] * bend - 2 * (1 - x[..., 0])
    return loss, torch.stack([slope, 200 * bend], -1)


def starts() -> Tensor:
    """Return ten starts around (-1.2, 1), float64 (10, 2); the first is that point.

    >>> starts()[0]
    tensor([-1.2000,  1.0000], dtype=torch.float64)
    """
    generator = torch.Generator().manual_seed(0)
    offset = 0.3 * torch.randn(10, 2, generator=generator, dtype=torch.float64)
    offset[0] = 0
    return torch.tensor([-1.2, 1.0], dtype=torch.float64) + offset


# --8<-- [end:rosenbrock]


# --8<-- [start:evaluations]
def evaluations(start: Tensor, goal: float = 1e-8, **options) -> tuple[list, float]:
    """Return the loss at each evaluation of LBFGS until it is below ``goal``.

    And how many evaluations that took; inf if not within 400.

    >>> evaluations(starts()[0], line_search_fn="strong_wolfe")[1] < 100
    True
    """
    x, state, losses = start.clone(), {}, []

    def closure():
        loss, grad = rosenbrock(x)
        losses.append(loss.item())
        return losses[-1], grad

    while len(losses) < 400 and not any(loss < goal for loss in losses):
        before = len(losses)
        lbfgs(x, closure, state, **options)
        if len(losses) == before + 1 or not x.isfinite().all():
            break
    below = [number for number, loss in enumerate(losses, 1) if loss < goal]
    return losses, below[0] if below else math.inf


def steps_of(name: str, lr: float, goal: float = 1e-8, limit: int = 2000, **options):
    """Return for each start the steps of an optimizer to the goal, inf if too many.

    One gradient a step; the optimizer must work number by number, as SGD and Adam do,
    for all starts walk in one tensor.

    >>> steps_of("Adam", 0.1, limit=10)[0]
    inf
    """
    x = starts().requires_grad_()
    optimizer = getattr(torch.optim, name)([x], lr=lr, **options)
    found = [math.inf] * len(x)
    for step in range(1, limit + 1):
        loss, x.grad = rosenbrock(x.detach())
        for index in (loss < goal).nonzero().flatten().tolist():
            found[index] = min(found[index], step)
        if max(found) < math.inf or not loss.isfinite().any():
            break
        optimizer.step()
    return found


# --8<-- [end:evaluations]


# --8<-- [start:noisy]
def noisy_fit(batch: int, seed: int, steps: int = 5) -> tuple[float, float]:
    """Return the excess loss of LBFGS on a regression, and of its last batch's optimum.

    256 rows of 10 features, noise of variance 1; LBFGS takes ``steps`` steps, each on a
    new batch; the other is least squares on the last of those batches.

    >>> lbfgs_loss, batch_loss = noisy_fit(batch=32, seed=0)
    >>> abs(lbfgs_loss / batch_loss - 1) < 1e-3
    True
    """
    generator = torch.Generator().manual_seed(seed)
    normal = {"generator": generator, "dtype": torch.float64}
    inputs = torch.randn(256, 10, **normal)
    targets = inputs @ torch.randn(10, **normal) + torch.randn(256, **normal)
    best = torch.linalg.lstsq(inputs, targets).solution
    theta, state = torch.zeros(10, dtype=torch.float64), {}
    for _ in range(steps):
        rows = torch.randperm(256, generator=generator)[:batch]
        x, y = inputs[rows], targets[rows]

        def closure(x=x, y=y):
            error = x @ theta - y
            return (error @ error).item() / 2 / batch, x.T @ error / batch

        lbfgs(theta, closure, state, line_search_fn="strong_wolfe")
    ends = theta, torch.linalg.lstsq(x, y).solution
    losses = [(inputs @ (end - best)).square().mean().item() / 2 for end in ends]
    return losses[0], losses[1]


# --8<-- [end:noisy]
