"""Both languages show the same pages, headings, cells, formulas, figures and links."""

import re
from pathlib import Path

import pytest
from mkdocs.utils.meta import get_data

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(path.relative_to(DOCS / "zh") for path in (DOCS / "zh").rglob("*.md"))
LABS = [page for page in PAGES if page.parts[0] == "labs"]
PROSE = [page for page in PAGES if page not in LABS]
HEADING = re.compile(r"^(#+) .*?(\{#[\w-]+\})?$", re.MULTILINE)
FENCE = re.compile(r"^ *(`{3,})(.*)\n([\s\S]*?)^ *\1$", re.MULTILINE)
INCLUDE = re.compile(r'^ *-+8<-+ "?(.*?)"?$', re.MULTILINE)
BLOCK = re.compile(r"^ */// (\w+)(?: \| (c\d+) )?.*(?:\n +attrs: (.*))?", re.MULTILINE)
FORMULA = re.compile(r"\$\$[\s\S]*?\$\$|\$[^$\n]+\$")
LINK = re.compile(r"\]\((?!#)([^)\s]+)\)|\]\((#[^)\s]+)\)")
VALUE = re.compile(r"\{\{ (.*?) \}\}")
CODE = re.compile(r"`[^`\n]+`")

# True by definition, or quoted from the post to be judged.
TYPED = {
    "0.9", "0.99", "0.999", "0.0001", "0.0009", "0.001", "0.01", "0.05", "0.3325",
    "0.6650", "1.25", "2.13",
}  # fmt: skip


def read(language: str, page: Path) -> str:
    return (DOCS / language / page).read_text(encoding="utf-8")


def sections(text: str) -> list[str]:
    return re.split(r"^(?=#+ )", FENCE.sub("", text), flags=re.MULTILINE)


def cells(text: str) -> list[str]:
    """Return the includes that are alone in their paragraphs, or in their blocks."""
    lines = ["", *text.splitlines(), ""]
    return [
        name[1]
        for before, line, after in zip(lines, lines[1:], lines[2:], strict=False)
        if (name := re.fullmatch(r' *--8<-- "([\w/]+\.py:[\w-]+)"', line))
        and not before.partition("///")[0].strip()
        and not after.partition("///")[0].strip()
    ]


def shown(text: str) -> list[str]:
    """Return the cells, starts and ends of blocks in their order."""
    kinds = rf"{INCLUDE.pattern}|^ */// (\w+)(?: \| (c\d+) )?|^ *///$|^#+ "
    return [match.groups() for match in re.finditer(kinds, text, re.MULTILINE)]


def test_both_languages_have_the_same_pages():
    english = {path.relative_to(DOCS / "en") for path in (DOCS / "en").rglob("*.md")}
    assert set(PAGES) == english


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_headings_have_the_same_levels_and_explicit_ids(page):
    zh, en = (HEADING.findall(FENCE.sub("", read(lang, page))) for lang in ("zh", "en"))
    assert all(anchor for _, anchor in zh + en), "a heading without an explicit id"
    assert zh == en
    assert len({anchor for _, anchor in zh}) == len(zh)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_cells_and_blocks_are_the_same_in_the_same_order(page):
    zh, en = read("zh", page), read("en", page)
    assert FENCE.findall(zh) == FENCE.findall(en)
    assert shown(zh) == shown(en)
    assert BLOCK.findall(zh) == BLOCK.findall(en)


@pytest.mark.parametrize("page", PAGES, ids=str)
@pytest.mark.parametrize(
    "pattern", [FORMULA, LINK, VALUE], ids=["math", "link", "value"]
)
def test_each_section_has_the_same_formulas_links_and_values(page, pattern):
    pairs = zip(sections(read("zh", page)), sections(read("en", page)), strict=True)
    for zh, en in pairs:
        assert set(pattern.findall(zh)) == set(pattern.findall(en)), zh[:60]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("page", PROSE, ids=str)
def test_a_page_holds_no_code(language, page):
    text = read(language, page)
    assert not FENCE.findall(text)
    assert "\n    >>> " not in text
    script = f"pages/{page.stem.replace('-', '_')}.py"
    found = cells(text)
    assert found == INCLUDE.findall(text), "an include among other text"
    assert text.count("--8<--") == len(found)
    assert len(set(found)) == len(found), "a cell stands twice"
    for name in found:
        file = name.partition(":")[0]
        assert not file.startswith("trials/"), name
        assert file == script or not file.startswith("pages/"), name
        assert (DOCS.parent / "snippets" / file).is_file(), name


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("page", PROSE, ids=str)
def test_what_has_two_braces_is_a_value(language, page):
    prose = CODE.sub("", FORMULA.sub("", read(language, page)))
    assert "{{" not in VALUE.sub("", prose)
    for value in VALUE.findall(prose):
        expression, _, form = value.rpartition(":")
        for each in (expression, value):
            try:
                compile(each.strip(), "value", "eval")
            except SyntaxError:
                continue
            break
        else:
            raise AssertionError(f"{value} is no expression")
        assert not re.search(r"\s", form) or not expression, value


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("page", LABS, ids=str)
def test_a_lab_is_a_notebook_with_short_cells_and_no_comments(language, page):
    text = read(language, page)
    zh, _, _ = read("zh", page).partition("\n# ")
    assert text.startswith("---\njupyter:\n")
    assert text.partition("\n# ")[0] == zh, "the front matter differs"
    cells = FENCE.findall(text)
    assert cells
    for _, options, body in cells:
        assert options == "python", options
        assert body.count("\n") <= 8
        assert "#" not in body


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_page_holds_no_typed_result(language, page):
    prose = FENCE.sub("", read(language, page))
    address = re.compile(
        r"\[[^\]\s]*[./:][^\]\s]*\]\([^)]*\)|\]\([^)]*\)|arXiv:\d+\.\d+"
    )
    for pattern in (VALUE, FORMULA, CODE, address):
        prose = pattern.sub("", prose)
    numbers = set(re.findall(r"\d+\.\d+(?!\d|\.\d)", prose))
    assert not {n for n in numbers - TYPED if len(n) > 3}, "typed numbers"
    assert not re.search(r"tensor\(|^Epoch \d", prose, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_chinese_is_set_apart_from_latin_and_english_has_no_chinese_marks(page):
    chinese = FENCE.sub("", read("zh", page))
    for pattern in (CODE, FORMULA, VALUE):
        chinese = pattern.sub("x", chinese)
    chinese = re.sub(r"“[^”]*”|《[^》]*》|\]\([^)]*\)|\{[^}]*\}|\[", "", chinese)
    glued = re.findall(
        r".{0,9}(?:[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]).{0,9}",
        chinese,
    )
    assert not glued
    assert not re.findall(
        r".{0,9}(?:[\u4e00-\u9fff][,.;:!?]|[,.;:!?][\u4e00-\u9fff]).{0,9}", chinese
    ), "punctuation of half width beside Chinese"
    english = FENCE.sub("", read("en", page))
    if page.name != "index.md":  # which names the post by its title
        assert not re.findall(r".*[，。；：！？（）、].*", english)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("page", PAGES, ids=str)
def test_what_looks_like_front_matter_is_read_as_such(language, page):
    text = read(language, page)
    if text.startswith("---\n"):
        _, data = get_data(text)
        assert data, "MkDocs would show it as text"
