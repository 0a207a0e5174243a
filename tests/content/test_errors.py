"""Each error of the museum is found by its words, which its own output holds."""

import html
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
ROOMS = ["errors-losses", "errors-optimizers", "errors-schedules", "errors-practice"]
ENTRY = re.compile(
    r'<h3 id="([\w-]+)"><code>(.*?)</code>(.*?)(?=<h[23]|</article>)', re.S
)
OUTPUT = re.compile(r'<div class="language-text highlight">(.*?)</div>', re.S)
HEADING = re.compile(r"^### (.*) \{#([\w-]+)\}$", re.M)
LISTED = re.compile(r"^- \[(.*)\]\((errors-\w+)\.md#([\w-]+)\)$", re.M)
EXPLAINED = {
    "zh": re.compile(r"\*\*原因\*\*：.+。\*\*修法\*\*：.+。"),
    "en": re.compile(r"\*\*Cause\*\*: .+[.?] \*\*Repair\*\*: .+\."),
}


def text(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", markup)).split())


@pytest.mark.parametrize("name", ["errors", *ROOMS])
@pytest.mark.parametrize("language", ["", "en/"], ids=["zh", "en"])
def test_the_words_of_a_heading_stand_in_the_output_below(site, language, name):
    page = (site / language / name / "index.html").read_text("utf-8")
    entries = ENTRY.findall(page)
    assert len(entries) > 15
    for place, words, rest in entries:
        (output,) = OUTPUT.findall(rest)
        assert text(words) in text(output), place
        lines = re.sub(r"<[^>]+>", "", output).strip().splitlines()
        assert len(lines) > 1, f"{place}: no repair was run"


@pytest.mark.parametrize("name", ["errors", *ROOMS])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_entry_has_its_cause_and_its_repair(language, name):
    page = (DOCS / language / f"{name}.md").read_text("utf-8")
    for entry in re.split(r"^(?=##)", page, flags=re.M):
        if entry.startswith("### "):
            assert EXPLAINED[language].search(entry), entry


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_entrance_lists_the_errors_of_each_room_in_their_order(language):
    entrance = (DOCS / language / "errors.md").read_text("utf-8")
    entries = [
        (words, name, place)
        for name in ROOMS
        for words, place in HEADING.findall(
            (DOCS / language / f"{name}.md").read_text("utf-8")
        )
    ]
    assert LISTED.findall(entrance) == entries
    assert len(entries) > 100
