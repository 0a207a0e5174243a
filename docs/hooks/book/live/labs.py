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
import tempfile
from functools import partial
from pathlib import Path, PurePosixPath
from time import perf_counter
from types import SimpleNamespace

from .cells import Cell
from .values import blocks
from mkdocs.exceptions import BuildError
from mkdocs.structure.pages import Page
from .runner import Job, Result

FENCE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PYTHON = re.compile(r"^\s*(`{3,}|~{3,})\s*python\b", re.MULTILINE)
TEXT = '\n\n<div class="result" markdown>\n\n````text\n{}\n````\n\n</div>\n'
HTML = '\n\n<div class="output">{}</div>\n'


def is_lab(source: str) -> bool:
    """Return whether a page is a lab, by its place.

    >>> is_lab("zh/labs/race.md"), is_lab("labs/race"), is_lab("zh/collabs/a.md")
    (True, True, False)
    """
    return "labs" in PurePosixPath(source).parts


def collect(source: str, text: str, config) -> list[Cell]:
    """Return the cells of a lab; BuildError where one of them would not run."""
    plugin = config.plugins["mkdocs-jupyter"]
    path = Path(config.docs_dir, source)
    if not plugin.should_include(SimpleNamespace(abs_src_path=str(path))):
        raise BuildError(
            f"docs/{source}: its front matter does not make it a notebook, so nothing "
            "would run"
        )
    for number, block in blocks(text):
        if PYTHON.search(block) and not FENCE.fullmatch(block):
            raise BuildError(
                f"docs/{source}: line {number}: a cell stands between ```python and "
                "```, each alone on its line, not indented, in no other fence"
            )
    return [
        Cell(source, f"cell-{number}", fence[1], f"docs/{source}",
             text.count("\n", 0, fence.start(1)) + 1)
        for number, fence in enumerate(FENCE.finditer(text), 1)
    ]  # fmt: skip


def outputs(html: str) -> list[str]:
    """Return what each cell of mkdocs-jupyter's page put out, as Markdown.

    >>> area = '<div class="jp-OutputArea-output" data-mime-type="text/plain">'
    >>> page = f'<div class="jp-CodeCell" id="1">{area}<pre>1</pre></div></div>'
    >>> outputs(page)[0].split()
    ['<div', 'class="result"', 'markdown>', '````text', '1', '````', '</div>']
    """
    from bs4 import BeautifulSoup  # not for builds that run no lab

    found = []
    for cell in BeautifulSoup(html, "html.parser").select(".jp-CodeCell[id]"):
        shown = []
        for area in cell.select(".jp-OutputArea-output"):
            kind = area["data-mime-type"]
            if kind in ("text/html", "text/markdown"):
                shown.append(HTML.format(area.decode_contents().strip()))
            else:
                shown.append(TEXT.format(area.get_text().strip("\n")))
        found.append("".join(shown))
    return found


def notebook(jobs: list[Job]) -> str:
    """Return a Jupyter notebook of these cells and no others.

    >>> [cell] = json.loads(notebook([("1 + 1", "demo.md", 12)]))["cells"]
    >>> cell["cell_type"], cell["source"]
    ('code', '1 + 1')
    """
    from nbformat import v4

    cells = [v4.new_code_cell(code) for code, *_ in jobs]
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


def run(snippets: str, jobs: list[Job]) -> list[Result]:
    """Run a lab in this process's directory; return what came of each of its cells.

    jobs: code, file and line of each cell.
    """
    settle(snippets)
    # A build that runs no lab does not pay for these, nor does its own process.
    from .kernel import Failure
    from mkdocs_jupyter.nbconvert2 import nb2html

    Path("lab.ipynb").write_text(notebook(jobs), encoding="utf-8")
    started = perf_counter()
    try:
        html = nb2html(
            "lab.ipynb", execute=True, kernel_name="python3", allow_errors=False
        )
        found = outputs(html)
        if len(found) == len(jobs) and any(found):
            times = [perf_counter() - started] + [0.0] * len(jobs)
            return [Result(*each) for each in zip(found, times, strict=False)]
        failed, reason = 0, "its cells have no outputs"
    except Failure as failure:
        failed, reason = failure.args
    passed = [Result(None, 0.0) for _ in range(failed)]
    return [*passed, Result("", perf_counter() - started, reason)]


def on_pre_page(page, config, **kwargs):
    """Render labs as all pages are, where mkdocs-jupyter has taken them over."""
    if is_lab(page.file.src_uri):
        page.render = partial(Page.render, page)
    return page
