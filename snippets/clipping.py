"""Gradient clipping: what it does to the post's loop, and when it saves a run."""

import math

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_


# --8<-- [start:quartic]
def quartic(steps: int, lr: float, max_norm: float = math.inf) -> list[float]:
    """Return p after each of ``steps`` SGD steps on p ** 4 from p = 10, in float32.

    >>> quartic(2, lr=0.1)
    [-390.0, 23727210.0]
    >>> quartic(2, lr=0.125, max_norm=1.0)
    [9.875, 9.75]
    """
    p = torch.tensor(10.0, requires_grad=True)
    optimizer = torch.optim.SGD([p], lr=lr)
    path = []
    for _ in range(steps):
        optimizer.zero_grad()
        (p**4).backward()
        if max_norm < math.inf:
            clip_grad_norm_([p], max_norm)
        optimizer.step()
        path.append(p.item())
    return path


# --8<-- [end:quartic]


# --8<-- [start:broken]
def broken_batches(
    max_norm: float, runs: int = 20, steps: int = 100, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """Return gradient norms, shape (steps, runs), and distances at the end, (runs,).

    Linear regressions with eight weights, all 1, by SGD from 0 with lr 0.1 and batches
    of 16; in steps 30, 80, ... the targets are fifty times too large. The distances are
    those to the right weights. float32.

    >>> norms, distances = broken_batches(1.0, runs=2, steps=3)
    >>> norms.shape, distances.shape
    (torch.Size([3, 2]), torch.Size([2]))
    """
    draw = torch.Generator().manual_seed(seed)
    w, norms = torch.zeros(runs, 8), []
    for step in range(steps):
        x = torch.randn(runs, 16, 8, generator=draw)
        y = x.sum(2) + torch.randn(runs, 16, generator=draw)
        if step % 50 == 30:
            y = 50 * y  # 坏批次 | a broken batch
        error = torch.einsum("rij,rj->ri", x, w) - y
        grad = torch.einsum("rij,ri->rj", x, error) / 16
        norm = grad.norm(dim=1)
        w = w - 0.1 * grad * (max_norm / norm).clamp(max=1)[:, None]
        norms.append(norm)
    return torch.stack(norms), (w - 1).norm(dim=1)


# --8<-- [end:broken]


# --8<-- [start:logistic]
def labelled_points(flipped: float, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Return 40 points, float64 of shape (40, 3), and labels 0 or 1 of shape (40,).

    The last entry of a point is 1, for the bias. A line separates the labels until a
    share of them, ``flipped`` on average, is turned round.

    >>> x, y = labelled_points(0.0)
    >>> torch.equal(y, (x[:, 0] + x[:, 1] > 0).double())
    True
    """
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(40, 3, generator=draw, dtype=torch.float64)
    x[:, 2] = 1.0
    turned = torch.rand(40, generator=draw) < flipped
    return x, ((x[:, 0] + x[:, 1] > 0) ^ turned).double()


def logistic_regression(
    x: Tensor, y: Tensor, steps: int, lr: float = 1.0
) -> tuple[list[float], list[float]]:
    """Return ‖w‖ after each step of gradient descent from 0, and the gradient norms.

    The loss is the mean binary cross-entropy; no clip, no weight decay.

    >>> sizes, norms = logistic_regression(*labelled_points(0.0), steps=3)
    >>> sizes[0] < sizes[1] < sizes[2], len(norms)
    (True, 3)
    """
    w = torch.zeros(x.shape[1], dtype=x.dtype)
    sizes, norms = [], []
    for _ in range(steps):
        grad = x.T @ (torch.sigmoid(x @ w) - y) / len(y)
        w -= lr * grad
        sizes.append(w.norm().item())
        norms.append(grad.norm().item())
    return sizes, norms


# --8<-- [end:logistic]
