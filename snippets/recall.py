"""How far back: truncation windows on delayed recall, with distractors and without."""

from collections.abc import Sequence
from itertools import chain

import torch
from matplotlib.figure import Figure
from plotting import axes, style
from summed_loss import cost, truncated
from truncation import Best, best_recall, recall

WINDOWS = [1, 2, 3, 4, 5, 6]


def sample(lag: int, distractors: bool, length: int) -> str:
    """Return one sequence of the task as a Markdown table: inputs and targets.

    A dash stands for silence (a zero input) and for a step that is not asked.

    >>> print(sample(lag=1, distractors=False, length=3))
    | t | 1 | 2 | 3 |
    | :-- | --: | --: | --: |
    | x | 0 | – | – |
    | y | – | 0 | – |
    """
    generator = torch.Generator().manual_seed(0)
    line = torch.randint(4, (length,), generator=generator).tolist()
    shown = line if distractors else [line[0], *["–"] * (length - 1)]
    asked = line[: length - lag] if distractors else line[:1]
    targets = ["–"] * lag + asked
    targets += ["–"] * (length - len(targets))
    rows = ("t", range(1, length + 1)), ("x", shown), ("y", targets)
    head, *body = (f"| {name} | {' | '.join(map(str, row))} |" for name, row in rows)
    return "\n".join([head, "| :-- |" + " --: |" * length, *body])


def by_lag(
    lags: Sequence[int],
    distractors: bool = True,
    windows: Sequence[int] = WINDOWS,
    updates: int = 120,
) -> dict[int, dict[int, Best]]:
    """Return, by lag and window, the best lr of five and what ten networks reach.

    >>> [best.lr for best in by_lag([2], distractors=False)[2].values()][0]
    0.003
    """
    return {
        lag: {
            window: best
            for (_, window), best in best_recall(
                windows, [updates], lag=lag, distractors=distractors
            ).items()
        }
        for lag in lags
    }


def figure(found: dict[int, dict[int, Best]]) -> Figure:
    """Return accuracy against the window k: means as lines, networks as dots.

    A thin vertical line marks the first window that holds the dependency, lag + 1.

    >>> one = Best(0.01, torch.ones(10), torch.ones(10))
    >>> len(figure({2: dict.fromkeys(WINDOWS, one)}).axes)
    1
    """
    result, panel = axes(("k", "accuracy"), height=3.0)
    for number, (lag, by_window) in enumerate(found.items()):
        look, windows = style(number), list(by_window)
        accuracy = torch.stack([best.accuracy for best in by_window.values()])
        panel.plot(windows, accuracy.mean(1), **look, label=f"lag {lag}")
        panel.plot(windows, accuracy, ".", color=look["color"], alpha=0.75)
        panel.axvline(lag + 1, color=look["color"], linewidth=0.8, alpha=0.6)
    panel.axhline(0.25, **style(5), linewidth=1)
    panel.set(ylim=(0, 1.05), xticks=windows)
    panel.legend(loc="lower left", ncols=2, columnspacing=1, handlelength=1.6)
    return result


def just_short(lag: int, updates: Sequence[int]) -> str:
    """Return what more updates bring to windows lag and lag + 1, a Markdown table.

    Mean accuracy and, after a slash, mean readout, each at its best lr; ``frozen``
    trains the output layer alone. The row of 0 updates has the untrained readout.

    >>> print(just_short(3, [100]))
    | updates | k = 3 | k = 4 | frozen |
    | --: | --: | --: | --: |
    | 0 | – / 0.97 | – / 0.97 | – / 0.97 |
    | 100 | 0.61 / 0.71 | 0.83 / 0.81 | 0.71 / 0.97 |
    """
    windows = [lag, lag + 1]
    trained = best_recall(windows, updates, lag=lag)
    frozen = best_recall([1], updates, lag=lag, frozen=True)
    start = recall([1], [0], lr=0.01, lag=lag).readout.mean()
    head = *(f"k = {window}" for window in windows), "frozen"
    lines = [f"| updates | {' | '.join(head)} |", "| --: |" + " --: |" * 3]
    lines.append("| 0 |" + f" – / {start:.2f} |" * 3)
    for count in updates:
        row = chain((trained[count, k] for k in windows), [frozen[count, 1]])
        cells = (f"{b.accuracy.mean():.2f} / {b.readout.mean():.2f}" for b in row)
        lines.append(f"| {count} | {' | '.join(cells)} |")
    return "\n".join(lines)


def price(windows: Sequence[int], length: int = 240) -> dict[int, tuple[int, int, int]]:
    """Return, by window, backward passes, cells crossed backward and saved bytes.

    Of one sequence of ``length`` steps in a batch of 32; bytes at their peak.

    >>> price([1, 4], length=8)
    {1: (8, 8, 8452), 4: (2, 8, 21520)}
    """
    rows = {}
    for window in windows:
        _, cells, peak = cost(truncated, window, length=length)
        rows[window] = -(-length // window), cells, peak
    return rows


def table(rows: dict[int, tuple[int, int, int]]) -> str:
    """Return the price of each window as a Markdown table.

    >>> print(table({4: (2, 8, 21904)}))
    | k | backward() | cells | bytes |
    | --: | --: | --: | --: |
    | 4 | 2 | 8 | 21,904 |
    """
    lines = ["| k | backward() | cells | bytes |", "| --: |" + " --: |" * 3]
    for window, (passes, cells, peak) in rows.items():
        lines.append(f"| {window} | {passes} | {cells} | {peak:,} |")
    return "\n".join(lines)
