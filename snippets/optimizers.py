"""Seven optimizers compared: to the bit, on one surface, turned, and by memory."""

import math
from collections.abc import Callable
from functools import cache

import torch
from gradient_descent import CURVATURE, gradient, regression
from timing import cpu_time_ratio
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import StepLR
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

    >>> from gradient_descent import sgd
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
    optimizer_class: type[Optimizer], batch: int, steps: int = 60, **options
) -> Tensor:
    """Return the way (steps + 1, 2) of an optimizer over the surface.

    From θ = (-5, 1.5); a ``batch`` smaller than the data is drawn with replacement,
    seed 0.

    >>> path(torch.optim.SGD, batch=128, steps=2, lr=0.01).shape
    torch.Size([3, 2])
    """
    torch.manual_seed(0)
    x, y, _ = regression()
    theta = torch.tensor([-5.0, 1.5], dtype=torch.float64, requires_grad=True)
    optimizer = optimizer_class([theta], **options)
    way = [theta.detach().clone()]
    for _ in range(steps):
        rows = slice(None) if batch == len(x) else torch.randint(len(x), (batch,))
        theta.grad = gradient(theta.detach(), x[rows], y[rows])
        optimizer.step()
        way.append(theta.detach().clone())
    return torch.stack(way)


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


# --8<-- [end:dispatched]


# --8<-- [start:operations]
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


# --8<-- [end:operations]


# --8<-- [start:interrupted]
def interrupted(
    optimizer_class: type[Optimizer],
    keep_state: bool,
    schedule: bool = False,
    **options,
) -> float:
    """Return how far a run resumed after 20 of 40 steps ends from one left alone.

    The parameters are always kept; ``keep_state`` says whether the new optimizer
    loads the ``state_dict()`` of the old one. With ``schedule``, StepLR takes a tenth
    of lr at every 15th step, and its own state is always kept. Largest difference, on
    the regression.

    >>> interrupted(torch.optim.Adam, keep_state=True, lr=0.1)
    0.0
    """
    x, y, _ = regression()
    ends = []
    for stops in (False, True):
        theta = torch.tensor([-5.0, 1.5], dtype=torch.float64, requires_grad=True)
        optimizer = optimizer_class([theta], **options)
        scheduler = StepLR(optimizer, step_size=15 if schedule else 1000)
        for step in range(40):
            if stops and step == 20:
                saved, plan = optimizer.state_dict(), scheduler.state_dict()
                optimizer = optimizer_class([theta], **options)
                scheduler = StepLR(optimizer, step_size=1000)
                if keep_state:
                    optimizer.load_state_dict(saved)
                scheduler.load_state_dict(plan)
            theta.grad = gradient(theta.detach(), x, y)
            optimizer.step()
            scheduler.step()
        ends.append(theta.detach())
    return (ends[1] - ends[0]).abs().max().item()


# --8<-- [end:interrupted]


# --8<-- [start:problems]
SEEDS = 24
Problem = tuple[list[Tensor], Callable, Callable]


def bowl(rotated: bool) -> Problem:
    """Return start and loss of a bowl in five dimensions, condition number 10⁴.

    The start is a list of one tensor (SEEDS, 5), float64. The loss takes tensors with
    any leading dimensions. ``rotated`` turns the axes of the bowl at random.

    >>> (start,), loss, measure = bowl(rotated=True)
    >>> loss(start).shape
    torch.Size([24])
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


# --8<-- [end:problems]


# --8<-- [start:noisy]
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


# --8<-- [end:noisy]


# --8<-- [start:network]
def network() -> Problem:
    """Return start and loss of a tanh network 1-16-1 on 16 points of sin 4x.

    Its four parameters lead with SEEDS; as in ``bowl``.

    >>> start, loss, measure = network()
    >>> loss(*start).shape
    torch.Size([24])
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


# --8<-- [end:network]


# --8<-- [start:sweep]
BUDGETS = (120, 480)


def sweep(
    problem: Problem,
    optimizer_class: type[Optimizer],
    lrs: Tensor,
    budgets: tuple[int, ...] = BUDGETS,
    **options,
) -> Tensor:
    """Return the log of final over initial loss, (budgets, lrs, seeds).

    All rates run at once: a step is lr times what the optimizer does with lr = 1,
    since no rule here mixes lr into its state. A diverged run counts as inf, and a
    ratio below 1e-30 as 1e-30. ``budgets`` are numbers of steps.

    >>> lrs = torch.tensor([0.1, 1.0, 10.0])
    >>> scores = sweep(bowl(False), torch.optim.SGD, lrs, budgets=(20, 500))
    >>> scores.shape, scores.mean(-1).argmin(1)
    (torch.Size([2, 3, 24]), tensor([1, 1]))
    """
    start, loss, measure = problem
    params = [p.expand(len(lrs), *p.shape).clone() for p in start]
    moves = [torch.zeros_like(p, requires_grad=True) for p in params]
    optimizer = optimizer_class(moves, lr=1.0, **options)
    scores = []
    for step in range(1, max(budgets) + 1):
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
        if step in budgets:
            ratio = (measure(*params) / measure(*start)).clamp(min=1e-30)
            scores.append(ratio.log().nan_to_num(nan=math.inf, posinf=math.inf))
    return torch.stack(scores)


# --8<-- [end:sweep]


# --8<-- [start:best]
def best(scores: Tensor) -> tuple[Tensor, Tensor]:
    """Return the scores of the best lr and its index, for each budget.

    The best has the lowest mean over the seeds, the smallest one among equals.
    ``scores`` (budgets, lrs, seeds) to (budgets, seeds) and (budgets,).

    >>> best(torch.tensor([[[3.0, 3.0], [1.0, 2.0], [1.0, 2.0]]]))
    (tensor([[1., 2.]]), tensor([1]))
    """
    chosen = scores.mean(-1).argmin(1)
    return scores[torch.arange(len(scores)), chosen], chosen


# --8<-- [end:best]


# --8<-- [start:contest]
LRS = torch.logspace(-4, 1, 21, dtype=torch.float64)
ARMS = {
    "SGD": (torch.optim.SGD, {}),
    "momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "AdaGrad": (torch.optim.Adagrad, {}),
    "RMSProp": (torch.optim.RMSprop, {}),
    "Adam": (torch.optim.Adam, {}),
}
PROBLEMS = {
    "axes": lambda: bowl(rotated=False),
    "rotated": lambda: bowl(rotated=True),
    "noisy": noisy,
    "network": network,
}


# --8<-- [end:contest]


# --8<-- [start:tuned]
@cache
def contest(problem: str, name: str) -> Tensor:
    """Return the scores of one of ARMS on one of PROBLEMS, at each of LRS.

    >>> contest("axes", "SGD").shape
    torch.Size([2, 21, 24])
    """
    rule, options = ARMS[name]
    return sweep(PROBLEMS[problem](), rule, LRS, **options)


def tuned(
    problem: str, budget: int, names: tuple[str, ...] = tuple(ARMS)
) -> dict[str, Tensor]:
    """Return the scores of each arm at its best lr after ``budget`` steps, by seed.

    >>> tuned("axes", 480, ("AdaGrad",))["AdaGrad"].exp().max() < 1e-29
    tensor(True)
    """
    at = BUDGETS.index(budget)
    return {name: best(contest(problem, name))[0][at] for name in names}


# --8<-- [end:tuned]


# --8<-- [start:turned]
def tilted(degrees: list[int]) -> Problem:
    """Return start and loss of the bowl with curvatures 1 and 25, turned.

    SEEDS random starts for each angle, turned with the bowl: geometrically the same
    problem. The start is (angles · SEEDS, 2); as in ``bowl``.

    >>> (start,), loss, measure = tilted([0, 45])
    >>> torch.testing.assert_close(loss(start)[:SEEDS], loss(start)[SEEDS:])
    """
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(SEEDS, 2, generator=generator, dtype=torch.float64)
    angle = torch.tensor(degrees, dtype=torch.float64).deg2rad()
    cos, sin = angle.cos(), angle.sin()
    turn = torch.stack([cos, -sin, sin, cos], -1).view(-1, 2, 2)
    hessian = turn @ CURVATURE.diag() @ turn.mT
    hessian = hessian.repeat_interleave(SEEDS, 0)

    def loss(theta):
        return (theta * (hessian @ theta.unsqueeze(-1)).squeeze(-1)).sum(-1) / 2

    return [(start @ turn.mT).flatten(0, 1)], loss, loss


@cache
def turned(
    degrees: tuple[int, ...], budgets: tuple[int, ...] = (60, 240)
) -> dict[str, Tensor]:
    """Return what each of ARMS leaves of the loss on ``tilted``, its lr tuned.

    The geometric mean over the starts, (budgets, angles); lr is tuned for each angle
    and budget on 33 values from 0.001 to 10.

    >>> turned((0, 45), budgets=(60,))["SGD"].diff().abs() < 1e-9
    tensor([[True]])
    """
    lrs = torch.logspace(-3, 1, 33, dtype=torch.float64)
    left = {}
    for name, (rule, options) in ARMS.items():
        scores = sweep(tilted(list(degrees)), rule, lrs, budgets, **options)
        means = scores.view(len(budgets), len(lrs), len(degrees), SEEDS).mean(-1)
        left[name] = means.amin(1).exp()
    return left


# --8<-- [end:turned]
