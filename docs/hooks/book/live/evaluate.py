"""Run one cell in this process, and say what came of it or what is wrong with it."""

from __future__ import annotations

import _thread
import contextlib
import io
import os
import re
import sys
import tempfile
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from .page import Cell

ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{6,}")  # as objects without a name have it
OUTPUT_LIMIT = 1_000_000  # characters of one cell
Bundle = dict[str, Any]  # one output, by MIME type
KINDS = "text/html", "text/markdown", "image/svg+xml", "text/plain"  # the best first
_bare: list[str] = []


@dataclass
class Result:
    """What came of a cell: its outputs, or the reason and the place of its failure.

    outputs is None for a cell of a lab that has passed, where a later one has failed.
    opened: the files that the page has read so far, and their states.
    """

    outputs: list[Bundle] | None
    seconds: float = 0.0
    failure: str = ""
    line: int = 0
    opened: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Return the outputs that are text, one after the other."""
        return "".join(str(o.get("text/plain", "")) for o in self.outputs or [])


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


def one_line(text: str, limit: int = 500) -> str:
    """Return a text as one line; of a long one, its beginning and its end.

    >>> one_line("KeyboardInterrupt: "), one_line("a:\\n  b")
    ('KeyboardInterrupt', 'a: b')
    >>> one_line("x" * 300 + "y" * 300, limit=9)
    'xxxx…yyyy'
    """
    line = " ".join(text.split()).removesuffix(":")
    half = (limit - 1) // 2
    return line if len(line) <= limit else f"{line[:half]}…{line[-half:]}"


def reason_for(error: BaseException) -> str:
    """Return an exception as one line that is no longer than it need be.

    >>> reason_for(ValueError("a\\nb")), len(reason_for(ValueError("x" * 9999)))
    ('ValueError: a b', 499)
    """
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
    except Exception:
        text = "(its message cannot be shown)"
    return one_line(f"{type(error).__name__}: {text}")


def threads_running() -> int:
    """Return how many threads run, besides those that watch progress bars."""
    watching = [type(thread).__module__ for thread in threading.enumerate()]
    return _thread._count() - sum(name.startswith("tqdm.") for name in watching)


def note_threads() -> None:
    """From now on, note the threads that have no object of ``threading``'s."""
    start = _thread.start_new_thread  # threading has it by a name of its own

    def noting(*args, **named):
        _bare.append("one")
        return start(*args, **named)

    _thread.start_new_thread = noting


def threads_stay(before: int) -> bool:
    """Tell whether more threads run than before; those that are ending get a second."""
    if _bare:  # which is counted once it has begun
        _bare.clear()
        time.sleep(0.5)
    for _ in range(100):
        if threads_running() <= before:
            return False
        time.sleep(0.01)
    return True


def left_behind(threads: int) -> str:
    """Return what a cell has left running, or nothing; threads: how many there were."""
    if threads_stay(threads):
        return "it left a thread running"
    for name in ("forkserver", "resource_tracker"):  # which multiprocessing keeps
        module = sys.modules.get(f"multiprocessing.{name}")
        keeper = getattr(module, f"_{name}", None)
        with contextlib.suppress(Exception):
            keeper and keeper._stop()
    with contextlib.suppress(ChildProcessError, AttributeError):
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        if os.waitid(os.P_ALL, 0, options) is None:
            return "it left a process running"
    return ""


def machine_path(text: str) -> str:
    """Return a path of this machine that a text holds, or nothing.

    >>> bool(machine_path(f"see {sys.prefix}/lib")), machine_path("/ and /a/b")
    (True, '')
    """
    places = [os.getcwd(), tempfile.gettempdir(), sys.prefix, str(Path.home())]
    return next((p for p in places if len(p) > 1 and f"{p}{os.sep}" in text), "")


def below_print(channels: dict[int, Path]) -> str:
    """Return what was written to file descriptors since the last call, in one line."""
    written = ""
    for descriptor, path in channels.items():
        size = path.stat().st_size
        if size:
            with path.open("rb") as file:
                written += file.read(200).decode("utf-8", "replace")
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
    return one_line(written)


def bundle(kind: str, text: str) -> list[Bundle]:
    """Return what a cell printed as its outputs, by MIME type.

    >>> bundle("figure", "<svg></svg>"), bundle("code", "")
    ([{'image/svg+xml': '<svg></svg>'}], [])
    """
    if kind == "figure":
        svg = text.lstrip().startswith("<svg")
        return [{"image/svg+xml" if svg else "text/html": text.strip()}]
    return [{"text/plain": text}] if text else []


def best(output: Bundle) -> tuple[str, str]:
    """Return the kind of an output and its text: the best that a page can show.

    >>> best({"text/plain": "<b>", "text/html": "<b>1</b>"}), best({"text/plain": ""})
    (('text/html', '<b>1</b>'), ('text/plain', ''))
    """
    kind = next((kind for kind in KINDS if output.get(kind)), "text/plain")
    return kind, str(output[kind])


def run_cell(
    cell: Cell, namespace: dict, channels: dict[int, Path] | None = None
) -> Result:
    """Run a cell, in the namespace of its page; return what came of it.

    channels: the files behind the file descriptors that no cell should write to.

    >>> run_cell(Cell("a", "code", "x = 2\\nprint(x)", "demo.py", 7), {}).outputs
    [{'text/plain': '2\\n'}]
    >>> failed = run_cell(Cell("a", "code", "x = 2\\nx / 0", "demo.py", 7), {})
    >>> failed.failure, failed.line
    ('ZeroDivisionError: division by zero', 8)
    """
    output, notes = Output(), Output()
    threads, process = threads_running(), os.getpid()
    failure, line, value = "", cell.line, None
    code = cell.code
    if cell.kind == "trial":
        code = f"from {cell.module} import {cell.id}\nvalue = {cell.id}()"
        namespace = {}
    started = perf_counter()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(notes):
        try:
            # Blank lines before the code: its tracebacks name the file's own lines.
            exec(compile("\n" * (cell.line - 1) + code, cell.file, "exec"), namespace)
            value = namespace.get("value")
        except BaseException as error:
            failure = reason_for(error)
            line = line_of(error, cell.file) or line
    seconds = perf_counter() - started
    if os.getpid() != process:
        os._exit(0)  # the child of a cell that forked
    text = output.getvalue()
    outputs = bundle(cell.kind, text)
    if output.full:
        failure = f"it prints more than {OUTPUT_LIMIT:,} characters"
    elif not failure and cell.kind == "trial":
        if hasattr(value, "_repr_mimebundle_"):
            outputs = [value._repr_mimebundle_()]
        else:
            failure = f"{cell.id}() returns {type(value).__name__}, not a trial"
    if not failure:
        failure = wrong_with(cell, text, notes.getvalue())
        failure = failure or left_behind(threads)
    written = below_print(channels or {})
    if written and not failure:
        failure = f"it writes past Python's print: {written}"
    return Result(outputs, seconds, failure, line)


def line_of(error: BaseException, file: str) -> int:
    """Return the last line of a file in an exception's traceback, or 0."""
    frames = traceback.extract_tb(error.__traceback__)
    names = [(frame.filename.replace(os.sep, "/"), frame.lineno) for frame in frames]
    lines = [number for name, number in names if f"/{name}".endswith(f"/{file}")]
    if isinstance(error, SyntaxError) and error.filename == file and error.lineno:
        lines.append(error.lineno)
    return lines[-1] if lines else 0


def wrong_with(cell: Cell, text: str, notes: str) -> str:
    """Return what is wrong with what a cell printed, or nothing."""
    if notes:
        return f"it writes to standard error: {one_line(notes)}"
    if text != text.encode("utf-8", "ignore").decode("utf-8"):
        return "it prints what is no text: a lone surrogate"
    if path := machine_path(text):
        return f"it shows a path of this machine: {path}"
    if address := ADDRESS.search(text):
        return f"it shows an address in memory:{address[0]}"
    shows = cell.prints or cell.kind in ("figure", "value")
    if shows and not text.strip():
        return "it prints nothing where the page shows an output"
    if not shows and text and cell.kind != "lab":
        return "it prints, but the page shows no output of it"
    return ""
