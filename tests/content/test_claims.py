"""Every statement of the post has a trial, a computed verdict and a place."""

import ast
import doctest
import importlib
import re
from functools import cache
from pathlib import Path

import pytest
from book.content.ledger import reason
from book.content.view import Claim, View
from book.live.page import Closing, Opening, Page, Prose
from project import parsed
from verdicts import Case, Trial

ROOT = Path(__file__).parents[2]
TRIALS = ROOT / "snippets" / "trials"
IDS = [f"c{number:02d}" for number in range(1, 81)]
BLOCK = re.compile(
    r"^/// claim \| (?P<id>\w+) \| (?P<quote>.+)\n(?P<body>[\s\S]*?)^///$",
    re.MULTILINE,
)
WORDS = {
    "zh": {
        "true": "属实",
        "imprecise": "不准确",
        "false": "有误",
        "implied": "未予判定",
    },
    "en": {
        "true": "True",
        "imprecise": "Imprecise",
        "false": "False",
        "implied": "Not judged",
    },
}


@cache
def blocks(language: str) -> dict[str, tuple[str, str, str]]:
    """Return the page, the quote and the reason of each claim, by its id."""
    found = {}
    for page in (ROOT / "docs" / language).rglob("*.md"):
        text = page.read_text("utf-8")
        assert len(BLOCK.findall(text)) == text.count("/// claim"), page
        for block in BLOCK.finditer(text):
            assert block["id"] not in found, f"{block['id']} stands twice"
            found[block["id"]] = page.stem, block["quote"], block["body"]
    return found


def module(name: str) -> str:
    """Return the name of the module in which the trial of a claim stands."""
    return blocks("zh")[name][0].replace("-", "_")


def wanted(name: str) -> str:
    """Return what the doctest of a trial says that it gives."""
    trials = importlib.import_module(f"trials.{module(name)}")
    examples = doctest.DocTestParser().get_examples(getattr(trials, name).__doc__)
    (example,) = [each for each in examples if each.source == f"{name}()\n"]
    assert not example.options, "a doctest of a verdict has no options"
    return example.want.rstrip("\n")


def verdict_of(name: str) -> str:
    return wanted(name).split("\n")[0].split()[0]


def wanted_cases(name: str) -> list[tuple[str, str, str]]:
    """Return the cases of a doctest's trial: the mark, what was tried, the measured."""
    lines = wanted(name).split("\n")[1:]
    cases = [re.fullmatch(r"([✓✗]) (.+?): (.+)", line) for line in lines]
    assert all(cases), name
    return [case.groups() for case in cases]


def shown(site: Path, language: str, name: str) -> list[tuple[str, str, str]]:
    """Return the cases of a trial as a page shows them."""
    root = site if language == "zh" else site / "en"
    claim = parsed(root / blocks(language)[name][0] / "index.html").find(id=name)
    return [
        (
            "✓" if "yes" in case["class"] else "✗",
            case.span.get_text(),
            case.output.get_text(),
        )
        for case in claim.select(".trial li")
    ]


def functions(path: Path) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_all_statements_have_a_place_with_their_trial(language):
    found = blocks(language)
    assert sorted(found) == IDS
    for name, (page, quote, body) in found.items():
        assert name in functions(TRIALS / f"{page.replace('-', '_')}.py")
        assert re.search(r"“.+”|\d", quote), f"{name}: it quotes nothing"
        reason = re.sub(r"\{\{.*?\}\}", "", body)
        assert len(reason.strip()) > 8, f"{name}: no reason is given"


def test_each_trial_is_that_of_a_claim_of_its_page_and_all_there_is():
    for path in TRIALS.glob("*.py"):
        tried = {name for name in functions(path) if re.fullmatch(r"c\d+", name)}
        assert tried == {name for name in IDS if module(name) == path.stem}


def test_no_verdict_is_written_by_hand():
    written = "|".join(word for words in WORDS.values() for word in words.values())
    for page in (ROOT / "docs").rglob("*.md"):
        text = page.read_text("utf-8")
        assert not re.findall(r"^ */// (?:holds|imprecise|mistaken)\b", text, re.M)
        assert not re.findall(rf"^/// claim \| \w+ \| (?:{written})\b", text, re.M)
        for block in BLOCK.finditer(text):
            assert not re.match(rf"\**(?:{written})\**[：:(（]", block["body"].strip())


@pytest.mark.parametrize("name", IDS)
def test_the_doctest_shows_the_whole_trial_so_that_another_result_fails(name):
    head, cases = wanted(name).split("\n")[0], wanted_cases(name)
    assert cases
    options = {
        "opinion": head.endswith(" (opinion)"),
        "implied": head.startswith("implied"),
    }
    trial = [Case(what, seen, mark == "✓") for mark, what, seen in cases]
    assert repr(Trial(*trial, **options)) == wanted(name)
    for number, case in enumerate(trial):
        turned = [*trial]
        turned[number] = case._replace(holds=not case.holds)
        assert repr(Trial(*turned, **options)) != wanted(name)


@pytest.mark.parametrize("name", IDS)
def test_the_criterion_can_come_out_either_way(name):
    trial = functions(TRIALS / f"{module(name)}.py")[name]
    calls = [
        node
        for node in ast.walk(trial)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Case"
    ]
    assert calls
    for call in calls:
        holds = [*call.args[2:], *(word.value for word in call.keywords)]
        assert not isinstance(holds[0], ast.Constant)


@pytest.mark.parametrize("name", IDS)
def test_what_the_build_has_found_is_what_the_doctest_of_a_trial_says(site, name):
    lines = []
    for (mark, zh, measured), (_, en, again) in zip(
        shown(site, "zh", name), shown(site, "en", name), strict=True
    ):
        assert measured == again
        what = zh if zh == en else f"{zh} | {en}"
        lines.append(f"{mark} {what}: {measured}")
    assert lines == wanted(name).split("\n")[1:]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_and_ledger_show_the_verdicts(site, language):
    root = site if language == "zh" else site / "en"
    ledger = parsed(root / "ledger" / "index.html")
    entries = ledger.select(".ledger > .claim")
    assert len(entries) == len(IDS)
    assert "\\(" not in ledger.get_text(), "a formula was not rendered"
    for name, entry in zip(IDS, sorted(entries, key=place_of), strict=True):
        verdict = verdict_of(name)
        opinion = wanted(name).split("\n")[0].endswith(" (opinion)")
        assert entry["data-verdict"] == verdict
        said = entry.select_one("strong").get_text()
        assert re.split(" ?[(（]", said)[0] == WORDS[language][verdict]
        assert opinion == (re.search("[(（]", said) is not None)
        path, _, anchor = entry.select_one("a:not([href^='#'])")["href"].partition("#")
        place = parsed((root / "ledger" / path / "index.html").resolve())
        claim = place.find(id=anchor)
        assert {"admonition", "claim"} <= set(claim["class"])
        assert anchor == name
        title = claim.select_one(".admonition-title")
        assert title.select_one("strong.verdict").get_text() == said
        assert title.get_text().startswith(said)
        assert claim.select_one("details.criterion code")
        cases = [
            [(case["class"], case.get_text()) for case in each.select(".trial li")]
            for each in (claim, entry)
        ]
        assert cases[0] == cases[1]
        why = entry.select("p")[1]
        (told, *_) = claim.select("p:not(.admonition-title)")
        assert len(why.get_text()) > 8
        assert told.get_text().startswith(why.get_text()), name
        leads = [[a["href"] for a in p.select("a[href*='#']")] for p in (told, why)]
        for there, here in zip(*leads, strict=False):
            at = (root / "ledger" / path / there.partition("#")[0]).resolve()
            assert (root / "ledger" / here.partition("#")[0]).resolve() == at
    verdicts = [verdict_of(name) for name in IDS]
    expected = {verdict: verdicts.count(verdict) for verdict in WORDS["zh"]}
    counts = [
        int(cell.get_text()) for cell in ledger.select("table tr:last-child td")[1:]
    ]
    assert counts == [*filter(None, expected.values()), len(IDS)]
    home = parsed(root / "index.html").select_one("article").get_text()
    source = (ROOT / "docs" / language / "index.md").read_text("utf-8")
    told = re.findall(r'.*claims\["\w+"\].*', source)
    assert len(told) > 3
    for line in told:
        text = re.sub(
            r'\{\{ claims\["(\w+)"\] \}\}',
            lambda kind: str((expected | {"all": len(IDS)})[kind[1]]),
            line,
        )
        assert re.sub(r"^- |\*\*|\[([^]]+)\]\([^)]*\)", r"\1", text) in home


@pytest.mark.parametrize("language", ["zh", "en"])
def test_copy_and_search_of_the_ledger_say_why(site, language):
    root = site if language == "zh" else site / "en"
    copy = (root / "ledger" / "index.md").read_text("utf-8")
    entries = re.findall(r"^- \*\*.+?\[C\d+\]\(.+?\)(.*)", copy, re.M)
    assert len(entries) == len(IDS)
    assert all(len(why) > 8 for why in entries)
    assert "{{" not in "".join(entries)


def ledger_of(*steps, source="docs/en/a.md") -> str:
    """Return why the first claim of a page stands, as the ledger shows it."""
    page = Page(source, "en", "a", list(steps))
    told = View(page, {}, None).why("c01")
    claim = Claim("c01", "“q”", source, "", None, told)
    return reason(claim, View(Page("docs/en/ledger.md", "en", "ledger", []), {}, None))


def test_the_reason_in_the_ledger_is_the_first_sentence_of_the_claims_own_prose():
    opening, closing = Opening(1, "/// claim", "claim", "“q”", "c01"), Closing(9, "///")
    other = Opening(1, "/// claim", "claim", "“p”", "c02")
    folded = Opening(3, "/// details", "details", "More")
    before = [other, Prose(2, "Another's."), closing]
    own = [Prose(4, ""), Prose(5, "It is $a. B$, 0.5.\nAnd more.")]
    assert ledger_of(*before, opening, *own, closing) == "It is $a. B$, 0.5."
    inner = [folded, Prose(4, "Folded."), closing]
    assert ledger_of(*before, opening, *inner, *own, closing) == "It is $a. B$, 0.5."
    assert ledger_of(*before, opening, *inner, closing, Prose(10, "After.")) == ""


def test_the_reason_in_the_ledger_leads_where_it_led_on_its_page():
    opening, closing = Opening(1, "/// claim", "claim", "“q”", "c01"), Closing(9, "///")
    text = "See [b](../b.md#x), [c](#y), [d](https://d.e/#f)."
    found = ledger_of(opening, Prose(2, text), closing, source="docs/en/labs/a.md")
    assert found == "See [b](b.md#x), [c](labs/a.md#y), [d](https://d.e/#f)."


def place_of(entry) -> str:
    return entry.select_one("a:not([href^='#'])")["href"].partition("#")[2]
