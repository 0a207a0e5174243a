"""Every optimizer of torch.optim measured in the same ways: what the atlas shows."""

import math
from collections.abc import Callable, Sequence
from functools import cache
from inspect import signature

import torch
from torch import Tensor
from torch.optim import Optimizer


# --8<-- [start:build]
def names() -> list[str]:
    """Return the names of all optimizers in torch.optim.

    >>> len(names()), names()[:3]
    (15, ['ASGD', 'Adadelta', 'Adafactor'])
    """
    kinds = [kind for kind in vars(torch.optim).values() if isinstance(kind, type)]
    found = {kind.__name__ for kind in kinds if issubclass(kind, Optimizer)}
    return sorted(found - {"Optimizer"})


def takes(name: str, option: str) -> bool:
    """Return whether an optimizer of torch.optim has an option.

    >>> takes("AdamW", "weight_decay"), takes("Rprop", "weight_decay")
    (True, False)
    """
    return option in signature(getattr(torch.optim, name)).parameters


def build(name: str, params: list[Tensor], **options) -> Optimizer:
    """Return an optimizer without weight decay; LBFGS takes one iteration a step.

    >>> build("AdamW", [torch.zeros(1)]).defaults["weight_decay"]
    0.0
    """
    if takes(name, "weight_decay"):
        options = {"weight_decay": 0.0} | options
    if name == "LBFGS":
        options = {"max_iter": 1} | options
    return getattr(torch.optim, name)(params, **options)


# --8<-- [end:build]


# --8<-- [start:walk]
def walk(
    name: str,
    start: Tensor,
    gradient: Callable[[Tensor, int], Tensor],
    steps: int,
    stay: bool = False,
    change: dict[int, float] | None = None,
    clear: int | None = None,
    **options,
) -> Tensor:
    """Return where an optimizer stands after each step, shape (steps, ...).

    gradient(theta, t) is asked at each step, t from 1; SparseAdam gets it in sparse
    layout. With ``stay``, each step begins at ``start``. change: lr from a step on.
    clear: the step before which the state is cleared.

    >>> walk("SGD", torch.zeros(1), lambda theta, t: torch.ones(1), 2, lr=0.5).T
    tensor([[-0.5000, -1.0000]])
    """
    theta = start.clone().requires_grad_()
    optimizer = build(name, [theta], **options)
    way = []
    for t in range(1, steps + 1):

        def closure(t=t):
            grad = gradient(theta.detach(), t).clone()
            theta.grad = grad.to_sparse() if name == "SparseAdam" else grad
            return 0.0

        for group in optimizer.param_groups:
            group["lr"] = (change or {}).get(t, group["lr"])
        if stay:
            theta.data.copy_(start)
        if t == clear:
            optimizer.state.clear()
        optimizer.step(closure)
        way.append(theta.detach().clone())
    return torch.stack(way)


def rms(tensor: Tensor) -> float:
    """Return the root of the mean of the squares.

    >>> rms(torch.tensor([3.0, -3.0]))
    3.0
    """
    return tensor.square().mean().sqrt().item()


# --8<-- [end:walk]


# --8<-- [start:state-bytes]
def state_bytes(name: str, steps: int, side: int = 100, **options) -> float:
    """Return the bytes of state a parameter of a float32 matrix, after some steps.

    All tensors of ``state_dict()`` but the counters, which are single numbers.

    >>> state_bytes("Adam", 1), state_bytes("Adafactor", 1)
    (8.0, 0.08)
    """
    torch.manual_seed(0)
    theta = torch.randn(side, side, requires_grad=True)
    curvature = torch.logspace(-3, 0, side)
    optimizer = build(name, [theta], **options)
    for _ in range(steps):
        grad = curvature * theta.detach()
        theta.grad = grad.to_sparse() if name == "SparseAdam" else grad
        optimizer.step(lambda: 0.0)
    kept = list(optimizer.state_dict()["state"].get(0, {}).values())
    kept = [part for value in kept for part in listed(value)]
    tensors = {part.data_ptr(): part for part in kept if part.numel() > 1}
    return sum(part.nbytes for part in tensors.values()) / theta.numel()


def listed(value: object) -> list[Tensor]:
    """Return the tensors in a value of a state: itself, or what a list holds.

    >>> len(listed([torch.zeros(2), None])), listed(1)
    (1, [])
    """
    parts = value if isinstance(value, list) else [value]
    return [part for part in parts if isinstance(part, Tensor)]


# --8<-- [end:state-bytes]


# --8<-- [start:turned]
def bowl_step(
    name: str, turn: Tensor, steps: int = 20, scale: float = 1.0, **options
) -> Tensor:
    """Return what is walked on a bowl in coordinates that ``turn`` rotates, (16,).

    The bowl has curvatures from 1 to 10, times ``scale``, along the axes of a 4 × 4
    matrix θ; turn is an orthogonal 16 × 16 matrix; what is returned has been turned
    back.

    >>> plain = bowl_step("SGD", torch.eye(16, dtype=torch.float64), lr=0.01)
    >>> turned = bowl_step("SGD", orthogonal(16), lr=0.01)
    >>> torch.testing.assert_close(plain, turned)
    """
    curvature = scale * torch.logspace(0, 1, 16, dtype=torch.float64)
    generator = torch.Generator().manual_seed(1)
    start = torch.randn(16, generator=generator, dtype=torch.float64)

    def gradient(theta, t):
        return (turn @ (curvature * (turn.T @ theta.flatten()))).reshape(4, 4)

    way = walk(name, (turn @ start).reshape(4, 4), gradient, steps, **options)
    return turn.T @ way[-1].flatten() - start


def orthogonal(size: int) -> Tensor:
    """Return a random rotation or reflection, float64, seed 0.

    >>> turn = orthogonal(3)
    >>> torch.testing.assert_close(turn @ turn.T, torch.eye(3, dtype=torch.float64))
    """
    generator = torch.Generator().manual_seed(0)
    return torch.linalg.qr(
        torch.randn(size, size, generator=generator, dtype=torch.float64)
    ).Q.contiguous()


def turning_error(name: str, turn: Tensor, scale: float = 1.0, **options) -> float:
    """Return how far a turned and scaled walk is from the plain one, over its length.

    >>> turning_error("SGD", orthogonal(16), lr=0.01) < 1e-12
    True
    """
    plain = bowl_step(name, torch.eye(16, dtype=torch.float64), **options)
    turned = bowl_step(name, turn, scale=scale, **options)
    return ((turned - plain).norm() / plain.norm()).item()


# --8<-- [end:turned]


# --8<-- [start:tuned-bowl]
@cache
def bowls(seeds: int, kappa: float = 100) -> tuple[Tensor, Tensor]:
    """Return starts (seeds, 10) and Hessians (seeds, 10, 10) of bowls, float64.

    Curvatures from 1 to ``kappa``, turned at random; start and rotation by the seed.

    >>> starts, hessians = bowls(2)
    >>> torch.linalg.cond(hessians)
    tensor([100.0000, 100.0000], dtype=torch.float64)
    """
    starts, hessians = [], []
    for seed in range(seeds):
        generator = torch.Generator().manual_seed(seed)
        start, *rows = torch.randn(11, 10, generator=generator, dtype=torch.float64)
        turn = torch.linalg.qr(torch.stack(rows)).Q
        curvature = torch.logspace(0, math.log10(kappa), 10, dtype=torch.float64)
        starts.append(start)
        hessians.append(turn @ curvature.diag() @ turn.T)
    return torch.stack(starts), torch.stack(hessians)


def bowl_scores(
    name: str, lr: float, budgets: Sequence[int], kappa: float = 100, **options
) -> Tensor:
    """Return log₁₀ of the loss after so many steps over the first, (budgets, 10).

    On ten ``bowls``, all in one tensor: the optimizer must work number by number.

    >>> bool((bowl_scores("SGD", 0.01, [100]) < -1).all())
    True
    """
    start, hessians = bowls(10, kappa)

    def gradient(theta, t):
        return (hessians @ theta.unsqueeze(-1)).squeeze(-1)

    way = walk(name, start, gradient, max(budgets), lr=lr, **options)
    points = [start, *(way[steps - 1] for steps in budgets)]
    first, *losses = [(point * gradient(point, 0)).sum(-1) for point in points]
    return torch.stack([(loss / first).log10() for loss in losses])


def tuned_bowl(
    name: str,
    powers: Sequence[float],
    budgets: Sequence[int],
    kappa: float = 100,
    **options,
) -> list[tuple[float, Tensor]]:
    """Return for each budget log₁₀ of the best lr, and the scores of ten seeds.

    Of the ``powers`` of ten, by the mean score.

    >>> [power for power, scores in tuned_bowl("Adam", (-3.0, -1.0), [30, 60])]
    [-1.0, -1.0]
    """
    tried = {p: bowl_scores(name, 10**p, budgets, kappa, **options) for p in powers}
    best = [
        min(powers, key=lambda p: tried[p][row].mean()) for row in range(len(budgets))
    ]
    return [(power, tried[power][row]) for row, power in enumerate(best)]


# --8<-- [end:tuned-bowl]


# --8<-- [start:decay]
def decayed(name: str, size: float, decay: float = 0.1, lr: float = 1e-3) -> float:
    """Return how much weight decay takes in 50 steps, in units of lr · decay · θ.

    θ begins at 1; the gradients are ± ``size`` by turns, so that they nearly cancel. 1
    for a decoupled decay, and for any that is proportional to θ alone.

    >>> round(decayed("SGD", 1.0), 2), round(decayed("AdamW", 1.0), 2)
    (1.0, 1.0)
    """
    start = torch.ones(4, 4, dtype=torch.float64)

    def gradient(theta, t):
        return torch.full_like(theta, size * (-1) ** t)

    ends = [
        walk(name, start, gradient, 50, lr=lr, weight_decay=strength)[-1].mean().item()
        for strength in (decay, 0.0)
    ]
    return (ends[1] - ends[0]) / (1 - (1 - lr * decay) ** 50)


# --8<-- [end:decay]


# --8<-- [start:supports]
def outcome(name: str, case: str) -> str:
    """Return what comes of ten steps: "✓", "NaN", "inf", or the exception's name.

    case: "sparse" (gradient), "complex", or a dtype, of a gradient one of whose entries
    is 0 and another 0.001.

    >>> outcome("Adam", "sparse"), outcome("Adam", "float16")
    ('RuntimeError', 'NaN')
    """
    dtype = {"sparse": torch.float32, "complex": torch.complex64}.get(case)
    theta = torch.ones(4, 4, dtype=dtype or getattr(torch, case)).requires_grad_()
    grad = torch.ones_like(theta)
    grad[0, 0], grad[0, 1] = 0.0, 0.001
    sparse = (name == "SparseAdam") != (case == "sparse")
    theta.grad = grad.to_sparse() if sparse or name == "SparseAdam" else grad
    try:
        optimizer = build(name, [theta], lr=1e-3)
        with torch.sparse.check_sparse_tensor_invariants():
            for _ in range(10):
                optimizer.step(lambda: 0.0)
    except (RuntimeError, ValueError) as error:
        return type(error).__name__
    if theta.isnan().any():
        return "NaN"
    return "inf" if theta.isinf().any() else "✓"


# --8<-- [end:supports]


# --8<-- [start:gap]
def gap(name: str, implementation: str, dtype: torch.dtype) -> float:
    """Return how far foreach or fused ends from the loop after 50 steps.

    Three tensors of 20 × 10, standard normal gradients, SGD with momentum 0.9, eps 1e-4
    where there is one: 1e-8 is 0 in float16. The largest difference; 0.0 is equality to
    the bit, nan that it has no such implementation.

    >>> gap("Adam", "foreach", torch.float32), gap("Muon", "foreach", torch.float32)
    (0.0, nan)
    """
    if not takes(name, implementation):
        return math.nan
    options: dict = {"momentum": 0.9, "lr": 0.01} if name == "SGD" else {}
    if takes(name, "eps") and name != "Adafactor":
        options["eps"] = 1e-4
    generator = torch.Generator().manual_seed(0)
    drawn = torch.randn(51, 3, 20, 10, generator=generator).to(dtype)
    ends = []
    for kind in ({"foreach": False}, {implementation: True}):
        params = [start.clone().requires_grad_() for start in drawn[0]]
        optimizer = build(name, params, **options, **kind)
        for grads in drawn[1:]:
            for param, grad in zip(params, grads, strict=True):
                param.grad = grad.clone()
            optimizer.step()
        ends.append(torch.stack([param.detach() for param in params]).double())
    return (ends[0] - ends[1]).abs().max().item()


# --8<-- [end:gap]


# --8<-- [start:sutskever]
def sutskever_steps(lrs: list[float], momentum: float = 0.9) -> list[float]:
    """Return the steps of momentum as Sutskever et al. write it, for a gradient of 1.

    v ← μv - lr · g, θ ← θ + v: lr stands inside the sum, so that a change of lr reaches
    the step slowly. Source: Sutskever et al. 2013, equations 1 and 2.

    >>> [round(step, 2) for step in sutskever_steps([1.0, 1.0, 0.1])]
    [1.0, 1.9, 1.81]
    """
    velocity, steps = 0.0, []
    for lr in lrs:
        velocity = momentum * velocity - lr
        steps.append(-velocity)
    return steps


# --8<-- [end:sutskever]
