"""The statements of the post that stand on the page `truncation`, on trial."""

import torch
from summed_loss import (
    RNN,
    cost,
    difference,
    echo,
    gradient,
    per_step,
    summed,
    truncated,
)
from truncation import train
from verdicts import Case, Trial


def c28() -> Trial:
    """Both ways have the same gradient, and differ in time and cost only.

    Of echo (64 steps, lag 3) in float64; relative to the gradient of the sum.

    >>> c28()
    imprecise
    ✓ retain_graph=True: < 1e-12
    ✗ detach(): 0.70
    """
    torch.manual_seed(0)
    rnn = RNN(2, 32, 2).double()
    line_tensor, targets = echo(length=64, batch=64, lag=3)
    data = line_tensor.double(), targets
    whole = gradient(summed, rnn, *data)
    errors = {
        "retain_graph=True": difference(gradient(per_step, rnn, *data), whole),
        "detach()": difference(gradient(truncated, rnn, *data, 1), whole),
    }
    return Trial(
        *(
            Case(way, "< 1e-12" if e < 1e-12 else f"{e:.2f}", e < 1e-12)
            for way, e in errors.items()
        )
    )


def c30() -> Trial:
    """Updating at every step learns faster: loss after the same 20 batches.

    Windows of 1 step and of the whole 20 steps, on echo.

    >>> c30()
    imprecise
    ✓ 隔 0 步回忆 | recall after 0 steps: 2e-05, 2e-03
    ✗ 隔 4 步回忆 | recall after 4 steps: 7e-01, 3e-03
    """
    cases = []
    for lag in (0, 4):
        each, whole = train(lag, window=1)[1], train(lag, window=20)[1]
        what = f"隔 {lag} 步回忆 | recall after {lag} steps"
        cases.append(Case(what, f"{each:.0e}, {whole:.0e}", each < whole))
    return Trial(*cases)


def c36() -> Trial:
    """For long sequences, one backward pass at the end reduces computation (300 steps).

    >>> c36()
    imprecise
    ✓ retain_graph: 300 : 45,150
    ✗ 窗口 30 | a window of 30: 300 : 300
    """
    torch.manual_seed(0)
    rnn, data = RNN(2, 32, 2), echo(length=300, batch=4, lag=3)
    cells = {
        "retain_graph": cost(per_step, rnn, *data)[1],
        "窗口 30 | a window of 30": cost(truncated, rnn, *data, 30)[1],
    }
    whole = cost(summed, rnn, *data)[1]
    return Trial(
        *(Case(way, f"{whole:,} : {n:,}", whole < n) for way, n in cells.items())
    )
