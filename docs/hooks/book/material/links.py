"""Where the links of a page lead once its text is read elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import dirname, join, normpath

from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url


def leaves(target: str) -> bool:
    """Tell whether a link leaves the site.

    >>> leaves("https://example.org"), leaves("mailto:a@b.c"), leaves("adam.md#a")
    (True, True, False)
    """
    return "://" in target or target.startswith("mailto:")


@dataclass
class Links:
    """The links of a page. address: of the site, or nothing where it is not known."""

    page: Page
    files: Files
    address: str

    def place(self, target: str) -> str:
        """Return where a link leads, below the site's address; nothing if nowhere."""
        path, mark, anchor = target.partition("#")
        if not path:
            return f"{self.page.url}{mark}{anchor}"
        name = normpath(join(dirname(self.page.file.src_uri), path))
        file = self.files.get_file_from_path(name)
        return f"{file.url}{mark}{anchor}" if file else ""

    def followed(self, base: str | None, target: str) -> str:
        """Return how a link is followed, or nothing where it cannot be.

        base: from a place on the site. None: from a file that has left it, as a
        notebook has, which holds the page's own places.
        """
        if leaves(target) or (base is None and target.startswith("#")):
            return target
        place = self.place(target)
        if place and self.address:
            return f"{self.address}/{place.removeprefix('./')}"
        if not place or base is None:
            return ""
        url, mark, anchor = place.partition("#")
        return f"{get_relative_url(url, base)}{mark}{anchor}"
