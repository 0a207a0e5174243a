"""Formulas as MathML, made by KaTeX while the site is built: no script, no host."""

from __future__ import annotations

import ctypes
import html
import json
import re
import unicodedata
import xml.etree.ElementTree as etree
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString
from py_mini_racer import JSEvalException, MiniRacer

from ..errors import Fault

CLOSING = tuple("，。、；：！？）”,.;:!?)")  # must not start a line
OPENING = tuple("（“([")  # nor these end one
# KaTeX sets spaces as characters, which are as wide as some font has them; one with
# U+2063 behind it is negative. In em, as KaTeX has them:
WIDTHS = {"\u200a": 0.0556, "\u2009": 0.1667, "\u2005": 0.2222, "\u2005\u200a": 0.2778}
SPACE = re.compile(
    rf"<mtext>({'|'.join(sorted(WIDTHS, reverse=True))})(\u2063?)</mtext>"
)
# KaTeX adds its application to a function's name, which has no place in a subscript.
APPLIED = re.compile(r"<mo>\u2061</mo>(?=</m(?:sub|sup|subsup)>)")
# The rows of KaTeX's MathML, and the classes of their parts.
MATH = "{http://www.w3.org/1998/Math/MathML}"
APPLY = "\u2061"
ATOMS = ("op", APPLY), ("open", "([{⟨⌊⌈"), ("close", ")]}⟩⌋⌉!"), ("sign", "−+±∓")
BARS, DOTS = "∣∥|", ("…", "⋯")  # bars open and close in turn
ANNOTATION = re.compile(r"<annotation.*?</annotation>", re.DOTALL)
TAG = re.compile(r"<annotation.*?</annotation>|<[^>]*>", re.DOTALL)
# A letter that stands alone is set in italics, which are characters of their own.
ITALICS = {
    chr(int(unicodedata.decomposition(letter).split()[1], 16)): letter
    for letter in map(chr, [*range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C)])
    if unicodedata.decomposition(letter)
} | {"h": "\u210e"}


def space(match: re.Match[str]) -> str:
    """Return a space of the width that it was meant to have.

    >>> print(SPACE.sub(space, "<mtext>\u2009</mtext> <mtext>\u2009\u2063</mtext>"))
    <mspace width="0.1667em"/> <mspace width="-0.1667em"/>
    """
    width = WIDTHS[match[1]]
    return f'<mspace width="{-width if match[2] else width}em"/>'


def atom(part: etree.Element, before: list[etree.Element]) -> str:
    """Return the class of a part of a row, as TeX has classes of atoms.

    "op", which ends a function's name; "open"; "close"; "sign"; "other", of operators;
    "space"; "ord", which is what has a value. before: the parts ahead of it.
    """
    tag, text = part.tag.removeprefix(MATH), part.text
    if tag != "mo" and len(part) and len(part[0]) and part[0][-1].text == APPLY:
        return "op"  # such as a max with a subscript
    if text and text in BARS:
        return ("open", "close")[sum(each.text == text for each in before) % 2]
    if text in DOTS:
        return "ord"
    if tag == "mo":
        return next((name for name, those in ATOMS if text and text in those), "other")
    return "space" if tag == "mspace" else "ord"


def spaced(parts: list[etree.Element]) -> list[etree.Element]:
    r"""Return the parts of a row, spaced as in TeX: MathML leaves it to who writes it.

    A function's name stands apart from values beside it, and a sign that joins nothing
    stands close to what it is the sign of.

    >>> texts = r"\log p", r"2\log(p)", r"\log\max_i x"
    >>> [mathml(text).count("<mspace") for text in texts]
    [1, 1, 2]
    >>> texts = "x = -1", "1 - x", "|-1| - 1", "(-1, 1)", r"a + \cdots + b"
    >>> [mathml(text).count("prefix") for text in texts]
    [1, 0, 1, 1, 0]
    >>> mathml(r"x \approx").count('rspace="0"')
    1
    """
    atoms = [atom(part, parts[:place]) for place, part in enumerate(parts)]
    texts = [part.text for part in parts] + [None]
    row: list[etree.Element] = []
    for place, part in enumerate(parts):
        begins = atoms[place] in ("ord", "op") and part.text != APPLY
        name = atoms[place] == "op" or texts[place + 1] == APPLY
        beside = atoms[place - 1] if place else "other"
        if begins and (beside == "op" or (name and beside in ("ord", "close"))):
            row.append(etree.Element(MATH + "mspace", width="0.1667em"))
        before = next((a for a in reversed(atoms[:place]) if a != "space"), "close")
        if atoms[place] == "sign" and before not in ("ord", "close"):
            part.set("form", "prefix")
        if part.text in DOTS:
            part.attrib |= {"lspace": "0", "rspace": "0"}
        elif place and atoms[place] == "other" and place + 1 == len(parts):
            part.set("rspace", "0")  # what it relates to stands after the formula
        row.append(part)
    return row


@cache
def katex() -> MiniRacer:
    """Return a JavaScript engine with KaTeX loaded, as sphinxcontrib-katex ships it."""
    script = Path(find_spec("sphinxcontrib.katex").origin).with_name("katex.min.js")
    engine = MiniRacer()
    # It ends with the process. At exit Python 3.13 would wait for it for ever; 3.12 and
    # 3.13 crash where it is closed by another thread than the one that made it.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(engine))
    engine.eval(script.read_text(encoding="utf-8"))
    return engine


@cache
def mathml(tex: str, display: bool = False) -> str:
    r"""Return a formula as MathML.

    >>> "<msub><mi>m</mi><mi>t</mi></msub>" in mathml("m_t")
    True
    >>> "<mi>max</mi></msub>" in mathml(r"T_{\max}")
    True
    >>> "ε" in mathml(r"\epsilon")
    True
    >>> mathml(r"\frac{")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    book.errors.Fault: $\frac{$: KaTeX parse error: Unexpected end of input in a ...
    """
    options = {"output": "mathml", "displayMode": display, "throwOnError": True}
    options["macros"] = {"\\epsilon": "\\varepsilon"}  # as the prose has it
    call = f"katex.renderToString({json.dumps(tex)}, {json.dumps(options)})"
    try:
        rendered = katex().eval(call)
    except JSEvalException as error:
        reason = re.search(r"KaTeX parse error.*", str(error))
        raise Fault(f"${tex}$: {reason.group() if reason else error}") from None
    start, end = rendered.index("<math"), rendered.index("</math>") + len("</math>")
    math = etree.fromstring(APPLIED.sub("", SPACE.sub(space, rendered[start:end])))
    for row in list(math.iter(MATH + "mrow")):
        row[:] = spaced([*row])
    etree.register_namespace("", MATH[1:-1])
    return etree.tostring(math, encoding="unicode").replace(" />", "/>")


@cache
def spoken(tex: str) -> str:
    r"""Return a formula as the characters that are set, without their arrangement.

    >>> spoken(r"\beta_1 < 1")
    'β1<1'
    """
    return html.unescape(TAG.sub("", mathml(tex)))


def characters(tex: str) -> set[str]:
    r"""Return the characters that a formula is set in.

    >>> sorted(characters(r"\sqrt{h}"))
    ['h', 'ℎ', '√']
    """
    found = set(spoken(tex)) | set("√" if r"\sqrt" in tex else "")
    return found | {ITALICS[each] for each in found & ITALICS.keys()}


class FormulaTreeprocessor(Treeprocessor):
    """Turns what arithmatex has marked into MathML."""

    def run(self, root: etree.Element) -> None:
        """Go through the document, each parent with its children."""
        for parent in list(root.iter()):
            for child in list(parent):
                if child.get("class") == "arithmatex":
                    tex = html.unescape(child.text or "").strip()[2:-2].strip()
                    self.formula(parent, child, tex)

    def formula(self, parent: etree.Element, child: etree.Element, tex: str) -> None:
        """Put a formula in the place of its source."""
        view = self.md.book.view
        display = child.tag == "div"
        markup = mathml(tex, display)
        if parent.tag in ("h1", "h2", "h3", "h4"):  # whose text alone becomes a title
            markup = ANNOTATION.sub("", markup)
        mark = self.md.htmlStash.store(markup)
        if view:
            view.letters |= characters(tex)
        if display:
            child.attrib |= {"class": "formula", "tabindex": "0"}
            child.text = AtomicString(mark)
            return
        place = list(parent).index(child)
        before = (parent[place - 1].tail if place else parent.text) or ""
        after = child.tail or ""
        ahead = before[-1:] if before.endswith(OPENING) else ""
        behind = after[:1] if after.startswith(CLOSING) else ""
        before, after = before.removesuffix(ahead), after.removeprefix(behind)
        if ahead or behind:
            child.attrib = {"class": "nowrap"}
            child.text, child.tail = AtomicString(ahead + mark + behind), after
        else:
            parent.remove(child)
            before += mark + after
        if place:
            parent[place - 1].tail = before
        else:
            parent.text = before
