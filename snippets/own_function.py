"""A function with a backward pass of one's own: torch.autograd.Function."""

import torch
from torch import Tensor


# --8<-- [start:softplus]
class Softplus(torch.autograd.Function):
    """Return log(1 + exp x); its derivative is the sigmoid of x.

    >>> x = torch.tensor([0.0, 100.0], requires_grad=True)
    >>> y = Softplus.apply(x)
    >>> y.sum().backward()
    >>> y.tolist(), x.grad.tolist()
    ([0.6931471824645996, 100.0], [0.5, 1.0])
    """

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.clamp(min=0) + torch.log1p(torch.exp(-x.abs()))

    @staticmethod
    def backward(ctx, grad: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return grad * torch.sigmoid(x)


# --8<-- [end:softplus]


# --8<-- [start:straight-through]
class Round(torch.autograd.Function):
    """Round, and pass the gradient through as if nothing had been done.

    >>> x = torch.tensor([0.4, 1.6], requires_grad=True)
    >>> Round.apply(x).sum().backward()
    >>> x.grad.tolist()
    [1.0, 1.0]
    """

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        return x.round()

    @staticmethod
    def backward(ctx, grad: Tensor) -> Tensor:
        return grad


# --8<-- [end:straight-through]
