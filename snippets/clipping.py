"""Gradient clipping: what it does to the post's loop, and when it saves a run."""

import math

import torch
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
