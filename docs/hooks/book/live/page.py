"""A page as a list of steps: what stands in one Markdown file, in its order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from .snippets import module_of

HEADING = re.compile(
    r"^(?P<marks>#+) (?P<text>.*?) *\{ *#(?P<id>[\w-]+) *\} *$", re.MULTILINE
)


@dataclass
class Cell:
    """What a page shows of code, or of what code gives.

    kind: "code", "figure" or "setup" of a page's script, "functions", which do not
    run, "trial" of a claim, "value" in prose, "lab".
    """

    id: str
    kind: str
    code: str
    file: str
    line: int

    @property
    def prints(self) -> bool:
        """Tell whether it must print, and the page shows what it does."""
        return self.kind == "code" and "print(" in self.code

    @property
    def runs(self) -> bool:
        """Tell whether something comes of the cell."""
        return self.kind != "functions"

    @property
    def module(self) -> str:
        """Return the dotted name of its file in snippets/."""
        return module_of(self.file.partition("/")[2])


@dataclass
class Prose:
    """A block of Markdown as its author wrote it, and the values that it holds."""

    line: int
    text: str
    values: list[Cell] = field(default_factory=list)


@dataclass
class Opening:
    """The start of a block such as a claim, a caption or a folded answer."""

    line: int
    text: str
    kind: str
    title: str
    claim: str = ""  # its id


@dataclass
class Closing:
    """The end of the block that was opened last."""

    line: int
    text: str


@dataclass
class Shown:
    """A cell at its place, and how far it is indented there."""

    line: int
    cell: Cell
    indent: str = ""


Step = Prose | Opening | Closing | Shown


@dataclass
class Page:
    """A page in one language.

    source: below the folder of the pages, "zh/adam.md". name: the same for all
    languages, "adam".
    """

    source: str
    language: str
    name: str
    steps: list[Step]

    @property
    def module(self) -> str:
        """Return what its own modules are called, in pages/ and in trials/."""
        return PurePosixPath(self.name).name.replace("-", "_")

    @property
    def cells(self) -> list[Cell]:
        """Return what the page shows of code and values, in order."""
        found: list[Cell] = []
        for step in self.steps:
            if isinstance(step, Shown):
                found.append(step.cell)
            elif isinstance(step, Prose):
                found += step.values
        return found

    @property
    def shown(self) -> list[str]:
        """Return the ids of the cells, without the values in prose."""
        return [cell.id for cell in self.cells if cell.kind != "value"]

    @property
    def said(self) -> list[str]:
        """Return the ids of the values, in whichever order they are said."""
        return sorted({cell.id for cell in self.cells if cell.kind == "value"})

    @property
    def headings(self) -> list[str]:
        """Return the ids that headings have been given, in order."""
        texts = [s.text for s in self.steps if isinstance(s, Prose)]
        return [h["id"] for text in texts for h in HEADING.finditer(text)]

    def place(self, id: str | None) -> str:
        """Return where a cell, value or heading stands, as messages name it."""
        for step in self.steps:
            ids: dict[str, int] = {}
            if isinstance(step, Shown):
                ids[step.cell.id] = step.line
            elif isinstance(step, Prose):
                ids = {cell.id: step.line for cell in step.values}
                for heading in HEADING.finditer(step.text):
                    below = step.text.count("\n", 0, heading.start())
                    ids[heading["id"]] = step.line + below
            if id in ids:
                return f"docs/{self.source}:{ids[id]}"
        return f"docs/{self.source}"

    @property
    def claims(self) -> dict[str, str]:
        """Return the quotes of the claims that stand on the page, by id."""
        return {
            s.claim: s.title for s in self.steps if isinstance(s, Opening) and s.claim
        }

    @property
    def of_the_whole_book(self) -> bool:
        """Tell whether the page shows what came of the claims of all pages."""
        texts = [s.text for s in self.steps if isinstance(s, Prose)]
        return any('claims["' in t or "<!-- ledger -->" in t for t in texts)

    @property
    def modules(self) -> list[str]:
        """Return the modules of snippets/ that it shows, in order, each once."""
        kinds = "value", "trial", "lab"
        names = [cell.module for cell in self.cells if cell.kind not in kinds]
        return list(dict.fromkeys(names))


def is_lab(name: str) -> bool:
    """Return whether a page is a lab, by its place.

    >>> is_lab("zh/labs/race.md"), is_lab("labs/race"), is_lab("zh/collabs/a.md")
    (True, True, False)
    """
    return "labs" in PurePosixPath(name).parts
