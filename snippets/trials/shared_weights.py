"""The statements of the post that stand on the page `shared-weights`, on trial."""

import math

import torch
from shared_weights import (
    LANGUAGES,
    LETTERS,
    RNN,
    category_to_tensor,
    central_differences,
    elman,
    line_to_tensor,
    once_or_many,
    per_use,
    relative_error,
    train,
    unrolled,
)
from torch import nn
from verdicts import Case, Trial


def c26() -> Trial:
    """The post's train, as it stands, descends: the loss of 100 calls on one name.

    >>> c26()
    false
    ✗ 原文的 train，第 1、100 次 | the post's train, calls 1, 100: 1.5522, 1.5522
    """
    torch.manual_seed(0)
    rnn, criterion = RNN(len(LETTERS), 16, len(LANGUAGES)), nn.NLLLoss()
    sample = category_to_tensor("Japanese"), line_to_tensor("Kobayashi")
    losses = [train(rnn, criterion, *sample)[1] for _ in range(100)]
    return Trial(
        Case(
            "原文的 train，第 1、100 次 | the post's train, calls 1, 100",
            f"{losses[0]:.4f}, {losses[-1]:.4f}",
            losses[-1] < losses[0],
        )
    )


def c22() -> Trial:
    """The unrolled formula is what an RNN computes: its distance from four cells.

    >>> c22()
    imprecise
    ✓ h ← (i + h) w + b: +0.0000
    ✗ w_hh ≠ w_ih: -0.5078
    ✗ tanh: -1.6486
    """
    i, h, w, b = [1.0, 2.0, 3.0], 0.5, 0.5, 0.25
    post = (((i[0] + h) * w + b + i[1]) * w + b + i[2]) * w + b
    gaps = {
        "h ← (i + h) w + b": unrolled(i, h, [w] * 3, [b] * 3) - post,
        "w_hh ≠ w_ih": elman(i, h, w, 0.25, b, float) - post,
        "tanh": elman(i, h, w, w, b, math.tanh) - post,
    }
    return Trial(*(Case(cell, f"{gap:+.4f}", gap == 0) for cell, gap in gaps.items()))


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
    ✓ 相对误差：全部；只有最后一处 | relative error: all; the last alone: < 1e-7; 36%
    """
    torch.manual_seed(0)
    rnn, criterion = RNN(len(LETTERS), 16, len(LANGUAGES)).double(), nn.NLLLoss()
    category, line = category_to_tensor("Korean"), line_to_tensor("Kim").double()
    uses = per_use(rnn, criterion, category, line)
    train(rnn, criterion, category, line)

    def loss_of():
        hidden = rnn.initHidden()
        for letter in line:
            output, hidden = rnn(letter, hidden)
        return criterion(output, category)

    numeric = central_differences(loss_of, rnn.i2h.weight)
    whole = relative_error(rnn.i2h.weight.grad, numeric)
    last = relative_error(uses[-1]["i2h.weight"], numeric)
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
    """
    cases = []
    for what, carry in (("传递 h | h carried", True), ("丢掉 h | h dropped", False)):
        gap = max(once_or_many(k, carry)[0] for k in (nn.RNN, nn.GRU, nn.LSTM))
        small = "< 1e-5" if gap < 1e-5 else f"{gap:.2f}"
        cases.append(Case(what, small, gap >= 1e-5))
    return Trial(*cases)
