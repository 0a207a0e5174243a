"""Run the cells of pages, each page in a fresh process of its own."""

from __future__ import annotations

import contextlib
import ctypes
import io
import multiprocessing
import multiprocessing.connection
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import length_hint
from pathlib import Path
from time import perf_counter

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",  # snippets/ is watched while serving
    "TQDM_DISABLE": "1",  # a progress bar would litter the page
}
STARTING = 60.0  # seconds that a process has before its first cell
OUTPUT_LIMIT = 1_000_000  # characters of one cell
PR_SET_CHILD_SUBREAPER = 36  # of <linux/prctl.h>
ROOT = str(Path(__file__).parents[2])  # from which a worker imports this package
Job = tuple[str, str, int]  # code, file and line of a cell


@dataclass
class Result:
    """What came of a cell: its output, or the reason and the place of its failure.

    output is None for a cell of a lab that has passed, where a later one has failed.
    """

    output: str | None
    seconds: float
    failure: str = ""
    line: int = 0


class Output(io.StringIO):
    """A text buffer that refuses to grow past the limit, and that no cell closes."""

    full = False

    def write(self, text: str) -> int:
        if self.tell() + len(text) > OUTPUT_LIMIT:
            self.full = True
            raise RuntimeError("too much output")
        return super().write(text)

    def close(self) -> None:
        """Stay open."""


def left_behind(threads: set[threading.Thread]) -> str:
    """Return what a cell has left running, apart from these threads, or nothing."""
    left = [thread.name for thread in threading.enumerate() if thread not in threads]
    if left:
        return f"it left threads running: {', '.join(left)}"
    with contextlib.suppress(ChildProcessError, AttributeError):
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        if os.waitid(os.P_ALL, 0, options) is None:
            return "it left a process running"
    return ""


def reason_for(error: BaseException) -> str:
    """Return an exception as one line that is no longer than it need be.

    >>> reason_for(ValueError("a\\nb")), len(reason_for(ValueError("x" * 9999)))
    ('ValueError: a b', 500)
    """
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
    except Exception:
        text = "(its message cannot be shown)"
    return one_line(f"{type(error).__name__}: {text}")


def one_line(text: str) -> str:
    """Return a text as one line of up to 500 characters.

    >>> one_line("KeyboardInterrupt: "), one_line("a:\\n  b")
    ('KeyboardInterrupt', 'a: b')
    """
    line = " ".join(text.split()).removesuffix(":")
    return line if len(line) <= 500 else line[:499] + "…"


def run_code(code: str, file: str, line: int, namespace: dict) -> Result:
    """Run a cell that stands at ``file:line`` and return what it printed.

    >>> run_code("x = 2\\nprint(x)", "snippets/demo.py", 7, {}).output
    '2\\n'
    >>> failed = run_code("x = 2\\nx / 0", "snippets/demo.py", 7, {})
    >>> failed.failure, failed.line
    ('ZeroDivisionError: division by zero', 8)
    """
    output, notes = Output(), Output()
    threads = set(threading.enumerate())
    process = os.getpid()
    failure, place = "", line
    started = perf_counter()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(notes):
        try:
            # Blank lines before the code: its tracebacks name the file's own lines.
            exec(compile("\n" * (line - 1) + code, file, "exec"), namespace)
        except BaseException as error:
            failure = reason_for(error)
            frames = traceback.extract_tb(error.__traceback__)
            lines = [frame.lineno for frame in frames if frame.filename == file]
            if isinstance(error, SyntaxError) and error.lineno:
                lines.append(error.lineno)
            place = lines[-1] if lines else line
    seconds = perf_counter() - started
    if os.getpid() != process:
        os._exit(0)  # the child of a cell that forked
    text = output.getvalue()
    if output.full:
        failure = f"it prints more than {OUTPUT_LIMIT:,} characters"
    elif not failure and notes.getvalue():
        failure = f"it writes to standard error: {notes.getvalue().strip()[:500]}"
    elif not failure and text != text.encode("utf-8", "ignore").decode("utf-8"):
        failure = "it prints what is no text: a lone surrogate"
    failure = failure or left_behind(threads)
    return Result(text, seconds, failure, place)


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


def work(channel, snippets: str, directory: str) -> None:
    """Wait for a page, run its cells in this process, send each result to a failure."""
    if hasattr(os, "setsid"):
        os.setsid()  # a group of its own: what the cells start ends with it
    threading.Thread(target=end_with_the_build, daemon=True).start()
    os.environ.update(ENVIRONMENT)
    sys.path.remove(ROOT)
    sys.path.insert(0, snippets)
    random.seed(0)
    os.chdir(directory)
    name, jobs, lab = channel.recv()
    channel.send(None)
    for result in lab_results(snippets, jobs) if lab else results(name, jobs):
        channel.send(result)
        if result.failure:
            break
    channel.close()
    if has_children():
        end(os.getpid())
    os._exit(0)  # without waiting for what a cell may have left


def results(name: str, jobs: list[Job]) -> Iterator[Result]:
    """Run the cells of a page in a namespace of their own, one after the other."""
    module = types.ModuleType(f"page_{name}")
    sys.modules[module.__name__] = module
    for job in jobs:
        try:
            result = run_code(*job, vars(module))
        except BaseException as error:  # a cell that broke what runs it
            result = Result("", 0.0, f"after it nothing runs: {error!r}", job[2])
        yield result


def lab_results(snippets: str, jobs: list[Job]) -> list[Result]:
    """Run a lab, in a kernel, and return what came of its cells, up to a failure."""
    from . import labs

    if sys.platform == "linux":  # let us end what a kernel leaves that has died
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    try:
        return labs.run(snippets, jobs)
    except BaseException as error:
        return [Result("", 0.0, reason_for(error), jobs[0][2])]


class Worker:
    """A process for one page, started ahead of its work."""

    def __init__(self, snippets: str) -> None:
        method = "forkserver" if hasattr(os, "fork") else "spawn"
        context = multiprocessing.get_context(method)
        self.channel, there = context.Pipe()
        self.directory = tempfile.mkdtemp()
        arguments = (there, snippets, self.directory)
        self.process = context.Process(target=work, args=arguments)
        self.process.start()
        there.close()
        self.finished = False  # whether it has sent all that it will

    def results(
        self,
        name: str,
        jobs: list[Job],
        limit: float,
        stop: threading.Event,
        lab: bool = False,
    ) -> Iterator[Result]:
        """Yield what comes of a page's cells, up to a failure, or until stopped.

        limit: seconds that one cell may take. lab: whether the page is one; the
        results of its cells come all at once.
        """
        self.channel.send((name, jobs, lab))
        if lab:
            limit *= len(jobs)
        self.wait(STARTING, stop)  # for the imports of the server; it says None then
        for _, _, line in jobs:
            result = self.wait(limit, stop)
            if stop.is_set():
                return
            result.line = result.line or line
            yield result
            if result.failure:
                return
        self.finished = True

    def wait(self, limit: float, stop: threading.Event) -> Result | None:
        """Return what the process sends next, or a failure if nothing comes."""
        deadline = time.monotonic() + limit
        while not self.channel.poll(0.1) and not stop.is_set():
            if time.monotonic() > deadline:
                return Result("", limit, f"it still ran after the limit of {limit:g} s")
        if stop.is_set():
            return None
        try:
            return self.channel.recv()
        except EOFError:
            self.process.join(5)
            reason = f"its process ended with exit code {self.process.exitcode}"
            return Result("", 0.0, reason)

    def end(self) -> None:
        """End the process, and all that the cells have started."""
        if self.finished:
            self.process.join(5)  # it ends all that itself
        if self.process.is_alive():
            end(self.process.pid)
            self.process.join()
        elif hasattr(os, "killpg"):  # of its group some may be left
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.channel.close()
        shutil.rmtree(self.directory, ignore_errors=True)


def run_pages(
    pages: dict[str, list[Job]],
    snippets: str,
    limit: float,
    report: Callable[[str, int, Result], None],
    preload: set[str],
    workers: int,
    labs: set[str],
    stop: threading.Event,
) -> None:
    """Run pages side by side, one process a core, and report each cell's result.

    labs: those pages that are labs. stop: to be set by who wants no more results.
    report: called with page, number of the cell and result; what it raises stops all.
    preload: modules to import once, before the workers fork. workers: 0 for the cores.
    """
    os.environ.update(ENVIRONMENT)
    if hasattr(os, "fork"):
        # mkdocs too, since a worker imports the main module of the build.
        modules = ["mkdocs.__main__", *sorted(preload)]
        multiprocessing.get_context("forkserver").set_forkserver_preload(modules)
    lock = threading.Lock()
    errors: list[BaseException] = []

    def report_one(name: str, number: int, result: Result) -> None:
        with lock:
            if not stop.is_set():
                report(name, number, result)

    names = iter([*pages])  # of which each thread takes the next

    def run() -> None:
        worker = spare = None
        try:
            worker = Worker(snippets)
            for name in names:
                if length_hint(names):
                    spare = Worker(snippets)
                job = name, pages[name], limit, stop, name in labs
                for number, result in enumerate(worker.results(*job)):
                    report_one(name, number, result)
                worker.end()
                worker, spare = spare, None
                if stop.is_set():
                    break
        except BaseException as error:
            errors.append(error)
            stop.set()
        finally:
            for each in filter(None, (worker, spare)):
                each.end()

    count = min(workers or os.cpu_count() or 1, len(pages))
    threads = [threading.Thread(target=run, daemon=True) for _ in range(count)]
    sys.path.append(ROOT)  # what a process is started with
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.path.remove(ROOT)
    if errors:
        raise errors[0]
