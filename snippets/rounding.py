"""How far two tensors of floats are apart, counted in units in the last place."""

import json
import math
import os
import subprocess
import sys

import torch
from torch import Tensor

BITS = {torch.float64: torch.int64, torch.float32: torch.int32}
BITS |= {torch.float16: torch.int16, torch.bfloat16: torch.int16}


# --8<-- [start:ulps]
def ulps(ours: Tensor, theirs: Tensor) -> int:
    """Return the largest number of steps between neighbouring floats from one to other.

    Both: same shape and same floating dtype. 0 means equal to the bit, except that 0
    and -0, and NaN and NaN, count as equal. From a NaN to a number it is 2**63 - 1.
    Source: the bit patterns of IEEE 754, which are ordered like the numbers.

    >>> ulps(torch.tensor([1.0, 0.0]), torch.tensor([1 + 2**-22, -0.0]))
    2
    >>> ulps(torch.tensor(float("nan")), torch.tensor(1.0)) == 2**63 - 1
    True
    """
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        kinds = [(tuple(x.shape), x.dtype) for x in (ours, theirs)]
        raise ValueError("not comparable: {} and {}".format(*kinds))
    if ours.numel() == 0:
        return 0
    if (ours.isnan() != theirs.isnan()).any():
        return 2**63 - 1
    places = []
    for tensor in (ours, theirs):
        tensor = tensor.detach().nan_to_num(
            nan=0.0, posinf=torch.inf, neginf=-torch.inf
        )
        bits = tensor.contiguous().view(BITS[tensor.dtype]).long()
        lowest = torch.iinfo(BITS[tensor.dtype]).min
        places.append(torch.where(bits < 0, lowest - bits, bits))
    return int((places[0] - places[1]).abs().max())


# --8<-- [end:ulps]


def gap(ours: Tensor, theirs: Tensor, floor: float = 0.0) -> float:
    """Return the largest difference in units in the last place of the largest entry.

    For tensors whose small entries are differences of large ones, where :func:`ulps`
    counts what cancellation left. ``floor``: the largest entry is taken to be at least
    that. Infinities and NaN must be at the same places, else it is inf.

    >>> a = torch.tensor([1.0, 1e-9])
    >>> gap(a, torch.tensor([1.0, 2e-9])) < 0.01
    True
    """
    ours, theirs = ours.detach(), theirs.detach()
    finite = theirs.isfinite()
    same = torch.where(finite, 0, theirs).nan_to_num(7.5)
    if not torch.equal(torch.where(ours.isfinite(), 0, ours).nan_to_num(7.5), same):
        return torch.inf
    if not finite.any():
        return 0.0
    ours, theirs = ours[finite].double(), theirs[finite]
    info = torch.finfo(theirs.dtype)
    largest = max(float(theirs.abs().max()), floor, info.tiny)
    unit = info.eps * math.ldexp(0.5, math.frexp(largest)[1])
    return float((ours - theirs.double()).abs().max()) / unit


# --8<-- [start:without-vectors]
def without_vectors(program: str) -> tuple[list, list]:
    """Return what a program prints in JSON: as it is, and without vector instructions.

    Each time in a process of its own, on one thread. CalledProcessError if it fails.
    Source: ``ATEN_CPU_CAPABILITY``, which torch reads when it is imported.

    >>> without_vectors("print([1])")
    ([1], [1])
    """
    usual = os.environ | {"OMP_NUM_THREADS": "1"}
    as_it_is, without = (
        json.loads(subprocess.check_output([sys.executable, "-c", program], env=env))
        for env in (usual, usual | {"ATEN_CPU_CAPABILITY": "default"})
    )
    return as_it_is, without


# --8<-- [end:without-vectors]
