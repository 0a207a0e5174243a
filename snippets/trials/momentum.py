"""The statements of the post that stand on the page `momentum`, on trial."""

import torch
from gradient_descent import descend
from momentum import alignment, displacements, polyak, travelled
from verdicts import Case, Trial


def c57() -> Trial:
    """The direction depends on the gradient and on a weighted average of past ones.

    The cosine of torch's last step with the weighted average, and with the gradient
    alone, for 50 random gradients of 10 numbers.

    >>> c57()
    true
    ✓ 与加权平均 | with the weighted average: cos = 1.000000
    ✓ 不只看当前的 | not the current one alone: cos = -0.03
    """
    generator = torch.Generator().manual_seed(0)
    grads = torch.randn(50, 10, dtype=torch.float64, generator=generator)
    average, _ = alignment(grads)
    steps = displacements(torch.optim.SGD, grads, momentum=0.9)
    alone = torch.cosine_similarity(steps[-1], grads[-1], dim=0).item()
    return Trial(
        Case(
            "与加权平均 | with the weighted average",
            f"cos = {average:.6f}",
            average > 1 - 1e-9,
        ),
        Case(
            "不只看当前的 | not the current one alone",
            f"cos = {alone:.2f}",
            alone < 0.9,
        ),
    )


def c58() -> Trial:
    """Momentum accelerates and reduces oscillation, against the same without it.

    Steps to 1e-6 on a bowl of condition number κ; and the way that the steepest
    coordinate goes from 1 to rest, which without oscillation would be 1.

    >>> c58()
    imprecise
    ✓ 步数，各用最好的 lr、μ | steps, each at its best: 691 → 97
    ✓ 步数，lr = 1/L, μ = 0.9 | steps, lr = 1/L, μ = 0.9: 1375 → 263
    ✗ 步数，lr = 1/L, μ = 0.99 | steps, lr = 1/L, μ = 0.99: 1375 → 2678
    ✓ 路程，lr = 1.98/L, μ = 0.9 | way, lr = 1.98/L, μ = 0.9: 99.0 → 24.9
    ✗ 路程，lr = 1/L, μ = 0.9 | way, lr = 1/L, μ = 0.9: 1.0 → 14.4
    """
    cases = []
    best = descend((1.0, 100), 2 / 101)[0], descend((1.0, 100), *polyak(100))[0]
    what = "步数，各用最好的 lr、μ | steps, each at its best"
    cases.append(Case(what, "{} → {}".format(*best), best[1] < best[0]))
    for momentum in (0.9, 0.99):
        run = [descend((1.0, 100), 1 / 100, mu)[0] for mu in (0.0, momentum)]
        what = f"步数，lr = 1/L, μ = {momentum} | steps, lr = 1/L, μ = {momentum}"
        cases.append(Case(what, "{} → {}".format(*run), run[1] < run[0]))
    for factor in (0.99, 0.5):
        run = [travelled(2 * factor, mu) for mu in (0.0, 0.9)]
        lr = f"lr = {2 * factor:g}/L, μ = 0.9"
        what = f"路程，{lr} | way, {lr}"
        cases.append(Case(what, "{:.1f} → {:.1f}".format(*run), run[1] < run[0]))
    return Trial(*cases)
