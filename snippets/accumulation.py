"""Gradient accumulation: what backward() adds, clipping scales and step() uses."""

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
from torch.nn.utils import (
    clip_grad_norm_,
    clip_grad_value_,
    parameters_to_vector,
)
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


# --8<-- [start:steps_until]
def steps_until(
    done: Callable[[float], bool],
    grad: Callable[[float], float],
    theta: float,
    lr: float,
    limit: int = 100_000,
) -> float:
    """Return how many steps ``theta -= lr * grad(theta)`` take until ``done(theta)``.

    Returns inf if that has not happened after ``limit`` steps.

    >>> small = lambda theta: abs(theta) <= 1e-3
    >>> steps = [steps_until(small, lambda t: t, 1.0, lr) for lr in (0.5, 1, 1.5, 2)]
    >>> steps
    [10, 1, 10, inf]
    """
    for step in range(limit):
        if done(theta):
            return step
        theta -= lr * grad(theta)
    return math.inf


# --8<-- [end:steps_until]


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


# --8<-- [start:descend]
def descend(
    z: list[float],
    lr: float,
    epochs: int,
    max_norm: float = math.inf,
    zero_grad: bool = True,
) -> tuple[list[list[float]], list[float]]:
    """Return the logits before each epoch and after the last, and the gradient norms.

    The post's loop without autograd, in float64: y = 0 and x = 1, so the gradient of
    every entry of column j of w, and of b[j], is sigmoid(z[j]) / 3. The factor of the
    clip is that of torch.nn.utils.clip_grad_norm_, 1e-6 included.

    >>> zs, norms = descend([6.0, 12.0, 18.0], lr=0.0009, epochs=3, max_norm=1.0)
    >>> w, expected = train(3, max_norm=1.0)
    >>> torch.testing.assert_close(norms, expected, rtol=1e-6, atol=0)
    >>> torch.testing.assert_close(6 * w[0], torch.tensor(zs[3]), rtol=0, atol=1e-5)
    >>> zs, norms = descend([6.0, 12.0, 18.0], 0.0009, 3, 1.0, zero_grad=False)
    >>> [round(norm, 3) for norm in norms]
    [1.413, 2.413, 2.413]
    """
    zs, norms, left = [z], [], [0.0] * len(z)
    for _ in range(epochs):
        g = [1 / (1 + math.exp(-z_j)) / 3 for z_j in z]
        if not zero_grad:
            g = [g_j + left_j for g_j, left_j in zip(g, left, strict=True)]
        norm = math.sqrt(6 * sum(g_j**2 for g_j in g))
        scale = min(1.0, max_norm / (norm + 1e-6))
        left = [scale * g_j for g_j in g]
        z = [z_j - 6 * lr * g_j for z_j, g_j in zip(z, left, strict=True)]
        zs.append(z)
        norms.append(norm)
    return zs, norms


# --8<-- [end:descend]


# --8<-- [start:c14]
def c14() -> Trial:
    """Without the clip z keeps falling, so with it z should come to rest.

    z₁ of the post's loop, lr 0.0009, after 50,000 and 100,000 epochs.

    >>> c14()
    false
    ✗ 裁剪 | with the clip: z₁ -4.338 → -5.111
    """
    clipped, _ = descend([6.0, 12.0, 18.0], 0.0009, 100_000, max_norm=1.0)
    half, full = clipped[50_000][0], clipped[100_000][0]
    return Trial(
        Case("裁剪 | with the clip", f"z₁ {half:.3f} → {full:.3f}", full > half - 0.01)
    )


# --8<-- [end:c14]


# --8<-- [start:quartic]
def quartic(steps: int, lr: float, max_norm: float = math.inf) -> list[float]:
    """Return p after each of ``steps`` SGD steps on p ** 4 from p = 10, in float32.

    >>> quartic(2, lr=0.1)
    [-390.0, 23727210.0]
    >>> quartic(2, lr=0.125, max_norm=1.0)
    [9.875, 9.75]
    """
    p = torch.tensor(10.0, requires_grad=True)
    optimizer = torch.optim.SGD([p], lr=lr)
    path = []
    for _ in range(steps):
        optimizer.zero_grad()
        (p**4).backward()
        if max_norm < math.inf:
            clip_grad_norm_([p], max_norm)
        optimizer.step()
        path.append(p.item())
    return path


# --8<-- [end:quartic]


# --8<-- [start:relative]
def relative(value: Tensor, reference: Tensor) -> float:
    """Return the distance of two vectors in units of the reference's length.

    >>> relative(torch.tensor([0.0, 5.0]), torch.tensor([0.0, 4.0]))
    0.25
    """
    return ((value - reference).norm() / reference.norm()).item()


# --8<-- [end:relative]


# --8<-- [start:gradient]
def gradient(
    model: torch.nn.Module,
    batches: list[tuple[Tensor, Tensor]],
    weights: list[float],
) -> Tensor:
    """Return the gradient of ``model`` accumulated over ``batches``, one flat vector.

    Each batch is an input and a target; its mean squared error counts ``weight`` times.

    >>> model = torch.nn.Linear(1, 1)
    >>> with torch.no_grad():
    ...     _ = model.weight.fill_(1.0), model.bias.fill_(0.0)
    >>> one, two = torch.tensor([[1.0]]), torch.tensor([[2.0]])
    >>> gradient(model, [(one, two), (two, two)], [0.5, 0.5])
    tensor([-1., -1.])
    """
    model.zero_grad()
    for (x, y), weight in zip(batches, weights, strict=True):
        loss = weight * mse_loss(model(x), y)
        loss.backward()
    return parameters_to_vector(p.grad for p in model.parameters())


# --8<-- [end:gradient]


# --8<-- [start:finish]
def finish(
    build: Callable[..., torch.optim.Optimizer],
    weight: float,
    max_norm: float = math.inf,
    steps: int = 30,
) -> Tensor:
    """Return how far the steps carry a seeded nn.Linear(5, 3), as one flat vector.

    Each step accumulates 4 micro-batches of 4 samples, ``weight`` times each loss.

    >>> sgd, faster = (partial(torch.optim.SGD, lr=lr) for lr in (0.01, 0.04))
    >>> torch.equal(finish(sgd, 1, steps=5), finish(faster, 1 / 4, steps=5))
    True
    """
    torch.manual_seed(0)
    inputs, targets = torch.randn(16, 5), torch.randn(16, 3)
    batches = list(zip(inputs.split(4), targets.split(4), strict=True))
    model = torch.nn.Linear(5, 3)
    start = parameters_to_vector(model.parameters()).detach()
    optimizer = build(model.parameters())
    for _ in range(steps):
        gradient(model, batches, [weight] * 4)
        clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
    return parameters_to_vector(model.parameters()).detach() - start


# --8<-- [end:finish]


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


# --8<-- [start:c08]
def c08() -> Trial:
    """The learning rate strongly affects the speed: loss after 10,000 epochs.

    >>> c08()
    true
    ✓ lr = 9e-5 … 9e-2: 10.7301, 1.2327, 0.0062, 0.0006
    """
    losses = []
    for lr in (0.00009, 0.0009, 0.009, 0.09):
        zs, _ = descend([6.0, 12.0, 18.0], lr, 10_000, max_norm=1.0)
        losses.append(sum(math.log1p(math.exp(z)) for z in zs[-1]) / 3)
    shown = ", ".join(f"{loss:.4f}" for loss in losses)
    return Trial(Case("lr = 9e-5 … 9e-2", shown, losses[0] > 100 * losses[-1]))


# --8<-- [end:c08]


# --8<-- [start:c09]
def c09() -> Trial:
    """A larger learning rate needs fewer epochs: steps on a slope and on a parabola.

    >>> c09()
    imprecise
    ✓ 原文的 z，y = 0 | the post's z, y = 0: lr 0.01, 10: 950, 1
    ✓ p²/2，lr < 1/L | p²/2, lr < 1/L: lr 0.1, 0.5: 66, 10
    ✗ p²/2，lr > 1/L | p²/2, lr > 1/L: lr 1, 1.9: 1, 66
    ✗ p²/2，lr = 2/L | p²/2, lr = 2/L: lr 1.9, 2: 66, ∞
    """

    def slope(lr):
        return steps_until(lambda z: z <= 0, lambda z: 2 / (1 + math.exp(-z)), 18.0, lr)

    def bowl(lr):
        return steps_until(lambda p: abs(p) <= 1e-3, lambda p: p, 1.0, lr)

    cases = []
    for what, steps, less, more in (
        ("原文的 z，y = 0 | the post's z, y = 0", slope, 0.01, 10),
        ("p²/2，lr < 1/L | p²/2, lr < 1/L", bowl, 0.1, 0.5),
        ("p²/2，lr > 1/L | p²/2, lr > 1/L", bowl, 1, 1.9),
        ("p²/2，lr = 2/L | p²/2, lr = 2/L", bowl, 1.9, 2),
    ):
        few, many = steps(more), steps(less)
        shown = f"lr {less:g}, {more:g}: {many}, {few}".replace("inf", "∞")
        cases.append(Case(what, shown, few < many))
    return Trial(*cases)


# --8<-- [end:c09]


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


# --8<-- [start:c13]
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


# --8<-- [end:c13]


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
    final = (torch.matmul(x, w) + b).tolist()
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

    # --8<-- [start:rates]
    start = [6.0, 12.0, 18.0]
    rates = [0.00009, 0.0009, 0.009, 0.09]
    losses, ends = [], []
    for lr in rates:
        zs, _ = descend(start, lr, 10000, max_norm=1.0)
        ends.append(zs[-1])
        losses.append(sum(math.log1p(math.exp(v)) for v in zs[-1]) / 3)
        print(f"lr {lr:<7}  loss {losses[-1]:.5f}")

    error = max(abs(a - b) for a, b in zip(ends[1], final, strict=True))
    print(f"lr 0.0009: {error:.5f} from the loop above")
    # --8<-- [end:rates]

    # --8<-- [start:reversal]
    def bowl(lr):
        def small(p):
            return abs(p) <= 1e-3

        return steps_until(small, lambda p: p, 1.0, lr)

    def slope(lr):
        def grad(z):
            return 2 / (1 + math.exp(-z))

        return steps_until(lambda z: z <= 0, grad, 18.0, lr)

    print("   lr    bowl  slope")
    for lr in (0.01, 0.1, 0.5, 1, 1.5, 1.9, 1.99, 2, 10):
        print(f"{lr:5} {bowl(lr):7} {slope(lr):6}")
    # --8<-- [end:reversal]

    # --8<-- [start:reversal-figure]
    from plotting import axes, style, svg

    figure, panel = axes(("lr", "steps"), xscale="log", yscale="log", height=3.0)
    wide = [10 ** (k / 10) for k in range(-30, 21)]
    near = [2 - 10 ** (k / 10) for k in range(-30, 1)]
    tried = sorted({lr for lr in wide if lr < 1} | {1.0} | set(near))
    panel.plot(tried, [bowl(lr) for lr in tried], **style(0), label="L p²/2, L = 1")
    panel.plot(wide, [slope(lr) for lr in wide], **style(1), label="z, y = 0")
    for edge, name in ((1, "1/L"), (2, "2/L")):
        panel.axvline(edge, color=style(5)["color"], linewidth=0.9, linestyle=":")
        side = {"ha": "right", "x": edge / 1.08} if edge == 1 else {"x": edge * 1.08}
        panel.text(y=2e4, s=name, va="top", **side)
    panel.set_ylim(0.7, 3e4)
    panel.legend(loc="lower left")
    print(svg(figure, "reversal"))
    # --8<-- [end:reversal-figure]

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

    # --8<-- [start:hidden]
    print("epochs  max_norm  zero_grad  z1")
    hidden = {}
    for epochs, max_norm in ((300, math.inf), (300, 1.0), (10000, 1.0)):
        for zero_grad in (True, False):
            zs, norms = descend(start, 0.0009, epochs, max_norm, zero_grad)
            z1 = zs[-1][0]
            hidden[epochs, max_norm, zero_grad] = z1
            print(f"{epochs:6}  {max_norm:8}  {zero_grad!s:9} {z1:8.3f}")
    # --8<-- [end:hidden]

    # --8<-- [start:with-and-without]
    clipped, norms = descend(start, 0.0009, 100_000, max_norm=1.0)
    free, free_norms = descend(start, 0.0009, 100_000)
    idle = next(t for t, norm in enumerate(norms) if norm < 1)

    print("epoch    clip  no clip  -ln(2 lr t)")
    for t in (1000, 10_000, 100_000):
        limit = -math.log(2 * 0.0009 * t)
        print(f"{t:6} {clipped[t][0]:6.3f} {free[t][0]:8.3f} {limit:12.3f}")
    print(f"norm at most {max(norms):.4f}, {max(free_norms):.4f}")
    print("clip idle from epoch", idle)
    # --8<-- [end:with-and-without]

    # --8<-- [start:clip-figure]
    figure, upper, lower = axes(("t", "z₁"), ("t", "‖g‖"), xscale="log", height=2.4)
    shown = sorted({round(10 ** (k / 30)) for k in range(60, 151)} - {100_000})
    late = [t for t in shown if t > 3000]
    runs = ((clipped, norms, "max_norm = 1"), (free, free_norms, "max_norm = ∞"))
    for number, (logits, lengths, name) in enumerate(runs):
        upper.plot(shown, [logits[t][0] for t in shown], **style(number), label=name)
        lower.plot(shown, [lengths[t] for t in shown], **style(number))
    limit = [-math.log(2 * 0.0009 * t) for t in late]
    upper.plot(late, limit, **style(3), label="−ln(2·lr·t)")
    lower.axhline(1, color=style(5)["color"], linewidth=0.9, linestyle=":")
    lower.set_ylim(0, 1.5)
    upper.legend(loc="lower left")
    print(svg(figure, "clip"))
    # --8<-- [end:clip-figure]

    # --8<-- [start:saved]
    wild, tame = quartic(200, lr=0.1), quartic(200, lr=0.1, max_norm=1.0)
    print("step     no clip     clip")
    for step in (1, 2, 3, 4, 5, 100, 200):
        print(f"{step:4} {wild[step - 1]:11.3g} {tame[step - 1]:8.4f}")
    # --8<-- [end:saved]

    # --8<-- [start:norm-or-value]
    grad = torch.tensor([0.3, 4.0])
    p = torch.zeros(2, requires_grad=True)

    p.grad = grad.clone()
    length = clip_grad_norm_([p], max_norm=1.0)
    norm_cosine = torch.cosine_similarity(p.grad, grad, dim=0)
    print("returned:", length)
    print(f"norm:  {p.grad}  cosine {norm_cosine:.4f}")

    p.grad = grad.clone()
    clip_grad_value_([p], clip_value=1.0)
    value_cosine = torch.cosine_similarity(p.grad, grad, dim=0)
    print(f"value: {p.grad}  cosine {value_cosine:.4f}")
    # --8<-- [end:norm-or-value]

    # --8<-- [start:nonfinite]
    p.grad = torch.tensor([math.inf, 1.0])
    print(clip_grad_norm_([p], max_norm=1.0), p.grad)

    p.grad = torch.tensor([math.inf, 1.0])
    strict = partial(clip_grad_norm_, error_if_nonfinite=True)
    print(error_of(lambda: strict([p], max_norm=1.0)))
    print(p.grad)
    # --8<-- [end:nonfinite]

    # --8<-- [start:consumed]
    params = layer.parameters()
    optimizer = torch.optim.SGD(params, lr=0.1)
    layer(torch.ones(5)).sum().backward()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        nothing = clip_grad_norm_(params, max_norm=1.0)
    print(nothing, *(warning.category.__name__ for warning in caught))
    print(textwrap.fill(str(caught[0].message), 40))
    print(clip_grad_norm_(layer.parameters(), max_norm=1.0))
    # --8<-- [end:consumed]

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

    # --8<-- [start:unequal]
    torch.manual_seed(0)
    inputs, targets = torch.randn(10, 5), torch.randn(10, 3)
    model = torch.nn.Linear(5, 3)
    whole = gradient(model, [(inputs, targets)], [1.0])

    sizes = [4, 4, 2]
    parts = inputs.split(sizes), targets.split(sizes)
    batches = list(zip(*parts, strict=True))
    by_size = gradient(model, batches, [n / 10 for n in sizes])
    by_count = gradient(model, batches, [1 / 3] * 3)
    print(f"n_i/N: {relative(by_size, whole):.1e}")
    print(f"1/K:   {relative(by_count, whole):.1e}")
    # --8<-- [end:unequal]

    # --8<-- [start:mixing]
    torch.manual_seed(0)
    gaps = {}
    for mixing in (
        torch.nn.Identity(),
        torch.nn.LayerNorm(8),
        torch.nn.BatchNorm1d(8),
        torch.nn.Dropout(0.5),
    ):
        net = torch.nn.Sequential(
            torch.nn.Linear(5, 8), mixing, torch.nn.ReLU(), torch.nn.Linear(8, 3)
        )
        name = type(mixing).__name__
        big = gradient(net, [(inputs, targets)], [1.0])
        summed = gradient(net, batches, [n / 10 for n in sizes])
        gaps[name] = relative(summed, big)
        print(f"{name:12} {gaps[name]:.1e}")
    # --8<-- [end:mixing]

    # --8<-- [start:forgotten-k]
    optimizers = {
        "SGD": partial(sgd, lr=0.02),
        "Adam": partial(adam, lr=0.02),
        "Adam, L2": partial(adam, lr=0.02, weight_decay=0.1),
        "AdamW": partial(torch.optim.AdamW, lr=0.02, weight_decay=0.1),
    }
    effect = {}
    for name, build in optimizers.items():
        for max_norm in (math.inf, 0.5):
            right = finish(build, 1 / 4, max_norm)
            wrong = finish(build, 1, max_norm)
            effect[name, max_norm] = relative(wrong, right)
        free_run, clipped_run = effect[name, math.inf], effect[name, 0.5]
        print(f"{name:9} no clip {free_run:.1e}   clip {clipped_run:.1e}")
    faster = finish(partial(sgd, lr=0.08), 1 / 4)
    print("SGD = lr x 4:", torch.equal(finish(optimizers["SGD"], 1), faster))
    # --8<-- [end:forgotten-k]

    # --8<-- [start:clip-place]
    once_clipped = 0.1 * whole / whole.norm()

    model.zero_grad()
    for (part, target), n in zip(batches, sizes, strict=True):
        (n / 10 * mse_loss(model(part), target)).backward()
        clip_grad_norm_(model.parameters(), max_norm=0.1)
    each_clipped = parameters_to_vector(p.grad for p in model.parameters())

    cosine = torch.cosine_similarity(each_clipped, once_clipped, dim=0)
    print(f"norms {once_clipped.norm():.3f} {each_clipped.norm():.3f}")
    print(f"cosine {cosine:.3f}")
    # --8<-- [end:clip-place]

    # --8<-- [start:recipe]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)

    for _ in range(2):
        optimizer.zero_grad()
        for part, target in batches:
            loss = mse_loss(model(part), target) * len(part) / len(inputs)
            loss.backward()
        clip_grad_norm_(model.parameters(), max_norm=1.0)
        optimizer.step()
        scheduler.step()
        print("lr", scheduler.get_last_lr()[0])
    # --8<-- [end:recipe]

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
