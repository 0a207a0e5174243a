"""The figures with sliders: their script, and what is drawn before it runs."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from bs4 import BeautifulSoup
from project import ROOT
from py_mini_racer import MiniRacer


class Figure(NamedTuple):
    """settings: for the script. marks: their places. way: the path's numbers."""

    settings: dict[str, Any]
    marks: list[list[float]]
    way: list[float]


def engine(script: str) -> MiniRacer:
    """Return a JavaScript engine that knows what a script of the assets defines."""
    context = MiniRacer()
    context.eval((ROOT / "docs" / "assets" / script).read_text("utf-8"))
    return context


def drawn(page: Path, attribute: str, name: str, marks: tuple[str, ...]) -> Figure:
    """Return the figure of a built page as it was drawn.

    attribute: that holds the settings. name: in front of the ids in the picture.
    """
    text = (page / "index.html").read_text("utf-8")
    figure = BeautifulSoup(text, "html.parser").select_one(f"[{attribute}]")
    places = [figure.select_one(f"#{name}-{mark} use") for mark in marks]
    way = figure.select_one(f"#{name}-way path")["d"]
    return Figure(
        json.loads(figure[attribute]),
        [[float(place[axis]) for axis in "xy"] for place in places],
        [float(number) for number in re.findall(r"-?\d+\.?\d*", way)],
    )
