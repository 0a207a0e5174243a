"""The statements of the post that stand on the page `learning-rate`, on trial."""

from learning_rate import final_loss, steps_on_bowl, steps_on_slope
from verdicts import Case, Trial


def c08() -> Trial:
    """The learning rate strongly affects the speed: loss after 10,000 epochs.

    >>> c08()
    true
    ✓ lr = 9e-5 … 9e-2: 10.7301, 1.2327, 0.0062, 0.0006
    """
    losses = [final_loss(lr, 10_000) for lr in (0.00009, 0.0009, 0.009, 0.09)]
    shown = ", ".join(f"{loss:.4f}" for loss in losses)
    return Trial(Case("lr = 9e-5 … 9e-2", shown, losses[0] > 100 * losses[-1]))


def c09() -> Trial:
    """A larger learning rate needs fewer epochs: steps on a slope and on two bowls.

    >>> c09()
    imprecise
    ✓ 原文的 z，y = 0 | the post's z, y = 0: lr 0.01, 10: 950, 1
    ✓ p²/2, lr < 1/L: lr 0.1, 0.5: 66, 10
    ✗ p²/2, lr > 1/L: lr 1, 1.9: 1, 66
    ✗ p²/2, lr = 2/L: lr 1.9, 2: 66, ∞
    ✓ p²/2 + q²/50, lr > 1/L: lr 1, 1.9: 170, 88
    ✗ p²/2 + q²/50, lr > 2/(L + μ): lr 1.92, 1.99: 87, 688
    """
    long, round_ = (0.04, 1.0), (1.0,)
    cases = []
    for what, curvatures, less, more in (
        ("原文的 z，y = 0 | the post's z, y = 0", (), 0.01, 10),
        ("p²/2, lr < 1/L", round_, 0.1, 0.5),
        ("p²/2, lr > 1/L", round_, 1, 1.9),
        ("p²/2, lr = 2/L", round_, 1.9, 2),
        ("p²/2 + q²/50, lr > 1/L", long, 1, 1.9),
        ("p²/2 + q²/50, lr > 2/(L + μ)", long, 1.92, 1.99),
    ):
        many, few = (
            steps_on_bowl(lr, curvatures) if curvatures else steps_on_slope(lr)
            for lr in (less, more)
        )
        shown = f"lr {less:g}, {more:g}: {many}, {few}".replace("inf", "∞")
        cases.append(Case(what, shown, few < many))
    return Trial(*cases)
