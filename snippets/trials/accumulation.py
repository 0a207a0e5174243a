"""The statements of the post that stand on the page `accumulation`, on trial."""

from functools import partial
from itertools import pairwise

import torch
from accumulation import (
    added,
    changes,
    error_of,
    largest_gap,
    loss_when_y_is_trained,
    parameters,
    takes_gradient,
    train,
)
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss
from verdicts import Case, Trial


def c15() -> Trial:
    """The post's condition prints every 100 epochs: the epochs in which it is true.

    >>> c15()
    false
    ✗ 两次打印相隔的轮数 | epochs from print to print: 500
    """
    printed = [epoch for epoch in range(10_000) if epoch % 500 == 0]
    gaps = {later - epoch for epoch, later in pairwise(printed)}
    return Trial(
        Case(
            "两次打印相隔的轮数 | epochs from print to print",
            ", ".join(map(str, gaps)),
            gaps == {100},
        )
    )


def c01() -> Trial:
    """In a model w is drawn at random: two layers of a kind have other weights.

    >>> c01()
    imprecise
    ✓ nn.Linear: max|Δw| = 0.70
    ✓ nn.Conv1d: max|Δw| = 0.65
    ✗ nn.LayerNorm: max|Δw| = 0.00
    ✗ nn.BatchNorm1d: max|Δw| = 0.00
    """
    torch.manual_seed(0)
    cases = []
    for kind, size in (
        (torch.nn.Linear, (5, 3)),
        (torch.nn.Conv1d, (5, 3, 1)),
        (torch.nn.LayerNorm, (3,)),
        (torch.nn.BatchNorm1d, (3,)),
    ):
        gap = largest_gap(partial(kind, *size))
        cases.append(Case(f"nn.{kind.__name__}", f"max|Δw| = {gap:.2f}", gap > 0))
    return Trial(*cases)


def c02() -> Trial:
    """In a model y is a tensor of a layer: drawn at random, and trained with it.

    As a target y may be so if the loss stays a loss: a cross-entropy is at least 0.

    >>> c02()
    false
    ✗ y 随机抽取并参加训练，500 步 | y drawn and trained, 500 steps: loss 9.7 → -15.8
    """
    losses = loss_when_y_is_trained(500)
    return Trial(
        Case(
            "y 随机抽取并参加训练，500 步 | y drawn and trained, 500 steps",
            f"loss {losses[0]:.1f} → {losses[-1]:.1f}",
            losses[-1] >= 0,
        )
    )


def c05() -> Trial:
    """What can be optimised is what has requires_grad=True: how far step() moves it.

    >>> c05()
    imprecise
    ✓ 叶子张量，交给了优化器 | a leaf, given to the optimizer: Δ = 0.1
    ✗ 叶子张量，没有交给它 | a leaf that was not given: Δ = 0.0
    ✗ 2w: ValueError: can't optimize a non-leaf Tensor
    ✗ requires_grad=False，但有 .grad | requires_grad=False, with a .grad: Δ = 0.1
    """
    leaf, other = (torch.ones(1, requires_grad=True) for _ in range(2))
    frozen = torch.ones(1)
    frozen.grad = torch.ones(1)
    optimizer = torch.optim.SGD([leaf, frozen], lr=0.1)
    (leaf + other).sum().backward()
    optimizer.step()
    moved = [abs(p.item() - 1) for p in (leaf, other, frozen)]
    refused = error_of(lambda: torch.optim.SGD([2 * leaf], lr=0.1))
    return Trial(
        Case(
            "叶子张量，交给了优化器 | a leaf, given to the optimizer",
            f"Δ = {moved[0]:.1f}",
            moved[0] > 0,
        ),
        Case(
            "叶子张量，没有交给它 | a leaf that was not given",
            f"Δ = {moved[1]:.1f}",
            moved[1] > 0,
        ),
        Case("2w", refused.replace("\n ", ""), refused == "no error"),
        Case(
            "requires_grad=False，但有 .grad | requires_grad=False, with a .grad",
            f"Δ = {moved[2]:.1f}",
            moved[2] == 0,
        ),
    )


def c06() -> Trial:
    """What requires a gradient is of floating point: which dtypes are accepted.

    >>> c06()
    imprecise
    ✓ requires_grad, torch.float32: True
    ✓ requires_grad, torch.float64: True
    ✓ requires_grad, torch.int64: False
    ✗ requires_grad, torch.complex64: True
    """
    return Trial(
        *(
            Case(
                f"requires_grad, {dtype}",
                str(takes_gradient(dtype)),
                takes_gradient(dtype) == dtype.is_floating_point,
            )
            for dtype in (torch.float32, torch.float64, torch.int64, torch.complex64)
        )
    )


def c07() -> Trial:
    """The optimizer moves the parameters that it was given, here w and not b.

    >>> c07()
    true
    ✓ w，交给了它 | w, given: max|Δ| = 0.00030
    ✓ b，没有交给它 | b, not given: max|Δ| = 0.00000
    """
    moved = changes(backward=True, step=True)
    return Trial(
        Case("w，交给了它 | w, given", f"max|Δ| = {moved[0]:.5f}", moved[0] > 0),
        Case("b，没有交给它 | b, not given", f"max|Δ| = {moved[1]:.5f}", moved[1] == 0),
    )


def c03() -> Trial:
    """Back-propagation has an effect on w: with backward() against without it.

    >>> c03()
    imprecise
    ✗ 没有 step() | no step(): max|Δw| = 0.00000 (backward()), 0.00000 (no backward())
    ✓ 有 step() | with step(): max|Δw| = 0.00030 (backward()), 0.00000 (no backward())
    """
    cases = []
    for what, step in (
        ("没有 step() | no step()", False),
        ("有 step() | with step()", True),
    ):
        (with_it, _), (without, _) = (changes(back, step) for back in (True, False))
        shown = f"max|Δw| = {with_it:.5f} (backward()), {without:.5f} (no backward())"
        cases.append(Case(what, shown, with_it != without))
    return Trial(*cases)


def c04() -> Trial:
    """backward() computes the gradient and step() updates the parameters by it.

    >>> c04()
    true
    ✓ |w.grad − σ(z)/3|: < 1e-7
    ✓ w − lr·g: True
    """
    w, b = parameters()
    optimizer = torch.optim.SGD([w], lr=0.0009)
    start, z = w.detach().clone(), torch.ones(5) @ w + b
    binary_cross_entropy_with_logits(z, torch.zeros(3)).backward()
    gap = (w.grad[0] - torch.sigmoid(z) / 3).abs().max().item()
    optimizer.step()
    exact = torch.equal(w, start - 0.0009 * w.grad)
    small = "< 1e-7" if gap < 1e-7 else f"{gap:.0e}"
    return Trial(
        Case("|w.grad − σ(z)/3|", small, gap < 1e-7),
        Case("w − lr·g", f"{exact}", exact),
    )


def c12() -> Trial:
    """The gradient of w is in w.grad.

    >>> c12()
    true
    ✓ w.grad[0]: 0.3325, 0.3333, 0.3333
    """
    w, b = parameters()
    z = torch.ones(5) @ w + b
    loss = binary_cross_entropy_with_logits(z, torch.zeros(3))
    (expected,) = torch.autograd.grad(loss, w, retain_graph=True)
    loss.backward()
    shown = ", ".join(f"{g:.4f}" for g in w.grad[0].tolist())
    return Trial(Case("w.grad[0]", shown, torch.equal(w.grad, expected)))


def c11() -> Trial:
    """zero_grad() sets the gradient to zero.

    >>> c11()
    imprecise
    ✗ zero_grad(): None
    ✓ set_to_none=False: tensor([0.])
    """
    cases = []
    for what, options in (
        ("zero_grad()", {}),
        ("set_to_none=False", {"set_to_none": False}),
    ):
        p = torch.ones(1, requires_grad=True)
        optimizer = torch.optim.SGD([p], lr=0.1)
        p.sum().backward()
        optimizer.zero_grad(**options)
        zero = p.grad is not None and p.grad.item() == 0
        cases.append(Case(what, f"{p.grad}", zero))
    return Trial(*cases)


def c10() -> Trial:
    """Without zero_grad() every backward() adds to the gradient: norms of 3 epochs.

    >>> c10()
    true
    ✓ 不清零 | not zeroed: 1.413, 2.826, 4.239
    ✓ 清零 | zeroed: 1.413, 1.413, 1.413
    """
    _, norms = train(3, zero_grad=False)
    _, cleared = train(3)
    return Trial(
        Case(
            "不清零 | not zeroed",
            ", ".join(f"{norm:.3f}" for norm in norms),
            norms[2] > 2.5 * norms[0],
        ),
        Case(
            "清零 | zeroed",
            ", ".join(f"{norm:.3f}" for norm in cleared),
            cleared[2] < 1.01 * cleared[0],
        ),
    )


def c16() -> Trial:
    """Two backward() calls without clearing print what the post prints.

    >>> c16()
    true
    ✓ backward() × 1: tensor([0.3325, 0.3333, 0.3333])
    ✓ backward() × 2: tensor([0.6650, 0.6667, 0.6667])
    """
    w, b = parameters()
    printed = []
    for _ in range(2):
        z = torch.ones(5) @ w + b
        binary_cross_entropy_with_logits(z, torch.zeros(3)).backward()
        printed.append(str(w.grad[0]))
    post = ["tensor([0.3325, 0.3333, 0.3333])", "tensor([0.6650, 0.6667, 0.6667])"]
    return Trial(
        *(
            Case(f"backward() × {calls}", mine, mine == theirs)
            for calls, (mine, theirs) in enumerate(zip(printed, post, strict=True), 1)
        )
    )


def c17() -> Trial:
    """Gradients are added directly: to the bit, and for any two losses.

    >>> c17()
    true
    ✓ 同一损失两次 | one loss twice: g = g₁ + g₂: True
    ✓ 两种损失 | two losses: g = g₁ + g₂: True
    """
    w, b = parameters()
    z, y = torch.ones(5) @ w + b, torch.zeros(3)
    losses = [
        binary_cross_entropy_with_logits(z, y),
        binary_cross_entropy_with_logits(z, y),
        mse_loss(z, y),
    ]
    cases = []
    for what, pair in (
        ("同一损失两次 | one loss twice", (0, 1)),
        ("两种损失 | two losses", (0, 2)),
    ):
        exact = torch.equal(*added(*(losses[k] for k in pair), w))
        cases.append(Case(what, f"g = g₁ + g₂: {exact}", exact))
    return Trial(*cases)
