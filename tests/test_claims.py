"""Every statement of the post has a trial, a computed verdict and a place."""

import ast
import doctest
import importlib
import re
from functools import cache
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from verdicts import Case, Trial

ROOT = Path(__file__).parents[1]
IDS = [f"c{number:02d}" for number in range(1, 81)]
BLOCK = re.compile(
    r"^/// claim \| .*\n    attrs: \{id: (?P<id>c\d\d)\}\n"
    r"(?P<body>[\s\S]*?)^///$",
    re.MULTILINE,
)
WORDS = {
    "zh": {"true": "属实", "imprecise": "不准确", "false": "有误"},
    "en": {"true": "True", "imprecise": "Imprecise", "false": "False"},
}


@cache
def parsed(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text("utf-8"), "html.parser")


@cache
def blocks(language: str) -> dict[str, tuple[str, str]]:
    """Return the page and the text of each claim's block, by its id."""
    found = {}
    for page in (ROOT / "docs" / language).rglob("*.md"):
        for block in BLOCK.finditer(page.read_text("utf-8")):
            assert block["id"] not in found, f"{block['id']} stands twice"
            found[block["id"]] = page.stem, block["body"]
    return found


def wanted(name: str) -> str:
    """Return what the doctest of a trial says that it gives."""
    page, _ = blocks("zh")[name]
    module = importlib.import_module(page.replace("-", "_"))
    examples = doctest.DocTestParser().get_examples(getattr(module, name).__doc__)
    (example,) = [each for each in examples if each.source == f"{name}()\n"]
    assert not example.options, "a doctest of a verdict has no options"
    return example.want.rstrip("\n")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_all_statements_have_a_place_with_their_trial(language):
    found = blocks(language)
    assert sorted(found) == IDS
    for name, (page, body) in found.items():
        cells = re.findall(r'^--8<-- "(\w+)\.py:([\w-]+)"$', body, re.MULTILINE)
        assert cells[-1] == (page.replace("-", "_"), name)
        assert body.count(f"{{{{ {name}() }}}}") == 1
        assert len(body.split("}}", 1)[1].strip()) > 8, f"{name}: no reason is given"


def test_no_verdict_is_written_by_hand():
    for page in (ROOT / "docs").rglob("*.md"):
        assert not re.findall(
            r"^ */// (?:holds|imprecise|mistaken)\b", page.read_text("utf-8"), re.M
        )


@pytest.mark.parametrize("name", IDS)
def test_the_doctest_shows_the_whole_trial_so_that_another_result_fails(name):
    head, *lines = wanted(name).split("\n")
    cases = [re.fullmatch(r"([✓✗]) (.+?): (.+)", line) for line in lines]
    assert cases
    assert all(cases)
    opinion = head.endswith(" (opinion)")
    trial = [
        Case(what, seen, mark == "✓")
        for mark, what, seen in (case.groups() for case in cases)
    ]
    assert repr(Trial(*trial, opinion=opinion)) == wanted(name)
    for number, case in enumerate(trial):
        turned = [*trial]
        turned[number] = case._replace(holds=not case.holds)
        assert repr(Trial(*turned, opinion=opinion)) != wanted(name)


@pytest.mark.parametrize("name", IDS)
def test_the_criterion_can_come_out_either_way(name):
    page, _ = blocks("zh")[name]
    source = (ROOT / "snippets" / f"{page.replace('-', '_')}.py").read_text("utf-8")
    cell = source.partition(f"[start:{name}]")[2].partition(f"[end:{name}]")[0]
    calls = [
        node
        for node in ast.walk(ast.parse(cell))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Case"
    ]
    assert calls
    for call in calls:
        holds = [*call.args[2:], *(word.value for word in call.keywords)]
        assert not isinstance(holds[0], ast.Constant)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_and_ledger_show_the_verdicts(site, language):
    root = site if language == "zh" else site / "en"
    ledger = parsed(root / "ledger" / "index.html")
    entries = ledger.select(".ledger > .claim")
    assert len(entries) == len(IDS)
    assert "\\(" not in ledger.get_text(), "a formula was not rendered"
    for name, entry in zip(IDS, entries, strict=True):
        verdict = wanted(name).split("\n")[0].split()[0]
        assert entry["data-verdict"] == verdict
        assert entry.select_one("strong").get_text() == WORDS[language][verdict]
        path, _, anchor = entry.select_one("a")["href"].partition("#")
        place = parsed(root / "ledger" / path / "index.html").find(id=anchor)
        assert anchor == name
        title = place.select_one(".admonition-title").get_text()
        assert title.startswith(WORDS[language][verdict])
        assert place.select(".trial li")
        assert place.select(".criterion code")
    counts = [int(cell.get_text()) for cell in ledger.select("table tr:last-child td")]
    verdicts = [wanted(name).split("\n")[0].split()[0] for name in IDS]
    expected = [verdicts.count(verdict) for verdict in WORDS["zh"]]
    assert counts == [*expected, len(IDS)]
    home = parsed(root / "index.html")
    tally = {
        mark["data-tally"]: mark.get_text() for mark in home.select("[data-tally]")
    }
    assert tally["all"] == "80"
    assert [int(tally[verdict]) for verdict in WORDS["zh"]] == expected
