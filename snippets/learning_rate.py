"""The learning rate: how far it carries, and where larger turns into worse."""

# --8<-- [start:imports]
import math
from collections.abc import Callable

import torch
from accumulation import train
from verdicts import Case, Trial

# --8<-- [end:imports]


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


# --8<-- [end:descend]


# --8<-- [start:c08]
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


# --8<-- [end:c08]


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


# --8<-- [start:c09]
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


# --8<-- [end:c09]


if __name__ == "__main__":
    # --8<-- [start:rates]
    start = [6.0, 12.0, 18.0]
    rates = [0.00009, 0.0009, 0.009, 0.09]
    epochs, losses = 10_000, []
    for lr in rates:
        zs, _ = descend(start, lr, epochs, max_norm=1.0)
        losses.append(sum(math.log1p(math.exp(v)) for v in zs[-1]) / 3)
        print(f"lr {lr:<7}  loss {losses[-1]:.5f}")

    w, _ = train(1000, max_norm=1.0)
    zs, _ = descend(start, 0.0009, 1000, max_norm=1.0)
    error = (6 * w[0] - torch.tensor(zs[-1])).abs().max().item()
    print(f"1000 epochs, against torch: {error:.5f}")
    # --8<-- [end:rates]

    # --8<-- [start:reversal]
    def bowl(lr):
        def small(p):
            return abs(p) <= 1e-3

        return steps_until(small, lambda p: p, 1.0, lr)

    def slope(lr):
        def grad(z):
            return 2 / (1 + math.exp(-z))

        return steps_until(lambda z: z <= 0, grad, 18.0, lr)

    print("   lr    bowl  slope")
    for lr in (0.01, 0.1, 0.5, 1, 1.5, 1.9, 1.99, 2, 10):
        print(f"{lr:5} {bowl(lr):7} {slope(lr):6}")
    # --8<-- [end:reversal]

    # --8<-- [start:reversal-figure]
    from plotting import axes, style, svg

    figure, panel = axes(("lr", "steps"), xscale="log", yscale="log", height=3.0)
    wide = [10 ** (k / 10) for k in range(-30, 21)]
    near = [2 - 10 ** (k / 10) for k in range(-30, 1)]
    tried = sorted({lr for lr in wide if lr < 1} | {1.0} | set(near))
    panel.plot(tried, [bowl(lr) for lr in tried], **style(0), label="L p²/2, L = 1")
    panel.plot(wide, [slope(lr) for lr in wide], **style(1), label="z, y = 0")
    for edge, name in ((1, "1/L"), (2, "2/L")):
        panel.axvline(edge, color=style(5)["color"], linewidth=0.9, linestyle=":")
        side = {"ha": "right", "x": edge / 1.08} if edge == 1 else {"x": edge * 1.08}
        panel.text(y=2e4, s=name, va="top", **side)
    panel.set_ylim(0.7, 3e4)
    panel.legend(loc="lower left")
    print(svg(figure, "reversal"))
    # --8<-- [end:reversal-figure]
