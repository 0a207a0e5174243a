"""The last changes to a page's HTML, after the template."""

from __future__ import annotations

from ..content.words import WORDS
from . import languages, markup


def with_bar(output: str, bar: str, home: bool) -> str:
    """Return a page with the line of downloads below its title.

    On a home page it stands at the end: what the page promises comes first.
    """
    if home:
        return output.replace("</article>", f"{bar}\n</article>", 1)
    end = output.index("</h1>", output.index("<article")) + len("</h1>")
    return f"{output[:end]}\n{bar}{output[end:]}"


def mended(output: str, site, where: str, place: str) -> str:
    """Return a page or the 404 page, as ``where`` says, as it is served.

    place: its name in a fault.
    """
    output = site.table.apply(where, output, place)
    if "material/search" in site.config.plugins:
        name = WORDS[site.language]["search"]
        output = site.table.apply("search", output, place, search=name)
    return markup.light(output)


def finished(output: str, page, site, bar: str) -> str:
    """Return a page as it is served, with its line of downloads."""
    output = with_bar(output, bar, languages.is_home(page))
    return mended(output, site, "page", f"docs/{page.file.src_uri}")
