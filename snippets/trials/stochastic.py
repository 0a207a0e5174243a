"""The statements of the post that stand on the page `stochastic`, on trial."""

import math

import torch
from gradient_descent import CURVATURE, descend, gradient, regression
from stochastic import displacements, raced, sampled
from verdicts import Case, Trial


def c51() -> Trial:
    """SGD uses one sample an update: torch's, fed with 1 and with all 128 samples.

    It uses one sample if it makes another step than gradient descent.

    >>> c51()
    imprecise
    ✓ 单个样本的梯度 | gradient of one sample: |Δθ| = 0.40
    ✗ 全部样本的梯度 | gradient of all samples: |Δθ| < 1e-12
    """
    x, y, _ = regression()
    cases = []
    for what, rows in (
        ("单个样本的梯度 | gradient of one sample", slice(0, 1)),
        ("全部样本的梯度 | gradient of all samples", slice(None)),
    ):
        theta = torch.tensor([-5.0, 1.5], dtype=torch.float64, requires_grad=True)
        descent = theta.detach() - 0.01 * gradient(theta.detach(), x, y)
        theta.grad = gradient(theta.detach(), x[rows], y[rows])
        torch.optim.SGD([theta], lr=0.01).step()
        gap = (theta - descent).abs().max().item()
        shown = "< 1e-12" if gap < 1e-12 else f"{gap:.2f}"
        cases.append(Case(what, f"|Δθ| {shown}".replace("| 0", "| = 0"), gap > 1e-3))
    return Trial(*cases)


def c53() -> Trial:
    """The variance of the updates may be large: of gradients of B drawn samples.

    >>> c53()
    true
    ✓ B = 1, 10, 100: 8303, 816, 83
    """
    x, y, _ = regression()
    start = torch.tensor([-5.0, 1.5], dtype=torch.float64)
    each = gradient(start, x.unsqueeze(1), y.unsqueeze(1))
    generator = torch.Generator().manual_seed(0)
    variance = {}
    for size in (1, 10, 100):
        rows = torch.randint(len(x), (10_000, size), generator=generator)
        variance[size] = each[rows].mean(1).var(0).sum().item()
    shown = ", ".join(f"{v:.0f}" for v in variance.values())
    return Trial(Case("B = 1, 10, 100", shown, variance[1] > 50 * variance[100]))


def c55() -> Trial:
    """A mini-batch's gradient is computed from its samples: it is their mean.

    >>> c55()
    true
    ✓ B = 16: ‖Δg‖/‖g‖: < 1e-14
    """
    x, y, _ = regression()
    start = torch.tensor([-5.0, 1.5], dtype=torch.float64)
    each = gradient(start, x[:16].unsqueeze(1), y[:16].unsqueeze(1))
    whole = gradient(start, x[:16], y[:16])
    gap = ((each.mean(0) - whole).norm() / whole.norm()).item()
    shown = "< 1e-14" if gap < 1e-14 else f"{gap:.0e}"
    return Trial(Case("B = 16: ‖Δg‖/‖g‖", shown, gap < 1e-14))


def c54() -> Trial:
    """SGD may fail to reach the optimum: its floor at constant lr, and whether at all.

    The mean excess loss of the last 1000 of 4000 steps with batches of one.

    >>> c54()
    true
    ✓ lr = 0.01: loss − min = 0.0672
    ✓ lr = 0.002: loss − min = 0.0090
    """
    lrs = torch.tensor([[0.01, 0.002]], dtype=torch.float64).repeat(4000, 1)
    runs = sampled(regression(), lrs, batch=1, runs=64)[-1000:].mean(0).tolist()
    return Trial(
        *(
            Case(f"lr = {lr}", f"loss − min = {floor:.4f}", floor > 1e-3)
            for lr, floor in zip((0.01, 0.002), runs, strict=True)
        )
    )


def c52() -> Trial:
    """One sample at a time converges faster than all samples: excess loss by epoch.

    >>> c52()
    imprecise
    ✓ 1 轮之后 | after epoch 1: B = 1: 2.887, B = 128: 91.718
    ✗ 60 轮之后 | after epoch 60: B = 1: 0.044, B = 128: 0.007
    """
    one, whole = raced(1, 0.01), raced(128, 2 / (1 + CURVATURE.max().item()))
    return Trial(
        *(
            Case(
                f"{epoch} 轮之后 | after epoch {epoch}",
                f"B = 1: {one[epoch - 1]:.3f}, B = 128: {whole[epoch - 1]:.3f}",
                one[epoch - 1] < whole[epoch - 1],
            )
            for epoch in (1, 60)
        )
    )


def c56() -> Trial:
    """A mini-batch is as fast as SGD at first and as steady as descent later.

    Faster than all samples after an epoch; below one sample's floor after 20.

    >>> c56()
    true
    ✓ 1 轮：比全体快 | epoch 1: faster than all samples: 19.9 < 91.7
    ✓ 20 轮：比单个样本低 | epoch 20: below one sample: 0.015 < 0.053
    """
    one, some = raced(1, 0.01, 20), raced(16, 0.03, 20)
    whole = raced(128, 2 / (1 + CURVATURE.max().item()), 20)
    return Trial(
        Case(
            "1 轮：比全体快 | epoch 1: faster than all samples",
            f"{some[0]:.1f} < {whole[0]:.1f}",
            some[0] < whole[0],
        ),
        Case(
            "20 轮：比单个样本低 | epoch 20: below one sample",
            f"{some[-1]:.3f} < {one[-1]:.3f}",
            some[-1] < one[-1],
        ),
    )


def c57() -> Trial:
    """Momentum is a weighted average of gradients: the 100th step for gradients of 1.

    An average of ones is 1.

    >>> c57()
    imprecise
    ✓ dampening = 0.9: 1.000
    ✗ dampening = 0: 10.000
    """
    ones = torch.ones(100, dtype=torch.float64)
    cases = []
    for what, dampening in (("dampening = 0.9", 0.9), ("dampening = 0", 0.0)):
        options = {"momentum": 0.9, "dampening": dampening}
        last = displacements(torch.optim.SGD, ones, **options)[-1].item()
        cases.append(Case(what, f"{last:.3f}", abs(last - 1) < 0.01))
    return Trial(*cases)


def c58() -> Trial:
    """Momentum accelerates and reduces oscillation: steps, and changes of sign.

    lr = 1/L, against no momentum.

    >>> c58()
    imprecise
    ✓ κ = 10⁴，最好的 μ | κ = 10⁴, best μ: 69078 → 1109; ± 69078 → 1109
    ✗ κ = 100, μ = 0.9: 1375 → 263; ± 0 → 96
    ✗ κ = 100, μ = 0.99: 1375 → 2678; ± 0 → 979
    ✗ κ = 1, μ = 0.99: 1 → 2678; ± 0 → 1788
    """
    cases = []
    for kappa, momentum in ((100, 0.9), (100, 0.99), (1, 0.99)):
        steps, turns = descend((1.0, kappa), 1 / kappa, momentum)
        plain_steps, plain_turns = descend((1.0, kappa), 1 / kappa)
        shown = f"{plain_steps} → {steps}; ± {plain_turns} → {turns}"
        what = f"κ = {kappa}, μ = {momentum}"
        cases.append(Case(what, shown, steps < plain_steps and turns <= plain_turns))
    root = math.sqrt(10_000)
    best = descend((1.0, 10_000), (2 / (root + 1)) ** 2, ((root - 1) / (root + 1)) ** 2)
    plain = descend((1.0, 10_000), 2 / 10_001)
    shown = f"{plain[0]} → {best[0]}; ± {plain[1]} → {best[1]}"
    fewer = best[0] < plain[0] and best[1] < plain[1]
    return Trial(Case("κ = 10⁴，最好的 μ | κ = 10⁴, best μ", shown, fewer), *cases)
