"""Let Material's drawer and search start closed on each load, in valid HTML.

A browser that comes back to a page sets its checkboxes as they were. Material tells it
not to by ``autocomplete="off"``, which HTML does not allow on a checkbox. So the two
checkboxes belong to a form that says so, where it is allowed.
"""

from __future__ import annotations

import re

TOGGLE = re.compile(r'<input class="md-toggle" ([^>]*) autocomplete="off">')
FORM = '<form id="__toggles" autocomplete="off" hidden></form>'


def owned(output: str) -> str:
    """Return a page whose checkboxes belong to a form that is not filled in again.

    >>> print(owned('<input class="md-toggle" id="__search" autocomplete="off">'))
    <form id="__toggles" autocomplete="off" hidden></form>
    <input class="md-toggle" id="__search" form="__toggles">
    """
    first = TOGGLE.search(output)
    if not first:
        return output
    start = first.start()
    mended = TOGGLE.sub(
        r'<input class="md-toggle" \1 form="__toggles">', output[start:]
    )
    return f"{output[:start]}{FORM}\n{mended}"


def on_post_page(output: str, **kwargs) -> str:
    """Mend a page."""
    return owned(output)


def on_post_template(output_content: str, **kwargs) -> str:
    """Mend the 404 page."""
    return owned(output_content)
