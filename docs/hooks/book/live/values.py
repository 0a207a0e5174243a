"""Blocks of Markdown, and the measured numbers in them: ``{{ expression:format }}``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ..errors import Fault

VALUE = re.compile(
    r"\{\{\s(?P<expression>[^{}]+?)(?::(?P<format>[^:{}\s\]\)]+))?\s\}\}"
)
FENCE = re.compile(r"\s*(?P<mark>`{3,}(?!.*`)|~{3,})")
NOT_PROSE = re.compile(r"`[^`\n]+`|\$[^$\n]+\$")
MINUS = re.compile(r"(?<![\w.)\]])-(?=\d)")
COUNT = re.compile(r'claims\["(\w+)"\]')  # which the book knows, not the page's run
FRONT_MATTER = re.compile(r"---[ \t]*\n.*?\n(?:---|\.\.\.)[ \t]*\n", re.DOTALL)


def without_front_matter(text: str) -> str:
    """Return the Markdown of a file that may begin with settings.

    >>> without_front_matter("---\\na: 1\\n---\\nText.")
    'Text.'
    """
    found = FRONT_MATTER.match(text)
    return text[found.end() :] if found else text


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


def found(block: str) -> list[re.Match[str]]:
    """Return the values in a block of prose; Fault for what only looks like one.

    >>> [value.group() for value in found("so {{ x:.1f }}, `{{x}}` and $a^{{b}}$")]
    ['{{ x:.1f }}']
    >>> found("so {{x}}")
    Traceback (most recent call last):
    book.errors.Fault: {{ starts no value here: write {{ name }} or {{ name:.2f }}
    """
    if "{{" not in block:
        return []
    if "{{" in NOT_PROSE.sub("", VALUE.sub("", block)):
        raise Fault("{{ starts no value here: write {{ name }} or {{ name:.2f }}")
    return [v for v in VALUE.finditer(block) if not COUNT.fullmatch(v["expression"])]


def put_in(
    block: str,
    texts: Iterable[str],
    counts: dict[str, int],
    escaped: Callable[[str], str] = str,
) -> str:
    """Return a block with its values in place.

    texts: of the values, in their order; but in code, they are escaped, and numbers
    get a minus for the hyphen before them. counts: what ``claims["true"]`` stands for.

    >>> put_in('{{ x }} of {{ claims["all"] }}, `{{ x }}`', ["-1", "-1"], {"all": 80})
    '−1 of 80, `-1`'
    """
    texts = iter(texts)
    code = [range(*found.span()) for found in NOT_PROSE.finditer(block)]

    def text(value: re.Match[str]) -> str:
        if count := COUNT.fullmatch(value["expression"]):
            return str(counts.get(count[1], 0))
        inside = any(value.start() in span for span in code)
        return next(texts) if inside else MINUS.sub("−", escaped(next(texts)))

    return VALUE.sub(text, block)
