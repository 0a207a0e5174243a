"""Run the cells of pages, each page in a fresh process of its own."""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import random
import sys
import tempfile
import time
import traceback
import types
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection

# What the cells import and what is slow to import: loaded once, before the forks.
# mkdocs itself is among them because a child imports its parent's main module.
PRELOAD = ["torch", "numpy", "matplotlib.backends.backend_svg", "mkdocs.__main__"]
ONE_THREAD = {
    name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
}


@dataclass
class Result:
    """What came of a cell: its output, or the reason and the place of its failure."""

    output: str
    seconds: float
    failure: str = ""
    line: int = 0
    notes: str = ""


def run_code(code: str, file: str, line: int, namespace: dict) -> Result:
    """Run a cell that stands at ``file:line`` and return what it printed.

    >>> run_code("x = 2\\nprint(x)", "snippets/demo.py", 7, {}).output
    '2\\n'
    >>> failed = run_code("x = 2\\nx / 0", "snippets/demo.py", 7, {})
    >>> failed.failure, failed.line
    ('ZeroDivisionError: division by zero', 8)
    """
    output, notes = io.StringIO(), io.StringIO()
    started = time.perf_counter()
    failure, place = "", line
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(notes):
        try:
            # Blank lines before the code: its tracebacks name the file's own lines.
            exec(compile("\n" * (line - 1) + code, file, "exec"), namespace)
        except BaseException as error:
            failure = "".join(traceback.format_exception_only(error)).strip()
            frames = traceback.extract_tb(error.__traceback__)
            lines = [frame.lineno for frame in frames if frame.filename == file]
            if isinstance(error, SyntaxError) and error.lineno:
                lines.append(error.lineno)
            place = lines[-1] if lines else line
    seconds = time.perf_counter() - started
    return Result(output.getvalue(), seconds, failure, place, notes.getvalue())


def work(channel: Connection, cells: list[tuple], name: str, snippets: str) -> None:
    """Run a page's cells in this process and send each result, up to a failure."""
    os.setsid() if hasattr(os, "setsid") else None
    sys.path.insert(0, snippets)
    random.seed(0)
    module = types.ModuleType(f"page_{name}")
    sys.modules[module.__name__] = module
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        for code, file, line in cells:
            result = run_code(code, file, line, vars(module))
            channel.send(result)
            if result.failure:
                break
        os.chdir(os.path.dirname(directory))
    channel.close()
    os._exit(0)  # whatever a cell left running ends here


def run_page(cells: list, name: str, snippets: str, limit: float) -> list[Result]:
    """Run a page's cells; stop at a failure, or after ``limit`` seconds in a cell."""
    method = "forkserver" if hasattr(os, "fork") else "spawn"
    context = multiprocessing.get_context(method)
    here, there = context.Pipe(duplex=False)
    jobs = [(cell.code, cell.file, cell.line) for cell in cells]
    process = context.Process(target=work, args=(there, jobs, name, snippets))
    process.start()
    there.close()
    results: list[Result] = []
    try:
        while len(results) < len(cells) and not (results and results[-1].failure):
            line = cells[len(results)].line
            if not here.poll(limit):
                reason = f"still running after the time limit of {limit:g} s"
                results.append(Result("", limit, reason, line))
                break
            try:
                results.append(here.recv())
            except EOFError:
                process.join(5)
                reason = f"its process ended with exit code {process.exitcode}"
                results.append(Result("", 0.0, reason, line))
    finally:
        process.kill()
        process.join()
        here.close()
    return results


def run_pages(
    pages: dict[str, list],
    snippets: str,
    limit: float,
    report: Callable[[object, Result], None],
) -> None:
    """Run pages side by side, one process a core, and report each cell's result."""
    os.environ.update(ONE_THREAD, PYTHONHASHSEED="0")
    if hasattr(os, "fork"):
        multiprocessing.get_context("forkserver").set_forkserver_preload(PRELOAD)

    def run(item: tuple[str, list]) -> None:
        name, cells = item
        for cell, result in zip(
            cells, run_page(cells, name, snippets, limit), strict=False
        ):
            report(cell, result)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(run, pages.items()))
