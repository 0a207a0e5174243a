"""Spare browsers work: tables in their boxes, code with the marks that can be seen.

Material's script puts tables into boxes in the browser, which then styles and lays out
the page once more; ``patches`` keeps it from that. Pygments marks every token of
code; names, None, spaces, operators and punctuation are left in the colour of the code
around them. They are close to half of the elements of a page.

A block of code that may be wider than the screen can be reached by keyboard from the
start; Material's script tells when it sees the block, and takes it back where it fits.
"""

from __future__ import annotations

import html
import re

from .first_screen import width

TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
BOX = (
    '<div class="md-typeset__scrollwrap"><div class="md-typeset__table">'
    r"\g<0></div></div>"
)
PLAIN = re.compile(r'<span class="(?:kc|n|o|p|w)">([^<]*)</span>')
CODE = re.compile(r"(<pre><span></span><code)(>(.*?)</code>)", re.DOTALL)
TAG = re.compile(r"<[^>]*>")
NARROW = 36  # characters that fit on a phone 360 px wide, with some to spare


def reachable(block: re.Match[str]) -> str:
    """Return a block of code that can be reached by keyboard if it may be too wide."""
    lines = html.unescape(TAG.sub("", block[3])).split("\n")
    wide = max(map(width, lines)) > NARROW
    return f'{block[1]} tabindex="0"{block[2]}' if wide else block[0]


def light(content: str) -> str:
    """Return the HTML of a page's content with less for a browser to do.

    >>> light('<span class="k">if</span> <span class="n">x</span>')
    '<span class="k">if</span> x'
    >>> light("<p>a</p><table><tr></tr></table>")[:44]
    '<p>a</p><div class="md-typeset__scrollwrap">'
    """
    return TABLE.sub(BOX, CODE.sub(reachable, PLAIN.sub(r"\1", content)))
