"""Gradient descent: its rule to the bit, its limit 2/L, and where it ends."""

import math

import torch
from checks import check_range, check_tensors
from torch import Tensor
from torch.optim import Optimizer

# --8<-- [start:regression]
CURVATURE = torch.tensor([1.0, 25.0], dtype=torch.float64)


def regression(
    n: int = 128, noise: float = 1.0, seed: int = 0
) -> tuple[Tensor, Tensor, Tensor]:
    """Return x (n, 2), y (n,) and the parameters (2,) of least squared error, float64.

    The two features are orthogonal: xᵀx / n = diag(CURVATURE), up to rounding.

    >>> x, y, best = regression(n=8)
    >>> torch.testing.assert_close(x.T @ x / 8, CURVATURE.diag())
    >>> torch.testing.assert_close(gradient(best, x, y), torch.zeros_like(best))
    """
    generator = torch.Generator().manual_seed(seed)
    normal = {"generator": generator, "dtype": torch.float64}
    x = torch.linalg.qr(torch.randn(n, 2, **normal)).Q
    x = x * math.sqrt(n) * CURVATURE.sqrt()
    y = x @ torch.tensor([3.0, -1.0], dtype=torch.float64)
    y = y + noise * torch.randn(n, **normal)
    best = x.T @ y / n / CURVATURE
    return x, y, best


def gradient(theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Return the gradient of mean((x θ - y)²) / 2 over the given rows.

    ``theta`` (..., 2), ``x`` (..., rows, 2), ``y`` (..., rows); result like ``theta``.

    >>> x, y = torch.tensor([[1.0, 2.0]]), torch.tensor([3.0])
    >>> gradient(torch.zeros(2), x, y)
    tensor([-3., -6.])
    """
    error = (x @ theta.unsqueeze(-1)).squeeze(-1) - y
    return (x.mT @ error.unsqueeze(-1)).squeeze(-1) / x.shape[-2]


def excess(theta: Tensor, best: Tensor) -> Tensor:
    """Return how far the loss lies above its minimum; ``theta`` (..., 2) to (...).

    >>> excess(torch.tensor([1.0, 2.0]), torch.zeros(2)).item()
    50.5
    """
    return (CURVATURE * (theta - best).square()).sum(-1) / 2


# --8<-- [end:regression]


# --8<-- [start:first-step]
def first_step(optimizer_class: type[Optimizer]) -> list[float]:
    """Return where an optimizer of torch.optim stands after one step from (0, 0).

    The gradient is (1, 0.01) and lr 0.1.

    >>> first_step(torch.optim.SGD) == torch.tensor([-0.1, -0.001]).tolist()
    True
    """
    param = torch.zeros(2, requires_grad=True)
    param.grad = torch.tensor([1.0, 0.01])
    optimizer_class([param], lr=0.1).step()
    return param.tolist()


# --8<-- [end:first-step]


# --8<-- [start:prepare]
def prepare(
    param: Tensor,
    grad: Tensor,
    state: dict,
    weight_decay: float,
    maximize: bool,
    **not_negative: float,
) -> Tensor:
    """Check the input of a rule and return the gradient of what is minimised.

    All tensors are dense and floating point, of one shape and one dtype, those in
    ``state`` too; ``weight_decay`` and the numbers in ``not_negative`` are finite and
    not negative. Otherwise ValueError. As in torch.optim, ``maximize`` turns the sign
    first and weight_decay * param is added after that.

    >>> one = torch.ones(2)
    >>> prepare(one, 3 * one, {}, 0.5, False, lr=0.1)
    tensor([3.5000, 3.5000])
    >>> prepare(one, one, {"sum": torch.ones(3)}, 0.0, False)
    Traceback (most recent call last):
    ValueError: state 'sum' does not fit param
    """
    check_tensors(param, grad)
    if grad.layout != torch.strided:
        raise ValueError(f"grad must be dense, not {grad.layout}")
    for name, value in not_negative.items():
        check_range(name, value)
    check_range("weight_decay", weight_decay)
    for name, value in state.items():
        if isinstance(value, Tensor) and (
            value.shape != param.shape or value.dtype != param.dtype
        ):
            raise ValueError(f"state {name!r} does not fit param")
    if maximize:
        grad = -grad
    if weight_decay != 0:
        grad = grad.add(param, alpha=weight_decay)
    return grad


# --8<-- [end:prepare]


# --8<-- [start:sgd]
@torch.no_grad()
def sgd(
    param: Tensor,
    grad: Tensor,
    state: dict,
    *,
    lr: float,
    momentum: float = 0.0,
    dampening: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> None:
    """Do one step of gradient descent, with or without momentum, in place.

    ``param`` and ``grad``: same shape, same floating dtype. ``state`` starts as {} and
    keeps "momentum_buffer". Equal to torch.optim.SGD(foreach=False) to the bit; NaN and
    inf in ``grad`` go into ``param``, as there. ValueError on bad input; ``momentum``
    must be below 1, though torch takes more. A failed call changes nothing.
    Source: documentation of torch.optim.SGD; Sutskever et al. 2013 for Nesterov.

    >>> param, state = torch.tensor([1.0, -2.0]), {}
    >>> for _ in range(2):
    ...     sgd(param, 2 * param, state, lr=0.25, momentum=0.5)
    >>> param, state
    (tensor([0., 0.]), {'momentum_buffer': tensor([ 2., -4.])})
    >>> sgd(param, param, state, lr=-1.0)
    Traceback (most recent call last):
    ValueError: lr must be in [0, inf), not -1.0
    """
    grad = prepare(
        param, grad, state, weight_decay, maximize, lr=lr, dampening=dampening
    )
    check_range("momentum", momentum, below=1.0)
    if nesterov and (momentum == 0 or dampening != 0):
        raise ValueError("nesterov needs momentum > 0 and dampening = 0")

    if momentum == 0:
        param.add_(grad, alpha=-lr)
        return
    buffer = state.get("momentum_buffer")
    if buffer is None:
        buffer = grad.clone()
    else:
        buffer = buffer.mul(momentum).add_(grad, alpha=1 - dampening)
    step = grad.add(buffer, alpha=momentum) if nesterov else buffer
    param.add_(step, alpha=-lr)
    state["momentum_buffer"] = buffer


# --8<-- [end:sgd]


# --8<-- [start:descend]
def descend(
    curvatures: tuple[float, ...], lr: float, momentum: float = 0.0
) -> tuple[int, int]:
    """Return the steps and the sign changes of descent on the bowl Σ λ θ² / 2.

    From θ = 1 in each of the ``curvatures`` λ, until position and coming momentum
    are both within 1e-6 of rest. The rule is that of ``sgd``, in plain floats.

    >>> descend((1.0, 10.0), lr=2 / 11), descend((1.0,), lr=1.0)
    ((69, 69), (1, 0))
    """
    theta = [1.0] * len(curvatures)
    buffer = [0.0] * len(curvatures)
    steps = turns = 0
    rest = 1.0
    while rest > 1e-6:
        rest = 0.0
        for j, curvature in enumerate(curvatures):
            buffer[j] = momentum * buffer[j] + curvature * theta[j]
            moved = theta[j] - lr * buffer[j]
            turns += moved * theta[j] < 0
            theta[j] = moved
            rest = max(rest, abs(moved), abs(lr * momentum * buffer[j]))
        steps += 1
    return steps, turns


# --8<-- [end:descend]


# --8<-- [start:wells]
def wells(
    optimizer_class: type[Optimizer], lr: float, noise: float = 0.0, **options
) -> float:
    """Return the share of starts that end in the worse well of θ⁴/4 - θ²/2 + θ/10.

    2001 starts, evenly from -2 to 2, 600 steps; the better minimum is at θ < 0.
    Normal ``noise`` is added to the gradients and annealed to 0.

    >>> round(wells(torch.optim.SGD, lr=0.05), 3)
    0.475
    """
    torch.manual_seed(0)
    theta = torch.linspace(-2, 2, 2001, requires_grad=True)
    optimizer = optimizer_class([theta], lr=lr, **options)
    for step in range(600):
        start = theta.detach()
        theta.grad = start**3 - start + 0.1
        if noise:
            left = noise * (1 - step / 600)
            theta.grad += left * torch.randn(2001)
        optimizer.step()
    return (theta > 0).double().mean().item()


def positive_share(n: int, draws: int = 100_000) -> float:
    """Return the share of random symmetric n x n matrices that are positive definite.

    A + Aᵀ with A standard normal, seed 0.

    >>> positive_share(2, draws=1000) > positive_share(3, draws=1000) > 0
    True
    """
    torch.manual_seed(0)
    a = torch.randn(draws, n, n)
    factored = torch.linalg.cholesky_ex(a + a.mT)
    return (factored.info == 0).double().mean().item()


# --8<-- [end:wells]


# --8<-- [start:escape]
def escape(
    offset: float,
    lr: float = 0.1,
    momentum: float = 0.0,
    noise: float = 0.0,
    seed: int = 0,
) -> float:
    """Return the steps from (1, offset) until |θ₂| > 1/2, or inf after 2000 of them.

    On θ₁²/2 - θ₂²/2 + θ₂⁴/4, whose saddle is at 0 and whose minima are at θ₂ = ±1;
    normal ``noise`` on the gradients, float64.

    >>> escape(offset=0.1), escape(offset=0.0)
    (19, inf)
    """
    torch.manual_seed(seed)
    theta = torch.tensor([1.0, offset], dtype=torch.float64)
    state: dict = {}
    for step in range(1, 2001):
        grad = torch.stack([theta[0], theta[1] ** 3 - theta[1]])
        grad = grad + noise * torch.randn(2, dtype=torch.float64)
        sgd(theta, grad, state, lr=lr, momentum=momentum)
        if theta[1].abs() > 0.5:
            return step
    return math.inf


# --8<-- [end:escape]


# --8<-- [start:descended]
def descended(factor: float, steps: int = 400) -> list[float]:
    """Return the excess loss before and after each step on the surface.

    lr = |factor| · 2/L; a negative ``factor`` walks along the gradient, not against it.

    >>> descended(0.5)[-1] < 1e-6 < descended(1.05)[-1]
    True
    """
    x, y, best = regression()
    theta = torch.tensor([-5.0, 1.5], dtype=torch.float64)
    lr = abs(factor) * 2 / CURVATURE.max().item()
    losses = [excess(theta, best).item()]
    for _ in range(steps):
        sgd(theta, gradient(theta, x, y), {}, lr=lr, maximize=factor < 0)
        losses.append(excess(theta, best).item())
    return losses


# --8<-- [end:descended]


# --8<-- [start:spread]
def spread_of_ends(starts: int = 40, steps: int = 800) -> float:
    """Return how far apart descents from random starts end on the bowl, lr = 1/L.

    The largest distance of an end from their mean, in a coordinate.

    >>> spread_of_ends(starts=3, steps=10) > spread_of_ends(starts=3)
    True
    """
    x, y, _ = regression()
    generator = torch.Generator().manual_seed(0)
    theta = 5 * torch.randn(starts, 2, generator=generator).double()
    for _ in range(steps):
        theta = theta - gradient(theta, x, y) / CURVATURE.max()
    return (theta - theta.mean(0)).abs().max().item()


# --8<-- [end:spread]
