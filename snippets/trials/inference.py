"""The statements of the post that stand on the page `inference`, on trial."""

import torch
from inference import effects
from no_grad import step_under_no_grad
from verdicts import Case, Trial


def c46() -> Trial:
    """With no_grad the risks of inference are gone: the heading implies it at most.

    >>> c46()
    implied
    ✓ 计算图占的字节 | bytes held by the graph: 0
    ✗ 残留的 .grad 遇到 step() | a left-over .grad meets step(): Δθ = 0.136
    ✗ train() 里的 dropout 置零 | zeros by dropout in train(): 50.3%
    """
    effect = effects(torch.no_grad, train=True)
    moved, zeros = step_under_no_grad(clear=False), effect["zeros"]
    return Trial(
        Case(
            "计算图占的字节 | bytes held by the graph",
            f"{effect['bytes']}",
            effect["bytes"] == 0,
        ),
        Case(
            "残留的 .grad 遇到 step() | a left-over .grad meets step()",
            f"Δθ = {moved:.3f}",
            moved == 0,
        ),
        Case(
            "train() 里的 dropout 置零 | zeros by dropout in train()",
            f"{zeros:.1%}",
            zeros == 0,
        ),
        implied=True,
    )
