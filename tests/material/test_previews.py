"""The cards, and what else other sites show of a page: only with SITE_URL."""

import re
import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from PIL import Image
from project import ROOT, Project

SITE = "https://example.org/a/"
CONFIG = (ROOT / "mkdocs.yml").read_text("utf-8")
NAMES = re.findall(r"^ *site_name: (.*)$", CONFIG, re.MULTILINE)
PAGES = {"": "zh", "demo": "zh", "en": "en", "en/demo": "en"}
CARDS = {language: f"assets/card-{language}.png" for language in ("zh", "en")}

# Stands in for every socket of a build and its children: it reaches this machine only.
OFFLINE = """
import socket

class Offline(socket.socket):
    def connect(self, address):
        if self.family != socket.AF_UNIX:
            raise OSError(f"no network: {address}")
        return super().connect(address)

socket.socket = Offline
"""


def build(directory: Path, **variables: str) -> Project:
    """Build a small site with a long title, one with code and one with a formula."""
    project = Project(directory)
    for card in CARDS.values():
        (project.root / "docs" / card).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / "docs" / card, project.root / "docs" / card)
    project.snippet("demo", "x = 1", "print(x)")
    project.page("demo", "first", "second", prose="A & “B”.")
    titles = {"zh": "`no_grad` 与 $\\beta_1$", "en": "`no_grad` and $\\beta_1$ < 1"}
    for language, title in titles.items():
        path = project.root / "docs" / language / "demo.md"
        text = path.read_text("utf-8").replace("# demo", f"# {title}", 1)
        path.write_text(text, "utf-8")
    built = project.build(SOURCE_DATE_EPOCH="1700000000", **variables)
    assert built.returncode == 0, built.stderr
    project.said = built.stderr
    return project


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Return a site that knows its address, built without a network."""
    directory = tmp_path_factory.mktemp("offline")
    (directory / "sitecustomize.py").write_text(OFFLINE, "utf-8")
    return build(
        tmp_path_factory.mktemp("published"), SITE_URL=SITE, PYTHONPATH=str(directory)
    )


def properties(project: Project, page: str) -> dict[str, str]:
    soup = BeautifulSoup(project.html(page), "html.parser")
    found = soup.head.select("meta[property^='og:'], meta[name^='twitter:']")
    return {tag.get("property") or tag["name"]: tag["content"] for tag in found}


def test_a_card_has_the_size_that_is_said(published):
    for page, language in PAGES.items():
        card = Image.open(published.root / "site" / CARDS[language])
        said = properties(published, page)
        size = int(said["og:image:width"]), int(said["og:image:height"])
        assert card.size == size == (1200, 630)
        assert card.format == "PNG"
        assert said["og:image:type"] == "image/png"
        assert len(card.getcolors(1 << 20)) > 16


def test_a_page_says_what_it_is_with_absolute_addresses(published):
    for page, locale, other in (
        ("demo", "zh_CN", "en_US"),
        ("en/demo", "en_US", "zh_CN"),
    ):
        said = properties(published, page)
        assert said["og:url"] == f"{SITE}{page}/"
        assert said["og:image"] == f"{SITE}{CARDS[PAGES[page]]}"
        assert (published.root / "site" / CARDS[PAGES[page]]).is_file()
        assert said["og:locale"] == locale
        assert said["og:locale:alternate"] == other
        assert said["og:type"] == "article"
        assert said["og:description"] == "A & “B”."
        assert said["twitter:card"] == "summary_large_image"
        assert said["og:site_name"] in said["og:image:alt"]
        assert said["og:site_name"] in NAMES
    assert properties(published, "en/demo")["og:title"] == "no_grad and β1 < 1"
    for page, name in (("", NAMES[0]), ("en", NAMES[1])):
        said = properties(published, page)
        assert said["og:title"] == name
        assert said["og:type"] == "website"


def test_without_an_address_there_is_nothing_of_it(tmp_path):
    project = build(tmp_path, SITE_URL="")
    for page in PAGES:
        assert not properties(project, page)
        assert "card-" not in project.html(page)


def test_there_is_a_card_for_each_language_small_and_no_other():
    cards = {path.name: path for path in (ROOT / "docs" / "assets").glob("card*")}
    assert set(cards) == {Path(card).name for card in CARDS.values()}
    assert all(path.stat().st_size < 100_000 for path in cards.values())
    first, second = (path.read_bytes() for path in cards.values())
    assert first != second


def test_a_build_publishes_a_card_as_it_is(published):
    for card in CARDS.values():
        built = published.root / "site" / card
        assert built.read_bytes() == (ROOT / "docs" / card).read_bytes()
    drawn = {path.name for path in (published.root / "site").rglob("*.png")}
    assert {name for name in drawn if "card" in name} == {
        Path(card).name for card in CARDS.values()
    }


def test_a_page_names_no_language_but_its_own_and_the_others(published):
    for page, language in PAGES.items():
        head = BeautifulSoup(published.html(page), "html.parser").head
        own = head.select("meta[property='og:locale']")
        others = head.select("meta[property='og:locale:alternate']")
        assert len(own) == len(others) == 1
        assert own[0]["content"].startswith(language)
        assert not others[0]["content"].startswith(language)
