"""Losses for yes and no, one or many at a time: BCE, soft margins, focal and Dice."""

import torch
from reductions import check_reduction, check_shapes, reduce
from torch.nn.functional import logsigmoid

EPSILON = torch.tensor(1e-12).item()  # torch's constant, a float32 in float64, too


# --8<-- [start:bce]
class _Bernoulli(torch.autograd.Function):
    """The terms, with the derivative written by hand, since log(0) has none."""

    @staticmethod
    def forward(ctx, input, target):
        ctx.save_for_backward(input, target)
        log_yes = input.log().clamp_min(-100)
        log_no = (-input).log1p().clamp_min(-100)
        return (target - 1) * log_no - target * log_yes

    @staticmethod
    def backward(ctx, grad):
        input, target = ctx.saved_tensors
        return grad * binary_cross_entropy_gradient(input, target), None


def binary_cross_entropy(
    input: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None = None,
    *,
    reduction: str = "mean",
) -> torch.Tensor:
    """Return -y log p - (1 - y) log(1 - p) for probabilities p; logs end at -100.

    ``input``, ``target``: one shape, floating, within [0, 1]; ``weight`` is broadcast
    to them. "mean" divides by the number of losses, whatever the weights. ValueError
    where shapes differ; RuntimeError outside [0, 1], as in torch.
    Source: documentation of torch.nn.BCELoss.

    >>> binary_cross_entropy(torch.tensor([0.5, 0.0]), torch.ones(2), reduction="none")
    tensor([  0.6931, 100.0000])
    """
    check_shapes(input=input, target=target)
    for name, values in (("input", input), ("target", target)):
        if not ((values >= 0) & (values <= 1)).all():
            raise RuntimeError(f"all elements of {name} should be between 0 and 1")
    losses = _Bernoulli.apply(input, target)
    if weight is not None:
        losses = losses * weight
    return reduce(losses, reduction)


# --8<-- [end:bce]


# --8<-- [start:bce-gradient]
def binary_cross_entropy_gradient(
    input: torch.Tensor, target: torch.Tensor
) -> torch.Tensor:
    """Return the derivative of each term by the probability, as torch computes it.

    The denominator p (1 - p) is not let below 1e-12, so nothing is divided by 0.
    Source: derivative of the formula; torch's backward for BCELoss.

    >>> input = torch.tensor([0.5, 0.0], dtype=torch.float64)
    >>> binary_cross_entropy_gradient(input, torch.ones(2).double())
    tensor([-2.0000e+00, -1.0000e+12], dtype=torch.float64)
    """
    return (input - target) / ((1 - input) * input).clamp_min(EPSILON)


# --8<-- [end:bce-gradient]


# --8<-- [start:bce-with-logits]
def binary_cross_entropy_with_logits(
    input: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None = None,
    pos_weight: torch.Tensor | None = None,
    *,
    reduction: str = "mean",
) -> torch.Tensor:
    """Return (1 - y) z - (1 + (w - 1) y) log σ(z) for logits z.

    ``input``, ``target``: one shape, floating. ``weight`` and ``pos_weight`` (the w)
    are broadcast to them. "mean" divides by the number of losses, whatever the weights.
    ValueError where shapes differ, as in torch.
    Source: documentation of torch.nn.BCEWithLogitsLoss.

    >>> input, target = torch.tensor([0.0, 1000.0]), torch.tensor([1.0, 0.0])
    >>> binary_cross_entropy_with_logits(input, target, reduction="none")
    tensor([6.9315e-01, 1.0000e+03])
    """
    check_shapes(input=input, target=target)
    log_yes = logsigmoid(input)
    if pos_weight is not None:
        log_yes = log_yes * ((pos_weight - 1) * target + 1)
    losses = (1 - target) * input - log_yes
    if weight is not None:
        losses = losses * weight
    return reduce(losses, reduction)


# --8<-- [end:bce-with-logits]


# --8<-- [start:bce-with-logits-gradient]
def binary_cross_entropy_with_logits_gradient(
    input: torch.Tensor, target: torch.Tensor, pos_weight: float = 1.0
) -> torch.Tensor:
    """Return the derivative of each term by the logit: σ(z) - y if nothing is weighed.

    ``input``, ``target``: one shape, floating.
    Source: the derivative of the formula.

    >>> input, target = torch.zeros(2), torch.tensor([1.0, 0.0])
    >>> binary_cross_entropy_with_logits_gradient(input, target)
    tensor([-0.5000,  0.5000])
    >>> binary_cross_entropy_with_logits_gradient(input, target, pos_weight=3.0)
    tensor([-1.5000,  0.5000])
    """
    p = input.sigmoid()
    return (1 - target) * p - pos_weight * target * (1 - p)


# --8<-- [end:bce-with-logits-gradient]


# --8<-- [start:soft-margin]
def soft_margin_loss(
    input: torch.Tensor, target: torch.Tensor, *, reduction: str = "mean"
) -> torch.Tensor:
    """Return log(1 + exp(-y z)) for labels y of -1 and 1, as torch writes it.

    ``input``, ``target``: one shape, floating. exp overflows, in float32 from
    y z = -89 on: the loss is inf there, and its gradient NaN, as in torch. ValueError
    where shapes differ (torch broadcasts).
    Source: documentation of torch.nn.SoftMarginLoss.

    >>> input, target = torch.tensor([0.0, -100.0]), torch.ones(2)
    >>> soft_margin_loss(input, target, reduction="none")
    tensor([0.6931,    inf])
    """
    check_shapes(input=input, target=target)
    return reduce((-input * target).exp().log1p(), reduction)


# --8<-- [end:soft-margin]


# --8<-- [start:multilabel-soft-margin]
def multilabel_soft_margin_loss(
    input: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None = None,
    *,
    reduction: str = "mean",
) -> torch.Tensor:
    """Return BCE with logits, averaged over the classes: one loss for each sample.

    ``input``, ``target``: (C) or (N, C), floating, labels 0 and 1; ``weight``: (C).
    Also "sum" divides by C. ValueError where shapes differ (torch broadcasts).
    Source: documentation of torch.nn.MultiLabelSoftMarginLoss.

    >>> input, target = torch.zeros(5, 3), torch.ones(5, 3)
    >>> multilabel_soft_margin_loss(input, target, reduction="sum")
    tensor(3.4657)
    """
    check_shapes(input=input, target=target)
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    return reduce(losses.sum(-1) / input.shape[-1], reduction)


# --8<-- [end:multilabel-soft-margin]


# --8<-- [start:focal]
def focal_loss(
    input: torch.Tensor,
    target: torch.Tensor,
    *,
    gamma: float = 2.0,
    alpha: float | None = None,
    reduction: str = "mean",
) -> torch.Tensor:
    """Return BCE with logits times (1 - p_t)^gamma, p_t being the label's probability.

    ``input``, ``target``: one shape, floating, labels 0 and 1; ``gamma`` >= 0, and 0 is
    BCE. ``alpha`` weighs the ones, 1 - ``alpha`` the zeros. torch has no such loss.
    ValueError where shapes differ, on a negative ``gamma`` and an unknown reduction.
    Source: Lin et al. 2017, equations 4 and 5.

    >>> focal_loss(torch.tensor([0.0, 4.0]), torch.ones(2), reduction="none")
    tensor([1.7329e-01, 5.8716e-06])
    """
    check_shapes(input=input, target=target)
    check_reduction(reduction)
    if gamma < 0:
        raise ValueError(f"gamma must not be negative, not {gamma}")
    sign = 2 * target - 1
    losses = -logsigmoid(sign * input)
    # γ < 1 时幂在 0 处斜率无穷，故用指数 | for γ < 1 a power is infinitely steep at 0
    if gamma:
        losses = losses * (gamma * logsigmoid(-sign * input)).exp()
    if alpha is not None:
        losses = losses * (alpha * target + (1 - alpha) * (1 - target))
    return reduce(losses, reduction)


# --8<-- [end:focal]


# --8<-- [start:dice]
def dice_loss(
    input: torch.Tensor, target: torch.Tensor, *, smooth: float = 1.0
) -> torch.Tensor:
    """Return 1 - (2 Σ p y + smooth) / (Σ p + Σ y + smooth), p being the probabilities.

    ``input``: logits (N, ...); ``target``: labels 0 and 1 of that shape. Sums go over
    each sample, and the mean over samples; where a sample has no 1, ``smooth`` keeps
    the loss defined. torch has no such loss. ValueError where shapes differ.
    Source: Milletari et al. 2016, who have squares below the fraction line.

    >>> dice_loss(torch.tensor([[9.0, 9.0, -9.0, -9.0]]), torch.eye(4)[:1], smooth=0.0)
    tensor(0.3334)
    """
    check_shapes(input=input, target=target)
    p, y = input.sigmoid().flatten(1), target.flatten(1)
    overlap = 2 * (p * y).sum(1) + smooth
    return (1 - overlap / (p.sum(1) + y.sum(1) + smooth)).mean()


# --8<-- [end:dice]
