"""The cells of the pages: what to run, in which order, and where each line stands."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from .values import VALUE, blocks, code_for, expression, holds_values
from markdown import Markdown
from markdown_exec import formatters
from mkdocs.exceptions import BuildError
from mkdocs.utils import meta
from pymdownx.snippets import SnippetMissingError

INCLUDE = re.compile(r'\s*-{1,}8<-{1,} "(?P<file>[^":]+):(?P<section>[^":]+)"\s*')
FENCE = re.compile(
    r"^ *(?P<mark>`{3,}|~{3,})[^\n]*\bexec\b[^\n]*\n(?P<body>[\s\S]*?)^ *(?P=mark) *$",
    re.MULTILINE,
)
STRING = re.compile(r"^ +[rR]?[\"']", re.MULTILINE)  # may begin a docstring
HALVES = r'(?P<zh>[^|"\n]*[\u4e00-\u9fff][^|"\n]*) \| (?P<en>'
TWO_LANGUAGES = [  # a comment to the end of its line, a string to its end
    re.compile(rf"(?P<mark># ){HALVES}.+)$", re.MULTILINE),
    re.compile(rf'(?P<mark>"){HALVES}[^"\n]+)(?=")'),
]


@dataclass
class Cell:
    """What runs on a page: a named cell, or a value in its prose.

    output is None until it is known; failure says why it never will be.
    """

    page: str
    name: str
    code: str
    file: str
    line: int
    shows: bool = True
    is_value: bool = False
    output: str | None = None
    failure: str = ""
    seconds: float = 0.0


def collect(page: str, text: str, markdown: Markdown, snippets: Path) -> list[Cell]:
    """Return the cells of a page, in their order, with their includes expanded.

    Only the preprocessors of ``markdown`` run: they expand the includes and call the
    formatters, here one that records what it is given and returns nothing.
    Raises BuildError for an include that does not exist or does not name a cell.
    """
    recorded: list[tuple[str, dict]] = []

    def record(*, code: str, **options) -> str:
        recorded.append((code, options))
        return ""

    body, _ = meta.get_data(text)
    offset = text.count("\n") - body.count("\n")
    lines, values = [], {}
    for number, block in blocks(body):
        try:
            found = holds_values(number + offset, block)
        except ValueError as error:
            raise BuildError(f"docs/{page}: {error}") from None
        if found:
            values[str(number)] = list(VALUE.finditer(block))
            block = f'```python exec="on" id="{number}"\n{code_for(block)}\n```'
        lines += block.split("\n")

    markdown.reset()
    formatter, formatters["python"] = formatters["python"], record
    try:
        for preprocessor in markdown.preprocessors:
            lines = preprocessor.run(lines)
    except SnippetMissingError as error:
        raise BuildError(f"docs/{page}: {error}") from error
    finally:
        formatters["python"] = formatter

    fences = list(FENCE.finditer(body))
    includes = iter([INCLUDE.fullmatch(fence["body"]) for fence in fences])
    if len(fences) + len(values) != len(recorded):
        raise BuildError(
            f"docs/{page}: it has {len(fences)} fences with exec, of which "
            f"{len(recorded) - len(values)} run; their options must be those of "
            'markdown-exec, like exec="on"'
        )
    cells: list[Cell] = []
    for code, options in recorded:
        name = options["id"]
        if name in values:
            number = int(name) + offset
            cells += [
                Cell(page, value.group(), f"print({expression(value)})",
                     f"docs/{page}", number, is_value=True)
                for value in values[name]
            ]  # fmt: skip
            continue
        include = next(includes, None)
        if include is None or not name or any(cell.name == name for cell in cells):
            raise BuildError(
                f"docs/{page}: cell {name!r} must have an id of its own and hold one "
                'include of a named section, like --8<-- "adam.py:train", and no more'
            )
        source = (snippets / include["file"]).read_text(encoding="utf-8")
        before, _, _ = source.partition(f"[start:{include['section']}]")
        file = f"{snippets.name}/{include['file']}"
        shows = options["source"] != "above"
        cells.append(Cell(page, name, code, file, before.count("\n") + 2, shows))
    return cells


def merge(name: str, languages: list[list[Cell]]) -> list[list[Cell]]:
    """Return what a page runs, in order: twins, which run once, stand in one list.

    Twins are the same cell, or the same value at the same place, in several languages.
    Raises BuildError where the languages of a page do not show the same cells.
    """
    sections: list[list[list[Cell]]] = []
    for cells in languages:
        rows: list[list[Cell]] = [[]]
        for cell in cells:
            if not cell.is_value:
                rows.append([])
            rows[-1].append(cell)
        sections.append(rows)
    sequence: list[list[Cell]] = []
    for row in range(max(map(len, sections))):
        rows = [section[row] if row < len(section) else [] for section in sections]
        twins: dict[str, list[Cell]] = {}
        for cell in [cell for cells in rows for cell in cells]:
            twins.setdefault(cell.code if cell.is_value else "", []).append(cell)
        cells = twins.get("", [])
        names = {(cell.name, cell.code, cell.shows) for cell in cells}
        if row and (len(cells) < len(languages) or len(names) > 1):
            raise BuildError(
                f"docs/{cells[0].page}: cell {cells[0].name!r} is not the same in all "
                f"languages of the page {name!r}; they show the same cells in one order"
            )
        sequence += twins.values()
    return sequence


def parse(code: str) -> ast.Module:
    """Return the syntax tree of a cell, an empty one where running will say why not."""
    try:
        return ast.parse(code)
    except SyntaxError:
        return ast.Module([], [])


@lru_cache(4096)  # a page, its notebook and its copies show the same
def shown(code: str, language: str) -> str:
    """Return a cell as a page shows it: docstrings left out, comments in one language.

    >>> shown('x = 1  # 一步 | one step', "en")
    'x = 1  # one step'
    >>> shown('Case("一步 | one step", "1", holds=True)', "zh")
    'Case("一步", "1", holds=True)'
    """
    lines: list[str | None] = list(code.split("\n"))
    for node in ast.walk(parse(code if STRING.search(code) else "")):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            first, last = node.body[0].lineno - 1, node.body[0].end_lineno
            if len(node.body) > 1:
                lines[first:last] = [None] * (last - first)
    text = "\n".join(line for line in lines if line is not None).strip("\n")
    for pattern in TWO_LANGUAGES:
        text = pattern.sub(rf"\g<mark>\g<{language}>", text)
    return text
