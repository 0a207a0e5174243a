"""Verdicts on statements: a statement is tried in cases, and the cases decide."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import NamedTuple


class Case(NamedTuple):
    """One case in which a statement is tried.

    what: the case in words, in two languages ("裁剪 | clipped"), or in symbols.
    measured: the numbers that decide, as text.
    holds: whether the statement holds in this case.
    """

    what: str
    measured: str
    holds: bool


@dataclass(frozen=True)
class Trial:
    """What came of the cases: true in all of them, false in none, else imprecise.

    opinion: the statement is an opinion; the cases then show what was measured.
    implied: the post does not say it, or it is a heading; it is not judged, and the
    cases show what was measured.
    ValueError if there is no case, or if a case holds neither truly nor falsely.

    >>> Trial(Case("1 + 1", "2", holds=True), Case("1 − 1", "0", holds=False))
    imprecise
    ✓ 1 + 1: 2
    ✗ 1 − 1: 0
    >>> Trial(Case("0 < 1", "True", holds=True)).verdict
    'true'
    >>> Trial(Case("0 < 1", "True", holds=True), implied=True).verdict
    'implied'
    >>> Trial()
    Traceback (most recent call last):
    ValueError: a statement is tried in one case at least
    """

    cases: tuple[Case, ...]
    opinion: bool = False
    implied: bool = False

    def __init__(
        self, *cases: Case, opinion: bool = False, implied: bool = False
    ) -> None:
        if not cases:
            raise ValueError("a statement is tried in one case at least")
        for case in cases:
            if bool(case.holds) is not case.holds:
                raise ValueError(f"{case.what}: holds is {case.holds!r}, not a bool")
        object.__setattr__(self, "cases", cases)
        object.__setattr__(self, "opinion", opinion)
        object.__setattr__(self, "implied", implied)

    @property
    def verdict(self) -> str:
        """Return "true", "imprecise" or "false", or "implied" where none is given."""
        if self.implied:
            return "implied"
        held = [case.holds for case in self.cases]
        return "true" if all(held) else "imprecise" if any(held) else "false"

    def __repr__(self) -> str:
        return "\n".join([self.verdict + " (opinion)" * self.opinion, *self.lines()])

    def lines(self) -> Iterator[str]:
        """Yield a line of text for each case.

        >>> list(Trial(Case("一 | one", "1", holds=True)).lines())
        ['✓ 一 | one: 1']
        """
        for what, measured, holds in self.cases:
            yield f"{'✓' if holds else '✗'} {what}: {measured}"

    def _repr_mimebundle_(self, **_) -> dict[str, object]:
        """Return the trial as data, for a page that shows it, and as text.

        >>> Trial(Case("0 < 1", "True", holds=True))._repr_mimebundle_()["text/plain"]
        'true\\n✓ 0 < 1: True'
        """
        cases = [case._asdict() for case in self.cases]
        data = {"verdict": self.verdict, "opinion": self.opinion, "cases": cases}
        return {"application/json": data, "text/plain": repr(self)}

    def __format__(self, _: str) -> str:
        """Return the cases as a list in HTML, for a page.

        >>> print(f"{Trial(Case('0 < 1', 'True', holds=True))}")
        <ul class="trial" data-verdict="true"><li class="yes"><span>0 &lt; 1</span> \
<output>True</output></li></ul>
        """
        items = "".join(
            f'<li class="{"yes" if holds else "no"}"><span>{escape(what)}</span> '
            f"<output>{escape(measured)}</output></li>"
            for what, measured, holds in self.cases
        )
        opinion = " data-opinion" * self.opinion
        return f'<ul class="trial" data-verdict="{self.verdict}"{opinion}>{items}</ul>'
