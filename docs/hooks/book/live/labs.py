"""Run a lab: a page whose cells run in a Jupyter kernel, by mkdocs-jupyter.

mkdocs-jupyter runs it and makes a page of it, with prompts and 600 KB of style.
Of that page nothing is kept: the outputs are taken from the kernel.
"""

from __future__ import annotations

import inspect
import json
import os
import tempfile
from pathlib import Path
from time import perf_counter

from mkdocs_jupyter.nbconvert2 import nb2html
from nbformat import v4

from . import opened
from .evaluate import Result, note_threads, threads_running, threads_stay
from .forked import fork_kernels
from .kernel import Failure, Kernel
from .page import Cell

# Around the cells of a lab: what a kernel may not leave.
BEFORE = f"""import _thread
import logging
import threading
import time

{inspect.getsource(threads_running)}
{inspect.getsource(threads_stay)}
{inspect.getsource(note_threads)}
_bare = []
note_threads()
logging.getLogger("matplotlib").setLevel(logging.ERROR)
_running = threads_running()"""
AFTER = """if threads_stay(_running):
    raise RuntimeError('it left a thread running')"""


def notebook(codes: list[str]) -> str:
    """Return a Jupyter notebook of these cells and no others.

    >>> [cell] = json.loads(notebook(["1 + 1"]))["cells"]
    >>> cell["cell_type"], cell["source"]
    ('code', '1 + 1')
    """
    cells = [v4.new_code_cell(code) for code in codes]
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    return json.dumps(v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}))


def settle(snippets: str) -> None:
    """Let Jupyter in this process know this directory and no settings elsewhere."""
    here = os.getcwd()
    for name in [*os.environ]:
        if name.startswith(("JUPYTER", "IPYTHON")) or name == "PYTHONSTARTUP":
            del os.environ[name]
    for name in ("JUPYTER_DATA_DIR", "IPYTHONDIR", "TMPDIR"):
        os.environ[name] = here
    os.environ |= {"JUPYTER_NO_CONFIG": "1", "JUPYTER_PREFER_ENV_PATH": "1"}
    tempfile.tempdir = here
    before = filter(None, [os.environ.get("PYTHONPATH")])
    os.environ["PYTHONPATH"] = os.pathsep.join([snippets, *before])


def run(snippets: str, cells: list[Cell]) -> list[Result]:
    """Run a lab in this process's directory; return what came of each of its cells."""
    settle(snippets)
    fork_kernels()
    note = f"['note_opened']({snippets!r}, {os.path.abspath('opened')!r})"
    before = f"{BEFORE}\nimport runpy\nrunpy.run_path({opened.__file__!r}){note}"
    codes = [before, *(cell.code for cell in cells), AFTER]
    Path("lab.ipynb").write_text(notebook(codes), encoding="utf-8")
    started = perf_counter()
    try:
        nb2html("lab.ipynb", execute=True, kernel_name="python3", allow_errors=False)
        found = Kernel.shown[1:-1]
        if len(found) == len(cells) and any(found):
            times = [perf_counter() - started] + [0.0] * len(cells)
            return [Result(*each) for each in zip(found, times, strict=False)]
        failed, reason = 0, "its cells have no outputs"
    except Failure as failure:
        failed, reason = failure.args
        failed = min(max(failed - 1, 0), len(cells) - 1)
    passed = [Result(None) for _ in range(failed)]
    return [*passed, Result([], perf_counter() - started, reason)]
