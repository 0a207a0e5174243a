"""The statements of the post that stand on the page `gradient-descent`, on trial."""

import torch
from gradient_descent import (
    CURVATURE,
    descend,
    descended,
    gradient,
    regression,
    wells,
)
from verdicts import Case, Trial


def c47() -> Trial:
    """Optimizers differ in how they update: first steps for g = (1, 0.01), lr 0.1.

    >>> c47()
    true
    ✓ Adagrad : SGD: 0.100, 0.100 : 0.100, 0.001
    ✓ RMSprop : SGD: 1.000, 1.000 : 0.100, 0.001
    ✓ Adam : SGD: 0.100, 0.100 : 0.100, 0.001
    """
    steps = {}
    for name in ("SGD", "Adagrad", "RMSprop", "Adam"):
        param = torch.zeros(2, requires_grad=True)
        param.grad = torch.tensor([1.0, 0.01])
        getattr(torch.optim, name)([param], lr=0.1).step()
        steps[name] = ", ".join(f"{-v:.3f}" for v in param.tolist())
    sgd = steps.pop("SGD")
    return Trial(
        *(Case(f"{name} : SGD", f"{s} : {sgd}", s != sgd) for name, s in steps.items())
    )


def c48() -> Trial:
    """Steps of a certain length in the direction of the gradient lower the loss.

    >>> c48()
    imprecise
    ✓ 逆着梯度，lr = 1/L | against the gradient, lr = 1/L: 108 → 2e-13
    ✗ 沿着梯度，lr = 0.2/L | along the gradient, lr = 0.2/L: 108 → 2e+65
    ✗ 逆着梯度，lr = 2/L | against the gradient, lr = 2/L: 108 → 8e+01
    ✗ 逆着梯度，lr = 2.1/L | against the gradient, lr = 2.1/L: 108 → 1e+35
    """
    cases = []
    for what, factor, uphill in (
        ("逆着梯度，lr = 1/L | against the gradient, lr = 1/L", 0.5, False),
        ("沿着梯度，lr = 0.2/L | along the gradient, lr = 0.2/L", 0.1, True),
        ("逆着梯度，lr = 2/L | against the gradient, lr = 2/L", 1.0, False),
        ("逆着梯度，lr = 2.1/L | against the gradient, lr = 2.1/L", 1.05, False),
    ):
        losses = descended(factor, uphill)
        shown = f"{losses[0]:.0f} → {losses[-1]:.0e}"
        cases.append(Case(what, shown, losses[-1] < 0.01 * losses[0]))
    return Trial(*cases)


def c49() -> Trial:
    """Gradient descent may be slow: steps to 1e-6 at the best lr, by condition number.

    >>> c49()
    true
    ✓ κ = 1, 100, 10⁴: 1, 691, 69,078
    """
    steps = {k: descend((1.0, k), 2 / (1 + k))[0] for k in (1, 100, 10_000)}
    shown = ", ".join(f"{n:,}" for n in steps.values())
    return Trial(Case("κ = 1, 100, 10⁴", shown, steps[10_000] > 1000 * steps[1]))


def c50() -> Trial:
    """Gradient descent is prone to end in a local optimum, and more so than others.

    The share of starts that end in the worse of two wells; the distance of the ends of
    40 starts from each other on a convex bowl.

    >>> c50()
    imprecise
    ✓ 两口井 | two wells: 47.5%
    ✗ 凸的碗，终点的差距 | a convex bowl, spread of the ends: < 1e-9
    ✗ 比 Adam 更容易 | more so than Adam: 47.5% : 47.5%
    """
    worse, adam = wells(torch.optim.SGD), wells(torch.optim.Adam)
    x, y, _ = regression()
    starts = 5 * torch.randn(40, 2, generator=torch.Generator().manual_seed(0)).double()
    for _ in range(800):
        starts = starts - gradient(starts, x, y) / CURVATURE.max()
    spread = (starts - starts.mean(0)).abs().max().item()
    return Trial(
        Case("两口井 | two wells", f"{worse:.1%}", worse > 0.1),
        Case(
            "凸的碗，终点的差距 | a convex bowl, spread of the ends",
            "< 1e-9" if spread < 1e-9 else f"{spread:.1e}",
            spread > 1e-3,
        ),
        Case(
            "比 Adam 更容易 | more so than Adam",
            f"{worse:.1%} : {adam:.1%}",
            worse > adam + 0.01,
        ),
    )
