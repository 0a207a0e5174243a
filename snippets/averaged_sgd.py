"""Averaged SGD: a path, and beside it the mean of the path."""

import torch
from checks import check_range, check_step
from torch import Tensor


# --8<-- [start:asgd]
@torch.no_grad()
def asgd(
    param: Tensor,
    grad: Tensor,
    state: dict,
    *,
    lr: float = 1e-2,
    lambd: float = 1e-4,
    alpha: float = 0.75,
    t0: float = 1e6,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> None:
    """Take one step of ASGD, equal to torch.optim.ASGD(foreach=False) to the bit.

    θ_t = (1 - λη_t) θ_{t-1} - η_t g_t with η_{t+1} = lr/(1 + λ lr t)^alpha; beside it
    is the average ax_t = ax_{t-1} + μ_t (θ_t - ax_{t-1}), μ_{t+1} = 1/max(1, t - t0).
    So ax is the mean of θ from step t0 + 2 on, and θ itself before: for a million
    steps by default. torch keeps η and μ as float32, and updates param only: the
    average stays in the state. param, grad: of one shape and dtype, float32 or float64;
    param changes in place. state: {} before the first step, then "step", "eta", "mu"
    and "ax". ValueError for bad input, which changes nothing.
    Source: Polyak & Juditsky 1992 for the mean; torch.optim.ASGD.

    >>> param, state = torch.tensor([1.0]), {}
    >>> for _ in range(3):
    ...     asgd(param, 2 * param, state, lr=0.75, lambd=0.0, t0=0)
    >>> param, state["ax"]
    (tensor([-0.1250]), tensor([0.0625]))
    """
    numbers = {"lr": lr, "lambd": lambd, "weight_decay": weight_decay}
    check_step(param, grad, state, ("ax",), **numbers)
    check_range("alpha", alpha)
    check_range("t0", t0)

    grad = -grad if maximize else grad
    if weight_decay != 0:
        grad = grad.add(param, alpha=weight_decay)

    step = state.get("step", 0) + 1
    eta = state.get("eta", torch.tensor(lr).item())
    mu = state.get("mu", 1.0)
    moved = param.mul(1 - lambd * eta).add_(grad, alpha=-eta)
    ax = state.get("ax", moved)
    ax = moved.clone() if mu == 1 else ax.add(moved.sub(ax).mul_(mu))
    eta = torch.tensor(lr / ((1 + lambd * lr * step) ** alpha)).item()
    mu = torch.tensor(1 / max(1, step - t0)).item()
    param.copy_(moved)
    state.update(step=step, eta=eta, mu=mu, ax=ax)


# --8<-- [end:asgd]
