"""Run a scheduler of torch and write down what it sets."""

from torch.optim.lr_scheduler import LRScheduler


# --8<-- [start:lr-path]
def lr_path(scheduler: LRScheduler, steps: int, group: int = 0) -> list[float]:
    """Return lr of a parameter group at t = 0 … steps, for a fresh scheduler.

    Each step is ``optimizer.step()``, then ``scheduler.step()``.

    >>> import torch
    >>> optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    >>> scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2, gamma=0.5)
    >>> lr_path(scheduler, 4)
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    optimizer = scheduler.optimizer
    path = [optimizer.param_groups[group]["lr"]]
    for _ in range(steps):
        optimizer.step()
        scheduler.step()
        path.append(optimizer.param_groups[group]["lr"])
    return path


# --8<-- [end:lr-path]
