"""Run the cells of pages, each page in a fresh process of its own."""

from __future__ import annotations

import logging
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from operator import length_hint
from pathlib import Path

from ..errors import Fault
from .evaluate import Result, note_threads, reason_for, run_cell
from .opened import note_opened, noted
from .page import Cell
from .processes import adopt_orphans, end, end_with_the_build, has_children

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # glibc keeps what is freed: giving it back costs a tenth of all time in cells.
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "1000000000",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",  # snippets/ is watched while serving
    "TQDM_DISABLE": "1",  # a progress bar would litter the page
    "MATPLOTLIBRC": os.devnull,  # figures look as we draw them, on any machine
    "MPLBACKEND": "agg",
}
OPENED = "opened"  # in which a page notes what it reads
IMPORTING = 300.0  # seconds that the libraries have which all pages share
STARTING = 60.0  # and a process, before its first cell
ROOT = str(Path(__file__).parents[2])  # from which a worker imports this package


def own_descriptors() -> dict[int, Path]:
    """Send what is written below Python's level to files; return them by descriptor."""
    channels = {}
    for descriptor in (1, 2):
        handle, name = tempfile.mkstemp(dir=os.getcwd(), prefix=f"fd{descriptor}-")
        os.dup2(handle, descriptor)
        os.close(handle)
        channels[descriptor] = Path(name)
    return channels


def settle(snippets: str) -> None:
    """Make this process one that is fresh and knows the snippets, not the machinery."""
    with suppress(ValueError):
        sys.path.remove(ROOT)
    sys.path.insert(0, snippets)
    for name in [*sys.modules]:  # a snippet may be called as our modules are
        if name.partition(".")[0] == __name__.partition(".")[0]:
            del sys.modules[name]
    multiprocessing.set_start_method(None, force=True)
    # It tells of a font cache that it makes, or cannot keep: no cell's business.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    # Nor is what torch.compile says of Python 3.13.0.
    warnings.filterwarnings("ignore", "Guards may run slower", RuntimeWarning)
    random.seed(0)


def work(channel, snippets: str, directory: str) -> None:
    """Wait for a page, run its cells in this process, send each result to a failure."""
    if hasattr(os, "setsid"):
        os.setsid()  # a group of its own: what the cells start ends with it
    adopt_orphans()
    threading.Thread(target=end_with_the_build, daemon=True).start()
    os.environ.update(ENVIRONMENT)
    os.chdir(directory)
    channels = own_descriptors()
    name, cells = channel.recv()
    if cells[0].kind == "lab":  # imports what builds without labs do not pay for
        from .labs import run

        found = lab_results(run, snippets, cells)
        settle(snippets)
    else:
        found = results(name, cells, channels)
        settle(snippets)
        note_opened(snippets, os.path.abspath(OPENED))
        note_threads()
    channel.send(None)
    for result in found:  # as plain tuples, since the machinery is out of reach
        channel.send((result.outputs, result.seconds, result.failure, result.line))
        if result.failure:
            break
    channel.close()
    if has_children():
        end(os.getpid())
    os._exit(0)  # without waiting for what a cell may have left


def results(
    name: str, cells: list[Cell], channels: dict[int, Path]
) -> Iterator[Result]:
    """Run the cells of a page in a namespace of their own, one after the other."""
    module = types.ModuleType(f"page_{name}")
    sys.modules[module.__name__] = module
    for cell in cells:
        try:
            result = run_cell(cell, vars(module), channels)
        except BaseException as error:  # a cell that broke what runs it
            reason = f"after it nothing runs: {reason_for(error)}"
            result = Result([], 0.0, reason, cell.line)
        yield result


def lab_results(run, snippets: str, cells: list[Cell]) -> Iterator[Result]:
    """Run a lab, in a kernel, and return what came of its cells, up to a failure."""
    try:
        yield from run(snippets, cells)
    except BaseException as error:
        yield Result([], 0.0, reason_for(error), cells[0].line)


class Worker:
    """A process for one page, started ahead of its work."""

    def __init__(self, snippets: str) -> None:
        method = "forkserver" if hasattr(os, "fork") else "spawn"
        context = multiprocessing.get_context(method)
        self.channel, there = context.Pipe()
        self.directory = tempfile.mkdtemp()
        arguments = (there, snippets, self.directory)
        self.process = context.Process(target=work, args=arguments)
        self.start()
        there.close()
        self.finished = False  # whether it has sent all that it will

    def start(self) -> None:
        """Start the process; Fault where the libraries cannot be imported."""
        errors: list[BaseException] = []

        def begin() -> None:
            try:
                self.process.start()
            except BaseException as error:
                errors.append(error)

        thread = threading.Thread(target=begin, daemon=True)
        thread.start()
        thread.join(IMPORTING)
        if thread.is_alive():
            server = sys.modules["multiprocessing.forkserver"]._forkserver
            with suppress(ProcessLookupError, TypeError):
                os.kill(server._forkserver_pid, signal.SIGKILL)
            raise Fault(
                f"the libraries of the pages were not imported in {IMPORTING:g} s"
            )
        if errors and isinstance(errors[0], EOFError | ConnectionError):
            raise Fault("the libraries of the pages could not be imported")
        if errors:
            raise errors[0]

    def results(
        self, name: str, cells: list[Cell], limit: float, stop: threading.Event
    ) -> Iterator[Result]:
        """Yield what comes of a page's cells, up to a failure, or until stopped.

        limit: seconds that one cell may take. Of a lab, the results come all at once.
        """
        self.channel.send((name, cells))
        if cells[0].kind == "lab":
            limit *= len(cells)
        # For the imports of the server; it says None then.
        late = self.wait(STARTING, stop, "its process had not started after")
        if late:
            late.line = cells[0].line
            yield late
            return
        for cell in cells:
            result = self.wait(limit, stop)
            if stop.is_set():
                return
            result.line = result.line or cell.line
            result.opened = noted(Path(self.directory, OPENED))
            yield result
            if result.failure:
                return
        self.finished = True

    def wait(
        self,
        limit: float,
        stop: threading.Event,
        reason: str = "it still ran after the limit of",
    ) -> Result | None:
        """Return what the process sends next, or a failure if nothing comes."""
        deadline = time.monotonic() + limit
        while not self.channel.poll(0.1) and not stop.is_set():
            if time.monotonic() > deadline:
                return Result([], limit, f"{reason} {limit:g} s")
        if stop.is_set():
            return None
        try:
            sent = self.channel.recv()
            return sent and Result(*sent)
        except EOFError:
            self.process.join(5)
            reason = f"its process ended with exit code {self.process.exitcode}"
            return Result([], 0.0, reason)

    def end(self) -> None:
        """End the process, and all that the cells have started."""
        if self.finished:
            self.process.join(5)  # it ends all that itself
        if self.process.is_alive():
            end(self.process.pid)
            self.process.join()
        elif hasattr(os, "killpg"):  # of its group some may be left
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.channel.close()
        shutil.rmtree(self.directory, ignore_errors=True)


def run_pages(
    pages: dict[str, list[Cell]],
    snippets: str,
    limit: float,
    report: Callable[[str, int, Result], None],
    preload: set[str],
    workers: int,
    stop: threading.Event,
) -> None:
    """Run pages side by side, one process a core, and report each cell's result.

    stop: to be set by who wants no more results.
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
                page = worker.results(name, pages[name], limit, stop)
                for number, result in enumerate(page):
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
