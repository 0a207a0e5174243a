"""The font of a page's formulas, cut to their characters and written into the page.

A font of its own is a tenth of one for all pages. Since it comes with the page,
formulas are never set in another font first, and nothing moves when it arrives.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import io
import itertools
from functools import cache
from importlib.metadata import version
from pathlib import Path

from ..live.store import Store, digest

FONT = Path(__file__).parent / "fonts" / "stix-two-math.woff2"
LICENSE = "SIL Open Font License 1.1, https://openfontlicense.org"
# Of 1,000 an em: the lowest root sign, the step to the next, what of each is its top,
# and the room below its line.
LOWEST, STEP, JOINT, GAP = 900, 90, 120, 140
STYLE = (
    '<style>@font-face{{font-family:"STIX Two Math";'
    'src:url(data:font/woff2;base64,{}) format("woff2")}}</style>\n'
    """<script>document.fonts.load('1em "STIX Two Math"')</script>"""
)


@cache
def origin() -> str:
    """Return what a cut font depends on besides its characters."""
    tools = [f"{name} {version(name)}" for name in ("fonttools", "brotli")]
    files = FONT, Path(__file__)
    return " ".join([hashlib.sha256(f.read_bytes()).hexdigest() for f in files] + tools)


def refit_roots(font) -> None:
    """Give a font root signs of many heights, all as wide as the smallest.

    Chromium takes the first that is high enough, and lets hang below the formula what
    is too much of it; beside each root it leaves room for the widest.
    """
    root = font.getBestCmap().get(ord("√"))
    if not root:
        return
    font["MATH"].table.MathConstants.RadicalVerticalGap.Value = GAP
    variants = font["MATH"].table.MathVariants
    place = variants.VertGlyphCoverage.glyphs.index(root)
    signs = variants.VertGlyphConstruction[place]
    signs.GlyphAssembly = None  # for roots that are taller than any here
    shapes, widths, known = font["glyf"], font["hmtx"], signs.MathGlyphVariantRecord
    width, _ = widths[root]
    for name in {sign.VariantGlyph for sign in known}:
        shapes[name].coordinates.scale((width / widths[name][0], 1))
        fit(name, width, shapes, widths)
    stretch(shapes[root], LOWEST - known[0].AdvanceMeasurement)  # for a lone letter
    fit(root, width, shapes, widths)
    known[0].AdvanceMeasurement = LOWEST
    between = []
    for lower, upper in itertools.pairwise(known):
        start, end = lower.AdvanceMeasurement, upper.AdvanceMeasurement
        for height in range(start + STEP, end - STEP // 2, STEP):
            near = lower if height - start < end - height else upper
            sign = copy.deepcopy(near)
            sign.VariantGlyph, sign.AdvanceMeasurement = f"root{height}", height
            shape = shapes[sign.VariantGlyph] = copy.deepcopy(shapes[near.VariantGlyph])
            stretch(shape, height - near.AdvanceMeasurement)
            fit(sign.VariantGlyph, width, shapes, widths)
            between.append(sign)
    known.extend(between)
    known.sort(key=lambda sign: sign.AdvanceMeasurement)
    signs.VariantCount = len(known)


def lower_primes(font) -> None:
    """Let a prime be drawn as one in a superscript, where alone it stands.

    Chromium sets what is raised and small already, and so raises it twice.
    """
    prime = font.getBestCmap().get(ord("′"))
    if not prime:
        return
    table = font["GSUB"].table
    for feature in table.FeatureList.FeatureRecord:
        if feature.FeatureTag != "ssty":
            continue
        for lookup in map(
            table.LookupList.Lookup.__getitem__, feature.Feature.LookupListIndex
        ):
            for part in lookup.SubTable:
                part = getattr(part, "ExtSubTable", part)
                for known in font["cmap"].tables:
                    if ord("′") in known.cmap and prime in part.alternates:
                        known.cmap[ord("′")] = part.alternates[prime][0]


def stretch(shape, by: int) -> None:
    """Make a sign taller from its foot on; what joins the line above keeps its form."""
    joint = shape.yMax - JOINT
    ratio = 1 + by / (joint - shape.yMin)
    for i, (x, y) in enumerate(shape.coordinates):
        low = shape.yMin + (min(y, joint) - shape.yMin) * ratio
        shape.coordinates[i] = x, low + max(y - joint, 0)


def fit(name: str, width: int, shapes, widths) -> None:
    """Write down how wide a sign is, and where it begins."""
    shapes[name].coordinates.toInt()
    shapes[name].recalcBounds(shapes)
    widths[name] = width, shapes[name].xMin


@cache
def unpacked() -> bytes:
    """Return the font as TrueType: to decode WOFF2 takes longer than all the rest."""
    from fontTools.ttLib import TTFont

    font, file = TTFont(FONT), io.BytesIO()
    font.flavor = None
    font.save(file)
    return file.getvalue()


@cache  # the languages of a page have the same formulas
def cut(text: str) -> bytes:
    """Return the font as WOFF2 with the characters of a text, and what they grow to.

    >>> from fontTools.ttLib import TTFont
    >>> sorted(map(chr, TTFont(io.BytesIO(cut("x√"))).getBestCmap()))
    ['x', '√']
    """
    from fontTools import subset
    from fontTools.ttLib import TTFont

    options = subset.Options(flavor="woff2", layout_features=["*"], hinting=False)
    options.name_IDs = [0, 1]  # whose font it is, and which
    font = TTFont(io.BytesIO(unpacked()), lazy=True)
    cutter = subset.Subsetter(options)
    cutter.populate(text=text)
    cutter.subset(font)
    refit_roots(font)
    lower_primes(font)
    font["name"].setName(LICENSE, 13, 3, 1, 0x409)  # of the license, in English
    file = io.BytesIO()
    subset.save_font(font, file, options)
    return file.getvalue()


def style(letters: set[str], name: str, store: Store) -> str:
    """Return what brings a page its font, for its head; "" without formulas.

    letters: that its formulas are set in. name: of the page, under which it is kept.

    >>> style(set(), "a", Store(None))
    ''
    """
    if not letters:
        return ""
    text = "".join(sorted(letters))
    key = digest(origin(), text)
    kept, _ = store.read(f"font {name}")
    if key not in kept:
        kept = {key: base64.b64encode(cut(text)).decode()}
        store.write(f"font {name}", kept)
    return STYLE.format(kept[key])
