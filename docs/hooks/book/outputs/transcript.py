"""A page as it came out: its prose, its cells and what they showed, in their order.

It is read from the page's Markdown and from the results of the build, for what is made
of a page besides HTML: the notebook (``notebooks``) and the plain text (``copies``).
"""

from __future__ import annotations

import ast
import html
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from ..content import claims
from ..live import executor
from ..live.cells import FENCE, Cell, shown
from ..live.values import VALUE, blocks, expression, holds_values
from ..live.labs import is_lab
from nbformat import NotebookNode, v4

OPENING = re.compile(r"///+ *(?P<kind>[\w-]+) *(?:\| *(?P<title>.*))?$")
SETTING = re.compile(r" {4}(?P<name>[\w-]+):(?P<value>.*)$")
HEADING = re.compile(r"^(?P<text>#+ .*?) *\{#(?P<id>[\w-]+)\} *$", re.MULTILINE)
PLACE = re.compile(r"\n +\{ #[\w-]+ \}(?=\n|$)")
LINK = re.compile(
    r"(?P<other>`[^`\n]+`|\$[^$\n]+\$)"
    r"|(?<!!)\[(?P<text>(?:[^\[\]`$]|`[^`\n]*`|\$[^$\n]*\$)*)\]\((?P<to>[^)\s]+)\)"
)
CASE = re.compile(r'<li class="(yes|no)"><span>(.*?)</span> <output>(.*?)</output>')
MARKUP = re.compile(
    r'<span class="arithmatex">\\\((.*?)\\\)</span>|<code\b[^>]*>(.*?)</code>'
    r"|<math\b[^>]*>.*?<annotation[^>]*>(.*?)</annotation>.*?</math>|<[^>]+>",
    re.DOTALL,
)
TEXT_OUTPUT = re.compile(r"````text\n(.*?)\n````", re.DOTALL)
HTML_OUTPUT = re.compile(r'<div class="output">(.*)</div>', re.DOTALL)
FIGURE = {"zh": "**图：**", "en": "**Figure:**"}


@dataclass
class Notebook:
    """A notebook that grows from top to bottom: prose is gathered until a cell comes.

    quoted: whether prose belongs to a block, such as a claim, that cells interrupt.
    """

    cells: list[NotebookNode] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)
    quoted: bool = False

    def close(self) -> None:
        """Make a Markdown cell of the prose so far, quoted if it is part of a block."""
        prose = [now for last, now in pairwise(["", *self.prose]) if last or now]
        text = "\n".join(prose).strip("\n")
        if text:
            lines = text.split("\n")
            if self.quoted:
                lines = [f"> {line}".rstrip() for line in lines]
            self.cells.append(
                v4.new_markdown_cell("\n".join(lines), id=self.new_id("prose"))
            )
        self.prose.clear()

    def new_id(self, name: str) -> str:
        """Return an id for the next cell: its number and what it is."""
        return f"{len(self.cells):03}-{re.sub(r'[^a-zA-Z0-9_-]', '-', name)}"[:64]

    def code(self, name: str, code: str, outputs=(), **metadata) -> None:
        """Add a code cell with its outputs."""
        self.close()
        self.cells.append(
            v4.new_code_cell(
                code, id=self.new_id(name), outputs=list(outputs), metadata=metadata
            )
        )


def printed(text: str) -> list[NotebookNode]:
    """Return what a cell has printed, as its outputs."""
    return [v4.new_output("stream", name="stdout", text=text)] if text else []


def drawn(markup: str) -> list[NotebookNode]:
    """Return HTML that a cell displays, as its outputs."""
    data = {"text/html": markup, "text/plain": "<IPython.core.display.HTML object>"}
    return [v4.new_output("display_data", data=data)]


def displayed(code: str) -> str:
    """Return the code of a figure with its picture displayed instead of printed.

    >>> print(displayed('figure = draw()\\nprint(svg(figure, "a"))'))
    from IPython.display import HTML
    <BLANKLINE>
    figure = draw()
    display(HTML(svg(figure, "a")))
    """
    data = code.encode()
    starts = [0]
    for line in data.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in reversed(ast.parse(code).body):
        call = node.value if isinstance(node, ast.Expr) else None
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "print":
            start = starts[call.lineno - 1] + call.col_offset
            end = starts[call.end_lineno - 1] + call.end_col_offset
            inner = data[start:end].removeprefix(b"print(").removesuffix(b")")
            data = data[:start] + b"display(HTML(" + inner + b"))" + data[end:]
    return "from IPython.display import HTML\n\n" + data.decode()


def plain(markup: str) -> str:
    r"""Return a piece of HTML as Markdown: formulas as TeX, code in backticks.

    >>> plain(r'at <span class="arithmatex">\(t=1\)</span>, <code>w</code> &lt; 1')
    'at $t=1$, `w` < 1'
    >>> plain("<math><mi>w</mi><annotation>w</annotation></semantics></math> falls")
    '$w$ falls'
    """

    def text(match: re.Match[str]) -> str:
        if (tex := match[1] or match[3]) is not None:
            return f"${tex}$"
        return f"`{MARKUP.sub('', match[2])}`" if match[2] is not None else ""

    return html.unescape(MARKUP.sub(text, markup)).strip()


def cases(trial: str, language: str) -> list[str]:
    """Return the cases of a trial, in HTML, as printing the trial shows them.

    >>> cases('<li class="no"><span>一 | one</span> <output>1</output>', "en")
    ['✗ one: 1']
    """
    lines = []
    for kind, what, measured in CASE.findall(trial):
        both = re.fullmatch(r"([^|]*[\u4e00-\u9fff][^|]*) \| (.+)", what)
        if both:
            what = both[1 if language == "zh" else 2]
        sign = "✓" if kind == "yes" else "✗"
        lines.append(html.unescape(f"{sign} {what}: {measured}"))
    return lines


def keep(page, markdown: str, files) -> None:
    """Keep a page as its author wrote it, and the files that its links lead to."""
    kept[page.file.src_uri] = markdown, files


def readable(page, config) -> bool:
    """Tell whether there is all that the transcript of a page is made of."""
    return page.file.src_uri in kept


class Writer:
    """Writes the transcript of one page, as the cells of a notebook."""

    heading = r'<a id="\g<id>"></a>\n\n\g<text>'

    def __init__(self, page, config, notebook: Notebook | None = None) -> None:
        self.source, self.config = page.file.src_uri, config
        self.text, self.files = kept[self.source]
        self.language = self.source.partition("/")[0]
        self.claims, self.executor = claims, executor
        self.notebook = notebook or Notebook()
        self.shown: list[str] = []

    def address(self, url: str) -> str:
        """Return where a page is published, or nothing where that is not known."""
        site = self.config.site_url
        return f"{site.rstrip('/')}/{url.removeprefix('./')}" if site else ""

    def link(self, match: re.Match[str]) -> str:
        """Return a link as it can be followed from anywhere, or else its text."""
        to = match["to"]
        if match["other"] or to.startswith("#") or re.match(r"[a-z]+:", to):
            return match[0]
        path, mark, anchor = to.partition("#")
        name = posixpath.normpath(posixpath.join(posixpath.dirname(self.source), path))
        file = self.files.get_file_from_path(name)
        address = self.address(file.url) if file else ""
        return (
            f"[{match['text']}]({address}{mark}{anchor})" if address else match["text"]
        )

    def markdown(self, text: str) -> str:
        """Return a block of prose as it stands in a cell."""
        text = PLACE.sub("", HEADING.sub(self.heading, text))
        text = re.sub(r'<span data-tally="(\w+)"></span>', self.tally, text)
        text = LINK.sub(self.link, text)
        return re.sub(r' *<div data-ledger(?:="")?></div>', self.ledger, text)

    def tally(self, mark: re.Match[str]) -> str:
        """Return how many claims have a verdict."""
        verdicts = [claim.verdict for claim in self.claims.claims.values()]
        return str(len(verdicts) if mark[1] == "all" else verdicts.count(mark[1]))

    def ledger(self, mark: re.Match[str]) -> str:
        """Return all claims as a list."""
        words = self.claims.WORDS[self.language]
        lines = []
        for claim in sorted(self.claims.claims.values(), key=lambda claim: claim.id):
            title = plain(claim.title)
            place = claim.id.upper()
            if address := self.address(claim.url):
                place = f"[{place}]({address})"
            lines.append(f"- **{words[claim.verdict]}** {title} ({place})")
            # What stands there is in one language already.
            trial = re.sub(r'<b class="sign">.*?</b>', "", claim.trial)
            lines += [f"    - {case}" for case in cases(trial, self.language)]
        return "\n".join(lines)

    def open(self, kind: str, title: str, settings: dict[str, str]) -> None:
        """Begin a block: its title stands in bold, a claim's after its verdict."""
        self.notebook.close()
        if kind == "caption":
            self.notebook.prose.append(FIGURE[self.language])
            return
        self.notebook.quoted = True
        place = re.search(r"id: *([\w-]+)", settings.get("attrs", ""))
        claim = self.claims.claims.get(place[1]) if place else None
        if kind == "claim" and claim:
            words = self.claims.WORDS[self.language]
            word = words[claim.verdict]
            if "data-opinion" in claim.trial:
                word += {"zh": "（{}）", "en": " ({})"}[self.language].format(
                    words["opinion"]
                )
            title = f"{word}{words['between']}{title}"
        if title:
            self.notebook.prose += [f"**{self.markdown(title)}**", ""]

    def write(self) -> Notebook:
        """Take in the page's Markdown, block by block; return what came of it."""
        cells = self.executor.pages.get(self.source, [])
        named = iter([cell for cell in cells if not cell.is_value])
        values = iter([cell for cell in cells if cell.is_value])
        pieces = iter([*blocks(self.text), (0, "")])
        opened: list[str] = []
        for number, block in pieces:
            opening = OPENING.match(block)
            if opening:
                settings = {}
                while setting := SETTING.match((following := next(pieces))[1]):
                    for line in following[1].split("\n"):
                        if setting := SETTING.match(line):
                            settings[setting["name"]] = setting["value"]
                kind = opening["kind"]
                opened.append(kind)
                self.open(kind, opening["title"] or "", settings)
                number, block = following
            if block.strip() and set(block.strip()) == {"/"} and opened:
                self.notebook.close()
                opened.pop()
                self.notebook.quoted = any(kind != "caption" for kind in opened)
            elif FENCE.match(block):
                self.cell(block, next(named))
            elif is_lab(self.source) and block.startswith("```python\n"):
                self.lab_cell(next(named))
            elif not block.startswith("```") and holds_values(number, block):
                self.prose_with_values(block, values)
            else:
                self.notebook.prose.append(self.markdown(block))
        self.notebook.close()
        return self.notebook

    def prose_with_values(self, block: str, values: Iterator[Cell]) -> None:
        """Take in prose with its values in place; a trial becomes a cell of its own."""
        found = VALUE.fullmatch(block.strip())
        outputs = [
            (next(values).output or "").rstrip("\n") for _ in VALUE.findall(block)
        ]
        if found and outputs[0].startswith('<ul class="trial"'):
            verdict = re.search(r'data-verdict="(\w+)"', outputs[0])[1]
            opinion = " (opinion)" if "data-opinion" in outputs[0] else ""
            lines = [verdict + opinion, *cases(outputs[0], self.language)]
            code = f"print({found['expression'].strip()})"
            self.notebook.code("trial", code, printed("\n".join(lines) + "\n"))
            self.shown.append(expression(found))
        else:
            following = iter(outputs)
            text = VALUE.sub(lambda _: next(following), block)
            self.notebook.prose.append(self.markdown(text))

    def cell(self, block: str, cell: Cell) -> None:
        """Take in a cell of a page, with what it printed or drew."""
        code, output = shown(cell.code, self.language), cell.output or ""
        self.shown.append(code)
        if 'html="on"' in block.partition("\n")[0]:
            self.notebook.code(cell.name, displayed(code), drawn(output.strip()))
        else:
            self.notebook.code(cell.name, code, printed(output))

    def lab_cell(self, cell: Cell) -> None:
        """Take in a cell of a lab, with its outputs."""
        code, output = cell.code.rstrip("\n"), cell.output or ""
        self.shown.append(code)
        outputs = [
            v4.new_output("display_data", data={"text/plain": html.unescape(text)})
            for text in TEXT_OUTPUT.findall(output)
        ]
        for markup in HTML_OUTPUT.findall(output):
            outputs += drawn(markup)
        self.notebook.code("cell", code, outputs)


kept: dict[str, tuple[str, object]] = {}  # Markdown and files, by source
