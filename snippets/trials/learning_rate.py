"""The statements of the post that stand on the page `learning-rate`, on trial."""

import math

from learning_rate import descend, steps_until
from verdicts import Case, Trial


def c08() -> Trial:
    """The learning rate strongly affects the speed: loss after 10,000 epochs.

    >>> c08()
    true
    ✓ lr = 9e-5 … 9e-2: 10.7301, 1.2327, 0.0062, 0.0006
    """
    losses = []
    for lr in (0.00009, 0.0009, 0.009, 0.09):
        zs, _ = descend([6.0, 12.0, 18.0], lr, 10_000, max_norm=1.0)
        losses.append(sum(math.log1p(math.exp(z)) for z in zs[-1]) / 3)
    shown = ", ".join(f"{loss:.4f}" for loss in losses)
    return Trial(Case("lr = 9e-5 … 9e-2", shown, losses[0] > 100 * losses[-1]))


def c09() -> Trial:
    """A larger learning rate needs fewer epochs: steps on a slope and on a parabola.

    >>> c09()
    imprecise
    ✓ 原文的 z，y = 0 | the post's z, y = 0: lr 0.01, 10: 950, 1
    ✓ p²/2, lr < 1/L: lr 0.1, 0.5: 66, 10
    ✗ p²/2, lr > 1/L: lr 1, 1.9: 1, 66
    ✗ p²/2, lr = 2/L: lr 1.9, 2: 66, ∞
    """

    def slope(lr):
        return steps_until(lambda z: z <= 0, lambda z: 2 / (1 + math.exp(-z)), 18.0, lr)

    def bowl(lr):
        return steps_until(lambda p: abs(p) <= 1e-3, lambda p: p, 1.0, lr)

    cases = []
    for what, steps, less, more in (
        ("原文的 z，y = 0 | the post's z, y = 0", slope, 0.01, 10),
        ("p²/2, lr < 1/L", bowl, 0.1, 0.5),
        ("p²/2, lr > 1/L", bowl, 1, 1.9),
        ("p²/2, lr = 2/L", bowl, 1.9, 2),
    ):
        few, many = steps(more), steps(less)
        shown = f"lr {less:g}, {more:g}: {many}, {few}".replace("inf", "∞")
        cases.append(Case(what, shown, few < many))
    return Trial(*cases)
