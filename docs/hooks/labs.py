"""Labs: notebooks that mkdocs-jupyter runs, shown as every other page is shown.

mkdocs-jupyter runs a lab and makes a page of it, with prompts, scripts and 600 KB of
style. Of that page only the outputs are kept. They are put below their fences, and the
Markdown goes the way of all pages. The code of a lab is the same in all languages, so
it runs once, and its outputs are kept as those of cells are (``store``).
"""

from __future__ import annotations

import json
import os
import re
from functools import partial
from pathlib import Path

from bs4 import BeautifulSoup
from cells import Cell
from jupyter_client.connect import ConnectionFileMixin
from mkdocs.exceptions import BuildError
from mkdocs.structure.pages import Page
from nbconvert.preprocessors import CellExecutionError
from runner import ENVIRONMENT
from store import Keys, Store

FENCE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
TEXT = '\n\n<div class="result" markdown>\n\n````text\n{}\n````\n\n</div>\n'
HTML = '\n\n<div class="output">{}</div>\n'


def outputs(html: str) -> list[str]:
    """Return what each cell of mkdocs-jupyter's page put out, as Markdown.

    >>> area = '<div class="jp-OutputArea-output" data-mime-type="text/plain">'
    >>> page = f'<div class="jp-CodeCell" id="1">{area}<pre>1</pre></div></div>'
    >>> outputs(page)[0].split()
    ['<div', 'class="result"', 'markdown>', '````text', '1', '````', '</div>']
    """
    found = []
    for cell in BeautifulSoup(html, "html.parser").select(".jp-CodeCell[id]"):
        shown = []
        for area in cell.select(".jp-OutputArea-output"):
            kind = area["data-mime-type"]
            if kind.endswith("stderr"):
                raise ValueError(f"it wrote to standard error: {area.get_text()}")
            if kind in ("text/html", "text/markdown"):
                shown.append(HTML.format(area.decode_contents().strip()))
            else:
                shown.append(TEXT.format(area.get_text().strip("\n")))
        found.append("".join(shown))
    return found


def on_pre_build(config) -> None:
    """Let the kernels find the snippets, and run on one thread, without a profile."""
    root = Path(config.config_file_path).parent
    paths = {"PYTHONPATH": "snippets", "IPYTHONDIR": ".cache/ipython"}
    os.environ.update(ENVIRONMENT | {k: str(root / v) for k, v in paths.items()})
    if os.name != "nt":  # not through a port that others could reach
        ConnectionFileMixin.transport.default_value = "ipc"


def on_pre_page(page, config, **kwargs):
    """Render the labs below, where mkdocs-jupyter has taken them for notebooks."""
    if "/labs/" in page.file.src_uri:
        if "render" not in vars(page):
            raise BuildError(
                f"docs/{page.file.src_uri}: its front matter does not make it a "
                "notebook, so nothing would run"
            )
        page.render = partial(render, page, page.render)
    return page


def render(page, run, config, files) -> None:
    """Render a lab as every other page, with the outputs of its cells."""
    source, root = page.file.src_uri, Path(config.config_file_path).parent
    name = source.partition("/")[2].removesuffix(".md")
    codes = FENCE.findall(page.markdown)
    cells = [[Cell(source, "", code, source, 0)] for code in codes]
    key = Keys(root / "snippets").of(cells)[-1] if cells else ""
    cache = config.extra["cells"]["cache"]
    store = Store(root / cache if cache else None)
    if key not in known:
        known[key] = json.loads(store.read(name)[0].get(key, "[]"))
    if not any(known[key]):
        try:
            run(config, files)
            known[key] = outputs(page.content)
        except (CellExecutionError, ValueError) as error:
            raise BuildError(f"docs/{source}: {error}") from None
        store.write(name, {key: json.dumps(known[key])}, 0.0)
    if len(known[key]) != len(codes) or not any(known[key]):
        raise BuildError(f"docs/{source}: its cells have no outputs")
    shown = iter(known[key])
    page.markdown = FENCE.sub(lambda cell: cell[0] + next(shown), page.markdown)
    Page.render(page, config, files)


known: dict[str, list[str]] = {}  # outputs by key, for the next language
