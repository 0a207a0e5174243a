"""The book as an extension that whatever renders Python-Markdown can load by its name.

``book.alone`` in a list of extensions, with ``docs/hooks`` on the path of Python and
these options: ``root``, of the project; ``folder``, of one language's pages below it;
``language``. No MkDocs, no Material: cells, values, claims and formulas are live, and
what a theme adds (downloads, search, links between languages) is left to it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from threading import Lock

from .content.extension import Book
from .content.view import Claim, View
from .errors import Fault
from .live.page import HEADING, Page
from .live.reader import read
from .live.run import Memory, Run, Settings, merge
from .live.snippets import Snippets
from .live.store import Store

RUNNING = Lock()  # a renderer may convert pages side by side


@cache
def views_of(root: Path, folder: str, language: str) -> dict[str, View]:
    """Run the cells of a folder's pages; return what they are rendered from.

    By the id of their first heading, which is what a renderer hands on for certain.
    Fault for wrong notation and for a cell that fails.
    """
    snippets = Snippets(root / "snippets")
    pages: dict[str, Page] = {}
    for path in sorted((root / folder).rglob("*.md")):
        text = path.read_text("utf-8-sig")
        name = path.relative_to(root / folder).with_suffix("").as_posix()
        source = path.relative_to(root).as_posix()
        page = read(source, language, name, text, snippets)
        if heading := HEADING.search(text):
            pages[heading["id"]] = page
    cells = {page.name: merge([page]) for page in pages.values()}
    run = Run(cells, snippets, Store(None), Settings(), Memory())
    run.begin()
    run.wait()
    views = {
        id: View(page, run.results.get(page.name, {}), snippets)
        for id, page in pages.items()
    }
    claims = [
        Claim(id, quote, view.page.source, "", view.trial(id), view.why(id))
        for view in views.values()
        for id, quote in view.page.claims.items()
    ]
    for view in views.values():
        view.claims = claims
    return views


def makeExtension(
    root: str = ".", folder: str = "docs", language: str = "en", live: bool = True
) -> Book:
    """Return the extension, as Python-Markdown asks for it by its module's name."""

    def source(text: str) -> View | None:
        with RUNNING:
            views = views_of(Path(root).resolve(), folder, language)
        heading = HEADING.search(text)
        if heading is None or heading["id"] not in views:
            raise Fault(f"{folder}: no page begins with this heading: {text[:60]!r}")
        return views[heading["id"]]

    return Book(source, live)
