"""The statements of the post that stand on the page `stochastic`, on trial."""

import torch
from gradient_descent import regression
from paired import level
from stochastic import (
    EPOCHS,
    at_best,
    batch_gap,
    plateau,
    raced,
    rows_used,
    sampled,
    variances,
)
from verdicts import Case, Trial


def c51() -> Trial:
    """SGD, by its definition, uses one sample an update: counted for ten draws.

    A sample is used if the step changes when its label does.

    >>> c51()
    true
    ✓ B = 1: 1/128
    """
    used = {rows_used(batch=1, draw=draw) for draw in range(10)}
    return Trial(Case("B = 1", f"{max(used)}/128", used == {1}))


def c53() -> Trial:
    """The variance of the updates may be large: of gradients of B drawn samples.

    >>> c53()
    true
    ✓ B = 1, 10, 100: 8303, 816, 83
    """
    variance = variances((1, 10, 100))
    shown = ", ".join(f"{v:.0f}" for v in variance.values())
    return Trial(Case("B = 1, 10, 100", shown, variance[1] > 50 * variance[100]))


def c55() -> Trial:
    """A mini-batch's gradient is computed from its samples: it is their mean.

    >>> c55()
    true
    ✓ B = 16: ‖Δg‖/‖g‖: < 1e-14
    """
    gap = batch_gap(16)
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
    """One sample at a time converges faster than all samples, each at its best lr.

    Excess loss, a mean over 12 seeds: after as many samples, and after as many steps.

    >>> c52()
    imprecise
    ✓ 样本一样多，第 1 轮 | equal samples, epoch 1: B = 1: 1e+00, B = 128: 3e+01
    ✓ 样本一样多，第 20 轮 | equal samples, epoch 20: B = 1: 2e-02, B = 128: 2e+00
    ✗ 样本一样多，第 128 轮 | equal samples, epoch 128: B = 1: 2e-03, B = 128: 7e-08
    ✗ 步数一样多，128 步 | equal steps, 128: B = 1: 1e+00, B = 128: 7e-08
    """
    one, whole = (at_best(raced(batch))[0].mean(1).tolist() for batch in (1, 128))
    cases = []
    for epoch in (1, 20, EPOCHS):
        pair = one[epoch - 1], whole[epoch - 1]
        what = f"样本一样多，第 {epoch} 轮 | equal samples, epoch {epoch}"
        shown = "B = 1: {:.0e}, B = 128: {:.0e}".format(*pair)
        cases.append(Case(what, shown, pair[0] < pair[1]))
    pair = one[0], whole[EPOCHS - 1]
    what = f"步数一样多，{EPOCHS} 步 | equal steps, {EPOCHS}"
    shown = "B = 1: {:.0e}, B = 128: {:.0e}".format(*pair)
    return Trial(*cases, Case(what, shown, pair[0] < pair[1]))


def c56() -> Trial:
    """A mini-batch is as steady as all samples and as fast as one, each at its best lr.

    Fast: no higher than B = 1, or not to be told from it (12 seeds); steady: a lower
    floor at the same lr than B = 1, and as low a loss in the end as all samples.

    >>> c56()
    imprecise
    ✗ 快如 B = 1，第 1 轮 | as fast as B = 1, epoch 1: B = 1: 1e+00, B = 16: 2e+01
    ✓ 快如 B = 1，第 20 轮 | as fast as B = 1, epoch 20: B = 1: 2e-02, B = 16: 2e-02
    ✓ 快如 B = 1，128 步 | as fast as B = 1, 128 steps: B = 1: 1e+00, B = 16: 1e-01
    ✓ 比 B = 1 稳 | steadier than B = 1: B = 1: 4.9e-02, B = 16: 2.4e-03
    ✗ 稳如全体，第 128 轮 | as steady as all, epoch 128: B = 16: 2e-03, B = 128: 7e-08
    """
    losses = {batch: at_best(raced(batch))[0] for batch in (1, 16, 128)}
    cases = []
    for epoch in (1, 20):
        logs = {batch: losses[batch][epoch - 1].log() for batch in (1, 16)}
        shown = ", ".join(
            f"B = {b}: {each.exp().mean():.0e}" for b, each in logs.items()
        )
        what = f"快如 B = 1，第 {epoch} 轮 | as fast as B = 1, epoch {epoch}"
        cases.append(Case(what, shown, 16 in level(logs)))
    one, some = losses[1][0].mean(), losses[16][EPOCHS // 16 - 1].mean()
    what = f"快如 B = 1，{EPOCHS} 步 | as fast as B = 1, {EPOCHS} steps"
    shown = f"B = 1: {one:.0e}, B = 16: {some:.0e}"
    cases.append(Case(what, shown, (some < one).item()))
    floors = [plateau(batch, 0.008, runs=16)[0] for batch in (1, 16)]
    what = "比 B = 1 稳 | steadier than B = 1"
    shown = "B = 1: {:.1e}, B = 16: {:.1e}".format(*floors)
    cases.append(Case(what, shown, floors[1] < floors[0]))
    some, whole = (losses[batch][-1].mean().item() for batch in (16, 128))
    what = f"稳如全体，第 {EPOCHS} 轮 | as steady as all, epoch {EPOCHS}"
    shown = f"B = 16: {some:.0e}, B = 128: {whole:.0e}"
    return Trial(*cases, Case(what, shown, some < 2 * whole))
