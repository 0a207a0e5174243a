"""The statements of the post that stand on the page `adam-variants`, on trial."""

import math

import torch
from adam import adam, adam_in_paper, descend, follow, follow_torch
from adam_variants import noise_floor, reddi, scaled_run
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
    """Adam adapts to gradients of any size: the loss times 1e-3, 1 and 1e3.

    It should end at the same place; the minimum is at 1.

    >>> c77()
    true
    ✓ Adam, × 1e-3, 1, 1e3: 0.99997, 0.99997, 0.99997
    ✓ 而 SGD 不能，× 1e-3, 1 | unlike SGD, × 1e-3, 1: 0.00995, 0.99996
    """
    ends = [scaled_run(torch.optim.Adam, scale, lr=0.05) for scale in (1e-3, 1, 1e3)]
    sgd = [scaled_run(torch.optim.SGD, scale, lr=0.05) for scale in (1e-3, 1)]
    return Trial(
        Case(
            "Adam, × 1e-3, 1, 1e3",
            ", ".join(f"{end:.5f}" for end in ends),
            max(ends) - min(ends) < 1e-3,
        ),
        Case(
            "而 SGD 不能，× 1e-3, 1 | unlike SGD, × 1e-3, 1",
            ", ".join(f"{end:.5f}" for end in sgd),
            abs(sgd[0] - sgd[1]) > 0.5,
        ),
    )


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
    """Adam is often a default: in torch there is none, in scikit-learn there is.

    >>> c79()
    imprecise
    ✗ torch：可选的类；默认 | torch: classes to choose from; a default: 15; None
    ✓ sklearn MLPClassifier().solver: adam
    """
    from sklearn.neural_network import MLPClassifier

    optimizers = [
        kind
        for kind in vars(torch.optim).values()
        if isinstance(kind, type) and issubclass(kind, torch.optim.Optimizer)
    ]
    chosen = MLPClassifier().get_params()["solver"]
    return Trial(
        Case(
            "torch：可选的类；默认 | torch: classes to choose from; a default",
            f"{len(optimizers) - 1}; {getattr(torch.optim, 'default', None)}",
            hasattr(torch.optim, "default"),
        ),
        Case("sklearn MLPClassifier().solver", chosen, chosen == "adam"),
    )
