"""Measured numbers in prose: ``{{ expression }}`` and ``{{ expression:format }}``.

A block of Markdown (lines between blank lines or ``///``) that holds such a value
becomes a markdown-exec fence of the page's session, which prints the block with the
values in place. So a number reaches the prose from the page's own run, in plain
markdown-exec as well as under the executor, which puts the values in place at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable

VALUE = re.compile(
    r"\{\{\s(?P<expression>[^{}]+?)(?::(?P<format>[^:{}\s\]\)]+))?\s*\}\}"
)
FENCE = re.compile(r"\s*(?P<mark>`{3,}(?!.*`)|~{3,})")
NOT_PROSE = re.compile(r"`[^`\n]+`|\$[^$\n]+\$")


def blocks(markdown: str) -> list[tuple[int, str]]:
    """Split Markdown into blocks, each with its first line's number, fences whole.

    >>> blocks("one\\n\\n```\\na\\n\\nb\\n```\\ntwo\\ntwo")
    [(1, 'one'), (2, ''), (3, '```\\na\\n\\nb\\n```'), (8, 'two\\ntwo')]
    """
    found: list[tuple[int, list[str]]] = []
    fence = ""
    fresh = True
    for number, line in enumerate(markdown.split("\n"), start=1):
        mark = FENCE.match(line)
        if fence:
            found[-1][1].append(line)
            if mark and mark["mark"].startswith(fence) and line.strip() == mark["mark"]:
                fence, fresh = "", True
            continue
        if mark:
            fence = mark["mark"]
            found.append((number, [line]))
            continue
        alone = not line.strip() or line.lstrip().startswith("///")
        if fresh or alone:
            found.append((number, []))
        found[-1][1].append(line)
        fresh = alone
    return [(number, "\n".join(lines)) for number, lines in found]


def expression(value: re.Match[str]) -> str:
    """Return the Python that formats a value.

    >>> expression(VALUE.match("{{ steps:,d }}"))
    "format(steps, ',d')"
    """
    return f"format({value['expression'].strip()}, {value['format'] or ''!r})"


def code_for(block: str) -> str:
    """Return a line of Python that prints the block with its values in place.

    >>> code_for("after {{ steps:,d }} steps")
    "print('after ' + format(steps, ',d') + ' steps')"
    """
    parts, end = [], 0
    for value in VALUE.finditer(block):
        parts += [repr(block[end : value.start()]), expression(value)]
        end = value.end()
    parts.append(repr(block[end:]))
    return "print(" + " + ".join(part for part in parts if part != "''") + ")"


def holds_values(number: int, block: str) -> bool:
    """Tell whether a block holds values; raise ValueError for what only looks like one.

    >>> holds_values(3, "so {{ x }}"), holds_values(4, "`{{x}}` and $a^{{b}}$")
    (True, False)
    >>> holds_values(5, "so {{x}}")
    Traceback (most recent call last):
    ValueError: line 5 holds {{ that starts no value: write {{ name }}
    """
    if FENCE.match(block) or "{{" not in block:
        return False
    if "{{" in NOT_PROSE.sub("", VALUE.sub("", block)):
        raise ValueError(
            f"line {number} holds {{{{ that starts no value: write {{{{ name }}}}"
        )
    values = VALUE.search(block) is not None
    if values and block.lstrip().startswith("///"):
        raise ValueError(f"line {number}: the title of a block cannot hold a value")
    return values


def expand(markdown: str, replacement: Callable[[int, str], str]) -> str:
    """Replace each block that holds values by ``replacement(line, block)``, indented.

    >>> expand("a\\n\\n  {{ b }}, {{ c:.1f}}", lambda line, block: f"{line}: {block}")
    'a\\n\\n  3: {{ b }}, {{ c:.1f}}'

    Raises ValueError as holds_values does.
    """
    expanded = []
    for number, block in blocks(markdown):
        if holds_values(number, block):
            indent = block[: len(block) - len(block.lstrip())]
            lines = [line.removeprefix(indent) for line in block.split("\n")]
            text = replacement(number, "\n".join(lines))
            block = "\n".join(indent + line for line in text.split("\n"))
        expanded.append(block)
    return "\n".join(expanded)


def as_fences(markdown: str, session: str) -> str:
    """Return the page with a markdown-exec fence for each block that holds values."""

    def fence(number: int, block: str) -> str:
        options = f'exec="on" session="{session}" id="line-{number}" updatetoc="no"'
        return f"\n```python {options}\n{code_for(block)}\n```\n"

    return expand(markdown, fence)


def on_page_markdown(markdown: str, page, **kwargs) -> str:
    """Serve plain markdown-exec; under the executor no value is left by now."""
    return as_fences(markdown, page.file.name)
