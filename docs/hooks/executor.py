"""Run first, then render: an MkDocs hook around markdown-exec.

Before a page is rendered, the cells of all pages in all languages are collected; those
without a known result run, each page in a process of its own (``runner``). Rendering
then runs no code: markdown-exec formats each fence and is handed the result.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from cells import Cell, collect, shown
from inline_values import expand
from markdown_exec import base_format, formatters
from mkdocs.exceptions import BuildError
from runner import Result, run_pages

log = logging.getLogger("mkdocs.plugins.cells")

TIME_LIMIT = float(os.environ.get("CELL_TIME_LIMIT", "60"))
results: dict[str, str] = {}
pages: dict[str, list[Cell]] = {}
rendering: tuple[str, str, Iterator[Cell]] = ("", "", iter(()))


def merge(name: str, languages: list[list[Cell]]) -> list[Cell]:
    """Return one sequence for a page: each cell once, then the prose that follows it.

    Raises BuildError where the languages of a page do not show the same cells.
    """
    parts = []
    for cells in languages:
        sections: list[list[Cell]] = [[]]
        for cell in cells:
            if cell.file.startswith("docs/"):
                sections[-1].append(cell)
            else:
                sections.append([cell])
        parts.append(sections)
    sequence = [cell for sections in parts for cell in sections[0]]
    for row in range(1, max(map(len, parts))):
        rows = [sections[row] if row < len(sections) else [] for sections in parts]
        first = next(cells[0] for cells in rows if cells)
        for cells in rows:
            if not cells or (cells[0].name, cells[0].code) != (first.name, first.code):
                raise BuildError(
                    f"{name}: the languages differ at cell {first.name!r} "
                    f"({first.page}); they must show the same cells in the same order"
                )
        sequence.append(first)
        sequence += [cell for cells in rows for cell in cells[1:]]
    return sequence


def keys(sequence: list[Cell]) -> list[str]:
    """Return a key for each cell: it changes with the cell and with those before it."""
    state = hashlib.sha256()
    found = []
    for cell in sequence:
        mine = state.copy()
        mine.update(f"{cell.code}\0{cell.file}\0".encode())
        found.append(mine.hexdigest())
        if not cell.file.startswith("docs/"):
            state = mine
    return found


def check(cell: Cell, result: Result) -> None:
    """Raise BuildError, with page, cell, file and line, if the cell is no good."""
    reason = result.failure
    if not reason and cell.shows and not result.output.strip():
        reason = "it prints nothing where the page shows an output"
    if not reason and not cell.shows and result.output:
        reason = 'it prints, but the page shows no output (source="above")'
    if reason:
        place = f"{cell.file}:{result.line or cell.line}"
        raise BuildError(f"docs/{cell.page}: cell {cell.name!r} at {place}: {reason}")


def on_pre_build(config) -> None:
    """Collect the cells of all pages, and run those whose result is not known yet."""
    hooks = str(Path(__file__).parent)
    if hooks not in sys.path:  # MkDocs takes it off again; the workers import from here
        sys.path.append(hooks)
    docs = Path(config.docs_dir)
    root = Path(config.config_file_path).parent
    pages.clear()
    by_name: dict[str, list[list[Cell]]] = {}
    for language in config.plugins["i18n"].build_languages:
        for path in sorted((docs / language).rglob("*.md")):
            page = path.relative_to(docs).as_posix()
            text = path.read_text(encoding="utf-8")
            pages[page] = collect(page, text, config, root / "snippets")
            by_name.setdefault(path.stem, []).append(pages[page])

    todo: dict[str, list[Cell]] = {}
    known: dict[str, list[str]] = {}
    for name, languages in by_name.items():
        sequence = merge(name, languages)
        known[name] = keys(sequence)
        if any(key not in results for key in known[name]):
            todo[name] = sequence

    started = time.perf_counter()
    seconds: list[float] = []

    def report(cell: Cell, result: Result) -> None:
        check(cell, result)
        seconds.append(result.seconds)
        if not cell.file.startswith("docs/"):
            log.info(f"{cell.page} {cell.name} {result.seconds:.2f} s")
        if result.notes:
            log.warning(f"docs/{cell.page}: cell {cell.name!r} wrote to standard error:"
                        f"\n{result.notes}")  # fmt: skip
        cell.output = result.output

    if todo:
        run_pages(todo, str(root / "snippets"), TIME_LIMIT, report)
        elapsed = time.perf_counter() - started
        log.info(
            f"ran {len(todo)} pages: {sum(seconds):.1f} s in cells, {elapsed:.1f} s"
        )
    for name, sequence in todo.items():
        for key, cell in zip(known[name], sequence, strict=True):
            results[key] = cell.output
    for name, languages in by_name.items():
        outputs = {
            (cell.code, cell.file, cell.name): results[key]
            for key, cell in zip(known[name], merge(name, languages), strict=True)
        }
        for cells in languages:
            for cell in cells:
                cell.output = outputs[cell.code, cell.file, cell.name]


def show(*, code: str, md, **options) -> str:
    """Format a cell: markdown-exec's own work, with the result that is there."""
    global rendering
    page, language, cells = rendering
    cell = next(cells, None)
    if cell is None or cell.code != code:
        raise BuildError(f"docs/{page}: cell {options['id']!r} was not collected")

    def run(*args, **kwargs) -> str:
        return cell.output

    return base_format(
        language="python", run=run, code=shown(code, language), md=md, **options
    )


def on_page_markdown(markdown: str, page, **kwargs) -> str:
    """Put the values into the prose, and get ready to hand out the page's results."""
    global rendering
    source = page.file.src_uri
    cells = pages[source]
    values = iter([cell for cell in cells if cell.file.startswith("docs/")])
    named = iter([cell for cell in cells if not cell.file.startswith("docs/")])
    rendering = (source, source.split("/")[0], named)
    return expand(markdown, lambda line, code: next(values).output.rstrip("\n"))


formatters["python"] = show
