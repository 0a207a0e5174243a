"""The statements of the post that stand on the page `clipping`, on trial."""

import math

import torch
from clipping import quartic
from learning_rate import descend
from torch.nn.utils import clip_grad_norm_
from verdicts import Case, Trial


def c14() -> Trial:
    """Without the clip z keeps falling; “otherwise” says that with it z does not.

    z₁ of the post's loop, lr 0.0009, after 50,000 and 100,000 epochs.

    >>> c14()
    imprecise
    ✓ 不裁剪，越来越小 | without the clip it falls: z₁ -4.377 → -5.129
    ✗ 裁剪，停下来 | with the clip it comes to rest: z₁ -4.338 → -5.111
    """
    cases = []
    for what, max_norm in (
        ("不裁剪，越来越小 | without the clip it falls", math.inf),
        ("裁剪，停下来 | with the clip it comes to rest", 1.0),
    ):
        zs, _ = descend([6.0, 12.0, 18.0], 0.0009, 100_000, max_norm)
        half, full = zs[50_000][0], zs[100_000][0]
        falls = full < half - 0.01
        as_said = falls if max_norm == math.inf else not falls
        cases.append(Case(what, f"z₁ {half:.3f} → {full:.3f}", as_said))
    return Trial(*cases)


def c13() -> Trial:
    """Clipping by norm prevents explosion.

    >>> c13()
    imprecise
    ✓ p⁴，200 步：不裁剪；裁剪 | p⁴, 200 steps: free; clipped: nan; 0.106
    ✗ 原文的循环会爆炸 | the post's loop explodes: max‖g‖ = 1.413
    ✗ 梯度里已有 inf | inf in the gradient already: [nan, 0.0]
    """
    wild, tame = quartic(200, lr=0.1), quartic(200, lr=0.1, max_norm=1.0)
    _, norms = descend([6.0, 12.0, 18.0], 0.0009, 10_000)
    p = torch.zeros(2, requires_grad=True)
    p.grad = torch.tensor([math.inf, 1.0])
    clip_grad_norm_([p], max_norm=1.0)
    saved = not math.isfinite(wild[-1]) and math.isfinite(tame[-1])
    return Trial(
        Case(
            "p⁴，200 步：不裁剪；裁剪 | p⁴, 200 steps: free; clipped",
            f"{wild[-1]}; {tame[-1]:.3f}",
            saved,
        ),
        Case(
            "原文的循环会爆炸 | the post's loop explodes",
            f"max‖g‖ = {max(norms):.3f}",
            max(norms) > 100,
        ),
        Case(
            "梯度里已有 inf | inf in the gradient already",
            f"{p.grad.tolist()}",
            bool(p.grad.isfinite().all()),
        ),
    )
