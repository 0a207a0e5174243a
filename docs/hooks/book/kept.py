"""What is rendered is kept: pages of which nothing has changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .live.store import Store, digest, installed

PACKAGES = (
    "mkdocs", "mkdocs-material", "mkdocs-static-i18n", "markdown-exec", "markdown",
    "pymdown-extensions", "pygments", "jinja2", "sphinxcontrib-katex", "mini-racer",
    "jieba", "fonttools", "brotli", "beautifulsoup4",
)  # fmt: skip


def tree(*folders: Path) -> str:
    """Return a key of all files in folders, and of what they are called."""
    parts: list[str] = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                parts += [path.relative_to(folder).as_posix(), path.read_bytes().hex()]
    return digest(*parts)


def packages() -> str:
    """Return the versions of what renders pages, as a key."""
    return digest(*(f"{name} {installed(name)}" for name in PACKAGES))


@dataclass
class Rendered:
    """A page as it was rendered, and all that was made of it.

    body: what it was before it went into the template, under ``key``. html: after,
    under ``whole``.
    """

    key: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    whole: str = ""
    html: str = ""
    fresh: bool = False  # whether it differs from what is kept


class Shelf:
    """Keeps rendered pages, in memory while serving, and on disk."""

    def __init__(self, store: Store, memory: dict[str, Rendered]) -> None:
        self.store, self.memory = store, memory

    def take(self, name: str) -> Rendered:
        """Return what is kept of a page, or an empty one."""
        if name not in self.memory:
            things, _ = self.store.read(f"page {name}")
            try:
                self.memory[name] = Rendered(**things)
            except TypeError:
                self.memory[name] = Rendered()
        return self.memory[name]

    def put(self, name: str, page: Rendered) -> None:
        """Keep a page, if it was rendered anew."""
        if page.fresh:
            page.fresh = False
            self.memory[name] = page
            self.store.write(f"page {name}", vars(page))
