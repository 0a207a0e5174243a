"""Learning-rate schedules as functions of the step: the 15 of torch.optim.lr_scheduler.

A schedule maps t, the number of ``scheduler.step()`` calls so far (0 before the first),
to a learning rate. Each is the closed form of the scheduler of the same name in
``torch.optim.lr_scheduler`` (PyTorch 2.13), with its arguments. Where torch itself goes
by recursion instead, the module ``schedules_by_step`` holds that form.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple

Schedule = Callable[[int], float]


# --8<-- [start:lambda-lr]
def lambda_lr(t: int, base_lr: float, lr_lambda: Schedule) -> float:
    """Return base_lr times any function of t: torch's LambdaLR.

    >>> lambda_lr(3, 0.1, lambda t: 0.5**t)
    0.0125
    """
    return base_lr * lr_lambda(t)


# --8<-- [end:lambda-lr]


# --8<-- [start:multiplicative-lr]
def multiplicative_lr(t: int, base_lr: float, lr_lambda: Schedule) -> float:
    """Return base_lr times lr_lambda(1) · … · lr_lambda(t): torch's MultiplicativeLR.

    ``lr_lambda(0)`` is never asked for.

    >>> multiplicative_lr(3, 0.1, lambda t: 0.5)
    0.0125
    """
    return math.prod(map(lr_lambda, range(1, t + 1)), start=base_lr)


# --8<-- [end:multiplicative-lr]


# --8<-- [start:step-lr]
def step_lr(t: int, base_lr: float, step_size: int, gamma: float = 0.1) -> float:
    """Return base_lr times gamma once for every full step_size: torch's StepLR.

    >>> [step_lr(t, 1.0, step_size=3, gamma=0.5) for t in (0, 2, 3, 6)]
    [1.0, 1.0, 0.5, 0.25]
    """
    return base_lr * gamma ** (t // step_size)


# --8<-- [end:step-lr]


# --8<-- [start:multi-step-lr]
def multi_step_lr(
    t: int, base_lr: float, milestones: Sequence[int], gamma: float = 0.1
) -> float:
    """Return base_lr times gamma for every milestone ≤ t: torch's MultiStepLR.

    Milestones in any order; one that stands twice counts twice.

    >>> [multi_step_lr(t, 1.0, [2, 5], gamma=0.5) for t in (1, 2, 5)]
    [1.0, 0.5, 0.25]
    """
    return base_lr * gamma ** bisect_right(sorted(milestones), t)


# --8<-- [end:multi-step-lr]


# --8<-- [start:constant-lr]
def constant_lr(
    t: int, base_lr: float, factor: float = 1 / 3, total_iters: int = 5
) -> float:
    """Return base_lr · factor before total_iters, then base_lr: torch's ConstantLR.

    >>> [constant_lr(t, 1.0, factor=0.5, total_iters=2) for t in (0, 1, 2)]
    [0.5, 0.5, 1.0]
    """
    return base_lr * (factor + (t >= total_iters) * (1 - factor))


# --8<-- [end:constant-lr]


# --8<-- [start:linear-lr]
def linear_lr(
    t: int,
    base_lr: float,
    start_factor: float = 1 / 3,
    end_factor: float = 1.0,
    total_iters: int = 5,
) -> float:
    """Return base_lr times a factor on a straight line, then level: torch's LinearLR.

    >>> [linear_lr(t, 1.0, start_factor=0.5, total_iters=4) for t in (0, 2, 4, 9)]
    [0.5, 0.75, 1.0, 1.0]
    """
    way = (end_factor - start_factor) * min(total_iters, t) / total_iters
    return base_lr * (start_factor + way)


# --8<-- [end:linear-lr]


# --8<-- [start:exponential-lr]
def exponential_lr(t: int, base_lr: float, gamma: float) -> float:
    """Return base_lr · gamma ** t: torch's ExponentialLR.

    >>> exponential_lr(3, 1.0, gamma=0.5)
    0.125
    """
    return base_lr * gamma**t


# --8<-- [end:exponential-lr]


# --8<-- [start:polynomial-lr]
def polynomial_lr(
    t: int, base_lr: float, total_iters: int = 5, power: float = 1.0
) -> float:
    """Return base_lr · (1 − t / total_iters) ** power, then 0: torch's PolynomialLR.

    >>> [polynomial_lr(t, 1.0, total_iters=4, power=2.0) for t in (0, 2, 4, 9)]
    [1.0, 0.25, 0.0, 0.0]
    """
    return base_lr * (1 - min(total_iters, t) / total_iters) ** power


# --8<-- [end:polynomial-lr]


# --8<-- [start:cosine-annealing-lr]
def cosine_annealing_lr(
    t: int, base_lr: float, T_max: int, eta_min: float = 0.0
) -> float:
    """Return half a cosine wave from base_lr to eta_min: torch's CosineAnnealingLR.

    eta_min is reached at t = T_max; then the wave goes up again (period 2 · T_max).
    Source: Loshchilov & Hutter 2016 (SGDR), equation 5, without restarts.

    >>> [cosine_annealing_lr(t, 1.0, T_max=4) for t in (0, 2, 4, 8)]
    [1.0, 0.5, 0.0, 1.0]
    """
    return eta_min + (base_lr - eta_min) * (1 + math.cos(math.pi * t / T_max)) / 2


# --8<-- [end:cosine-annealing-lr]


# --8<-- [start:cosine-annealing-warm-restarts]
def cosine_annealing_warm_restarts(
    t: int, base_lr: float, T_0: int, T_mult: int = 1, eta_min: float = 0.0
) -> float:
    """Return a cosine from base_lr that starts anew: CosineAnnealingWarmRestarts.

    Cycles last T_0, T_0 · T_mult, T_0 · T_mult², … steps.
    Source: Loshchilov & Hutter 2016 (SGDR), equation 5.

    >>> f"{cosine_annealing_warm_restarts(3, 1.0, T_0=4):.3f}"
    '0.146'
    >>> cosine_annealing_warm_restarts(4, 1.0, T_0=4)
    1.0
    """
    length = T_0
    while t >= length:
        t, length = t - length, length * T_mult
    return eta_min + (base_lr - eta_min) * (1 + math.cos(math.pi * t / length)) / 2


# --8<-- [end:cosine-annealing-warm-restarts]


class Setting(NamedTuple):
    """A learning rate, and the momentum (β₁ for Adam) that moves with it."""

    lr: float
    momentum: float


# --8<-- [start:cyclic-lr]
def cyclic_lr(
    t: int,
    base_lr: float,
    max_lr: float,
    step_size_up: int = 2000,
    step_size_down: int | None = None,
    mode: str = "triangular",
    gamma: float = 1.0,
    base_momentum: float = 0.8,
    max_momentum: float = 0.9,
) -> Setting:
    """Return lr on a triangular wave and momentum against it: torch's CyclicLR.

    The wave's height is 1 ("triangular"), halved each cycle ("triangular2"), or
    gamma ** t ("exp_range"). Source: Smith 2015, section 3.

    >>> cyclic_lr(2, 0.1, 0.5, step_size_up=2)
    Setting(lr=0.5, momentum=0.8)
    >>> cyclic_lr(4, 0.1, 0.5, step_size_up=2)
    Setting(lr=0.1, momentum=0.9)
    """
    up = float(step_size_up)
    period = up + (up if step_size_down is None else float(step_size_down))
    peak = up / period
    cycle = math.floor(1 + t / period)
    x = 1.0 + t / period - cycle
    height = x / peak if x <= peak else (x - 1) / (peak - 1)
    scale = {"triangular": 1.0, "triangular2": 1 / 2.0 ** (cycle - 1)}.get(
        mode, gamma**t
    )
    return Setting(
        base_lr + (max_lr - base_lr) * height * scale,
        max_momentum - (max_momentum - base_momentum) * height * scale,
    )


# --8<-- [end:cyclic-lr]


# --8<-- [start:one-cycle-lr]
def one_cycle_lr(
    t: int,
    max_lr: float,
    total_steps: int,
    pct_start: float = 0.3,
    anneal_strategy: str = "cos",
    base_momentum: float = 0.85,
    max_momentum: float = 0.95,
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
    three_phase: bool = False,
) -> Setting:
    """Return lr up to max_lr and down to almost 0, momentum against it: OneCycleLR.

    From max_lr / div_factor at t = 0 by max_lr at pct_start · total_steps − 1 to
    max_lr / div_factor / final_div_factor at total_steps − 1. ValueError for
    t > total_steps, as in torch. Source: Smith & Topin 2017.

    >>> [f"{one_cycle_lr(t, 1.0, total_steps=10).lr:.6f}" for t in (0, 2, 9)]
    ['0.040000', '1.000000', '0.000004']
    """
    if t > total_steps:
        raise ValueError(f"step {t} of {total_steps}")
    low, high = max_lr / div_factor, max_lr
    lowest = low / final_div_factor
    slow, fast = base_momentum, max_momentum
    phases = [(float(pct_start * total_steps) - 1, low, high, fast, slow)]
    if three_phase:
        phases += [(float(2 * pct_start * total_steps) - 2, high, low, slow, fast)]
        phases += [(total_steps - 1, low, lowest, fast, fast)]
    else:
        phases += [(total_steps - 1, high, lowest, slow, fast)]
    begin = 0.0
    while t > phases[0][0] and len(phases) > 1:
        begin = phases.pop(0)[0]
    end, *ends = phases[0]
    way = (t - begin) / (end - begin)
    pairs = ends[:2], ends[2:]
    if anneal_strategy == "linear":
        return Setting(*((last - first) * way + first for first, last in pairs))
    bend = math.cos(math.pi * way) + 1
    return Setting(*(last + (first - last) / 2.0 * bend for first, last in pairs))


# --8<-- [end:one-cycle-lr]


# --8<-- [start:reduce-lr-on-plateau]
class Plateau:
    """A learning rate that falls when a metric stops improving: ReduceLROnPlateau.

    ``step(metric)`` returns the new lr; the arguments are torch's.

    >>> plateau = Plateau(1.0, factor=0.5, patience=1)
    >>> [plateau.step(metric) for metric in (3.0, 3.0, 3.0, 2.0)]
    [1.0, 1.0, 0.5, 0.5]
    """

    def __init__(
        self,
        lr: float,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float = 0.0,
        eps: float = 1e-8,
    ) -> None:
        self.lr, self.factor, self.min_lr, self.eps = lr, factor, min_lr, eps
        self.patience, self.cooldown = patience, cooldown
        self.sign = -1 if mode == "min" else 1
        self.relative, self.threshold = threshold_mode == "rel", threshold
        self.best = self.sign * -math.inf
        self.bad = self.resting = 0

    def better(self, metric: float) -> bool:
        """Return whether the metric beats the best one by more than the threshold."""
        margin = self.sign * self.threshold
        bar = self.best * (1.0 + margin) if self.relative else self.best + margin
        return metric > bar if self.sign > 0 else metric < bar

    def step(self, metric: float) -> float:
        """Return the learning rate after one more metric."""
        if self.better(metric):
            self.best, self.bad = metric, 0
        else:
            self.bad += 1
        if self.resting > 0:
            self.resting, self.bad = self.resting - 1, 0
        if self.bad > self.patience:
            lower = max(self.lr * self.factor, self.min_lr)
            if self.lr - lower > self.eps:
                self.lr = lower
            self.resting, self.bad = self.cooldown, 0
        return self.lr


# --8<-- [end:reduce-lr-on-plateau]


# --8<-- [start:sequential-lr]
def sequential_lr(
    t: int, schedules: Sequence[Schedule], milestones: Sequence[int]
) -> float:
    """Return what one schedule after the other says: torch's SequentialLR.

    From its milestone on a schedule counts from 0 by its own clock. ValueError unless
    there is one schedule more than there are milestones.

    >>> warm_up, decay = lambda t: t / 4, lambda t: 0.5**t
    >>> [sequential_lr(t, [warm_up, decay], [4]) for t in (3, 4, 5)]
    [0.75, 1.0, 0.5]
    """
    if len(schedules) != len(milestones) + 1:
        raise ValueError(f"{len(schedules)} schedules, {len(milestones)} milestones")
    turn = bisect_right(milestones, t)
    return schedules[turn](t - (milestones[turn - 1] if turn else 0))


# --8<-- [end:sequential-lr]


# --8<-- [start:chained-scheduler]
def chained_scheduler(t: int, base_lr: float, schedules: Sequence[Schedule]) -> float:
    """Return base_lr times the factors of all schedules: torch's ChainedScheduler.

    Every schedule is a function of t with the same base_lr, and proportional to it
    (eta_min = 0). Schedules that set lr outright cannot be chained: see
    ``schedules_by_step``.

    >>> halves, warm_up = lambda t: 0.5**t, lambda t: min(t, 4) / 4
    >>> [chained_scheduler(t, 1.0, [halves, warm_up]) for t in (2, 4, 5)]
    [0.125, 0.0625, 0.03125]
    """
    return math.prod((schedule(t) / base_lr for schedule in schedules), start=base_lr)


# --8<-- [end:chained-scheduler]
