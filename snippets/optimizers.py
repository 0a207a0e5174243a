"""Seven optimizers: their rules to the bit, and what each does and does not do."""

# --8<-- [start:imports]
import math
from collections.abc import Callable

import torch
from checks import check_range, check_tensors
from torch import Tensor
from torch.optim import Optimizer
from verdicts import Case, Trial

# --8<-- [end:imports]


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


# --8<-- [start:adagrad]
@torch.no_grad()
def adagrad(
    param: Tensor,
    grad: Tensor,
    state: dict,
    *,
    lr: float,
    lr_decay: float = 0.0,
    eps: float = 1e-10,
    weight_decay: float = 0.0,
    initial_accumulator_value: float = 0.0,
    maximize: bool = False,
) -> None:
    """Do one step of AdaGrad in place.

    ``param`` and ``grad``: same shape, same floating dtype. ``state`` starts as {} and
    keeps "step", an int, and "sum", the sum of the squared gradients. Equal to
    torch.optim.Adagrad(foreach=False) to the bit; NaN and inf in ``grad`` go into
    ``param``, as there. ValueError on bad input; a failed call changes nothing.
    Source: Duchi et al. 2011, diagonal form; documentation of torch.optim.Adagrad.

    >>> param, state = torch.tensor([1.0, 1.0]), {}
    >>> adagrad(param, torch.tensor([4.0, -0.5]), state, lr=0.25)
    >>> param, state
    (tensor([0.7500, 1.2500]), {'step': 1, 'sum': tensor([16.0000,  0.2500])})
    """
    initial = initial_accumulator_value
    check_range("initial_accumulator_value", initial)
    grad = prepare(
        param, grad, state, weight_decay, maximize, lr=lr, lr_decay=lr_decay, eps=eps
    )

    step = state.get("step", 0) + 1
    total = state.get("sum", torch.full_like(param, initial))
    total = total.addcmul(grad, grad)
    rate = lr / (1 + (step - 1) * lr_decay)
    param.addcdiv_(grad, total.sqrt().add_(eps), value=-rate)
    state.update(step=step, sum=total)


# --8<-- [end:adagrad]


# --8<-- [start:rmsprop]
@torch.no_grad()
def rmsprop(
    param: Tensor,
    grad: Tensor,
    state: dict,
    *,
    lr: float,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    centered: bool = False,
    maximize: bool = False,
) -> None:
    """Do one step of RMSProp in place.

    ``param`` and ``grad``: same shape, same floating dtype. ``state`` starts as {} and
    keeps "square_avg", "grad_avg" if ``centered``, and "momentum_buffer". Equal to
    torch.optim.RMSprop(foreach=False) to the bit; NaN and inf in ``grad`` go into
    ``param``, as there. ValueError on bad input; ``alpha`` and ``momentum`` must be
    below 1, though torch takes more. A failed call changes nothing.
    Source: Hinton's lecture 6e; documentation of torch.optim.RMSprop.

    >>> param, state = torch.tensor([1.0, 1.0]), {}
    >>> rmsprop(param, torch.tensor([4.0, -0.5]), state, lr=0.25, alpha=0.75)
    >>> param, state
    (tensor([0.5000, 1.5000]), {'square_avg': tensor([4.0000, 0.0625])})
    """
    grad = prepare(param, grad, state, weight_decay, maximize, lr=lr, eps=eps)
    check_range("alpha", alpha, below=1.0)
    check_range("momentum", momentum, below=1.0)

    new = {}
    zero = torch.zeros_like(param)
    square = state.get("square_avg", zero)
    square = square.mul(alpha).addcmul_(grad, grad, value=1 - alpha)
    new["square_avg"] = square
    if centered:
        mean = state.get("grad_avg", zero).lerp(grad, 1 - alpha)
        new["grad_avg"] = mean
        square = square.addcmul(mean, mean, value=-1)
    root = square.sqrt().add_(eps)
    if momentum > 0:
        buffer = state.get("momentum_buffer", zero)
        buffer = buffer.mul(momentum).addcdiv_(grad, root)
        new["momentum_buffer"] = buffer
        param.add_(buffer, alpha=-lr)
    else:
        param.addcdiv_(grad, root, value=-lr)
    state.update(new)


# --8<-- [end:rmsprop]


# --8<-- [start:displacements]
def displacements(
    optimizer_class: type[Optimizer],
    grads: Tensor,
    **options,
) -> Tensor:
    """Return what an optimizer subtracts at each step, in units of lr.

    ``grads`` (steps, ...) is one gradient a step; the result has its shape and dtype.
    The parameter is put back to 0 before each step, so that no digit is lost.

    >>> displacements(torch.optim.SGD, torch.ones(3), momentum=0.5)
    tensor([1.0000, 1.5000, 1.7500])
    """
    param = torch.zeros_like(grads[0], requires_grad=True)
    optimizer = optimizer_class([param], lr=1.0, **options)
    moved = torch.empty_like(grads)
    for step, grad in enumerate(grads):
        param.data.zero_()
        param.grad = grad
        optimizer.step()
        moved[step] = -param.detach()
    return moved


# --8<-- [end:displacements]


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
def wells(optimizer_class: type[Optimizer], noise: float = 0.0, **options) -> float:
    """Return the share of starts that end in the worse well of θ⁴/4 - θ²/2 + θ/10.

    2001 starts, evenly from -2 to 2, 600 steps of lr 0.05; the better minimum is at
    θ < 0. Normal ``noise`` is added to the gradients and annealed to 0.

    >>> round(wells(torch.optim.SGD), 3)
    0.475
    """
    torch.manual_seed(0)
    theta = torch.linspace(-2, 2, 2001, requires_grad=True)
    optimizer = optimizer_class([theta], lr=0.05, **options)
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


# --8<-- [start:sampled]
def sampled(
    data: tuple[Tensor, Tensor, Tensor],
    lrs: Tensor,
    batch: int,
    runs: int = 32,
) -> Tensor:
    """Return the excess loss of SGD after each step, as a mean over ``runs``.

    ``data`` as from ``regression``; ``lrs`` (steps, k) holds k schedules, which all
    see the same samples; the result has its shape. A batch is drawn with replacement,
    but a batch of all rows is all rows. From θ = (-5, 1.5), seed 0.

    >>> lrs = torch.full((100, 2), 0.01)
    >>> sampled(regression(n=8), lrs, batch=8, runs=1).shape
    torch.Size([100, 2])
    """
    x, y, best = data
    n = len(x)
    generator = torch.Generator().manual_seed(0)
    theta = torch.tensor([-5.0, 1.5], dtype=torch.float64)
    theta = theta.expand(lrs.shape[1], runs, 2)
    shape = (len(lrs), runs, batch)
    rows = torch.randint(n, shape, generator=generator)
    if batch == n:
        rows = torch.arange(n).expand(shape)
    way = []
    for lr, inputs, targets in zip(lrs.unsqueeze(-1), x[rows], y[rows], strict=True):
        theta = theta - lr.unsqueeze(-1) * gradient(theta, inputs, targets)
        way.append(theta)
    return excess(torch.stack(way), best).mean(-1)


# --8<-- [end:sampled]


# --8<-- [start:agreement]
def agreement(
    rule: Callable,
    optimizer_class: type[Optimizer],
    dtype: torch.dtype,
    options: dict,
) -> float:
    """Return the largest difference between a rule and torch.optim in 200 steps.

    Seven parameters with random gradients, compared after every step.

    >>> agreement(sgd, torch.optim.SGD, torch.float32, {"lr": 0.1, "momentum": 0.9})
    0.0
    """
    torch.manual_seed(0)
    ours = torch.randn(7, dtype=dtype)
    theirs = ours.clone().requires_grad_()
    optimizer = optimizer_class([theirs], foreach=False, **options)
    state: dict = {}
    worst = 0.0
    for _ in range(200):
        theirs.grad = torch.randn(7, dtype=dtype)
        optimizer.step()
        rule(ours, theirs.grad, state, **options)
        worst = max(worst, (ours - theirs).abs().max().item())
    return worst


# --8<-- [end:agreement]


# --8<-- [start:path]
def path(
    optimizer_class: type[Optimizer],
    batch: int,
    steps: int = 60,
    angle: float = 0.0,
    **options,
) -> Tensor:
    """Return the way (steps + 1, 2) of an optimizer over the surface.

    From θ = (-5, 1.5); a ``batch`` smaller than the data is drawn with replacement,
    seed 0. ``angle`` in radians turns the surface, and the start with it, about the
    minimum; what is returned has been turned back.

    >>> path(torch.optim.SGD, batch=128, steps=2, lr=0.01).shape
    torch.Size([3, 2])
    """
    torch.manual_seed(0)
    x, y, best = regression()
    cos, sin = math.cos(angle), math.sin(angle)
    turn = torch.tensor([[cos, -sin], [sin, cos]], dtype=torch.float64)
    start = torch.tensor([-5.0, 1.5], dtype=torch.float64) - best
    x, y = x @ turn.T, y - x @ best
    theta = (turn @ start).requires_grad_()
    optimizer = optimizer_class([theta], **options)
    way = [start]
    for _ in range(steps):
        rows = slice(None) if batch == len(x) else torch.randint(len(x), (batch,))
        theta.grad = gradient(theta.detach(), x[rows], y[rows])
        optimizer.step()
        way.append(turn.T @ theta.detach())
    return torch.stack(way) + best


# --8<-- [end:path]


# --8<-- [start:state-bytes]
def state_bytes(
    optimizer_class: type[Optimizer], n: int = 1000, **options
) -> tuple[float, int]:
    """Return bytes of state per float32 parameter, and bytes per tensor of n.

    Counted in ``state_dict()`` after one step: tensors of the parameter's shape
    count for the first number, the rest (the step counter) for the second.

    >>> state_bytes(torch.optim.Adam)
    (8.0, 4)
    """
    param = torch.zeros(n, requires_grad=True)
    optimizer = optimizer_class([param], lr=0.1, **options)
    param.grad = torch.ones(n)
    optimizer.step()
    state = optimizer.state_dict()["state"].get(0, {})
    values = [value for value in state.values() if isinstance(value, Tensor)]
    shaped = sum(value.nbytes for value in values if value.shape == param.shape)
    return shaped / n, sum(value.nbytes for value in values) - shaped


# --8<-- [end:state-bytes]


# --8<-- [start:problems]
SEEDS = 8
Problem = tuple[list[Tensor], Callable, Callable]


def bowl(rotated: bool) -> Problem:
    """Return start and loss of a bowl in five dimensions, condition number 10⁴.

    The start is a list of one tensor (SEEDS, 5), float64. The loss takes tensors with
    any leading dimensions. ``rotated`` turns the axes of the bowl at random.

    >>> (start,), loss, measure = bowl(rotated=True)
    >>> loss(start).shape
    torch.Size([8])
    """
    generator = torch.Generator().manual_seed(0)
    normal = {"generator": generator, "dtype": torch.float64}
    start = torch.randn(SEEDS, 5, **normal)
    hessian = torch.logspace(-4, 0, 5, dtype=torch.float64).diag().expand(SEEDS, 5, 5)
    if rotated:
        turn = torch.linalg.qr(torch.randn(SEEDS, 5, 5, **normal)).Q
        hessian = turn @ hessian @ turn.mT

    def loss(theta):
        return (theta * (hessian @ theta.unsqueeze(-1)).squeeze(-1)).sum(-1) / 2

    return [start], loss, loss


def noisy() -> Problem:
    """Return start, loss of a random batch of 16 and excess loss of a regression.

    Ten features of one size, 256 rows, label noise 1; as in ``bowl``.

    >>> (start,), loss, measure = noisy()
    >>> bool((measure(start) > 0).all())
    True
    """
    generator = torch.Generator().manual_seed(0)
    normal = {"generator": generator, "dtype": torch.float64}
    x = torch.randn(SEEDS, 256, 10, **normal)
    y = x.sum(-1) + torch.randn(SEEDS, 256, **normal)
    best = torch.linalg.lstsq(x, y.unsqueeze(-1)).solution.squeeze(-1)

    def mean_loss(theta, rows):
        error = (x[:, rows] @ theta.unsqueeze(-1)).squeeze(-1) - y[:, rows]
        return error.square().mean(-1) / 2

    def loss(theta):
        return mean_loss(theta, torch.randint(256, (16,), generator=generator))

    def measure(theta):
        rows = torch.arange(256)
        return mean_loss(theta, rows) - mean_loss(best, rows)

    return [torch.zeros(SEEDS, 10, dtype=torch.float64)], loss, measure


def network() -> Problem:
    """Return start and loss of a tanh network 1-16-1 on 16 points of sin 4x.

    Its four parameters lead with SEEDS; as in ``bowl``.

    >>> start, loss, measure = network()
    >>> loss(*start).shape
    torch.Size([8])
    """
    generator = torch.Generator().manual_seed(0)
    normal = {"generator": generator, "dtype": torch.float64}
    x = torch.linspace(-1, 1, 16, dtype=torch.float64).unsqueeze(-1)
    y = torch.sin(4 * x)
    hidden = torch.randn(SEEDS, 1, 16, **normal)
    out = torch.randn(SEEDS, 16, 1, **normal) / 4
    start = [hidden, torch.zeros_like(hidden), out, torch.zeros_like(out[:, :1])]

    def loss(hidden, bias, out, shift):
        error = torch.tanh(x * hidden + bias) @ out + shift - y
        return error.square().mean((-2, -1))

    return start, loss, loss


# --8<-- [end:problems]


# --8<-- [start:sweep]
def sweep(
    problem: Problem,
    optimizer_class: type[Optimizer],
    lrs: Tensor,
    steps: int = 120,
    **options,
) -> Tensor:
    """Return final over initial loss for each of ``lrs``, geometric mean over seeds.

    All rates run at once: a step is lr times what the optimizer does with lr = 1,
    since no rule here mixes lr into its state. A diverged run counts as inf, and a
    ratio below 1e-30 as 1e-30.

    >>> lrs = torch.tensor([0.1, 1.0, 10.0])
    >>> sweep(bowl(False), torch.optim.SGD, lrs, steps=500).argmin().item()
    1
    """
    start, loss, measure = problem
    params = [p.expand(len(lrs), *p.shape).clone() for p in start]
    moves = [torch.zeros_like(p, requires_grad=True) for p in params]
    optimizer = optimizer_class(moves, lr=1.0, **options)
    for _ in range(steps):
        leaves = [p.requires_grad_() for p in params]
        grads = torch.autograd.grad(loss(*leaves).sum(), leaves)
        for move, grad in zip(moves, grads, strict=True):
            move.data.zero_()
            move.grad = grad
        optimizer.step()
        params = [
            p.detach() + lrs.view(-1, *[1] * (p.dim() - 1)) * move.detach()
            for p, move in zip(params, moves, strict=True)
        ]
    ratio = (measure(*params) / measure(*start)).clamp(min=1e-30)
    return ratio.log().mean(-1).exp().nan_to_num(nan=math.inf)


# --8<-- [end:sweep]


# --8<-- [start:c47]
def c47() -> Trial:
    """Optimizers differ in how they update: first steps for g = (1, 0.01), lr 0.1.

    >>> c47()
    true
    ✓ Adagrad : SGD: 0.100, 0.100 : 0.100, 0.001
    ✓ RMSprop : SGD: 1.000, 1.000 : 0.100, 0.001
    ✓ Adam : SGD: 0.100, 0.100 : 0.100, 0.001
    """
    steps = {}
    for name in ("SGD", "Adagrad", "RMSprop", "Adam"):
        param = torch.zeros(2, requires_grad=True)
        param.grad = torch.tensor([1.0, 0.01])
        getattr(torch.optim, name)([param], lr=0.1).step()
        steps[name] = ", ".join(f"{-v:.3f}" for v in param.tolist())
    sgd = steps.pop("SGD")
    return Trial(
        *(Case(f"{name} : SGD", f"{s} : {sgd}", s != sgd) for name, s in steps.items())
    )


# --8<-- [end:c47]


# --8<-- [start:descended]
def descended(factor: float, uphill: bool = False) -> list[float]:
    """Return the excess loss of 400 steps on the surface, lr = factor · 2/L.

    uphill: along the gradient instead of against it.

    >>> descended(0.5)[-1] < 1e-6 < descended(1.05)[-1]
    True
    """
    x, y, best = regression()
    theta = torch.tensor([-5.0, 1.5], dtype=torch.float64)
    lr = factor * 2 / CURVATURE.max().item()
    losses = [excess(theta, best).item()]
    for _ in range(400):
        sgd(theta, gradient(theta, x, y), {}, lr=lr, maximize=uphill)
        losses.append(excess(theta, best).item())
    return losses


# --8<-- [end:descended]


# --8<-- [start:c48]
def c48() -> Trial:
    """Steps of a certain length in the direction of the gradient lower the loss.

    >>> c48()
    imprecise
    ✓ 逆着梯度，lr = 1/L | against the gradient, lr = 1/L: 108 → 2e-13
    ✗ 沿着梯度，lr = 0.2/L | along the gradient, lr = 0.2/L: 108 → 2e+65
    ✗ 逆着梯度，lr = 2/L | against the gradient, lr = 2/L: 108 → 8e+01
    ✗ 逆着梯度，lr = 2.1/L | against the gradient, lr = 2.1/L: 108 → 1e+35
    """
    cases = []
    for what, factor, uphill in (
        ("逆着梯度，lr = 1/L | against the gradient, lr = 1/L", 0.5, False),
        ("沿着梯度，lr = 0.2/L | along the gradient, lr = 0.2/L", 0.1, True),
        ("逆着梯度，lr = 2/L | against the gradient, lr = 2/L", 1.0, False),
        ("逆着梯度，lr = 2.1/L | against the gradient, lr = 2.1/L", 1.05, False),
    ):
        losses = descended(factor, uphill)
        shown = f"{losses[0]:.0f} → {losses[-1]:.0e}"
        cases.append(Case(what, shown, losses[-1] < 0.01 * losses[0]))
    return Trial(*cases)


# --8<-- [end:c48]


# --8<-- [start:c49]
def c49() -> Trial:
    """Gradient descent may be slow: steps to 1e-6 at the best lr, by condition number.

    >>> c49()
    true
    ✓ κ = 1, 100, 10⁴: 1, 691, 69,078
    """
    steps = {k: descend((1.0, k), 2 / (1 + k))[0] for k in (1, 100, 10_000)}
    shown = ", ".join(f"{n:,}" for n in steps.values())
    return Trial(Case("κ = 1, 100, 10⁴", shown, steps[10_000] > 1000 * steps[1]))


# --8<-- [end:c49]


# --8<-- [start:c50]
def c50() -> Trial:
    """Gradient descent is prone to end in a local optimum, and more so than others.

    The share of starts that end in the worse of two wells; the distance of the ends of
    40 starts from each other on a convex bowl.

    >>> c50()
    imprecise
    ✓ 两口井 | two wells: 47.5%
    ✗ 凸的碗，终点的差距 | a convex bowl, spread of the ends: < 1e-9
    ✗ 比 Adam 更容易 | more so than Adam: 47.5% : 47.5%
    """
    worse, adam = wells(torch.optim.SGD), wells(torch.optim.Adam)
    x, y, _ = regression()
    starts = 5 * torch.randn(40, 2, generator=torch.Generator().manual_seed(0)).double()
    for _ in range(800):
        starts = starts - gradient(starts, x, y) / CURVATURE.max()
    spread = (starts - starts.mean(0)).abs().max().item()
    return Trial(
        Case("两口井 | two wells", f"{worse:.1%}", worse > 0.1),
        Case(
            "凸的碗，终点的差距 | a convex bowl, spread of the ends",
            "< 1e-9" if spread < 1e-9 else f"{spread:.1e}",
            spread > 1e-3,
        ),
        Case(
            "比 Adam 更容易 | more so than Adam",
            f"{worse:.1%} : {adam:.1%}",
            worse > adam + 0.01,
        ),
    )


# --8<-- [end:c50]


# --8<-- [start:c51]
def c51() -> Trial:
    """SGD uses one sample an update: torch's, fed with 1 and with all 128 samples.

    It uses one sample if it makes another step than gradient descent.

    >>> c51()
    imprecise
    ✓ 单个样本的梯度 | gradient of one sample: |Δθ| = 0.40
    ✗ 全部样本的梯度 | gradient of all samples: |Δθ| < 1e-12
    """
    x, y, _ = regression()
    cases = []
    for what, rows in (
        ("单个样本的梯度 | gradient of one sample", slice(0, 1)),
        ("全部样本的梯度 | gradient of all samples", slice(None)),
    ):
        theta = torch.tensor([-5.0, 1.5], dtype=torch.float64, requires_grad=True)
        descent = theta.detach() - 0.01 * gradient(theta.detach(), x, y)
        theta.grad = gradient(theta.detach(), x[rows], y[rows])
        torch.optim.SGD([theta], lr=0.01).step()
        gap = (theta - descent).abs().max().item()
        shown = "< 1e-12" if gap < 1e-12 else f"{gap:.2f}"
        cases.append(Case(what, f"|Δθ| {shown}".replace("| 0", "| = 0"), gap > 1e-3))
    return Trial(*cases)


# --8<-- [end:c51]


# --8<-- [start:c53]
def c53() -> Trial:
    """The variance of the updates may be large: of gradients of B drawn samples.

    >>> c53()
    true
    ✓ B = 1, 10, 100: 8303, 816, 83
    """
    x, y, _ = regression()
    start = torch.tensor([-5.0, 1.5], dtype=torch.float64)
    each = gradient(start, x.unsqueeze(1), y.unsqueeze(1))
    generator = torch.Generator().manual_seed(0)
    variance = {}
    for size in (1, 10, 100):
        rows = torch.randint(len(x), (10_000, size), generator=generator)
        variance[size] = each[rows].mean(1).var(0).sum().item()
    shown = ", ".join(f"{v:.0f}" for v in variance.values())
    return Trial(Case("B = 1, 10, 100", shown, variance[1] > 50 * variance[100]))


# --8<-- [end:c53]


# --8<-- [start:c55]
def c55() -> Trial:
    """A mini-batch's gradient is computed from its samples: it is their mean.

    >>> c55()
    true
    ✓ B = 16: ‖Δg‖/‖g‖: < 1e-14
    """
    x, y, _ = regression()
    start = torch.tensor([-5.0, 1.5], dtype=torch.float64)
    each = gradient(start, x[:16].unsqueeze(1), y[:16].unsqueeze(1))
    whole = gradient(start, x[:16], y[:16])
    gap = ((each.mean(0) - whole).norm() / whole.norm()).item()
    shown = "< 1e-14" if gap < 1e-14 else f"{gap:.0e}"
    return Trial(Case("B = 16: ‖Δg‖/‖g‖", shown, gap < 1e-14))


# --8<-- [end:c55]


# --8<-- [start:c54]
def c54() -> Trial:
    """SGD may fail to reach the optimum: its floor at constant lr, and whether at all.

    The mean excess loss of the last 1000 of 4000 steps with batches of one.

    >>> c54()
    true
    ✓ lr = 0.01: loss − min = 0.0672
    ✓ lr = 0.002: loss − min = 0.0090
    """
    lrs = torch.tensor([[0.01, 0.002]], dtype=torch.float64).repeat(4000, 1)
    runs = sampled(regression(), lrs, batch=1, runs=64)[-1000:].mean(0).tolist()
    return Trial(
        *(
            Case(f"lr = {lr}", f"loss − min = {floor:.4f}", floor > 1e-3)
            for lr, floor in zip((0.01, 0.002), runs, strict=True)
        )
    )


# --8<-- [end:c54]


# --8<-- [start:raced]
def raced(batch: int, lr: float, epochs: int = 60) -> list[float]:
    """Return the excess loss after each epoch with batches of that size.

    >>> len(raced(128, 0.05, epochs=3))
    3
    """
    per_epoch = 128 // batch
    lrs = torch.full((epochs * per_epoch, 1), lr, dtype=torch.float64)
    run = sampled(regression(), lrs, batch, runs=1 if batch == 128 else 32)
    return run[per_epoch - 1 :: per_epoch, 0].tolist()


# --8<-- [end:raced]


# --8<-- [start:c52]
def c52() -> Trial:
    """One sample at a time converges faster than all samples: excess loss by epoch.

    >>> c52()
    imprecise
    ✓ 1 轮之后 | after epoch 1: B = 1: 2.887, B = 128: 91.718
    ✗ 60 轮之后 | after epoch 60: B = 1: 0.044, B = 128: 0.007
    """
    one, whole = raced(1, 0.01), raced(128, 2 / (1 + CURVATURE.max().item()))
    return Trial(
        *(
            Case(
                f"{epoch} 轮之后 | after epoch {epoch}",
                f"B = 1: {one[epoch - 1]:.3f}, B = 128: {whole[epoch - 1]:.3f}",
                one[epoch - 1] < whole[epoch - 1],
            )
            for epoch in (1, 60)
        )
    )


# --8<-- [end:c52]


# --8<-- [start:c56]
def c56() -> Trial:
    """A mini-batch is as fast as SGD at first and as steady as descent later.

    Faster than all samples after an epoch; below one sample's floor after 20.

    >>> c56()
    true
    ✓ 1 轮：比全体快 | epoch 1: faster than all samples: 19.9 < 91.7
    ✓ 20 轮：比单个样本低 | epoch 20: below one sample: 0.015 < 0.053
    """
    one, some = raced(1, 0.01, 20), raced(16, 0.03, 20)
    whole = raced(128, 2 / (1 + CURVATURE.max().item()), 20)
    return Trial(
        Case(
            "1 轮：比全体快 | epoch 1: faster than all samples",
            f"{some[0]:.1f} < {whole[0]:.1f}",
            some[0] < whole[0],
        ),
        Case(
            "20 轮：比单个样本低 | epoch 20: below one sample",
            f"{some[-1]:.3f} < {one[-1]:.3f}",
            some[-1] < one[-1],
        ),
    )


# --8<-- [end:c56]


# --8<-- [start:c57]
def c57() -> Trial:
    """Momentum is a weighted average of gradients: the 100th step for gradients of 1.

    An average of ones is 1.

    >>> c57()
    imprecise
    ✓ dampening = 0.9: 1.000
    ✗ dampening = 0: 10.000
    """
    ones = torch.ones(100, dtype=torch.float64)
    cases = []
    for what, dampening in (("dampening = 0.9", 0.9), ("dampening = 0", 0.0)):
        options = {"momentum": 0.9, "dampening": dampening}
        last = displacements(torch.optim.SGD, ones, **options)[-1].item()
        cases.append(Case(what, f"{last:.3f}", abs(last - 1) < 0.01))
    return Trial(*cases)


# --8<-- [end:c57]


# --8<-- [start:c58]
def c58() -> Trial:
    """Momentum accelerates and reduces oscillation: steps, and changes of sign.

    lr = 1/L, against no momentum.

    >>> c58()
    imprecise
    ✓ κ = 10⁴，最好的 μ | κ = 10⁴, best μ: 69078 → 1109; ± 69078 → 1109
    ✗ κ = 100, μ = 0.9: 1375 → 263; ± 0 → 96
    ✗ κ = 100, μ = 0.99: 1375 → 2678; ± 0 → 979
    ✗ κ = 1, μ = 0.99: 1 → 2678; ± 0 → 1788
    """
    cases = []
    for kappa, momentum in ((100, 0.9), (100, 0.99), (1, 0.99)):
        steps, turns = descend((1.0, kappa), 1 / kappa, momentum)
        plain_steps, plain_turns = descend((1.0, kappa), 1 / kappa)
        shown = f"{plain_steps} → {steps}; ± {plain_turns} → {turns}"
        what = f"κ = {kappa}, μ = {momentum}"
        cases.append(Case(what, shown, steps < plain_steps and turns <= plain_turns))
    root = math.sqrt(10_000)
    best = descend((1.0, 10_000), (2 / (root + 1)) ** 2, ((root - 1) / (root + 1)) ** 2)
    plain = descend((1.0, 10_000), 2 / 10_001)
    shown = f"{plain[0]} → {best[0]}; ± {plain[1]} → {best[1]}"
    fewer = best[0] < plain[0] and best[1] < plain[1]
    return Trial(Case("κ = 10⁴，最好的 μ | κ = 10⁴, best μ", shown, fewer), *cases)


# --8<-- [end:c58]


# --8<-- [start:c59]
def c59() -> Trial:
    """AdaGrad applies a rate of its own to each parameter: after 100 steps, lr 0.1.

    >>> c59()
    true
    ✓ g = 1, 0.1: 0.010, 0.100
    """
    param, state = torch.zeros(2, dtype=torch.float64), {}
    for _ in range(100):
        adagrad(param, torch.tensor([1.0, 0.1]).double(), state, lr=0.1)
    rates = (0.1 / state["sum"].sqrt()).tolist()
    shown = ", ".join(f"{rate:.3f}" for rate in rates)
    return Trial(Case("g = 1, 0.1", shown, rates[1] > 2 * rates[0]))


# --8<-- [end:c59]


# --8<-- [start:c60]
def c60() -> Trial:
    """AdaGrad's rate falls with the updates: at t = 1, 4, 100 and 400, of lr.

    >>> c60()
    true
    ✓ t = 1, 4, 100, 400: 1.00, 0.50, 0.10, 0.05
    """
    steps = displacements(torch.optim.Adagrad, torch.ones(400, dtype=torch.float64))
    shown = ", ".join(f"{steps[t - 1]:.2f}" for t in (1, 4, 100, 400))
    return Trial(Case("t = 1, 4, 100, 400", shown, bool((steps.diff() < 0).all())))


# --8<-- [end:c60]


# --8<-- [start:c61]
def c61() -> Trial:
    """The rate of frequent parameters falls more than that of rare ones, 1 in 100.

    What is left of lr after 1000 steps, for rare gradients of three sizes.

    >>> c61()
    imprecise
    ✓ |g| = 1 : 1: 0.3162, 0.0316
    ✗ |g| = 10 : 1: 0.0316, 0.0316
    ✗ |g| = 100 : 1: 0.0032, 0.0316
    """

    def left(size, every):
        grads = torch.zeros(1000, dtype=torch.float64)
        grads[::every] = size
        return grads.square().sum().rsqrt().item()

    frequent = left(1, 1)
    return Trial(
        *(
            Case(
                f"|g| = {size} : 1",
                f"{left(size, 100):.4f}, {frequent:.4f}",
                left(size, 100) > 1.001 * frequent,
            )
            for size in (1, 10, 100)
        )
    )


# --8<-- [end:c61]


# --8<-- [start:c62]
def c62() -> Trial:
    """RMSProp averages rates; or what it averages exponentially is something else.

    >>> c62()
    imprecise
    ✓ 指数滑动平均，g² 的 | an exponential average, of g²: 1.41 : 1.41
    ✗ 学习率的平均 | an average of the rates: 1.41 : 5.50
    """
    grads = torch.tensor([1.0, 0.1] * 500, dtype=torch.float64)
    measured = (displacements(torch.optim.RMSprop, grads) / grads)[-2:].mean().item()
    of_squares = grads.square().mean().rsqrt().item()
    of_rates = (1 / grads).mean().item()
    return Trial(
        Case(
            "指数滑动平均，g² 的 | an exponential average, of g²",
            f"{measured:.2f} : {of_squares:.2f}",
            abs(measured / of_squares - 1) < 0.05,
        ),
        Case(
            "学习率的平均 | an average of the rates",
            f"{measured:.2f} : {of_rates:.2f}",
            abs(measured / of_rates - 1) < 0.05,
        ),
    )


# --8<-- [end:c62]


# --8<-- [start:c63]
def c63() -> Trial:
    """RMSProp keeps the rate from falling: what is left of it after 1000 steps.

    >>> c63()
    true
    ✓ RMSProp, AdaGrad: 1.000, 0.032
    """
    ones = torch.ones(1000)
    rms, ada = (
        displacements(kind, ones)[-1].item()
        for kind in (torch.optim.RMSprop, torch.optim.Adagrad)
    )
    return Trial(Case("RMSProp, AdaGrad", f"{rms:.3f}, {ada:.3f}", rms > 10 * ada))


# --8<-- [end:c63]


# --8<-- [start:c64]
def c64() -> Trial:
    """Adam combines momentum and adaptive rates: each alone is a limit of it.

    Bias correction aside, over 300 random gradients.

    >>> c64()
    true
    ✓ β₁ = 0: RMSProp: ‖Δ‖/‖Δθ‖ < 1e-6
    ✓ ε → ∞：动量 | ε → ∞: momentum: ‖Δ‖/‖Δθ‖ < 1e-6
    """
    torch.manual_seed(0)
    grads = torch.randn(300, 5, dtype=torch.float64)
    t = torch.arange(1.0, 301.0).double().view(-1, 1)
    adam, rms, sgd = torch.optim.Adam, torch.optim.RMSprop, torch.optim.SGD
    adaptive = displacements(adam, grads, betas=(0.0, 0.99), eps=0.0)
    expected = displacements(rms, grads, alpha=0.99, eps=0.0) * (1 - 0.99**t).sqrt()
    rms_gap = ((adaptive - expected).norm() / expected.norm()).item()
    heavy = displacements(adam, grads, eps=1e8) * 1e8
    expected = displacements(sgd, grads, momentum=0.9) * (1 - 0.9) / (1 - 0.9**t)
    sum_gap = ((heavy - expected).norm() / expected.norm()).item()
    cases = []
    for what, gap in (
        ("β₁ = 0: RMSProp", rms_gap),
        ("ε → ∞：动量 | ε → ∞: momentum", sum_gap),
    ):
        small = "< 1e-6" if gap < 1e-6 else f"{gap:.0e}"
        cases.append(Case(what, f"‖Δ‖/‖Δθ‖ {small}", gap < 1e-6))
    return Trial(*cases)


# --8<-- [end:c64]


# --8<-- [start:contest]
def contest() -> dict[str, dict[str, float]]:
    """Return, by problem and optimizer, final over initial loss at its best lr.

    >>> ranks = contest()
    >>> sorted(ranks), len(ranks["noisy"])
    (['axes', 'network', 'noisy', 'rotated'], 5)
    """
    lrs = torch.logspace(-3, 1, 17, dtype=torch.float64)
    problems = {
        "axes": lambda: bowl(rotated=False),
        "rotated": lambda: bowl(rotated=True),
        "noisy": noisy,
        "network": network,
    }
    optimizers = {
        "SGD": (torch.optim.SGD, {}),
        "momentum": (torch.optim.SGD, {"momentum": 0.9}),
        "AdaGrad": (torch.optim.Adagrad, {}),
        "RMSProp": (torch.optim.RMSprop, {}),
        "Adam": (torch.optim.Adam, {}),
    }
    return {
        problem: {
            name: sweep(make(), kind, lrs, **options).min().item()
            for name, (kind, options) in optimizers.items()
        }
        for problem, make in problems.items()
    }


# --8<-- [end:contest]


# --8<-- [start:c66]
def c66() -> Trial:
    """Adam is among the most effective: its rank of 5 on four problems, best lr each.

    >>> c66()
    imprecise (opinion)
    ✗ axes: 3/5
    ✗ rotated: 2/5
    ✗ noisy: 5/5
    ✓ network: 1/5
    """
    cases = []
    for problem, losses in contest().items():
        rank = 1 + sum(loss < losses["Adam"] for loss in losses.values())
        cases.append(Case(problem, f"{rank}/5", rank == 1))
    return Trial(*cases, opinion=True)


# --8<-- [end:c66]


# --8<-- [start:c67]
def c67() -> Trial:
    """Each optimizer has the situations it suits: the first of 5 on four problems.

    >>> c67()
    true
    ✓ 第一 | first: axes: AdaGrad, rotated: momentum, noisy: AdaGrad, network: Adam
    """
    first = {
        problem: min(losses, key=losses.get) for problem, losses in contest().items()
    }
    shown = ", ".join(f"{problem}: {name}" for problem, name in first.items())
    what = "第一 | first"
    return Trial(Case(what, shown, len(set(first.values())) > 1))


# --8<-- [end:c67]


if __name__ == "__main__":
    # --8<-- [start:same-gradient]
    from torch.optim import SGD, Adagrad, Adam, RMSprop

    first = {}
    for rule in (SGD, Adagrad, RMSprop, Adam):
        param = torch.zeros(2, requires_grad=True)
        param.grad = torch.tensor([1.0, 0.01])
        rule([param], lr=0.1).step()
        first[rule] = param.tolist()
        print(f"{rule.__name__:8}", *(f"{v:8.4f}" for v in first[rule]))
    # --8<-- [end:same-gradient]

    # --8<-- [start:surface]
    x, y, best = data = regression()
    n = len(x)
    start = torch.tensor([-5.0, 1.5], dtype=torch.float64)
    at_start = excess(start, best).item()
    print("samples   ", n)
    print("minimum at", [round(v, 3) for v in best.tolist()])
    print("start     ", start.tolist(), f"excess {at_start:.1f}")
    # --8<-- [end:surface]

    # --8<-- [start:cliff]
    L = CURVATURE.max().item()
    losses = {}
    print("lr / (2/L)    t = 10   t = 100   t = 400")
    for factor in (-0.1, 0.5, 0.95, 1.0, 1.05):
        theta, losses[factor] = start.clone(), []
        lr, uphill = abs(factor) * 2 / L, factor < 0
        for _ in range(400):
            grad = gradient(theta, x, y)
            sgd(theta, grad, {}, lr=lr, maximize=uphill)
            losses[factor].append(excess(theta, best).item())
        shown = [losses[factor][t - 1] for t in (10, 100, 400)]
        print(f"{factor:10}", *(f"{v:9.1e}" for v in shown))
    # --8<-- [end:cliff]

    # --8<-- [start:condition]
    gd_steps = {}
    print("    κ   steps  theory")
    for kappa in (1, 10, 100, 1000, 10_000):
        lr = 2 / (1 + kappa)
        gd_steps[kappa], _ = descend((1.0, kappa), lr)
        rate = (kappa - 1) / (kappa + 1)
        theory = math.log(1e-6) / math.log(rate) if rate else 1
        print(f"{kappa:5} {gd_steps[kappa]:7} {theory:7.0f}")
    # --8<-- [end:condition]

    # --8<-- [start:minima]
    worse = {
        "GD": wells(SGD),
        "momentum": wells(SGD, momentum=0.9),
        "Adam": wells(Adam),
        "GD + noise": wells(SGD, noise=3.0),
    }
    for name, share in worse.items():
        print(f"{name:10} {share:6.1%} in the worse well")
    definite = {size: positive_share(size) for size in range(1, 6)}
    for size, share in definite.items():
        print(f"{size} x {size} Hessian {share:7.2%} positive")
    # --8<-- [end:minima]

    # --8<-- [start:full-batch]
    theirs = start.clone().requires_grad_()
    optimizer = SGD([theirs], lr=0.05)
    theta = start.clone()
    for _ in range(100):
        theirs.grad = gradient(theirs.detach(), x, y)
        optimizer.step()
        theta = theta - 0.05 * gradient(theta, x, y)
    gap = (theirs - theta).abs().max().item()
    print(f"SGD on all rows - gradient descent: {gap:g}")
    # --8<-- [end:full-batch]

    # --8<-- [start:variance]
    each = gradient(start, x.unsqueeze(1), y.unsqueeze(1))
    mean_gap = (each.mean(0) - gradient(start, x, y)).abs().max().item()
    print(f"batch gradient - mean of singles: {mean_gap:.1e}")

    sigma2 = each.var(0, correction=0).sum().item()
    torch.manual_seed(0)
    variance = {}
    print("    B  variance      σ²/B")
    for size in (1, 10, 100):
        means = each[torch.randint(n, (10_000, size))].mean(1)
        variance[size] = means.var(0).sum().item()
        print(f"{size:5} {variance[size]:9.1f} {sigma2 / size:9.1f}")
    # --8<-- [end:variance]

    # --8<-- [start:floor]
    t = torch.arange(4000, dtype=torch.float64)
    constant_lrs = (0.01, 0.005, 0.002)
    schedules = [torch.full_like(t, lr) for lr in constant_lrs]
    schedules.append(5 / (500 + t))
    noisy_runs = sampled(data, torch.stack(schedules, 1), batch=1, runs=64)
    clean = regression(noise=0.0)
    clean_runs = sampled(clean, schedules[0][:1500, None], batch=1, runs=64)

    at_best = gradient(best, x.unsqueeze(1), y.unsqueeze(1))
    limit = at_best.square().sum(1).mean().item() / 4
    floor = noisy_runs[-1000:].mean(0).tolist()
    for lr, level in zip(constant_lrs, floor[:3], strict=True):
        print(f"lr {lr:5}  floor {level:.4f}  floor/lr {level / lr:4.1f}")
    decayed = noisy_runs[-100:, 3].mean().item()
    exact = clean_runs[-1, 0].item()
    print(f"lr → 0                  floor/lr {limit:4.1f}")
    print(f"lr 5/(500+t)     {decayed:.4f}, falling")
    print(f"labels without noise {exact:.0e}")
    # --8<-- [end:floor]

    # --8<-- [start:floor-figure]
    from plotting import axes, style, svg

    figure, panel = axes(("t", "loss − min"), xscale="log", yscale="log")
    labels = ["lr = 0.01", "lr = 0.005", "lr = 0.002", "lr = 5/(500 + t)"]
    times = torch.logspace(0, math.log10(4000), 160).long().unique()
    for number, label in enumerate(labels):
        curve = noisy_runs[times - 1, number]
        panel.plot(times, curve, **style(number), label=label)
    times = times[times <= 1500]
    panel.plot(times, clean_runs[times - 1, 0], **style(4), label="lr = 0.01, y = xθ")
    panel.set_ylim(1e-4, 200)
    panel.legend(loc="lower left")
    print(svg(figure, "floor"))
    # --8<-- [end:floor-figure]

    # --8<-- [start:race]
    race = {}
    batch_lr = {1: 0.01, 16: 0.03, n: 2 / (1 + L)}
    for batch, lr in batch_lr.items():
        per_epoch = n // batch
        runs = 1 if batch == n else 32
        lrs = torch.full((60 * per_epoch, 1), lr)
        run = sampled(data, lrs, batch, runs)
        race[batch] = run[per_epoch - 1 :: per_epoch, 0].tolist()
    print("epoch    B = 1   B = 16  B = all")
    for epoch in (1, 2, 5, 10, 20, 40, 60):
        row = [race[batch][epoch - 1] for batch in batch_lr]
        print(f"{epoch:5}", *(f"{v:8.3f}" for v in row))
    # --8<-- [end:race]

    # --8<-- [start:gain]
    ones = torch.ones(100, dtype=torch.float64)
    total = displacements(SGD, ones, momentum=0.9)
    mean = displacements(SGD, ones, momentum=0.9, dampening=0.9)
    print("   t      sum  dampened")
    for t in (1, 2, 10, 100):
        print(f"{t:4} {total[t - 1]:8.3f} {mean[t - 1]:8.3f}")
    # --8<-- [end:gain]

    # --8<-- [start:heavy]
    heavy_steps = {}
    print("    κ      GD  momentum")
    for kappa in (100, 1000, 10_000):
        root = math.sqrt(kappa)
        lr = (2 / (root + 1)) ** 2
        momentum = ((root - 1) / (root + 1)) ** 2
        run = descend((1.0, kappa), lr, momentum)
        heavy_steps[kappa] = run
        print(f"{kappa:5} {gd_steps[kappa]:7} {run[0]:9}")
    # --8<-- [end:heavy]

    # --8<-- [start:too-much]
    turns = {}
    print("    κ     μ   steps   turns")
    for kappa, momentum in (
        (100, 0.0),
        (100, 0.5),
        (100, 0.9),
        (100, 0.99),
        (1, 0.0),
        (1, 0.99),
    ):
        run = descend((1.0, kappa), 1 / kappa, momentum)
        turns[kappa, momentum] = run
        print(f"{kappa:5} {momentum:5} {run[0]:7} {run[1]:7}")
    # --8<-- [end:too-much]

    # --8<-- [start:adagrad-rates]
    param, state = torch.zeros(3, dtype=torch.float64), {}
    rate = {}
    print("    t     g = 1   g = 0.1  g = 1 once")
    for t in range(1, 401):
        grad = torch.tensor([1.0, 0.1, 1.0 if t == 1 else 0.0])
        adagrad(param, grad.double(), state, lr=0.1)
        rate[t] = 0.1 / state["sum"].sqrt()
        if t in (1, 4, 100, 400):
            print(f"{t:5}", *(f"{v:9.4f}" for v in rate[t]))
    # --8<-- [end:adagrad-rates]

    # --8<-- [start:rare]
    left = {}
    print("  size   every  rate/lr")
    for size, every in ((1, 1), (1, 100), (10, 100), (100, 100)):
        grads = torch.zeros(1000, dtype=torch.float64)
        grads[::every] = size
        left[size, every] = grads.square().sum().rsqrt().item()
        print(f"{size:6} {every:7} {left[size, every]:8.4f}")
    # --8<-- [end:rare]

    # --8<-- [start:average]
    grads = torch.tensor([1.0, 0.1] * 500, dtype=torch.float64)
    measured = (displacements(RMSprop, grads) / grads)[-2:].mean().item()
    of_squares = grads.square().mean().rsqrt().item()
    of_rates = (1 / grads).mean().item()
    print(f"torch.optim.RMSprop {measured:.3f}")
    print(f"from the mean of g² {of_squares:.3f}")
    print(f"mean of the rates   {of_rates:.3f}")
    # --8<-- [end:average]

    # --8<-- [start:constant]
    ones = torch.ones(1000)
    constant = {rule: displacements(rule, ones) for rule in (Adagrad, RMSprop, Adam)}
    print("     t =      1      10     100    1000")
    for rule, steps in constant.items():
        shown = [steps[t - 1].item() for t in (1, 10, 100, 1000)]
        print(f"{rule.__name__:8}", *(f"{v:7.3f}" for v in shown))
    # --8<-- [end:constant]

    # --8<-- [start:constant-figure]
    figure, panel = axes(("t", "Δθ / lr"), xscale="log", yscale="log")
    times = torch.logspace(0, 3, 100).long().unique()
    for number, (rule, steps) in enumerate(constant.items()):
        panel.plot(times, steps[times - 1], **style(number), label=rule.__name__)
    panel.legend()
    print(svg(figure, "constant"))
    # --8<-- [end:constant-figure]

    # --8<-- [start:limits]
    torch.manual_seed(0)
    grads = torch.randn(300, 5, dtype=torch.float64)
    t = torch.arange(1.0, 301.0).double().view(-1, 1)

    adam = displacements(Adam, grads, betas=(0.0, 0.99), eps=0.0)
    rms = displacements(RMSprop, grads, alpha=0.99, eps=0.0)
    expected = rms * (1 - 0.99**t).sqrt()
    rms_gap = (adam / expected - 1).abs().max().item()
    print(f"β1 = 0:   Adam against RMSprop  {rms_gap:.1e}")

    adam = displacements(Adam, grads, eps=1e8) * 1e8
    total = displacements(SGD, grads, momentum=0.9)
    expected = total * (1 - 0.9) / (1 - 0.9**t)
    sum_gap = ((adam - expected).norm() / expected.norm()).item()
    print(f"ε = 10⁸:  Adam against momentum {sum_gap:.1e}")
    # --8<-- [end:limits]

    # --8<-- [start:bits]
    variants = [
        ("SGD", sgd, SGD, {}),
        ("momentum", sgd, SGD, {"momentum": 0.9}),
        ("Nesterov", sgd, SGD, {"momentum": 0.9, "nesterov": True}),
        ("AdaGrad", adagrad, Adagrad, {"lr_decay": 0.01}),
        ("RMSProp", rmsprop, RMSprop, {}),
        ("centered", rmsprop, RMSprop, {"centered": True, "momentum": 0.9}),
    ]
    worst = 0.0
    print("          float32  float64")
    for name, rule, theirs, options in variants:
        options |= {"lr": 0.01, "weight_decay": 0.1}
        gaps = [
            agreement(rule, theirs, dtype, options)
            for dtype in (torch.float32, torch.float64)
        ]
        worst = max(worst, *gaps)
        print(f"{name:9}", *(f"{v:7}" for v in gaps))
    # --8<-- [end:bits]

    # --8<-- [start:textbook]
    def textbook(param, grad, state, *, lr):
        average = 0.99 * state.get("v", 0.0) + 0.01 * grad**2
        param -= lr * grad / (average.sqrt() + 1e-8)
        state["v"] = average

    drift = {
        dtype: agreement(textbook, RMSprop, dtype, {"lr": 0.01})
        for dtype in (torch.float32, torch.float64)
    }
    print("textbook ", *(f"{v:7.0e}" for v in drift.values()))
    # --8<-- [end:textbook]

    # --8<-- [start:paths]
    ways = {
        "GD": path(SGD, n, lr=0.07),
        "SGD, B = 1": path(SGD, 1, lr=0.01),
        "SGD, B = 16": path(SGD, 16, lr=0.03),
        "momentum": path(SGD, n, lr=0.01, momentum=0.9),
        "AdaGrad": path(Adagrad, n, lr=2.0),
        "RMSProp": path(RMSprop, n, lr=0.1),
        "Adam": path(Adam, n, lr=0.3),
    }
    print("loss - min    t = 0   t = 10   t = 60")
    for name, way in ways.items():
        shown = [excess(way[t], best).item() for t in (0, 10, 60)]
        print(f"{name:11}", *(f"{v:8.3f}" for v in shown))
    # --8<-- [end:paths]

    # --8<-- [start:paths-figure]
    from plotting import FAINT

    labels = ("θ₁", "θ₂"), ("θ₁", "θ₂")
    figure, *panels = axes(*labels, height=2.9)
    horizontal, vertical = torch.meshgrid(
        torch.linspace(-6.5, 6.5, 120), torch.linspace(-4, 2.2, 90), indexing="xy"
    )
    heights = excess(torch.stack([horizontal, vertical], -1), best)
    groups = list(ways.items())[:3], list(ways.items())[3:]
    for panel, group in zip(panels, groups, strict=True):
        panel.grid(False)
        levels = [0.5, 2, 8, 20, 40, 70, 110]
        panel.contour(
            horizontal, vertical, heights, levels, colors=FAINT, linewidths=0.6
        )
        for number, (name, way) in enumerate(group):
            panel.plot(*way.T, **style(number), label=name, linewidth=1.4)
        panel.plot(*best, "+", color="#010203", markersize=9)
        panel.legend(loc="lower left", ncols=4, fontsize=9, handlelength=1.6)
    print(svg(figure, "paths"))
    # --8<-- [end:paths-figure]

    # --8<-- [start:first-step]
    rules = {
        "SGD": (SGD, {}),
        "momentum": (SGD, {"momentum": 0.9}),
        "AdaGrad": (Adagrad, {}),
        "RMSProp": (RMSprop, {}),
        "Adam": (Adam, {}),
    }
    table = {}
    print("              g = 1           g = 0.01")
    print("        t = 1   t = 50    t = 1   t = 50")
    for name, (rule, options) in rules.items():
        table[name] = [
            moved[t - 1].item()
            for size in (1.0, 0.01)
            for moved in [displacements(rule, torch.full((50,), size), **options)]
            for t in (1, 50)
        ]
        print(f"{name:8}", "  ".join(f"{v:6.3f}" for v in table[name]))
    # --8<-- [end:first-step]

    # --8<-- [start:rotation]
    bent = {}
    used = dict(zip(rules, (0.07, 0.01, 2.0, 0.1, 0.3), strict=True))
    print("              0°     15°     30°     45°")
    for name, (rule, options) in rules.items():
        bent[name] = []
        for degrees in (0, 15, 30, 45):
            angle = math.radians(degrees)
            way = path(rule, n, angle=angle, lr=used[name], **options)
            bent[name].append(excess(way[-1], best).item())
        print(f"{name:8}", *(f"{v:7.1e}" for v in bent[name]))
    # --8<-- [end:rotation]

    # --8<-- [start:memory]
    memory = {}
    for name, rule, options in (
        ("SGD", SGD, {}),
        ("momentum", SGD, {"momentum": 0.9}),
        ("AdaGrad", Adagrad, {}),
        ("RMSProp", RMSprop, {}),
        ("  centered, momentum", RMSprop, {"centered": True, "momentum": 0.9}),
        ("Adam", Adam, {}),
        ("  amsgrad", Adam, {"amsgrad": True}),
    ):
        memory[name] = state_bytes(rule, **options)
        print(f"{name:20} {memory[name][0]:4.0f} + {memory[name][1]} bytes")
    # --8<-- [end:memory]

    # --8<-- [start:errors]
    import textwrap

    weight = torch.ones(3, requires_grad=True)
    attempts = [
        lambda: SGD([], lr=0.1),
        lambda: SGD([2 * weight], lr=0.1),
        lambda: SGD([weight], lr=-0.1),
        lambda: SGD([weight], lr=0.1, nesterov=True),
        lambda: weight.sub_(0.1),
    ]
    for attempt in attempts:
        try:
            attempt()
        except (ValueError, RuntimeError) as error:
            message = f"{type(error).__name__}: {error}"
            print(textwrap.fill(message, 40, subsequent_indent="  "))
    # --8<-- [end:errors]

    # --8<-- [start:compete]
    lrs = torch.logspace(-3, 1, 17, dtype=torch.float64)
    problems = {
        "axes": lambda: bowl(rotated=False),
        "rotated": lambda: bowl(rotated=True),
        "noisy": noisy,
        "network": network,
    }
    won, chosen = {}, {}
    print(" " * 8, *(f"{problem:>7}" for problem in problems))
    for name, (rule, options) in rules.items():
        for problem, make in problems.items():
            losses_at = sweep(make(), rule, lrs, **options)
            won[problem, name] = losses_at.min().item()
            chosen[problem, name] = lrs[losses_at.argmin()].item()
        shown = [won[problem, name] for problem in problems]
        print(f"{name:8}", *(f"{v:7.1e}" for v in shown))
    ranks = {
        problem: 1 + sum(won[problem, name] < won[problem, "Adam"] for name in rules)
        for problem in problems
    }
    of_noisy = [won["noisy", name] for name in rules]
    noisy_spread = max(of_noisy) / min(of_noisy)
    # --8<-- [end:compete]
