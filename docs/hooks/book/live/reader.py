"""Read the Markdown of a page into its steps.

A cell is an include of a named section, alone in its paragraph. All else follows from
it: a section of ``pages/`` runs, and shows its code and what it printed; one that
prints nothing shows code only; one whose name ends in ``-figure`` shows the picture;
``imports``, and what ends in ``-setup``, runs folded away; a section of any other file
is shown and does not run, since the page's script imports what it needs.
"""

from __future__ import annotations

import re

from ..errors import Fault
from . import values
from .page import Cell, Closing, Opening, Page, Prose, Shown, Step, is_lab
from .snippets import NAME, Snippets

INCLUDE = re.compile(r'(?P<indent> *)-{1,}8<-{1,} "(?P<name>[^"\n]*)" *')
OPENING = re.compile(r" *///+ *(?P<kind>[\w-]+) *(?:\| *(?P<title>.*))?$")
CLOSING = re.compile(r" *///+ *$")
BLOCKS = ("claim", "caption", "details", "note", "tip", "warning")  # see mkdocs.yml
CLAIM = re.compile(r"(?P<id>[a-z]\d+) *\| *(?P<quote>\S.*)$")
LAB = re.compile(r"```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PYTHON = re.compile(r"\s*(`{3,}|~{3,})\s*python\b")
CODE = re.compile(r"`[^`\n]+`")


class Reader:
    """Reads the Markdown of one page into its steps."""

    def __init__(self, source: str, text: str, snippets: Snippets, page: Page) -> None:
        """source: the page as messages name it. text: Markdown without front matter."""
        self.source, self.snippets, self.module = source, snippets, page.module
        self.lab = is_lab(page.name)
        self.after = ""  # the cell before
        self.ids: set[str] = set()
        self.open: list[Opening] = []
        self.blocks = values.blocks(text)

    def steps(self, offset: int) -> list[Step]:
        """Return the steps of the page; offset: lines of front matter before it."""
        found: list[Step] = []
        for number, block in self.blocks:
            line = number + offset
            try:
                found += self.step(line, block)
            except Fault as error:
                raise Fault(f"{self.source}:{line}: {error}") from None
        for block in self.open:
            raise Fault(
                f"{self.source}:{block.line}: "
                f"this /// {block.kind}, or one in it, is not closed by ///"
            )
        return found

    def step(self, line: int, block: str) -> list[Step]:
        """Return the steps that come of one block of Markdown."""
        if opening := OPENING.match(block):
            return self.opening(line, block, opening)
        if CLOSING.match(block):
            if not self.open:
                raise Fault("this /// closes no block")
            self.open.pop()
            return [Closing(line, block)]
        if values.FENCE.match(block):
            return self.fence(line, block)
        if include := INCLUDE.fullmatch(block):
            return [Shown(line, self.cell(include["name"]), include["indent"])]
        if "--8<--" in CODE.sub("", block):
            raise Fault(
                "a cell is an include alone in its paragraph, like "
                '--8<-- "pages/adam.py:train"'
            )
        if self.lab:
            return [Prose(line, block)]
        return [Prose(line, block, self.values(line, block))]

    def fence(self, line: int, block: str) -> list[Step]:
        """Return the step of a fence: a cell of a lab, or prose."""
        if self.lab and PYTHON.match(block):
            code = LAB.fullmatch(block)
            if not code:
                raise Fault(
                    "a cell stands between ```python and ```, each alone on its line, "
                    "not indented, in no other fence"
                )
            self.after = f"cell-{len(self.ids) + 1}"
            self.ids.add(self.after)
            cell = Cell(self.after, "lab", code[1], self.source, line + 1)
            return [Shown(line, cell)]
        if re.match(r"[^\n]*\bexec\b", block):
            raise Fault("a fence does not run: a cell is an include outside of fences")
        return [Prose(line, block)]

    def opening(self, line: int, block: str, match: re.Match[str]) -> list[Step]:
        """Return the step that opens a block, and of a claim its trial."""
        kind, title = match["kind"], match["title"] or ""
        if kind not in BLOCKS:
            raise Fault(f"there is no block /// {kind}, but {', '.join(BLOCKS)}")
        self.open.append(Opening(line, block, kind, title))
        if "{{" in values.NOT_PROSE.sub("", block):
            raise Fault("the title of a block cannot hold a value")
        if kind != "claim":
            return self.open[-1:]
        claim = CLAIM.fullmatch(title)
        if not claim:
            raise Fault("a claim names its id and its quote: | c01 | “…”")
        if claim["id"] in self.ids:
            raise Fault(f"the claim {claim['id']} stands twice")
        self.ids.add(claim["id"])
        opening = Opening(line, block, kind, claim["quote"], claim["id"])
        return [opening, Shown(line, self.trial(claim["id"]))]

    def trial(self, claim: str) -> Cell:
        """Return the cell that decides a claim: a function of the page's trials."""
        file = f"trials/{self.module}.py"
        at = self.snippets.function(file, claim)
        return Cell(claim, "trial", at.code, at.file, at.line)

    def cell(self, name: str) -> Cell:
        """Return the cell that an include names."""
        found = NAME.fullmatch(name)
        if not found:
            raise Fault(f'"{name}" names no section, like "pages/adam.py:train"')
        file, section = found["file"], found["section"]
        at = self.snippets.section(file, section)
        own = f"pages/{self.module}.py"
        if file.startswith("pages/") and file != own:
            raise Fault(f"{file} is the script of another page")
        kind = "functions" if file != own else "code"
        if kind == "code" and section.endswith("-figure"):
            kind = "figure"
        elif kind == "code" and (section == "imports" or section.endswith("-setup")):
            kind = "setup"
        key = section if kind != "functions" else f"{file}:{section}"
        if key in self.ids:
            raise Fault(f"the cell {key!r} stands twice")
        self.ids.add(key)
        if kind != "functions":
            self.after = section
        return Cell(key, kind, at.code, at.file, at.line)

    def values(self, line: int, block: str) -> list[Cell]:
        """Return the values in a block of prose."""
        found = []
        for value in values.found(block):
            code = f"print({values.expression(value)})"
            found.append(Cell(f"{self.after} {code}", "value", code, self.source, line))
        return found


def read(source: str, language: str, name: str, text: str, snippets: Snippets) -> Page:
    """Return a page, read from its file's text; Fault for wrong notation.

    source: the file as messages name it, "docs/zh/adam.md".
    """
    body = values.without_front_matter(text)
    offset = text.count("\n") - body.count("\n")
    page = Page(f"{language}/{name}.md", language, name, [])
    reader = Reader(source, body, snippets, page)
    page.steps = reader.steps(offset)
    script = f"pages/{reader.module}.py"
    for section in snippets.sections(script):
        if section not in reader.ids:
            raise Fault(f"{source}: it does not show {script}:{section}")
    return page
