"""Muon: the gradient of a matrix with its singular values made equal."""

import math

import torch
from checks import check_range, check_step
from torch import Tensor


# --8<-- [start:newton-schulz]
def newton_schulz(
    matrix: Tensor,
    steps: int = 5,
    coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
    eps: float = 1e-7,
    dtype: torch.dtype = torch.bfloat16,
) -> Tensor:
    """Return a matrix with the same singular vectors and singular values near 1.

    X ← aX + b(XXᵀ)X + c(XXᵀ)²X, begun at X = G/‖G‖: each singular value σ goes through
    aσ + bσ³ + cσ⁵, the vectors stay. matrix: of two dimensions. Result: its shape, in
    ``dtype``; torch works in bfloat16.
    Source: Jordan et al. 2024; torch.optim.Muon.

    >>> matrix = torch.tensor([[3.0, 0.0], [0.0, 0.1]])
    >>> newton_schulz(matrix, dtype=torch.float64).diagonal()
    tensor([0.6970, 1.1288], dtype=torch.float64)
    """
    a, b, c = coefficients
    x = matrix.to(dtype, copy=True)
    if x.size(0) > x.size(1):
        x = x.T
    x = x.div(x.norm().clamp(min=eps))
    for _ in range(steps):
        gram = x @ x.T
        gram = torch.addmm(gram, gram, gram, beta=b, alpha=c)
        x = torch.addmm(x, gram, x, beta=a)
    return x.T if matrix.size(0) > matrix.size(1) else x


# --8<-- [end:newton-schulz]


# --8<-- [start:muon]
@torch.no_grad()
def muon(
    param: Tensor,
    grad: Tensor,
    state: dict,
    *,
    lr: float = 1e-3,
    weight_decay: float = 0.1,
    momentum: float = 0.95,
    nesterov: bool = True,
    ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
    eps: float = 1e-7,
    ns_steps: int = 5,
    adjust_lr_fn: str | None = None,
) -> None:
    """Take one step of Muon, equal to torch.optim.Muon to the bit.

    B_t = μB_{t-1} + (1 - μ)G_t, the step is -lr · s · NS(B_t), or of
    (1 - μ)G_t + μB_t with ``nesterov``; decoupled weight decay. s = √max(1, rows/cols),
    or 0.2 √max(rows, cols) for ``adjust_lr_fn="match_rms_adamw"``. torch's text writes
    B_t = μB_{t-1} + G_t, its code a mean; NS does not see the difference, because it
    divides by the norm first. param, grad: matrices, of one shape and dtype, float32 or
    float64; param changes in place. state: {} before the first step, then
    "momentum_buffer". ValueError for bad input, which changes nothing.
    Source: Jordan et al. 2024; Liu et al. 2025, arXiv:2502.16982; torch.optim.Muon.

    >>> param, state = torch.zeros(2, 2), {}
    >>> muon(param, torch.tensor([[3.0, 0.0], [0.0, 0.1]]), state, lr=1.0)
    >>> param
    tensor([[-0.6875,  0.0000],
            [ 0.0000, -1.1328]])
    """
    numbers = {"lr": lr, "weight_decay": weight_decay, "eps": eps}
    check_step(param, grad, state, ("momentum_buffer",), **numbers)
    check_range("momentum", momentum, below=1)
    if param.ndim != 2 or param.numel() == 0:
        raise ValueError(f"Muon needs a matrix, not shape {tuple(param.shape)}")
    if not isinstance(ns_steps, int) or not 0 <= ns_steps < 100:
        raise ValueError(f"ns_steps must be a count below 100, not {ns_steps}")
    if len(ns_coefficients) != 3:
        raise ValueError(f"ns_coefficients must be three, not {ns_coefficients}")
    if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
        raise ValueError(f"adjust_lr_fn is not known: {adjust_lr_fn!r}")

    rows, columns = param.shape
    scale = math.sqrt(max(1, rows / columns))
    if adjust_lr_fn == "match_rms_adamw":
        scale = 0.2 * math.sqrt(max(rows, columns))
    buffer = state.get("momentum_buffer", torch.zeros_like(param))
    buffer = buffer.lerp(grad, 1 - momentum)
    update = grad.lerp(buffer, momentum) if nesterov else buffer
    update = newton_schulz(update, ns_steps, ns_coefficients, eps)
    param.copy_(param.mul(1 - lr * weight_decay).add_(update, alpha=-lr * scale))
    state["momentum_buffer"] = buffer


# --8<-- [end:muon]
