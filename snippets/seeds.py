"""Random seeds: the post's third block, and what a seed promises."""

# --8<-- [start:imports]
import torch
from learning_rate import descend
from verdicts import Case, Trial

# --8<-- [end:imports]


# --8<-- [start:c19]
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


# --8<-- [end:c19]


# --8<-- [start:c20]
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


# --8<-- [end:c20]


# --8<-- [start:c21]
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


# --8<-- [end:c21]


# --8<-- [start:c18]
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


# --8<-- [end:c18]


if __name__ == "__main__":
    # --8<-- [start:seeded]
    torch.manual_seed(42)
    x = torch.ones(5)
    y = torch.zeros(3)
    w = torch.randn(5, 3, dtype=torch.float32, requires_grad=True)
    b = torch.randn(3, dtype=torch.float32, requires_grad=True)
    optimizer = torch.optim.SGD([w, b], lr=0.01)

    norms, logged = [], []
    num_epochs = 1000
    for epoch in range(num_epochs):
        optimizer.zero_grad()
        z = torch.matmul(x, w) + b
        loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_([w, b], max_norm=1.0)
        norms.append(norm.item())
        optimizer.step()

        if epoch % 1000 == 0 or epoch == num_epochs - 1:
            logged.append(loss.item())
            print(f"Epoch {epoch}, Loss: {loss.item()}")
            print(f"z: {z.detach().numpy()}")

    print("Final w:", w)
    print("Final b:", b)
    # --8<-- [end:seeded]

    # --8<-- [start:seeded-clip]
    torch.manual_seed(42)
    drawn = torch.ones(5) @ torch.randn(5, 3) + torch.randn(3)
    held, _ = descend(drawn.tolist(), 0.01, 1000, max_norm=1.0)
    loose, loose_norms = descend(drawn.tolist(), 0.01, 1000)

    active = sum(norm > 1 for norm in norms)
    apart = max(abs(a - b) for a, b in zip(held[-1], loose[-1], strict=True))
    print(f"norm at most {max(norms):.4f}, clipped {active} times")
    print(f"no clip: at most {max(loose_norms):.4f}")
    print(f"difference in w: {apart / 6:.1e}")
    # --8<-- [end:seeded-clip]

    # --8<-- [start:draws]
    def draw(*sizes, dtype=torch.float32):
        torch.manual_seed(42)
        return [torch.randn(size, dtype=dtype) for size in sizes]

    (fifteen,), (sixteen,) = draw(15), draw(16)
    print("again:   ", torch.equal(fifteen, draw(15)[0]))
    print("order:   ", torch.equal(fifteen, draw(3, 15)[1]))
    by_length = (fifteen - sixteen[:15]).abs().max().item()
    print(f"15 or 16:  {by_length:.1e}")
    by_dtype = {}
    for first in (fifteen, sixteen):
        (double,) = draw(len(first), dtype=torch.float64)
        by_dtype[len(first)] = (first - double).abs().max().item()
        print(f"float64, {len(first)}: {by_dtype[len(first)]:.1e}")
    # --8<-- [end:draws]
