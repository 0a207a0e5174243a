"""The statements of the post that stand on the page `seeds`, on trial."""

import torch
from learning_rate import descend
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
    torch.manual_seed(42)
    z = torch.ones(5) @ torch.randn(5, 3) + torch.randn(3)
    _, held = descend(z.tolist(), 0.01, 1000, max_norm=1.0)
    _, loose = descend(z.tolist(), 0.01, 1000)
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
    """A seed keeps the result of a random initialisation.

    >>> c18()
    true
    ✓ randn(5, 3): True
    ✓ randn(3): True
    ✓ nn.Linear(5, 3).weight: True
    """
    drawn = []
    for _ in range(2):
        torch.manual_seed(42)
        layer = torch.nn.Linear(5, 3)
        drawn.append((torch.randn(5, 3), torch.randn(3), layer.weight))
    names = ("randn(5, 3)", "randn(3)", "nn.Linear(5, 3).weight")
    pairs = zip(names, *drawn, strict=True)
    same = [(name, torch.equal(first, again)) for name, first, again in pairs]
    return Trial(*(Case(name, f"{equal}", equal) for name, equal in same))
