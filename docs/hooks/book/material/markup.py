"""Spare browsers work: tables in their boxes, code with the marks that can be seen.

Material's script puts tables into boxes in the browser, which then styles and lays out
the page once more; ``assets.py`` keeps it from that. Pygments marks every token of
code; names, None, spaces, operators and punctuation are left in the colour of the code
around them. They are close to half of the elements of a page.

A block of code that may be wider than the screen can be reached by keyboard from the
start; Material's script tells when it sees the block, and takes it back where it fits.
"""

from __future__ import annotations

import html
import re
import unicodedata

TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
BOX = (
    '<div class="md-typeset__scrollwrap"><div class="md-typeset__table">'
    r"\g<0></div></div>"
)
PLAIN = re.compile(r'<span class="(?:kc|n|o|p|w)">([^<]*)</span>')
CODE = re.compile(r"(<pre><span></span><code)(>(.*?)</code>)", re.DOTALL)
TAG = re.compile(r"<[^>]*>")
SOURCE = re.compile(r"<annotation.*?</annotation>", re.DOTALL)  # TeX, not shown
NARROW = 36  # characters that fit on a phone 360 px wide, with some to spare


def text_of(content: str) -> str:
    """Return the text that a piece of HTML shows.

    >>> text_of("<p>1 &lt; <math><mi>x</mi><annotation>x</annotation></math></p>")
    '1 < x'
    """
    return html.unescape(TAG.sub("", SOURCE.sub("", content)))


def width(line: str) -> int:
    """Return how many columns a line of code takes; Chinese characters take two.

    >>> width("x = 1  # 一步")
    13
    """
    if line.isascii():
        return len(line)
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line)


def reachable(block: re.Match[str]) -> str:
    """Return a block of code that can be reached by keyboard if it may be too wide."""
    lines = text_of(block[3]).split("\n")
    wide = max(map(width, lines)) > NARROW
    return f'{block[1]} tabindex="0"{block[2]}' if wide else block[0]


def on_post_page(output: str, **kwargs) -> str:
    """Return a page with less for a browser to do.

    >>> on_post_page('<span class="k">if</span> <span class="n">x</span>')
    '<span class="k">if</span> x'
    >>> on_post_page("<p>a</p><table><tr></tr></table>")[:44]
    '<p>a</p><div class="md-typeset__scrollwrap">'
    """
    return TABLE.sub(BOX, CODE.sub(reachable, PLAIN.sub(r"\1", output)))
