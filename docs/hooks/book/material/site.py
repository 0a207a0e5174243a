"""One build of the site: what each event of MkDocs does, for all languages."""

from __future__ import annotations

import logging
import platform
from collections.abc import Callable
from pathlib import Path

from markdown_exec._internal.rendering import _register_headings_processors
from mkdocs import utils
from mkdocs.structure.pages import Page as MkDocsPage

from ..content.extension import Book
from ..content.view import View
from ..content.words import WORDS
from ..errors import Fault
from ..kept import Rendered, Shelf, packages, tree
from ..live.page import Page, is_lab
from ..live.reader import read
from ..live.run import Memory, Run, Settings, merge
from ..live.snippets import Snippets
from ..live.store import Store, digest
from . import assets, ending, languages, search
from .finish import mended
from .patches import Table
from .rendering import Rendering
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
        if len(self.languages) < 2:
            raise Fault("plugins.i18n in mkdocs.yml: a page needs a second language")
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
        self.pages: dict[str, Page] = {}  # by source, "zh/adam.md"
        self.texts: dict[str, str] = {}  # that they were made of
        self.run: Run | None = None
        self.rendering = Rendering(self)
        self.lost: dict[str, str] = {}  # the 404 page of each language
        self.staging = None if serving else Staging(Path(config.site_dir))
        self.print = self.fingerprint()

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
        config.extra["words"] = words = WORDS.get(self.language, {})
        title = words.get("permalink", "")
        config.mdx_configs.setdefault("toc", {})["permalink_title"] = title
        # MkDocs leads to each host's branch of old, `master`.
        config.edit_uri = (config.edit_uri or "").replace("master", "main") or None

    def read_pages(self, files) -> None:
        """Read the pages of all languages, those that MkDocs would build."""
        self.snippets = Snippets(self.root / "snippets")
        names: dict[str, list[Page]] = {}
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
                page = read(source, language, name, text, self.snippets)
                self.check_lab(page, file)
                self.pages[file.src_uri], self.texts[file.src_uri] = page, text
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
        self.sources = {name: f"docs/{ps[0].source}" for name, ps in names.items()}

    def check_lab(self, page: Page, file) -> None:
        """Raise Fault for a lab that mkdocs-jupyter would not take for a notebook."""
        plugin = self.config.plugins.get("mkdocs-jupyter")
        if is_lab(page.name) and plugin and not plugin.should_include(file):
            raise Fault(
                f"docs/{page.source}: its front matter does not make it a notebook, so "
                "nothing would run"
            )

    def run_cells(self) -> None:
        """Begin to run what is not known, beside what the build does meanwhile."""
        tell = self.tell if self.serving else None
        self.run = Run(
            self.cells,
            self.snippets,
            self.store,
            self.settings,
            self.memory,
            tell,
            self.sources,
        )
        self.run.begin()

    def needs(self, page: Page) -> set[str]:
        """Return the pages whose results a page shows."""
        return {*self.cells} if page.of_the_whole_book else {page.name} & {*self.cells}

    def in_order_of_arrival(self, files) -> None:
        """Let MkDocs render first those pages whose results are there."""
        all_pages = files.documentation_pages

        def needs(file) -> set[str]:
            page = self.pages.get(file.src_uri)
            return self.needs(page) if page else set()

        def once(**options):
            del files.documentation_pages
            return self.run.as_they_arrive(all_pages(**options), needs)

        files.documentation_pages = once

    def own_render(self, page):
        """Render labs as all pages are, where mkdocs-jupyter has taken them over."""
        if "render" in vars(page) or type(page) is not MkDocsPage:
            page.render = MkDocsPage.render.__get__(page)
        return page

    def template_context(self, context):
        """Tell the templates that are no pages the same: they are at the root."""
        self.config.extra["scope"] = context["base_url"]
        languages.lead_home(self.config)
        return context

    def finish_template(self, output: str, name: str) -> str:
        """Finish the 404 page: the root's is what a host shows at any address.

        Below the folder of another language it shows that language's own.
        """
        if name != "404.html":
            return output
        self.lost[self.language] = mended(output, self, "404", name)
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

    def forget(self) -> None:
        """Let go of all pages; MkDocs holds the first configuration while it serves."""
        self.halt()
        self.book.source = self.book.view = None
        self.book.frames.clear()

    def give_up(self) -> None:
        """Take away what a failed build has written."""
        self.halt()
        utils.clean_directory = CLEAN_DIRECTORY  # see patches.py
        if self.staging:
            self.staging.drop()


def warned(config) -> bool:
    """Tell whether a strict build is about to be aborted."""
    handlers = logging.getLogger("mkdocs").handlers
    counters = [h for h in handlers if isinstance(h, utils.CountHandler)]
    return bool(config.strict and any(h.get_counts() for h in counters))
