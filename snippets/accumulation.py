"""Gradient accumulation: what backward() adds, zero_grad() clears and step() uses."""

import math
import textwrap
import warnings
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.nn.utils import clip_grad_norm_


# --8<-- [start:largest_gap]
def largest_gap(build: Callable[[], torch.nn.Module]) -> float:
    """Return max|Δw| of the weights of two layers that ``build()`` makes.

    >>> largest_gap(lambda: torch.nn.LayerNorm(3))
    0.0
    """
    one, other = build(), build()
    return (one.weight - other.weight).abs().max().item()


# --8<-- [end:largest_gap]


# --8<-- [start:error_of]
def error_of(action: Callable[[], object]) -> str:
    """Return the error that ``action()`` raises, its first line wrapped at 36 columns.

    RuntimeError, TypeError and ValueError are caught; returns "no error" if none came.

    >>> print(error_of(lambda: torch.ones(2) + torch.ones(3)))
    RuntimeError: The size of tensor a
      (2) must match the size of tensor
      b (3) at non-singleton dimension 0
    """
    try:
        action()
    except (RuntimeError, TypeError, ValueError) as error:
        line = f"{type(error).__name__}: {error}".split("\n")[0]
        return textwrap.fill(line, 36, subsequent_indent="  ", break_on_hyphens=False)
    return "no error"


# --8<-- [end:error_of]


# --8<-- [start:takes_gradient]
def takes_gradient(dtype: torch.dtype) -> bool:
    """Return whether a tensor of this dtype can be given ``requires_grad=True``.

    >>> takes_gradient(torch.float16), takes_gradient(torch.int64)
    (True, False)
    """
    with warnings.catch_warnings(action="ignore"):
        tensor = torch.empty(2, dtype=dtype)
    return error_of(tensor.requires_grad_) == "no error"


# --8<-- [end:takes_gradient]


# --8<-- [start:parameters]
def parameters() -> tuple[Tensor, Tensor]:
    """Return the post's w, float32 of shape (5, 3), and b, of shape (3,), as leaves.

    >>> w, b = parameters()
    >>> w.shape, b
    (torch.Size([5, 3]), tensor([1., 2., 3.], requires_grad=True))
    """
    w0 = [[1, 2, 3] for _ in range(5)]
    w = torch.tensor(w0, dtype=torch.float32, requires_grad=True)
    b = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    return w, b


# --8<-- [end:parameters]


# --8<-- [start:changes]
def changes(backward: bool, step: bool) -> tuple[float, float]:
    """Return max|Δw| and max|Δb| after the named calls, float32.

    The optimizer is the post's, but it is given w only.

    >>> changes(backward=True, step=False)
    (0.0, 0.0)
    """
    w, b = parameters()
    optimizer = torch.optim.SGD([w], lr=0.0009)
    before = w.detach().clone(), b.detach().clone()
    z = torch.ones(5) @ w + b
    loss = binary_cross_entropy_with_logits(z, torch.zeros(3))
    if backward:
        loss.backward()
    if step:
        optimizer.step()
    dw, db = w - before[0], b - before[1]
    return dw.abs().max().item(), db.abs().max().item()


# --8<-- [end:changes]


# --8<-- [start:step_after]
def step_after(
    build: Callable[[list[Tensor]], torch.optim.Optimizer],
    set_to_none: bool,
) -> float:
    """Return how far a parameter moves in a second step that had no backward().

    The first step has the gradient 1; then comes ``zero_grad(set_to_none)``.

    >>> from functools import partial
    >>> sgd = partial(torch.optim.SGD, lr=0.5, momentum=0.5)
    >>> step_after(sgd, set_to_none=True), step_after(sgd, set_to_none=False)
    (0.0, -0.25)
    """
    param = torch.ones(1, requires_grad=True)
    optimizer = build([param])
    param.grad = torch.ones(1)
    optimizer.step()
    optimizer.zero_grad(set_to_none=set_to_none)
    before = param.item()
    optimizer.step()
    return param.item() - before


# --8<-- [end:step_after]


# --8<-- [start:train]
def train(
    epochs: int,
    zero_grad: bool = True,
    max_norm: float = math.inf,
    momentum: float = 0.0,
) -> tuple[Tensor, list[float]]:
    """Return the w of the post's first loop, and the gradient norm of each epoch.

    The norms are those before clipping, of w and b together; lr is the post's 0.0009.

    >>> w, norms = train(3, zero_grad=False)
    >>> [round(norm, 3) for norm in norms]
    [1.413, 2.826, 4.239]
    >>> w, norms = train(3, zero_grad=False, max_norm=1.0)
    >>> [round(norm, 3) for norm in norms]
    [1.413, 2.413, 2.413]
    """
    x, y = torch.ones(5), torch.zeros(3)
    w, b = parameters()
    optimizer = torch.optim.SGD([w, b], lr=0.0009, momentum=momentum)
    norms = []
    for _ in range(epochs):
        if zero_grad:
            optimizer.zero_grad()
        loss = binary_cross_entropy_with_logits(x @ w + b, y)
        loss.backward()
        norms.append(clip_grad_norm_([w, b], max_norm).item())
        optimizer.step()
    return w.detach(), norms


# --8<-- [end:train]


# --8<-- [start:added]
def added(first: Tensor, second: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Return w.grad after backward() of two losses, and the sum of their gradients.

    The sum is made of the gradient of each loss alone. The graphs are kept.

    >>> w = torch.ones(1, requires_grad=True)
    >>> added(3 * w, 4 * w, w)
    (tensor([7.]), tensor([7.]))
    """
    alone = [torch.autograd.grad(x, w, retain_graph=True)[0] for x in (first, second)]
    w.grad = None
    for loss in (first, second):
        loss.backward(retain_graph=True)
    return w.grad, alone[0] + alone[1]


# --8<-- [end:added]


# --8<-- [start:trained-target]
def loss_when_y_is_trained(steps: int) -> list[float]:
    """Return the loss of each step of the post's loop when y is a parameter too.

    y starts at random, as the bias of nn.Linear(5, 3) does, and is given to SGD.
    A cross-entropy with targets between 0 and 1 is never negative.

    >>> losses = loss_when_y_is_trained(500)
    >>> losses[0] > 0 > losses[-1]
    True
    """
    torch.manual_seed(0)
    w, b = parameters()
    y = torch.nn.Parameter(torch.nn.Linear(5, 3).bias.detach())
    optimizer = torch.optim.SGD([w, b, y], lr=0.0009)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = binary_cross_entropy_with_logits(torch.ones(5) @ w + b, y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


# --8<-- [end:trained-target]


# --8<-- [start:relative]
def relative(value: Tensor, reference: Tensor) -> float:
    """Return the distance of two vectors in units of the reference's length.

    >>> relative(torch.tensor([0.0, 5.0]), torch.tensor([0.0, 4.0]))
    0.25
    """
    return ((value - reference).norm() / reference.norm()).item()


# --8<-- [end:relative]
