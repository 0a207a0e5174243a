"""The statements of the post that stand on the page `optimizers`, on trial."""

from optimizers import contest, order
from verdicts import Case, Trial


def c66() -> Trial:
    """Adam is among the most effective: one of the first two of 5, each at its best lr.

    >>> c66()
    imprecise (opinion)
    ✗ axes: 3/5
    ✓ rotated: 2/5
    ✗ noisy: 5/5
    ✓ network: 1/5
    """
    cases = []
    for problem, losses in contest().items():
        adam = losses["Adam"].min()
        rank = 1 + sum((each.min() < adam).item() for each in losses.values())
        cases.append(Case(problem, f"{rank}/5", rank <= 2))
    return Trial(*cases, opinion=True)


def c67() -> Trial:
    """Each optimizer has the situations it suits: no one is first on all problems.

    >>> c67()
    true
    ✓ axes, rotated, noisy, network: AdaGrad = RMSProp; momentum; AdaGrad; Adam
    """
    first = {
        problem: order({name: each.min().item() for name, each in losses.items()})[0]
        for problem, losses in contest().items()
    }
    everywhere = set.intersection(
        *(set(names.split(" = ")) for names in first.values())
    )
    return Trial(Case(", ".join(first), "; ".join(first.values()), not everywhere))
