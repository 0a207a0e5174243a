"""Blocks of Markdown, and the measured numbers in them: ``{{ expression:format }}``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..errors import Fault

VALUE = re.compile(
    r"\{\{\s(?P<expression>[^{}]+?)(?::(?P<format>[^:{}\s\]\)]+))?\s\}\}"
)
    "format(steps, ',d')"
    """
    return f"format({value['expression'].strip()}, {value['format'] or ''!r})"


def found(line: int, block: str) -> list[re.Match[str]]:
    """Return the values in a block of prose; Fault for what only looks like one.

    >>> [value.group() for value in found(3, "so {{ x:.1f }}, `{{x}}` and $a^{{b}}$")]
    ['{{ x:.1f }}']
    >>> found(5, "so {{x}}")
    Traceback (most recent call last):
    book.errors.Fault: {{ starts no value here: write {{ name }} or {{ name:.2f }}
    """
    if "{{" not in block:
        return []
    if "{{" in NOT_PROSE.sub("", VALUE.sub("", block)):
        raise Fault("{{ starts no value here: write {{ name }} or {{ name:.2f }}")
    return [v for v in VALUE.finditer(block) if not COUNT.fullmatch(v["expression"])]


def put_in(block: str, texts: Iterable[str], counts: dict[str, int]) -> str:
    """Return a block with its values in place.

    texts: of the values, in their order. counts: what ``claims["true"]`` stands for.

    >>> put_in('{{ x }} of {{ claims["all"] }}', ["1"], {"all": 80})
    '1 of 80'
    """
    texts = iter(texts)

    def text(value: re.Match[str]) -> str:
        count = COUNT.fullmatch(value["expression"])
        return str(counts.get(count[1], 0)) if count else next(texts)

    return VALUE.sub(text, block)
