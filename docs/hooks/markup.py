"""Spare browsers work: tables in their boxes, code with the marks that can be seen.

Material's script puts tables into boxes in the browser, which then styles and lays out
the page once more; ``assets.py`` keeps it from that. Pygments marks every token of
code; names, None, spaces, operators and punctuation are left in the colour of the code
around them. They are close to half of the elements of a page.
"""

from __future__ import annotations

import re

TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
BOX = (
    '<div class="md-typeset__scrollwrap"><div class="md-typeset__table">'
    r"\g<0></div></div>"
)
PLAIN = re.compile(r'<span class="(?:kc|n|o|p|w)">([^<]*)</span>')


def on_post_page(output: str, **kwargs) -> str:
    """Return a page with less for a browser to do.

    >>> on_post_page('<span class="k">if</span> <span class="n">x</span>')
    '<span class="k">if</span> x'
    >>> on_post_page("<p>a</p><table><tr></tr></table>")[:44]
    '<p>a</p><div class="md-typeset__scrollwrap">'
    """
    return TABLE.sub(BOX, PLAIN.sub(r"\1", output))
