"""Losses for classes: log-softmax, NLL, cross-entropy, and two with a linear layer."""

import torch
from reductions import check_reduction, check_shapes, reduce
from torch import Tensor
from torch.nn.functional import linear


# --8<-- [start:logsumexp]
def logsumexp(input: Tensor, dim: int = 1) -> Tensor:
    """Return log Σ exp(input) over ``dim``, with the largest entry taken out first.

    ``input``: floating. A slice that is all -inf gives -inf.
    Source: documentation of torch.logsumexp.

    >>> logsumexp(torch.tensor([[1000.0, 1000.0]]))
    tensor([1000.6932])
    """
    largest = input.amax(dim, keepdim=True)
    largest = largest.masked_fill(largest.isinf(), 0)
    return (input - largest).exp().sum(dim).log() + largest.squeeze(dim)


# --8<-- [end:logsumexp]


# --8<-- [start:log-softmax]
def log_softmax(input: Tensor, dim: int = 1) -> Tensor:
    """Return the logarithm of softmax without computing softmax.

    ``input``: floating. Agrees with torch.log_softmax to rounding.
    Source: documentation of torch.nn.functional.log_softmax.

    >>> log_softmax(torch.tensor([[0.0, 0.0], [-1000.0, 0.0]]))
    tensor([[-6.9315e-01, -6.9315e-01],
            [-1.0000e+03,  0.0000e+00]])
    """
    shifted = input - input.amax(dim, keepdim=True)
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


# --8<-- [end:log-softmax]


def check_classes(input: Tensor, target: Tensor, ignore_index: int) -> None:
    """Raise unless ``target`` names a class of ``input`` at each place, or ignores it.

    RuntimeError or ValueError on shapes and dtypes, IndexError on a class outside
    [0, C), as in torch.

    >>> check_classes(torch.zeros(2, 3), torch.tensor([0, -100]), -100)
    >>> check_classes(torch.zeros(2, 3), torch.tensor([0, 3]), -100)
    Traceback (most recent call last):
    IndexError: Target 3 is out of bounds.
    """
    shape = input.shape[:1] + input.shape[2:] if input.dim() > 1 else ()
    if target.shape != shape:
        raise ValueError(f"expected target of shape {tuple(shape)}, not {target.shape}")
    if target.dtype not in (torch.int64, torch.uint8):
        raise RuntimeError(
            f"expected target dtype to be Long or Byte, not {target.dtype}"
        )
    classes = input.shape[min(1, input.dim() - 1)]
    wrong = (target != ignore_index) & ((target < 0) | (target >= classes))
    if wrong.any():
        raise IndexError(f"Target {int(target[wrong][0])} is out of bounds.")


# --8<-- [start:nll]
def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """Return minus the entry of ``input`` that ``target`` names, weighed by its class.

    ``input``: log-probabilities (C), (N, C) or (N, C, d1, …). ``target``: int64 classes
    of that shape without C. ``weight``: (C). "mean" divides by the sum of the weights
    of the targets that are not ignored; if all are ignored it is NaN with a gradient
    of 0, as in torch. Errors: see check_classes.
    Source: documentation of torch.nn.NLLLoss.

    >>> input = torch.tensor([[-0.5, -1.0], [-2.0, -0.25]])
    >>> nll_loss(input, torch.tensor([0, 1]))
    tensor(0.3750)
    >>> nll_loss(input, torch.tensor([0, 1]), torch.tensor([1.0, 3.0]))
    tensor(0.3125)
    """
    check_reduction(reduction)
    check_classes(input, target, ignore_index)
    kept = target != ignore_index
    named = target.where(kept, 0).long()
    dim = min(1, input.dim() - 1)
    picked = input.gather(dim, named.unsqueeze(dim)).squeeze(dim)
    weights = torch.ones_like(picked) if weight is None else weight[named]
    losses = torch.where(kept, -picked * weights, 0)
    total = weights[kept].sum()
    if reduction == "mean" and total == 0:
        return losses.sum() * 0 + torch.nan
    return reduce(losses, reduction, total)


# --8<-- [end:nll]


def by_class(logs: Tensor, weight: Tensor | None, dim: int = 1) -> Tensor:
    """Return ``logs`` times the weight of each class, which stands on axis ``dim``.

    >>> by_class(torch.ones(2, 3), torch.tensor([1.0, 2.0, 3.0]))
    tensor([[1., 2., 3.],
            [1., 2., 3.]])
    """
    if weight is None:
        return logs
    return logs * weight.view([-1 if axis == dim else 1 for axis in range(logs.dim())])


# --8<-- [start:cross-entropy]
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """Return NLL of the log-softmax of ``input``, or the same for soft targets.

    ``input``: logits (C), (N, C) or (N, C, d1, …). ``target``: int64 classes of that
    shape without C, or floating probabilities of the very same shape. ``weight``: (C).
    "mean" divides by the weights of the targets for classes, and by the number of
    samples for probabilities. Errors: see check_classes.
    Source: Szegedy et al. 2015, section 7 (label smoothing); documentation of
    torch.nn.CrossEntropyLoss.

    >>> input = torch.tensor([[2.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    >>> cross_entropy(input, torch.tensor([0, 1]), reduction="none")
    tensor([0.2395, 1.0986])
    >>> cross_entropy(input, torch.eye(3)[[0, 1]], reduction="none")
    tensor([0.2395, 1.0986])
    """
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing must be in [0, 1], not {label_smoothing}")
    dim = min(1, input.dim() - 1)
    logs = torch.log_softmax(input, dim)
    share = label_smoothing / input.shape[dim]
    if target.is_floating_point():
        check_shapes(input=input, probabilities=target)
        logs = by_class(logs, weight, dim)
        target = target * (1 - label_smoothing) + share
        return reduce(-(logs * target).sum(dim), reduction)

    named = nll_loss(
        logs, target, weight, ignore_index=ignore_index, reduction=reduction
    )
    if label_smoothing == 0:
        return named
    kept = target != ignore_index
    total = (target * 0 + 1 if weight is None else weight[target.where(kept, 0)])[kept]
    spread = torch.where(kept, -by_class(logs, weight, dim).sum(dim), 0)
    return (1 - label_smoothing) * named + share * reduce(
        spread, reduction, total.sum()
    )


# --8<-- [end:cross-entropy]


# --8<-- [start:gradient]
def cross_entropy_gradient(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Return the derivative of the mean cross-entropy with respect to the logits.

    ``input``: (N, C); ``target``: (N) int64 or (N, C) floating; ``weight``: (C).
    Source: with q the (weighted) targets, the derivative is softmax · Σq - q.

    >>> cross_entropy_gradient(torch.zeros(1, 4), torch.tensor([1]))
    tensor([[ 0.2500, -0.7500,  0.2500,  0.2500]])
    """
    samples, classes = input.shape
    divisor = torch.tensor(float(samples))
    if not target.is_floating_point():
        divisor = divisor if weight is None else weight[target].sum()
        target = torch.eye(classes, dtype=input.dtype)[target]
    target = target * (1 - label_smoothing) + label_smoothing / classes
    if weight is not None:
        target = target * weight
    softmax = input.softmax(1)
    return (softmax * target.sum(1, keepdim=True) - target) / divisor


# --8<-- [end:gradient]


# --8<-- [start:chunked]
class _Chunked(torch.autograd.Function):
    """The sum of the cross-entropies; its gradients are made in the forward pass."""

    @staticmethod
    def forward(ctx, input, linear_weight, target, scale, chunk):
        total = input.new_zeros(())
        grad_input = torch.empty_like(input)
        grad_weight = torch.zeros_like(linear_weight)
        for start in range(0, len(input), chunk):
            part = slice(start, start + chunk)
            logits = input[part] @ linear_weight.T
            logs = torch.log_softmax(logits, 1)
            named = target[part, None].clamp_min(0)
            total -= (logs.gather(1, named).squeeze(1) * scale[part]).sum()
            grad = logs.exp_()
            grad.scatter_add_(1, named, grad.new_full(named.shape, -1.0))
            grad *= scale[part, None]
            grad_input[part] = grad @ linear_weight
            grad_weight.addmm_(grad.T, input[part])
        ctx.save_for_backward(grad_input, grad_weight)
        return total

    @staticmethod
    def backward(ctx, grad):
        grad_input, grad_weight = ctx.saved_tensors
        return grad * grad_input, grad * grad_weight, None, None, None


# --8<-- [end:chunked]


# --8<-- [start:linear]
def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
    chunk: int | None = None,
) -> Tensor:
    """Return the cross-entropy of ``input @ linear_weight.T + linear_bias``.

    ``input``: (N, H) or (H); ``linear_weight``: (C, H); ``target``, ``weight`` as in
    cross_entropy. With ``chunk``, that many rows have logits at a time, so that (N, C)
    logits never exist: for (N, H) inputs, int64 targets, "mean" or "sum", no bias and
    no smoothing; else ValueError.
    Source: documentation of torch.nn.LinearCrossEntropyLoss.

    >>> input, head = torch.eye(2), torch.tensor([[2.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    >>> linear_cross_entropy(input, head, torch.tensor([0, 1]))
    tensor(0.6691)
    >>> linear_cross_entropy(input, head, torch.tensor([0, 1]), chunk=1)
    tensor(0.6691)
    """
    if chunk is None or len(input) == 0:
        return cross_entropy(
            linear(input, linear_weight, linear_bias),
            target,
            weight,
            ignore_index=ignore_index,
            label_smoothing=label_smoothing,
            reduction=reduction,
        )
    soft = target.is_floating_point() or label_smoothing != 0
    if soft or input.dim() != 2 or linear_bias is not None or reduction == "none":
        raise ValueError("chunks are for (N, H), classes, mean or sum, and no bias")
    check_reduction(reduction)
    logits = input.new_empty(1).expand(len(input), len(linear_weight))
    check_classes(logits, target, ignore_index)
    kept = target != ignore_index
    scale = kept.to(input.dtype)
    if weight is not None:
        scale = scale * weight[target.where(kept, 0)]
    if reduction == "mean":
        # 全被忽略时为 NaN，同 torch | NaN if all are ignored, as in torch
        scale = scale / scale.sum()
    return _Chunked.apply(input, linear_weight, target.where(kept, 0), scale, chunk)


# --8<-- [end:linear]


# --8<-- [start:adaptive]
def adaptive_log_softmax(
    input: Tensor,
    target: Tensor,
    head: Tensor,
    tail: list[tuple[Tensor, Tensor]],
    head_bias: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Return each target's log-probability, (N), and minus their mean.

    ``input``: (N, H) floating; ``target``: (N) int64. Frequent classes come first: the
    ``head`` (F + K, H) names F of them and K clusters; cluster k has its classes behind
    two matrices, ``tail[k]``, (h, H) and (c, h). IndexError on a class out of range
    (torch: RuntimeError).
    Source: Grave et al. 2016; documentation of torch.nn.AdaptiveLogSoftmaxWithLoss.

    >>> head, tail = torch.zeros(2, 3), [(torch.zeros(1, 3), torch.zeros(4, 1))]
    >>> adaptive_log_softmax(torch.ones(2, 3), torch.tensor([0, 2]), head, tail)
    (tensor([-0.6931, -2.0794]), tensor(1.3863))
    """
    logs = torch.log_softmax(linear(input, head, head_bias), 1)
    frequent = len(head) - len(tail)
    columns = [logs[:, :frequent]]
    for number, (down, up) in enumerate(tail):
        within = torch.log_softmax(linear(linear(input, down), up), 1)
        columns.append(within + logs[:, frequent + number, None])
    every = torch.cat(columns, 1)
    if target.numel() and not 0 <= target.min() <= target.max() < every.shape[1]:
        raise IndexError(f"targets must be in [0, {every.shape[1] - 1}]")
    output = every.gather(1, target[:, None]).squeeze(1)
    return output, -output.mean()


# --8<-- [end:adaptive]
