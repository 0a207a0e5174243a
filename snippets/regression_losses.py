"""Losses for numbers with errors: L1, MSE, Huber and SmoothL1, with their gradients."""

import torch
from reductions import check_reduction, check_shapes, reduce
from torch import Tensor


# --8<-- [start:mse]
def mse_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    reduction: str = "mean",
) -> Tensor:
    """Return the squared errors (input - target)², reduced.

    ``input``, ``target`` and ``weight``: one shape, floating. With ``weight``, "mean"
    divides by the sum of the weights. ValueError where shapes differ (torch warns and
    broadcasts) and on an unknown reduction.
    Source: documentation of torch.nn.MSELoss and torch.nn.functional.mse_loss.

    >>> input, target = torch.tensor([1.0, 2.0, 6.0]), torch.tensor([1.0, 3.0, 3.0])
    >>> mse_loss(input, target, reduction="none"), mse_loss(input, target)
    (tensor([0., 1., 9.]), tensor(3.3333))
    """
    check_shapes(input=input, target=target)
    losses, divisor = (input - target).square(), None
    if weight is not None:
        check_shapes(input=input, weight=weight)
        losses, divisor = losses * weight, weight.sum()
    return reduce(losses, reduction, divisor)


# --8<-- [end:mse]


# --8<-- [start:l1]
def l1_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    reduction: str = "mean",
) -> Tensor:
    """Return the absolute errors \\|input - target\\|, reduced.

    ``input``, ``target`` and ``weight``: one shape, floating. With ``weight``, "mean"
    divides by the sum of the weights. ValueError where shapes differ (torch warns and
    broadcasts) and on an unknown reduction.
    Source: documentation of torch.nn.L1Loss and torch.nn.functional.l1_loss.

    >>> input, target = torch.tensor([1.0, 2.0, 6.0]), torch.tensor([1.0, 3.0, 3.0])
    >>> l1_loss(input, target, reduction="none"), l1_loss(input, target)
    (tensor([0., 1., 3.]), tensor(1.3333))
    """
    check_shapes(input=input, target=target)
    losses, divisor = (input - target).abs(), None
    if weight is not None:
        check_shapes(input=input, weight=weight)
        losses, divisor = losses * weight, weight.sum()
    return reduce(losses, reduction, divisor)


# --8<-- [end:l1]


# --8<-- [start:huber]
def huber_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    delta: float = 1.0,
    reduction: str = "mean",
) -> Tensor:
    """Return half the squared error up to ``delta``, a line of slope ``delta`` beyond.

    ``input``, ``target`` and ``weight``: one shape, floating; ``delta`` > 0. With
    ``weight``, "mean" divides by the number of losses, as torch does here and not in
    mse_loss. ValueError where shapes differ (torch warns and broadcasts), on a
    ``delta`` that is not positive and on an unknown reduction.
    Source: Huber 1964; documentation of torch.nn.HuberLoss.

    >>> input, target = torch.tensor([1.0, 2.5, 6.0]), torch.tensor([1.0, 3.0, 3.0])
    >>> huber_loss(input, target, reduction="none")
    tensor([0.0000, 0.1250, 2.5000])
    """
    check_shapes(input=input, target=target)
    if not delta > 0:
        raise ValueError(f"delta must be greater than 0, not {delta}")
    error = (input - target).abs()
    # 否则 inf 反向会变成 NaN | an inf here would make NaN backward
    small = error.where(error <= delta, 0)
    inside = 0.5 * small * small
    outside = delta * (error - 0.5 * delta)
    losses = torch.where(error <= delta, inside, outside)
    if weight is not None:
        check_shapes(input=input, weight=weight)
        losses = losses * weight
    return reduce(losses, reduction)


# --8<-- [end:huber]


# --8<-- [start:smooth-l1]
def smooth_l1_loss(
    input: Tensor, target: Tensor, *, beta: float = 1.0, reduction: str = "mean"
) -> Tensor:
    """Return Huber's loss divided by ``beta``, so that the line has slope 1.

    ``input`` and ``target``: one shape, floating; ``beta`` >= 0, where 0 gives L1.
    ValueError where shapes differ (torch warns and broadcasts) and on an unknown
    reduction; a negative ``beta`` raises ValueError (torch: RuntimeError).
    Source: Girshick 2015, equation 3; documentation of torch.nn.SmoothL1Loss.

    >>> input, target = torch.tensor([1.0, 2.5, 6.0]), torch.tensor([1.0, 3.0, 3.0])
    >>> smooth_l1_loss(input, target, beta=2.0, reduction="none")
    tensor([0.0000, 0.0625, 2.0000])
    """
    check_shapes(input=input, target=target)
    if beta < 0:
        raise ValueError(f"beta must not be negative, not {beta}")
    if beta == 0:
        return l1_loss(input, target, reduction=reduction)
    error = (input - target).abs()
    # 否则 inf 反向会变成 NaN | an inf here would make NaN backward
    small = error.where(error < beta, 0)
    inside = 0.5 * small * small / beta
    return reduce(torch.where(error < beta, inside, error - 0.5 * beta), reduction)


# --8<-- [end:smooth-l1]


# --8<-- [start:gradients]
def regression_gradient(
    loss: str, input: Tensor, target: Tensor, width: float = 1.0
) -> Tensor:
    """Return the derivative by ``input`` of each term, by hand.

    ``loss`` is "mse", "l1", "huber" or "smooth_l1", ``width`` its delta or beta.
    ValueError on another name.
    Source: the derivative of the formula; at a kink torch takes 0 for L1.

    >>> input, target = torch.tensor([3.0, 0.5, 0.0]), torch.zeros(3)
    >>> regression_gradient("mse", input, target)
    tensor([6., 1., 0.])
    >>> regression_gradient("huber", input, target)
    tensor([1.0000, 0.5000, 0.0000])
    """
    error = input - target
    if loss == "mse":
        return 2 * error
    if loss == "l1":
        return error.sign()
    if loss == "huber":
        return error.clamp(-width, width)
    if loss == "smooth_l1":
        return (error / width).clamp(-1, 1)
    raise ValueError(f"loss must be mse, l1, huber or smooth_l1, not {loss}")


# --8<-- [end:gradients]


# --8<-- [start:quantile]
def quantile_loss(
    input: Tensor, target: Tensor, *, q: float = 0.5, reduction: str = "mean"
) -> Tensor:
    """Return the pinball loss: errors below cost ``q``, errors above 1 - ``q``.

    ``input`` and ``target``: one shape, floating; 0 < ``q`` < 1. torch has no such
    loss; at q = 0.5 it is half of L1. ValueError where shapes differ, where ``q`` is
    out of range and on an unknown reduction.
    Source: Koenker & Bassett 1978.

    >>> target = torch.tensor([1.0, -1.0])
    >>> quantile_loss(torch.zeros(2), target, q=0.9, reduction="none")
    tensor([0.9000, 0.1000])
    """
    check_shapes(input=input, target=target)
    check_reduction(reduction)
    if not 0 < q < 1:
        raise ValueError(f"q must be in (0, 1), not {q}")
    error = target - input
    return reduce(torch.maximum(q * error, (q - 1) * error), reduction)


# --8<-- [end:quantile]
