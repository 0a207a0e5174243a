"""An optimizer of one's own: what the base class does, and what is left to do."""

from collections.abc import Callable

import torch
from torch.optim import Optimizer


# --8<-- [start:sign-momentum]
class SignMomentum(Optimizer):
    """Step by lr along the sign of a moving average of the gradient.

    ``momentum`` is the average's decay; ``weight_decay`` is decoupled, as in AdamW.
    ValueError for a negative lr.

    >>> w = torch.tensor([1.0, -1.0], requires_grad=True)
    >>> optimizer = SignMomentum([w], lr=0.1)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.tolist()
    [0.8999999761581421, -0.8999999761581421]
    """

    def __init__(self, params, lr=1e-3, momentum=0.9, weight_decay=0.0) -> None:
        if lr < 0:
            raise ValueError(f"Invalid learning rate: {lr}")
        defaults = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Callable | None = None):
        """Update all parameters that have a gradient; return the closure's loss."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for param in group["params"]:
                if param.grad is None:
                    continue
                state = self.state[param]
                if not state:
                    state["average"] = torch.zeros_like(param)
                state["average"].lerp_(param.grad, 1 - group["momentum"])
                param.mul_(1 - group["lr"] * group["weight_decay"])
                param.add_(state["average"].sign(), alpha=-group["lr"])
        return loss


# --8<-- [end:sign-momentum]
