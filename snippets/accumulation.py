"""Gradient accumulation: what backward() adds, zero_grad() clears and step() uses."""

# --8<-- [start:imports]
import math
import textwrap
import warnings
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss
from torch.nn.utils import clip_grad_norm_
from verdicts import Case, Trial

# --8<-- [end:imports]


# --8<-- [start:error_of]
def error_of(action: Callable[[], object]) -> str:
    """Return the error that ``action()`` raises, its first line wrapped at 40 columns.

    RuntimeError, TypeError and ValueError are caught; returns "no error" if none came.

    >>> print(error_of(lambda: torch.ones(2) + torch.ones(3)))
    RuntimeError: The size of tensor a (2)
      must match the size of tensor b (3) at
      non-singleton dimension 0
    """
    try:
        action()
    except (RuntimeError, TypeError, ValueError) as error:
        line = f"{type(error).__name__}: {error}".split("\n")[0]
        return textwrap.fill(line, 40, subsequent_indent="  ")
    return "no error"


# --8<-- [end:error_of]


# --8<-- [start:c15]
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


# --8<-- [end:c15]


# --8<-- [start:c01]
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
        gap = (kind(*size).weight - kind(*size).weight).abs().max().item()
        cases.append(Case(f"nn.{kind.__name__}", f"max|Δw| = {gap:.2f}", gap > 0))
    return Trial(*cases)


# --8<-- [end:c01]


# --8<-- [start:c02]
def c02() -> Trial:
    """In a model y is a tensor of some layer, which training would change.

    >>> c02()
    false
    ✗ nn.Linear 的参数 | parameters of nn.Linear: ['weight', 'bias']
    ✗ y.grad: None
    """
    layer, y = torch.nn.Linear(5, 3), torch.zeros(3)
    binary_cross_entropy_with_logits(layer(torch.ones(5)), y).backward()
    names = [name for name, _ in layer.named_parameters()]
    return Trial(
        Case("nn.Linear 的参数 | parameters of nn.Linear", str(names), "y" in names),
        Case("y.grad", str(y.grad), y.grad is not None),
    )


# --8<-- [end:c02]


# --8<-- [start:takes_gradient]
def takes_gradient(dtype: torch.dtype) -> bool:
    """Return whether a tensor of this dtype can be given ``requires_grad=True``.

    >>> takes_gradient(torch.float16), takes_gradient(torch.int64)
    (True, False)
    """
    with warnings.catch_warnings(action="ignore"):
        tensor = torch.empty(2, dtype=dtype)
    return error_of(tensor.requires_grad_) == "no error"


# --8<-- [end:takes_gradient]


# --8<-- [start:c05]
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


# --8<-- [end:c05]


# --8<-- [start:c06]
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


# --8<-- [end:c06]


# --8<-- [start:parameters]
def parameters() -> tuple[Tensor, Tensor]:
    """Return the post's w, float32 of shape (5, 3), and b, of shape (3,), as leaves.

    >>> w, b = parameters()
    >>> w.shape, b
    (torch.Size([5, 3]), tensor([1., 2., 3.], requires_grad=True))
    """
    w0 = [[1, 2, 3] for _ in range(5)]
    w = torch.tensor(w0, dtype=torch.float32, requires_grad=True)
    b = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    return w, b


# --8<-- [end:parameters]


# --8<-- [start:c07]
def c07() -> Trial:
    """The optimizer moves the parameters that it was given, here w and not b.

    >>> c07()
    true
    ✓ w，交给了它 | w, given: max|Δ| = 0.00030
    ✓ b，没有交给它 | b, not given: max|Δ| = 0.00000
    """
    w, b = parameters()
    optimizer = torch.optim.SGD([w], lr=0.0009)
    before = w.detach().clone(), b.detach().clone()
    binary_cross_entropy_with_logits(torch.ones(5) @ w + b, torch.zeros(3)).backward()
    optimizer.step()
    moved = [
        (p - old).abs().max().item() for p, old in zip((w, b), before, strict=True)
    ]
    return Trial(
        Case("w，交给了它 | w, given", f"max|Δ| = {moved[0]:.5f}", moved[0] > 0),
        Case("b，没有交给它 | b, not given", f"max|Δ| = {moved[1]:.5f}", moved[1] == 0),
    )


# --8<-- [end:c07]


# --8<-- [start:c03]
def c03() -> Trial:
    """Back-propagation acts on the parameters: how far each call moves w.

    >>> c03()
    imprecise
    ✗ backward(): max|Δw| = 0.00000
    ✓ step(): max|Δw| = 0.00030
    """
    w, b = parameters()
    optimizer = torch.optim.SGD([w], lr=0.0009)
    start = w.detach().clone()
    loss = binary_cross_entropy_with_logits(torch.ones(5) @ w + b, torch.zeros(3))
    cases = []
    for call in (loss.backward, optimizer.step):
        before = w.detach().clone()
        call()
        moved = (w - before).abs().max().item()
        cases.append(Case(f"{call.__name__}()", f"max|Δw| = {moved:.5f}", moved > 0))
    assert not torch.equal(w, start)
    return Trial(*cases)


# --8<-- [end:c03]


# --8<-- [start:c04]
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


# --8<-- [end:c04]


# --8<-- [start:c12]
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


# --8<-- [end:c12]


# --8<-- [start:step_after]
def step_after(
    build: Callable[[list[Tensor]], torch.optim.Optimizer],
    set_to_none: bool,
) -> float:
    """Return how far a parameter moves in a second step that had no backward().

    The first step has the gradient 1; then comes ``zero_grad(set_to_none)``.

    >>> sgd = partial(torch.optim.SGD, lr=0.5, momentum=0.5)
    >>> step_after(sgd, set_to_none=True), step_after(sgd, set_to_none=False)
    (0.0, -0.25)
    """
    param = torch.ones(1, requires_grad=True)
    optimizer = build([param])
    param.grad = torch.ones(1)
    optimizer.step()
    optimizer.zero_grad(set_to_none=set_to_none)
    before = param.item()
    optimizer.step()
    return param.item() - before


# --8<-- [end:step_after]


# --8<-- [start:c11]
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


# --8<-- [end:c11]


# --8<-- [start:train]
def train(
    epochs: int,
    zero_grad: bool = True,
    max_norm: float = math.inf,
    momentum: float = 0.0,
) -> tuple[Tensor, list[float]]:
    """Return the w of the post's first loop, and the gradient norm of each epoch.

    The norms are those before clipping, of w and b together; lr is the post's 0.0009.

    >>> w, norms = train(3, zero_grad=False)
    >>> [round(norm, 3) for norm in norms]
    [1.413, 2.826, 4.239]
    >>> w, norms = train(3, zero_grad=False, max_norm=1.0)
    >>> [round(norm, 3) for norm in norms]
    [1.413, 2.413, 2.413]
    """
    x, y = torch.ones(5), torch.zeros(3)
    w, b = parameters()
    optimizer = torch.optim.SGD([w, b], lr=0.0009, momentum=momentum)
    norms = []
    for _ in range(epochs):
        if zero_grad:
            optimizer.zero_grad()
        loss = binary_cross_entropy_with_logits(x @ w + b, y)
        loss.backward()
        norms.append(clip_grad_norm_([w, b], max_norm).item())
        optimizer.step()
    return w.detach(), norms


# --8<-- [end:train]


# --8<-- [start:c10]
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


# --8<-- [end:c10]


# --8<-- [start:relative]
def relative(value: Tensor, reference: Tensor) -> float:
    """Return the distance of two vectors in units of the reference's length.

    >>> relative(torch.tensor([0.0, 5.0]), torch.tensor([0.0, 4.0]))
    0.25
    """
    return ((value - reference).norm() / reference.norm()).item()


# --8<-- [end:relative]


# --8<-- [start:c16]
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


# --8<-- [end:c16]


# --8<-- [start:c17]
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
    alone = [torch.autograd.grad(loss, w, retain_graph=True)[0] for loss in losses]
    cases = []
    for what, pair in (
        ("同一损失两次 | one loss twice", (0, 1)),
        ("两种损失 | two losses", (0, 2)),
    ):
        w.grad = None
        for k in pair:
            losses[k].backward(retain_graph=True)
        exact = torch.equal(w.grad, alone[pair[0]] + alone[pair[1]])
        cases.append(Case(what, f"g = g₁ + g₂: {exact}", exact))
    return Trial(*cases)


# --8<-- [end:c17]


if __name__ == "__main__":
    # --8<-- [start:loop]
    x = torch.ones(5)  # 输入 | input
    y = torch.zeros(3)  # 期望输出 | expected output

    w0 = [[1, 2, 3] for _ in range(5)]
    w = torch.tensor(w0, dtype=torch.float32, requires_grad=True)
    b0 = [1, 2, 3]
    b = torch.tensor(b0, dtype=torch.float32, requires_grad=True)

    optimizer = torch.optim.SGD([w, b], lr=0.0009)

    num_epochs = 10000
    for epoch in range(num_epochs):
        optimizer.zero_grad()
        z = torch.matmul(x, w) + b
        loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([w, b], max_norm=1.0)
        optimizer.step()

        if epoch % 2000 == 0:
            print(f"Epoch {epoch}, Loss: {loss.item()}")
            print(z.detach())

    print("Final w:", w)
    print("Final b:", b)
    # --8<-- [end:loop]

    # --8<-- [start:layers]
    torch.manual_seed(0)
    layer, other = torch.nn.Linear(5, 3), torch.nn.Linear(5, 3)
    for name, param in layer.named_parameters():
        print(name, tuple(param.shape), param.requires_grad)
    print("same weights:", torch.equal(layer.weight, other.weight))

    norm = torch.nn.LayerNorm(3)
    print("LayerNorm:", norm.weight.tolist(), norm.bias.tolist())

    print("y:", tuple(y.shape), y.requires_grad, y.grad)
    # --8<-- [end:layers]

    # --8<-- [start:optimizable]
    half = 0.5 * torch.ones(2, requires_grad=True)
    print(error_of(lambda: torch.optim.SGD([half], lr=0.1)))
    half.retain_grad()
    print(error_of(lambda: torch.optim.SGD([half], lr=0.1)))

    layer_params = layer.parameters()
    torch.optim.SGD(layer_params, lr=0.1)
    print(error_of(lambda: torch.optim.SGD(layer_params, lr=0.1)))

    frozen = torch.ones(2)
    frozen.grad = torch.ones(2)
    torch.optim.SGD([frozen], lr=0.1).step()
    print(frozen, frozen.requires_grad)
    # --8<-- [end:optimizable]

    # --8<-- [start:dtypes]
    values = vars(torch).values()
    dtypes = {value for value in values if isinstance(value, torch.dtype)}
    accepted = {dtype for dtype in dtypes if takes_gradient(dtype)}
    real = {dtype for dtype in accepted if dtype.is_floating_point}
    imaginary = {dtype for dtype in accepted if dtype.is_complex}
    print(len(dtypes), "dtypes:", len(accepted), "accepted")
    print(len(real), "floating,", len(imaginary), "complex")

    integers = torch.tensor([1, 2, 3])
    print(error_of(integers.requires_grad_))
    print(error_of(lambda: torch.tensor([1, 2], requires_grad=True)))
    # --8<-- [end:dtypes]

    # --8<-- [start:one-step]
    w, b = parameters()
    optimizer = torch.optim.SGD([w], lr=0.0009)
    start = w.detach().clone()

    z = torch.matmul(x, w) + b
    loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y)
    loss.backward()
    by_backward = (w - start).abs().max().item()

    optimizer.step()
    by_step = (start - w).abs().max().item()
    print(f"backward: {by_backward}   step: {by_step:.7f}")
    print("p - lr g:", torch.equal(w, start - 0.0009 * w.grad))
    print("b:", b.tolist())
    # --8<-- [end:one-step]

    # --8<-- [start:formula]
    expected = torch.outer(x, (torch.sigmoid(z) - y) / 3)
    print(w.grad[0])
    print(expected[0].detach())
    torch.testing.assert_close(w.grad, expected)
    # --8<-- [end:formula]

    # --8<-- [start:non-leaf]
    print("leaves:", w.is_leaf, z.is_leaf)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        print("z.grad:", z.grad)
    sentence = str(caught[0].message).split(". ")[0]
    print(textwrap.fill(f"UserWarning: {sentence}", 40))
    # --8<-- [end:non-leaf]

    # --8<-- [start:zero-grad]
    print(w.grad[0])
    optimizer.zero_grad(set_to_none=False)
    print(w.grad[0])
    optimizer.zero_grad()
    print(w.grad)
    # --8<-- [end:zero-grad]

    # --8<-- [start:none-or-zero]
    sgd, adam = torch.optim.SGD, torch.optim.Adam
    optimizers = {
        "SGD": partial(sgd, lr=0.1),
        "momentum": partial(sgd, lr=0.1, momentum=0.9),
        "decay": partial(sgd, lr=0.1, weight_decay=0.5),
        "Adam": partial(adam, lr=0.1),
    }
    moves = {}
    for name, build in optimizers.items():
        none, zero = (step_after(build, flag) for flag in (True, False))
        moves[name] = zero
        print(f"{name:9} None: {none:7.4f}   zero: {zero:7.4f}")
    # --8<-- [end:none-or-zero]

    # --8<-- [start:forgotten]
    forgotten, growing = train(300, zero_grad=False)
    momentum, _ = train(300, momentum=1.0)
    print("same w:", torch.equal(forgotten, momentum))
    print([round(norm, 3) for norm in growing[:3]])
    # --8<-- [end:forgotten]

    # --8<-- [start:twice]
    w, b = parameters()
    z = torch.matmul(x, w) + b
    loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y)

    loss.backward()
    print(w.grad)
    print(b.grad)

    x1 = torch.ones(5)
    z1 = torch.matmul(x1, w) + b
    loss = torch.nn.functional.binary_cross_entropy_with_logits(z1, y)

    loss.backward()
    print(w.grad)
    print(b.grad)
    # --8<-- [end:twice]

    # --8<-- [start:added]
    before, address = w.grad.clone(), w.grad.data_ptr()
    other_loss = mse_loss(torch.matmul(x, w) + b, y)
    (alone,) = torch.autograd.grad(other_loss, w, retain_graph=True)
    other_loss.backward()
    print("sum:", torch.equal(w.grad, before + alone))
    print("same memory:", w.grad.data_ptr() == address)

    once = before / 2
    total = torch.zeros_like(once)
    for _ in range(10000):
        total += once
    drift = relative(total.double(), 10000 * once.double())
    print(f"drift: {drift:.1e}")
    # --8<-- [end:added]

    # --8<-- [start:backward-errors]
    print(error_of(loss.backward))
    print(error_of(z1.backward))
    # --8<-- [end:backward-errors]
