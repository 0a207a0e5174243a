"""The statements of the post that stand on the page `seeds`, on trial."""

import torch
from seeds import drawn, on_threads, third_block
from verdicts import Case, Trial


def c19() -> Trial:
    """The third block lowers the learning rate: the first step of each, same gradient.

    >>> c19()
    false
    ✗ 梯度为 1 时的步长 | the step for a gradient of 1: 0.0009 → 0.0100 (× 11.1)
    """
    moved = []
    for lr in (0.0009, 0.01):  # 第一、第三段代码 | of the first and the third block
        p = torch.zeros(1, dtype=torch.float64, requires_grad=True)
        p.grad = torch.ones(1, dtype=torch.float64)
        torch.optim.SGD([p], lr=lr).step()
        moved.append(-p.item())
    first, third = moved
    what = "梯度为 1 时的步长 | the step for a gradient of 1"
    shown = f"{first:.4f} → {third:.4f} (× {third / first:.1f})"
    return Trial(Case(what, shown, third < first))


def c20() -> Trial:
    """The third block, with its 1000 epochs, prints the loss every 1000 epochs.

    >>> c20()
    imprecise
    ✓ 若有 3000 轮 | with 3000 epochs: [0, 1000, 2000]
    ✗ 原文的 1000 轮 | with the post's 1000: [0]
    """
    printed = [epoch for epoch in range(1000) if epoch % 1000 == 0]
    longer = [epoch for epoch in range(3000) if epoch % 1000 == 0]
    return Trial(
        Case(
            "若有 3000 轮 | with 3000 epochs",
            f"{longer}",
            len(longer) > 1,
        ),
        Case("原文的 1000 轮 | with the post's 1000", f"{printed}", len(printed) > 1),
    )


def c21() -> Trial:
    """In the third block the clip acts, and what it prevents is an explosion.

    >>> c21()
    imprecise
    ✓ 裁剪起作用 | the clip acts: 22/1000
    ✗ 不裁剪就爆炸 | without it there is an explosion: max‖g‖ = 1.0326
    """
    (_, held), (_, loose) = third_block(max_norm=1.0), third_block()
    active = sum(norm > 1 for norm in held)
    return Trial(
        Case("裁剪起作用 | the clip acts", f"{active}/1000", active > 0),
        Case(
            "不裁剪就爆炸 | without it there is an explosion",
            f"max‖g‖ = {max(loose):.4f}",
            max(loose) > 100,
        ),
    )


def c18() -> Trial:
    """A seed keeps the result of a random initialisation: the same numbers again.

    >>> c18()
    imprecise
    ✓ 同样的调用 | the same calls: max|Δ| = 0.0
    ✓ 换成 2 个线程 | on 2 threads: max|Δ| = 0.0
    ✗ 先多抽 3 个 | 3 draws come first: max|Δ| = 3.0
    ✗ 抽 16 个而不是 15 个 | 16 draws for 15: max|Δ| = 2.3
    ✗ float64 而不是 float32，16 个 | float64 for float32, 16 draws: max|Δ| = 2.5
    """
    (fifteen,), (sixteen,) = drawn(15), drawn(16)
    one, two = on_threads(1)[0], on_threads(2)[0]
    pairs = {
        "同样的调用 | the same calls": (fifteen, drawn(15)[0]),
        "换成 2 个线程 | on 2 threads": (one, two),
        "先多抽 3 个 | 3 draws come first": (fifteen, drawn(3, 15)[1]),
        "抽 16 个而不是 15 个 | 16 draws for 15": (fifteen, sixteen[:15]),
        "float64 而不是 float32，16 个 | float64 for float32, 16 draws": (
            sixteen,
            drawn(16, dtype=torch.float64)[0],
        ),
    }
    gaps = {
        what: (first - again).abs().max().item()
        for what, (first, again) in pairs.items()
    }
    return Trial(
        *(Case(what, f"max|Δ| = {gap:.1f}", gap == 0) for what, gap in gaps.items())
    )
