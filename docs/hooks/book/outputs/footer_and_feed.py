"""What the footer says of the build, what a page is about, and the feed of changes."""

from __future__ import annotations

import html
import re
import subprocess
from html import escape
from pathlib import Path

from ..content.view import View
from .search_entries import plain
from .transcript import Text, pieces

RELEASE = re.compile(r"^## (\S+)(?: \(([^)]*)\))?\n(.*?)(?=^## |\Z)", re.M | re.S)
FEED = "tag:losses-and-optimizers,2026"


def shortened(text: str, limit: int = 155) -> str:
    """Return a text cut to what a search engine shows.

    >>> shortened("One thing. Another.", 12)
    'One thing.…'
    """
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def description(view: View) -> str:
    """Return what a page says first, as text, escaped."""
    for piece in pieces(view):
        if isinstance(piece, Text) and not piece.quoted:
            text = html.unescape(re.sub(r"</?code>", "", plain(piece.text)))
            if text:
                return escape(shortened(text))
    return ""


def git(root: Path, *arguments: str) -> str:
    """Return what git says of the repository at ``root``; nothing of one around it."""
    try:
        found = [
            subprocess.run(
                ["git", "-C", str(root), *call], capture_output=True, text=True
            ).stdout.strip()
            for call in (["rev-parse", "--show-toplevel"], arguments)
        ]
    except OSError:
        return ""
    top, answer = found
    return answer if top and Path(top).resolve() == root.resolve() else ""


def commit(root: Path) -> str:
    """Return the commit that is being built, or nothing outside git."""
    return git(root, "rev-parse", "--short=8", "HEAD")


def feed(changes: str, title: str, site: str, unreleased: str) -> str:
    r"""Return the releases of a changelog as an Atom feed.

    unreleased: the date of what is not released yet; without one it is left out.

    >>> text = feed("# C\n\n## 1.0 (2026-01-02)\n\n- a < b\n", "T", "", "")
    >>> "<updated>2026-01-02T00:00:00Z</updated>" in text, "- a &lt; b" in text
    (True, True)
    """
    entries, days = [], []
    for name, when, body in RELEASE.findall(changes):
        day = when if re.fullmatch(r"\d{4}-\d\d-\d\d", when) else unreleased
        if not day:
            continue
        days.append(day)
        entries.append(
            f"<entry><id>{FEED}:{escape(name)}</id>"
            f"<title>{escape(name)}</title><updated>{day}T00:00:00Z</updated>"
            f'<content type="text">{escape(body.strip())}</content></entry>'
        )
    link = f'<link href="{escape(site)}"/>' if site else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>{FEED}:feed</id><title>{escape(title)}</title>"
        f"<author><name>{escape(title)}</name></author>{link}"
        f"<updated>{max(days, default='2026-01-01')}T00:00:00Z</updated>\n"
        + "\n".join(entries)
        + "\n</feed>\n"
    )
