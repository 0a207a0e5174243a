"""The statements of the post that stand on the page `truncation`, on trial."""

from summed_loss import (
    compare,
    cost,
    example,
    per_step,
    summed,
    truncated,
    tuned,
)
from verdicts import Case, Trial


def c28() -> Trial:
    """Both ways have the same gradient, and differ in time and cost only.

    Of echo (64 steps, lag 3) in float64; relative to the gradient of the sum.

    >>> c28()
    imprecise
    ✓ retain_graph=True: < 1e-12
    ✗ detach(): 0.70
    """
    errors = {
        "retain_graph=True": compare(per_step, length=64, batch=64).difference,
        "detach()": compare(truncated, 1, length=64, batch=64).difference,
    }
    return Trial(
        *(
            Case(way, "< 1e-12" if e < 1e-12 else f"{e:.2f}", e < 1e-12)
            for way, e in errors.items()
        )
    )


def c30() -> Trial:
    """Updating at every step is sooner: more updates, and sooner a low loss.

    Windows of 1 step and of the whole 10 steps, on echo; ten networks each, the best
    of five lr for each, after 20 and after 60 batches.

    >>> c30()
    imprecise
    ✓ 20 批里的更新 | updates in 20 batches: 200, 20
    ✓ lag 0, 20: 4e-06, 5e-04
    ✓ lag 0, 60: 2e-06, 9e-06
    ✗ lag 4, 20: 7e-01, 3e-02
    ✗ lag 4, 60: 4e-01, 3e-04
    """
    what = "20 批里的更新 | updates in 20 batches"
    updates = [20 * truncated(*example(length=10), window) for window in (1, 10)]
    seen = "{}, {}".format(*updates)
    cases = [Case(what, seen, updates[0] > updates[1])]
    for lag in (0, 4):
        arms = zip((20, 60), tuned(lag, 1), tuned(lag, 10), strict=True)
        for batches, each, whole in arms:
            loss = each.loss.mean(), whole.loss.mean()
            seen = "{:.0e}, {:.0e}".format(*loss)
            cases.append(Case(f"lag {lag}, {batches}", seen, bool(loss[0] < loss[1])))
    return Trial(*cases)


def c36() -> Trial:
    """For long sequences, one backward pass at the end reduces computation (300 steps).

    >>> c36()
    imprecise
    ✓ retain_graph: 300 : 45,150
    ✗ 窗口 30 | a window of 30: 300 : 300
    """
    cells = {
        "retain_graph": cost(per_step, length=300, batch=4)[1],
        "窗口 30 | a window of 30": cost(truncated, 30, length=300, batch=4)[1],
    }
    whole = cost(summed, length=300, batch=4)[1]
    return Trial(
        *(Case(way, f"{whole:,} : {n:,}", whole < n) for way, n in cells.items())
    )
