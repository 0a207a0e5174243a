"""How far back: truncation windows on delayed recall, with distractors and without."""

from collections.abc import Sequence

import torch
from matplotlib.figure import Figure
from plotting import axes, style
from summed_loss import RNN, cost, echo, truncated
from torch import Tensor
from truncation import recall

WINDOWS = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12]


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
    lags: Sequence[int], distractors: bool = True, updates: int = 150
) -> dict[int, Tensor]:
    """Return the accuracies for each lag, of shape (len(WINDOWS), 3 networks).

    >>> found = by_lag([2], updates=1)
    >>> found[2].shape
    torch.Size([10, 3])
    """
    return {lag: recall(WINDOWS, distractors, lag, updates=updates) for lag in lags}


def figure(found: dict[int, Tensor]) -> Figure:
    """Return accuracy against the window k: means as lines, networks as dots.

    A thin vertical line marks the first window that holds the dependency, lag + 1.

    >>> len(figure({2: torch.zeros(10, 3), 4: torch.ones(10, 3)}).axes)
    1
    """
    result, panel = axes(("k", "accuracy"), height=3.0)
    for number, (lag, accuracy) in enumerate(found.items()):
        look = style(number)
        panel.plot(WINDOWS, accuracy.mean(1), **look, label=f"lag {lag}")
        for runs in accuracy.T:
            panel.plot(WINDOWS, runs, ".", color=look["color"], alpha=0.6)
        panel.axvline(lag + 1, color=look["color"], linewidth=0.8, alpha=0.6)
    panel.axhline(0.25, **style(5), linewidth=1)
    panel.set(ylim=(0, 1.05), xticks=WINDOWS)
    panel.legend(loc="lower right")
    return result


def just_short(lag: int, updates: Sequence[int]) -> dict[int, tuple[float, float]]:
    """Return, by number of updates, the mean accuracy of windows lag and lag + 1.

    >>> list(just_short(2, [1, 2]))
    [1, 2]
    """
    return {
        count: tuple(recall([lag, lag + 1], True, lag, updates=count).mean(1).tolist())
        for count in updates
    }


def price(windows: Sequence[int], length: int = 240) -> dict[int, tuple[int, int, int]]:
    """Return, by window, backward passes, cells crossed backward and saved bytes.

    Of one sequence of ``length`` steps in a batch of 32; bytes at their peak.

    >>> price([1, 4], length=8)
    {1: (8, 8, 8452), 4: (2, 8, 21520)}
    """
    torch.manual_seed(0)
    rnn, data = RNN(2, 32, 2), echo(length, batch=32, lag=3)
    rows = {}
    for window in windows:
        _, cells, peak = cost(truncated, rnn, *data, window)
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
