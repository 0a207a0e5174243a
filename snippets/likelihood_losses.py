"""Losses that are negative log-likelihoods, or distances of distributions."""

import math

import torch
from reductions import check_reduction, check_shapes, reduce
from torch import Tensor


# --8<-- [start:kl]
def kl_div(
    input: Tensor, target: Tensor, *, log_target: bool = False, reduction: str = "mean"
) -> Tensor:
    """Return target · (log target - input), the terms of KL(target ‖ exp(input)).

    ``input``: log-probabilities; ``target``: probabilities, or their logarithms if
    ``log_target``; one shape, floating. "batchmean" divides by the first dimension,
    "mean" by the number of terms. ValueError where shapes differ (torch broadcasts)
    and on an unknown reduction.
    Source: Kullback & Leibler 1951; documentation of torch.nn.KLDivLoss.

    >>> input, target = torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[1.0, 0.0]])
    >>> kl_div(input, target, reduction="batchmean"), kl_div(input, target)
    (tensor(0.6931), tensor(0.3466))
    """
    check_shapes(input=input, target=target)
    check_reduction(reduction, "batchmean")
    if log_target:
        losses = target.exp() * (target - input)
    else:
        losses = torch.xlogy(target, target) - target * input
    if reduction == "batchmean":
        return losses.sum() / len(input) if input.dim() else losses
    return reduce(losses, reduction)


# --8<-- [end:kl]


# --8<-- [start:poisson]
def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    *,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Tensor:
    """Return rate - target · log(rate), where ``input`` is log(rate), or the rate.

    ``input``, ``target``: one shape, floating. ``full`` adds Stirling's approximation
    of log(target!) for targets above 1. ``eps`` enters the logarithm of a rate only.
    ValueError where shapes differ (torch broadcasts) and on an unknown reduction.
    Source: documentation of torch.nn.PoissonNLLLoss.

    >>> poisson_nll_loss(torch.tensor([2.0]).log(), torch.tensor([3.0]))
    tensor(-0.0794)
    """
    check_shapes(input=input, target=target)
    if log_input:
        losses = input.exp() - target * input
    else:
        losses = input - target * (input + eps).log()
    if full:
        stirling = target * target.log() - target + 0.5 * (2 * math.pi * target).log()
        losses = losses + stirling.masked_fill(target <= 1, 0)
    return reduce(losses, reduction)


# --8<-- [end:poisson]


# --8<-- [start:gaussian]
def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor,
    *,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """Return (log var + (input - target)² / var) / 2.

    ``input``, ``target``: one shape, floating. ``var``: that shape, or with its last
    dimension 1 or missing. Below ``eps`` it counts as ``eps``, but keeps its gradient,
    as in torch. ``full`` adds log(2π) / 2. ValueError on a negative or misshapen
    ``var``, where shapes differ (torch broadcasts) and on an unknown reduction.
    Source: Nix & Weigend 1994; documentation of torch.nn.GaussianNLLLoss.

    >>> input, target = torch.tensor([0.0, 0.0]), torch.tensor([0.0, 2.0])
    >>> gaussian_nll_loss(input, target, torch.tensor([1.0, 4.0]), reduction="none")
    tensor([0.0000, 1.1931])
    """
    check_shapes(input=input, target=target)
    check_reduction(reduction)
    if (var < 0).any():
        raise ValueError("var has negative entry/entries")
    if var.shape == input.shape[:-1] and input.dim():
        var = var.unsqueeze(-1)
    if var.shape not in (input.shape, (*input.shape[:-1], 1)):
        raise ValueError("var is of incorrect size")
    var = var.clone()
    with torch.no_grad():
        var.clamp_(min=eps)
    losses = 0.5 * (var.log() + (input - target) ** 2 / var)
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return reduce(losses, reduction)


# --8<-- [end:gaussian]
