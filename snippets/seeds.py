"""Random seeds: which draws they repeat, and what depends on more than the draws."""

import math

import torch
from learning_rate import descend
from torch import Tensor


# --8<-- [start:third-block]
def third_block(max_norm: float = math.inf) -> tuple[list[float], list[float]]:
    """Return the logits after the post's third block, and each epoch's gradient norm.

    Its w and b are drawn from the seed 42; the loop is ``descend``, lr 0.01.

    >>> z, norms = third_block(max_norm=1.0)
    >>> len(z), len(norms)
    (3, 1000)
    """
    torch.manual_seed(42)
    z = torch.ones(5) @ torch.randn(5, 3) + torch.randn(3)
    zs, norms = descend(z.tolist(), 0.01, 1000, max_norm)
    return zs[-1], norms


# --8<-- [end:third-block]


# --8<-- [start:drawn]
def drawn(*sizes: int, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """Return normal draws of these sizes, one after another, from the seed 42.

    >>> torch.equal(drawn(3)[0], drawn(3, 5)[0])
    True
    """
    torch.manual_seed(42)
    return [torch.randn(size, dtype=dtype) for size in sizes]


# --8<-- [end:drawn]


# --8<-- [start:on-threads]
def on_threads(threads: int) -> tuple[Tensor, float]:
    """Return a million draws from the seed 42 and their sum, on that many threads.

    The number of threads is put back afterwards.

    >>> draws, total = on_threads(1)
    >>> torch.equal(draws, on_threads(1)[0]), total == on_threads(1)[1]
    (True, True)
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    (draws,) = drawn(1_000_000)
    total = draws.sum().item()
    torch.set_num_threads(before)
    return draws, total


# --8<-- [end:on-threads]
