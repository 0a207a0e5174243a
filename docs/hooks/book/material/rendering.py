"""Render the pages of a build, or take what is kept of them."""

from __future__ import annotations

import html
import platform
from functools import partial
from pathlib import Path
from posixpath import dirname
from typing import TYPE_CHECKING

from mkdocs.utils import get_build_datetime, get_relative_url

from ..content.view import Claim, View
from ..errors import Fault
from ..kept import Rendered
from ..live.store import digest, installed
from ..outputs import downloads, footer_and_feed, markdown_copy, search_entries
from . import first_screen, languages, math_font, search
from .finish import finished
from .keeping import keep, restore
from .links import Links

if TYPE_CHECKING:
    from .site import Site


class Rendering:
    """The pages of a build, by source, on their way through MkDocs' events.

    entries: of the search, by language. lists: of the language's copies. order: of the
    pages, in the navigation.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.views: dict[str, View] = {}
        self.rendered: dict[str, Rendered] = {}
        self.entries: dict[str, list[dict]] = {}
        self.lists: list[markdown_copy.Entry] = []
        self.order: list[str] = []

    def prepare(self, page, files) -> None:
        """Get a page ready to be rendered, or take what is kept of it."""
        source = page.file.src_uri
        mine = self.site.pages.get(source)
        if not mine:
            self.site.view = None
            return
        about = [  # MkDocs may have read another text, saved since
            self.site.texts[source],
            str(page.meta),
            self.site.print,
            self.site.language,
            page.url,
        ]
        self.site.run.wait(self.site.needs(mine))
        results = self.site.run.results.get(mine.name, {})
        claims = self.claims(files) if mine.of_the_whole_book else []
        view = View(mine, results, self.site.snippets, claims)
        self.site.view = self.views[source] = view
        for cell in mine.cells:
            if cell.runs:
                result = results.get(cell.id)
                if not result or (result.outputs is None and not result.failure):
                    raise Fault(f"docs/{source}: cell {cell.id!r} has no result")
                about += [str(result.outputs), result.failure]
            about += [cell.id, cell.code]
        about += [str(claims), self.file_map(files)]
        about += self.site.run.keys.get(mine.name, [])  # with all that cells reach
        for module in downloads.modules_of(view):
            about.append(self.site.run.reach(self.site.snippets.sources[module]))
        key = digest(*about)
        kept = self.site.shelf.take(source)
        if kept.key != key:
            kept = Rendered(key=key, fresh=True)
        self.rendered[source] = kept
        if not kept.fresh:
            page.render = lambda config, files: restore(page, kept.body, files)

    def file_map(self, files) -> str:
        """Return where all files lead, as a key: links depend on it."""
        return digest(*sorted(f"{file.src_uri} {file.url}" for file in files))

    def claims(self, files) -> list[Claim]:
        """Return the claims of the book, in the language that is being built."""
        found = []
        for file in files.documentation_pages():
            page = self.site.pages.get(file.src_uri)
            for id, quote in page.claims.items() if page else ():
                view = View(page, self.site.run.results[page.name], self.site.snippets)
                ancestors = file.page.ancestors if file.page else []
                section = ancestors[-1].title if ancestors else ""
                trial, why = view.trial(id), view.why(id)
                found.append(Claim(id, quote, file.src_uri, section, trial, why))
        ids = [claim.id for claim in found]
        for id in ids:
            if ids.count(id) > 1:
                raise Fault(f"the claim {id} stands on two pages")
        return found

    def take_content(self, content: str, page, files) -> str:
        """Keep what came of rendering a page, and make all that is made of it."""
        source = page.file.src_uri
        view, kept = self.views.get(source), self.rendered.get(source)
        if not kept or not kept.fresh:
            return kept.body["content"] if kept else content
        folder = dirname(page.file.dest_uri)
        links = Links(page, files, (self.site.config.site_url or "").rstrip("/"))
        here, listed, away = (
            partial(links.followed, base) for base in (page.url, self.site.folder, None)
        )
        kept.body = keep(page, content) | {
            "files": downloads.files_of(view, folder, away, here),
            "bar": downloads.bar(view, folder, self.site.config.repo_url),
            "search": self.search_entries(view, page.url.removeprefix("./")),
            "below": first_screen.below(view),
            "listed": markdown_copy.copy(view, listed),
            "about": footer_and_feed.description(view),
            "font": math_font.style(view.letters, source, self.site.store),
        }
        return content

    def search_entries(self, view: View, url: str) -> list[dict[str, str]]:
        """Return what the search knows of a page, if there is one."""
        if not self.site.config.plugins.get("material/search"):
            return []
        return search_entries.entries(view, url, search.DICTIONARY)

    def all_rendered(self, files) -> None:
        """Note what the footer shows; see which pages need no template."""
        self.site.run.wait()
        date = f"{get_build_datetime():%Y-%m-%d}"
        build = {
            "torch": installed("torch"),
            "python": platform.python_version(),
            "commit": footer_and_feed.commit(self.site.root),
            "date": date,
        }
        self.site.config.extra["build"] = build
        pages = [file.page for file in files.documentation_pages() if file.page]
        titles = [f"{page.url} {page.title} {page.meta.get('title')}" for page in pages]
        about = digest(
            str(build), *titles, self.file_map(files), str(self.site.config.extra_css)
        )
        for page in pages:
            kept = self.rendered.get(page.file.src_uri)
            if not kept:
                continue
            page.meta["search"] = {"exclude": True}  # its entries are ours
            page.meta.setdefault("description", kept.body["about"])
            whole = digest(kept.key, about)
            if kept.whole == whole and not kept.fresh:
                page.meta["template"] = "kept.html"
            else:
                kept.whole, kept.html, kept.fresh = whole, "", True

    def page_context(self, context, page):
        """Tell the template what it needs of a page."""
        kept = self.rendered.get(page.file.src_uri)
        self.order = [each.url for each in context["nav"].pages]
        if kept and kept.html:
            return context
        self.site.config.extra["scope"] = context["base_url"]  # where colours are kept
        if self.site.folder:
            context["base_url"] = get_relative_url(self.site.folder, page.url)
        languages.lead_from(page, self.site.config)
        context["folder"] = self.site.folder
        context["is_home"] = languages.is_home(page)
        if context["is_home"]:
            page.meta.pop("description", None)  # it has the site's words
        if kept:
            context["below"] = kept.body["below"]
            context["font_style"] = kept.body["font"]
        return context

    def finish_page(self, output: str, page) -> str:
        """Write what was made of a page; return the page as it is served."""
        source = page.file.src_uri
        kept = self.rendered.get(source)
        if not kept:
            return output
        if not kept.html:
            kept.html = finished(output, page, self.site, kept.body["bar"])
        for place, text in kept.body["files"].items():
            path = Path(self.site.config.site_dir, place)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        self.entries.setdefault(self.site.language, []).extend(kept.body["search"])
        self.lists.append(
            markdown_copy.Entry(
                section=page.ancestors[-1].title if page.ancestors else page.title,
                title=page.title,
                about=self.about(page),
                url=page.url,
                text=kept.body["listed"],
            )
        )
        self.site.shelf.put(source, kept)
        return kept.html

    def about(self, page) -> str:
        """Return what a page is about; of the home page, what the site is about."""
        described = None if languages.is_home(page) else page.meta.get("description")
        return html.unescape(
            " ".join(str(described or self.site.config.site_description).split())
        )
