"""Each question has an answer in a sentence, and a link to a section that runs."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(path.name for path in (DOCS / "en").glob("questions*.md"))
QUESTION = re.compile(
    r"^- \*\*(?P<question>.+?)\*\* ?(?P<answer>.+?) ?"
    r"\[(?P<link>[^\]]+)\]\((?P<page>[\w-]+\.md)#(?P<place>[\w-]+)\)$",
    re.MULTILINE,
)
LINKS = {"zh": {"现场结果", "自己动手"}, "en": {"See it run", "Move it yourself"}}
RUNS = re.compile(
    r'^ *--8<-- "pages/|^/// (?:claim|figure|lab)|data-\w+=', re.MULTILINE
)


def questions(language: str) -> list[re.Match[str]]:
    texts = [(DOCS / language / name).read_text("utf-8") for name in PAGES]
    found = [match for text in texts for match in QUESTION.finditer(text)]
    assert len(found) == sum(text.count("\n- ") for text in texts)
    return found


def section(language: str, page: str, place: str) -> str:
    """Return a section of a page, with the sections in it."""
    text = (DOCS / language / page).read_text("utf-8")
    (heading,) = re.findall(rf"^(#+) .*\{{#{place}\}}$", text, re.MULTILINE)
    rest = re.split(rf"^#+ .*\{{#{place}\}}$", text, flags=re.MULTILINE)[1]
    return re.split(rf"^#{{1,{len(heading)}}} ", rest, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_answer_links_to_a_section_in_which_something_runs(language):
    found = questions(language)
    assert len(found) > 200
    assert {match["link"] for match in found} == LINKS[language]
    for match in found:
        assert RUNS.search(section(language, match["page"], match["place"])), match[0]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_question_stands_twice_and_answers_are_short(language):
    asked = [match["question"] for match in questions(language)]
    assert len(set(asked)) == len(asked)
    assert max(len(match["answer"]) for match in questions(language)) < 300


def test_both_languages_answer_at_the_same_places():
    places = [
        [(match["page"], match["place"]) for match in questions(language)]
        for language in ("zh", "en")
    ]
    assert places[0] == places[1]
