"""All losses of torch.nn from outside: typical calls, mistakes, the shape of curves."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


def loss_names() -> list[str]:
    """Return the names of all losses in torch.nn, without the deprecated alias.

    >>> len(loss_names()), loss_names()[0]
    (23, 'AdaptiveLogSoftmaxWithLoss')
    """
    return [name for name in dir(nn) if "Loss" in name and name != "NLLLoss2d"]


# --8<-- [start:typical]
def typical() -> dict[str, tuple[dict, tuple]]:
    """Return for each loss of torch.nn the options and arguments of a typical call.

    Four samples, three classes or features; the target is the second argument, where
    there is one.

    >>> options, arguments = typical()["CrossEntropyLoss"]
    >>> nn.CrossEntropyLoss(**options)(*arguments).shape
    torch.Size([])
    """
    torch.manual_seed(0)
    x, y, z = torch.randn(3, 4, 3).unbind()
    index = torch.tensor([0, 2, 1, 1])
    yes, signs = (y > 0).float(), torch.tensor([1.0, -1.0, 1.0, -1.0])
    p, logs = x.sigmoid(), x.log_softmax(1)
    lists = torch.tensor([[0, 2, -1]] * 4)
    paths = torch.randn(6, 4, 3).log_softmax(2)
    lengths = torch.full((4,), 6), torch.full((4,), 2)
    head = {"in_features": 3, "num_classes": 3}
    parts = {"in_features": 3, "n_classes": 3, "cutoffs": [1], "div_value": 1.0}
    return {
        "L1Loss": ({}, (x, y)),
        "MSELoss": ({}, (x, y)),
        "SmoothL1Loss": ({}, (x, y)),
        "HuberLoss": ({}, (x, y)),
        "BCELoss": ({}, (p, yes)),
        "BCEWithLogitsLoss": ({}, (x, yes)),
        "SoftMarginLoss": ({}, (x, 2 * yes - 1)),
        "MultiLabelSoftMarginLoss": ({}, (x, yes)),
        "NLLLoss": ({}, (logs, index)),
        "CrossEntropyLoss": ({}, (x, index)),
        "LinearCrossEntropyLoss": (head, (x, index)),
        "AdaptiveLogSoftmaxWithLoss": (parts, (x, index)),
        "KLDivLoss": ({}, (logs, y.softmax(1))),
        "PoissonNLLLoss": ({}, (x, yes * 3)),
        "GaussianNLLLoss": ({}, (x, y, z.square())),
        "MarginRankingLoss": ({}, (x, y, 2 * yes - 1)),
        "HingeEmbeddingLoss": ({}, (x.square(), 2 * yes - 1)),
        "MultiMarginLoss": ({}, (x, index)),
        "MultiLabelMarginLoss": ({}, (x, lists)),
        "CosineEmbeddingLoss": ({}, (x, y, signs)),
        "TripletMarginLoss": ({}, (x, y, z)),
        "TripletMarginWithDistanceLoss": ({}, (x, y, z)),
        "CTCLoss": ({}, (paths, torch.tensor([[1, 2]] * 4), *lengths)),
    }


# --8<-- [end:typical]


# --8<-- [start:divisor]
def mean_divides_by(name: str) -> float:
    """Return the sum over the mean of a typical call: what "mean" divides by.

    >>> mean_divides_by("MSELoss"), mean_divides_by("CrossEntropyLoss")
    (12.0, 4.0)
    """
    options, arguments = typical()[name]
    if name == "AdaptiveLogSoftmaxWithLoss":  # 只有 mean | it has mean only
        output, mean = getattr(nn, name)(**options)(*arguments)
        return round((-output.sum() / mean).item(), 4)
    values = []
    for reduction in ("sum", "mean"):
        torch.manual_seed(0)  # 有的损失自带一层 | one of the losses has a layer
        values.append(getattr(nn, name)(**options, reduction=reduction)(*arguments))
    return round((values[0] / values[1]).item(), 4)


# --8<-- [end:divisor]


# --8<-- [start:along]
def along(name: str, z: Tensor) -> Tensor:
    """Return a loss of one sample as a function of one number: 0 is undecided or right.

    ``z``: a floating scalar; the larger it is, the more wrong is the prediction. For
    losses of several classes it is the lead of a wrong class, for distances it is one.

    >>> along("MSELoss", torch.tensor(3.0)), along("L1Loss", torch.tensor(3.0))
    (tensor(9.), tensor(3.))
    """
    o, one = z.new_zeros(()), z.new_ones(())
    scores = torch.stack([o, z])[None]
    logs, first = scores.log_softmax(1), torch.tensor([0])
    right = torch.stack([one, o])[None]
    calls: dict[str, Callable] = {
        "BCELoss": lambda loss: loss(z.sigmoid(), o),
        "BCEWithLogitsLoss": lambda loss: loss(z, o),
        "SoftMarginLoss": lambda loss: loss(z, -one),
        "MultiLabelSoftMarginLoss": lambda loss: loss(z[None], o[None]),
        "NLLLoss": lambda loss: loss(logs, first),
        "CrossEntropyLoss": lambda loss: loss(scores, first),
        "KLDivLoss": lambda loss: loss(logs, right),
        "PoissonNLLLoss": lambda loss: loss(z, o),
        "GaussianNLLLoss": lambda loss: loss(z[None], o[None], one[None]),
        "MarginRankingLoss": lambda loss: loss(o, z, one),
        "HingeEmbeddingLoss": lambda loss: loss(z, one),
        "MultiMarginLoss": lambda loss: loss(scores, first),
        "MultiLabelMarginLoss": lambda loss: loss(scores, torch.tensor([[0, -1]])),
        "CosineEmbeddingLoss": lambda loss: loss(
            torch.stack([one, z])[None], right, one[None]
        ),
        "TripletMarginLoss": lambda loss: loss(*torch.stack([o, z, one])[:, None]),
        "CTCLoss": lambda loss: loss(
            torch.stack([z, o])[None, None].log_softmax(2), torch.ones(1, 1).long(),
            torch.tensor([1]), torch.tensor([1]),
        ),
    }  # fmt: skip
    calls["TripletMarginWithDistanceLoss"] = calls["TripletMarginLoss"]
    if name == "KLDivLoss":
        return nn.KLDivLoss(reduction="sum")(logs, right)
    if name == "LinearCrossEntropyLoss":
        return nn.functional.linear_cross_entropy(one[None, None], scores.T, first)
    if name == "AdaptiveLogSoftmaxWithLoss":
        module = nn.AdaptiveLogSoftmaxWithLoss(1, 2, [1], div_value=1, dtype=z.dtype)
        weights = {"head.weight": scores.T}
        given = one[None, None], first
        return torch.func.functional_call(module, weights, given).loss
    call = calls.get(name, lambda loss: loss(z, o))
    return call(getattr(nn, name)())


# --8<-- [end:along]


# --8<-- [start:slope]
def slope(name: str, z: float, dtype: torch.dtype = torch.float64) -> tuple:
    """Return the value and the derivative of :func:`along` at ``z``.

    >>> slope("BCEWithLogitsLoss", 0.0)
    (0.6931471805599453, 0.5)
    """
    z = torch.tensor(z, dtype=dtype, requires_grad=True)
    value = along(name, z)
    (grad,) = torch.autograd.grad(value, z)
    return value.item(), grad.item()


def is_convex(name: str, points: Tensor) -> bool:
    """Return whether no midpoint of two points lies above their chord on that line.

    ``points``: float64, evenly spaced, so that midpoints are among them.

    >>> points = torch.linspace(-20, 20, 41, dtype=torch.float64)
    >>> is_convex("MSELoss", points), is_convex("CosineEmbeddingLoss", points)
    (True, False)
    """
    values = torch.stack([along(name, z) for z in points])
    for step in range(1, len(points) // 2):
        below = values[step:-step]
        chord = (values[: -2 * step] + values[2 * step :]) / 2
        if (below > chord + 1e-9 * chord.abs()).any():
            return False
    return True


# --8<-- [end:slope]


# --8<-- [start:mistakes]
def mistakes() -> dict[str, tuple[str, Callable[[], object]]]:
    """Return for each loss a mistake that is often made: in symbols, and as a call.

    >>> said, call = mistakes()["BCELoss"]
    >>> said
    'p = 1.2'
    >>> call()
    Traceback (most recent call last):
    RuntimeError: all elements of input should be between 0 and 1
    """
    args = {name: arguments for name, (_, arguments) in typical().items()}
    x, y = args["MSELoss"]
    index, column = args["NLLLoss"][1], torch.randn(4, 1)
    triplet, far = args["TripletMarginLoss"], index + 3
    path, labels, _, two = args["CTCLoss"]
    layer = nn.LinearCrossEntropyLoss(3, 3)
    parts = nn.AdaptiveLogSoftmaxWithLoss(3, 3, [1], div_value=1.0)
    shape = "(N, 1), (N)"
    return {
        "L1Loss": (shape, lambda: nn.L1Loss()(column, y[:, 0])),
        "MSELoss": (shape, lambda: nn.MSELoss()(column, y[:, 0])),
        "SmoothL1Loss": (shape, lambda: nn.SmoothL1Loss()(column, y[:, 0])),
        "HuberLoss": ("δ = 0", lambda: nn.HuberLoss(delta=0.0)(x, y)),
        "BCELoss": ("p = 1.2", lambda: nn.BCELoss()(y * 0 + 1.2, y * 0)),
        "BCEWithLogitsLoss": (
            shape, lambda: nn.BCEWithLogitsLoss()(column, y[:, 0]),
        ),
        "SoftMarginLoss": ("y = 0, 1", lambda: nn.SoftMarginLoss()(x, y * 0)),
        "MultiLabelSoftMarginLoss": (
            "y = -1, 1", lambda: nn.MultiLabelSoftMarginLoss()(x, y.sign()),
        ),
        "NLLLoss": ("logits", lambda: nn.NLLLoss()(x, index)),
        "CrossEntropyLoss": ("y = C", lambda: nn.CrossEntropyLoss()(x, far)),
        "LinearCrossEntropyLoss": (
            "logits in", lambda: layer(torch.randn(4, 5), index),
        ),
        "AdaptiveLogSoftmaxWithLoss": ("y = C", lambda: parts(x, far)),
        "KLDivLoss": ("p, not log p", lambda: nn.KLDivLoss(reduction="sum")(
            x.softmax(1), y.softmax(1))),
        "PoissonNLLLoss": (
            "rate, not log", lambda: nn.PoissonNLLLoss()(x.exp(), y.abs()),
        ),
        "GaussianNLLLoss": ("var < 0", lambda: nn.GaussianNLLLoss()(x, y, -x.exp())),
        "MarginRankingLoss": (
            "shapes", lambda: nn.MarginRankingLoss()(x, y, index.float()),
        ),
        "HingeEmbeddingLoss": ("y = 0, 1", lambda: nn.HingeEmbeddingLoss()(x, y * 0)),
        "MultiMarginLoss": ("y = C", lambda: nn.MultiMarginLoss()(x, far)),
        "MultiLabelMarginLoss": (
            "0, 1 for labels", lambda: nn.MultiLabelMarginLoss()(x, y),
        ),
        "CosineEmbeddingLoss": (
            "y: (N, 1)", lambda: nn.CosineEmbeddingLoss()(x, y, column.sign()),
        ),
        "TripletMarginLoss": (
            "margin = 0", lambda: nn.TripletMarginLoss(margin=0.0)(*triplet),
        ),
        "TripletMarginWithDistanceLoss": (
            "margin = 0",
            lambda: nn.TripletMarginWithDistanceLoss(margin=0.0)(*triplet),
        ),
        "CTCLoss": ("T too long", lambda: nn.CTCLoss()(path, labels, two + 9, two)),
    }  # fmt: skip


# --8<-- [end:mistakes]


# --8<-- [start:minimise]
def lowest(loss: Callable[[Tensor], Tensor], start: Tensor) -> Tensor:
    """Return where a smooth convex loss is lowest, by LBFGS from ``start``.

    ``start``: float64, any shape; ``loss`` maps it to a scalar.

    >>> lowest(lambda c: (c - 3).square().sum(), torch.zeros(1, dtype=torch.float64))
    tensor([3.], dtype=torch.float64)
    """
    c = start.clone().requires_grad_()
    options = {"tolerance_grad": 1e-12, "tolerance_change": 1e-15}
    optimizer = torch.optim.LBFGS(
        [c], max_iter=200, line_search_fn="strong_wolfe", **options
    )

    def closure():
        optimizer.zero_grad()
        value = loss(c)
        value.backward()
        return value

    optimizer.step(closure)
    return c.detach()


def lowest_on_grid(loss: Callable[[Tensor], Tensor], grid: Tensor) -> float:
    """Return the point of a grid where a loss is lowest, for losses with kinks.

    >>> lowest_on_grid(lambda c: (c - 3).abs(), torch.linspace(0, 10, 101))
    3.0
    """
    return grid[torch.stack([loss(c) for c in grid]).argmin()].item()


# --8<-- [end:minimise]
