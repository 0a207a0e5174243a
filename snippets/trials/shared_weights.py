"""The statements of the post that stand on the page `shared-weights`, on trial."""

import torch
from shared_weights import (
    LANGUAGES,
    LETTERS,
    RNN,
    category_to_tensor,
    errors_of_uses,
    line_to_tensor,
    losses_of_calls,
    module_state,
    once_or_many,
    tutorial_state,
    unrolled,
)
from torch import nn
from verdicts import Case, Trial


def c26() -> Trial:
    """The heading of a block that never descends: the loss of 100 calls on one name.

    >>> c26()
    implied
    ✗ 原文的 train，第 1、100 次 | the post's train, calls 1, 100: 1.5522, 1.5522
    """
    losses = losses_of_calls()
    return Trial(
        Case(
            "原文的 train，第 1、100 次 | the post's train, calls 1, 100",
            f"{losses[0]:.4f}, {losses[-1]:.4f}",
            losses[-1] < losses[0],
        ),
        implied=True,
    )


def c22() -> Trial:
    """The unrolled formula is what an rnn computes: its distance from four cells.

    The old tutorial's cell has no tanh; nn.RNN has one. Both get the formula's w, b.

    >>> c22()
    imprecise
    ✓ h ← (i + h) w + b: +0.0000
    ✓ 旧教程的单元，w_hh = w_ih | the old tutorial's cell, w_hh = w_ih: +0.0000
    ✗ 旧教程的单元，w_hh ≠ w_ih | the old tutorial's cell, w_hh ≠ w_ih: -0.5078
    ✗ nn.RNN, w_hh = w_ih: -1.6486
    """
    i, h, w, b = [1.0, 2.0, 3.0], 0.5, 0.5, 0.25
    post = (((i[0] + h) * w + b + i[1]) * w + b + i[2]) * w + b
    made_up = unrolled(i, h, [w] * 3, [b] * 3)
    same, own = (tutorial_state(i, h, w, w_hh, b) for w_hh in (w, 0.25))
    torch_rnn = module_state(i, h, w, w, b)
    cases = {
        "h ← (i + h) w + b": made_up,
        "旧教程的单元，w_hh = w_ih | the old tutorial's cell, w_hh = w_ih": same,
        "旧教程的单元，w_hh ≠ w_ih | the old tutorial's cell, w_hh ≠ w_ih": own,
        "nn.RNN, w_hh = w_ih": torch_rnn,
    }
    gaps = {what: state - post for what, state in cases.items()}
    return Trial(
        *(Case(what, f"{gap:+.4f}", abs(gap) < 1e-6) for what, gap in gaps.items())
    )


def c23() -> Trial:
    """A parameter that occurs several times gets the sum over its uses.

    >>> c23()
    true
    ✓ ∂L/∂w: 4.140625 = 4.140625
    ✓ ∂L/∂b: 1.09375 = 1.09375
    """
    i, h, target = [1.0, 2.0, 3.0], 0.5, 2.0
    copies = [torch.tensor([0.5, 0.25]).requires_grad_() for _ in range(3)]
    shared = torch.tensor([0.5, 0.25], requires_grad=True)
    for uses in copies, [shared] * 3:
        output = unrolled(i, h, [w for w, _ in uses], [b for _, b in uses])
        ((output - target) ** 2 / 2).backward()
    total = sum(copy.grad for copy in copies)
    return Trial(
        *(
            Case(name, f"{summed} = {one}", summed == one)
            for name, summed, one in zip(
                ("∂L/∂w", "∂L/∂b"), total.tolist(), shared.grad.tolist(), strict=True
            )
        )
    )


def c24() -> Trial:
    """The gradient is taken through the whole expression: against differences.

    >>> c24()
    true
    ✓ 相对误差：全部；只有最后一处 | relative error: all; the last alone: < 1e-7; 34%
    """
    torch.manual_seed(0)
    rnn, criterion = RNN(len(LETTERS), 16, len(LANGUAGES)).double(), nn.NLLLoss()
    sample = category_to_tensor("Japanese"), line_to_tensor("Kobayashi").double()
    whole, last = errors_of_uses(rnn, criterion, *sample)
    small = "< 1e-7" if whole < 1e-7 else f"{whole:.0e}"
    return Trial(
        Case(
            "相对误差：全部；只有最后一处 | relative error: all; the last alone",
            f"{small}; {last:.0%}",
            whole < 1e-7 < last,
        )
    )


def c25() -> Trial:
    """One call of an RNN and one call a step give different outputs (20 steps).

    >>> c25()
    imprecise
    ✗ 传递 h | h carried: < 1e-5
    ✓ 丢掉 h | h dropped: 0.80
    ✓ 传递 h，双向 | h carried, bidirectional: 0.93
    ✓ 传递 h，层间有 dropout | h carried, dropout between layers: 1.06
    """
    dropout = {"carry": True, "num_layers": 2, "dropout": 0.5}
    cases = []
    for what, options in (
        ("传递 h | h carried", {"carry": True}),
        ("丢掉 h | h dropped", {"carry": False}),
        (
            "传递 h，双向 | h carried, bidirectional",
            {"carry": True, "bidirectional": True},
        ),
        ("传递 h，层间有 dropout | h carried, dropout between layers", dropout),
    ):
        gap = max(once_or_many(k, **options)[0] for k in (nn.RNN, nn.GRU, nn.LSTM))
        small = "< 1e-5" if gap < 1e-5 else f"{gap:.2f}"
        cases.append(Case(what, small, gap >= 1e-5))
    return Trial(*cases)
