"""The statements of the post that stand on the page `adaptive`, on trial."""

import torch
from adaptive import adagrad_rates, rate_left, rmsprop_average
from momentum import displacements
from optimizers import tuned
from paired import difference
from verdicts import Case, Trial


def c59() -> Trial:
    """AdaGrad applies a rate of its own to each parameter: after 100 steps, lr 0.1.

    >>> c59()
    true
    ✓ g = 1, 0.1: 0.010, 0.100
    """
    grads = torch.tensor([1.0, 0.1], dtype=torch.float64).repeat(100, 1)
    rates = adagrad_rates(grads)[-1].tolist()
    shown = ", ".join(f"{rate:.3f}" for rate in rates)
    return Trial(Case("g = 1, 0.1", shown, rates[1] > 2 * rates[0]))


def c60() -> Trial:
    """AdaGrad's rate falls with the updates: for equal gradients, and for random ones.

    In units of lr; of 100 parameters with random gradients the largest, at each step.

    >>> c60()
    true
    ✓ g = 1, t = 1, 4, 100, 400: 1.00, 0.50, 0.10, 0.05
    ✓ g ~ N(0, 1), t = 1, 4, 100, 400: 127.30, 1.92, 0.12, 0.06
    """
    equal = adagrad_rates(torch.ones(400, 1, dtype=torch.float64), lr=1.0)
    generator = torch.Generator().manual_seed(0)
    grads = torch.randn(400, 100, dtype=torch.float64, generator=generator)
    random = adagrad_rates(grads, lr=1.0)
    cases = []
    for what, rates in (("g = 1", equal), ("g ~ N(0, 1)", random)):
        largest = rates.amax(1)
        shown = ", ".join(f"{largest[t - 1]:.2f}" for t in (1, 4, 100, 400))
        falls = bool((rates.diff(dim=0) < 0).all())
        cases.append(Case(f"{what}, t = 1, 4, 100, 400", shown, falls))
    return Trial(*cases)


def c61() -> Trial:
    """The rate of frequent parameters falls more than that of rare ones, 1 in 100.

    What is left of lr after 1000 steps, for rare gradients of three sizes.

    >>> c61()
    imprecise
    ✓ |g| = 1 : 1: 0.3162, 0.0316
    ✗ |g| = 10 : 1: 0.0316, 0.0316
    ✗ |g| = 100 : 1: 0.0032, 0.0316
    """
    frequent = rate_left(1, 1)
    return Trial(
        *(
            Case(
                f"|g| = {size} : 1",
                f"{rate_left(size, 100):.4f}, {frequent:.4f}",
                rate_left(size, 100) > 1.001 * frequent,
            )
            for size in (1, 10, 100)
        )
    )


def c62() -> Trial:
    """RMSProp averages rates; or what it averages exponentially is something else.

    >>> c62()
    imprecise
    ✓ 指数滑动平均，g² 的 | an exponential average, of g²: 1.41 : 1.41
    ✗ 学习率的平均 | an average of the rates: 1.41 : 5.50
    """
    measured, of_squares, of_rates = rmsprop_average()
    return Trial(
        Case(
            "指数滑动平均，g² 的 | an exponential average, of g²",
            f"{measured:.2f} : {of_squares:.2f}",
            abs(measured / of_squares - 1) < 0.05,
        ),
        Case(
            "学习率的平均 | an average of the rates",
            f"{measured:.2f} : {of_rates:.2f}",
            abs(measured / of_rates - 1) < 0.05,
        ),
    )


def c63() -> Trial:
    """RMSProp keeps the rate from falling as AdaGrad's does: what is left of the first.

    For equal gradients, on two budgets.

    >>> c63()
    true
    ✓ t = 1000: RMSProp 10.0%, AdaGrad 3.2%
    ✓ t = 10000: RMSProp 10.0%, AdaGrad 1.0%
    """
    ones, cases = torch.ones(10_000), []
    rms, ada = (
        displacements(kind, ones) for kind in (torch.optim.RMSprop, torch.optim.Adagrad)
    )
    for t in (1000, 10_000):
        kept = [(steps[t - 1] / steps[0]).item() for steps in (rms, ada)]
        shown = "RMSProp {:.1%}, AdaGrad {:.1%}".format(*kept)
        cases.append(Case(f"t = {t}", shown, kept[0] > 2 * kept[1]))
    return Trial(*cases)


def c64() -> Trial:
    """Adam has the advantage of adaptive rates, and that of momentum.

    Of adaptive rates over momentum alone on a bowl along the axes; of momentum over
    adaptive rates alone on the bowl turned. What is left of the loss, each at its best
    lr, 24 seeds, two budgets; paired by seeds it must be told from the other.

    >>> c64()
    true
    ✓ axes, t = 120: Adam : momentum: 7e-07 : 5e-05
    ✓ axes, t = 480: Adam : momentum: 5e-23 : 2e-06
    ✓ rotated, t = 120: Adam : RMSProp: 2e-04 : 7e-04
    ✓ rotated, t = 480: Adam : RMSProp: 1e-05 : 4e-04
    """
    cases = []
    for problem, alone in (("axes", "momentum"), ("rotated", "RMSProp")):
        for steps in (120, 480):
            scores = tuned(problem, steps, (alone, "Adam"))
            gap, half = difference(scores[alone], scores["Adam"])
            left = [scores[name].mean().exp().item() for name in ("Adam", alone)]
            shown = f"{left[0]:.0e} : {left[1]:.0e}"
            cases.append(
                Case(f"{problem}, t = {steps}: Adam : {alone}", shown, gap > half)
            )
    return Trial(*cases)
