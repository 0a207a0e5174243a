"""Compare arms that ran with the same seeds: by the differences within the seeds."""

from scipy.special import stdtrit
from torch import Tensor


# --8<-- [start:behind]
def difference(ours: Tensor, theirs: Tensor) -> tuple[float, float]:
    """Return the mean of the paired differences and half its 95 % interval.

    One number for each seed, the same seeds in the same order. By Student's t.
    Source: Student 1908, "The probable error of a mean".

    >>> from torch import tensor
    >>> shared = tensor([5.0, 1.0, 9.0])
    >>> mean, half = difference(shared + tensor([1.0, 1.1, 0.9]), shared)
    >>> round(mean, 3), round(half, 3)
    (1.0, 0.248)
    """
    gaps = ours - theirs
    error = gaps.std().item() / len(gaps) ** 0.5
    return gaps.mean().item(), stdtrit(len(gaps) - 1, 0.975).item() * error


def behind(values: dict[str, Tensor]) -> dict[str, tuple[float, float]]:
    """Return the ``difference`` of each arm to the one with the lowest mean.

    >>> from torch import tensor
    >>> gaps = behind({"a": tensor([3.0, 4.0]), "b": tensor([1.0, 2.0])})
    >>> {name: mean for name, (mean, half) in gaps.items()}
    {'a': 2.0, 'b': 0.0}
    """
    first = min(values.values(), key=lambda each: each.mean().item())
    return {name: difference(each, first) for name, each in values.items()}


def level(values: dict[str, Tensor]) -> list[str]:
    """Return the first and who cannot be told from it, in the order of their means.

    Those whose interval, as in ``behind``, holds 0. One interval in twenty misses.

    >>> from torch import tensor
    >>> arms = {"a": [3.0, 3.1], "b": [1.0, 1.1], "c": [0.9, 2.0]}
    >>> level({name: tensor(values) for name, values in arms.items()})
    ['b', 'c']
    """
    gaps = behind(values)
    order = sorted(gaps, key=lambda name: gaps[name][0])
    return [name for name in order if gaps[name][0] <= gaps[name][1]]


# --8<-- [end:behind]
