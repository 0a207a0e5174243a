"""The statements of the post that stand on the page `optimizers`, on trial."""

from optimizers import ARMS, BUDGETS, PROBLEMS, tuned
from paired import level
from verdicts import Case, Trial


def c66() -> Trial:
    """Adam is among the most effective of five, each at its best lr, on two budgets.

    That is: among the first two, or not to be told from the first.

    >>> c66()
    imprecise (opinion)
    ✗ axes, t = 120，名次 | axes, t = 120, rank: 3/5
    ✓ axes, t = 480，名次 | axes, t = 480, rank: 2/5
    ✓ rotated, t = 120，名次 | rotated, t = 120, rank: 2/5
    ✓ rotated, t = 480，名次 | rotated, t = 480, rank: 2/5
    ✗ noisy, t = 120，名次 | noisy, t = 120, rank: 3/5
    ✗ noisy, t = 480，名次 | noisy, t = 480, rank: 4/5
    ✓ network, t = 120，名次 | network, t = 120, rank: 1/5
    ✓ network, t = 480，名次 | network, t = 480, rank: 1/5
    """
    cases = []
    for problem in PROBLEMS:
        for steps in BUDGETS:
            scores = tuned(problem, steps)
            adam = scores["Adam"].mean()
            rank = 1 + sum((each.mean() < adam).item() for each in scores.values())
            holds = rank <= 2 or "Adam" in level(scores)
            what = f"{problem}, t = {steps}，名次 | {problem}, t = {steps}, rank"
            cases.append(Case(what, f"{rank}/5", holds))
    return Trial(*cases, opinion=True)


def c67() -> Trial:
    """Each optimizer has a situation that it suits: where it is first of the five.

    Or not to be told from the first; at its best lr, with 24 seeds, on two budgets.

    >>> c67()
    imprecise
    ✗ SGD: –
    ✓ momentum: rotated 120, rotated 480, noisy 120, noisy 480
    ✓ AdaGrad: axes 120, axes 480, noisy 480
    ✓ RMSProp: axes 120
    ✓ Adam: rotated 480, network 120, network 480
    """
    suits: dict[str, list[str]] = {name: [] for name in ARMS}
    for problem in PROBLEMS:
        for steps in BUDGETS:
            for name in level(tuned(problem, steps)):
                suits[name].append(f"{problem} {steps}")
    places = len(PROBLEMS) * len(BUDGETS)
    return Trial(
        *(
            Case(name, ", ".join(where) or "–", 0 < len(where) < places)
            for name, where in suits.items()
        )
    )
