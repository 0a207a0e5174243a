"""AdaGrad, RMSProp and a first look at Adam: rates that adapt, to the bit."""

# --8<-- [start:imports]
import torch
from checks import check_range
from gradient_descent import prepare
from stochastic import displacements
from torch import Tensor
from torch.optim import SGD, Adagrad, Adam, RMSprop
from verdicts import Case, Trial

# --8<-- [end:imports]


# --8<-- [start:adagrad]
@torch.no_grad()
def adagrad(
    param: Tensor,
    grad: Tensor,
    state: dict,
    *,
    lr: float,
    lr_decay: float = 0.0,
    eps: float = 1e-10,
    weight_decay: float = 0.0,
    initial_accumulator_value: float = 0.0,
    maximize: bool = False,
) -> None:
    """Do one step of AdaGrad in place.

    ``param`` and ``grad``: same shape, same floating dtype. ``state`` starts as {} and
    keeps "step", an int, and "sum", the sum of the squared gradients. Equal to
    torch.optim.Adagrad(foreach=False) to the bit; NaN and inf in ``grad`` go into
    ``param``, as there. ValueError on bad input; a failed call changes nothing.
    Source: Duchi et al. 2011, diagonal form; documentation of torch.optim.Adagrad.

    >>> param, state = torch.tensor([1.0, 1.0]), {}
    >>> adagrad(param, torch.tensor([4.0, -0.5]), state, lr=0.25)
    >>> param, state
    (tensor([0.7500, 1.2500]), {'step': 1, 'sum': tensor([16.0000,  0.2500])})
    """
    initial = initial_accumulator_value
    check_range("initial_accumulator_value", initial)
    grad = prepare(
        param, grad, state, weight_decay, maximize, lr=lr, lr_decay=lr_decay, eps=eps
    )

    step = state.get("step", 0) + 1
    total = state.get("sum", torch.full_like(param, initial))
    total = total.addcmul(grad, grad)
    rate = lr / (1 + (step - 1) * lr_decay)
    param.addcdiv_(grad, total.sqrt().add_(eps), value=-rate)
    state.update(step=step, sum=total)


# --8<-- [end:adagrad]


# --8<-- [start:rmsprop]
@torch.no_grad()
def rmsprop(
    param: Tensor,
    grad: Tensor,
    state: dict,
    *,
    lr: float,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    centered: bool = False,
    maximize: bool = False,
) -> None:
    """Do one step of RMSProp in place.

    ``param`` and ``grad``: same shape, same floating dtype. ``state`` starts as {} and
    keeps "square_avg", "grad_avg" if ``centered``, and "momentum_buffer". Equal to
    torch.optim.RMSprop(foreach=False) to the bit; NaN and inf in ``grad`` go into
    ``param``, as there. ValueError on bad input; ``alpha`` and ``momentum`` must be
    below 1, though torch takes more. A failed call changes nothing.
    Source: Hinton's lecture 6e; documentation of torch.optim.RMSprop.

    >>> param, state = torch.tensor([1.0, 1.0]), {}
    >>> rmsprop(param, torch.tensor([4.0, -0.5]), state, lr=0.25, alpha=0.75)
    >>> param, state
    (tensor([0.5000, 1.5000]), {'square_avg': tensor([4.0000, 0.0625])})
    """
    grad = prepare(param, grad, state, weight_decay, maximize, lr=lr, eps=eps)
    check_range("alpha", alpha, below=1.0)
    check_range("momentum", momentum, below=1.0)

    new = {}
    zero = torch.zeros_like(param)
    square = state.get("square_avg", zero)
    square = square.mul(alpha).addcmul_(grad, grad, value=1 - alpha)
    new["square_avg"] = square
    if centered:
        mean = state.get("grad_avg", zero).lerp(grad, 1 - alpha)
        new["grad_avg"] = mean
        square = square.addcmul(mean, mean, value=-1)
    root = square.sqrt().add_(eps)
    if momentum > 0:
        buffer = state.get("momentum_buffer", zero)
        buffer = buffer.mul(momentum).addcdiv_(grad, root)
        new["momentum_buffer"] = buffer
        param.add_(buffer, alpha=-lr)
    else:
        param.addcdiv_(grad, root, value=-lr)
    state.update(new)


# --8<-- [end:rmsprop]


# --8<-- [start:c59]
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


# --8<-- [end:c59]


# --8<-- [start:c60]
def c60() -> Trial:
    """AdaGrad's rate falls with the updates: at t = 1, 4, 100 and 400, of lr.

    >>> c60()
    true
    ✓ t = 1, 4, 100, 400: 1.00, 0.50, 0.10, 0.05
    """
    steps = displacements(torch.optim.Adagrad, torch.ones(400, dtype=torch.float64))
    shown = ", ".join(f"{steps[t - 1]:.2f}" for t in (1, 4, 100, 400))
    return Trial(Case("t = 1, 4, 100, 400", shown, bool((steps.diff() < 0).all())))


# --8<-- [end:c60]


# --8<-- [start:c61]
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


# --8<-- [end:c61]


# --8<-- [start:c62]
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


# --8<-- [end:c62]


# --8<-- [start:c63]
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


# --8<-- [end:c63]


# --8<-- [start:c64]
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


# --8<-- [end:c64]


if __name__ == "__main__":
    # --8<-- [start:adagrad-rates]
    param, state = torch.zeros(3, dtype=torch.float64), {}
    rate = {}
    print("    t     g = 1   g = 0.1  g = 1 once")
    for t in range(1, 401):
        grad = torch.tensor([1.0, 0.1, 1.0 if t == 1 else 0.0])
        adagrad(param, grad.double(), state, lr=0.1)
        rate[t] = 0.1 / state["sum"].sqrt()
        if t in (1, 4, 100, 400):
            print(f"{t:5}", *(f"{v:9.4f}" for v in rate[t]))
    # --8<-- [end:adagrad-rates]

    # --8<-- [start:rare]
    left = {}
    print("  size   every  rate/lr")
    for size, every in ((1, 1), (1, 100), (10, 100), (100, 100)):
        grads = torch.zeros(1000, dtype=torch.float64)
        grads[::every] = size
        left[size, every] = grads.square().sum().rsqrt().item()
        print(f"{size:6} {every:7} {left[size, every]:8.4f}")
    # --8<-- [end:rare]

    # --8<-- [start:average]
    grads = torch.tensor([1.0, 0.1] * 500, dtype=torch.float64)
    measured = (displacements(RMSprop, grads) / grads)[-2:].mean().item()
    of_squares = grads.square().mean().rsqrt().item()
    of_rates = (1 / grads).mean().item()
    print(f"torch.optim.RMSprop {measured:.3f}")
    print(f"from the mean of g² {of_squares:.3f}")
    print(f"mean of the rates   {of_rates:.3f}")
    # --8<-- [end:average]

    # --8<-- [start:constant]
    ones = torch.ones(1000)
    constant = {rule: displacements(rule, ones) for rule in (Adagrad, RMSprop, Adam)}
    print("     t =      1      10     100    1000")
    for rule, steps in constant.items():
        shown = [steps[t - 1].item() for t in (1, 10, 100, 1000)]
        print(f"{rule.__name__:8}", *(f"{v:7.3f}" for v in shown))
    # --8<-- [end:constant]

    # --8<-- [start:constant-figure]
    from plotting import axes, style, svg

    figure, panel = axes(("t", "Δθ / lr"), xscale="log", yscale="log")
    times = torch.logspace(0, 3, 100).long().unique()
    for number, (rule, steps) in enumerate(constant.items()):
        panel.plot(times, steps[times - 1], **style(number), label=rule.__name__)
    panel.legend()
    print(svg(figure, "constant"))
    # --8<-- [end:constant-figure]

    # --8<-- [start:limits]
    torch.manual_seed(0)
    grads = torch.randn(300, 5, dtype=torch.float64)
    t = torch.arange(1.0, 301.0).double().view(-1, 1)

    adam = displacements(Adam, grads, betas=(0.0, 0.99), eps=0.0)
    rms = displacements(RMSprop, grads, alpha=0.99, eps=0.0)
    expected = rms * (1 - 0.99**t).sqrt()
    rms_gap = (adam / expected - 1).abs().max().item()
    print(f"β1 = 0:   Adam against RMSprop  {rms_gap:.1e}")

    adam = displacements(Adam, grads, eps=1e8) * 1e8
    total = displacements(SGD, grads, momentum=0.9)
    expected = total * (1 - 0.9) / (1 - 0.9**t)
    sum_gap = ((adam - expected).norm() / expected.norm()).item()
    print(f"ε = 10⁸:  Adam against momentum {sum_gap:.1e}")
    # --8<-- [end:limits]
