"""The learning rate: how far it carries, and where larger turns into worse."""

import math
from collections.abc import Callable


# --8<-- [start:descend]
def descend(
    z: list[float],
    lr: float,
    epochs: int,
    max_norm: float = math.inf,
    zero_grad: bool = True,
) -> tuple[list[list[float]], list[float]]:
    """Return the logits before each epoch and after the last, and the gradient norms.

    The post's loop without autograd, in float64: y = 0 and x = 1, so the gradient of
    every entry of column j of w, and of b[j], is sigmoid(z[j]) / 3. The factor of the
    clip is that of torch.nn.utils.clip_grad_norm_, 1e-6 included.

    >>> zs, norms = descend([6.0, 12.0, 18.0], lr=0.0009, epochs=3, max_norm=1.0)
    >>> import torch
    >>> from accumulation import train
    >>> w, expected = train(3, max_norm=1.0)
    >>> torch.testing.assert_close(norms, expected, rtol=1e-6, atol=0)
    >>> torch.testing.assert_close(6 * w[0], torch.tensor(zs[3]), rtol=0, atol=1e-5)
    >>> zs, norms = descend([6.0, 12.0, 18.0], 0.0009, 3, 1.0, zero_grad=False)
    >>> [round(norm, 3) for norm in norms]
    [1.413, 2.413, 2.413]
    """
    zs, norms, left = [z], [], [0.0] * len(z)
    for _ in range(epochs):
        g = [1 / (1 + math.exp(-z_j)) / 3 for z_j in z]
        if not zero_grad:
            g = [g_j + left_j for g_j, left_j in zip(g, left, strict=True)]
        norm = math.sqrt(6 * sum(g_j**2 for g_j in g))
        scale = min(1.0, max_norm / (norm + 1e-6))
        left = [scale * g_j for g_j in g]
        z = [z_j - 6 * lr * g_j for z_j, g_j in zip(z, left, strict=True)]
        zs.append(z)
        norms.append(norm)
    return zs, norms


def final_loss(lr: float, epochs: int) -> float:
    """Return the loss of the post's loop after that many epochs, in float64.

    >>> round(final_loss(0.0009, 10_000), 4)
    1.2327
    """
    zs, _ = descend([6.0, 12.0, 18.0], lr, epochs, max_norm=1.0)
    return sum(math.log1p(math.exp(z)) for z in zs[-1]) / 3


# --8<-- [end:descend]


# --8<-- [start:steps_until]
def steps_until(
    done: Callable[[float], bool],
    grad: Callable[[float], float],
    theta: float,
    lr: float,
    limit: int = 100_000,
) -> float:
    """Return how many steps ``theta -= lr * grad(theta)`` take until ``done(theta)``.

    Returns inf if that has not happened after ``limit`` steps.

    >>> small = lambda theta: abs(theta) <= 1e-3
    >>> steps = [steps_until(small, lambda t: t, 1.0, lr) for lr in (0.5, 1, 1.5, 2)]
    >>> steps
    [10, 1, 10, inf]
    """
    for step in range(limit):
        if done(theta):
            return step
        theta -= lr * grad(theta)
    return math.inf


# --8<-- [end:steps_until]


# --8<-- [start:bowl-and-slope]
def steps_on_slope(lr: float) -> float:
    """Return the steps of the post's slowest logit, unclipped, from 18 to 0.

    Each step lowers it by 2 lr sigmoid(z); the loss of a target 0 has no minimum.

    >>> steps_on_slope(1.0), steps_on_slope(10.0)
    (10, 1)
    """
    return steps_until(lambda z: z <= 0, lambda z: 2 / (1 + math.exp(-z)), 18.0, lr)


def steps_on_bowl(lr: float, curvatures: tuple[float, ...] = (1.0,)) -> float:
    """Return the steps on Σ c p² / 2 from p = 1 until every |p| is at most 1e-3.

    There is one p for each curvature c. The directions do not mix, so the slowest
    decides; inf if one does not arrive.

    >>> steps_on_bowl(0.5), steps_on_bowl(1.0), steps_on_bowl(2.0)
    (10, 1, inf)
    >>> steps_on_bowl(1.0, (0.04, 1.0))
    170
    """
    return max(
        steps_until(lambda p: abs(p) <= 1e-3, lambda p, c=c: c * p, 1.0, lr)
        for c in curvatures
    )


# --8<-- [end:bowl-and-slope]
