"""Claims: the post's statements, each with a verdict that its page's run has computed.

A block ``/// claim | “quote”`` holds a cell, which defines the trial, a value, which
prints what came of it (``snippets/verdicts.py``), and the reason in words. Here the
verdict gets its word, its shape and its language, the code is folded away, and all
claims are gathered: for the ledger, ``<div data-ledger></div>``, and for counts in
prose, ``<span data-tally="true"></span>``.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from markupsafe import Markup
from mkdocs.exceptions import BuildError
from mkdocs.utils import get_build_date, get_relative_url

START = re.compile(r'<div class="admonition claim" id="(?P<id>[\w-]+)">\s*')
TITLE = re.compile(r'<p class="admonition-title">(.*?)</p>\s*', re.DOTALL)
TRIAL = re.compile(
    r'<ul class="trial" data-verdict="(?P<verdict>\w+)"(?P<opinion> data-opinion)?>'
    r".*?</ul>\s*",
    re.DOTALL,
)
CODE = re.compile(r'<div class="language-python highlight">.*?</div>\s*', re.DOTALL)
SPAN = re.compile(r"<span>(?P<zh>[^<|]*[\u4e00-\u9fff][^<|]*) \| (?P<en>[^<]+)</span>")
MARKS = re.compile(r'<div data-ledger=?"?"?></div>|<span data-tally="(\w+)"></span>')
KINDS = {"true": "holds", "imprecise": "imprecise", "false": "mistaken"}
WORDS = {
    "zh": {
        "true": "属实",
        "imprecise": "不准确",
        "false": "有误",
        "opinion": "观点",
        "between": "：",
        "yes": "成立：",
        "no": "不成立：",
        "criterion": "判据：决定判定的代码",
        "all": "全部",
        "verdict": "判定",
        "section": "章节",
        "sum": "合计",
        "place": "原处",
        "date": "建站日期",
    },
    "en": {
        "true": "True",
        "imprecise": "Imprecise",
        "false": "False",
        "opinion": "an opinion",
        "between": ": ",
        "yes": "holds: ",
        "no": "fails: ",
        "criterion": "The criterion: the code that decides",
        "all": "all",
        "verdict": "Verdict",
        "section": "Section",
        "sum": "Sum",
        "place": "in its place",
        "date": "built on",
    },
}


@dataclass
class Claim:
    """A statement as its page shows it: pieces of HTML, its verdict and its place."""

    id: str
    verdict: str
    title: str
    trial: str
    reason: str
    section: str
    url: str


claims: dict[str, Claim] = {}  # of the language that is being built


def on_pre_build(config) -> None:
    """Forget the claims of the language, or of the build, before."""
    claims.clear()


def end_of_div(html: str, start: int) -> int:
    """Return where the <div> that opened before ``start`` closes.

    >>> text = "<div>a<div>b</div>c</div>d"
    >>> text[:end_of_div(text, 5)]
    '<div>a<div>b</div>c'
    """
    depth = 1
    for tag in re.compile(r"<(/?)div\b").finditer(html, start):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return tag.start()
    raise ValueError("a <div> is not closed")


def take(pattern: re.Pattern, text: str) -> tuple[re.Match | None, str]:
    """Return the first match of a pattern and the text without it."""
    found = pattern.search(text)
    return found, text[: found.start()] + text[found.end() :] if found else text


def judged(inner: str, language: str, place: str) -> tuple[str, Claim]:
    """Return the inside of a claim's block as it is shown, and the claim.

    ValueError where the block lacks its title, its trial or its code.
    """
    words = WORDS[language]
    title, rest = take(TITLE, inner)
    trial, rest = take(TRIAL, rest)
    code, rest = "".join(CODE.findall(rest)), CODE.sub("", rest)
    if not (title and trial and code):
        raise ValueError("it has a title, the cell of its trial, and the value {{ … }}")
    shown = SPAN.sub(rf"<span>\g<{language}></span>", trial.group().strip())
    for kind in ("yes", "no"):
        mark = f'<li class="{kind}"><b class="sign">{words[kind]}</b>'
        shown = shown.replace(f'<li class="{kind}">', mark)
    verdict = trial["verdict"]
    word = words[verdict]
    if trial["opinion"]:
        word += {"zh": "（{}）", "en": " ({})"}[language].format(words["opinion"])
    claim = Claim(place, verdict, title[1], shown, rest, "", "")
    html = (
        f'<p class="admonition-title">{word}{words["between"]}{title[1]}</p>\n{shown}\n'
        f'{rest}<details class="criterion"><summary>{words["criterion"]}</summary>\n'
        f"{code}</details>\n"
    )
    return html, claim


def on_page_content(content: str, page, **kwargs) -> str:
    """Give each claim of a page its verdict, and note it."""
    source = page.file.src_uri
    language = source.partition("/")[0]
    parts, end = [], 0
    for start in START.finditer(content):
        close = end_of_div(content, start.end())
        inner = content[start.end() : close]
        if "⚠" in inner and not TRIAL.search(inner):
            continue  # while serving: its cell failed, which the page shows
        try:
            html, claim = judged(inner, language, start["id"])
        except ValueError as error:
            reason = f"docs/{source}: claim {start['id']}: {error}"
            raise BuildError(reason) from None
        claim.section = page.ancestors[-1].title if page.ancestors else page.title
        claim.url = f"{page.url}#{claim.id}"
        if claim.id in claims:
            raise BuildError(f"docs/{source}: claim {claim.id} stands twice")
        claims[claim.id] = claim
        kind = KINDS[claim.verdict]
        opening = f'<div class="admonition claim {kind}" id="{claim.id}">\n'
        parts += [content[end : start.start()], opening, html]
        end = close
    return "".join([*parts, content[end:]])


def ledger(language: str, here: str) -> Markup:
    """Return the counts of all claims, the filters, and the list of them."""
    words = WORDS[language]
    order = sorted(claims.values(), key=lambda claim: claim.id)
    sections = list(dict.fromkeys(claim.section for claim in order))
    head = "".join(f'<th scope="col">{words[kind]}</th>' for kind in KINDS)
    rows = []
    for section in [*sections, ""]:
        mine = [claim.verdict for claim in order if section in ("", claim.section)]
        numbers = [*map(mine.count, KINDS), len(mine)]
        cells = "".join(f"<td>{number}</td>" for number in numbers)
        rows.append(f'<tr><th scope="row">{section or words["sum"]}</th>{cells}</tr>')
    table = (
        f'<table><thead><tr><th scope="col">{words["section"]}</th>{head}'
        f'<th scope="col">{words["sum"]}</th></tr></thead><tbody>{"".join(rows)}'
        "</tbody></table>"
    )

    def choices(name: str, options: dict[str, str]) -> str:
        radios = "".join(
            f'<label><input type="radio" name="{name}" value="{value}"'
            f"{' checked' if not value else ''}> {label}</label>"
            for value, label in options.items()
        )
        return f"<fieldset><legend>{words[name]}</legend>{radios}</fieldset>"

    everything = {"": words["all"]}
    filters = choices("verdict", everything | {kind: words[kind] for kind in KINDS})
    numbered = {str(number): name for number, name in enumerate(sections, start=1)}
    filters += choices("section", everything | numbered)
    items = "".join(
        f'<li class="claim {KINDS[claim.verdict]}" data-verdict="{claim.verdict}" '
        f'data-section="{sections.index(claim.section) + 1}">'
        f'<p class="statement"><strong>{words[claim.verdict]}</strong> {claim.title} '
        f'<a href="{get_relative_url(claim.url, here)}">{claim.id.upper()}, '
        f"{words['place']}</a></p>{claim.trial}</li>"
        for claim in order
    )
    date = f'<p class="built">{words["date"]} <time>{get_build_date()}</time></p>'
    return Markup(
        f'{date}{table}<form class="ledger-filter">{filters}</form>'
        f'<ul class="ledger">{items}</ul>'
    )


def on_env(env, config, files) -> None:
    """Fill in the ledger and the counts, once all pages of a language are rendered."""
    tally = Counter(claim.verdict for claim in claims.values())
    for file in files.documentation_pages():
        page, language = file.page, file.src_uri.partition("/")[0]

        def fill(mark: re.Match, page=page, language=language) -> str:
            if not mark[1]:
                return ledger(language, page.url)
            number = len(claims) if mark[1] == "all" else tally[mark[1]]
            return mark[0].replace("></", f">{number}</")

        if page and page.content:
            page.content = MARKS.sub(fill, page.content)
