"""Seven schedules on handwritten digits, each with a peak learning rate of its own."""

from collections.abc import Sequence
from functools import partial

import torch
from matplotlib.figure import Figure
from plotting import axes, style
from race import Runner, Score, chosen, lead, run
from torch.optim import SGD, Adam, Optimizer
from torch.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    LinearLR,
    LRScheduler,
    OneCycleLR,
    SequentialLR,
    StepLR,
)

SCHEDULES = ["constant", "step", "cosine"]
SCHEDULES += [f"warm-up + {name}" for name in SCHEDULES] + ["one-cycle"]
RUNNERS = {
    "momentum": Runner(SGD, {"momentum": 0.9}, 32, 0.025 * 2 ** torch.arange(5)),
    "Adam": Runner(Adam, {}, 32, 0.0064 * 2 ** torch.arange(6)),
}


def scheduler(name: str, steps: int, optimizer: Optimizer) -> LRScheduler:
    """Return torch's scheduler for a run of so many steps; its peak is the group's lr.

    "step" goes to a tenth halfway, "cosine" to 0; a warm-up is the first tenth of the
    steps, from a hundredth of the peak. "one-cycle" is OneCycleLR with its defaults,
    but momentum stays as it is.

    >>> optimizer = SGD([torch.zeros(1)], lr=1.0)
    >>> warm = scheduler("warm-up + cosine", 100, optimizer)
    >>> rates = []
    >>> for _ in range(100):
    ...     rates += warm.get_last_lr()
    ...     optimizer.step()
    ...     warm.step()
    >>> rates[0], round(rates[10], 3), round(rates[55], 3), rates[99] < 0.001
    (0.01, 1.0, 0.5, True)
    """
    if name == "one-cycle":
        peaks = [group["lr"] for group in optimizer.param_groups]
        return OneCycleLR(optimizer, peaks, steps, cycle_momentum=False)
    first, _, rest = name.rpartition(" + ")
    warm = steps // 10 if first else 0
    if first:
        start = LinearLR(optimizer, start_factor=0.01, total_iters=warm)
    left = steps - warm
    decay = {
        "constant": partial(ConstantLR, factor=1.0),
        "step": partial(StepLR, step_size=left // 2),
        "cosine": partial(CosineAnnealingLR, T_max=left),
    }[rest](optimizer)
    return SequentialLR(optimizer, [start, decay], [warm]) if first else decay


def everyone(rule: str, seeds: Sequence[int], steps: int) -> dict[str, Score]:
    """Return the score of each schedule, with "momentum" or "Adam", on the digits.

    >>> scores = everyone("Adam", seeds=[0], steps=20)
    >>> list(scores)[-1], scores["constant"].test.shape
    ('one-cycle', torch.Size([6, 1]))
    """
    return {
        name: run(RUNNERS[rule], seeds, [steps], None, partial(scheduler, name, steps))[
            steps
        ]
        for name in SCHEDULES
    }


def table(scores: dict[str, Score]) -> str:
    """Return, as a Markdown table, what each schedule gains over the constant rate.

    Columns: the chosen peak, accuracy on the test set in percent, and its gain in
    points with half a 95 % interval, paired by seeds: with the peak of its own, and at
    the one that is best for the constant rate.

    >>> one = torch.ones(1, 2)
    >>> print(table({"constant": Score(torch.tensor([0.1]), one, one, 0, 100, 0)}))
    | schedule | peak | test % | gain | at constant's peak |
    | :-- | --: | --: | --: | --: |
    | constant | 0.1 | 100.0 | 0.00 ± 0.00 | 0.00 ± 0.00 |
    """
    lines = ["| schedule | peak | test % | gain | at constant's peak |"]
    lines.append("| :-- |" + " --: |" * 4)
    peak = scores["constant"].best
    fixed = {name: score._replace(best=peak) for name, score in scores.items()}
    for name, values in chosen(scores).items():
        score = scores[name]
        gains = (lead(each, name, "constant") for each in (scores, fixed))
        gains = (gain.replace("-", "−") for gain in gains)
        lines.append(
            f"| {name} | {score.lrs[score.best].item():.3g} | {values.mean():.1f} | "
            + " | ".join(gains)
            + " |"
        )
    return "\n".join(lines)


def figure(scores: dict[str, dict[str, Score]], shown: Sequence[str]) -> Figure:
    """Return accuracy on the test set against the peak, a panel for each optimizer.

    >>> both = torch.tensor([[0.5, 0.7], [0.8, 0.9]])
    >>> score = Score(torch.tensor([0.1, 0.2]), both, both, 1, 100, 0)
    >>> len(figure({"Adam": {"cosine": score}}, ["cosine"]).axes)
    1
    """
    result, *panels = axes(*len(scores) * [("lr", "%")], height=2.6, xscale="log")
    for panel, (rule, some) in zip(panels, scores.items(), strict=True):
        for number, name in enumerate(shown):
            score, look = some[name], style(number)
            mean = 100 * score.test.mean(1)
            panel.plot(score.lrs, mean, **look, label=name)
            panel.plot(
                score.lrs[score.best], mean[score.best], "o", color=look["color"]
            )
        panel.set(title=rule, ylim=(80, 97))
        tried = some[shown[0]].lrs.tolist()
        panel.set_xticks(tried, [f"{lr:.3g}" for lr in tried])
        panel.minorticks_off()
    result.get_layout_engine().set(hspace=0.08)  # lr is not part of the next title
    panels[0].legend(
        loc="lower center",
        bbox_to_anchor=(0.5, 1.12),
        ncols=4,
        fontsize=10.5,
        handlelength=1.6,
        columnspacing=1,
    )
    return result
