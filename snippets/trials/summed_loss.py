"""The statements of the post that stand on the page `summed-loss`, on trial."""

import torch
from summed_loss import (
    at_first_state,
    compare,
    cost,
    criterion,
    example,
    last_only,
    per_step,
    start_norms,
    summed,
    truncated,
    tuned,
    update_every_step,
)
from verdicts import Case, Trial


def c27() -> Trial:
    """The losses must be summed and back-propagated once: gradients of other ways.

    Of echo (20 steps, lag 3) in float64; relative to the gradient of the sum.

    >>> c27()
    imprecise
    ✗ 每步都反向传播，梯度差 | a backward pass at each step differs by: < 1e-12
    ✓ 不求和，只用最后一步，梯度差 | no sum, the last step alone, differs by: 0.97
    """
    many, last = compare(per_step).difference, compare(last_only).difference
    small = "< 1e-12" if many < 1e-12 else f"{many:.0e}"
    once = "每步都反向传播，梯度差 | a backward pass at each step differs by"
    total = "不求和，只用最后一步，梯度差 | no sum, the last step alone, differs by"
    return Trial(
        Case(once, small, many > 1e-12), Case(total, f"{last:.2f}", last > 0.1)
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
        rnn, *data = example(dtype=torch.float32)
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
    base, kept, cut = cost(summed), cost(per_step), cost(truncated, 1)
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
    """With the sum there is one backward pass, after the whole sequence: a definition.

    >>> c32()
    implied
    ✓ 之前有梯度的步数；之后有无 | steps with a gradient before it; any after: 0; True
    """
    rnn, line_tensor, targets = example()
    hidden, loss, before = rnn.initHidden(32), 0, 0
    for i in range(len(line_tensor)):
        output, hidden = rnn(line_tensor[i], hidden)
        loss = loss + criterion(output, targets[i])
        before += rnn.cell.weight_hh.grad is not None
    loss.backward()
    after = rnn.cell.weight_hh.grad is not None
    return Trial(
        Case(
            "之前有梯度的步数；之后有无 | steps with a gradient before it; any after",
            f"{before}; {after}",
            before == 0 and after,
        ),
        implied=True,
    )


def c33() -> Trial:
    """One backward pass at the end saves computation and memory (80 steps).

    >>> c33()
    imprecise
    ✓ 反向的单元步，比 retain_graph | cells, against retain_graph: 80 : 3240
    ✗ 反向的单元步，比 detach | cells, against detach: 80 : 80
    ✗ 内存，比 detach | memory, against detach: 352,576 : 8,452 B
    """
    _, cells, peak = cost(summed)
    _, kept, _ = cost(per_step)
    _, cut, low = cost(truncated, 1)
    return Trial(
        Case(
            "反向的单元步，比 retain_graph | cells, against retain_graph",
            f"{cells} : {kept}",
            cells < kept,
        ),
        Case(
            "反向的单元步，比 detach | cells, against detach",
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
    """For short sequences (5 steps), going step by step is the better choice.

    With updates (detach): the loss is lower than that of whole sequences, after 20 and
    after 60 batches; ten networks each, the best of five lr for each. Without (graph
    kept): it takes less backward work.

    >>> c35()
    imprecise
    ✓ lag 0, 20: 7e-06, 4e-04
    ✓ lag 0, 60: 3e-06, 6e-06
    ✓ lag 1, 20: 2e-03, 3e-03
    ✗ lag 1, 60: 4e-04, 3e-05
    ✗ retain_graph: 3.0 × T
    """
    cases = []
    for lag in (0, 1):
        arms = zip((20, 60), tuned(lag, 1, 5), tuned(lag, 5, 5), strict=True)
        for batches, each, whole in arms:
            loss = each.loss.mean(), whole.loss.mean()
            seen = "{:.0e}, {:.0e}".format(*loss)
            cases.append(Case(f"lag {lag}, {batches}", seen, bool(loss[0] < loss[1])))
    work = cost(per_step, length=5)[1] / cost(summed, length=5)[1]
    return Trial(*cases, Case("retain_graph", f"{work:.1f} × T", work < 1))


def c34() -> Trial:
    """Vanishing and exploding belong to the backward pass at the end.

    The norm of ∂(last loss)/∂h_0 after 100 steps, for two spectral radii; and whether
    going step by step, with the graph kept, has another gradient.

    >>> c34()
    imprecise
    ✓ ρ = 0.5: ‖∂L/∂h₀‖ = 4e-31
    ✓ ρ = 1.5: ‖∂L/∂h₀‖ = 2e+17
    ✗ 逐步反向与之相差 | per step it differs by: < 1e-12
    """
    cases, gap = [], 0.0
    for radius in (0.5, 1.5):
        norm, _, difference = start_norms(radius)
        gap = max(gap, difference)
        gone = norm < 1e-6 or norm > 1e6
        cases.append(Case(f"ρ = {radius}", f"‖∂L/∂h₀‖ = {norm:.0e}", gone))
    small = "< 1e-12" if gap < 1e-12 else f"{gap:.0e}"
    what = "逐步反向与之相差 | per step it differs by"
    return Trial(*cases, Case(what, small, gap > 1e-6))


def c37() -> Trial:
    """GRU and LSTM handle vanishing and exploding gradients better than an RNN.

    Norms of the gradient at the first state, 100 steps back, medians of ten seeds;
    better is nearer to 1, in powers of ten. By default, with larger W_hh, with the
    gate open, and against an RNN with orthogonal W_hh. What explodes is chaotic: how
    far it gets, a processor's last digits decide.

    >>> c37()
    imprecise
    ✓ 默认 | default: 7e-28; 3e-21, 1e-20
    ✗ W_hh × 2: 1e-04; 1e-13, 6e-14
    ✓ W_hh × 8: > 1e+12; 5e+04, 1e+03
    ✓ b = 5: 7e-28; 3e+00, 3e+00
    ✗ RNN, W_hh ⟂: 3e-08; 3e-21, 1e-20
    """
    default = at_first_state("RNN")
    rivals = {
        "默认 | default": (default, None, 1.0),
        "W_hh × 2": (at_first_state("RNN", gain=2.0), None, 2.0),
        "W_hh × 8": (at_first_state("RNN", gain=8.0), None, 8.0),
        "b = 5": (default, 5.0, 1.0),
        "RNN, W_hh ⟂": (at_first_state("RNN", orthogonal=True), None, 1.0),
    }
    cases = []
    for what, (rnn, bias, gain) in rivals.items():
        gated = [at_first_state(kind, bias, gain) for kind in ("GRU", "LSTM")]
        plain, *norms = (each.median() for each in (rnn, *gated))
        better = all(norm.log().abs() < plain.log().abs() for norm in norms)
        first = "> 1e+12" if plain > 1e12 else f"{plain:.0e}"
        cases.append(Case(what, "{}; {:.0e}, {:.0e}".format(first, *norms), better))
    return Trial(*cases)
