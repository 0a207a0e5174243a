"""What a build runs: the cells of all pages whose results are not known yet."""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TypeVar

from ..errors import Fault
from .evaluate import Bundle, Result
from .opened import state
from .page import Cell, Page, is_lab
from .runner import run_pages
from .snippets import Snippets, preload
from .store import Keys, Store

log = logging.getLogger("mkdocs.plugins.cells")
Thing = TypeVar("Thing")


@dataclass
class Memory:
    """What a process remembers from build to build, while serving, by page.

    outputs and failures: by key. opened: the states of the files that were read.
    """

    outputs: dict[str, dict[str, list[Bundle]]] = field(default_factory=dict)
    failures: dict[str, dict[str, str]] = field(default_factory=dict)
    opened: dict[str, dict[str, str]] = field(default_factory=dict)

    def forget(self, page: str) -> None:
        """Forget a page."""
        for things in (self.outputs, self.failures, self.opened):
            things.pop(page, None)


@dataclass
class Settings:
    """How cells run. limit: seconds that one may take. workers: 0 for one a core."""

    limit: float = 120.0
    workers: int = 0

    @classmethod
    def of(cls, settings: dict) -> Settings:
        """Return the settings under ``extra.cells``; Fault for what is none."""
        try:
            limit = float(settings.get("time_limit") or cls.limit)
            workers = int(settings.get("workers") or cls.workers)
        except (TypeError, ValueError) as error:
            raise Fault(f"extra.cells in mkdocs.yml: {error}") from None
        if not limit > 0 or workers < 0:
            raise Fault("extra.cells in mkdocs.yml: time_limit > 0, workers >= 0")
        return cls(limit, workers)


def merge(pages: list[Page]) -> list[Cell]:
    """Return what a page runs, in order, once for all of its languages.

    Fault where the languages do not show the same cells, or have other headings.
    """
    first, *others = pages
    for page in others:
        compare(first, page)
    cells: dict[str, Cell] = {}
    for cell in first.cells:
        cells.setdefault(cell.id, cell)  # a value may be said twice
    return [cell for cell in cells.values() if cell.runs]


def compare(first: Page, other: Page) -> None:
    """Raise Fault unless two languages show the same cells under the same headings."""
    for what in ("shown", "headings", "said"):
        ours, theirs = getattr(first, what), getattr(other, what)
        for one, two in zip_longest(ours, theirs):
            if one != two:
                raise Fault(
                    f"{other.place(two)}: its cells and headings are not those of "
                    f"{first.place(one)}: {two or 'nothing'} where there is "
                    f"{one or 'nothing'}"
                )
    for one, two in zip(first.cells, other.cells, strict=False):
        if one.kind == "lab" and one.code != two.code:
            raise Fault(
                f"docs/{other.source}: {two.id!r} is not the same in all languages"
            )


class Run:
    """The cells of all pages, by page, in order, and what comes of them."""

    def __init__(
        self,
        cells: dict[str, list[Cell]],
        snippets: Snippets,
        store: Store,
        settings: Settings,
        memory: Memory,
        on_failure: Callable[[str], None] | None = None,
        sources: dict[str, str] | None = None,
    ) -> None:
        """on_failure: is told of a failing cell; without it, one ends the run.

        sources: the files of the pages, as messages name them.
        """
        self.sources = sources or {}
        self.cells, self.snippets, self.store = cells, snippets, store
        self.settings, self.memory, self.on_failure = settings, memory, on_failure
        keys = Keys(snippets)
        self.keys = {name: keys.of(page) for name, page in cells.items()}
        self.reach = keys.reach
        self.results: dict[str, dict[str, Result]] = {name: {} for name in cells}
        self.ran: list[float] = []  # seconds of each cell
        self.opened: set[str] = set()  # the files that pages read, below the root
        self.waiting: set[str] = set()  # pages whose results are not there yet
        self.news = threading.Condition()
        self.stop = threading.Event()
        self.error: BaseException | None = None
        self.started = time.perf_counter()
        self.thread: threading.Thread | None = None

    def begin(self) -> None:
        """Begin to run what is not known, beside what the build does meanwhile."""
        names = self.look_up()
        if not names:
            return self.close()
        self.waiting.update(names)
        self.thread = threading.Thread(target=self.run, args=(names,), daemon=True)
        self.thread.start()

    def look_up(self) -> list[str]:
        """Give the cells the results that are known; return the other pages.

        The longest comes first, so that no core waits long for the last page; labs are
        long.
        """
        todo: dict[str, float] = {}
        for name, page in self.cells.items():
            outputs, seconds = self.store.read(name)
            opened = outputs.pop("opened", {})
            if not self.unchanged(opened):
                outputs = {}
            if not self.unchanged(self.memory.opened.get(name, {})):
                self.memory.forget(name)
            self.opened |= {*opened, *self.memory.opened.get(name, {})}
            outputs = self.memory.outputs.get(name, {}) | outputs
            failures = self.memory.failures.get(name, {})
            failed = False
            for key, cell in zip(self.keys[name], page, strict=True):
                reason = failures.get(key, "")
                failed = failed or bool(reason)
                if reason or key in outputs:
                    result = Result(outputs.get(key, []), failure=reason)
                    self.results[name][cell.id] = result
            if len(self.results[name]) < len(page) and not failed:
                todo[name] = seconds
        return sorted(todo, key=lambda name: (-todo[name], not is_lab(name)))

    def run(self, names: list[str]) -> None:
        """Run these pages, and say so; note what went wrong for those who wait."""
        pages = {name: self.cells[name] for name in names}
        codes = [cell.code for page in pages.values() for cell in page]
        modules = preload(self.snippets, codes)
        if any(map(is_lab, names)):
            modules |= {"mkdocs_jupyter.nbconvert2", "ipykernel.kernelapp"}
        try:
            run_pages(
                pages,
                str(self.snippets.directory),
                self.settings.limit,
                self.report,
                modules,
                self.settings.workers,
                self.stop,
            )
            if not self.stop.is_set():
                self.close()
        except OSError as error:
            place = tempfile.gettempdir()
            self.error = Fault(f"cells cannot be run below {place}: {error}")
        except BaseException as error:
            self.error = error
        self.arrive(*names)

    def close(self) -> None:
        """Say what has run."""
        count = sum(map(len, self.cells.values()))
        elapsed = time.perf_counter() - self.started
        log.info(
            f"{len(self.ran)} cells and values run, {count - len(self.ran)} reused; "
            f"{sum(self.ran):.1f} s in them, {elapsed:.1f} s in all"
        )

    def unchanged(self, opened: dict[str, str]) -> bool:
        """Tell whether files below the root are as they were."""
        root = self.snippets.directory.parent
        return all(state(str(root / place)) == was for place, was in opened.items())

    def arrive(self, *names: str) -> None:
        """Tell those who wait that all results of these pages are there."""
        with self.news:
            self.waiting.difference_update(names)
            self.news.notify_all()

    def as_they_arrive(
        self, things: Iterable[Thing], needs: Callable[[Thing], set[str]]
    ) -> Iterator[Thing]:
        """Yield things in their order, but first those whose pages have arrived."""
        left = [(thing, needs(thing)) for thing in things]

        def here() -> list[int]:
            arrived = self.waiting.isdisjoint
            return [n for n, (_, names) in enumerate(left) if arrived(names)]

        while left:
            with self.news:
                self.news.wait_for(lambda: self.error or here())
                number = (here() or [0])[0]
            yield left.pop(number)[0]

    def wait(self, names: Set[str] | None = None) -> None:
        """Wait for results of these pages, or of all; Fault where a cell has failed."""
        names = {*self.cells} if names is None else names
        with self.news:
            self.news.wait_for(lambda: self.error or self.waiting.isdisjoint(names))
        if self.error:
            raise self.error

    def halt(self) -> None:
        """End what still runs."""
        if self.thread:
            self.stop.set()
            self.thread.join()

    def report(self, name: str, number: int, result: Result) -> None:
        """Take in what came of a cell; with the last one of a page, keep the page.

        What may come of a snippet that was saved meanwhile is shown, but not kept.
        """
        cells, keys = self.cells[name], self.keys[name]
        cell, last = cells[number], number == len(cells) - 1
        keep = self.snippets.hold()
        if last or self.on_failure:
            keep = keep and self.unchanged(result.opened)
            self.opened |= {*result.opened}
        if result.failure:
            place = f"{cell.file}:{result.line or cell.line}"
            label = cell.code if cell.kind == "value" else cell.id
            page = self.sources.get(name, name)
            reason = f"{page}: cell {label!r} at {place}: {result.failure}"
            if not self.on_failure:
                raise Fault(reason)
            self.on_failure(reason)
            if keep:
                self.memory.failures.setdefault(name, {}).update(
                    dict.fromkeys(keys[number:], reason)
                )
                self.memory.opened.setdefault(name, {}).update(result.opened)
            known = self.results[name]
            for other in cells:  # of a lab, what came before has not come either
                if other in cells[number:] or other.id not in known:
                    known[other.id] = Result([], failure=reason)
            return self.arrive(name)
        if result.outputs is None:
            return
        self.results[name][cell.id] = result
        self.ran.append(result.seconds)
        if self.on_failure and keep:
            self.memory.outputs.setdefault(name, {})[keys[number]] = result.outputs
            self.memory.opened.setdefault(name, {}).update(result.opened)
        if cell.kind != "value" and (result.seconds or cell.kind != "lab"):
            log.info(f"{name} {cell.id} {result.seconds:.2f} s")
        if last and keep:  # before it arrives, since a build may end then
            found = [self.results[name][cell.id] for cell in cells]
            outputs = {k: r.outputs for k, r in zip(keys, found, strict=True)}
            outputs["opened"] = result.opened
            seconds = sum(result.seconds for result in found)
            if problem := self.store.write(name, outputs, seconds):
                log.info(f"results are not kept: {problem}")
        if last:
            self.arrive(name)
