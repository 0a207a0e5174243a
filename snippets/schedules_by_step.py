"""Schedules as torch runs them: from the last learning rate to the next one.

A rule takes ``lr``, the learning rate so far, ``t``, the new count of
``scheduler.step()``, and ``base_lr``, the one at the start; it returns the new learning
rate. torch calls such schedulers chainable, because a rule that multiplies leaves room
for others, and for a hand-set ``lr``. Equal to torch 2.13 to the bit; the closed forms
are in ``schedules``.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence

Rule = Callable[[float, int, float], float]


# --8<-- [start:run]
def run(rules: Sequence[Rule], base_lr: float, steps: int) -> list[float]:
    """Return lr at t = 0 … steps, every rule being applied in turn at each t.

    One rule is a scheduler of torch's alone, several are its ChainedScheduler.

    >>> run([exponential(0.5)], 1.0, 3)
    [1.0, 0.5, 0.25, 0.125]
    >>> run([exponential(0.5), constant(0.1, 2)], 1.0, 3)
    [0.1, 0.05, 0.25, 0.125]
    """
    lr, path = base_lr, []
    for t in range(steps + 1):
        for rule in rules:
            lr = rule(lr, t, base_lr)
        path.append(lr)
    return path


# --8<-- [end:run]


# --8<-- [start:outright]
def outright(schedule: Callable[[int], float]) -> Rule:
    """Return the rule that forgets lr: LambdaLR, CyclicLR, OneCycleLR, restarts.

    >>> outright(lambda t: 1 / (1 + t))(0.7, 3, 1.0)
    0.25
    """
    return lambda lr, t, base_lr: schedule(t)


# --8<-- [end:outright]


# --8<-- [start:multiplicative]
def multiplicative(lr_lambda: Callable[[int], float]) -> Rule:
    """Return MultiplicativeLR's rule.

    >>> multiplicative(lambda t: 0.5)(0.4, 3, 1.0)
    0.2
    """
    return lambda lr, t, base_lr: lr * lr_lambda(t) if t else lr


# --8<-- [end:multiplicative]


# --8<-- [start:steps]
def step(step_size: int, gamma: float = 0.1) -> Rule:
    """Return StepLR's rule.

    >>> rule = step(3, gamma=0.5)
    >>> rule(0.4, 2, 1.0), rule(0.4, 3, 1.0)
    (0.4, 0.2)
    """
    return lambda lr, t, base_lr: lr if t == 0 or t % step_size else lr * gamma


def multi_step(milestones: Sequence[int], gamma: float = 0.1) -> Rule:
    """Return MultiStepLR's rule.

    >>> rule = multi_step([2, 5], gamma=0.5)
    >>> rule(0.4, 4, 1.0), rule(0.4, 5, 1.0)
    (0.4, 0.2)
    """
    times = Counter(milestones)
    return lambda lr, t, base_lr: lr * gamma ** times[t] if t in times else lr


def exponential(gamma: float) -> Rule:
    """Return ExponentialLR's rule.

    >>> exponential(0.5)(0.4, 3, 1.0)
    0.2
    """
    return lambda lr, t, base_lr: lr * gamma if t else lr


# --8<-- [end:steps]


# --8<-- [start:constant]
def constant(factor: float = 1 / 3, total_iters: int = 5) -> Rule:
    """Return ConstantLR's rule: multiply at the start, divide again at total_iters.

    ZeroDivisionError at t = total_iters if factor is 0, as in torch.

    >>> rule = constant(0.5, 2)
    >>> rule(0.4, 0, 0.4), rule(0.2, 1, 0.4), rule(0.2, 2, 0.4)
    (0.2, 0.2, 0.4)
    """

    def rule(lr: float, t: int, base_lr: float) -> float:
        if t == 0:
            return lr * factor
        return lr * (1.0 / factor) if t == total_iters else lr

    return rule


# --8<-- [end:constant]


# --8<-- [start:linear]
def linear(
    start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5
) -> Rule:
    """Return LinearLR's rule: the ratio of two neighbours on the line.

    >>> rule = linear(0.5, 1.0, total_iters=2)
    >>> rule(1.0, 0, 1.0), rule(0.5, 1, 1.0), rule(0.75, 2, 1.0)
    (0.5, 0.75, 1.0)
    """
    slope = end_factor - start_factor

    def rule(lr: float, t: int, base_lr: float) -> float:
        if t == 0:
            return lr * start_factor
        if t > total_iters:
            return lr
        return lr * (1.0 + slope / (total_iters * start_factor + (t - 1) * slope))

    return rule


# --8<-- [end:linear]


# --8<-- [start:polynomial]
def polynomial(total_iters: int = 5, power: float = 1.0) -> Rule:
    """Return PolynomialLR's rule: the ratio of two neighbours on the curve.

    >>> polynomial(4, power=2.0)(1.0, 2, 1.0) == (0.5 / 0.75) ** 2
    True
    """

    def rule(lr: float, t: int, base_lr: float) -> float:
        if t == 0 or t > total_iters:
            return lr
        ratio = (1.0 - t / total_iters) / (1.0 - (t - 1) / total_iters)
        return lr * ratio**power

    return rule


# --8<-- [end:polynomial]


# --8<-- [start:cosine-annealing]
def cosine_annealing(T_max: int, eta_min: float = 0.0) -> Rule:
    """Return CosineAnnealingLR's rule: the ratio of two neighbours on the cosine.

    At t = T_max + 1, where that ratio would divide by 0, a first step is added.

    >>> run([cosine_annealing(1)], 1.0, 3)
    [1.0, 0.0, 1.0, 0.0]
    """

    def above(t: int) -> float:
        return 1 + math.cos(math.pi * t / T_max)

    def rule(lr: float, t: int, base_lr: float) -> float:
        if t == 0:
            return lr
        if (t - 1 - T_max) % (2 * T_max) == 0:
            return lr + (base_lr - eta_min) * (1 - math.cos(math.pi / T_max)) / 2
        return above(t) / above(t - 1) * (lr - eta_min) + eta_min

    return rule


# --8<-- [end:cosine-annealing]
