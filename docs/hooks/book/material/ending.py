"""What is written once, when the pages are: the feed, the lists, the search indexes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.utils import get_relative_url

from ..outputs import footer_and_feed, markdown_copy
from . import search

if TYPE_CHECKING:
    from .site import Site


def write_feed(site: Site, place: Path) -> None:
    """Write the changes as a feed."""
    changelog = site.root / "CHANGELOG.md"
    git = footer_and_feed.git
    date = git(site.root, "log", "-1", "--format=%cs", "--", changelog.name)
    text, name = changelog.read_text("utf-8"), site.config.site_name
    atom = footer_and_feed.feed(text, name, site.config.site_url or "", date)
    (place / "feed.xml").write_text(atom, "utf-8")


def write_lists(site: Site, place: Path) -> None:
    """Write the lists of the language's copies."""
    address = (site.config.site_url or "").rstrip("/")
    folders = [site.folder_of(language) for language in site.languages]
    others = [site.folder, *(o for o in folders if o != site.folder)]
    lists, order = site.rendering.lists, site.rendering.order
    lists.sort(key=lambda e: order.index(e.url) if e.url in order else len(order))

    def to(url: str) -> str:
        return f"{address}/{url}" if address else get_relative_url(url, site.folder)

    found = markdown_copy.lists(
        site.language,
        site.config.site_name,
        " ".join((site.config.site_description or "").split()),
        site.config.extra["build"]["torch"],
        lists,
        to,
        others,
    )
    for name, text in found.items() if lists else ():
        (place / site.folder / name).write_text(text, "utf-8")
    site.rendering.lists = []


def write_indexes(site: Site, place: Path) -> None:
    """Write what the search of each language knows.

    Material writes an index after each language, always where the first one lies;
    so these come last.
    """
    plugin = site.config.plugins.get("material/search")
    if not plugin:
        return
    settings = {key: plugin.config[key] for key in ("separator", "fields")}
    for language in site.languages:
        folder = site.folder_of(language)
        path = place / folder / search.INDEX
        path.parent.mkdir(parents=True, exist_ok=True)
        pages = sorted(Path(site.config.docs_dir, language).glob(search.QUESTIONS))
        questions = "\n".join(page.read_text("utf-8") for page in pages)
        entries = search.lend(
            site.rendering.entries.get(language, []), questions, folder
        )
        path.write_text(search.index(language, folder, settings, entries), "utf-8")
    plugin.config.enabled = False  # static-i18n would have it write one more
