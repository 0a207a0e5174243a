"""Losses for order and distance: hinges, margins, cosine, triplets and InfoNCE."""

from collections.abc import Callable

import torch
from reductions import check_reduction, check_shapes, reduce
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

EPSILON = torch.tensor(1e-12).item()  # torch's constant, a float32 in float64, too


# --8<-- [start:margin-ranking]
def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    *,
    margin: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """Return max(0, -y (x1 - x2) + margin): y = 1 wants x1 above x2, y = -1 below.

    All of one shape, floating. ValueError where shapes differ (torch broadcasts).
    Source: documentation of torch.nn.MarginRankingLoss.

    >>> x1, x2, y = torch.tensor([3.0, 1.0]), torch.tensor([1.0, 3.0]), torch.ones(2)
    >>> margin_ranking_loss(x1, x2, y, margin=0.5, reduction="none")
    tensor([0.0000, 2.5000])
    """
    check_shapes(input1=input1, input2=input2, target=target)
    return reduce((-target * (input1 - input2) + margin).clamp_min(0), reduction)


# --8<-- [end:margin-ranking]


# --8<-- [start:hinge-embedding]
def hinge_embedding_loss(
    input: Tensor, target: Tensor, *, margin: float = 1.0, reduction: str = "mean"
) -> Tensor:
    """Return the distance x where y = 1, and max(0, margin - x) where y = -1.

    ``input``, ``target``: one shape, floating. A target that is neither 1 nor -1 gives
    the sum of both, as in torch. ValueError where shapes differ (torch broadcasts).
    Source: documentation of torch.nn.HingeEmbeddingLoss.

    >>> x, y = torch.tensor([0.25, 0.25, 3.0]), torch.tensor([1.0, -1.0, -1.0])
    >>> hinge_embedding_loss(x, y, reduction="none")
    tensor([0.2500, 0.7500, 0.0000])
    """
    check_shapes(input=input, target=target)
    apart = torch.where(target != 1, (margin - input).clamp_min(0), 0)
    together = torch.where(target != -1, input, 0)
    return reduce(apart + together, reduction)


# --8<-- [end:hinge-embedding]


# --8<-- [start:multi-margin]
def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    p: int = 1,
    margin: float = 1.0,
    reduction: str = "mean",
) -> Tensor:
    """Return Σ max(0, margin - x[y] + x[i])^p / C over the classes i other than y.

    ``input``: scores (C) or (N, C), floating; ``target``: int64 of shape () or (N);
    ``weight``: (C), that of the target. "mean" divides by N, whatever the weights.
    ValueError on p other than 1 and 2 or a wrong shape; RuntimeError on a class out of
    range, as in torch.
    Source: documentation of torch.nn.MultiMarginLoss.

    >>> multi_margin_loss(torch.tensor([[0.0, 0.5, 3.0]]), torch.tensor([1]))
    tensor(1.3333)
    """
    check_reduction(reduction)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if target.shape != input.shape[:-1]:
        shapes = tuple(input.shape), tuple(target.shape)
        raise ValueError("input has shape {}, target has shape {}".format(*shapes))
    classes = input.shape[-1]
    if ((target < 0) | (target >= classes)).any():
        raise RuntimeError("target out of range")
    losses = (margin - input.gather(-1, target[..., None]) + input).clamp_min(0)
    losses = losses if p == 1 else losses * losses
    if weight is not None:
        losses = losses * weight[target][..., None]
    other = torch.arange(classes) != target[..., None]
    return reduce(torch.where(other, losses, 0).sum(-1) / classes, reduction)


# --8<-- [end:multi-margin]


# --8<-- [start:multilabel-margin]
def multilabel_margin_loss(
    input: Tensor, target: Tensor, *, reduction: str = "mean"
) -> Tensor:
    """Return Σ max(0, 1 - x[y] + x[i]) / C over labels y and the classes i not named.

    ``input``: scores (C) or (N, C), floating. ``target``: int64 of the same shape; each
    row lists its labels and ends at the first -1, what follows is not read. ValueError
    where shapes differ; RuntimeError on a class out of range, as in torch.
    Source: documentation of torch.nn.MultiLabelMarginLoss.

    >>> x = torch.tensor([[0.1, 0.2, 0.4, 0.8]])
    >>> multilabel_margin_loss(x, torch.tensor([[3, 0, -1, 1]]))
    tensor(0.8500)
    """
    check_shapes(input=input, target=target)
    classes = input.shape[-1]
    if ((target < -1) | (target >= classes)).any():
        raise RuntimeError("target out of range")
    listed = (target < 0).cumsum(-1) == 0
    named = target.where(listed, 0)
    labels = torch.zeros(input.shape, dtype=torch.long)
    labels = labels.scatter_add(-1, named, listed.long()) > 0
    scores = input.gather(-1, named)
    hinge = (1 - scores[..., :, None] + input[..., None, :]).clamp_min(0)
    pairs = listed[..., :, None] & ~labels[..., None, :]
    return reduce(torch.where(pairs, hinge, 0).sum((-2, -1)) / classes, reduction)


# --8<-- [end:multilabel-margin]


# --8<-- [start:cosine-embedding]
def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    *,
    margin: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """Return 1 - cos where y = 1, and max(0, cos - margin) where y = -1.

    ``input1``, ``input2``: (N, D) or (D), floating; ``target``: (N) or (). Each squared
    length gets 1e-12 added, so a zero vector has cosine 0. A target that is neither 1
    nor -1 gives 0, as in torch. ValueError on wrong shapes (torch: RuntimeError).
    Source: documentation of torch.nn.CosineEmbeddingLoss.

    >>> x1, x2 = torch.tensor([[1.0, 0.0]] * 2), torch.tensor([[1.0, 1.0]] * 2)
    >>> cosine_embedding_loss(x1, x2, torch.tensor([1.0, -1.0]), reduction="none")
    tensor([0.2929, 0.7071])
    """
    check_shapes(input1=input1, input2=input2)
    if target.shape != input1.shape[:-1]:
        shapes = tuple(input1.shape), tuple(target.shape)
        raise ValueError("input1 has shape {}, target has shape {}".format(*shapes))
    dot = (input1 * input2).sum(-1)
    square1 = (input1 * input1).sum(-1) + EPSILON
    square2 = (input2 * input2).sum(-1) + EPSILON
    cosine = dot / (square1 * square2).sqrt()
    together = torch.where(target == 1, 1 - cosine, 0)
    apart = torch.where(target == -1, (cosine - margin).clamp_min(0), 0)
    return reduce(together + apart, reduction)


# --8<-- [end:cosine-embedding]


# --8<-- [start:distance]
def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6):
    """Return the p-norm of x1 - x2 + eps over the last dimension.

    ``eps`` keeps the gradient finite where x1 = x2 and makes their distance not 0.
    Source: documentation of torch.nn.functional.pairwise_distance.

    >>> pairwise_distance(torch.tensor([3.0, 4.0]), torch.zeros(2))
    tensor(5.0000)
    """
    return torch.linalg.vector_norm(x1 - x2 + eps, p, -1)


# --8<-- [end:distance]


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """Return max(0, d(anchor, positive) - d(anchor, negative) + margin).

    All (N, D) or (D), floating. ``swap`` takes d(positive, negative) where that is
    smaller than d(anchor, negative). ValueError on a margin that is not positive and
    where shapes differ (torch broadcasts).
    Source: Balntas et al. 2016; documentation of torch.nn.TripletMarginLoss.

    >>> a, p = torch.zeros(1, 2), torch.tensor([[3.0, 4.0]])
    >>> n = torch.tensor([[0.0, 5.5]])
    >>> triplet_margin_loss(a, p, n)
    tensor(0.5000)
    """

    def distance(x1, x2):
        return pairwise_distance(x1, x2, p, eps)

    return triplet_margin_with_distance_loss(
        anchor, positive, negative, distance, margin=margin, swap=swap,
        reduction=reduction,
    )  # fmt: skip


# --8<-- [start:triplet]
def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    distance: Callable[[Tensor, Tensor], Tensor] = pairwise_distance,
    *,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """Return the triplet loss for a distance of one's own.

    All of one shape; ``distance`` maps two of them to (N) or (). ValueError on a margin
    that is not positive and where shapes differ (torch broadcasts).
    Source: documentation of torch.nn.TripletMarginWithDistanceLoss.

    >>> def l1(x1, x2):
    ...     return (x1 - x2).abs().sum(-1)
    >>> a, p = torch.zeros(1, 2), torch.tensor([[3.0, 4.0]])
    >>> n = torch.tensor([[0.0, 5.5]])
    >>> triplet_margin_with_distance_loss(a, p, n, l1)
    tensor(2.5000)
    """
    check_shapes(anchor=anchor, positive=positive, negative=negative)
    check_reduction(reduction)
    if not margin > 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    close, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = torch.minimum(far, distance(positive, negative))
    return reduce((margin + close - far).clamp_min(0), reduction)


# --8<-- [end:triplet]


# --8<-- [start:info-nce]
def info_nce(a: Tensor, b: Tensor, *, temperature: float = 0.1) -> Tensor:
    """Return the cross-entropy that names, for each row of a, its partner in b.

    ``a``, ``b``: (N, D), row i of one belongs to row i of the other, and all other rows
    of ``b`` are its strangers; the scores are cosines over ``temperature`` > 0.
    torch has no such loss. ValueError where shapes differ.
    Source: van den Oord et al. 2018, equation 4, with cosines for its scores.

    >>> print(f"{info_nce(torch.ones(8, 2), torch.ones(8, 2)).exp():.4f}")
    8.0000
    """
    check_shapes(a=a, b=b)
    scores = normalize(a, dim=1) @ normalize(b, dim=1).T / temperature
    return cross_entropy(scores, torch.arange(len(a), device=a.device))


# --8<-- [end:info-nce]
