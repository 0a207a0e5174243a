"""End what a page has started: its process, and all below it."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import multiprocessing.connection
import os
import signal
import sys

PR_SET_CHILD_SUBREAPER = 36  # of <linux/prctl.h>


def end(pid: int) -> None:
    """End a process and all below it, though these may have groups of their own.

    They are stopped first, so that none starts another meanwhile.
    """
    import psutil  # which few processes need

    family: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        if pid != os.getpid():
            process.suspend()
        while found := {*process.children(recursive=True)} - {*family}:
            for each in found:
                with contextlib.suppress(psutil.Error):
                    each.suspend()
            family += found
    for each in family:
        with contextlib.suppress(psutil.Error):
            each.kill()
    with contextlib.suppress(ProcessLookupError, PermissionError, AttributeError):
        os.killpg(pid, signal.SIGKILL)  # of which some may be below no longer
    with contextlib.suppress(psutil.Error):
        psutil.Process(pid).kill()


def adopt_orphans() -> None:
    """Let what outlives its parent below this process stay below it, where it can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def has_children() -> bool:
    """Tell whether this process has started others that are still there."""
    try:
        return not hasattr(os, "WNOHANG") or bool(os.waitpid(-1, os.WNOHANG))
    except ChildProcessError:
        return False


def end_with_the_build() -> None:
    """End this process when the build that started it is gone, however it went."""
    multiprocessing.connection.wait([multiprocessing.parent_process().sentinel])
    end(os.getpid())
