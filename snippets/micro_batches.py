"""Micro-batches: gradients that add up to that of the whole batch."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, mse_loss, normalize
from torch.nn.utils import clip_grad_norm_, parameters_to_vector


# --8<-- [start:gradient]
def gradient(
    model: torch.nn.Module,
    batches: list[tuple[Tensor, Tensor]],
    weights: list[float],
    criterion: Callable[[Tensor, Tensor], Tensor] = mse_loss,
) -> Tensor:
    """Return the gradient of ``model`` accumulated over ``batches``, one flat vector.

    Each batch is an input and a target; its ``criterion`` counts ``weight`` times.

    >>> model = torch.nn.Linear(1, 1)
    >>> with torch.no_grad():
    ...     _ = model.weight.fill_(1.0), model.bias.fill_(0.0)
    >>> one, two = torch.tensor([[1.0]]), torch.tensor([[2.0]])
    >>> gradient(model, [(one, two), (two, two)], [0.5, 0.5])
    tensor([-1., -1.])
    """
    model.zero_grad()
    for (x, y), weight in zip(batches, weights, strict=True):
        loss = weight * criterion(model(x), y)
        loss.backward()
    return parameters_to_vector(p.grad for p in model.parameters())


# --8<-- [end:gradient]


# --8<-- [start:in-batch]
def in_batch_loss(one: Tensor, other: Tensor, temperature: float = 0.1) -> Tensor:
    """Return a contrastive loss: which row of ``other`` belongs to each row of ``one``?

    Both of shape (n, features); row k belongs to row k, and the other n − 1 rows of
    the batch are the wrong answers.

    >>> rows = torch.eye(3)
    >>> in_batch_loss(rows, rows) < in_batch_loss(rows, rows.flip(0))
    tensor(True)
    """
    similar = normalize(one, dim=1) @ normalize(other, dim=1).T
    return cross_entropy(similar / temperature, torch.arange(len(one)))


# --8<-- [end:in-batch]


# --8<-- [start:finish]
def finish(
    build: Callable[..., torch.optim.Optimizer],
    weight: float,
    max_norm: float = math.inf,
    steps: int = 30,
) -> tuple[Tensor, list[float]]:
    """Return how far the steps carry a seeded nn.Linear(5, 3), as one flat vector.

    Each step accumulates 4 micro-batches of 4 samples, ``weight`` times each loss.
    The norms of the gradients, before clipping, are returned too.

    >>> from functools import partial
    >>> sgd, faster = (partial(torch.optim.SGD, lr=lr) for lr in (0.01, 0.04))
    >>> torch.equal(finish(sgd, 1, steps=5)[0], finish(faster, 1 / 4, steps=5)[0])
    True
    """
    torch.manual_seed(0)
    inputs, targets = torch.randn(16, 5), torch.randn(16, 3)
    batches = list(zip(inputs.split(4), targets.split(4), strict=True))
    model = torch.nn.Linear(5, 3)
    start = parameters_to_vector(model.parameters()).detach()
    optimizer = build(model.parameters())
    norms = []
    for _ in range(steps):
        gradient(model, batches, [weight] * 4)
        norms.append(clip_grad_norm_(model.parameters(), max_norm).item())
        optimizer.step()
    return parameters_to_vector(model.parameters()).detach() - start, norms


# --8<-- [end:finish]
