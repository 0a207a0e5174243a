"""Adafactor: a second moment kept as one row and one column."""

import math

import torch
from checks import check_range, check_step
from torch import Tensor


# --8<-- [start:adafactor]
@torch.no_grad()
def adafactor(
    param: Tensor,
    grad: Tensor,
    state: dict,
    *,
    lr: float = 1e-2,
    beta2_decay: float = -0.8,
    eps: tuple[float | None, float] = (None, 1e-3),
    d: float = 1.0,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> None:
    """Take one step of Adafactor, equal to torch.optim.Adafactor(foreach=False).

    β₂ₜ = 1 - t^beta2_decay; V̂ = R C/mean(R) from the running means R, C of the rows and
    columns of G²; U = G/√V̂, divided by max(1, RMS(U)/d); the step is
    -max(ε₂, RMS(θ)) min(lr, 1/√t) U. A vector keeps its whole V. The paper has 10⁻² in
    place of lr, and ε₁ = 10⁻³⁰ added to G²; torch's ε₁ is by default the dtype's eps,
    a lower bound of mean(R) and of √V̂. param, grad: of one shape and dtype, float32 or
    float64, not empty; param changes in place. state: {} before the first step, then
    "step" and "row_var", "col_var" or, for up to one dimension, "variance".
    ValueError for bad input, which changes nothing.
    Source: Shazeer & Stern 2018, Algorithms 4 to 6, arXiv:1804.04235;
    torch.optim.Adafactor.

    >>> param, state = torch.ones(2, 3), {}
    >>> adafactor(param, torch.full((2, 3), 4.0), state)
    >>> param[0], state["row_var"].shape, state["col_var"].shape
    (tensor([0.9900, 0.9900, 0.9900]), torch.Size([2, 1]), torch.Size([1, 3]))
    """
    matrix = isinstance(param, Tensor) and param.ndim > 1
    needs, shapes = ("variance",), {}
    if matrix:
        needs = ("row_var", "col_var")
        shapes["row_var"] = (*param.shape[:-1], 1)
        shapes["col_var"] = (*param.shape[:-2], 1, param.shape[-1])
    numbers = {"lr": lr, "weight_decay": weight_decay}
    check_step(param, grad, state, needs, shapes=shapes, **numbers)
    if param.numel() == 0:
        raise ValueError("param must not be empty")
    if not isinstance(eps, (tuple, list)) or len(eps) != 2:
        raise ValueError(f"eps must be a pair, not {eps}")
    floor = torch.finfo(param.dtype).eps if eps[0] is None else eps[0]
    check_range("eps[0]", floor)
    check_range("eps[1]", eps[1])
    check_range("d", d, start=1)
    if not isinstance(beta2_decay, (int, float)) or not -math.inf < beta2_decay <= 0:
        raise ValueError(f"beta2_decay must be in (-inf, 0], not {beta2_decay}")

    grad = -grad if maximize else grad
    t = state.get("step", 0) + 1
    fresh = float(t) ** beta2_decay  # 1 - β₂ₜ
    size = param.norm(2).item() / (param.numel() ** 0.5)
    step_size = max(eps[1], size) * min(lr, 1 / (t**0.5))
    new: dict = {"step": t}
    if matrix:
        for name, dim in (("row_var", -1), ("col_var", -2)):
            mean = torch.norm(grad, dim=dim, keepdim=True).square_()
            mean.div_(grad.size(dim))
            new[name] = state.get(name, torch.zeros_like(mean)).lerp(mean, fresh)
        variance = new["row_var"] @ new["col_var"]
        variance.div_(new["row_var"].mean(dim=-2, keepdim=True).clamp_(min=floor))
    else:
        old = state.get("variance", torch.zeros_like(param))
        variance = new["variance"] = old.lerp(grad * grad, fresh)

    update = variance.clamp(min=floor * floor).rsqrt_().mul_(grad)
    denom = max(1.0, update.norm(2).item() / ((update.numel() ** 0.5) * d))
    kept = param.mul(1 - lr * weight_decay) if weight_decay != 0 else param
    param.copy_(kept.add(update, alpha=-step_size / denom))
    state.update(new)


# --8<-- [end:adafactor]
