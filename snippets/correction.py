"""A step without Adam's bias correction, drawn for the figure with two sliders."""

import json

import torch
from adam import missing_factor
from plotting import INK, axes, style, svg


def extremes(steps: int = 5000) -> list[tuple[int, float]]:
    """Return step 1 and the worst step, each with how many times too long it is.

    For the default betas, among the first steps. Source: missing_factor in adam.py.

    >>> [(step, round(factor, 2)) for step, factor in extremes()]
    [(1, 3.16), (12, 6.57)]
    """
    factor = missing_factor(torch.arange(1, steps + 1, dtype=torch.float64))
    worst = int(factor.argmax())
    return [(1, factor[0].item()), (worst + 1, factor[worst].item())]


def correction_figure(marks: list[tuple[int, float]]) -> str:
    """Return the drawing, in the element that the site's script gives its sliders.

    marks: steps and factors that get a dot and a square.

    >>> correction_figure(extremes()).startswith("<div data-correction='{")
    True
    """
    t = torch.logspace(0, 5, 201, dtype=torch.float64)
    figure, panel = axes(("t", "(1 − β₁ᵗ) / √(1 − β₂ᵗ)"), xscale="log", yscale="log")
    panel.axhline(1, **style(0), linewidth=1.2)
    panel.plot(t, missing_factor(t), **style(1), gid="way")
    for (x, y), name, marker in zip(marks, ("first", "worst"), "os", strict=True):
        panel.plot(x, y, marker, color=INK, markersize=6, gid=name)
    panel.set_ylim(1e-2, 2e2)
    settings = {"betas": [0.9, 0.999], "last": 100_000, "marks": marks}
    drawn = svg(figure, "betas")
    return f"<div data-correction='{json.dumps(settings)}'>\n{drawn}\n</div>"
