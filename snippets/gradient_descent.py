"""Gradient descent: its rule to the bit, its limit 2/L, and where it ends."""

# --8<-- [start:imports]
import math

import torch
from checks import check_range, check_tensors
from torch import Tensor
from torch.optim import SGD, Adagrad, Adam, Optimizer, RMSprop
from verdicts import Case, Trial

# --8<-- [end:imports]


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


# --8<-- [start:escape]
def escape(offset: float, momentum: float = 0.0, noise: float = 0.0) -> float:
    """Return the steps from (1, offset) until |θ₂| > 1/2, or inf after 2000 of them.

    On θ₁²/2 - θ₂²/2 + θ₂⁴/4, whose saddle is at 0 and whose minima are at θ₂ = ±1;
    lr 0.1, normal ``noise`` on the gradients, seed 0, float64.

    >>> escape(offset=0.1), escape(offset=0.0)
    (19, inf)
    """
    torch.manual_seed(0)
    theta = torch.tensor([1.0, offset], dtype=torch.float64)
    state: dict = {}
    for step in range(1, 2001):
        grad = torch.stack([theta[0], theta[1] ** 3 - theta[1]])
        grad = grad + noise * torch.randn(2, dtype=torch.float64)
        sgd(theta, grad, state, lr=0.1, momentum=momentum)
        if theta[1].abs() > 0.5:
            return step
    return math.inf


# --8<-- [end:escape]


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


if __name__ == "__main__":
    # --8<-- [start:same-gradient]
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

    # --8<-- [start:cliff-figure]
    from plotting import FAINT, axes, style, svg

    labels = ("t", "loss − min"), ("lr / (2/L)", "t")
    figure, falling, pace = axes(*labels, columns=2, height=2.8, yscale="log")
    for number, factor in enumerate((0.5, 0.95, 1.0, 1.05)):
        curve = [at_start, *losses[factor][:150]]
        falling.plot(curve, **style(number), label=f"{factor}")
    falling.set_ylim(1e-13, 1e8)
    falling.legend(loc="lower left", ncols=2, fontsize=9.5, handlelength=1.8)
    factors = [*torch.arange(0.02, 0.99, 0.01).tolist(), 0.99, 0.995, 0.999]
    steps_at = [descend((1.0, L), factor * 2 / L)[0] for factor in factors]
    pace.plot(factors, steps_at, **style(0))
    pace.axvline(1.0, color=FAINT, linewidth=1.2)
    pace.set_xlim(0, 1.15)
    quickest = factors[steps_at.index(min(steps_at))]
    print(svg(figure, "cliff"))
    # --8<-- [end:cliff-figure]

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

    # --8<-- [start:saddle]
    left_at = {}
    print("offset     GD  momentum")
    for offset in (1e-2, 1e-4, 1e-8, 0.0):
        left_at[offset] = [escape(offset, momentum) for momentum in (0.0, 0.9)]
        print(f"{offset:6.0e}", "{:6} {:9}".format(*left_at[offset]))
    shaken = escape(0.0, noise=1e-6)
    print(f"0, with noise of 1e-6: {shaken}")
    # --8<-- [end:saddle]
