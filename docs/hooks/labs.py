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
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock, Thread
from types import SimpleNamespace
from uuid import uuid4

from bs4 import BeautifulSoup
from cells import Cell
from jupyter_client.connect import ConnectionFileMixin
from mkdocs.exceptions import BuildError
from mkdocs.structure.pages import Page
from mkdocs_jupyter.nbconvert2 import nb2html
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


def start(path: str, settings) -> Future[str]:
    """Let mkdocs-jupyter run a notebook beside the cells; its page is the result."""
    future: Future[str] = Future()

    def run() -> None:
        try:
            kernel = settings["kernel_name"]
            options = {"kernel_name": kernel, "allow_errors": False}
            with turn:
                future.set_result(nb2html(path, execute=True, **options))
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, daemon=True).start()  # a failed build does not wait for it
    return future


def socket(manager) -> str:
    """Return a path for a kernel's sockets: by default, kernels would share one."""
    return str(Path(sockets.name) / uuid4().hex)


def about(source: str, text: str, config) -> tuple[list[str], str, Store]:
    """Return the code of a lab's cells, the key of its outputs, and their store."""
    root = Path(config.config_file_path).parent
    codes = FENCE.findall(text)
    cells = [[Cell(source, "", code, source, 0)] for code in codes]
    key = Keys(root / "snippets").of(cells)[-1] if cells else ""
    cache = config.extra["cells"]["cache"]
    return codes, key, Store(root / cache if cache else None)


def on_pre_build(config) -> None:
    """Start the labs whose outputs are not known, with the snippets, on one thread."""
    root, docs = Path(config.config_file_path).parent, Path(config.docs_dir)
    path = [str(root / "snippets"), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ.update(ENVIRONMENT)
    if path[0] not in os.environ.get("PYTHONPATH", ""):
        os.environ["PYTHONPATH"] = os.pathsep.join(path)
    ipython = root / ".cache" / "ipython"
    ipython.mkdir(parents=True, exist_ok=True)  # it would grumble otherwise
    os.environ["IPYTHONDIR"] = str(ipython)
    if os.name != "nt":  # not through a port that others could reach
        ConnectionFileMixin.transport.default_value = "ipc"
        ConnectionFileMixin._ip_default = socket
    plugin = config.plugins["mkdocs-jupyter"]
    for path in sorted(docs.glob("*/labs/*.md")):
        source = path.relative_to(docs).as_posix()
        codes, key, store = about(source, path.read_text(encoding="utf-8"), config)
        if codes and key not in known and key not in started:
            known[key] = json.loads(store.read(name_of(source))[0].get(key, "[]"))
            if not any(known.get(key, [])):
                del known[key]
                if plugin.should_include(SimpleNamespace(abs_src_path=str(path))):
                    started[key] = start(str(path), plugin.config)


def name_of(source: str) -> str:
    """Return the name of a page in all languages.

    >>> name_of("zh/labs/race.md")
    'labs/race'
    """
    return source.partition("/")[2].removesuffix(".md")


def on_pre_page(page, config, **kwargs):
    """Render the labs below, where mkdocs-jupyter has taken them for notebooks."""
    if "/labs/" in page.file.src_uri:
        if "render" not in vars(page):
            raise BuildError(
                f"docs/{page.file.src_uri}: its front matter does not make it a "
                "notebook, so nothing would run"
            )
        page.render = partial(render, page)
    return page


def render(page, config, files) -> None:
    """Render a lab as every other page, with the outputs of its cells."""
    source = page.file.src_uri
    codes, key, store = about(source, page.markdown, config)
    if key in started:
        try:
            known[key] = outputs(started.pop(key).result())
        except (CellExecutionError, ValueError) as error:
            raise BuildError(f"docs/{source}: {error}") from None
        store.write(name_of(source), {key: json.dumps(known[key])}, 0.0)
    found = known.get(key, [])
    if len(found) != len(codes) or not any(found):
        raise BuildError(f"docs/{source}: its cells have no outputs")
    shown = iter(found)
    page.markdown = FENCE.sub(lambda cell: cell[0] + next(shown), page.markdown)
    Page.render(page, config, files)


known: dict[str, list[str]] = {}  # outputs by key, for the next language
started: dict[str, Future[str]] = {}  # what runs, by key
turn = Lock()  # two kernels that one process starts at once mix up their keys
sockets = TemporaryDirectory()
