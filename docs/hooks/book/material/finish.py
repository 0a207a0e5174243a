"""The last changes to a page's HTML, after the template."""

from __future__ import annotations

import html

from mkdocs.utils import get_relative_url

from . import languages, markup, math_font, previews, search

FORM = '<form id="__toggles" autocomplete="off" hidden></form>'
FEED = {"zh": "更新", "en": "Changes"}
TOGGLE = '<input class="md-toggle" '


def before(text: str, mark: str, addition: str) -> str:
    """Return a text with an addition before the first mark in it.

    >>> before("<a><b>", "<b", "x ")
    '<a>x <b>'
    """
    start = text.index(mark)
    return text[:start] + addition + text[start:]


def after_heading(output: str, bar: str) -> str:
    """Return a page with a line below its title."""
    end = output.index("</h1>", output.index("<article")) + len("</h1>")
    return f"{output[:end]}\n{bar}{output[end:]}"


def common(output: str, site, where: str, place: str) -> str:
    """Return a page or a template with what both need."""
    name = search.NAMES.get(site.language, "")
    output = site.table.apply(where, output, place)
    if "material/search" in site.config.plugins:
        output = site.table.apply("search", output, place, search=name)
    output = before(output, TOGGLE, f"{FORM}\n")
    return before(
        output, "</head>", f"<script>{languages.inline(search.LATER)}</script>\n"
    )


def finished(output: str, page, site, body: dict) -> str:
    """Return a page as it is served."""
    source, language = page.file.src_uri, site.language
    output = common(output, site, "page", f"docs/{source}")
    output = before(output, "<link ", languages.tags(page, site.config))
    style = math_font.style(set(body["letters"]), source, site.store)
    if style:  # while the style sheet is fetched, the font is made ready
        first = (
            '<link rel="stylesheet"'
            if '<link rel="stylesheet"' in output
            else "</head>"
        )
        output = before(output, first, f"{style}\n")
    if languages.is_home(page):  # what it promises comes first
        output = before(output, "</article>", f"{body['bar']}\n")
    else:
        output = after_heading(output, body["bar"])
    output = markup.light(output)
    root = site.folder
    feed = get_relative_url("feed.xml", page.url)
    covers = get_relative_url(f"{root}llms.txt", page.url)
    # The space in rel: see languages.py.
    links = [
        f'<link rel="alternate " type="application/atom+xml" href="{feed}"'
        f' title="{FEED.get(language, "")}">',
        '<link rel="alternate " type="text/markdown" href="index.md">',
        f'<link rel="describedby" href="{covers}">',
    ]
    if tags := previews.preview(page, site.config, html.unescape(str(page.title))):
        links.append(tags)
    return before(output, "</head>", "\n".join([*links, ""]))


def template_finished(output: str, site) -> str:
    """Return the 404 page of the language that is being built."""
    return markup.light(common(output, site, "404", "404.html"))
