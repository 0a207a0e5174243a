"""The cards, and what else other sites show of a page: only with SITE_URL."""

import io
import re
from pathlib import Path

import cards
import pytest
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from PIL import Image
from project import CODE, OUTPUT, ROOT, Project

SITE = "https://example.org/a/"
CONFIG = (ROOT / "mkdocs.yml").read_text("utf-8")
TITLES = sorted(
    re.search(r"^# (.*?) \{#", path.read_text("utf-8"), re.MULTILINE)[1]
    for path in (ROOT / "docs").glob("[ze][hn]/**/*.md")
)
SECTIONS = re.findall(r"^  - (.*?):(?: .*)?$", CONFIG.partition("\ntheme:")[0], re.M)
SECTIONS += re.findall(
    r"^            .*: (.+)$", CONFIG.partition("nav_translations:")[2], re.MULTILINE
)
NAMES = re.findall(r"^ *site_name: (.*)$", CONFIG, re.MULTILINE)
WIDTH = cards.WIDTH - 2 * cards.MARGIN

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
    project.snippet("demo", "x = 1", "print(x)")
    project.page("demo", ("first", CODE), ("second", OUTPUT), prose="A & “B”.")
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
    for page in ("", "demo", "en", "en/demo"):
        card = Image.open(published.root / "site" / page / "card.png")
        said = properties(published, page)
        size = int(said["og:image:width"]), int(said["og:image:height"])
        assert card.size == size == (1200, 630)
        assert len(card.getcolors()) > 16


def test_a_page_says_what_it_is_with_absolute_addresses(published):
    for page, locale, other in (
        ("demo", "zh_CN", "en_US"),
        ("en/demo", "en_US", "zh_CN"),
    ):
        said = properties(published, page)
        assert said["og:url"] == f"{SITE}{page}/"
        assert said["og:image"] == f"{SITE}{page}/card.png"
        assert (published.root / "site" / page / "card.png").is_file()
        assert said["og:locale"] == locale
        assert said["og:locale:alternate"] == other
        assert said["og:type"] == "article"
        assert said["og:description"] == "A & “B”."
        assert said["twitter:card"] == "summary_large_image"
        assert said["og:title"] in said["og:image:alt"]
        assert said["og:site_name"] in NAMES
    assert properties(published, "en/demo")["og:title"] == "no_grad and β1 < 1"
    for page, name in (("", NAMES[0]), ("en", NAMES[1])):
        said = properties(published, page)
        assert said["og:title"] == name
        assert said["og:type"] == "website"


def test_without_an_address_there_is_nothing_of_it(tmp_path):
    project = build(tmp_path, PYTHONPROFILEIMPORTTIME="1", SITE_URL="")
    assert not list((project.root / "site").rglob("card.png"))
    assert not properties(project, "demo")
    imported = set(re.findall(r"\| +([\w.]+)$", project.said, re.MULTILINE))
    assert "mkdocs" in imported
    assert not {"cards", "PIL.ImageFont"} & imported


def test_two_builds_draw_the_same_bytes(published, tmp_path):
    again = build(tmp_path, SITE_URL=SITE)
    for page in ("", "demo", "en", "en/demo"):
        first, second = (
            (project.root / "site" / page / "card.png").read_bytes()
            for project in (published, again)
        )
        assert first == second


def test_the_font_is_not_published(published):
    names = {path.name for path in (published.root / "site").rglob("*")}
    assert not {cards.FONT.name, cards.FONT.with_suffix(".OFL.txt").name} & names


def test_the_font_has_every_character_of_titles_sections_and_names():
    known = set(TTFont(io.BytesIO(cards.FONT.read_bytes())).getBestCmap())
    assert len(TITLES) > 50
    assert {"1 梯度累积", "Labs", "附录"} <= set(SECTIONS)
    missing = {
        character: text
        for text in [*TITLES, *SECTIONS, *NAMES]
        for character in re.sub(r"\$[^$]*\$", "", text)
        if ord(character) not in known
    }
    assert not missing, "cut the font anew, as CONTRIBUTING.md says"
    assert cards.FONT.stat().st_size < 1_200_000
    assert cards.FONT.with_suffix(".OFL.txt").is_file()


@pytest.mark.parametrize("title", TITLES)
def test_a_title_is_broken_where_it_may_be_and_fits(title):
    size, lines = cards.fitted(title)
    assert size >= 64
    assert all(cards.font(size).getlength(line) <= WIDTH for line in lines)
    for width in (300, 600, WIDTH):
        lines = cards.broken(title, 64, width)
        assert "".join("".join(lines).split()) == "".join(title.split())
        assert not [line for line in lines if line[0] in cards.CLOSING]
        assert not [line for line in lines[:-1] if line[-1] in cards.OPENING]
        pieces = [piece for line in lines for piece in line.split()]
        latin = re.findall(r"[A-Za-z_.()]+", title)
        assert [w for p in pieces for w in re.findall(r"[A-Za-z_.()]+", p)] == latin


def test_long_titles_stay_on_the_card():
    for title in ("损失与优化器的细节，" * 8, "Losses and optimizers in detail " * 5):
        size, lines = cards.fitted(title)
        foot = cards.HEIGHT - 64 - 34
        assert 150 + size + (len(lines) - 1) * 1.28 * size + 0.2 * size < foot
        assert all(cards.font(size).getlength(line) <= WIDTH for line in lines)
