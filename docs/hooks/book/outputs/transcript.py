"""A page as it came out, in pieces: what notebook, copy and search are made of."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ..content.ledger import place, reason
from ..content.view import KINDS, View, shown, trial_lines, verdict_words
from ..content.words import WORDS
from ..live import values
from ..live.evaluate import best
from ..live.page import HEADING, Cell, Closing, Opening, Prose, Shown

SETTING = re.compile(r"^ {4,}(?:attrs|open|type):.*$\n?", re.MULTILINE)
TAG = re.compile(r"^ *</?div\b[^>\n]*>\n?", re.MULTILINE)  # of the source
PLACE = re.compile(r"\n +\{ #[\w-]+ \}(?=\n|$)")


@dataclass
class Text:
    """Prose as Markdown; quoted where it belongs to a block, such as a claim."""

    text: str
    quoted: bool = False


@dataclass
class Heading:
    """A heading: its depth, its text as Markdown, its id."""

    level: int
    text: str
    id: str


@dataclass
class Code:
    """Code in the page's language, with its outputs: each its kind and its text."""

    cell: Cell
    code: str
    outputs: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Verdict:
    """What came of a trial, and the code that decides."""

    cell: Cell
    trial: dict[str, Any]
    lines: list[str]
    code: str


Piece = Text | Heading | Code | Verdict


@lru_cache(1)  # all that is made of a page is made of these
def pieces(view: View) -> list[Piece]:
    """Return the pieces of a page, in order: to read, not to change."""
    return list(found(view))


def found(view: View) -> Iterator[Piece]:
    """Yield the pieces of a page."""
    words = WORDS[view.language]
    opened: list[str] = []
    for step in view.page.steps:
        quoted = any(kind != "caption" for kind in opened)
        match step:
            case Opening():
                opened.append(step.kind)
                title = step.title
                if step.kind == "caption":
                    title = words["figure"]
                elif step.claim:
                    verdict = verdict_words(view.trial(step.claim), words)
                    title = f"{verdict}{words['between']}{title}"
                if title:
                    colon = words["between"].strip() if step.kind == "caption" else ""
                    yield Text(f"**{title}{colon}**", step.kind != "caption")
            case Closing():
                opened and opened.pop()
            case Shown() if step.cell.kind == "trial":
                if trial := view.trial(step.cell.id):
                    lines = trial_lines(trial, view.language)
                    yield Verdict(step.cell, trial, lines, view.criterion(step.cell))
            case Shown():
                code = shown(step.cell.code, view.language)
                outputs = view.results[step.cell.id].outputs if step.cell.runs else []
                yield Code(step.cell, code, [*map(best, outputs or [])])
            case Prose():
                yield from prose(view, step, quoted)


def prose(view: View, step: Prose, quoted: bool) -> Iterator[Piece]:
    """Yield the headings of a block of prose, and its text with its values."""
    text = textwrap.dedent(SETTING.sub("", step.text)) if quoted else step.text
    if text.strip() == "<!-- ledger -->":
        yield from ledger(view)
        return
    if not values.FENCE.match(text):
        texts = [view.value(cell) for cell in step.values]
        text = values.put_in(text, texts, view.counts)
        text = TAG.sub("", PLACE.sub("", text))
    end = 0
    for heading in HEADING.finditer(text):
        if before := text[end : heading.start()].strip("\n"):
            yield Text(before, quoted)
        yield Heading(len(heading["marks"]), heading["text"], heading["id"])
        end = heading.end()
    if rest := text[end:].strip("\n"):
        yield Text(rest, quoted)


def ledger(view: View) -> Iterator[Piece]:
    """Yield the claims of the book by section, with their verdicts and cases."""
    claims, words = sorted(view.claims, key=lambda c: c.id), WORDS[view.language]
    counts = [f"{words[kind]} {view.counts.get(kind, 0)}" for kind in KINDS]
    yield Text(" · ".join(counts))
    for number, section in enumerate(dict.fromkeys(c.section for c in claims), start=1):
        yield Heading(2, section, f"section-{number}")
        for claim in claims:
            if claim.section == section:
                verdict = verdict_words(claim.trial, words)
                to = f"[{claim.id.upper()}]({place(claim, view)})"
                lines = [f"- **{verdict}** {claim.quote} {to}"]
                if claim.why:
                    lines[0] += f"{words['between']}{reason(claim, view)}"
                cases = trial_lines(claim.trial, view.language) if claim.trial else []
                yield Text("\n".join([*lines, *(f"    - {case}" for case in cases)]))
