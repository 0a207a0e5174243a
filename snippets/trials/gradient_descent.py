"""The statements of the post that stand on the page `gradient-descent`, on trial."""

import torch
from gradient_descent import (
    descend,
    descended,
    first_step,
    spread_of_ends,
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
        moved = first_step(getattr(torch.optim, name))
        steps[name] = ", ".join(f"{-v:.3f}" for v in moved)
    sgd = steps.pop("SGD")
    return Trial(
        *(Case(f"{name} : SGD", f"{s} : {sgd}", s != sgd) for name, s in steps.items())
    )


def c48() -> Trial:
    """Steps of a certain length in the direction of the gradient lower the loss.

    After 400 steps less than a hundredth of it must be left.

    >>> c48()
    imprecise
    ✓ 逆着梯度，lr = 1/L | against the gradient, lr = 1/L: 108 → 2e-13
    ✗ 沿着梯度，lr = 0.2/L | along the gradient, lr = 0.2/L: 108 → 2e+65
    ✗ 逆着梯度，lr = 2/L | against the gradient, lr = 2/L: 108 → 8e+01
    ✗ 逆着梯度，lr = 2.1/L | against the gradient, lr = 2.1/L: 108 → 1e+35
    """
    cases = []
    for what, factor in (
        ("逆着梯度，lr = 1/L | against the gradient, lr = 1/L", 0.5),
        ("沿着梯度，lr = 0.2/L | along the gradient, lr = 0.2/L", -0.1),
        ("逆着梯度，lr = 2/L | against the gradient, lr = 2/L", 1.0),
        ("逆着梯度，lr = 2.1/L | against the gradient, lr = 2.1/L", 1.05),
    ):
        losses = descended(factor)
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
    """Gradient descent easily ends in a local optimum that is not the best one.

    The share of starts that end in the worse of two wells, at two learning rates; how
    far apart 40 descents end on a convex bowl, whose only minimum is the best.

    >>> c50()
    imprecise
    ✓ 两个谷，lr = 0.05 | two wells, lr = 0.05: 47.5%
    ✓ 两个谷，lr = 0.5 | two wells, lr = 0.5: 44.9%
    ✗ 凸的碗，终点的差距 | a convex bowl, spread of the ends: < 1e-9
    """
    cases = []
    for lr in (0.05, 0.5):
        worse = wells(torch.optim.SGD, lr)
        what = f"两个谷，lr = {lr} | two wells, lr = {lr}"
        cases.append(Case(what, f"{worse:.1%}", worse > 0.1))
    spread = spread_of_ends()
    what = "凸的碗，终点的差距 | a convex bowl, spread of the ends"
    shown = "< 1e-9" if spread < 1e-9 else f"{spread:.1e}"
    return Trial(*cases, Case(what, shown, spread > 1e-3))
