"""The statements of the post that stand on the page `adaptive`, on trial."""

import torch
from adaptive import adagrad
from stochastic import displacements
from verdicts import Case, Trial


def c59() -> Trial:
    """AdaGrad applies a rate of its own to each parameter: after 100 steps, lr 0.1.

    >>> c59()
    true
    ✓ g = 1, 0.1: 0.010, 0.100
    """
    param, state = torch.zeros(2, dtype=torch.float64), {}
    for _ in range(100):
        adagrad(param, torch.tensor([1.0, 0.1]).double(), state, lr=0.1)
    rates = (0.1 / state["sum"].sqrt()).tolist()
    shown = ", ".join(f"{rate:.3f}" for rate in rates)
    return Trial(Case("g = 1, 0.1", shown, rates[1] > 2 * rates[0]))


def c60() -> Trial:
    """AdaGrad's rate falls with the updates: at t = 1, 4, 100 and 400, of lr.

    >>> c60()
    true
    ✓ t = 1, 4, 100, 400: 1.00, 0.50, 0.10, 0.05
    """
    steps = displacements(torch.optim.Adagrad, torch.ones(400, dtype=torch.float64))
    shown = ", ".join(f"{steps[t - 1]:.2f}" for t in (1, 4, 100, 400))
    return Trial(Case("t = 1, 4, 100, 400", shown, bool((steps.diff() < 0).all())))


def c61() -> Trial:
    """The rate of frequent parameters falls more than that of rare ones, 1 in 100.

    What is left of lr after 1000 steps, for rare gradients of three sizes.

    >>> c61()
    imprecise
    ✓ |g| = 1 : 1: 0.3162, 0.0316
    ✗ |g| = 10 : 1: 0.0316, 0.0316
    ✗ |g| = 100 : 1: 0.0032, 0.0316
    """

    def left(size, every):
        grads = torch.zeros(1000, dtype=torch.float64)
        grads[::every] = size
        return grads.square().sum().rsqrt().item()

    frequent = left(1, 1)
    return Trial(
        *(
            Case(
                f"|g| = {size} : 1",
                f"{left(size, 100):.4f}, {frequent:.4f}",
                left(size, 100) > 1.001 * frequent,
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
    grads = torch.tensor([1.0, 0.1] * 500, dtype=torch.float64)
    measured = (displacements(torch.optim.RMSprop, grads) / grads)[-2:].mean().item()
    of_squares = grads.square().mean().rsqrt().item()
    of_rates = (1 / grads).mean().item()
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
    """RMSProp keeps the rate from falling: what is left of it after 1000 steps.

    >>> c63()
    true
    ✓ RMSProp, AdaGrad: 1.000, 0.032
    """
    ones = torch.ones(1000)
    rms, ada = (
        displacements(kind, ones)[-1].item()
        for kind in (torch.optim.RMSprop, torch.optim.Adagrad)
    )
    return Trial(Case("RMSProp, AdaGrad", f"{rms:.3f}, {ada:.3f}", rms > 10 * ada))


def c64() -> Trial:
    """Adam combines momentum and adaptive rates: each alone is a limit of it.

    Bias correction aside, over 300 random gradients.

    >>> c64()
    true
    ✓ β₁ = 0: RMSProp: ‖Δ‖/‖Δθ‖ < 1e-6
    ✓ ε → ∞：动量 | ε → ∞: momentum: ‖Δ‖/‖Δθ‖ < 1e-6
    """
    torch.manual_seed(0)
    grads = torch.randn(300, 5, dtype=torch.float64)
    t = torch.arange(1.0, 301.0).double().view(-1, 1)
    adam, rms, sgd = torch.optim.Adam, torch.optim.RMSprop, torch.optim.SGD
    adaptive = displacements(adam, grads, betas=(0.0, 0.99), eps=0.0)
    expected = displacements(rms, grads, alpha=0.99, eps=0.0) * (1 - 0.99**t).sqrt()
    rms_gap = ((adaptive - expected).norm() / expected.norm()).item()
    heavy = displacements(adam, grads, eps=1e8) * 1e8
    expected = displacements(sgd, grads, momentum=0.9) * (1 - 0.9) / (1 - 0.9**t)
    sum_gap = ((heavy - expected).norm() / expected.norm()).item()
    cases = []
    for what, gap in (
        ("β₁ = 0: RMSProp", rms_gap),
        ("ε → ∞：动量 | ε → ∞: momentum", sum_gap),
    ):
        small = "< 1e-6" if gap < 1e-6 else f"{gap:.0e}"
        cases.append(Case(what, f"‖Δ‖/‖Δθ‖ {small}", gap < 1e-6))
    return Trial(*cases)
