"""One build of the site: what each event of MkDocs does, for all languages."""

from __future__ import annotations

import atexit
import html
import platform
from collections.abc import Callable
from pathlib import Path
from posixpath import dirname

from markdown_exec._internal.rendering import _register_headings_processors
from mkdocs import utils
from mkdocs.structure.pages import Page as MkDocsPage
from mkdocs.utils import get_build_datetime, get_relative_url

from ..content.extension import Book
from ..content.view import Claim, View
from ..errors import Fault
from ..kept import Rendered, Shelf, packages, tree
from ..live import page as live_page
from ..live.run import Memory, Run, Settings, merge
from ..live.snippets import Snippets
from ..live.store import Store, digest, version
from ..outputs import downloads, footer_and_feed, markdown_copy, search_entries
from . import assets, ending, first_screen, languages, search
from .finish import finished, template_finished
from .keeping import keep, restore, view_code
from .links import Links
from .patches import Table
from .staging import Staging

CLEAN_DIRECTORY = utils.clean_directory
RESULTS = ".cache/cells"


class Site:
    """One build, from the configuration to the site in its place."""

    def __init__(
        self,
        config,
        serving: bool,
        memory: Memory,
        shelf: dict[str, Rendered],
        tell: Callable[[str], None],
    ) -> None:
        """Settle what all languages share. Fault for a setting that is none."""
        self.config, self.serving, self.memory = config, serving, memory
        self.tell = tell
        if not Path(config.config_file_path).is_file():
            raise Fault("the configuration must be a file beside docs/ and snippets/")
        self.root = Path(config.config_file_path).parent
        self.docs = Path(config.docs_dir)
        self.i18n = config.plugins["i18n"]
        self.languages = list(self.i18n.build_languages)
        self.default = self.i18n.default_language
        settings = config.extra.get("cells") or {}
        self.settings = Settings.of(settings)
        cache = settings.get("cache", RESULTS)
        cache = RESULTS if str(cache) in ("1", "True") else cache
        place = self.root / Path(str(cache)).expanduser() if cache else None
        self.store = Store(place)
        self.shelf = Shelf(self.store, shelf)
        self.table = Table(len(self.languages))
        self.table.internals()
        self.book = Book(lambda text: self.view)
        self.view: View | None = None  # of the page that is being rendered
        self.pages: dict[str, live_page.Page] = {}  # by source, "zh/adam.md"
        self.views: dict[str, View] = {}
        self.rendered: dict[str, Rendered] = {}
        self.run: Run | None = None
        self.entries: dict[str, list[dict]] = {}
        self.lists: list[markdown_copy.Entry] = []
        self.order: dict[str, int] = {}  # of the pages, in the navigation
        self.lost: dict[str, str] = {}  # the 404 page of each language
        self.staging = None if serving else Staging(Path(config.site_dir))
        self.print = self.fingerprint()
        atexit.register(self.halt)

    def fingerprint(self) -> str:
        """Return what all pages depend on, as a key: settings, machinery, theme."""
        config = self.config
        hooks, theme = self.root / "docs" / "hooks", self.docs / "theme"
        about = [Path(config.config_file_path).read_text("utf-8")]
        about += [str(config.site_url), str(config.repo_url), str(self.serving)]
        return digest(*about, tree(hooks, theme), packages(), platform.python_version())

    @property
    def language(self) -> str:
        """Return the language that is being built."""
        return self.i18n.current_language or self.default

    @property
    def last_language(self) -> bool:
        """Tell whether no language is left to be built."""
        return self.language == self.languages[-1]

    @property
    def failed(self) -> bool:
        """Tell whether a cell has ended the build."""
        return bool(self.run and self.run.error)

    @property
    def folder(self) -> str:
        """Return where the language lies on the site: "" or "en/"."""
        return self.folder_of(self.language)

    def folder_of(self, language: str) -> str:
        """Return where a language lies on the site."""
        return "" if language == self.default else f"{language}/"

    def configure(self, config) -> None:
        """Set what the language, and other projects, need to know."""
        if self.staging:
            config.site_dir = str(self.staging.part)
        if self.book not in config.markdown_extensions:
            config.markdown_extensions.append(self.book)
        title = languages.PERMALINK.get(self.language, "")
        config.mdx_configs.setdefault("toc", {})["permalink_title"] = title
        # MkDocs leads to each host's branch of old, `master`.
        config.edit_uri = (config.edit_uri or "").replace("master", "main") or None

    def read_pages(self, files) -> None:
        """Read the pages of all languages, those that MkDocs would build."""
        self.snippets = Snippets(self.root / "snippets")
        names: dict[str, list[live_page.Page]] = {}
        for language in self.languages:
            for file in files.documentation_pages():
                folder, _, rest = file.src_uri.partition("/")
                if folder != language:
                    continue
                name = rest.rpartition(".")[0]
                source = f"docs/{file.src_uri}"
                try:
                    text = Path(file.abs_src_path).read_text(encoding="utf-8-sig")
                except (OSError, UnicodeDecodeError) as error:
                    raise Fault(f"{source}: {error}") from None
                page = live_page.read(source, language, name, text, self.snippets)
                self.check_lab(page, file)
                self.pages[file.src_uri] = page
                names.setdefault(name, []).append(page)
        for name, pages in names.items():
            missing = {*self.languages} - {page.language for page in pages}
            if missing:
                language = min(missing)
                raise Fault(
                    f"docs/{pages[0].source}: there is no docs/{language}/{name}.md"
                )
        self.cells = {name: merge(pages) for name, pages in names.items()}
        self.cells = {name: cells for name, cells in self.cells.items() if cells}

    def check_lab(self, page: live_page.Page, file) -> None:
        """Raise Fault for a lab that mkdocs-jupyter would not take for a notebook."""
        plugin = self.config.plugins.get("mkdocs-jupyter")
        if live_page.is_lab(page.name) and plugin and not plugin.should_include(file):
            raise Fault(
                f"docs/{page.source}: its front matter does not make it a notebook, so "
                "nothing would run"
            )

    def run_cells(self) -> None:
        """Begin to run what is not known, beside what the build does meanwhile."""
        tell = self.tell if self.serving else None
        sources = {page.name: f"docs/{page.source}" for page in self.pages.values()}
        for page in self.pages.values():
            if page.language == self.default:
                sources[page.name] = f"docs/{page.source}"
        self.run = Run(
            self.cells,
            self.snippets,
            self.store,
            self.settings,
            self.memory,
            tell,
            sources,
        )
        self.run.begin()

    def own_render(self, page):
        """Render labs as all pages are, where mkdocs-jupyter has taken them over."""
        if "render" in vars(page) or type(page) is not MkDocsPage:
            page.render = MkDocsPage.render.__get__(page)
        return page

    # Rendering

    def prepare(self, page, markdown: str, files) -> None:
        """Get a page ready to be rendered, or take what is kept of it."""
        source = page.file.src_uri
        mine = self.pages.get(source)
        if not mine:
            self.view = None
            return
        about = [markdown, str(page.meta), self.print, self.language, page.url]
        whole_book = 'claims["' in markdown or "<!-- ledger -->" in markdown
        self.run.wait(*(() if whole_book else {mine.name} & self.cells.keys()))
        results = self.run.results.get(mine.name, {})
        claims = self.claims(files) if whole_book else []
        view = View(mine, results, self.snippets, claims)
        self.view = self.views[source] = view
        for cell in mine.cells:
            if cell.runs:
                result = results.get(cell.id)
                if not result or (result.outputs is None and not result.failure):
                    raise Fault(f"docs/{source}: cell {cell.id!r} has no result")
                about += [cell.id, cell.code, str(result.outputs), result.failure]
            else:
                about += [cell.id, cell.code]
        about += [str(claims), view_code(view), self.file_map(files)]
        key = digest(*about)
        kept = self.shelf.take(source)
        if kept.key != key:
            kept = Rendered(key=key, fresh=True)
        self.rendered[source] = kept
        if not kept.fresh:
            page.render = lambda config, files: restore(page, kept.body, files)

    def file_map(self, files) -> str:
        """Return where all files lead, as a key: links depend on it."""
        if getattr(self, "mapped", (None,))[0] is not files:
            pairs = sorted(f"{file.src_uri} {file.url}" for file in files)
            self.mapped = files, digest(*pairs)
        return self.mapped[1]

    def claims(self, files) -> list[Claim]:
        """Return the claims of the book, in the language that is being built."""
        found = []
        for file in files.documentation_pages():
            page = self.pages.get(file.src_uri)
            for id, quote in page.claims.items() if page else ():
                view = View(page, self.run.results[page.name], self.snippets)
                ancestors = file.page.ancestors if file.page else []
                section = ancestors[-1].title if ancestors else ""
                found.append(Claim(id, quote, file.src_uri, section, view.trial(id)))
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

        links = Links(page, files, (self.config.site_url or "").rstrip("/"))
        here, listed = links.seen_from(page.url), links.seen_from(self.folder)
        kept.body = keep(page, content) | {
            "files": downloads.files_of(view, folder, links.published, here),
            "bar": downloads.bar(view, folder, self.config.repo_url),
            "search": self.search_entries(view, page.url.removeprefix("./")),
            "below": first_screen.below(view),
            "listed": markdown_copy.copy(view, listed),
            "about": footer_and_feed.description(view),
            "letters": "".join(sorted(view.letters)),
        }
        return content

    def search_entries(self, view: View, url: str) -> list[dict[str, str]]:
        """Return what the search knows of a page, if there is one."""
        if not self.config.plugins.get("material/search"):
            return []
        return search_entries.entries(view, url, search.DICTIONARY)

    def all_rendered(self, files) -> None:
        """Note what the footer shows; see which pages need no template."""
        self.run.wait()
        english = self.language == "en"
        date = f"{get_build_datetime():%Y-%m-%d}"
        build = {
            "torch": version("torch"),
            "python": platform.python_version(),
            "commit": footer_and_feed.commit(self.root),
            "date": date,
            "changes": "Changes (Atom)" if english else "更新（Atom）",
        }
        self.config.extra["build"] = build
        pages = [file.page for file in files.documentation_pages() if file.page]
        titles = [f"{page.url} {page.title} {page.meta.get('title')}" for page in pages]
        about = digest(
            str(build), *titles, self.file_map(files), str(self.config.extra_css)
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
        self.order = {
            each.url: number for number, each in enumerate(context["nav"].pages)
        }
        if kept and kept.html:
            return context
        self.config.extra["scope"] = context["base_url"]  # where colours are kept
        if self.folder:
            context["base_url"] = get_relative_url(self.folder, page.url)
        languages.lead_from(page, self.config)
        if languages.is_home(page):
            page.meta.pop("description", None)  # it has the site's words
        context["below"] = kept.body["below"] if kept else None
        return context

    def template_context(self, context):
        """Tell the templates that are no pages the same: they are at the root."""
        self.config.extra["scope"] = context["base_url"]
        languages.lead_home(self.config)
        return context

    def finish_page(self, output: str, page) -> str:
        """Write what was made of a page; return the page as it is served."""
        source = page.file.src_uri
        kept = self.rendered.get(source)
        if not kept:
            return output
        if not kept.html:
            kept.html = finished(output, page, self, kept.body)
        for place, text in kept.body["files"].items():
            path = Path(self.config.site_dir, place)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        self.entries.setdefault(self.language, []).extend(kept.body["search"])
        self.lists.append(
            markdown_copy.Entry(
                section=page.ancestors[-1].title if page.ancestors else page.title,
                title=page.title,
                about=self.about(page),
                url=page.url,
                text=kept.body["listed"],
            )
        )
        self.shelf.put(source, kept)
        return kept.html

    def about(self, page) -> str:
        """Return what a page is about; of the home page, what the site is about."""
        described = None if languages.is_home(page) else page.meta.get("description")
        return html.unescape(
            " ".join(str(described or self.config.site_description).split())
        )

    def finish_template(self, output: str, name: str) -> str:
        """Finish the 404 page: the root's is what a host shows at any address.

        Below the folder of another language it shows that language's own.
        """
        if name != "404.html":
            return output
        self.lost[self.language] = template_finished(output, self)
        return self.lost[self.default]

    # Ending

    def finish_language(self) -> None:
        """Write what stands once for each language."""
        _register_headings_processors.cache_clear()  # see patches.py
        site = Path(self.config.site_dir)
        if self.folder and (lost := self.lost.get(self.language)):
            path = site / self.folder / "404.html"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(languages.based(lost, self.language), "utf-8")
        ending.write_lists(self, site)

    def finish(self) -> None:
        """Write what stands once on the site; put the site in its place."""
        site = Path(self.config.site_dir)
        ending.write_feed(self, site)
        ending.write_indexes(self, site)
        search.mend_workers(site)
        assets.tidy(site, self.docs, self.table)
        self.table.complete()
        if self.staging and not warned(self.config):
            self.staging.put_in_place()
            self.config.site_dir = str(self.staging.whole)

    def read_elsewhere(self) -> set[Path]:
        """Return the files that pages read, outside of the folders that are watched."""
        seen = [Path(self.config.docs_dir), *map(Path, self.config.watch)]
        paths = {self.root / place for place in self.run.opened}
        return {
            path
            for path in paths
            if path.exists() and not any(path.is_relative_to(folder) for folder in seen)
        }

    def halt(self) -> None:
        """Let nothing run on when a build has ended."""
        if self.run:
            self.run.halt()

    def give_up(self) -> None:
        """Take away what a failed build has written."""
        self.halt()
        utils.clean_directory = CLEAN_DIRECTORY  # see patches.py
        if self.staging:
            self.staging.drop()


def warned(config) -> bool:
    """Tell whether a strict build is about to be aborted."""
    import logging

    handlers = logging.getLogger("mkdocs").handlers
    counters = [h for h in handlers if isinstance(h, utils.CountHandler)]
    return bool(config.strict and any(h.get_counts() for h in counters))
