"""Our notation as a Python-Markdown extension: cells, values, claims, formulas.

A page is rendered from a ``View``; ``source`` says where it comes from when a document
is converted. The cells become fences of markdown-exec, which formats them: with
``live``, its formatter is handed the results that are there; without, it runs the code
itself, as it does anywhere.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Callable

from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor
from markdown_exec import base_format, formatters
from markupsafe import Markup, escape

from ..errors import Fault
from ..live import values
from ..live.evaluate import best
from ..live.page import Cell, Closing, Opening, Prose, Shown
from .blocks import ClaimExtension
from .formulas import FormulaTreeprocessor
from .ledger import ledger
from .references import ReferenceTreeprocessor
from .short_code import ShortCodeTreeprocessor
from .view import View, shown, whole_numbers
from .words import WORDS

TICKS = "`" * 8
RESULT = "here-goes-what-came-of-a-cell"


def escaped(text: str) -> str:
    """Return a value as it stands in Markdown: as text, whatever it holds.

    >>> escaped("<MulBackward0 object> | a_b")
    '&lt;MulBackward0 object&gt; &#124; a_b'
    """
    text = html.escape(text, quote=False).replace("|", "&#124;")
    return whole_numbers(text.replace("--8<", "-&#45;8<"))


def print_block(block: str) -> str:
    """Return Python that prints a block of prose with its values in place.

    >>> print_block("after {{ steps:,d }} steps")
    "print('after ' + format(steps, ',d') + ' steps')"
    """
    parts, end = [], 0
    for value in values.found(block):
        parts += [repr(block[end : value.start()]), values.expression(value)]
        end = value.end()
    parts.append(repr(block[end:]))
    return "print(" + " + ".join(part for part in parts if part != "''") + ")"


class Notation(Preprocessor):
    """Writes a page's steps as Markdown that others understand."""

    def __init__(self, md: Markdown, book: Book) -> None:
        super().__init__(md)
        self.book = book

    def run(self, lines: list[str]) -> list[str]:
        """Return the Markdown of the page that is being converted."""
        if hasattr(self.md, "_original_md"):  # of markdown-exec, within a page
            return lines
        view = self.book.view = self.book.source("\n".join(lines))
        return self.markdown(view).split("\n") if view else lines

    def markdown(self, view: View) -> str:
        """Return a page as Markdown with fences."""
        parts: list[str] = []
        claims: list[Cell | None] = []  # of the blocks that are open
        steps = iter(view.page.steps)
        for step in steps:
            match step:
                case Prose():
                    parts.append(self.prose(view, step))
                case Shown():
                    lines = self.fence(view, step.cell).split("\n")
                    parts.append("\n".join(step.indent + line for line in lines))
                case Opening():
                    parts.append(step.text)
                    trial = next(steps).cell if step.claim else None
                    claims.append(trial)
                case Closing():
                    if claims and (trial := claims.pop()):
                        code = view.criterion(trial)
                        parts.append(f"\n{TICKS}python\n{code}\n{TICKS}\n")
                    parts.append(step.text)
        return "\n".join(parts)

    def prose(self, view: View, step: Prose) -> str:
        """Return a block of prose with its values, or what asks for them."""
        if step.text.strip() == "<!-- ledger -->":
            return ledger(view)
        if values.FENCE.match(step.text):
            return step.text
        if self.book.live or not step.values:
            texts = [view.value(cell) for cell in step.values]
            return values.put_in(step.text, texts, view.counts, escaped)
        session = f'session="{view.page.name}" id="line-{step.line}"'
        code = print_block(textwrap.dedent(step.text))
        fence = f'\n```python exec="on" {session} updatetoc="no"\n{code}\n```\n'
        return textwrap.indent(fence, step.text[: -len(step.text.lstrip(" "))])

    def fence(self, view: View, cell: Cell) -> str:
        """Return the fence of a cell."""
        name = cell.file.partition("/")[2]
        if cell.kind == "lab" and not self.book.live:
            return f"```python\n{cell.code}\n```"
        if cell.kind == "functions" and self.book.live:
            code = shown(cell.code, view.language)
            return f"{TICKS}python\n{code}\n{TICKS}"
        body = cell.code if self.book.live else f'--8<-- "{name}:{cell.id}"'
        if cell.kind == "functions":
            return f'```python\n--8<-- "{cell.id}"\n```'
        options = f'exec="on" session="{view.page.name}" id="{cell.id}"'
        if cell.kind == "figure":
            options += ' html="on"'
        elif cell.prints:
            options += ' source="block" result="text"'
        else:
            options += ' source="above"'
        return f"{TICKS}python {options}\n{body}\n{TICKS}"


class Book(Extension):
    """The extension. See the module."""

    def __init__(self, source: Callable[[str], View | None], live: bool = True) -> None:
        """source: returns the view of the document that is being converted."""
        super().__init__()
        self.source, self.live = source, live
        self.view: View | None = None
        self.frames: dict[tuple, str] = {}  # of cells; the languages share most

    def extendMarkdown(self, md: Markdown) -> None:
        """Register all parts, and the formatter of markdown-exec's fences."""
        md.book = self
        if self.live:
            formatters["python"] = self.format
        ClaimExtension().extendMarkdown(md)
        md.preprocessors.register(Notation(md, self), "book", 40)  # before snippets
        md.treeprocessors.register(FormulaTreeprocessor(md), "book-formulas", 3)
        md.treeprocessors.register(ReferenceTreeprocessor(md), "book-references", 2)
        md.treeprocessors.register(ShortCodeTreeprocessor(md), "book-code", 1)

    def format(self, *, code: str, md: Markdown, id: str, **options) -> str:
        """Format a cell: markdown-exec's own work, with the result that is there.

        Text goes in when the Markdown is done: whatever it holds stays text.
        """
        view = self.view
        cell = next((c for c in view.page.cells if c.id == id), None) if view else None
        if cell is None:
            raise FenceFault(f"the fence {id!r} is no cell of this page")
        failure = view.failure(cell)
        if failure:
            options |= {"source": "above", "html": False, "result": ""}
        drawn = cell.kind == "figure" and not failure
        output = view.markup(cell) if drawn else RESULT
        source = shown(cell.code, view.language)
        about = source, output, id, *(f"{k}={options[k]}" for k in sorted(options))
        try:
            if about not in self.frames:
                self.frames[about] = base_format(
                    language="python", run=lambda *_, **__: output, code=source, md=md,
                    id=id, **options,
                )  # fmt: skip
        except Exception as error:
            raise FenceFault(f"cell {id!r}: {error}") from error
        formatted = self.frames[about]
        formatted = formatted.replace(f"<p>{RESULT}</p>", "")  # where nothing is shown
        formatted = formatted.replace(RESULT, escape(view.text(cell).rstrip("\n")))
        if cell.kind == "lab":
            formatted += self.lab_outputs(cell, md)
        if cell.kind == "setup":
            words = escape(WORDS[view.language]["setup"])
            summary = f"<details class='setup'><summary>{words}</summary>"
            formatted = Markup(f"{summary}{formatted}</details>")
        return Markup(formatted) + (failure_note(failure) if failure else "")

    def lab_outputs(self, cell: Cell, md: Markdown) -> str:
        """Return what a cell of a lab has put out, as HTML."""
        from markdown_exec._internal.rendering import MarkdownConverter

        parts = []
        result = self.view.results.get(cell.id)
        for output in (result.outputs if result else None) or []:
            kind, text = best(output)
            if kind == "text/plain":
                fence = f"{TICKS}text\n{RESULT}\n{TICKS}"
                block = MarkdownConverter(md, update_toc=False).convert(fence)
                block = block.replace(RESULT, escape(text.strip("\n")))
                parts.append(f'<div class="result">{block}</div>')
                continue
            if kind == "text/markdown":
                text = MarkdownConverter(md, update_toc=False).convert(text)
            parts.append(f'<div class="output">{text}</div>')
        return Markup("\n".join(parts))


class FenceFault(Fault):
    """A fault in a fence."""


def failure_note(failure: str) -> Markup:
    """Return the note that stands in a page while serving, where a cell failed."""
    return Markup('<div class="admonition failure"><pre>{}</pre></div>').format(failure)
