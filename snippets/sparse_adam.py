"""SparseAdam: Adam for the rows that a gradient names, and for no others."""

import math

import torch
from checks import check_adam, check_range
from torch import Tensor


# --8<-- [start:sparse-adam]
@torch.no_grad()
def sparse_adam(
    param: Tensor,
    grad: Tensor,
    state: dict,
    *,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    maximize: bool = False,
) -> None:
    """Take one step of SparseAdam, equal to torch.optim.SparseAdam to the bit.

    Adam's m and v, and the step, for the entries that the gradient names; the others
    keep m, v and θ as they are, though t counts on for all. ε stands as in the form
    that Kingma & Ba give at the end of section 2: outside √v, before the correction.
    param: dense, float32 or float64; it changes in place. grad: sparse (COO), of
    param's shape and dtype; what it names twice is added up. state: {} before the
    first step, then "step", "exp_avg" and "exp_avg_sq", dense. ValueError for bad
    input, which changes nothing.
    Source: torch.optim.SparseAdam; Kingma & Ba 2014, arXiv:1412.6980.

    >>> param, state = torch.zeros(3), {}
    >>> grad = torch.tensor([0.0, 5.0, 0.0]).to_sparse()
    >>> sparse_adam(param, grad, state, lr=0.5)
    >>> param
    tensor([ 0.0000, -0.5000,  0.0000])
    """
    needs = ("exp_avg", "exp_avg_sq")
    check_adam(param, grad, state, needs, betas=betas, sparse=True, lr=lr, eps=eps)
    check_range("lr", lr, positive=True)
    check_range("eps", eps, positive=True)
    beta1, beta2 = betas
    zero = torch.zeros_like(param)
    exp_avg, exp_avg_sq = (state.get(name, zero).clone() for name in needs)
    t = state.get("step", 0) + 1

    grad = (-grad if maximize else grad).coalesce()
    named, values = tuple(grad.indices()), grad.values()
    if values.numel() > 0:
        exp_avg[named] += values.sub(exp_avg[named]).mul_(1 - beta1)
        exp_avg_sq[named] += values.pow(2).sub_(exp_avg_sq[named]).mul_(1 - beta2)
        step_size = lr * math.sqrt(1 - beta2**t) / (1 - beta1**t)
        denom = exp_avg_sq[named].sqrt_().add_(eps)
        param[named] += -step_size * exp_avg[named].div_(denom)
    state.update(step=t, exp_avg=exp_avg, exp_avg_sq=exp_avg_sq)


# --8<-- [end:sparse-adam]
