"""Show a page when its first screen has come, not before.

A browser may draw what it has read while the rest of a page is on its way. Then a
formula, a table or the header is drawn in part, and what stands there moves when the
rest comes. ``main.html`` has the browser wait for a heading that stands below the first
screen; this module says which. What comes after it is drawn as it comes.
"""

from __future__ import annotations

import re

from .markup import text_of, width

HEADING = re.compile(r'<h[2-4] id="([^"]+)"')
SCREEN = 3000  # columns of text, which fill a window of 1280 by 800 CSS pixels


def below(content: str, screen: int = SCREEN) -> str | None:
    """Return the id of the first heading below the first screen, None where none is.

    content: a page's HTML. screen: how many columns of text the first screen holds.

    >>> page = '<p>one</p><h2 id="a">A</h2><p>two three</p><h3 id="b">B</h3>'
    >>> below(page, screen=3), below(page, screen=4), below(page, screen=40)
    ('a', 'b', None)
    """
    columns = start = 0
    for heading in HEADING.finditer(content):
        columns += width(text_of(content[start : heading.start()]))
        if columns >= screen:
            return heading[1]
        start = heading.start()
    return None


def on_page_context(context, page, **kwargs):
    """Name the heading to the template."""
    context["below"] = below(page.content)
    return context
