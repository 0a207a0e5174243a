"""A page as plain Markdown, and the lists of these copies: llms.txt, llms-full.txt."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..content.links import with_links
from ..content.view import View
from ..content.words import WORDS
from .transcript import Code, Heading, Text, Verdict, pieces


def fence(text: str, kind: str) -> str:
    r"""Return text as a fenced block, with a fence that it does not hold itself.

    >>> fence("a\n", "text")
    '```text\na\n```'
    >>> fence("```", "text")
    '````text\n```\n````'
    """
    runs = re.findall(r"`{3,}", text)
    mark = "`" * max(3, *(len(run) + 1 for run in runs), 3)
    body = text.rstrip("\n")
    return f"{mark}{kind}\n{body}\n{mark}"


def table(markup: str) -> str:
    """Return the first table of a piece of HTML that a cell has put out, as Markdown.

    >>> print(table("<table><tr><th>a</th></tr><tr><td>&lt; 1</td></tr></table>"))
    | a |
    | --- |
    | < 1 |
    """
    from bs4 import BeautifulSoup

    rows = [
        [cell.get_text().strip().replace("|", r"\|") for cell in row(["th", "td"])]
        for row in BeautifulSoup(markup, "html.parser").table("tr")
    ]
    rows.insert(1, ["---"] * len(rows[0]))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def shown_as(kind: str, text: str) -> str:
    """Return an output as Markdown; of a picture there is its caption only."""
    if kind == "text/plain":
        return fence(text, "text")
    if kind == "text/markdown":
        return text.strip()
    return table(text) if kind == "text/html" and "<table" in text else ""


def copy(view: View, address: Callable[[str], str]) -> str:
    """Return a page as Markdown. address: returns where a link's target is."""
    parts: list[str] = []
    for piece in pieces(view):
        match piece:
            case Heading():
                text = with_links(piece.text, address)
                parts.append(f"{'#' * piece.level} {text}")
            case Text():
                text = with_links(piece.text, address)
                mark = "> " if piece.quoted else ""
                parts.append(re.sub(r"^", mark, text, flags=re.MULTILINE))
            case Verdict():
                parts.append("\n".join(f"> - {line}" for line in piece.lines))
                parts.append(fence(piece.code, "python"))
            case Code():
                if piece.cell.kind != "figure":
                    parts.append(fence(piece.code, "python"))
                parts += [shown_as(*output) for output in piece.outputs]
    return "\n\n".join(part for part in parts if part) + "\n"


@dataclass
class Entry:
    """A page as the lists show it: its section, its place, and the copy."""

    section: str
    title: str
    about: str
    url: str
    text: str


def lists(
    language: str,
    name: str,
    about: str,
    torch: str,
    entries: list[Entry],
    to: Callable[[str], str],
    others: list[str],
) -> dict[str, str]:
    """Return llms.txt and llms-full.txt of a language.

    to: returns the address of a place on the site. others: the lists of the others.
    """
    words = WORDS[language]
    head = [f"# {name}", f"> {about}", words["copies"].format(torch=torch)]
    root = others[0]
    links = [f"- [{words['full']}]({to(f'{root}llms-full.txt')})"]
    links += [f"- [{words['other']}]({to(f'{other}llms.txt')})" for other in others[1:]]
    index, whole = [*head, "\n".join(links)], list(head)
    for section in dict.fromkeys(entry.section for entry in entries):
        mine = [entry for entry in entries if entry.section == section]
        lines = [
            f"- [{e.title}]({to(e.url.removeprefix('./') + 'index.md')})"
            f"{words['between']}{e.about}"
            for e in mine
        ]
        index += [f"## {section}", "\n".join(lines)]
        for e in mine:
            address = to(e.url.removeprefix("./"))
            whole += ["---", f"{words['page']}<{address}>", e.text.strip()]
    return {
        "llms.txt": "\n\n".join(index) + "\n",
        "llms-full.txt": "\n\n".join(whole) + "\n",
    }
