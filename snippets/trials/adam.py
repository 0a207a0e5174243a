"""The statements of the post that stand on the page `adam`, on trial."""

import torch
from adam import (
    adam,
    adam_as_printed,
    corrected_moments,
    follow,
    follow_torch,
    moment_gaps,
    noun_gaps,
    on_quartic,
    train_logistic,
    train_mlp,
)
from verdicts import Case, Trial


def c71() -> Trial:
    """Each iteration computes a gradient: anew at each step, and at each fifth only.

    Where Adam ends on x⁴/4 − x after 300 steps; torch computes one at each step.

    >>> c71()
    true
    ✓ 每步都算，与 torch 相同 | at each step, equal to torch: x = 1.000000
    ✓ 每 5 步才算，就不同 | at each 5th only, it differs: x = 1.001239
    """
    x, same = on_quartic()
    old, different = on_quartic(every=5)
    anew = "每步都算，与 torch 相同 | at each step, equal to torch"
    stale = "每 5 步才算，就不同 | at each 5th only, it differs"
    return Trial(
        Case(anew, f"x = {x:.6f}", same),
        Case(stale, f"x = {old:.6f}", not different),
    )


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

    The post's words in two readings each, against what torch keeps, over 200 steps.

    >>> c65()
    imprecise
    ✗ m：动量的平均 | m: the average of the momentum: |Δ| = 0.42
    ✓ m：梯度的平均 | m: the average of the gradient: |Δ| < 1e-14
    ✗ v：平均的平方 | v: the square of the average: |Δ| = 0.25
    ✓ v：平方的平均 | v: the average of the square: |Δ| < 1e-14
    """
    gaps, cases = noun_gaps(), []
    for what, name in (
        ("m：动量的平均 | m: the average of the momentum", "momentum"),
        ("m：梯度的平均 | m: the average of the gradient", "gradient"),
        ("v：平均的平方 | v: the square of the average", "square of average"),
        ("v：平方的平均 | v: the average of the square", "average of square"),
    ):
        gap = gaps[name]
        shown = "|Δ| < 1e-14" if gap < 1e-14 else f"|Δ| = {gap:.2f}"
        cases.append(Case(what, shown, gap < 1e-14))
    return Trial(*cases)


def c70() -> Trial:
    """θ, m and v usually start at 0: torch's states, and models that start so.

    A model may start at 0 if it learns: accuracy above 0.95.

    >>> c70()
    imprecise
    ✓ m₀, v₀: 0, 0
    ✓ θ₀ = 0：逻辑回归，全部 | θ₀ = 0: logistic regression, all: 1.00
    ✓ θ₀ = 0：网络，只有输出层 | θ₀ = 0: network, output layer only: 0.99
    ✗ θ₀ = 0：网络，全部 | θ₀ = 0: network, all: 0.52
    """
    param, state = torch.ones(1, dtype=torch.float64), {}
    adam(param, torch.zeros(1, dtype=torch.float64), state)
    zeros = [state[name].item() for name in ("exp_avg", "exp_avg_sq")]
    learned = (
        (
            "θ₀ = 0：逻辑回归，全部 | θ₀ = 0: logistic regression, all",
            train_logistic(True)[1],
        ),
        (
            "θ₀ = 0：网络，只有输出层 | θ₀ = 0: network, output layer only",
            train_mlp((2,))[1],
        ),
        ("θ₀ = 0：网络，全部 | θ₀ = 0: network, all", train_mlp((0, 2))[1]),
    )
    return Trial(
        Case("m₀, v₀", f"{zeros[0]:g}, {zeros[1]:g}", zeros == [0, 0]),
        *(Case(what, f"{a:.2f}", a > 0.95) for what, a in learned),
    )
