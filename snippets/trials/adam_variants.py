"""The statements of the post that stand on the page `adam-variants`, on trial."""

import math

import torch
from adam import adam, adam_in_paper, descend, follow, follow_torch
from adam_variants import noise_floor, reddi, wide_run
from verdicts import Case, Trial


def c76() -> Trial:
    """ε is for numerical stability, usually 1e-8.

    >>> c76()
    true
    ✓ g = 0: ε = 0; ε = 1e-8: Δθ = nan; 0.0
    ✓ torch.optim.Adam: ε = 1e-08
    """
    zero = torch.zeros(1, 1, dtype=torch.float64)
    without, with_eps = follow_torch(zero, eps=0.0).item(), follow_torch(zero).item()
    eps = torch.optim.Adam([torch.zeros(1, requires_grad=True)]).defaults["eps"]
    return Trial(
        Case(
            "g = 0: ε = 0; ε = 1e-8",
            f"Δθ = {without}; {with_eps}",
            math.isnan(without) and with_eps == 0,
        ),
        Case("torch.optim.Adam", f"ε = {eps}", eps == 1e-8),
    )


def c77() -> Trial:
    """Adam adapts to parameters whose gradients differ widely in size: a millionfold.

    Where the three end, each optimizer at its best lr; the minimum is at 1.

    >>> c77()
    true
    ✓ Adam: 1.0000, 1.0000, 1.0000
    ✓ 而 SGD 不能 | unlike SGD: 0.0003, 0.2546, 1.0000
    """
    cases = []
    for what, rule, close in (
        ("Adam", torch.optim.Adam, True),
        ("而 SGD 不能 | unlike SGD", torch.optim.SGD, False),
    ):
        _, ends = wide_run(rule)
        shown = ", ".join(f"{end:.4f}" for end in ends)
        cases.append(Case(what, shown, bool((ends - 1).abs().max() < 0.01) is close))
    return Trial(*cases)


def c80() -> Trial:
    """α is the learning rate: the first step in units of α, for three gradients.

    >>> c80()
    true
    ✓ g = 0.001: Δθ = 1.0000 α
    ✓ g = 1: Δθ = 1.0000 α
    ✓ g = 1000: Δθ = 1.0000 α
    """
    cases = []
    for size in (1e-3, 1.0, 1e3):
        grad = torch.full((1, 1), size, dtype=torch.float64)
        step = -follow(adam, grad, lr=1.0).item()
        cases.append(Case(f"g = {size:g}", f"Δθ = {step:.4f} α", abs(step - 1) < 0.01))
    return Trial(*cases)


def c78() -> Trial:
    """Adam stays stable and converges to a local optimum.

    On a parabola; in the example of Reddi et al., where −1 is best; and with noise,
    where the loss must keep falling in the second half of the run.

    >>> c78()
    imprecise
    ✓ x²/2: |x| = 2e-23
    ✗ Reddi et al.: x = 1.000
    ✗ 有噪声：1,000、4,000 步的损失 | noise: loss at 1,000, 4,000: 0.024, 0.024
    """
    parabola = descend(adam_in_paper, 1.0, lr=0.05, steps=1000)[-1].item()
    stuck = reddi(amsgrad=False)[-1].item()
    early, late = noise_floor(0.1, steps=1000), noise_floor(0.1, steps=4000)
    return Trial(
        Case("x²/2", f"|x| = {abs(parabola):.0e}", abs(parabola) < 1e-3),
        Case("Reddi et al.", f"x = {stuck:.3f}", stuck < -0.9),
        Case(
            "有噪声：1,000、4,000 步的损失 | noise: loss at 1,000, 4,000",
            f"{early:.3f}, {late:.3f}",
            late < 0.5 * early,
        ),
    )


def c79() -> Trial:
    """Adam is often a default: what trains where no optimizer was named.

    Three classes that train a neural network, with their own defaults. mlxtend's does
    not say what it uses: with every sample twice its gradient doubles, at which a first
    step of Adam would stay as it is.

    >>> c79()
    imprecise
    ✓ sklearn MLPClassifier: AdamOptimizer
    ✓ sklearn MLPRegressor: AdamOptimizer
    ✗ mlxtend MultiLayerPerceptron, g × 2: Δθ × 2.00
    """
    import warnings

    import numpy as np
    from mlxtend.classifier import MultiLayerPerceptron
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    x, y = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]), [1, 1, 0, 0]
    cases = []
    for kind in (MLPClassifier, MLPRegressor):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = kind(max_iter=1, random_state=0).fit(x, y)
        used = type(model._optimizer).__name__
        cases.append(Case(f"sklearn {kind.__name__}", used, used == "AdamOptimizer"))
    steps = []
    for times in (1, 2):
        data = np.tile(x, (times, 1)), np.tile(y, times)
        ends = [
            MultiLayerPerceptron(epochs=epochs, random_seed=0).fit(*data).w_["1"]
            for epochs in (0, 1)
        ]
        steps.append(np.linalg.norm(ends[1] - ends[0]))
    ratio = steps[1] / steps[0]
    shown = f"Δθ × {ratio:.2f}"
    adam = bool(abs(ratio - 1) < 0.01)
    return Trial(*cases, Case("mlxtend MultiLayerPerceptron, g × 2", shown, adam))
