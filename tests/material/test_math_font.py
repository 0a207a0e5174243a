"""Root signs fit what stands under them, and primes what they stand at."""

import io
from itertools import pairwise

from book.material.math_font import cut
from fontTools.ttLib import TTFont


def test_root_signs_have_many_heights_one_foot_and_one_width():
    font = TTFont(io.BytesIO(cut("x√")))
    root = font.getBestCmap()[ord("√")]
    variants = font["MATH"].table.MathVariants
    place = variants.VertGlyphCoverage.glyphs.index(root)
    signs = variants.VertGlyphConstruction[place].MathGlyphVariantRecord
    shapes = [font["glyf"][sign.VariantGlyph] for sign in signs]
    heights = [sign.AdvanceMeasurement for sign in signs]
    assert all(0 < upper - lower <= 135 for lower, upper in pairwise(heights))
    assert heights[0] < 1000  # as high as a lone letter asks for
    assert heights[-1] > 2800
    for shape, height in zip(shapes, heights, strict=True):
        assert abs(shape.yMax - shape.yMin - height) <= 2
        assert shape.yMin == shapes[0].yMin
    assert len({font["hmtx"][sign.VariantGlyph][0] for sign in signs}) == 1


def test_a_prime_is_not_raised_twice():
    font = TTFont(io.BytesIO(cut("f′")))
    shape = font["glyf"][font.getBestCmap()[ord("′")]]
    assert shape.yMin < 200  # 399 as the font has it, for text
    assert "′" not in {chr(c) for c in TTFont(io.BytesIO(cut("f"))).getBestCmap()}
