"""Figures as inline SVG: text stays text, colours follow the page's theme."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

from matplotlib import rcParams
from matplotlib.axis import Axis
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.ticker import FuncFormatter, NullFormatter

WIDE, NARROW = 5.6, 3.9  # inches
INK, FAINT = "#010203", "#a1a2a3"
SERIES = ["#0072b2", "#d55e00", "#009e73", "#a0529c", "#7a6a00", "#5b6770", "#c2185b"]
DASHES = ["-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (8, 3)), (0, (1, 1))]
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
rcParams |= {
    "svg.fonttype": "none",
    "font.size": 11.5,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlesize": 11.5,
    "axes.titlecolor": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": FAINT,
    "grid.alpha": 0.35,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.color": FAINT,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "figure.constrained_layout.use": True,
}


def power(value: float, _: int = 0) -> str:
    """Return a tick of a logarithmic axis as a power of ten in plain characters.

    >>> power(1e-3), power(1.0), power(0.02)
    ('10⁻³', '1', '0.02')
    """
    text = f"{value:.0e}"
    if not text.startswith("1e") or abs(float(text) / value - 1) > 1e-9:
        return f"{value:g}"
    exponent = int(text.removeprefix("1e"))
    return "1" if exponent == 0 else "10" + str(exponent).translate(SUPERSCRIPT)


def axes(
    *labels: tuple[str, str],
    columns: int = 1,
    height: float = 2.7,
    xscale: str = "linear",
    yscale: str = "linear",
):
    """Return a figure with one panel for each pair of axis labels, and its panels.

    Heights are in inches of a figure 5.6 inches wide. Labels carry symbols and units
    only, so that one figure serves every language.

    >>> figure, panel = axes(("t", "‖g‖"), yscale="log")
    >>> panel.get_ylabel()
    '‖g‖'
    """
    rows = -(-len(labels) // columns)
    figure = Figure(figsize=(WIDE, height * rows))
    panels = [
        figure.add_subplot(rows, columns, number)
        for number in range(1, len(labels) + 1)
    ]
    for panel, (x, y) in zip(panels, labels, strict=True):
        panel.set(xlabel=x, ylabel=y, xscale=xscale, yscale=yscale)
        for axis, scale in ((panel.xaxis, xscale), (panel.yaxis, yscale)):
            if scale == "log":
                powers(axis)
    return figure, *panels


def powers(axis: Axis) -> None:
    """Label a logarithmic axis with powers of ten.

    >>> figure, panel = axes(("t", "z"))
    >>> panel.set_yscale("log")
    >>> powers(panel.yaxis)
    >>> panel.set_ylim(0.1, 10)
    (0.1, 10)
    >>> [label.get_text() for label in panel.get_yticklabels() if label.get_text()]
    ['10⁻²', '10⁻¹', '1', '10¹', '10²']
    """
    axis.set_major_formatter(FuncFormatter(power))
    axis.set_minor_formatter(NullFormatter())


def style(number: int) -> dict:
    """Return colour and dashes of a series: either of them is enough to tell it.

    >>> style(0)["color"], style(1)["linestyle"]
    ('#0072b2', '--')
    """
    return {
        "color": SERIES[number % len(SERIES)],
        "linestyle": DASHES[number % len(DASHES)],
    }


def rounded(attribute: re.Match[str]) -> str:
    """Return an attribute with its numbers to hundredths: finer than any screen.

    >>> re.sub(".+", rounded, 'd="M 50.865826 141.294369 L 3.00024 -2"')
    'd="M 50.87 141.29 L 3 -2"'
    """
    number = r"-?\d+\.\d{3,}"
    return re.sub(number, lambda found: f"{round(float(found[0]), 2):g}", attribute[0])


def svg(figure: Figure, name: str) -> str:
    """Return a figure as an SVG element for a page; ``name`` keeps its ids apart.

    Where panels stand side by side there is a second element, with the panels one
    above the other, which the style sheet shows on a phone instead.

    >>> figure, panel = axes(("t", "z"))
    >>> _ = panel.plot([1, 2], [3, 4], **style(0))
    >>> text = svg(figure, "demo")
    >>> text.startswith('<svg class="plot"'), "var(--plot-1, #0072b2)" in text
    (True, True)
    >>> figure, left, right = axes(("t", "z"), ("t", "w"), columns=2)
    >>> re.findall('viewBox="[^"]+"', svg(figure, "panels"))
    ['viewBox="0 0 403.2 194.4"', 'viewBox="0 0 280.8 388.8"']
    """
    wide = drawn(figure, name, 'class="plot"')
    grids = {panel.get_subplotspec().get_gridspec() for panel in figure.axes}
    if all(grid.ncols == 1 for grid in grids):
        return wide
    hidden = 'class="plot-stacked" style="display: none"'  # where there is no sheet
    with stacked(figure):
        return f"{wide}\n{drawn(figure, f'{name}-stacked', hidden)}"


@contextmanager
def stacked(figure: Figure) -> Iterator[None]:
    """Put the panels of a figure one above the other for a while.

    >>> figure, left, right = axes(("t", "z"), ("t", "w"), columns=2)
    >>> with stacked(figure):
    ...     figure.get_size_inches().tolist(), right.get_subplotspec().num1
    ([3.9, 5.4], 1)
    >>> figure.get_size_inches().tolist(), right.get_subplotspec().num1
    ([5.6, 2.7], 1)
    """
    places = {panel: panel.get_subplotspec() for panel in figure.axes}
    size = figure.get_size_inches()
    rows = places[figure.axes[0]].get_gridspec().nrows
    column = GridSpec(len({place.num1 for place in places.values()}), 1, figure)
    for panel, place in places.items():
        panel.set_subplotspec(column[place.num1])
    figure.set_size_inches(NARROW, size[1] / rows * column.nrows)
    yield
    for panel, place in places.items():
        panel.set_subplotspec(place)
    figure.set_size_inches(size)


def drawn(figure: Figure, name: str, attributes: str) -> str:
    """Return a figure as an SVG element in the colours of the page's theme.

    name: with which its ids begin. attributes: of the element.

    >>> figure, _ = axes(("t", "L"))
    >>> drawn(figure, "some", 'class="plot"').split(" viewBox")[0]
    '<svg class="plot"'
    """
    FigureCanvasSVG(figure)
    buffer = io.StringIO()
    rcParams["svg.hashsalt"] = name
    unused = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(buffer, format="svg", transparent=True, metadata=unused)
    text = buffer.getvalue()
    box = re.search(r'viewBox="[^"]+"', text).group()
    body = re.search(r"<svg[^>]*>(.*)</svg>", text, re.DOTALL).group(1)
    unwanted = r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->"
    body = re.sub(unwanted, "", body, flags=re.DOTALL)
    body = re.sub(r"font-family: [^;]*; ", "", body)  # the page's own, from its CSS
    clips = dict.fromkeys(re.findall(r'id="(p[0-9a-f]{10})"', body))
    for number, clip in enumerate(clips):  # some are named by their place in memory
        body = body.replace(clip, f"clip{number}")
    body = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{name}-", body)
    body = re.sub(r' (?:d|x|y|transform)="[^"]*"', rounded, body)
    body = body.replace(FAINT, f"var(--plot-faint, {FAINT})")
    body = body.replace(INK, "currentColor")
    for number, colour in enumerate(SERIES, start=1):
        body = body.replace(colour, f"var(--plot-{number}, {colour})")
    body = "\n".join(line.strip() for line in body.split("\n") if line.strip())
    head = f'<svg {attributes} {box} role="img" aria-hidden="true">'
    return f"{head}\n{body}\n</svg>"
