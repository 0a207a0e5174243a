"""The ledger: all claims of the book with their verdicts, as Markdown."""

from __future__ import annotations

from posixpath import dirname, join, relpath

from .links import with_links
from .view import KINDS, Claim, View, trial_html, verdict_words, whole_numbers
from .words import WORDS


def choices(name: str, options: dict[str, str], legend: str) -> str:
    """Return radio buttons of which one is chosen, the first."""
    radios = "".join(
        f'<label><input type="radio" name="{name}" value="{value}"'
        f"{' checked' if not value else ''}> {label}</label>"
        for value, label in options.items()
    )
    return f"<fieldset><legend>{legend}</legend>{radios}</fieldset>"


def table(claims: list[Claim], sections: list[str], words: dict[str, str]) -> list[str]:
    """Return the counts by section and verdict; the sections are led to."""
    kinds = [kind for kind in KINDS if any(c.verdict == kind for c in claims)]
    heads = [words["section"], *(words[kind] for kind in kinds), words["sum"]]
    lines = [f"| {' | '.join(heads)} |", "| --- |" + " ---: |" * (len(heads) - 1)]
    for number, section in enumerate([*sections, ""], start=1):
        mine = [c.verdict for c in claims if section in ("", c.section)]
        numbers = [*map(mine.count, kinds), len(mine)]
        label = f"[{section}](#section-{number})" if section else f"**{words['sum']}**"
        lines.append(f"| {label} | {' | '.join(map(str, numbers))} |")
    return lines


def place(claim: Claim, view: View) -> str:
    """Return where a claim stands, as seen from a page."""
    return f"{relpath(claim.source, dirname(view.page.source))}#{claim.id}"


def reason(claim: Claim, view: View) -> str:
    """Return why a claim has its verdict, its links as they lead from a page."""

    def led(target: str) -> str:
        path, mark, id = target.partition("#")
        if ":" in path or path.startswith("/"):
            return target
        source = join(dirname(claim.source), path) if path else claim.source
        return relpath(source, dirname(view.page.source)) + mark + id

    return with_links(claim.why, led)


def entry(claim: Claim, number: int, view: View, words: dict[str, str]) -> list[str]:
    """Return a claim as Markdown: verdict and quote, why, and its cases folded."""
    verdict = verdict_words(claim.trial, words)
    cases = trial_html(claim.trial, view.language, words) if claim.trial else ""
    return [
        f'<div class="claim {KINDS[claim.verdict]}" data-verdict="{claim.verdict}"'
        f' data-section="{number}" markdown="1">',
        "",
        f'<strong class="verdict">{verdict}</strong>{words["between"]}{claim.quote} '
        f"[{claim.id.upper()}]({place(claim, view)})",
        "",
        *([whole_numbers(reason(claim, view)), ""] if claim.why else []),
        f"<details><summary>{words['evidence']}</summary>{cases}</details>",
        "",
        "</div>",
        "",
    ]


def ledger(view: View) -> str:
    """Return the counts of all claims, the filters, and the claims by section."""
    words = WORDS[view.language]
    claims = sorted(view.claims, key=lambda claim: claim.id)
    sections = list(dict.fromkeys(claim.section for claim in claims))
    everything = {"": words["all"]}
    kinds = {kind: words[kind] for kind in KINDS if view.counts.get(kind)}
    numbered = {str(n): name for n, name in enumerate(sections, start=1)}
    filters = choices("verdict", everything | kinds, words["verdict"])
    filters += choices("section", everything | numbered, words["section"])
    lines = table(claims, sections, words)
    lines += ["", f'<form class="ledger-filter">{filters}</form>', ""]
    lines += ['<div class="ledger" markdown="1">', ""]
    for number, section in enumerate(sections, start=1):
        lines += [f"## {section} {{#section-{number}}}", ""]
        for claim in claims:
            if claim.section == section:
                lines += entry(claim, number, view, words)
    return "\n".join([*lines, "</div>"])
