"""Labs: notebooks that mkdocs-jupyter runs, shown as every other page is shown.

A lab is a page whose cells run in a Jupyter kernel. mkdocs-jupyter runs it and makes a
page of it, with prompts, scripts and 600 KB of style. Of that page only the outputs are
kept, as those of cells are (``executor``), and the lab's Markdown goes the way of all
pages. The code of a lab is the same in all languages, so it runs once.
"""

from __future__ import annotations

import json
import os
import re
from functools import partial
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace

import nbformat
from cells import Cell
from inline_values import blocks, holds_values
from mkdocs.exceptions import BuildError
from mkdocs.structure.pages import Page
from runner import OUTPUT_LIMIT, Result, one_line, reason_for

FENCE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PYTHON = re.compile(r"\s*`{3,}\s*python\b")
TEXT = '\n\n<div class="result" markdown>\n\n````text\n{}\n````\n\n</div>\n'
HTML = '\n\n<div class="output">{}</div>\n'
COLOUR = re.compile(r"\x1b\[[\d;]*m")
SETTINGS = {
    "ConnectionFileMixin": {"transport": "ipc" if os.name != "nt" else "tcp"},
    "NotebookClient": {
        "iopub_timeout": 60,
        "raise_on_iopub_timeout": True,  # else an output that is late is left out
    },
}
LIMIT = f"""
def limited(stream, left={OUTPUT_LIMIT}):
    def write(text, write=stream.write):
        nonlocal left
        left -= len(text)
        if left < 0:
            raise RuntimeError("the lab prints more than {OUTPUT_LIMIT:,} characters")
        return write(text)

    stream.write = write


limited(__import__("sys").stdout)
del limited
"""


def is_lab(source: str) -> bool:
    """Return whether a page is a lab, by its place.

    >>> is_lab("zh/labs/race.md"), is_lab("labs/race"), is_lab("zh/adam.md")
    (True, True, False)
    """
    return "labs/" in source


def collect(source: str, text: str, config) -> list[Cell]:
    """Return the cells of a lab; BuildError where mkdocs-jupyter would run none."""
    plugin = config.plugins["mkdocs-jupyter"]
    path = Path(config.docs_dir, source)
    if not plugin.should_include(SimpleNamespace(abs_src_path=str(path))):
        raise BuildError(
            f"docs/{source}: its front matter does not make it a notebook, so nothing "
            "would run"
        )
    for number, block in blocks(text):
        if PYTHON.match(block) and not FENCE.fullmatch(block):
            raise BuildError(
                f"docs/{source}: line {number}: a cell stands between ```python and "
                "```, each alone on its line and not indented"
            )
        try:
            if holds_values(number, block):
                raise ValueError(f"line {number}: a lab has no values in its prose")
        except ValueError as error:
            raise BuildError(f"docs/{source}: {error}") from None
    return [
        Cell(source, f"cell-{number}", fence[1], f"docs/{source}",
             text.count("\n", 0, fence.start(1)) + 1)
        for number, fence in enumerate(FENCE.finditer(text), 1)
    ]  # fmt: skip


class Misfit(Exception):
    """What a cell put out has no place on a page."""


def outputs(cell) -> str:
    """Return what a cell of mkdocs-jupyter's page put out, as Markdown.

    cell: an element of BeautifulSoup. Misfit for what a page does not show.

    >>> from bs4 import BeautifulSoup
    >>> area = '<div class="jp-OutputArea-output" data-mime-type="{}">1</div>'
    >>> outputs(BeautifulSoup(area.format("text/plain"), "html.parser")).split()
    ['<div', 'class="result"', 'markdown>', '````text', '1', '````', '</div>']
    >>> outputs(BeautifulSoup(area.format("image/png"), "html.parser"))
    Traceback (most recent call last):
    labs.Misfit: it shows image/png; a page shows text, Markdown and HTML
    """
    shown = []
    for area in cell.select(".jp-OutputArea-output"):
        kind = area.get("data-mime-type", "an image")
        if kind.endswith("stderr"):
            raise Misfit(f"it writes to standard error: {area.get_text()}")
        if kind in ("text/html", "text/markdown"):
            shown.append(HTML.format(area.decode_contents().strip()))
        elif kind == "text/plain" or kind.endswith("stdout"):
            shown.append(TEXT.format(area.get_text().strip("\n")))
        else:
            raise Misfit(f"it shows {kind}; a page shows text, Markdown and HTML")
    return "".join(shown)


def prepare(codes: list[str], snippets: str) -> None:
    """Write a notebook into this directory, and let its kernel know only what is here.

    Not what its author has set for Jupyter elsewhere; no port that others could reach.
    """
    here = os.getcwd()
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
        os.environ[name] = here
    for name in ("JUPYTER_PATH", "PYTHONSTARTUP"):
        os.environ.pop(name, None)
    before = filter(None, [os.environ.get("PYTHONPATH")])
    os.environ["PYTHONPATH"] = os.pathsep.join([snippets, *before])
    Path("jupyter_nbconvert_config.json").write_text(json.dumps(SETTINGS))
    startup = Path("profile_default", "startup")
    startup.mkdir(parents=True)
    (startup / "limit.py").write_text(LIMIT)
    cells = [nbformat.v4.new_code_cell(code) for code in codes]
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, "lab.ipynb")


def line_of(traceback: str) -> int:
    """Return the line of the failing cell that a traceback of IPython names, or 1.

    >>> line_of("Cell In[2], line 3\\nCell In[1], line 5, in f()\\nFile a.py:9, in g()")
    3
    """
    frames = re.findall(r"Cell In\[(\d+)\], line (\d+)", COLOUR.sub("", traceback))
    lines = [int(line) for cell, line in frames if cell == frames[0][0]]
    return lines[-1] if lines else 1


def run(snippets: str, jobs: list[tuple[str, str, int]]) -> list[Result]:
    """Run a lab in this process's directory; return what came of its cells.

    jobs: code, file and line of each cell. Of the cells before one that fails nothing
    is known but that they passed.
    """
    # A build that runs no lab does not pay for these, nor does its own process.
    from bs4 import BeautifulSoup
    from mkdocs_jupyter.nbconvert2 import nb2html
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    prepare([code for code, *_ in jobs], snippets)
    at = [0]  # the cells that were reached
    NotebookClient.coalesce_streams = True  # else the clock says where an output ends
    NotebookClient.on_cell_start.default_value = lambda cell, cell_index: at.append(
        cell_index
    )
    started = perf_counter()
    offset = 0
    try:
        html = nb2html(
            "lab.ipynb", execute=True, kernel_name="python3", allow_errors=False
        )
        found = []
        for cell in BeautifulSoup(html, "html.parser").select(".jp-CodeCell[id]"):
            at.append(len(found))
            found.append(outputs(cell))
        times = [perf_counter() - started] + [0.0] * len(jobs)
        if any(found):
            return [Result(*each) for each in zip(found, times, strict=False)]
        at, reason = [0], "its cells have no outputs"
    except CellExecutionError as error:
        reason = one_line(f"{error.ename}: {error.evalue}")
        offset = line_of(error.traceback) - 1
    except Misfit as error:
        reason = one_line(str(error))
    except Exception as error:
        reason = reason_for(error)
    seconds = perf_counter() - started
    passed = [Result(None, 0.0) for _ in range(at[-1])]
    return [*passed, Result("", seconds, reason, jobs[at[-1]][2] + offset)]


def on_pre_page(page, config, **kwargs):
    """Render labs as all pages are, where mkdocs-jupyter has taken them over."""
    if is_lab(page.file.src_uri):
        page.render = partial(Page.render, page)
    return page
