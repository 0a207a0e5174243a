"""Seven optimizers compared: to the bit, on one surface, turned, and by memory."""

# --8<-- [start:imports]
import math
import textwrap
from collections.abc import Callable
from functools import cache
from inspect import signature

import torch
from adaptive import adagrad, rmsprop
from gradient_descent import excess, gradient, regression, sgd
from stochastic import displacements
from timing import cpu_time_ratio
from torch import Tensor
from torch.optim import SGD, Adagrad, Adam, Optimizer, RMSprop
from torch.utils._python_dispatch import TorchDispatchMode
from verdicts import Case, Trial

# --8<-- [end:imports]


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


# --8<-- [start:c66]
def c66() -> Trial:
    """Adam is among the most effective: one of the first two of 5, each at its best lr.

    >>> c66()
    imprecise (opinion)
    ✗ axes: 3/5
    ✓ rotated: 2/5
    ✗ noisy: 5/5
    ✓ network: 1/5
    """
    cases = []
    for problem, losses in contest().items():
        adam = losses["Adam"].min()
        rank = 1 + sum((each.min() < adam).item() for each in losses.values())
        cases.append(Case(problem, f"{rank}/5", rank <= 2))
    return Trial(*cases, opinion=True)


# --8<-- [end:c66]


# --8<-- [start:c67]
def c67() -> Trial:
    """Each optimizer has the situations it suits: no one is first on all problems.

    >>> c67()
    true
    ✓ axes, rotated, noisy, network: AdaGrad = RMSProp; momentum; AdaGrad; Adam
    """
    first = {
        problem: order({name: each.min().item() for name, each in losses.items()})[0]
        for problem, losses in contest().items()
    }
    everywhere = set.intersection(
        *(set(names.split(" = ")) for names in first.values())
    )
    return Trial(Case(", ".join(first), "; ".join(first.values()), not everywhere))


# --8<-- [end:c67]


if __name__ == "__main__":
    # --8<-- [start:data]
    x, y, best = regression()
    n = len(x)
    # --8<-- [end:data]

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
    from plotting import FAINT, axes, style, svg

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

    # --8<-- [start:rotation-figure]
    figure, panel = axes(("angle / °", "loss − min"), yscale="log", height=2.6)
    angles = range(0, 46, 3)
    for number, (name, (rule, options)) in enumerate(rules.items()):
        ends = [
            path(rule, n, angle=math.radians(a), lr=used[name], **options)[-1]
            for a in angles
        ]
        heights = [excess(end, best).item() for end in ends]
        panel.plot(angles, heights, **style(number), marker=".", label=name)
    panel.set_xticks([0, 15, 30, 45])
    panel.legend(loc="lower right", ncols=2)
    print(svg(figure, "rotation"))
    # --8<-- [end:rotation-figure]

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

    # --8<-- [start:implementations]
    ways_to_step = {
        "loop": {"foreach": False},
        "foreach": {"foreach": True},
        "fused": {"fused": True},
    }
    dispatched = {}
    print("tensors       ", *(f"{way:>7}" for way in ways_to_step))
    for name, (rule, options) in rules.items():
        if "fused" not in signature(rule).parameters:
            continue
        for tensors in (10, 100):
            dispatched[name, tensors] = [
                operations(rule, tensors, **options, **way)
                for way in ways_to_step.values()
            ]
            counts = (f"{count:7}" for count in dispatched[name, tensors])
            print(f"{name:9}{tensors:5}", *counts)
    on_cpu = operations(Adam, 100) == dispatched["Adam", 100][0]
    print("the CPU's default is the loop:", on_cpu)

    small = [ready(Adam, 100, **way) for way in ways_to_step.values()]
    large = [ready(Adam, 1, size=10**6, **way) for way in ways_to_step.values()]
    even = time_of_step(large[0], large[1], 31)
    bounds = {
        "100 tensors of 10 numbers": {
            "loop > 1.5 x fused": time_of_step(small[0], small[2]) > 1.5,
            "loop > foreach": time_of_step(small[0], small[1]) > 1,
            "foreach > 1.2 x fused": time_of_step(small[1], small[2]) > 1.2,
        },
        "1 tensor of a million": {
            "loop > 1.4 x fused": time_of_step(large[0], large[2], 31) > 1.4,
            "loop : foreach < 1.6": 1 / 1.6 < even < 1.6,
            "foreach > 1.4 x fused": time_of_step(large[1], large[2], 31) > 1.4,
        },
    }
    for params, held in bounds.items():
        print(f"\nAdam, {params}")
        for bound, holds in held.items():
            print(f"  {bound:22}{holds}")
            assert holds, bound
    # --8<-- [end:implementations]

    # --8<-- [start:change-lr]
    param = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = RMSprop([param], lr=0.1)

    def move(optimizer):
        before = param.item()
        param.grad = torch.ones_like(param)
        optimizer.step()
        return before - param.item()

    usual = [move(optimizer) for _ in range(1000)][-1]
    for group in optimizer.param_groups:
        group["lr"] = 0.01
    lowered = move(optimizer)
    renewed = move(RMSprop([param], lr=0.01))
    print(f"lr 0.1, step 1000     {usual:.4f}")
    print(f"group['lr'] = 0.01    {lowered:.4f}")
    print(f"a new RMSprop(lr=0.01) {renewed:.4f}")
    # --8<-- [end:change-lr]

    # --8<-- [start:resume]
    gone = {}
    print("          state kept  state lost")
    for name, (rule, options) in rules.items():
        gone[name] = [
            interrupted(rule, kept, lr=used[name], **options) for kept in (True, False)
        ]
        print(f"{name:8}", *(f"{v:11.1g}" for v in gone[name]))
    # --8<-- [end:resume]

    # --8<-- [start:groups]
    from torch import nn

    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    head = {"params": net[2].parameters(), "lr": 0.1}
    optimizer = SGD([{"params": net[0].parameters()}, head], lr=0.001)
    print([group["lr"] for group in optimizer.param_groups])
    before = [p.detach().clone() for p in net.parameters()]
    for p in net.parameters():
        p.grad = torch.ones_like(p)
    optimizer.step()
    moved = [
        (old - new).abs().max().item()
        for old, new in zip(before, net.parameters(), strict=True)
    ]
    print([f"{v:.3f}" for v in moved])
    # --8<-- [end:groups]

    # --8<-- [start:errors]
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
    won = {
        problem: {name: each.min().item() for name, each in losses.items()}
        for problem, losses in contest().items()
    }
    print(" " * 8, *(f"{problem:>7}" for problem in won))
    for name in rules:
        print(f"{name:8}", *(f"{losses[name]:7.1e}" for losses in won.values()))

    places = {problem: order(losses) for problem, losses in won.items()}
    chosen = [
        LRS[each.argmin()].item()
        for losses in contest().values()
        for each in losses.values()
    ]
    noisy_spread = max(won["noisy"].values()) / min(won["noisy"].values())
    # --8<-- [end:compete]

    # --8<-- [start:sweep-figure]
    labels = [("lr", problem) for problem in contest()]
    figure, *panels = axes(*labels, columns=2, height=2.3, xscale="log", yscale="log")
    for panel, losses in zip(panels, contest().values(), strict=True):
        for number, (name, each) in enumerate(losses.items()):
            panel.plot(LRS, each, **style(number), label=name)
        lowest = min(each.min().item() for each in losses.values())
        panel.set_ylim(lowest / 3, 10)
    figure.legend(
        *panels[0].get_legend_handles_labels(),
        loc="outside upper center",
        ncols=5,
        fontsize=9.5,
        handlelength=1.8,
        columnspacing=1,
    )
    print(svg(figure, "sweep"))
    # --8<-- [end:sweep-figure]
