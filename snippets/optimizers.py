"""Seven optimizers compared: to the bit, on one surface, turned, and by memory."""

import math
from collections.abc import Callable
from functools import cache

import torch
from gradient_descent import gradient, regression
from timing import cpu_time_ratio
from torch import Tensor
from torch.optim import Optimizer
from torch.utils._python_dispatch import TorchDispatchMode


# --8<-- [start:agreement]
def agreement(
    rule: Callable,
    optimizer_class: type[Optimizer],
    dtype: torch.dtype,
    options: dict,
) -> float:
    """Return the largest difference between a rule and torch.optim in 200 steps.

    Seven parameters with random gradients, compared after every step.

    >>> from stochastic import sgd
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


# --8<-- [start:dispatched]
class Dispatched(TorchDispatchMode):
    """Count the operations that torch dispatches inside a ``with`` block.

    >>> with Dispatched() as counter:
    ...     _ = torch.ones(3) + 1
    >>> counter.count
    2
    """

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.count += 1
        return function(*args, **(kwargs or {}))


def ready(
    optimizer_class: type[Optimizer], tensors: int, size: int = 10, **options
) -> Optimizer:
    """Return an optimizer after its first step, with gradients for the next.

    >>> len(ready(torch.optim.SGD, tensors=3).param_groups[0]["params"])
    3
    """
    params = [torch.zeros(size, requires_grad=True) for _ in range(tensors)]
    for param in params:
        param.grad = torch.ones(size)
    optimizer = optimizer_class(params, lr=0.1, **options)
    optimizer.step()
    return optimizer


def operations(optimizer_class: type[Optimizer], tensors: int, **options) -> int:
    """Return how many operations one step dispatches, for ``tensors`` of 10 numbers.

    >>> operations(torch.optim.SGD, 100, foreach=False)
    102
    >>> operations(torch.optim.SGD, 100, foreach=True)
    3
    """
    optimizer = ready(optimizer_class, tensors, **options)
    with Dispatched() as counter:
        optimizer.step()
    return counter.count


def time_of_step(
    optimizer: Optimizer, reference: Optimizer, rounds: int = 100
) -> float:
    """Return the CPU time of a step over that of the ``reference``.

    >>> adam = ready(torch.optim.Adam, 1)
    >>> time_of_step(adam, adam, rounds=3) > 0
    True
    """
    return cpu_time_ratio(optimizer.step, reference.step, rounds)


# --8<-- [end:dispatched]


# --8<-- [start:interrupted]
def interrupted(optimizer_class: type[Optimizer], keep_state: bool, **options) -> float:
    """Return how far a run resumed after 20 of 40 steps ends from one left alone.

    The parameters are always kept; ``keep_state`` says whether the new optimizer
    loads the ``state_dict()`` of the old one. Largest difference, on the regression.

    >>> interrupted(torch.optim.Adam, keep_state=True, lr=0.1)
    0.0
    """
    x, y, _ = regression()
    ends = []
    for stops in (False, True):
        theta = torch.tensor([-5.0, 1.5], dtype=torch.float64, requires_grad=True)
        optimizer = optimizer_class([theta], **options)
        for step in range(40):
            if stops and step == 20:
                saved = optimizer.state_dict()
                optimizer = optimizer_class([theta], **options)
                if keep_state:
                    optimizer.load_state_dict(saved)
            theta.grad = gradient(theta.detach(), x, y)
            optimizer.step()
        ends.append(theta.detach())
    return (ends[1] - ends[0]).abs().max().item()


# --8<-- [end:interrupted]


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


# --8<-- [start:contest]
LRS = torch.logspace(-3, 1, 17, dtype=torch.float64)


@cache
def contest() -> dict[str, dict[str, Tensor]]:
    """Return, by problem and optimizer, final over initial loss at each of LRS.

    >>> losses = contest()
    >>> list(losses), losses["noisy"]["Adam"].shape
    (['axes', 'rotated', 'noisy', 'network'], torch.Size([17]))
    """
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
            name: sweep(make(), kind, LRS, **options)
            for name, (kind, options) in optimizers.items()
        }
        for problem, make in problems.items()
    }


def order(losses: dict[str, float]) -> list[str]:
    """Return the names from the lowest loss to the highest, equals as one entry.

    >>> order({"a": 2.0, "b": 1.0, "c": 1.0})
    ['b = c', 'a']
    """
    names: dict[float, list[str]] = {}
    for name in sorted(losses, key=losses.__getitem__):
        names.setdefault(losses[name], []).append(name)
    return [" = ".join(equals) for equals in names.values()]


# --8<-- [end:contest]
