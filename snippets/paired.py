"""Compare arms that ran with the same seeds: by the differences within the seeds."""

from scipy.special import stdtrit
from torch import Tensor


# --8<-- [start:behind]
def behind(values: dict[str, Tensor]) -> dict[str, tuple[float, float]]:
    """Return by how much each arm lies above the lowest, and how sure that is.

    ``values``: by name, one number for each seed, the same seeds in the same order for
    all; the arm with the lowest mean is the first. The result is the mean of the paired
    differences and half the width of its 95 % interval by Student's t.
    Source: Student 1908, "The probable error of a mean".

    >>> from torch import tensor
    >>> shared = tensor([5.0, 1.0, 9.0])
    >>> gaps = behind({"a": shared, "b": shared + tensor([1.0, 1.1, 0.9])})
    >>> {name: (round(mean, 3), round(half, 3)) for name, (mean, half) in gaps.items()}
    {'a': (0.0, 0.0), 'b': (1.0, 0.248)}
    """
    first = min(values.values(), key=lambda each: each.mean().item())
    gaps = {}
    for name, each in values.items():
        difference = each - first
        error = difference.std().item() / len(difference) ** 0.5
        half = stdtrit(len(difference) - 1, 0.975).item() * error
        gaps[name] = difference.mean().item(), half
    return gaps


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
