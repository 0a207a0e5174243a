"""Adamax, NAdam and RAdam: Adam's relatives, equal to torch to the bit."""

import torch
from checks import check_adam
from torch import Tensor


# --8<-- [start:adamax]
@torch.no_grad()
def adamax(
    param: Tensor,
    grad: Tensor,
    state: dict,
    *,
    lr: float = 2e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> None:
    """Take one step of Adamax, equal to torch.optim.Adamax(foreach=False) to the bit.

    u_t = max(β₂ u_{t-1}, |g_t|) and θ_t = θ_{t-1} - α/(1 - β₁^t) · m_t/u_t: the mean of
    squares becomes a maximum that fades. The paper has no ε here; torch adds it to
    |g_t| before the maximum. param, grad: of one shape and dtype, float32 or float64;
    param changes in place. state: {} before the first step, then "step", "exp_avg" and
    "exp_inf". ValueError for bad input, which changes nothing.
    Source: Kingma & Ba 2014, Algorithm 2, arXiv:1412.6980; torch.optim.Adamax.

    >>> param, state = torch.tensor([1.0, -1.0]), {}
    >>> adamax(param, torch.tensor([4.0, -0.25]), state, lr=0.5)
    >>> param, state["exp_inf"]
    (tensor([ 0.5000, -0.5000]), tensor([4.0000, 0.2500]))
    """
    numbers = {"lr": lr, "eps": eps, "weight_decay": weight_decay}
    check_adam(param, grad, state, ("exp_avg", "exp_inf"), betas=betas, **numbers)
    beta1, beta2 = betas
    zero = torch.zeros_like(param)
    t = state.get("step", 0) + 1

    grad = -grad if maximize else grad
    if weight_decay != 0:
        grad = grad.add(param, alpha=weight_decay)

    exp_avg = state.get("exp_avg", zero).lerp(grad, 1 - beta1)
    exp_inf = state.get("exp_inf", zero).mul(beta2)
    exp_inf = torch.maximum(exp_inf, grad.abs().add_(eps))
    param.addcdiv_(exp_avg, exp_inf, value=-lr / (1 - beta1**t))
    state.update(step=t, exp_avg=exp_avg, exp_inf=exp_inf)


# --8<-- [end:adamax]


# --8<-- [start:nadam]
@torch.no_grad()
def nadam(
    param: Tensor,
    grad: Tensor,
    state: dict,
    *,
    lr: float = 2e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum_decay: float = 4e-3,
    decoupled_weight_decay: bool = False,
    maximize: bool = False,
) -> None:
    """Take one step of NAdam, equal to torch.optim.NAdam(foreach=False) to the bit.

    μ_t = β₁(1 - 0.96^{tψ}/2); the step is α(1 - μ_t)/(1 - Π_{i≤t} μ_i) g_t plus
    αμ_{t+1}/(1 - Π_{i≤t+1} μ_i) m_t, each over √v̂_t + ε. Dozat updates m by μ_t; torch
    by β₁, and keeps the product Π μ as float32 whatever the dtype of param.
    param, grad: of one shape and dtype, float32 or float64; param changes in place.
    state: {} before the first step, then "step", "mu_product", "exp_avg" and
    "exp_avg_sq". weight_decay: L2, or as in AdamW if ``decoupled_weight_decay``.
    ValueError for bad input, which changes nothing.
    Source: Dozat 2016; torch.optim.NAdam.

    >>> param, state = torch.tensor([1.0, -1.0]), {}
    >>> nadam(param, torch.tensor([4.0, -0.25]), state, lr=0.5)
    >>> param
    tensor([ 0.4718, -0.4718])
    """
    numbers = {"lr": lr, "eps": eps, "weight_decay": weight_decay}
    numbers["momentum_decay"] = momentum_decay
    needs = ("exp_avg", "exp_avg_sq")
    check_adam(param, grad, state, needs, betas=betas, **numbers)
    beta1, beta2 = betas
    exp_avg, exp_avg_sq = (state.get(name, torch.zeros_like(param)) for name in needs)
    t = state.get("step", 0) + 1

    grad = -grad if maximize else grad
    if weight_decay and decoupled_weight_decay:
        param.mul_(1 - lr * weight_decay)
    elif weight_decay:
        grad = grad.add(param, alpha=weight_decay)

    mu = beta1 * (1.0 - 0.5 * (0.96 ** (t * momentum_decay)))
    mu_next = beta1 * (1.0 - 0.5 * (0.96 ** ((t + 1) * momentum_decay)))
    product = torch.tensor(state.get("mu_product", 1.0)).mul_(mu).item()

    exp_avg = exp_avg.lerp(grad, 1 - beta1)
    exp_avg_sq = exp_avg_sq.mul(beta2).addcmul_(grad, grad, value=1 - beta2)
    denom = exp_avg_sq.div(1 - beta2**t).sqrt().add_(eps)
    param.addcdiv_(grad, denom, value=-lr * (1.0 - mu) / (1.0 - product))
    param.addcdiv_(exp_avg, denom, value=(-lr * mu_next) / (1.0 - product * mu_next))
    state.update(step=t, mu_product=product, exp_avg=exp_avg, exp_avg_sq=exp_avg_sq)


# --8<-- [end:nadam]


# --8<-- [start:rectifier]
def rectifier(t: int, beta2: float = 0.999) -> float | None:
    """Return by how much RAdam shortens its adaptive step t, or None: no such step.

    ρ_t = ρ_∞ - 2t β₂^t/(1 - β₂^t) with ρ_∞ = 2/(1 - β₂) - 1 is how many gradients the
    running mean is worth. As long as ρ_t ≤ 5, RAdam does not divide by √v at all; the
    paper says 4. Source: Liu et al. 2019, section 4, arXiv:1908.03265.

    >>> [t for t in range(1, 9) if rectifier(t) is None]
    [1, 2, 3, 4, 5]
    >>> round(rectifier(6), 4), round(rectifier(10_000), 4)
    (0.0258, 0.9998)
    """
    long_run = 2 / (1 - beta2) - 1
    length = long_run - 2 * t * (beta2**t) / (1 - beta2**t)
    if length <= 5:
        return None
    ratio = (length - 4) * (length - 2) * long_run
    return (ratio / ((long_run - 4) * (long_run - 2) * length)) ** 0.5


# --8<-- [end:rectifier]


# --8<-- [start:radam]
@torch.no_grad()
def radam(
    param: Tensor,
    grad: Tensor,
    state: dict,
    *,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decoupled_weight_decay: bool = False,
    maximize: bool = False,
) -> None:
    """Take one step of RAdam, equal to torch.optim.RAdam(foreach=False) to the bit.

    θ_t = θ_{t-1} - α r_t m̂_t √(1 - β₂^t)/(√v_t + ε) with r_t from ``rectifier``; until
    ρ_t > 5 it is θ_t = θ_{t-1} - α m̂_t, whose length depends on the scale of g. The
    paper's limit is 4. param, grad: of one shape and dtype, float32 or float64; param
    changes in place. state: {} before the first step, then "step", "exp_avg" and
    "exp_avg_sq". weight_decay: L2, or as in AdamW if ``decoupled_weight_decay``.
    ValueError for bad input, which changes nothing.
    Source: Liu et al. 2019, Algorithm 2, arXiv:1908.03265; torch.optim.RAdam.

    >>> param, state = torch.tensor([1.0, -1.0]), {}
    >>> radam(param, torch.tensor([4.0, -0.25]), state, lr=0.5)
    >>> param
    tensor([-1.0000, -0.8750])
    """
    numbers = {"lr": lr, "eps": eps, "weight_decay": weight_decay}
    needs = ("exp_avg", "exp_avg_sq")
    check_adam(param, grad, state, needs, betas=betas, **numbers)
    beta1, beta2 = betas
    exp_avg, exp_avg_sq = (state.get(name, torch.zeros_like(param)) for name in needs)
    t = state.get("step", 0) + 1

    grad = -grad if maximize else grad
    if weight_decay and decoupled_weight_decay:
        param.mul_(1 - lr * weight_decay)
    elif weight_decay:
        grad = grad.add(param, alpha=weight_decay)

    exp_avg = exp_avg.lerp(grad, 1 - beta1)
    exp_avg_sq = exp_avg_sq.mul(beta2).addcmul_(grad, grad, value=1 - beta2)
    update = exp_avg / (1 - beta1**t) * lr
    rect = rectifier(t, beta2)
    if rect is not None:
        update = update * ((1 - beta2**t) ** 0.5 / exp_avg_sq.sqrt().add_(eps)) * rect
    param.sub_(update)
    state.update(step=t, exp_avg=exp_avg, exp_avg_sq=exp_avg_sq)


# --8<-- [end:radam]
