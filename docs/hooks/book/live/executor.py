"""Run first, then render: an MkDocs hook around markdown-exec.

Before a page is rendered, the cells of all pages in all languages are collected; those
without a known result run, each page in a process of its own (``runner``). Rendering
runs no code: markdown-exec formats each fence and is handed the result. A page is
rendered as soon as its results are there, while those of others still run.

``extra.cells`` in mkdocs.yml sets ``cache`` (a directory, or "" for none),
``time_limit`` (seconds that one cell may take) and ``workers`` (0 for one a core).
"""

from __future__ import annotations

import atexit
import logging
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import click
from . import labs
from .cells import Cell, collect, merge, shown
from .values import VALUE, expand
from markdown import Markdown
from markdown_exec import base_format, formatters
from markdown_exec._internal.rendering import _register_headings_processors
from markupsafe import Markup
from mkdocs.exceptions import BuildError
from pymdownx.superfences import SuperFencesException
from .runner import Result, run_pages
from .store import Keys, store_of

log = logging.getLogger("mkdocs.plugins.cells")

serving = False
pages: dict[str, list[Cell]] = {}  # by source, "zh/adam.md"
failures: dict[str, str] = {}  # by key; while serving, a failed cell waits for a change
known: dict[str, str] = {}  # outputs by key, of this process
rendering: tuple[str, str, Iterator[Cell]] = ("", "", iter(()))
current: Run | None = None


def on_startup(command: str, dirty: bool) -> None:
    """Note whether a failing cell ends the build or waits on its page to be mended."""
    global serving
    serving = command == "serve"
    atexit.register(halt)
    logging.getLogger("mkdocs.commands.build").addFilter(is_not_about_a_cell)
    logger = logging.getLogger("mkdocs")
    if logger.level > logging.WARNING:  # -q: a strict build must see its warnings
        logger.setLevel(logging.WARNING)


def is_not_about_a_cell(record: logging.LogRecord) -> bool:
    """Keep MkDocs from blaming the page that happened to wait when a cell failed."""
    blames = record.getMessage().startswith("Error reading page")
    return not (blames and current and current.error)


def say(text: str) -> None:
    """Print a fault past the counter that ends a strict build, for `mkdocs serve`."""
    click.secho(text, fg="red", err=True)


def fault(cell: Cell, result: Result) -> str:
    """Return what is wrong with a result, by page, cell, file and line, or nothing."""
    reason = result.failure
    if not reason and labs.is_lab(cell.page):
        return ""  # what its cells show is up to them
    if not reason and cell.shows and not result.output.strip():
        reason = "it prints nothing where the page shows an output"
    if not reason and not cell.shows and result.output:
        reason = 'it prints, but the page shows no output (source="above")'
    if not reason:
        return ""
    place = f"{cell.file}:{result.line or cell.line}"
    return f"docs/{cell.page}: cell {cell.name!r} at {place}: {reason}"


def collect_all(config, root: Path) -> dict[str, list[list[Cell]]]:
    """Collect the cells of all languages; return what each page runs, in order."""
    docs = Path(config.docs_dir)
    i18n = config.plugins["i18n"]
    versions: dict[str, list[list[Cell]]] = {}
    reader = Markdown(
        extensions=config.markdown_extensions, extension_configs=config.mdx_configs
    )
    pages.clear()
    for language in i18n.build_languages:
        for path in sorted((docs / language).rglob("*.md")):
            source = path.relative_to(docs).as_posix()
            if path.name.startswith(".") or not path.is_file():
                continue
            name = path.relative_to(docs / language).with_suffix("").as_posix()
            first = f"{i18n.default_language}/{name}.md"
            if not (docs / first).is_file():
                raise BuildError(f"docs/{source}: there is no docs/{first}")
            try:
                text = path.read_text(encoding="utf-8-sig")
            except UnicodeDecodeError as error:
                raise BuildError(f"docs/{source}: {error}") from None
            if labs.is_lab(source):
                pages[source] = labs.collect(source, text, config)
            else:
                pages[source] = collect(source, text, reader, root / "snippets")
            versions.setdefault(name, []).append(pages[source])
    return {name: merge(name, languages) for name, languages in versions.items()}


class Run:
    """What a build runs: the cells of all pages, by page, in order, and their keys."""

    def __init__(self, config, root: Path) -> None:
        """Collect the cells; BuildError for one that cannot be, or a bad setting."""
        settings = config.extra.get("cells", {})
        try:
            self.limit = float(settings.get("time_limit", 60))
            self.workers = int(settings.get("workers", 0))
        except ValueError as error:
            raise BuildError(f"extra.cells in mkdocs.yml: {error}") from None
        self.store = store_of(config)
        self.snippets = root / "snippets"
        self.makers = Keys(self.snippets)
        self.cells = collect_all(config, root)
        self.keys = {name: self.makers.of(page) for name, page in self.cells.items()}
        self.ran: list[float] = []  # seconds of each cell
        self.waiting: set[str] = set()  # pages whose results are not there yet
        self.news = threading.Condition()
        self.stop = threading.Event()
        self.error: BaseException | None = None
        self.started = time.perf_counter()
        self.thread: threading.Thread | None = None

    def __len__(self) -> int:
        return sum(map(len, self.cells.values()))

    def look_up(self) -> list[str]:
        """Give the cells the results that are known; return the other pages.

        The longest comes first, so that no core waits long for the last page; labs are
        long.
        """
        todo: dict[str, float] = {}
        for name, page in self.cells.items():
            outputs, seconds = self.store.read(name)
            outputs = (known if serving else {}) | outputs
            for key, twins in zip(self.keys[name], page, strict=True):
                for cell in twins:
                    cell.output, cell.failure = outputs.get(key), failures.get(key, "")
            states = [(twins[0].output, twins[0].failure) for twins in page]
            if (None, "") in states and not any(failure for _, failure in states):
                todo[name] = seconds
        return sorted(todo, key=lambda name: (-todo[name], not labs.is_lab(name)))

    def start(self, names: list[str]) -> None:
        """Begin to run these pages, beside what the build does meanwhile."""
        self.waiting.update(names)
        self.thread = threading.Thread(target=self.run, args=(names,), daemon=True)
        self.thread.start()

    def run(self, names: list[str]) -> None:
        """Run these pages, and say so; note what went wrong for those who wait."""
        jobs = {
            name: [(cell.code, cell.file, cell.line) for cell, *_ in self.cells[name]]
            for name in names
        }
        notebooks = {name for name in names if labs.is_lab(name)}
        pages = [jobs[name] for name in names if name not in notebooks]
        try:
            run_pages(
                jobs,
                str(self.snippets),
                self.limit,
                self.report,
                self.makers.preload(code for page in pages for code, *_ in page),
                self.workers,
                notebooks,
                self.stop,
            )
            if not self.stop.is_set():
                self.close()
        except OSError as error:
            place = tempfile.gettempdir()
            self.error = BuildError(f"cells cannot be run below {place}: {error}")
        except BaseException as error:
            self.error = error
        self.arrive(*names)

    def close(self) -> None:
        """Say what has run."""
        reused, seconds = len(self) - len(self.ran), sum(self.ran)
        elapsed = time.perf_counter() - self.started
        log.info(
            f"{len(self.ran)} cells and values run, {reused} reused; "
            f"{seconds:.1f} s in them, {elapsed:.1f} s in all"
        )

    def arrive(self, *names: str) -> None:
        """Tell those who wait that all results of these pages are there."""
        with self.news:
            self.waiting.difference_update(names)
            self.news.notify_all()

    def wait(self, *names: str) -> None:
        """Wait for the results of these pages; BuildError where a cell has failed."""
        with self.news:
            self.news.wait_for(lambda: self.error or self.waiting.isdisjoint(names))
        if self.error:
            raise self.error

    def report(self, name: str, number: int, result: Result) -> None:
        """Take in what came of a cell; with the last one of a page, keep the page.

        What may come of a snippet that was saved meanwhile is shown, but not kept.
        """
        cells, keys = self.cells[name], self.keys[name]
        keep = self.makers.hold()
        cell = cells[number][0]
        result.failure = fault(cell, result)
        if result.failure and not serving:
            raise BuildError(result.failure)
        if result.failure:
            say(f"ERROR   -  {result.failure}")
            if keep:
                failures.update(dict.fromkeys(keys[number:], result.failure))
            for twin in [twin for twins in cells[number:] for twin in twins]:
                twin.output, twin.failure = None, result.failure
            return self.arrive(name)
        if result.output is None:
            return
        for twin in cells[number]:
            twin.output, twin.seconds = result.output, result.seconds
        self.ran.append(result.seconds)
        if keep:
            known[keys[number]] = result.output
        if not cell.is_value and (result.seconds or not labs.is_lab(name)):
            log.info(f"{name} {cell.name} {result.seconds:.2f} s")
        if number < len(cells) - 1:
            return
        self.arrive(name)
        if keep:
            outputs = {
                key: twins[0].output for key, twins in zip(keys, cells, strict=True)
            }
            seconds = sum(twins[0].seconds for twins in cells)
            if problem := self.store.write(name, outputs, seconds):
                log.info(f"results are not kept: {problem}")


def halt() -> None:
    """End what still runs of a build that has ended before."""
    if current and current.thread:
        current.stop.set()
        current.thread.join()


def on_pre_build(config) -> None:
    """Collect the cells of all pages; begin to run those whose result is not known."""
    global current
    if config.plugins["i18n"].building:
        return  # the next language of a build whose cells have all run
    current = Run(config, Path(config.config_file_path).parent)
    if names := current.look_up():
        current.start(names)
    else:
        current.close()


def on_env(env, config, files):
    """Wait for the results of all pages, before what is made of more than one."""
    current.wait(*current.cells)
    return env


def on_build_error(error, **kwargs) -> None:
    """Let nothing run on when a build has failed."""
    halt()


class FenceError(BuildError, SuperFencesException):
    """An error that superfences does not swallow."""


def failure_note(cell: Cell) -> Markup:
    """Return the note that stands in a page while serving, where a cell failed."""
    return Markup('<div class="admonition failure"><pre>{}</pre></div>').format(
        cell.failure
    )


def show(*, code: str, md, **options) -> str:
    """Format a cell: markdown-exec's own work, with the result that is there."""
    page, language, cells = rendering
    cell = next(cells, None)
    if cell is None or cell.code != code:
        raise FenceError(f"docs/{page}: cell {options['id']!r} was not collected")

    def run(*args, **kwargs) -> str:
        return cell.output or ""

    if cell.failure:
        options |= {"source": "above", "html": False, "result": ""}
    try:
        formatted = base_format(
            language="python", run=run, code=shown(code, language), md=md, **options
        )
    except Exception as error:
        raise FenceError(f"docs/{page}: cell {cell.name!r}: {error}") from error
    return formatted + failure_note(cell) if cell.failure else formatted


def on_post_build(config) -> None:
    """Let go of the Markdown instances that markdown-exec 1.12.6 keeps for ever."""
    _register_headings_processors.cache_clear()


def on_page_markdown(markdown: str, page, **kwargs) -> str:
    """Put the values into the prose, and get ready to hand out the page's results."""
    global rendering
    source = page.file.src_uri
    current.wait(source.partition("/")[2].removesuffix(".md"))
    cells = pages.get(source, [])
    values = iter([cell for cell in cells if cell.is_value])
    named = iter([cell for cell in cells if not cell.is_value])
    rendering = (source, source.partition("/")[0], named)

    def value(match) -> str:
        cell = next(values)
        return "⚠" if cell.output is None else cell.output.rstrip("\n")

    def with_output(fence) -> str:
        cell = next(named)
        note = failure_note(cell) if cell.failure else ""
        return f"{fence[0]}{cell.output or note}"

    if labs.is_lab(source):
        return labs.FENCE.sub(with_output, markdown)
    markdown = expand(markdown, lambda line, block: VALUE.sub(value, block))
    if next(values, None):
        raise BuildError(f"docs/{source}: not every value found its place")
    return markdown


formatters["python"] = show
