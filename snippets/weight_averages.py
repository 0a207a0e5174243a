"""A weight that dances around a minimum, its EMA and its plain mean."""

import torch
from torch import Tensor


# --8<-- [start:dance]
def dance(
    late: int,
    speed: float = 0.0,
    start: float = 0.0,
    runs: int = 200,
    steps: int = 2000,
    seed: int = 0,
) -> Tensor:
    """Return w, its EMA and its mean, less the minimum, after each step.

    Shape (steps, 3, runs), float32. SGD with lr 0.1 on (w - middle)²/2, from ``start``,
    whose gradient carries standard normal noise; the middle, first at 0, moves by
    ``speed`` in each step. The decay of the EMA is 0.99, and the mean is that of all
    steps past ``late``, w itself before.

    >>> path = dance(late=10, speed=0.5, steps=20)
    >>> path.shape, torch.equal(path[9, 0], path[9, 2])
    (torch.Size([20, 3, 200]), True)
    """
    generator = torch.Generator().manual_seed(seed)
    w = ema = mean = torch.full((runs,), start)
    path = []
    for step in range(1, steps + 1):
        middle = speed * step
        grad = w - middle + torch.randn(runs, generator=generator)  # 带噪声 | noisy
        w = w - 0.1 * grad
        ema = 0.99 * ema + 0.01 * w
        mean = w if step <= late else mean + (w - mean) / (step - late)
        path.append(torch.stack([w, ema, mean]) - middle)
    return torch.stack(path)


# --8<-- [end:dance]
