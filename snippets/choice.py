"""What the choice of a loss does on real data: outliers, a rare class, smoothing."""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial

import race
import torch
from binary_losses import focal_loss
from paired import difference
from sklearn.datasets import load_diabetes, load_digits
from torch import Tensor
from torch.nn.functional import (
    binary_cross_entropy_with_logits,
    huber_loss,
    l1_loss,
    mse_loss,
)
from torch.optim import SGD

Parts = dict[str, tuple[Tensor, Tensor]]  # inputs and targets by name of the part
Results = dict[tuple[str, int], tuple[Tensor, int]]  # by arm and steps, see chosen()
LRS = [10 ** (k / 2) for k in range(-9, 5)]  # from 3e-5 to 100, each √10 times the last


def descend(
    start: Tensor,
    lrs: Sequence[float],
    batches: Iterable[tuple[Tensor, Tensor]],
    loss: Callable[[Tensor, Tensor, Tensor], Tensor],
    marks: Sequence[int],
) -> dict[int, Tensor]:
    """Train a model for each rate and seed, all at once, by SGD with momentum 0.9.

    ``start``: (seeds, p), the parameters of each seed. ``loss`` maps parameters
    (rates, seeds, p) and a batch of ``batches`` to losses (rates, seeds). Returns the
    parameters (rates, seeds, p) after each number of steps in ``marks``.

    >>> def square(theta, x, y):
    ...     return theta.square().sum(-1)
    >>> nothing = torch.zeros(1)
    >>> batches = [(nothing, nothing)] * 9
    >>> found = descend(torch.ones(2, 1), [0.0, 0.1], batches, square, marks=[9])
    >>> found[9].shape, (found[9] < 1).flatten().tolist()
    (torch.Size([2, 2, 1]), [False, False, True, True])
    """
    rows = [start.clone().requires_grad_() for _ in lrs]
    groups = [{"params": [row], "lr": lr} for row, lr in zip(rows, lrs, strict=True)]
    optimizer = SGD(groups, momentum=0.9)
    found = {}
    for step, (x, y) in enumerate(batches, start=1):
        optimizer.zero_grad()
        loss(torch.stack(rows), x, y).sum().backward()
        optimizer.step()
        if step in marks:
            found[step] = torch.stack(rows).detach()
    return found


def chosen(validation: Tensor, test: Tensor) -> tuple[Tensor, int]:
    """Return the test row of the rate that is best on validation, and its index.

    Both are (rates, seeds), and the lowest mean is best, if it is finite.

    >>> chosen(torch.tensor([[2.0], [1.0]]), torch.tensor([[5.0], [6.0]]))
    (tensor([6.]), 1)
    """
    means = validation.mean(1).nan_to_num(math.inf, math.inf)
    best = means.argmin().item()
    return test[best], best


def linear(theta: Tensor, x: Tensor) -> Tensor:
    """Return the outputs (…, n) of linear models: theta (…, d + 1), x (…, n, d).

    >>> linear(torch.tensor([2.0, 1.0]), torch.tensor([[3.0], [4.0]]))
    tensor([7., 9.])
    """
    return (x @ theta[..., :-1, None]).squeeze(-1) + theta[..., -1:]


def shuffled(x: Tensor, y: Tensor, sizes: Sequence[int], seeds: int) -> Parts:
    """Return three parts of the samples, divided anew for each seed.

    Inputs are (seeds, n, d), targets (seeds, n).

    >>> parts = shuffled(torch.zeros(6, 2), torch.arange(6), [3, 2, 1], seeds=4)
    >>> {name: tuple(y.shape) for name, (x, y) in parts.items()}
    {'train': (4, 3), 'validation': (4, 2), 'test': (4, 1)}
    """
    generator = torch.Generator().manual_seed(0)
    rows = torch.stack(
        [torch.randperm(len(y), generator=generator) for _ in range(seeds)]
    )
    parts = zip(x[rows].split(sizes, 1), y[rows].split(sizes, 1), strict=True)
    return dict(zip(["train", "validation", "test"], parts, strict=True))


def patients(seeds: int, share: float) -> Parts:
    """Return 200 patients to train with, 100 to choose and 142 to test with, by seed.

    Inputs are in standard deviations, targets in hundreds. A ``share`` of the targets
    has a zero too many, but none of the test set.
    Source: sklearn.datasets.load_diabetes.

    >>> {name: tuple(x.shape) for name, (x, y) in patients(2, 0.05).items()}
    {'train': (2, 200, 10), 'validation': (2, 100, 10), 'test': (2, 142, 10)}
    """
    x, y = (torch.from_numpy(each).float() for each in load_diabetes(return_X_y=True))
    parts = shuffled((x - x.mean(0)) / x.std(0), y / 100, [200, 100, 142], seeds)
    generator = torch.Generator().manual_seed(1)
    for name in ("train", "validation"):
        inputs, targets = parts[name]
        wrong = torch.rand(targets.shape, generator=generator) < share
        parts[name] = inputs, torch.where(wrong, 10 * targets, targets)
    return parts


REGRESSION = {"MSE": mse_loss, "Huber": huber_loss, "L1": l1_loss}


@cache
def outliers(share: float, seeds: int = 10, marks: tuple[int, ...] = (75, 300)):
    """Return the mean absolute error on the test set: arm, steps → (seeds,), rate.

    The rate is chosen by the median absolute error on the validation set, whose
    targets are wrong as often. delta of Huber's loss is 1, which is a hundred points.

    >>> errors, rate = outliers(0.0, seeds=2, marks=(5,))["MSE", 5]
    >>> errors.shape
    torch.Size([2])
    """
    data = patients(seeds, share)
    found: Results = {}
    for name, loss in REGRESSION.items():

        def mean_loss(theta, x, y, loss=loss):
            outputs = linear(theta, x)
            return loss(outputs, y.expand_as(outputs), reduction="none").mean(-1)

        batches = [data["train"]] * max(marks)
        start = torch.zeros(seeds, 11)
        for mark, theta in descend(start, LRS[:10], batches, mean_loss, marks).items():
            validation, test = (
                100 * (linear(theta, x) - y).abs()
                for x, y in (data["validation"], data["test"])
            )
            found[name, mark] = chosen(validation.median(-1).values, test.mean(-1))
    return found


WEIGHT = 9.0  # about nine other digits to each eight


def plain(z: Tensor, y: Tensor, pos_weight: float = 1.0) -> Tensor:
    """Return the mean over the last axis of BCE with logits.

    >>> plain(torch.zeros(2), torch.tensor([0.0, 1.0]), pos_weight=3.0)
    tensor(1.3863)
    """
    weight = torch.tensor(pos_weight)
    losses = binary_cross_entropy_with_logits(z, y, pos_weight=weight, reduction="none")
    return losses.mean(-1)


def class_weight(z: Tensor, y: Tensor, weight: float = WEIGHT) -> Tensor:
    """Return what CrossEntropyLoss([1, weight]) gives for logits 0 and z.

    It divides by the weights of the batch, pos_weight by the number of samples.

    >>> class_weight(torch.zeros(2), torch.tensor([0.0, 1.0]))
    tensor(0.6931)
    """
    weights = 1 + (weight - 1) * y
    losses = binary_cross_entropy_with_logits(z, y, reduction="none")
    return (weights * losses).sum(-1) / weights.sum(-1)


def focal(z: Tensor, y: Tensor) -> Tensor:
    """Return the mean over the last axis of the focal loss with gamma 2.

    >>> focal(torch.zeros(2), torch.tensor([0.0, 1.0]))
    tensor(0.1733)
    """
    return focal_loss(z, y, reduction="none").mean(-1)


RARE = {
    "plain": plain,
    "class weight": class_weight,
    "pos_weight": partial(plain, pos_weight=WEIGHT),
    "focal": focal,
    "resampling": plain,
}


def eights(seeds: int) -> Parts:
    """Return images of 8×8 pixels and whether they show an eight, which is rare.

    Source: sklearn.datasets.load_digits.

    >>> {name: round(y.mean().item(), 2) for name, (x, y) in eights(10).items()}
    {'train': 0.1, 'validation': 0.1, 'test': 0.1}
    """
    pixels, classes = map(torch.from_numpy, load_digits(return_X_y=True))
    eight = (classes == 8).float()
    return shuffled(pixels.float() / 16 - 0.3, eight, [600, 597, 600], seeds)


def draws(x: Tensor, y: Tensor, steps: int, even: bool) -> Iterable:
    """Yield batches of 32 for each seed; if ``even``, both classes are as likely.

    >>> x, y = eights(10)["train"]
    >>> shares = [y.mean().item() for x, y in draws(x, y, 20, even=True)]
    >>> 0.4 < sum(shares) / 20 < 0.6
    True
    """
    generator = torch.Generator().manual_seed(2)
    yes = y.sum(1, keepdim=True)
    chances = torch.where(y > 0, 1 / yes, 1 / (y.shape[1] - yes))
    seeds = torch.arange(len(y))[:, None]
    for _ in range(steps):
        given = chances if even else torch.ones_like(y)
        rows = torch.multinomial(given, 32, replacement=even, generator=generator)
        yield x[seeds, rows], y[seeds, rows]


def balanced_error(z: Tensor, y: Tensor) -> Tensor:
    """Return the mean of both classes' error in percent, where z > 0 says yes.

    >>> balanced_error(torch.tensor([-1.0, -1.0, 1.0]), torch.tensor([0.0, 1.0, 1.0]))
    tensor(25.)
    """
    missed = ((z <= 0) * y).sum(-1) / y.sum(-1)
    alarms = ((z > 0) * (1 - y)).sum(-1) / (1 - y).sum(-1)
    return 50 * (missed + alarms)


def misranked(z: Tensor, y: Tensor) -> Tensor:
    """Return 100 minus the average precision in percent: 0 if each yes is on top.

    No threshold matters here, only the order.

    >>> misranked(torch.tensor([3.0, 2.0, 1.0]), torch.tensor([1.0, 0.0, 1.0]))
    tensor(16.6667)
    """
    order = z.argsort(-1, descending=True)
    hits = y.expand_as(z).gather(-1, order)
    precision = hits.cumsum(-1) / torch.arange(1, hits.shape[-1] + 1)
    return 100 - 100 * (precision * hits).sum(-1) / hits.sum(-1)


def log_loss(z: Tensor, y: Tensor) -> Tensor:
    """Return the mean of -log p of what is true, without any weight.

    >>> log_loss(torch.zeros(1, 2), torch.tensor([0.0, 1.0]))
    tensor([0.6931])
    """
    return plain(z, y.expand_as(z))


def excess(z: Tensor, y: Tensor) -> Tensor:
    """Return the mean probability over the frequency: 1 if calibrated on the whole.

    >>> excess(torch.zeros(4), torch.tensor([0.0, 0.0, 0.0, 1.0]))
    tensor(2.)
    """
    return z.sigmoid().mean(-1) / y.mean(-1)


# What is reported, and by which number its rate is chosen.
METRICS = {
    "balanced error": (balanced_error, balanced_error),
    "misranked": (misranked, misranked),
    "log loss": (log_loss, log_loss),
    "mean p / frequency": (excess, log_loss),
}


@cache
def rare(seeds: int = 10, marks: tuple[int, ...] = (100, 400)) -> dict[str, Results]:
    """Return for each number of METRICS: arm, steps → test numbers (seeds,), rate.

    Logistic regression. Two arms are trained by none: "plain + ln w" and "pos_weight
    - ln w" add a constant to the logits of trained ones. Each number has a rate of its
    own, the best on the validation set.

    >>> found = rare(seeds=2, marks=(3,))
    >>> found["log loss"]["plain + ln w", 3][0].shape
    torch.Size([2])
    """
    data = eights(seeds)
    shift = math.log(WEIGHT)
    moved = {
        "plain": ("plain + ln w", shift),
        "pos_weight": ("pos_weight - ln w", -shift),
    }
    found: dict[str, Results] = {metric: {} for metric in METRICS}
    for name, loss in RARE.items():

        def mean_loss(theta, x, y, loss=loss):
            outputs = linear(theta, x)
            return loss(outputs, y.expand_as(outputs))

        batches = draws(*data["train"], max(marks), even=name == "resampling")
        start = torch.zeros(seeds, 65)
        for mark, theta in descend(start, LRS[4:], batches, mean_loss, marks).items():
            both = [
                (linear(theta, x), y) for x, y in (data["validation"], data["test"])
            ]
            for arm, add in {
                name: 0.0,
                **dict([moved[name]] if name in moved else []),
            }.items():
                for metric, (report, choose) in METRICS.items():
                    (z, y), (z_test, y_test) = both
                    row = chosen(choose(z + add, y), report(z_test + add, y_test))
                    found[metric][arm, mark] = row
    return found


SMOOTHING = (0.0, 0.1, 0.2)


@cache
def smoothing(
    seeds: int = 10, marks: tuple[int, ...] = (100, 400)
) -> dict[str, Results]:
    """Return error in percent, log loss and confidence beyond accuracy on the test set.

    For each: smoothing, steps → numbers (seeds,), rate. The network of the race and its
    digits. Confidence, the mean of the largest probability, is at the rate with the
    lowest log loss.

    >>> sorted(smoothing(seeds=1, marks=(2,)))
    ['confidence - accuracy', 'error', 'log loss']
    """
    data = race.digits()
    x, y = data["train"]
    orders = torch.stack([race.order(len(y), 32 * max(marks), s) for s in range(seeds)])
    start = torch.stack([race.start(seed) for seed in range(seeds)])
    found: dict[str, Results] = {
        name: {} for name in ("error", "log loss", "confidence - accuracy")
    }
    for eps in SMOOTHING:

        def mean_loss(theta, x, y, eps=eps):
            logs = log_probabilities(theta, x)
            right = logs.gather(-1, y.expand(logs.shape[:-1])[..., None]).squeeze(-1)
            return -((1 - eps) * right + eps * logs.mean(-1)).mean(-1)

        batches = ((x[rows], y[rows]) for rows in orders.split(32, 1))
        for mark, theta in descend(start, LRS[3:10], batches, mean_loss, marks).items():
            (error, nll, _), (error_test, nll_test, beyond) = (
                judged(log_probabilities(theta, x), y)
                for x, y in (data["validation"], data["test"])
            )
            arm = f"eps = {eps}"
            found["error"][arm, mark] = chosen(error, error_test)
            found["log loss"][arm, mark] = chosen(nll, nll_test)
            found["confidence - accuracy"][arm, mark] = chosen(nll, beyond)
    return found


def log_probabilities(theta: Tensor, x: Tensor) -> Tensor:
    """Return the race's networks' log-softmax: theta (rates, seeds, p) to (…, n, 10).

    ``x``: (n, 64), or (seeds, n, 64).

    >>> log_probabilities(torch.zeros(2, 3, 1210), torch.zeros(5, 64)).shape
    torch.Size([2, 3, 5, 10])
    """
    return race.logits(theta, x).log_softmax(-1)


def judged(logs: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return error in percent, log loss, and confidence minus accuracy in points.

    >>> logs = torch.tensor([[0.8, 0.2], [0.6, 0.4]]).log()
    >>> [round(each.item(), 3) for each in judged(logs, torch.tensor([0, 1]))]
    [50.0, 0.57, 20.0]
    """
    wrong = 100 * (logs.argmax(-1) != y).float().mean(-1)
    right = logs.gather(-1, y.expand(logs.shape[:-1])[..., None]).squeeze(-1)
    confidence = 100 * logs.exp().amax(-1).mean(-1)
    return wrong, -right.mean(-1), confidence - (100 - wrong)


def table(results: Results, first: str, digits: int = 2) -> str:
    """Return means over the seeds as a Markdown table, and the paired gaps to an arm.

    For each number of steps two columns: the mean, and the mean difference to
    ``first`` with half of its 95 % interval.

    >>> one = torch.tensor([1.0, 2.0])
    >>> print(table({("a", 9): (one, 0), ("b", 9): (one - 1, 0)}, first="a"))
    | | 9 steps | − a |
    | :-- | --: | --: |
    | a | 1.50 | |
    | b | 0.50 | −1.00 ± 0.00 |
    """
    marks = list(dict.fromkeys(mark for _, mark in results))
    head = " | ".join(f"{mark} steps | − {first}" for mark in marks)
    lines = [f"| | {head} |", "| :-- |" + " --: | --: |" * len(marks)]
    for arm in dict.fromkeys(arm for arm, _ in results):
        cells = []
        for mark in marks:
            values, base = results[arm, mark][0], results[first, mark][0]
            gap = " ± ".join(f"{v:.{digits}f}" for v in difference(values, base))
            cells += [f"{values.mean():.{digits}f}", "" if arm == first else gap]
        lines.append(f"| {arm} | " + " | ".join(cells).replace("-", "−") + " |")
    return "\n".join(line.replace("  |", " |") for line in lines)
