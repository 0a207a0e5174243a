"""Keep figures from what reads the pages meanwhile: search has no use for ticks."""

from __future__ import annotations

import re

SVG = re.compile(r'<svg class="plot".*?</svg>', re.DOTALL)
PLACE = re.compile(r"<!--figure (\d+)-->")

kept: dict[str, list[str]] = {}


def on_page_content(content: str, page, **kwargs) -> str:
    """Take the figures out of a page and leave a mark for each."""
    figures = kept[page.url] = []

    def take(figure: re.Match[str]) -> str:
        figures.append(figure.group())
        return f"<!--figure {len(figures) - 1}-->"

    return SVG.sub(take, content)


def on_post_page(output: str, page, **kwargs) -> str:
    """Put the figures back where they were."""
    return PLACE.sub(lambda mark: kept[page.url][int(mark[1])], output)
