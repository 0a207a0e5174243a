"""L-BFGS: curvature from the last few steps, and a search along the line."""

from collections.abc import Callable

import torch
from checks import check_range, check_step
from torch import Tensor

Evaluation = tuple[float, Tensor, Tensor]  # loss, gradient, slope along the line


# --8<-- [start:cubic]
def cubic_minimum(x1, f1, g1, x2, f2, g2, bounds=None):
    """Return where the cubic through two values and two slopes is smallest.

    Within bounds, or within [x1, x2]; the middle if the cubic has no minimum. Slopes
    are tensors, as they are in torch's LBFGS, so that each step rounds alike.

    >>> slopes = torch.tensor(-1.0), torch.tensor(1.0)
    >>> cubic_minimum(0.0, 0.0, slopes[0], 1.0, 0.0, slopes[1])
    tensor(0.5000)
    """
    low, high = bounds or ((x1, x2) if x1 <= x2 else (x2, x1))
    d1 = g1 + g2 - 3 * (f1 - f2) / (x1 - x2)
    square = d1**2 - g1 * g2
    if not square >= 0:  # NaN 也走这里 | NaN, too
        return (low + high) / 2.0
    d2 = square.sqrt()
    if x1 <= x2:
        least = x2 - (x2 - x1) * ((g2 + d2 - d1) / (g2 - g1 + 2 * d2))
    else:
        least = x1 - (x1 - x2) * ((g1 + d2 - d1) / (g1 - g2 + 2 * d2))
    return min(max(least, low), high)


# --8<-- [end:cubic]


# --8<-- [start:strong-wolfe]
def strong_wolfe(
    evaluate: Callable[[float], Evaluation],
    t: float,
    start: Evaluation,
    length: Tensor,
    max_evals: int,
    c1: float = 1e-4,
    c2: float = 0.9,
    tolerance: float = 1e-9,
) -> tuple[float, Tensor, float, int]:
    """Return loss, gradient, step and evaluations of a search along a direction.

    A step is good if the loss falls by c1 · t · slope at least (Armijo) and the slope
    has shrunk to c2 of its size (curvature). First the step grows until a good one, or
    an interval that holds one, is found; then the interval shrinks. evaluate(t) tells
    loss, gradient and slope at t; start is what it tells at 0. length: the largest
    entry of the direction.
    Source: Nocedal & Wright 2006, Algorithms 3.5 and 3.6; torch.optim.LBFGS.

    >>> def parabola(t):
    ...     return (t - 3) ** 2, torch.ones(1), torch.tensor(2.0) * (t - 3)
    >>> strong_wolfe(parabola, 1.0, parabola(0.0), torch.tensor(1.0), 25)[2:]
    (1.0, 1)
    >>> strong_wolfe(parabola, 9.0, parabola(0.0), torch.tensor(1.0), 25)[2:]
    (tensor(3.), 2)
    """
    loss, _, slope = start
    previous = (0, *start)
    point = (t, *evaluate(t))
    evals = 1
    bracket, done = [], False
    while evals <= max_evals:
        t, f, _, g = point
        if f > (loss + c1 * t * slope) or (evals > 2 and f >= previous[1]):
            bracket = [previous, point]
            break
        if abs(g) <= -c2 * slope:
            bracket, done = [point], True
            break
        if g >= 0:
            bracket = [previous, point]
            break
        bounds = t + 0.01 * (t - previous[0]), t * 10
        longer = cubic_minimum(
            previous[0], previous[1], previous[3], t, f, g, bounds=bounds
        )
        previous = point
        point = (longer, *evaluate(longer))
        evals += 1
    if not bracket:
        bracket = [(0, *start), point]

    stuck = False
    low, high = (0, 1) if bracket[0][1] <= bracket[-1][1] else (1, 0)
    while not done and evals <= max_evals:
        ends = bracket[0][0], bracket[1][0]
        if abs(ends[1] - ends[0]) * length < tolerance:
            break
        (x1, f1, _, g1), (x2, f2, _, g2) = bracket
        t = cubic_minimum(x1, f1, g1, x2, f2, g2)

        margin = 0.1 * (max(ends) - min(ends))
        if min(max(ends) - t, t - min(ends)) < margin:
            if stuck or t >= max(ends) or t <= min(ends):
                above = abs(t - max(ends)) < abs(t - min(ends))
                t = max(ends) - margin if above else min(ends) + margin
                stuck = False
            else:
                stuck = True
        else:
            stuck = False

        point = (t, *evaluate(t))
        evals += 1
        _, f, _, g = point
        if f > (loss + c1 * t * slope) or f >= bracket[low][1]:
            bracket[high] = point
            low, high = (0, 1) if bracket[0][1] <= bracket[1][1] else (1, 0)
        else:
            if abs(g) <= -c2 * slope:
                done = True
            elif g * (bracket[high][0] - bracket[low][0]) >= 0:
                bracket[high] = bracket[low]
            bracket[low] = point
    t, f, gradient, _ = bracket[low]
    return f, gradient, t, evals


# --8<-- [end:strong-wolfe]


# --8<-- [start:direction]
def two_loops(
    grad: Tensor, changes: list[tuple[Tensor, Tensor, Tensor]], scale: float | Tensor
) -> Tensor:
    """Return -H g, where H is the inverse curvature that the changes tell.

    changes: for each remembered step, oldest first, y (how the gradient changed),
    s (how the parameter changed) and 1/(y·s). scale: H before any of them, times the
    identity. Source: Nocedal 1980; Liu & Nocedal 1989, Algorithm 2.1.

    >>> y, s = torch.tensor([4.0, 0.0]), torch.tensor([2.0, 0.0])
    >>> two_loops(torch.tensor([4.0, 1.0]), [(y, s, 1 / y.dot(s))], scale=1.0)
    tensor([-2., -1.])
    """
    q, shares = grad.neg(), []
    for y, s, inverse in reversed(changes):
        share = s.dot(q) * inverse
        q.add_(y, alpha=-share)
        shares.append(share)
    q = torch.mul(q, scale)
    for y, s, inverse in changes:
        back = y.dot(q) * inverse
        q.add_(s, alpha=shares.pop() - back)
    return q


# --8<-- [end:direction]


# --8<-- [start:lbfgs]
@torch.no_grad()
def lbfgs(
    param: Tensor,
    closure: Callable[[], tuple[float, Tensor]],
    state: dict,
    *,
    lr: float = 1.0,
    max_iter: int = 20,
    max_eval: int | None = None,
    tolerance_grad: float = 1e-7,
    tolerance_change: float = 1e-9,
    history_size: int = 100,
    line_search_fn: str | None = None,
) -> float:
    """Take one step of L-BFGS: up to max_iter iterations; return the loss before it.

    Equal to torch.optim.LBFGS to the bit. closure() returns the loss and the gradient
    where param stands; it is called many times, with param moved. param: float32 or
    float64, not empty; it changes in place. state: {} before the first step, then named
    as torch's, but "changes" for old_dirs, old_stps and ro. ValueError for bad input;
    that, or an exception in closure, changes nothing.
    Source: Liu & Nocedal 1989, Algorithm 2.1; torch.optim.LBFGS.

    >>> param, state = torch.tensor([1.0, 1.0], dtype=torch.float64), {}
    >>> curvature = torch.tensor([1.0, 100.0], dtype=torch.float64)
    >>> def closure():
    ...     return (curvature * param**2).sum().item() / 2, curvature * param
    >>> lbfgs(param, closure, state, line_search_fn="strong_wolfe")
    50.5
    >>> param.abs().max().item() < 1e-6, state["func_evals"]
    (True, 11)
    """
    check_options(
        max_iter, max_eval, tolerance_grad, tolerance_change, history_size,
        line_search_fn,
    )  # fmt: skip
    check_step(param, param, {}, lr=lr)
    flat = {name: (param.numel(),) for name in ("d", "prev_flat_grad")}
    began = isinstance(state, dict) and state.get("n_iter", 0) > 0
    shapes = flat | {"t": (), "H_diag": ()}
    check_step(param, param, state, flat if began else (), shapes=shapes)
    if param.numel() == 0:
        raise ValueError("param must not be empty")
    max_eval = max_iter * 5 // 4 if max_eval is None else max_eval
    new, changes = dict(state), list(state.get("changes", []))
    begin = param.clone()

    def evaluate() -> tuple[float, Tensor]:
        with torch.enable_grad():
            loss, grad = closure()
        check_step(param, grad, {})
        return float(loss), grad.detach().flatten().clone()

    def along(t: float) -> Evaluation:
        here = param.clone()
        param.add_(new["d"].view_as(param), alpha=t)
        loss, grad = evaluate()
        param.copy_(here)
        return loss, grad, grad.dot(new["d"])

    try:
        first, grad = evaluate()
        loss, evals, iterations = first, 1, 0
        new["n_iter"] = new.get("n_iter", 0)
        done = grad.abs().max() <= tolerance_grad
        while not done and iterations < max_iter:
            iterations += 1
            new["n_iter"] += 1
            if new["n_iter"] == 1:
                new["H_diag"], new["d"] = 1, grad.neg()
                t = min(1.0, 1.0 / grad.abs().sum()) * lr
            else:
                y, s = grad.sub(new["prev_flat_grad"]), new["d"].mul(new["t"])
                product = y.dot(s)
                if product > 1e-10:
                    changes = [*changes, (y, s, 1.0 / product)][-history_size:]
                    new["H_diag"] = product / y.dot(y)
                new["d"], t = two_loops(grad, changes, new["H_diag"]), lr
            new.update(prev_flat_grad=grad, prev_loss=loss, t=t)

            slope = grad.dot(new["d"])
            if slope > -tolerance_change:
                break
            if line_search_fn is not None:
                start = loss, grad, slope
                longest, left = new["d"].abs().max(), max_eval - evals
                loss, grad, t, used = strong_wolfe(along, t, start, longest, left)
                new["t"] = t
                evals += used
            param.add_(new["d"].view_as(param), alpha=t)
            if line_search_fn is None and iterations != max_iter:
                loss, grad = evaluate()
                evals += 1
            done = (
                evals >= max_eval
                or grad.abs().max() <= tolerance_grad
                or new["d"].mul(t).abs().max() <= tolerance_change
                or abs(loss - new["prev_loss"]) < tolerance_change
            )
    except Exception:
        param.copy_(begin)
        raise
    new["func_evals"] = new.get("func_evals", 0) + evals
    state.update(new, changes=changes)
    return first


# --8<-- [end:lbfgs]


def check_options(
    max_iter: int,
    max_eval: int | None,
    tolerance_grad: float,
    tolerance_change: float,
    history_size: int,
    line_search_fn: str | None,
) -> None:
    """Raise ValueError unless the options of ``lbfgs`` make sense.

    >>> check_options(20, None, 1e-7, 1e-9, 0, None)
    Traceback (most recent call last):
    ValueError: history_size must be a count from 1, not 0
    """
    counts = {"max_iter": max_iter, "history_size": history_size}
    if max_eval is not None:
        counts["max_eval"] = max_eval
    for name, count in counts.items():
        if not isinstance(count, int) or count < 1:
            raise ValueError(f"{name} must be a count from 1, not {count}")
    if line_search_fn not in (None, "strong_wolfe"):
        raise ValueError(f"line_search_fn is not known: {line_search_fn!r}")
    check_range("tolerance_grad", tolerance_grad)
    check_range("tolerance_change", tolerance_change)
