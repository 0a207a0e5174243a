"""The cells of the pages: what to run, in which order, and where each line stands."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

from inline_values import as_fences
from markdown import Markdown
from markdown_exec import formatters
from mkdocs.exceptions import BuildError
from mkdocs.utils import meta
from pymdownx.snippets import SnippetMissingError

INCLUDE = re.compile(
    r'^\s*-{1,}8<-{1,} "(?P<file>[^":]+):(?P<section>[^":]+)"', re.MULTILINE
)
TWO_LANGUAGES = re.compile(r"# (?P<zh>[^|\n]*[\u4e00-\u9fff][^|\n]*) \| (?P<en>.+)$")


@dataclass
class Cell:
    """One run of code on a page: a named cell, or a block of prose with values."""

    page: str
    name: str
    code: str
    file: str
    line: int
    shows: bool
    output: str | None = field(default=None, compare=False)


def collect(page: str, text: str, config, snippets: Path) -> list[Cell]:
    """Return the cells of a page, in their order, with their includes expanded.

    Only the Markdown preprocessors run: they expand the includes and call the
    formatters, here one that records what it is given and returns nothing.
    Raises BuildError for an include that does not exist or does not name a cell.
    """
    recorded: list[tuple[str, dict]] = []

    def record(*, code: str, **options) -> str:
        recorded.append((code, options))
        return ""

    body, _ = meta.get_data(text)
    offset = text.count("\n") - body.count("\n")
    markdown = Markdown(
        extensions=config.markdown_extensions, extension_configs=config.mdx_configs
    )
    formatter = formatters["python"]
    formatters["python"] = record
    try:
        lines = as_fences(body, Path(page).stem).split("\n")
        for preprocessor in markdown.preprocessors:
            lines = preprocessor.run(lines)
    except (SnippetMissingError, ValueError) as error:
        raise BuildError(f"docs/{page}: {error}") from error
    finally:
        formatters["python"] = formatter

    includes = INCLUDE.finditer(body)
    cells = []
    for code, options in recorded:
        name = options["id"]
        if name.startswith("line-"):
            number = int(name.removeprefix("line-")) + offset
            cells.append(Cell(page, name, code, f"docs/{page}", number, True))
            continue
        include = next(includes, None)
        if include is None or not name:
            raise BuildError(
                f"docs/{page}: cell {name or '(without an id)'!r} must hold one "
                'include of a named section, like --8<-- "adam.py:train"'
            )
        file = snippets / include["file"]
        start = f"[start:{include['section']}]"
        numbers = [
            number
            for number, line in enumerate(file.read_text("utf-8").split("\n"), start=1)
            if line.rstrip().endswith(start)
        ]
        shows = options["source"] != "above"
        origin = f"{snippets.name}/{include['file']}"
        cells.append(Cell(page, name, code, origin, numbers[0] + 1, shows))
    return cells


def shown(code: str, language: str) -> str:
    """Return a cell as a page shows it: docstrings left out, comments in one language.

    >>> shown('x = 1  # 一步 | one step', "en")
    'x = 1  # one step'
    """
    lines = code.split("\n")
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            first, last = node.body[0].lineno - 1, node.body[0].end_lineno
            if len(node.body) > 1:
                lines[first:last] = [None] * (last - first)
    kept = [line for line in lines if line is not None]
    half = rf"# \g<{language}>"
    return "\n".join(TWO_LANGUAGES.sub(half, line) for line in kept).strip("\n")
