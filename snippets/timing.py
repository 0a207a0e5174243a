"""Compare the times of two pieces of code, on a machine that has other work, too."""

import os
from collections.abc import Callable
from statistics import median
from time import perf_counter, thread_time

# Windows 按 1/64 秒计线程的时间 | Windows counts a thread's time in 1/64 s
clock = perf_counter if os.name == "nt" else thread_time


def cpu_time_ratio(run: Callable, reference: Callable, rounds: int) -> float:
    """Return the time of ``run()`` over that of ``reference()``, of the CPU.

    The two take turns, ``rounds`` times, and the median of the rounds' ratios counts:
    when the machine has much else to do, it slows both sides of a round. It is the time
    of this thread: torch must run on one.

    >>> 9 < cpu_time_ratio(lambda: sum(range(10**5)), lambda: sum(range(99)), rounds=3)
    True
    >>> cpu_time_ratio(print, print, rounds=0)
    Traceback (most recent call last):
    ValueError: rounds must be at least 1, not 0
    """
    if rounds < 1:
        raise ValueError(f"rounds must be at least 1, not {rounds}")
    ratios = []
    for _ in range(rounds):
        start = clock()
        run()
        between = clock()
        reference()
        ratios.append((between - start) / (clock() - between))
    return median(ratios)
