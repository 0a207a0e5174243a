"""Refuse bad input before an optimizer touches a parameter."""

import math

import torch


def check_tensors(param: torch.Tensor, grad: torch.Tensor) -> None:
    """Raise ValueError unless ``grad`` can update ``param``.

    Both must be floating point, of the same shape and the same dtype. NaN and inf in a
    gradient are not refused: as in torch.optim they go into the parameter, where they
    can be seen.

    >>> check_tensors(torch.zeros(2), torch.ones(2))
    >>> check_tensors(torch.zeros(2), torch.ones(3))
    Traceback (most recent call last):
    ValueError: grad has shape (3,), param has shape (2,)
    >>> check_tensors(torch.zeros(2, dtype=torch.int64), torch.ones(2))
    Traceback (most recent call last):
    ValueError: param must be floating point, not torch.int64
    """
    for name, tensor in (("param", param), ("grad", grad)):
        if not tensor.is_floating_point():
            raise ValueError(f"{name} must be floating point, not {tensor.dtype}")
    if grad.shape != param.shape:
        shapes = tuple(grad.shape), tuple(param.shape)
        raise ValueError("grad has shape {}, param has shape {}".format(*shapes))
    if grad.dtype != param.dtype:
        raise ValueError(f"grad is {grad.dtype}, param is {param.dtype}")


def check_range(
    name: str, value: float, *, below: float = math.inf, positive: bool = False
) -> None:
    """Raise ValueError unless 0 <= ``value`` < ``below``, or 0 < if ``positive``.

    >>> check_range("lr", 0.1)
    >>> check_range("lr", -0.1)
    Traceback (most recent call last):
    ValueError: lr must be in [0, inf), not -0.1
    >>> check_range("beta1", 1.0, below=1.0)
    Traceback (most recent call last):
    ValueError: beta1 must be in [0, 1), not 1.0
    """
    if not (0 < value < below if positive else 0 <= value < below):
        bracket = "(" if positive else "["
        raise ValueError(f"{name} must be in {bracket}0, {below:g}), not {value}")


def check_adam(
    param: torch.Tensor,
    grad: torch.Tensor,
    lr: float,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float = 0.0,
) -> None:
    """Raise ValueError unless one step of Adam is well defined.

    >>> check_adam(torch.zeros(2), torch.ones(2), 1e-3, (0.9, 0.999), 1e-8)
    >>> check_adam(torch.zeros(2), torch.ones(2), 1e-3, (0.9, 1.0), 1e-8)
    Traceback (most recent call last):
    ValueError: beta2 must be in [0, 1), not 1.0
    """
    check_tensors(param, grad)
    check_range("lr", lr)
    check_range("beta1", betas[0], below=1)
    check_range("beta2", betas[1], below=1)
    check_range("eps", eps)
    check_range("weight_decay", weight_decay)
