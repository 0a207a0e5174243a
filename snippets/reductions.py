"""What a loss does with its terms: keep, add or average them."""

import torch

REDUCTIONS = ("none", "sum", "mean")


def check_reduction(reduction: str, *more: str) -> None:
    """Raise ValueError unless ``reduction`` is one of torch's, or of ``more``.

    >>> check_reduction("mean")
    >>> check_reduction("average")
    Traceback (most recent call last):
    ValueError: average is not a valid value for reduction
    """
    if reduction not in REDUCTIONS + more:
        raise ValueError(f"{reduction} is not a valid value for reduction")


def check_shapes(**tensors: torch.Tensor) -> None:
    """Raise ValueError unless all tensors have one shape, so that none is broadcast.

    Several losses of torch only warn here, and broadcast.

    >>> check_shapes(input=torch.zeros(3), target=torch.zeros(3))
    >>> check_shapes(input=torch.zeros(3, 1), target=torch.zeros(3))
    Traceback (most recent call last):
    ValueError: input has shape (3, 1), target has shape (3,)
    """
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(
            ", ".join(f"{name} has shape {shape}" for name, shape in shapes.items())
        )


# --8<-- [start:reduce]
def reduce(
    losses: torch.Tensor, reduction: str, divisor: torch.Tensor | None = None
) -> torch.Tensor:
    """Return the losses as they are ("none"), their sum, or their mean.

    ``divisor`` is what "mean" divides by: by default the number of losses. A mean of
    no losses is NaN, as everywhere in torch. ValueError on any other reduction.
    Source: documentation of torch.nn, argument ``reduction``.

    >>> losses = torch.tensor([1.0, 2.0, 6.0])
    >>> reduce(losses, "sum"), reduce(losses, "mean")
    (tensor(9.), tensor(3.))
    >>> reduce(losses, "mean", divisor=torch.tensor(2.0))
    tensor(4.5000)
    """
    check_reduction(reduction)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    return losses.mean() if divisor is None else losses.sum() / divisor


# --8<-- [end:reduce]
