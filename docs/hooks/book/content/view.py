"""What a page is rendered from: its steps, its results, and the claims of the book."""

from __future__ import annotations

import ast
import html
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ..live.evaluate import Result, best
from ..live.page import Cell, Closing, Opening, Page, Prose
from ..live.snippets import Snippets
from ..live.values import NOT_PROSE, put_in

STRING = re.compile(r"^ +[rR]?[\"']", re.MULTILINE)  # may begin a docstring
HALVES = r'(?P<zh>[^|"\n]*[\u4e00-\u9fff][^|"\n]*) \| (?P<en>'
TWO_LANGUAGES = [  # a comment to the end of its line, a string to its end
    re.compile(rf"(?P<mark># ){HALVES}.+)$", re.MULTILINE),
    re.compile(rf'(?P<mark>"){HALVES}[^"\n]+)(?=")'),
]
KINDS = {
    "true": "holds",
    "imprecise": "imprecise",
    "false": "mistaken",
    "implied": "implied",
}
TRIAL = "application/json"
FORMATTER = "  # fmt: skip"
# A number that a line would break at its hyphen.
EXPONENT = re.compile(rf"{NOT_PROSE.pattern}|(\b\d[\d.]*e-\d+)")
END = re.compile(r"[。！？][*”）]*|[.!?][*”)]*(?=\s+[^\sa-z\d]|\s*$)")  # of a sentence


@lru_cache(4096)  # a page, its notebook and its copies show the same
def shown(code: str, language: str) -> str:
    """Return a cell as a page shows it: docstrings left out, comments in one language.

    What a comment says to the formatter is for who writes, and is left out, too.

    >>> shown('x = 1  # 一步 | one step', "en")
    'x = 1  # one step'
    >>> shown('x = [1]  # fmt: skip', "en")
    'x = [1]'
    >>> shown('Case("一步 | one step", "1", holds=True)', "zh")
    'Case("一步", "1", holds=True)'
    """
    lines: list[str | None] = list(code.replace(FORMATTER, "").split("\n"))
    for node in ast.walk(ast.parse(code if STRING.search(code) else "")):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            first, last = node.body[0].lineno - 1, node.body[0].end_lineno
            if len(node.body) > 1:
                lines[first:last] = [None] * (last - first)
    text = "\n".join(line for line in lines if line is not None).strip("\n")
    for pattern in TWO_LANGUAGES:
        text = pattern.sub(rf"\g<mark>\g<{language}>", text)
    return text


def in_language(text: str, language: str) -> str:
    """Return the half of a text in two languages, or the text.

    >>> in_language("一步 | one step", "en"), in_language("|x|", "zh")
    ('one step', '|x|')
    """
    both = re.fullmatch(r"([^|]*[\u4e00-\u9fff][^|]*) \| (.+)", text)
    return both[1 if language == "zh" else 2] if both else text


def first_sentence(text: str) -> str:
    """Return the first sentence of a block of Markdown, on one line.

    A full stop inside code, a formula or a number ends none, nor one before a digit or
    a small letter.

    >>> first_sentence("See `a. B` (Bottou et al. 2018): it is 0.5.\\nSo $x$ is.")
    'See `a. B` (Bottou et al. 2018): it is 0.5.'
    >>> first_sentence("它是**平方**，不是和。所以不同。")
    '它是**平方**，不是和。'
    """
    masked = NOT_PROSE.sub(lambda found: "X" * len(found[0]), text)
    end = END.search(masked)
    return " ".join((text[: end.end()] if end else text).split())


@dataclass
class Claim:
    """A statement of the post, where it stands, and what came of its trial.

    why: the first sentence of its reason, as Markdown, with links as on its page.
    """

    id: str
    quote: str
    source: str
    section: str
    trial: dict[str, Any] | None
    why: str = ""

    @property
    def verdict(self) -> str:
        """Return the verdict; "implied" while there is none."""
        return self.trial["verdict"] if self.trial else "implied"


@dataclass(eq=False)
class View:
    """A page of one language, ready to be rendered.

    results: of its cells, by id. claims: of the whole book, in this language.
    """

    page: Page
    results: dict[str, Result]
    snippets: Snippets
    claims: list[Claim] = field(default_factory=list)
    letters: set[str] = field(default_factory=set)  # that its formulas are set in

    @property
    def language(self) -> str:
        """Return the language of the page."""
        return self.page.language

    def failure(self, cell: Cell) -> str:
        """Return why there is no result of a cell, or nothing."""
        result = self.results.get(cell.id)
        return result.failure if result else "it did not run"

    def text(self, cell: Cell) -> str:
        """Return what a cell printed."""
        return self.results[cell.id].text if cell.id in self.results else ""

    def markup(self, cell: Cell) -> str:
        """Return what a cell drew."""
        [output] = self.results[cell.id].outputs
        return best(output)[1]

    def trial(self, claim: str) -> dict[str, Any] | None:
        """Return what came of a trial, or None where it failed."""
        outputs = self.results[claim].outputs if claim in self.results else None
        return outputs[0].get(TRIAL) if outputs else None

    def why(self, claim: str) -> str:
        """Return the first sentence of a claim's own prose, or nothing."""
        depth = 0  # of the blocks that are open, from the claim's on
        for step in self.page.steps:
            match step:
                case Opening():
                    depth += 1 if depth or step.claim == claim else 0
                case Closing():
                    depth -= 1 if depth else 0
                case Prose() if depth == 1 and step.text.strip():
                    texts = [self.value(cell) for cell in step.values]
                    return first_sentence(put_in(step.text, texts, self.counts))
        return ""

    def value(self, cell: Cell) -> str:
        """Return a value as text; a warning sign where it has failed."""
        return "⚠" if self.failure(cell) else self.text(cell).rstrip("\n")

    @property
    def counts(self) -> dict[str, int]:
        """Return how many claims have each verdict, and how many are judged."""
        counted = Counter(claim.verdict for claim in self.claims)
        return {**counted, "all": len(self.claims)}

    def criterion(self, cell: Cell) -> str:
        """Return the code that decides a claim.

        It is the trial, after those functions that it calls and the page does not show.
        """
        module = self.page.module
        on_page = "\n".join(c.code for c in self.page.cells if c.kind == "functions")
        codes = [
            self.snippets.function(f"{module}.py", name).code
            for name in self.snippets.evidence(cell.module, cell.id, module)
            if f"def {name}(" not in on_page
        ]
        return "\n\n\n".join(shown(code, self.language) for code in [*codes, cell.code])


def verdict_words(trial: dict[str, Any] | None, words: dict[str, str]) -> str:
    """Return the word for a verdict, and whether the statement is an opinion.

    >>> trial = {"verdict": "true", "opinion": True}
    >>> verdict_words(trial, {"true": "T", "opinion": "?"})
    'T?'
    """
    if not trial:
        return "⚠"
    return words[trial["verdict"]] + words["opinion"] * trial["opinion"]


def trial_lines(trial: dict[str, Any], language: str) -> list[str]:
    """Return the cases of a trial as lines of text.

    >>> case = {"what": "一 | one", "measured": "1", "holds": False}
    >>> trial_lines({"cases": [case]}, "en")
    ['✗ one: 1']
    """
    between = "：" if language == "zh" else ": "
    return [
        f"{'✓' if case['holds'] else '✗'} {in_language(case['what'], language)}"
        f"{between}{case['measured']}"
        for case in trial["cases"]
    ]


def whole_numbers(markup: str) -> str:
    """Return text of a page in which no number is broken in two at its hyphen.

    >>> whole_numbers("off by 3.1e-17")
    'off by <span class="nowrap">3.1e-17</span>'
    >>> whole_numbers("`lr=1e-3`")
    '`lr=1e-3`'
    """
    span = '<span class="nowrap">{}</span>'
    return EXPONENT.sub(lambda m: span.format(m[1]) if m[1] else m[0], markup)


def trial_html(trial: dict[str, Any], language: str, words: dict[str, str]) -> str:
    """Return the cases of a trial as a list: the sign, the case, what was measured.

    The eye is given two columns and a mark, others the words and a colon.
    """
    items = []
    for case in trial["cases"]:
        kind = "yes" if case["holds"] else "no"
        what = html.escape(in_language(case["what"], language))
        measured = whole_numbers(html.escape(case["measured"]))
        items.append(
            f'<li class="{kind}"><b class="sign">{words[kind]}</b> '
            f'<span>{what}</span><b class="sign">{words["between"]}</b>'
            f"<output>{measured}</output></li>"
        )
    return f'<ul class="trial">{"".join(items)}</ul>'
