"""The references: one entry a work, in order, each cited where it was used."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
ENTRY = re.compile(r"^- (?P<text>.+)\n    \{ #(?P<place>[\w-]+) \}$", re.MULTILINE)


def entries(language: str) -> list[re.Match[str]]:
    text = (DOCS / language / "references.md").read_text("utf-8")
    found = list(ENTRY.finditer(text))
    assert len(found) == text.count("\n- ") > 50
    return found


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_work_stands_twice_and_names_and_years_agree_with_places(language):
    found = entries(language)
    titles = [re.search(r"\*(.+?)\*", entry["text"])[1] for entry in found]
    places = [entry["place"] for entry in found]
    assert len(set(titles)) == len(titles)
    assert len(set(places)) == len(places)
    papers = [entry for entry in found if re.search(r"-\d{4}$", entry["place"])]
    order = [
        (place.partition("-")[0], place[-4:])
        for place in (entry["place"] for entry in papers)
    ]
    assert order == sorted(order)
    for entry in papers:
        name, year = entry["place"].split("-")[0], entry["place"][-4:]
        assert f"({year})" in entry["text"], entry["place"]
        assert name in entry["text"].lower(), entry["place"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_work_is_cited_and_each_citation_has_its_work(language):
    texts = [
        path.read_text("utf-8")
        for path in (DOCS / language).rglob("*.md")
        if path.name != "references.md"
    ]
    cited = set(re.findall(r"references\.md#([\w-]+)", "\n".join(texts)))
    assert cited == {entry["place"] for entry in entries(language)}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_work_is_cited_by_author_and_year_in_one_way(language):
    """Kingma & Ba 2014, Reddi et al. 2018: no brackets, no comma, no "and"."""
    for path in sorted((DOCS / language).rglob("*.md")):
        for cited in re.findall(
            r"\[([^\]]*\d{4})[^\]]*\]\(references", path.read_text()
        ):
            assert re.fullmatch(r"[^(（,，]+ \d{4}", cited), (path.name, cited)
            assert not re.search(r" (与|和|and) ", cited), (path.name, cited)
