"""The line of downloads below a page's title, and the files that it leads to."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from pathlib import PurePosixPath

from ..content.view import View
from ..content.words import WORDS
from .markdown_copy import copy
from .notebook import Notebook, alone

GITHUB = re.compile(
    r"https://github\.com/(?P<repository>[\w.-]+/[\w.-]+?)(?:\.git)?/?$"
)
COPY = "index.md"


def hosts(repo_url: str | None, path: str) -> dict[str, str]:
    """Return where hosts open a published notebook, by host; none without GitHub.

    PAI works in China, where Colab does not.

    >>> found = hosts("https://github.com/someone/site/", "en/adam/adam.ipynb")
    >>> found["colab"]
    'https://colab.research.google.com/github/someone/site/blob/notebooks/en/adam/adam.ipynb'
    >>> found["pai"].removeprefix("https://gallery.pai-ml.com/#/import/")
    'https://github.com/someone/site/blob/notebooks/en/adam/adam.ipynb'
    >>> hosts(None, "en/adam/adam.ipynb"), hosts("https://example.org/a/b", "a.ipynb")
    ({}, {})
    """
    found = GITHUB.match(repo_url or "")
    if not found:
        return {}
    place = f"{found['repository']}/blob/notebooks/{path}"
    return {
        "colab": f"https://colab.research.google.com/github/{place}",
        "pai": f"https://gallery.pai-ml.com/#/import/https://github.com/{place}",
    }


def modules_of(view: View) -> list[str]:
    """Return the snippets that a page shows, its script first, or a lab's own."""
    modules = sorted(view.page.modules, key=lambda name: not name.startswith("pages."))
    modules = modules or [view.page.module]
    return [module for module in modules if module in view.snippets.sources]


def files_of(
    view: View, folder: str, away: Callable[[str], str], here: Callable[[str], str]
) -> dict[str, str]:
    """Return the downloads of a page by their place on the site.

    folder: of the page. away: returns where a link's target is published, or nothing.
    here: returns how it is reached from the page.
    """
    name = PurePosixPath(view.page.name).name
    files = {
        posixpath.join(folder, f"{name}.ipynb"): Notebook(view, away).whole(),
        posixpath.join(folder, COPY): copy(view, here),
    }
    for module in modules_of(view):
        path = f"snippets/{module.replace('.', '/')}.py"
        files[path] = alone(view.snippets, module)
    return files


def bar(view: View, folder: str, repo_url: str | None) -> str:
    """Return the line of downloads of a page as HTML."""
    words, name = WORDS[view.language], PurePosixPath(view.page.name).name
    links = [
        f'<a href="{name}.ipynb" download>{words["notebook"]}</a>',
        f'<a href="{COPY}" download="{name}.md">{words["copy"]}</a>',
    ]
    for module in modules_of(view):
        path = f"{module.replace('.', '/')}.py"
        to = posixpath.relpath(f"snippets/{path}", folder or ".")
        links.append(f'<a href="{to}" download>{words["file"].format(path)}</a>')
    places = hosts(repo_url, posixpath.join(folder, f"{name}.ipynb"))
    links += [f'<a href="{place}">{words[host]}</a>' for host, place in places.items()]
    joined = " ".join(links)
    return f'<nav class="downloads" aria-label="{words["downloads"]}">{joined}</nav>'
