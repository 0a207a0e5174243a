"""Compare the times of two pieces of code, on a machine that has other work, too."""

from collections.abc import Callable
from time import thread_time


def cpu_time_ratio(run: Callable, reference: Callable, rounds: int) -> float:
    """Return the time of ``run()`` over that of ``reference()``, of the CPU.

    The two take turns, ``rounds`` times each. Of each the fastest run counts: all that
    the machine does besides can only make a run slower. It is the time of this thread:
    torch must run on one.

    >>> 1 < cpu_time_ratio(lambda: sum(range(10**5)), lambda: sum(range(10)), rounds=3)
    True
    >>> cpu_time_ratio(print, print, rounds=0)
    Traceback (most recent call last):
    ValueError: rounds must be at least 1, not 0
    """
    if rounds < 1:
        raise ValueError(f"rounds must be at least 1, not {rounds}")
    fastest = [float("inf")] * 2
    for _ in range(rounds):
        for i, each in enumerate((run, reference)):
            start = thread_time()
            each()
            fastest[i] = min(fastest[i], thread_time() - start)
    return fastest[0] / fastest[1]
