"""The statements of the post that stand on the page `summed-loss`, on trial."""

import torch
from summed_loss import (
    RNN,
    at_first_state,
    cost,
    criterion,
    difference,
    echo,
    gradient,
    last_only,
    per_step,
    start_gradients,
    summed,
    truncated,
    update_every_step,
)
from torch import nn
from verdicts import Case, Trial


def c27() -> Trial:
    """The losses must be summed and back-propagated once: gradients of other ways.

    Of echo (20 steps, lag 3) in float64; relative to the gradient of the sum.

    >>> c27()
    imprecise
    ✗ 非一次不可：逐步反向 | only once: per step: < 1e-12
    ✓ 非求和不可：只用最后一步 | only the sum: last: 0.97
    """
    torch.manual_seed(0)
    rnn = RNN(2, 32, 2).double()
    line_tensor, targets = echo(length=20, batch=32, lag=3)
    data = line_tensor.double(), targets
    whole = gradient(summed, rnn, *data)
    many = difference(gradient(per_step, rnn, *data), whole)
    last = difference(gradient(last_only, rnn, *data), whole)
    small = "< 1e-12" if many < 1e-12 else f"{many:.0e}"
    return Trial(
        Case("非一次不可：逐步反向 | only once: per step", small, many > 1e-12),
        Case(
            "非求和不可：只用最后一步 | only the sum: last", f"{last:.2f}", last > 0.1
        ),
    )


def c29() -> Trial:
    """At every time step one can compute the loss and update: how many of 20 steps.

    >>> c29()
    imprecise
    ✗ backward(): 1/20
    ✗ retain_graph=True: 2/20
    ✓ h.detach(): 20/20
    """
    cases = []
    for what, options in (
        ("backward()", {}),
        ("retain_graph=True", {"retain_graph": True}),
        ("h.detach()", {"detach": True}),
    ):
        torch.manual_seed(0)
        rnn, data = RNN(2, 32, 2), echo(length=20, batch=32, lag=3)
        versions, error = update_every_step(rnn, *data, **options)
        steps = len(versions) - bool(error)
        cases.append(Case(what, f"{steps}/20", not error))
    return Trial(*cases)


def c31() -> Trial:
    """Going step by step costs more: cells per step of the way over those of the sum.

    Of echo with 80 steps.

    >>> c31()
    imprecise
    ✗ 前向 | forward: 80 : 80
    ✓ 反向，retain_graph | backward, retain_graph: 3240 : 80
    ✗ 反向，detach | backward, detach: 80 : 80
    """
    torch.manual_seed(0)
    rnn, data = RNN(2, 32, 2), echo(length=80, batch=32, lag=3)
    base = cost(summed, rnn, *data)
    kept, cut = cost(per_step, rnn, *data), cost(truncated, rnn, *data, 1)
    return Trial(
        Case("前向 | forward", f"{kept[0]} : {base[0]}", kept[0] > base[0]),
        Case(
            "反向，retain_graph | backward, retain_graph",
            f"{kept[1]} : {base[1]}",
            kept[1] > base[1],
        ),
        Case(
            "反向，detach | backward, detach", f"{cut[1]} : {base[1]}", cut[1] > base[1]
        ),
    )


def c32() -> Trial:
    """With the sum there is one backward pass, after the whole sequence.

    >>> c32()
    true
    ✓ 有梯度：20 步之中；之后 | has a gradient: in 20 steps; after: 0; True
    """
    torch.manual_seed(0)
    rnn, (line_tensor, targets) = RNN(2, 32, 2), echo(length=20, batch=32, lag=3)
    hidden, loss, before = rnn.initHidden(32), 0, 0
    for i in range(len(line_tensor)):
        output, hidden = rnn(line_tensor[i], hidden)
        loss = loss + criterion(output, targets[i])
        before += rnn.cell.weight_hh.grad is not None
    loss.backward()
    after = rnn.cell.weight_hh.grad is not None
    return Trial(
        Case(
            "有梯度：20 步之中；之后 | has a gradient: in 20 steps; after",
            f"{before}; {after}",
            before == 0 and after,
        )
    )


def c33() -> Trial:
    """One backward pass at the end saves computation and memory (80 steps).

    >>> c33()
    imprecise
    ✓ 反向的格，比 retain_graph | cells, against retain_graph: 80 : 3240
    ✗ 反向的格，比 detach | cells, against detach: 80 : 80
    ✗ 内存，比 detach | memory, against detach: 352,576 : 8,452 B
    """
    torch.manual_seed(0)
    rnn, data = RNN(2, 32, 2), echo(length=80, batch=32, lag=3)
    _, cells, peak = cost(summed, rnn, *data)
    _, kept, _ = cost(per_step, rnn, *data)
    _, cut, low = cost(truncated, rnn, *data, 1)
    return Trial(
        Case(
            "反向的格，比 retain_graph | cells, against retain_graph",
            f"{cells} : {kept}",
            cells < kept,
        ),
        Case(
            "反向的格，比 detach | cells, against detach",
            f"{cells} : {cut}",
            cells < cut,
        ),
        Case(
            "内存，比 detach | memory, against detach",
            f"{peak:,} : {low:,} B",
            peak < low,
        ),
    )


def c35() -> Trial:
    """Short sequences gain from going step by step (3 and 10 steps).

    It would gain if it took less work, or gave another gradient that is right.

    >>> c35()
    false
    ✗ T = 3, retain_graph: 2.0 × T
    ✗ T = 3, detach: ‖Δg‖/‖g‖ = 32%
    ✗ T = 10, retain_graph: 5.5 × T
    ✗ T = 10, detach: ‖Δg‖/‖g‖ = 64%
    """
    cases = []
    for length in (3, 10):
        torch.manual_seed(0)
        rnn, data = RNN(2, 32, 2), echo(length, batch=256, lag=1)
        work = cost(per_step, rnn, *data)[1] / cost(summed, rnn, *data)[1]
        whole = gradient(summed, rnn, *data)
        wrong = difference(gradient(truncated, rnn, *data, 1), whole)
        cases += [
            Case(f"T = {length}, retain_graph", f"{work:.1f} × T", work < 1),
            Case(f"T = {length}, detach", f"‖Δg‖/‖g‖ = {wrong:.0%}", wrong < 0.01),
        ]
    return Trial(*cases)


def c34() -> Trial:
    """Vanishing and exploding belong to the backward pass at the end.

    The norm of ∂(Σ loss)/∂h_0 after 100 steps, for three spectral radii; and whether
    going step by step, with the graph kept, has another gradient.

    >>> c34()
    imprecise
    ✓ ρ = 0.5: ‖∂L/∂h₀‖ = 4e-31
    ✓ ρ = 1.5: ‖∂L/∂h₀‖ = 2e+17
    ✗ 逐步反向与之不同 | per step it is different: < 1e-12
    """
    cases, gap = [], 0.0
    for radius in (0.5, 1.0, 1.5):
        torch.manual_seed(0)
        rnn = RNN(2, 32, 2).double()
        nn.init.orthogonal_(rnn.cell.weight_hh, gain=radius)
        nn.init.zeros_(rnn.cell.bias_ih)
        nn.init.zeros_(rnn.cell.bias_hh)
        line_tensor, targets = echo(length=100, batch=1, lag=3)
        zeros = torch.zeros_like(line_tensor).double()
        whole, each = start_gradients(rnn, zeros, targets)
        norm = each[-1].norm().item()
        gap = max(gap, difference(each.sum(0), whole))
        if radius != 1:
            gone = norm < 1e-6 or norm > 1e6
            cases.append(Case(f"ρ = {radius}", f"‖∂L/∂h₀‖ = {norm:.0e}", gone))
    small = "< 1e-12" if gap < 1e-12 else f"{gap:.0e}"
    what = "逐步反向与之不同 | per step it is different"
    return Trial(*cases, Case(what, small, gap > 1e-6))


def c37() -> Trial:
    """GRU and LSTM keep gradients over 100 steps, where an RNN loses them.

    >>> c37()
    imprecise
    ✗ GRU, 默认 | GRU, default: 2e-21
    ✓ GRU, b = 5: 3e+00
    ✗ LSTM, 默认 | LSTM, default: 6e-21
    ✓ LSTM, b = 5: 4e-01
    """
    cases = []
    for kind in ("GRU", "LSTM"):
        for bias in (None, 5.0):
            norm = at_first_state(kind, bias)
            what = f"{kind}, b = 5" if bias else f"{kind}, 默认 | {kind}, default"
            cases.append(Case(what, f"{norm:.0e}", norm > 1e-3))
    return Trial(*cases)
