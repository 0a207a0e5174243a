"""Formulas as MathML, made by KaTeX while the site is built: no script, no host."""

from __future__ import annotations

import html
import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from ..material import glyphs
from mkdocs.exceptions import BuildError
from py_mini_racer import JSEvalException, MiniRacer
from ..live.store import store_of

ARITHMATEX = re.compile(
    r'<(?P<tag>span|div) class="arithmatex">\\[(\[](?P<tex>.*?)\\[)\]]</(?P=tag)>',
    re.DOTALL,
)
# A formula and the mark after it, which must not start a line of its own.
MARK = re.compile(
    r'(<math xmlns="[^"]+"><semantics>(?:(?!</math>).)*</math>'
    r"[，。、；：！？）”,.;:!?)])"
)
# KaTeX sets spaces as characters, which are as wide as some font has them; one with
# U+2063 behind it is negative. In em, as KaTeX has them:
WIDTHS = {"\u200a": 0.0556, "\u2009": 0.1667, "\u2005": 0.2222, "\u2005\u200a": 0.2778}
SPACE = re.compile(
    rf"<mtext>({'|'.join(sorted(WIDTHS, reverse=True))})(\u2063?)</mtext>"
)


def space(match: re.Match[str]) -> str:
    """Return a space of the width that it was meant to have.

    >>> print(SPACE.sub(space, "<mtext>\u2009</mtext> <mtext>\u2009\u2063</mtext>"))
    <mspace width="0.1667em"/> <mspace width="-0.1667em"/>
    """
    width = WIDTHS[match[1]]
    return f'<mspace width="{-width if match[2] else width}em"/>'


@cache
def katex() -> MiniRacer:
    """Return a JavaScript engine with KaTeX loaded, as sphinxcontrib-katex ships it."""
    script = Path(find_spec("sphinxcontrib.katex").origin).with_name("katex.min.js")
    engine = MiniRacer()
    engine.eval(script.read_text(encoding="utf-8"))
    return engine


@cache
def mathml(tex: str, display: bool) -> str:
    r"""Return a formula as MathML.

    >>> "<msub><mi>m</mi><mi>t</mi></msub>" in mathml("m_t", display=False)
    True
    >>> mathml(r"\frac{", display=False)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: KaTeX parse error: Unexpected end of input in a macro argument, ...
    """
    options = {"output": "mathml", "displayMode": display, "throwOnError": True}
    call = f"katex.renderToString({json.dumps(tex)}, {json.dumps(options)})"
    try:
        rendered = katex().eval(call)
    except JSEvalException as error:
        reason = re.search(r"KaTeX parse error.*", str(error))
        raise ValueError(reason.group() if reason else str(error)) from None
    return SPACE.sub(space, re.search(r"<math.*</math>", rendered, re.DOTALL).group())


def on_page_content(content: str, page, **kwargs) -> str:
    """Turn what arithmatex marked into MathML, or raise BuildError."""

    def formula(match: re.Match[str]) -> str:
        tex = html.unescape(match["tex"]).strip()
        display = match["tag"] == "div"
        try:
            math = mathml(tex, display)
        except ValueError as error:
            raise BuildError(f"docs/{page.file.src_uri}: ${tex}$: {error}") from error
        if not display:
            return math
        return f'<div class="formula" tabindex="0">{math}</div>'

    return MARK.sub(r'<span class="nowrap">\1</span>', ARITHMATEX.sub(formula, content))


def on_post_page(output: str, page, config) -> str | None:
    """Bring the font of the formulas with the page, so that they do not jump."""
    style = glyphs.style(output, store_of(config))
    first = '<link rel="stylesheet"'  # while this is fetched, the font is made ready
    return output.replace(first, f"{style}\n{first}", 1) if style else None
