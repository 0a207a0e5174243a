"""Figures whose panels stand side by side, and one above the other on a phone."""

from __future__ import annotations

import re

WHOLE = re.compile(r'<svg class="plot" viewBox="0 0 (?P<w>\S+) (?P<h>[^" ]+)"')
PANEL = re.compile(
    r'^<g id="[^"]*axes_\d+">\n.*?d="M (?P<x>\S+) (?P<y>\S+)', re.M | re.S
)
SCALE = 1.4  # CSS pixels for a unit of the drawing, when panels are stacked


def group(text: str) -> str:
    """Return the group that a text begins with.

    >>> group("<g><g/></g></g>rest")
    '<g><g/></g>'
    """
    depth = 0
    for tag in re.finditer(r"<g\b[^>]*?(?P<empty>/?)>|</g>", text):
        depth += -1 if tag[0] == "</g>" else not tag["empty"]
        if depth == 0:
            return text[: tag.end()]
    return text


def stackable(svg: str) -> str:
    """Return a figure with an SVG for each panel in it, which the style sheet places.

    Figures that are one column, or hold more than a grid of equal panels, stay as they
    are.

    >>> stackable('<svg class="plot" viewBox="0 0 9 9"></svg>')
    '<svg class="plot" viewBox="0 0 9 9"></svg>'
    """
    whole, found = WHOLE.search(svg), list(PANEL.finditer(svg))
    columns = sorted({float(panel["x"]) for panel in found})
    rows = sorted({float(panel["y"]) for panel in found})
    places = {(panel["x"], panel["y"]) for panel in found}
    full = len(columns) * (len(rows) - 1) < len(found) == len(places)
    if not whole or len(columns) < 2 or not full:
        return svg
    groups = [group(svg[panel.start() :]) for panel in found]
    end = found[-1].start() + len(groups[-1])
    rest = svg[end:].removeprefix("\n</g>")
    if svg[end:] == rest:  # there is more, such as a legend of the whole figure
        return svg
    width, height = float(whole["w"]) / len(columns), float(whole["h"]) / len(rows)
    count, parts = len(found), []
    for number, (panel, drawn) in enumerate(zip(found, groups, strict=True)):
        column, row = columns.index(float(panel["x"])), rows.index(float(panel["y"]))
        parts.append(
            f'<svg viewBox="{column * width:g} {row * height:g} {width:g} {height:g}" '
            f'x="{column / len(columns):.4%}" y="{row / len(rows):.4%}" '
            f'width="{1 / len(columns):.4%}" height="{1 / len(rows):.4%}" '
            f'style="--place: {number / count:.4%}; --share: {1 / count:.4%}">\n'
            f"{drawn}\n</svg>"
        )
    shape = (
        f"--shape: {whole['w']} / {whole['h']}; "
        f"--stacked: {width:g} / {height * count:g}; "
        f"--stacked-width: {SCALE * width:.0f}px"
    )
    head = '<svg class="plot panels" role="img" aria-hidden="true"'
    return "\n".join([f'{head} style="{shape}">', *parts, rest.lstrip("\n")])
