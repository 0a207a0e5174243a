"""The statements of the post that stand on the page `adam`, on trial."""

import torch
from adam import (
    adam,
    adam_as_printed,
    corrected_moments,
    follow,
    follow_torch,
    moment_gaps,
    random_gradients,
    train_mlp,
)
from verdicts import Case, Trial


def c71() -> Trial:
    """Each iteration computes a gradient: a loop with g_t against torch, 500 steps.

    >>> c71()
    true
    ✓ adam = torch.optim.Adam, t ≤ 500: True
    """
    grads = random_gradients(500, 100)
    exact = torch.equal(follow(adam, grads), follow_torch(grads, foreach=False))
    return Trial(Case("adam = torch.optim.Adam, t ≤ 500", f"{exact}", exact))


def c72() -> Trial:
    """m_t = β₁ m_{t−1} + (1 − β₁) g_t is torch's exp_avg, over 200 steps.

    >>> c72()
    true
    ✓ |m − exp_avg|: < 1e-14
    """
    gap, _ = moment_gaps()
    return Trial(
        Case("|m − exp_avg|", "< 1e-14" if gap < 1e-14 else f"{gap:.0e}", gap < 1e-14)
    )


def c73() -> Trial:
    """v_t = β₂ v_{t−1} + (1 − β₂) g_t² is torch's exp_avg_sq, over 200 steps.

    >>> c73()
    true
    ✓ |v − exp_avg_sq|: < 1e-14
    """
    _, gap = moment_gaps()
    small = "< 1e-14" if gap < 1e-14 else f"{gap:.0e}"
    return Trial(Case("|v − exp_avg_sq|", small, gap < 1e-14))


def c74() -> Trial:
    """The betas are usually close to 1, such as 0.9 and 0.999: torch's defaults.

    >>> c74()
    true
    ✓ Adam: β = (0.9, 0.999)
    ✓ AdamW: β = (0.9, 0.999)
    ✓ NAdam: β = (0.9, 0.999)
    ✓ RAdam: β = (0.9, 0.999)
    """
    param = torch.zeros(1, requires_grad=True)
    cases = []
    for name in ("Adam", "AdamW", "NAdam", "RAdam"):
        betas = getattr(torch.optim, name)([param]).defaults["betas"]
        cases.append(Case(name, f"β = {betas}", betas == (0.9, 0.999)))
    return Trial(*cases)


def c75() -> Trial:
    """The printed rule is Adam: its step over that of torch, for a constant gradient.

    >>> c75()
    false
    ✗ t = 1: Δθ / Δθ(torch) = 3.1623
    ✗ t = 12: Δθ / Δθ(torch) = 6.5685
    ✗ t = 1000: Δθ / Δθ(torch) = 1.2576
    """
    grads = torch.full((4000, 1), 0.3, dtype=torch.float64)
    printed, theirs = follow(adam_as_printed, grads), follow_torch(grads)
    start = torch.zeros(1, 1, dtype=torch.float64)
    steps = (torch.cat([start, path]).diff(dim=0) for path in (printed, theirs))
    ratio = torch.div(*steps).flatten()
    worst = int(ratio.argmax()) + 1
    return Trial(
        *(
            Case(
                f"t = {t}",
                f"Δθ / Δθ(torch) = {ratio[t - 1]:.4f}",
                abs(ratio[t - 1].item() - 1) < 0.01,
            )
            for t in (1, worst, 1000)
        )
    )


def c68() -> Trial:
    """m̂ estimates the mean of g and v̂ that of g², which are 0.5 and 1.25 here.

    >>> c68()
    true
    ✓ m̂ ≈ E[g] = 0.5: 0.501
    ✓ v̂ ≈ E[g²] = 1.25: 1.247
    """
    found = corrected_moments(1000)
    return Trial(
        Case("m̂ ≈ E[g] = 0.5", f"{found['m̂']:.3f}", abs(found["m̂"] - 0.5) < 0.05),
        Case("v̂ ≈ E[g²] = 1.25", f"{found['v̂']:.3f}", abs(found["v̂"] - 1.25) < 0.05),
    )


def c69() -> Trial:
    """Bias correction corrects the estimates: at the first step, where it does most.

    >>> c69()
    true
    ✓ m → m̂ ≈ 0.5: 0.05012 → 0.501
    ✓ v → v̂ ≈ 1.25: 0.00124 → 1.237
    """
    found = corrected_moments(1)
    cases = []
    for raw, hat, true in (("m", "m̂", 0.5), ("v", "v̂", 1.25)):
        off, left = abs(found[raw] - true), abs(found[hat] - true)
        shown = f"{found[raw]:.5f} → {found[hat]:.3f}"
        cases.append(Case(f"{raw} → {hat} ≈ {true}", shown, left < 0.1 * off))
    return Trial(*cases)


def c65() -> Trial:
    """Adam averages the momentum, and squares the average of the gradient.

    The post's words against two averages that torch keeps, over 200 steps.

    >>> c65()
    imprecise
    ✗ m：动量的平均 | m: the average of the momentum: |Δ| = 3.74
    ✓ m：梯度的平均 | m: the average of the gradient: |Δ| < 1e-14
    ✗ v：平均的平方 | v: the square of the average: |Δ| = 0.25
    ✓ v：平方的平均 | v: the average of the square: |Δ| < 1e-14
    """
    param, state = torch.zeros(100, dtype=torch.float64), {}
    of_grad = of_square = momentum = of_momentum = 0.0
    for grad in random_gradients(200, 100):
        adam(param, grad, state)
        of_grad = 0.9 * of_grad + 0.1 * grad
        of_square = 0.999 * of_square + 0.001 * grad**2
        momentum = 0.9 * momentum + grad
        of_momentum = 0.9 * of_momentum + 0.1 * momentum
    m, v = state["exp_avg"], state["exp_avg_sq"]
    cases = []
    for what, kept, other in (
        ("m：动量的平均 | m: the average of the momentum", m, of_momentum),
        ("m：梯度的平均 | m: the average of the gradient", m, of_grad),
        ("v：平均的平方 | v: the square of the average", v, of_grad**2),
        ("v：平方的平均 | v: the average of the square", v, of_square),
    ):
        gap = (kept - other).abs().max().item()
        small = "< 1e-14" if gap < 1e-14 else f"{gap:.2f}"
        cases.append(Case(what, f"|Δ| = {small}".replace("= <", "<"), gap < 1e-14))
    return Trial(*cases)


def c70() -> Trial:
    """θ, m and v usually start at 0: torch's states, and a network that starts so.

    >>> c70()
    imprecise
    ✓ m₀, v₀: 0, 0
    ✗ θ₀ = 0：准确率；不同的单元 | θ₀ = 0: accuracy; distinct units: 0.52; 1/8
    """
    param, state = torch.ones(1, dtype=torch.float64), {}
    adam(param, torch.zeros(1, dtype=torch.float64), state)
    zeros = [state[name].item() for name in ("exp_avg", "exp_avg_sq")]
    _, accuracy, units = train_mlp(zero=True)
    return Trial(
        Case("m₀, v₀", f"{zeros[0]:g}, {zeros[1]:g}", zeros == [0, 0]),
        Case(
            "θ₀ = 0：准确率；不同的单元 | θ₀ = 0: accuracy; distinct units",
            f"{accuracy:.2f}; {units}/8",
            accuracy > 0.9 and units > 1,
        ),
    )
