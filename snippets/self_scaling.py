"""Adadelta and Rprop: steps that scale themselves, equal to torch to the bit."""

import torch
from checks import check_range, check_step
from torch import Tensor


# --8<-- [start:adadelta]
@torch.no_grad()
def adadelta(
    param: Tensor,
    grad: Tensor,
    state: dict,
    *,
    lr: float = 1.0,
    rho: float = 0.9,
    eps: float = 1e-6,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> None:
    """Take one step of Adadelta, equal to torch.optim.Adadelta(foreach=False).

    Δ_t = √(E[Δ²]_{t-1} + ε)/√(E[g²]_t + ε) · g_t, θ_t = θ_{t-1} - lr Δ_t. The paper has
    no lr; torch's is 1 by default, which is the paper's rule. param, grad: of one shape
    and dtype, float32 or float64; param changes in place. state: {} before the first
    step, then "step", "square_avg" and "acc_delta". ValueError for bad input, which
    changes nothing; rho must be below 1, though torch takes 1 too.
    Source: Zeiler 2012, Algorithm 1, arXiv:1212.5701; torch.optim.Adadelta.

    >>> param, state = torch.tensor([1.0, -1.0], dtype=torch.float64), {}
    >>> adadelta(param, torch.tensor([4.0, -0.25]).double(), state)
    >>> 1 - param.abs()
    tensor([0.0032, 0.0032], dtype=torch.float64)
    """
    numbers = {"lr": lr, "eps": eps, "weight_decay": weight_decay}
    check_step(param, grad, state, ("square_avg", "acc_delta"), **numbers)
    check_range("rho", rho, below=1)
    zero = torch.zeros_like(param)

    grad = -grad if maximize else grad
    if weight_decay != 0:
        grad = grad.add(param, alpha=weight_decay)

    square_avg = state.get("square_avg", zero).mul(rho)
    square_avg.addcmul_(grad, grad, value=1 - rho)
    acc_delta = state.get("acc_delta", zero)
    delta = acc_delta.add(eps).sqrt_().div_(square_avg.add(eps).sqrt_()).mul_(grad)
    acc_delta = acc_delta.mul(rho).addcmul_(delta, delta, value=1 - rho)
    param.add_(delta, alpha=-lr)
    step = state.get("step", 0) + 1
    state.update(step=step, square_avg=square_avg, acc_delta=acc_delta)


# --8<-- [end:adadelta]


# --8<-- [start:rprop]
@torch.no_grad()
def rprop(
    param: Tensor,
    grad: Tensor,
    state: dict,
    *,
    lr: float = 1e-2,
    etas: tuple[float, float] = (0.5, 1.2),
    step_sizes: tuple[float, float] = (1e-6, 50),
    maximize: bool = False,
) -> None:
    """Take one step of Rprop, equal to torch.optim.Rprop(foreach=False) to the bit.

    Each number has a step Δ of its own, at first lr: × η⁺ while its gradient keeps its
    sign, × η⁻ when the sign turns (and then it stands still once), between the two
    step_sizes; θ moves by -sign(g) Δ. Riedmiller & Braun also take back the step that
    turned the sign; torch does not. param, grad: of one shape and dtype, float32 or
    float64; param changes in place. state: {} before the first step, then "step",
    "prev" and "step_size". ValueError for bad input, which changes nothing.
    Source: Riedmiller & Braun 1993; torch.optim.Rprop.

    >>> param, state = torch.tensor([1.0, -1.0]), {}
    >>> for grad in ([4.0, -0.25], [2.0, 0.25]):
    ...     rprop(param, torch.tensor(grad), state, lr=0.5)
    >>> param, state["step_size"]
    (tensor([-0.1000, -0.5000]), tensor([0.6000, 0.2500]))
    """
    check_step(param, grad, state, ("prev", "step_size"), lr=lr)
    for name, pair in (("etas", etas), ("step_sizes", step_sizes)):
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise ValueError(f"{name} must be a pair, not {pair}")
    check_range("etas[0]", etas[0], below=1, positive=True)
    check_range("etas[1]", etas[1], start=1, positive=True)
    check_range("step_sizes[0]", step_sizes[0])
    check_range("step_sizes[1]", step_sizes[1])

    grad = -grad if maximize else grad.clone()
    factor = grad.mul(state.get("prev", torch.zeros_like(param))).sign()
    turned = factor.lt(0)
    factor[factor.gt(0)] = etas[1]
    factor[turned] = etas[0]
    factor[factor.eq(0)] = 1
    step_size = state.get("step_size", torch.full_like(param, lr)).mul(factor)
    step_size.clamp_(*step_sizes)
    grad[turned] = 0
    param.addcmul_(grad.sign(), step_size, value=-1)
    state.update(step=state.get("step", 0) + 1, prev=grad, step_size=step_size)


# --8<-- [end:rprop]
