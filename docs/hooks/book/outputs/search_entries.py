"""What the search knows of a page: an entry for each section, as text."""

from __future__ import annotations

import html
import logging
import re
from functools import cache
from pathlib import Path

import jieba

from ..content.formulas import spoken
from ..content.view import View
from .transcript import Code, Heading, Text, Verdict, pieces

# It prints a traceback where another user's cache lies in the temporary folder.
jieba.setLogLevel(logging.CRITICAL)
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
PARTS = re.compile(
    r"`(?P<code>[^`\n]+)`|\$\$(?P<display>.+?)\$\$|\$(?P<tex>[^$\n]+)\$"
    r"|!?\[(?P<text>[^\]\n]*)\](?:\([^)\n]*\)|\[[^\]\n]*\])|(?P<tag><[^>\n]+>)"
    r"|(?P<mark>\*\*|(?<!\w)[*_]|[*_](?!\w)|^[ \t]*(?:[-+*]|\d+\.|>|#+) "
    r"|^[| :-]+$|\{ *[#.][^}\n]*\})",
    re.MULTILINE | re.DOTALL,
)


def plain(markdown: str) -> str:
    r"""Return Markdown as the text that a reader sees; code in its element.

    >>> plain("**a** [b](c.md) `d_e` $\\beta_1$ <i>f</i>")
    'a b <code>d_e</code> β1 f'
    """

    def text(match: re.Match[str]) -> str:
        if match["code"]:
            return f"\0{match['code']}\1"
        if match["tex"] or match["display"]:
            return spoken((match["tex"] or match["display"]).strip())
        return plain_text(match["text"]) if match["text"] else ""

    def plain_text(inner: str) -> str:
        return PARTS.sub(text, inner)

    found = PARTS.sub(text, markdown).replace("|", " ")
    found = html.escape(html.unescape(found), quote=False)
    return " ".join(found.replace("\0", "<code>").replace("\1", "</code>").split())


def segmented(text: str) -> str:
    """Return text with its Chinese cut into words, with signs that take no room.

    >>> segmented("梯度下降 by hand").split("\u200b")
    ['梯度', '下降', ' by hand']
    """
    words = HAN.sub(
        lambda run: "\u200b" + "\u200b".join(jieba.cut(run[0])) + "\u200b", text
    )
    return words.strip("\u200b")


@cache
def learn(dictionary: Path) -> None:
    """Let the words of a dictionary be known, once in a process: it takes a second."""
    jieba.load_userdict(str(dictionary))


def entries(view: View, url: str, dictionary: Path) -> list[dict[str, str]]:
    """Return the entries of a page, one a section.

    url: of the page. dictionary: of words that jieba does not know.
    """
    learn(dictionary)
    found: list[dict[str, str]] = []
    texts: list[str] = []
    for piece in pieces(view):
        match piece:
            case Heading():
                texts = []
                place = f"{url}#{piece.id}" if found else url
                title = re.sub(r"</?code>", "", plain(piece.text))
                found.append({"location": place, "title": title, "text": texts})
            case Text():
                texts.append(f"<p>{plain(piece.text)}</p>")
            case Verdict():
                texts.append(
                    f"<p>{html.escape(' '.join(piece.lines), quote=False)}</p>"
                )
            case Code():
                printed = [t for kind, t in piece.outputs if kind == "text/plain"]
                codes = [] if piece.cell.kind in ("figure", "setup") else [piece.code]
                for code in (*codes, *printed):
                    body = html.escape(code.strip(), quote=False)
                    texts.append(f"<pre><code>{body}\n</code></pre>")
    return [
        entry
        | {
            "title": segmented(entry["title"]),
            "text": segmented(" ".join(entry["text"])),
        }
        for entry in found
    ]
