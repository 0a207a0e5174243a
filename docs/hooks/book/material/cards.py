"""Draw the card of a page: its title on the site's indigo, above a descent.

Nothing is asked of a network or of the machine: the font lies in ``fonts/``, text is
laid out here, and the same words give the same bytes.
"""

from __future__ import annotations

import io
import math
import re
from functools import cache
from pathlib import Path

import jieba
from PIL import Image, ImageColor, ImageDraw, ImageFont

FONT = Path(__file__).parent / "fonts" / "noto-sans-sc-bold.woff2"
SIZE = WIDTH, HEIGHT = 1200, 630
MARGIN = 80
INDIGO, DEEP, RIM = "#4051b5", "#2f3d99", "#5464c0"
LIGHT, AMBER = "#c5cae9", "#ffca28"
# The sizes of titles, and how many lines each may have at most.
LINES = {92: 2, 80: 2, 72: 3, 64: 3, 54: 4, 44: 5}
CLOSING = "，。、；：！？）》」』”’…,.;:!?)"
MARKS = re.escape(CLOSING)
TOKEN = re.compile(rf"[\u4e00-\u9fff]+|[{MARKS}]+|[^\s\u4e00-\u9fff{MARKS}]+|\s+")
OPENING = "（《「『“‘("
STOP = tuple("：？:?")
PAUSE = tuple("，。；：！？,.;:!?")


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Return the font in a size; laid out simply, which is the same everywhere."""
    return ImageFont.truetype(FONT, size, layout_engine=ImageFont.Layout.BASIC)


def words(text: str) -> list[str]:
    """Return the pieces between which a line may end, each with the space after it.

    >>> words("Adam 的细节：ε 与收敛"), words("eval() (or not)")
    (['Adam ', '的', '细节：', 'ε ', '与', '收敛'], ['eval() ', '(or ', 'not)'])
    """
    found: list[str] = []
    for token in TOKEN.findall(text.strip()):
        chinese = "\u4e00" <= token[0] <= "\u9fff"
        for piece in jieba.cut(token) if chinese else [token]:
            glued = found and (
                piece[0] in CLOSING
                or piece.isspace()
                or found[-1][-1] in OPENING
                or (not chinese and not ends(found[-1]))
            )
            if glued:
                found[-1] += " " if piece.isspace() else piece
            else:
                found.append(piece)
    return found


def ends(piece: str) -> bool:
    """Tell whether a line may end after a piece whose neighbour is no Chinese."""
    return piece[-1].isspace() or "\u2e80" <= piece[-1] <= "\uffef"


def broken(text: str, size: int, width: int) -> list[str]:
    """Return the text in as few lines as it needs, of lengths as even as may be.

    Lines would rather end after a mark. A piece longer than a line stays whole.

    >>> broken("How far back? The truncation window", 80, 1040)
    ['How far back?', 'The truncation window']
    """
    pieces = words(text)

    @cache
    def best(start: int, lines: int) -> tuple[float, tuple[int, ...]]:
        if start == len(pieces):
            return (0.0, ()) if lines == 0 else (math.inf, ())
        found = (math.inf, ())
        for end in range(start + 1, len(pieces) + 1) if lines else ():
            line = "".join(pieces[start:end]).rstrip()
            room = 1 - font(size).getlength(line) / width
            if room < 0 and end > start + 1:
                break
            cost, ends = best(end, lines - 1)
            cost += room**2 + (0 if line.endswith(PAUSE) else 0.15)
            found = min(found, (cost, (end, *ends)))
        return found

    for lines in range(1, len(pieces) + 1):
        cost, ends = best(0, lines)
        if cost < math.inf:
            break
    starts = (0, *ends)
    return [
        "".join(pieces[start:end]).strip()
        for start, end in zip(starts, ends, strict=False)
    ]


def fitted(title: str) -> tuple[int, list[str]]:
    """Return the largest size at which a title fits, and its lines.

    A title of two sentences, or with a colon, is rather somewhat smaller than broken
    elsewhere.

    >>> fitted("梯度下降"), fitted("How far back? The truncation window")
    ((92, ['梯度下降']), (80, ['How far back?', 'The truncation window']))
    """
    width = WIDTH - 2 * MARGIN
    fits = []
    for size, most in LINES.items():
        lines = broken(title, size, width)
        longest = max(font(size).getlength(line) for line in lines)
        if len(lines) <= most and longest <= width:
            fits.append((size, lines))
    for size, lines in fits:
        if len(lines) == 1 or any(line.endswith(STOP) for line in lines[:-1]):
            return (size, lines) if size >= 72 else fits[0]
    return fits[0] if fits else (size, lines)


def descent(rate: float = 0.29, steps: int = 10) -> list[tuple[float, float]]:
    """Return the path of gradient descent on (x² + 6 y²) / 2, from the right.

    >>> [round(x, 2) for x in descent()[1]]
    [0.71, -0.26]
    """
    x, y = 1.0, 0.35
    path = [(x, y)]
    for _ in range(steps):
        x, y = x - rate * x, y - rate * 6 * y
        path.append((x, y))
    return path


@cache
def ground() -> Image.Image:
    """Return what all cards share: contour lines and a path down, drawn at 2×."""
    image = Image.new("RGB", (2 * WIDTH, 2 * HEIGHT), INDIGO)
    draw = ImageDraw.Draw(image)
    turn, scale, (left, top) = math.radians(-16), 500, (1770, 1050)

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            left + scale * (x * math.cos(turn) - y * math.sin(turn)),
            top + scale * (x * math.sin(turn) + y * math.cos(turn)),
        )

    for level in range(9, 0, -1):
        radius = 0.04 * level * (level + 3) / 2
        ring = [
            place(radius * math.cos(a), radius * math.sin(a) / math.sqrt(6))
            for a in (math.tau * i / 360 for i in range(361))
        ]
        draw.polygon(ring, fill=shade(level))
        draw.line(ring, fill=RIM, width=3, joint="curve")
    path = [place(x, y) for x, y in descent()]
    draw.line(path, fill=AMBER, width=6, joint="curve")
    for step, (x, y) in enumerate(path):
        dot = 13 - 0.7 * step
        draw.ellipse((x - dot, y - dot, x + dot, y + dot), fill=AMBER)
    return image.resize(SIZE, Image.Resampling.LANCZOS)


def shade(level: int) -> tuple[int, int, int]:
    """Return the colour of the ground inside a contour line: darker further down."""
    share = (10 - level) / 9
    low, high = ImageColor.getrgb(DEEP), ImageColor.getrgb(INDIGO)
    return tuple(round(h + share * (d - h)) for d, h in zip(low, high, strict=True))


def lettered(title: str, section: str, foot: str) -> Image.Image:
    """Return the ground with the words of a page on it, in all colours."""
    image = ground().copy()
    draw = ImageDraw.Draw(image)
    draw.text((MARGIN, 84), section, LIGHT, font(34), anchor="ls")
    size, lines = fitted(title)
    top = (150 if section else 120) + size
    for number, line in enumerate(lines):
        place = MARGIN, top + number * round(1.28 * size)
        draw.text(place, line, "white", font(size), anchor="ls")
    draw.text((MARGIN, HEIGHT - 64), foot, LIGHT, font(34), anchor="ls")
    return image


@cache
def palette() -> Image.Image:
    """Return the colours that all cards have, as an image with a palette."""
    return lettered("Adam 优化器", "5 优化器", "Losses").quantize(64)


def card(title: str, section: str, foot: str) -> bytes:
    """Return the card of a page as PNG.

    title: of the page, in one to five lines. section: of the navigation, above it, or
    nothing. foot: a line at the bottom, the name of the site.

    >>> Image.open(io.BytesIO(card("Adam", "5 Optimizers", "Losses"))).size
    (1200, 630)
    """
    image = lettered(title, section, foot)
    data = io.BytesIO()
    image.quantize(palette=palette(), dither=Image.Dither.NONE).save(data, "PNG")
    return data.getvalue()
