"""Show a page when its first screen has come, not before.

A browser may draw what it has read while the rest of a page is on its way. Then a
formula, a table or the header is drawn in part, and what stands there moves when the
rest comes. ``main.html`` has the browser wait for a heading that stands below the first
screen; this module says which. What comes after it is drawn as it comes.
"""

from __future__ import annotations

import unicodedata

from ..content.view import View
from ..outputs.transcript import Code, Heading, Text, pieces

SCREEN = 3000  # columns of text, which fill a window of 1280 by 800 CSS pixels


def width(line: str) -> int:
    """Return how many columns a line of code takes; Chinese characters take two.

    >>> width("x = 1  # 一步")
    13
    """
    if line.isascii():
        return len(line)
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line)


def below(view: View, screen: int = SCREEN) -> str | None:
    """Return the id of the first heading below the first screen, None where none is.

    screen: how many columns of text the first screen holds.
    """
    columns = 0
    for piece in pieces(view):
        match piece:
            case Heading() if piece.level > 1 and columns >= screen:
                return piece.id
            case Heading() | Text():
                columns += width(piece.text)
            case Code():
                texts = [] if piece.cell.kind == "setup" else [piece.code]
                texts += [text for kind, text in piece.outputs if kind == "text/plain"]
                columns += sum(map(width, texts))
    return None
