"""Names: a character RNN that tells the language of a surname, on Faker's lists."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import NamedTuple

import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from plotting import SERIES, axes, style
from timing import clock
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

LOCALES = {
    "en": "en_GB", "de": "de_DE", "nl": "nl_NL", "sv": "sv_SE", "fr": "fr_FR",
    "es": "es_ES", "it": "it_IT", "hr": "hr_HR", "sk": "sk_SK", "fi": "fi_FI",
    "et": "et_EE", "ga": "ga_IE",
}  # fmt: skip
CODES = list(LOCALES)
FAMILIES = [
    ["en", "de", "nl", "sv"], ["fr", "es", "it"], ["hr", "sk"], ["fi", "et"], ["ga"]
]  # fmt: skip
LETTERS = "abcdefghijklmnopqrstuvwxyz"
PER_LANGUAGE = 250


def plain(name: str) -> str:
    """Return a name in the 26 letters: lower case, accents and marks taken off.

    >>> plain("Müller"), plain("O'Neill"), plain("Šimić")
    ('muller', 'oneill', 'simic')
    """
    split = unicodedata.normalize("NFD", name.lower())
    return "".join(letter for letter in split if letter in LETTERS)


@cache
def surnames() -> dict[str, tuple[str, ...]]:
    """Return up to 250 different surnames of each language, in the 26 letters.

    Source: the ``last_names`` of Faker's person providers (MIT), drawn with a seed.

    >>> {code: len(names) for code, names in surnames().items()}["it"]
    250
    """
    found = {}
    for code, locale in LOCALES.items():
        provider = import_module(f"faker.providers.person.{locale}").Provider
        names = sorted({plain(name) for name in provider.last_names} - {""})
        draw = torch.Generator().manual_seed(0)
        order = torch.randperm(len(names), generator=draw)[:PER_LANGUAGE]
        found[code] = tuple(names[k] for k in sorted(order.tolist()))
    return found


def ceiling() -> tuple[int, float]:
    """Return how many names stand in several lists, and the best possible accuracy.

    Nobody can tell more than one language for one name.

    >>> shared, best = ceiling()
    >>> shared > 30, 0.9 < best < 1
    (True, True)
    """
    counts = Counter(name for names in surnames().values() for name in names)
    shared = sum(count > 1 for count in counts.values())
    return shared, len(counts) / sum(counts.values())


class Data(NamedTuple):
    """Names as numbers: letters (n, longest) padded with 26, lengths and languages."""

    letters: Tensor
    lengths: Tensor
    languages: Tensor

    def __getitem__(self, rows) -> "Data":
        return Data(*(part[rows] for part in tuple(self)))


def encode(names: list[str], languages: list[int]) -> Data:
    """Return names as a batch.

    >>> encode(["kim", "o"], [0, 1]).letters
    tensor([[10,  8, 12],
            [14, 26, 26]])
    """
    rows = [torch.tensor([LETTERS.index(c) for c in name]) for name in names]
    letters = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=26)
    lengths = torch.tensor([len(name) for name in names])
    return Data(letters, lengths, torch.tensor(languages))


@cache
def split() -> tuple[Data, Data]:
    """Return the training set and the test set, 4/5 and 1/5 of all names, shuffled.

    >>> [len(part.lengths) for part in split()]
    [2400, 600]
    """
    pairs = [(n, CODES.index(c)) for c, names in surnames().items() for n in names]
    names, languages = zip(*pairs, strict=True)
    data = encode(list(names), list(languages))
    order = torch.randperm(len(names), generator=torch.Generator().manual_seed(1))
    cut = len(names) // 5
    return data[order[cut:]], data[order[:cut]]


class Reader(nn.Module):
    """A recurrent net over letters, with an output at every letter.

    kind: nn.RNN, nn.GRU or nn.LSTM. Letters (n, steps) give logits (n, steps, 12).

    >>> Reader(nn.GRU)(torch.zeros(2, 5, dtype=torch.long)).shape
    torch.Size([2, 5, 12])
    """

    def __init__(self, kind: type[nn.Module], hidden: int = 64) -> None:
        super().__init__()
        self.embed = nn.Embedding(27, 24)
        self.cell = kind(24, hidden, batch_first=True)
        self.out = nn.Linear(hidden, len(CODES))

    def forward(self, letters: Tensor) -> Tensor:
        return self.out(self.cell(self.embed(letters))[0])


def name_losses(model: Reader, data: Data, every: bool) -> Tensor:
    """Return a loss for each name: at its last letter, or the mean over its letters.

    >>> data = encode(["kim", "o"], [0, 1])
    >>> name_losses(Reader(nn.RNN), data, every=True).shape
    torch.Size([2])
    """
    logits = model(data.letters)
    steps = torch.arange(logits.shape[1])
    targets = data.languages.unsqueeze(1).expand(-1, len(steps))
    losses = cross_entropy(logits.mT, targets, reduction="none")
    last = data.lengths.unsqueeze(1) - 1
    mask = (steps <= last) if every else (steps == last)
    return (losses * mask).sum(1) / mask.sum(1)


def batch_gap() -> float:
    """Return how far a batch's gradient is from the mean of its names' own gradients.

    Relative, in float64; the loop over single names is the tutorial's.

    >>> batch_gap() < 1e-12
    True
    """
    torch.manual_seed(0)
    model, data = Reader(nn.RNN).double(), split()[0][torch.arange(16)]
    together = torch.autograd.grad(
        name_losses(model, data, every=False).mean(), list(model.parameters())
    )
    single = []
    for k in range(16):
        length = data.lengths[k]
        one = Data(
            data.letters[k : k + 1, :length],
            data.lengths[k : k + 1],
            data.languages[k : k + 1],
        )
        loss = name_losses(model, one, every=False).mean()
        single.append(torch.autograd.grad(loss, list(model.parameters())))
    mean = [torch.stack(grads).mean(0) for grads in zip(*single, strict=True)]
    gaps = sum((a - b).square().sum() for a, b in zip(together, mean, strict=True))
    return (gaps / sum(a.square().sum() for a in together)).sqrt().item()


class Run(NamedTuple):
    """A trained reader; by epoch its training loss (nats) and its test accuracy."""

    model: Reader
    losses: list[float]
    accuracies: list[float]
    seconds: float

    @property
    def accuracy(self) -> float:
        """Return the test accuracy after the last epoch."""
        return self.accuracies[-1]


def train(
    kind: type[nn.Module],
    every: bool = False,
    batch: int = 64,
    epochs: int = 4,
    lr: float = 4e-3,
    seed: int = 0,
) -> Run:
    """Train a reader with Adam; every: the loss stands at each letter, not the last.

    The seconds are CPU time of training alone, without the tests after each epoch.

    >>> run = train(nn.RNN, epochs=1, batch=512)
    >>> len(run.losses), 0 < run.accuracy < 1
    (1, True)
    """
    torch.manual_seed(seed)
    data, test = split()
    model = Reader(kind)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, fused=True)
    order = torch.Generator().manual_seed(seed)  # the cells draw unequally often
    means, accuracies, seconds = [], [], 0.0
    for _ in range(epochs):
        total, start = 0.0, clock()
        for rows in torch.randperm(len(data.lengths), generator=order).split(batch):
            part = data[rows]
            part = part._replace(letters=part.letters[:, : part.lengths.max()])
            losses = name_losses(model, part, every)
            optimizer.zero_grad()
            losses.mean().backward()
            optimizer.step()
            total += losses.sum().item()
        seconds += clock() - start
        means.append(total / len(data.lengths))
        accuracies.append(right(model, test).float().mean().item())
    return Run(model, means, accuracies, seconds)


def by_seed(
    kinds: Sequence[type[nn.Module]], seeds: Sequence[int], epochs: int = 4
) -> dict[str, list[Run]]:
    """Train each kind of cell with each seed, and return the runs by its name.

    The same seed gives all kinds the same order of the names.

    >>> by_seed([nn.RNN], [0], epochs=1)["RNN"][0].accuracy > 0.3
    True
    """
    return {
        kind.__name__: [train(kind, epochs=epochs, seed=seed) for seed in seeds]
        for kind in kinds
    }


@torch.no_grad()
def right(model: Reader, data: Data, letters: int = 99) -> Tensor:
    """Return whether the guess after that many letters of each name is right.

    >>> right(Reader(nn.RNN), split()[1]).dtype
    torch.bool
    """
    seen = torch.minimum(data.lengths, torch.tensor(letters)) - 1
    logits = model(data.letters)[torch.arange(len(seen)), seen]
    return logits.argmax(1) == data.languages


def loss_figure(runs: dict[str, list[Run]]) -> Figure:
    """Return training loss against the epoch: a line for each run.

    >>> run = Run(Reader(nn.RNN), [2.0, 1.0], [0.4, 0.5], 1.0)
    >>> len(loss_figure({"RNN": [run, run]}).axes[0].lines)
    2
    """
    figure, panel = axes(("epoch", "loss / nat"), height=2.6)
    for number, (name, each) in enumerate(runs.items()):
        for k, run in enumerate(each):
            epochs = range(1, len(run.losses) + 1)
            label = name if k == 0 else None
            panel.plot(epochs, run.losses, **style(number), marker="o", label=label)
    panel.set_xticks(range(1, 1 + max(len(run.losses) for run in each)))
    panel.legend()
    return figure


def letters_figure(runs: dict[str, Run], longest: int = 10) -> Figure:
    """Return test accuracy against the number of letters read.

    >>> len(letters_figure({"last": Run(Reader(nn.RNN), [2.0], [0.5], 1.0)}).axes)
    1
    """
    figure, panel = axes(("letters", "accuracy"), height=2.6)
    counts = range(1, longest + 1)
    for number, (name, run) in enumerate(runs.items()):
        shares = [right(run.model, split()[1], n).float().mean() for n in counts]
        panel.plot(counts, shares, **style(number), marker="o", label=name)
    panel.set_xticks(list(counts))
    panel.legend()
    return figure


@torch.no_grad()
def confusion(model: Reader) -> Tensor:
    """Return the share of each language's test names (rows) by guess (columns).

    >>> confusion(Reader(nn.RNN)).sum(1).allclose(torch.ones(12))
    True
    """
    data = split()[1]
    last = data.lengths - 1
    guess = model(data.letters)[torch.arange(len(last)), last].argmax(1)
    size = len(CODES)
    counts = torch.bincount(data.languages * size + guess, minlength=size**2)
    counts = counts.view(size, size).float()
    return counts / counts.sum(1, keepdim=True)


@torch.no_grad()
def kinship(model: Reader) -> tuple[float, float]:
    """Return the share of wrong guesses within a family, and what chance would give.

    Chance: each wrong guess were any of the eleven other languages, one as likely as
    another. FAMILIES are Germanic, Romance, Slavic, Finnic and Celtic.

    >>> _ = torch.manual_seed(0)
    >>> within, chance = kinship(Reader(nn.RNN))
    >>> 0 <= within <= 1, 0.1 < chance < 0.3
    (True, True)
    """
    family = {CODES.index(code): number for number, codes in enumerate(FAMILIES)
              for code in codes}  # fmt: skip
    size = torch.tensor([len(FAMILIES[family[k]]) for k in range(len(CODES))])
    number = torch.tensor([family[k] for k in range(len(CODES))])
    data = split()[1]
    last = data.lengths - 1
    guess = model(data.letters)[torch.arange(len(last)), last].argmax(1)
    wrong = guess != data.languages
    truth, guess = data.languages[wrong], guess[wrong]
    within = (number[truth] == number[guess]).float().mean().item()
    return within, ((size[truth] - 1) / (len(CODES) - 1)).mean().item()


def confusion_figure(shares: Tensor) -> Figure:
    """Return a confusion matrix as squares, the darker the larger the share.

    >>> len(confusion_figure(torch.eye(12)).axes[0].patches)
    12
    """
    figure, panel = axes(("ŷ", "y"), height=4.6)
    panel.grid(False)
    for row, column in shares.nonzero().tolist():
        share = shares[row, column].item()
        square = Rectangle((column - 0.5, row - 0.5), 1, 1)
        square.set(facecolor=SERIES[0], alpha=0.55 * share**0.5, linewidth=0)
        panel.add_patch(square)
        if share >= 0.1:
            panel.text(column, row, f"{100 * share:.0f}", ha="center", va="center",
                       fontsize=10.5)  # fmt: skip
    panel.set(xlim=(-0.5, len(CODES) - 0.5), ylim=(len(CODES) - 0.5, -0.5))
    panel.set_aspect("equal")
    panel.set_xticks(range(len(CODES)), CODES)
    panel.set_yticks(range(len(CODES)), CODES)
    return figure


@torch.no_grad()
def letter_by_letter(model: Reader, name: str) -> str:
    """Return the three best guesses after each letter, in percent, as Markdown.

    >>> print(letter_by_letter(Reader(nn.RNN), "O").splitlines()[0])
    | letter | 1 | 2 | 3 |
    """
    letters = plain(name)
    shares = model(encode([letters], [0]).letters)[0].softmax(1)
    lines = ["| letter | 1 | 2 | 3 |", "| :-- | :-- | :-- | :-- |"]
    for letter, row in zip(letters, shares, strict=True):
        values, places = row.topk(3)
        cells = [
            f"{CODES[k]} {100 * v:.0f}"
            for v, k in zip(values.tolist(), places.tolist(), strict=True)
        ]
        lines.append(f"| {letter} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
