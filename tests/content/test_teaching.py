"""Pages that teach: a question first, a guess, exercises with answers from cells."""

import re
from pathlib import Path

import pytest
from test_glossary import COMMON, NO_ROOM, NOT_PROSE, prose, rows

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
NAV = (ROOT / "mkdocs.yml").read_text("utf-8").partition("\nnav:\n")[2]
# The chapters that have a number; a page that is an instrument has no lesson.
CHAPTERS = re.findall(r"^  - \d .*:\n((?:      - .*\n)+)", NAV, re.MULTILINE)
INSTRUMENTS = {"playground", "loss-explorer", "schedule-explorer"}
PAGES = [
    page
    for chapter in CHAPTERS
    for page in re.findall(r"- (\S+)\.md$", chapter, re.MULTILINE)
    if page not in INSTRUMENTS
]
INCLUDE = re.compile(r'^ *--8<-- "([\w/]+\.py):([\w-]+)"$', re.MULTILINE)
DETAILS = re.compile(r"^( *)/// details \| .*\n([\s\S]*?)^\1///$", re.MULTILINE)
EXERCISE = re.compile(r"^\d\. ", re.MULTILINE)
GUESS = {
    "zh": r"猜|算一算|心算|吗？|多少？",
    "en": r"[Gg]uess|[Pp]redict|Before you look|[Ww]ork (it )?out",
}
MINUTES = 15
# Who begins with the first chapters knows no word; later, everyday ones stand bare.
FIRST = "".join(CHAPTERS[:4])
ELSEWHERE = {"gate", "padding", "window"}  # words inside other words, or in links


def read(language: str, page: str) -> str:
    text = (DOCS / language / f"{page}.md").read_text("utf-8")
    return re.sub(r"\A---\n[\s\S]*?\n---\n", "", text)


def section(text: str, anchor: str) -> str:
    """Return what stands below a heading, up to the next of its level."""
    return re.split(r"^## ", text.partition(f"{{#{anchor}}}\n")[2], flags=re.M)[0]


each_page = pytest.mark.parametrize("page", PAGES)
each_language = pytest.mark.parametrize("language", ["zh", "en"])


@each_language
@each_page
def test_a_page_begins_with_a_question_and_words(language, page):
    opening, _, rest = read(language, page).partition("--8<-- ")
    assert re.search("[?？]", opening)
    assert rest.startswith(f'"pages/{page.replace("-", "_")}.py:imports"')
    assert opening.count("\n## ") == 0
    first_section = rest.partition("--8<-- ")[0]
    assert re.search(r"^## .*\n\n[^-/$]", first_section, re.MULTILINE)


@each_language
@each_page
def test_a_reader_is_asked_before_something_is_shown(language, page):
    body = read(language, page).partition("{#try}")[0]
    guesses = [
        match
        for match in re.finditer(GUESS[language], body)
        if INCLUDE.search(body, match.end())
    ]
    assert guesses


@each_language
@each_page
def test_exercises_have_folded_answers_from_cells(language, page):
    exercises = section(read(language, page), "try")
    answers = DETAILS.findall(exercises)
    assert 2 <= len(EXERCISE.findall(exercises)) == len(answers) <= 4
    for _, answer in answers:
        assert len(INCLUDE.findall(answer)) == 1
        assert re.search(r"\w{3}", INCLUDE.sub("", answer)), "no words"
    assert not INCLUDE.search(DETAILS.sub("", exercises)), "an answer is not folded"


@each_language
def test_exercises_count_on_past_their_answers(language):
    broken = []
    for path in sorted((DOCS / language).glob("*.md")):
        exercises = section(path.read_text("utf-8"), "try")
        if re.search(r"^/// details", exercises, re.MULTILINE):  # it ends the list
            broken.append(path.name)
    assert not broken


@each_language
@each_page
def test_a_page_ends_with_a_recap_and_where_to_go(language, page):
    text = read(language, page)
    assert re.findall(r"^## .*\{#([\w-]+)\}$", text, re.MULTILINE)[-2:] == [
        "try",
        "recap",
    ]
    recap = section(text, "recap")
    assert len(re.findall(r"^- ", recap, re.MULTILINE)) >= 3
    assert "](" in recap.strip().splitlines()[-1]


@each_language
@each_page
def test_a_page_is_read_in_a_quarter_of_an_hour(language, page):
    text = INCLUDE.sub("", read(language, page))
    text = re.sub(r"\]\([^)]*\)|\{#[^}]*\}|\$\$[\s\S]*?\$\$|\{\{.*?\}\}", "1", text)
    if language == "zh":
        assert len(re.findall(r"[\u4e00-\u9fff]|[\x21-\x7e]+", text)) / 400 < MINUTES
    else:
        assert len(text.split()) / 220 < MINUTES


@each_page
def test_the_post_is_introduced_where_it_is_first_named(page):
    text = read("zh", page)
    if "原文" in text:
        before = text[: text.index("原文")]
        assert "本站逐句核对的那篇中文文章" in before[-40:]
        assert text[text.index("原文") :].startswith("原文](index.md#source)")


@each_page
def test_a_term_stands_with_its_english_where_it_is_first_used(page):
    chinese = NOT_PROSE.sub(" ", NO_ROOM.sub(" ", read("zh", page)))
    english, bare = prose("en", Path(f"{page}.md")), []
    for term, rendering in rows("en"):
        used = re.search(rf"\b{re.escape(term)}(?:s|es)?\b", english, re.IGNORECASE)
        free = term in ELSEWHERE if f"- {page}.md" in FIRST else rendering in COMMON
        if not used or free or rendering == term:
            continue
        text = chinese
        for _, longer in rows("en"):
            if rendering in longer and rendering != longer:
                text = text.replace(longer, "_" * len(longer))
        place = text.find(rendering)
        near = chinese[place : place + len(rendering) + len(term) + 14]
        if place >= 0 and term.lower() not in near.lower():
            bare.append((rendering, near))
    assert not bare


def test_the_pages_are_those_of_the_numbered_chapters():
    assert len(CHAPTERS) == 8
    assert len(PAGES) == len(set(PAGES)) > 40
    shown = {path.stem for path in (DOCS / "en").glob("*.md")}
    assert {*PAGES, *INSTRUMENTS} <= shown
    lists = r"index|ledger|glossary|references|errors.*|questions.*"
    rest = shown - {*PAGES} - INSTRUMENTS
    assert not [page for page in rest if not re.fullmatch(lists, page)]
