"""The built site: live outputs on every page, nothing of the machine, no other host."""

import base64
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from project import ids, parsed

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [
    (language, path.stem)
    for language in ("zh", "en")
    for path in sorted((DOCS / language).glob("*.md"))
]
LABS = [
    (language, f"labs/{path.stem}")
    for language in ("zh", "en")
    for path in sorted((DOCS / language / "labs").glob("*.md"))
]


def address(language: str, name: str) -> str:
    parts = ["en"] if language == "en" else []
    return "/".join([*parts, *([] if name == "index" else [name]), "index.html"])


FILES = [*(address(*name) for name in PAGES + LABS), "404.html", "en/404.html"]
HEADINGS = ["h1", "h2", "h3"]
REFERRING = {"href", "src", "xlink:href", "action", "data", "poster"}
URL = re.compile(r"""url\(["']?([^"')]+)""")
OUTSIDE = re.compile(r"[a-z]+:")
# Texts of links that say nothing of where they lead.
VAGUE = {
    *("click here", "click this", "go", "here", "information", "learn more", "more"),
    *("more info", "more information", "right here", "read more", "see more", "start"),
    *("this", "link", "点击这里", "点击", "点此", "这里", "此处", "更多", "详情"),
    *("链接", "了解更多", "查看更多", "阅读更多"),
}


@pytest.fixture(params=PAGES + LABS, ids="/".join)
def page(request, site):
    language, name = request.param
    built = site / address(language, name)
    source = (DOCS / language / f"{name}.md").read_text(encoding="utf-8")
    return language, name, source, built.read_text(encoding="utf-8"), parsed(built)


def test_every_cell_that_shows_something_has_its_output(page):
    _, name, source, _, soup = page
    if name.startswith("labs/"):
        return  # whose cells are told apart below
    sections = {}
    for module, section in re.findall(r'--8<-- "pages/(\w+)\.py:([\w-]+)"', source):
        script = (DOCS.parent / "snippets" / "pages" / f"{module}.py").read_text(
            "utf-8"
        )
        _, _, rest = script.partition(f"[start:{section}]\n")
        sections[section] = rest.partition(f"# --8<-- [end:{section}]")[0]
    drawn = [section for section in sections if section.endswith("-figure")]
    folded = ("imports", *(name for name in sections if name.endswith("-setup")))
    printing = [
        section
        for section, code in sections.items()
        if "print(" in code and section not in drawn and section not in folded
    ]
    outputs = soup.select(".result code")
    assert len(outputs) == len(printing)
    assert all(output.get_text().strip() for output in outputs)
    figures = soup.select("figure svg.plot")
    assert len(figures) >= len(drawn)
    assert all(figure.select("path") for figure in figures)
    assert len(soup.select("article pre")) >= len(sections) - len(drawn)


@pytest.mark.parametrize("lab", LABS, ids="/".join)
def test_a_lab_has_its_outputs_and_nothing_of_the_notebooks_page(lab, site):
    built = site / address(*lab)
    soup, text = parsed(built), built.read_text("utf-8")
    source = (DOCS / lab[0] / f"{lab[1]}.md").read_text("utf-8")
    assert soup.select(".result code, .output table tr td")
    assert len(soup.select("figure svg.plot")) == source.count("HTML(svg(")
    assert len(soup.select("article .language-python")) == source.count("```python\n")
    assert not soup.select("article style, article script, article link")
    assert "jp-" not in text
    assert "mathjax" not in text.lower()
    assert len(text.encode()) < 200_000  # the style of notebooks alone is more


def test_a_lab_has_the_same_outputs_in_both_languages(site):
    for _, name in LABS:
        shown = [
            [str(part) for part in parsed(site / address(language, name)).select(
                ".result, .output, svg.plot"
            )]
            for language in ("zh", "en")
        ]  # fmt: skip
        assert shown[0] == shown[1]


def test_labels_of_figures_can_be_read_on_a_phone(site):
    small = {}
    for path in sorted(site.glob("**/index.html")):
        for figure in parsed(path).select("svg.plot"):
            shown = figure.find_next_sibling("svg") or figure
            across = float(shown["viewbox"].split()[2])
            sizes = re.findall(r"font(?:-size)?: ([\d.]+)px", str(shown))
            least = min(map(float, sizes)) * 358 / across  # the column of 390 px
            if least < 9:
                small[f"{path.parent.name}: {shown.g['id']}"] = round(least, 1)
    assert not small


def test_code_that_stands_open_is_at_most_25_lines(site):
    long = {}
    for path in sorted(site.glob("**/index.html")):
        for code in parsed(path).select("article pre > code"):
            lines = code.get_text().rstrip("\n").count("\n") + 1
            if lines > 25 and not code.find_parent("details"):
                long.setdefault(path.parent.name, []).append(lines)
    long.pop("training-loop", None)  # the settings of a program to be copied whole
    assert not long


def test_nothing_of_the_build_shows(page):
    _, _, _, text, soup = page
    article = soup.select_one("article").get_text()
    for sign in ("Traceback (most", "{{ ", "--8<--", "[start:", "/// ", "arithmatex"):
        assert sign not in article
    for name in (str(ROOT), str(Path.home())):
        assert name not in text


def test_no_bracket_stays_behind_where_its_formula_begins_a_line(page):
    _, _, _, html, _ = page
    assert not re.findall(r'(?<!<span class="nowrap">)[（“(]<math', html)


def test_formulas_are_mathml(page):
    _, _, source, _, soup = page
    prose = re.sub(r"^```[\s\S]*?^```$|`[^`\n]+`", "", source, flags=re.MULTILINE)
    formulas = re.findall(r"\$\$[\s\S]*?\$\$|\$[^$\n]+\$", prose)
    assert len(soup.select("article math annotation")) >= len(formulas)
    assert not soup.select("mjx-container, .MathJax, .katex")


def test_no_other_host_is_asked_for_anything(page):
    _, _, _, _, soup = page
    assets = soup.select("script[src], link[href], img[src], iframe, object, source")
    for element in assets:
        if element.get("rel") in (["canonical"], ["alternate"]):
            continue
        target = element.get("src") or element.get("href")
        assert not re.match(r"(https?:)?//", target), element


def test_style_sheets_ask_no_other_host_and_for_nothing_that_is_missing(site):
    sheets = list(site.rglob("*.css"))
    assert sheets
    for sheet in sheets:
        for target in URL.findall(sheet.read_text("utf-8")):
            assert not re.match(r"(https?:)?//", target), sheet
            assert target.startswith("data:") or (sheet.parent / target).is_file()


def test_the_tests_of_pages_know_all_pages(site):
    built = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert built == set(FILES)


def references(soup: BeautifulSoup) -> Iterator[str]:
    """Yield all that a page refers to, from its head to the settings of its script."""
    for element in soup.find_all(True):
        for name, value in element.attrs.items():
            if name in REFERRING:
                yield value
            elif name == "srcset":
                yield from (part.split()[0] for part in value.split(","))
            elif isinstance(value, str):
                yield from URL.findall(value)
    for sheet in soup.select("style"):
        yield from URL.findall(sheet.string)
    settings = json.loads(soup.select_one("#__config").string)
    yield settings["search"]
    yield f"{settings['base'].rstrip('/')}/search/search_index.json"


@pytest.mark.parametrize("name", FILES)
def test_ids_are_unique(name, site):
    assert len(ids(site / name)) == len(set(ids(site / name)))


@pytest.mark.parametrize("name", FILES)
def test_all_that_a_page_refers_to_is_there(name, site):
    here = site / name
    inside = {link for link in references(parsed(here)) if not OUTSIDE.match(link)}
    assert inside
    for link in inside:
        place, _, anchor = map(unquote, link.partition("#"))
        path = place.partition("?")[0]
        target = here
        if path:
            # A site may lie in a folder; the 404 page is shown at any address.
            assert path.startswith("/") == (name.endswith("404.html")), link
            base = site if path.startswith("/") else here.parent
            target = base / path.lstrip("/")
            if re.search(r"(^|/)\.{0,2}$", path):
                target /= "index.html"
        assert target.is_file(), link
        assert target.resolve().is_relative_to(site.resolve()), link
        assert not anchor or anchor in ids(target.resolve()), link


@pytest.mark.parametrize("name", FILES)
def test_a_link_can_be_followed_and_says_where_it_leads(name, site):
    """What Lighthouse asks of links, for which it takes long: it is skipped there."""
    for link in parsed(site / name).select("a"):
        href = link.get("href")
        if href is None:
            assert link.get("id"), link
            continue
        assert href.strip(), link
        assert not href.startswith(("javascript:", "file:")), link
        assert link.get_text().strip().casefold() not in VAGUE, link


def test_languages_are_marked_and_linked(page, site):
    language, name, _, _, soup = page
    here = site / address(language, name)
    assert soup.html["lang"] == {"zh": "zh-CN", "en": "en"}[language]
    for link in soup.select("link[hreflang]"):
        base = site if link["href"].startswith("/") else here.parent
        assert (base / link["href"].lstrip("/")).exists()
    assert {link["hreflang"] for link in soup.select("link[hreflang]")} == {
        "zh",
        "en",
        "x-default",
    }


def test_a_page_brings_the_characters_of_its_formulas_and_no_more(site):
    upright = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    for language, name in PAGES + LABS:
        page = (site / address(language, name)).read_text("utf-8")
        used = set("√" if "<msqrt" in page else "")  # which the text does not have
        for letter in parsed(site / address(language, name)).select("math :is(mi, mo)"):
            text = letter.get_text()
            used |= set(text)
            if letter.name == "mi" and len(text) == 1:  # which is set in italics
                used |= {italic(c) for c in text if c in upright}
        fonts = re.findall(r"data:font/woff2;base64,([^)]+)", page)
        assert len(fonts) == ("<math" in page), name
        if not fonts:
            continue
        data = base64.b64decode(fonts[0])
        assert len(data) < 20_000
        known = set(TTFont(io.BytesIO(data)).getBestCmap())
        used -= {"\u02c9"}  # the bar of a mean, which STIX Two does not have
        missing = {c for c in used if ord(c) not in known and not c.isspace()}
        assert not {c for c in missing if not "\u4e00" <= c <= "\u9fff"}, name
        assert len(known) < 100


def italic(letter: str) -> str:
    """Return the mathematical italic of a Latin letter, as MathML sets it."""
    if letter == "h":
        return "\u210e"
    start = 0x1D434 if letter.isupper() else 0x1D44E
    return chr(start + ord(letter.upper()) - ord("A"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_section_has_a_link_to_itself(language, site):
    title = {"zh": "本节的链接", "en": "Link to this section"}[language]
    for code, name in PAGES + LABS:
        if code != language:
            continue
        for heading in parsed(site / address(code, name)).find_all(HEADINGS, id=True):
            link = heading.find("a", class_="headerlink")
            assert link, heading
            assert link["href"] == f"#{heading['id']}"
            assert link["title"] == title


@pytest.mark.parametrize("language", ["zh", "en"])
def test_previous_and_next_lead_through_all_pages(language, site):
    home = site / address(language, "index")
    items = parsed(home).select(".md-nav--primary a.md-nav__link[href]")
    places = [item["href"].partition("#")[0] for item in items]
    pages = [(home.parent / place / "index.html").resolve() for place in places]
    pages = list(dict.fromkeys(pages))
    assert len(pages) > 25
    for before, path, after in zip(
        [None, *pages], pages, [*pages[1:], None], strict=False
    ):
        footer = parsed(path).find("footer")
        for way, wanted in (("prev", before), ("next", after)):
            link = footer.find("a", class_=f"md-footer__link--{way}")
            found = link and (path.parent / link["href"] / "index.html").resolve()
            assert found == wanted, path


def test_the_post_is_credited_on_the_home_pages(site):
    for language in ("zh", "en"):
        text = (site / address(language, "index")).read_text("utf-8")
        assert "白色很哇塞" in text
        assert "yangchuanzhi20.github.io/2024/05/31/" in text


def test_each_code_line_beside_a_formula_is_in_the_snippet():
    source = (ROOT / "snippets" / "adam.py").read_text("utf-8")
    for language in ("zh", "en"):
        table = (DOCS / language / "adam.md").read_text("utf-8")
        rows = re.findall(r"^\| \$.*\$ \| `(.*)` \|$", table, re.MULTILINE)
        assert len(rows) == 5
        assert all(f"    {row}\n" in source for row in rows)


def test_unwanted_files_are_not_published(site):
    names = {path.name for path in site.rglob("*")}
    assert (
        not {"hooks", "executor.py", "jieba.txt", "_markdown_exec_pyodide.js"} & names
    )


def test_each_page_says_what_built_it_and_what_it_is_about(page):
    _, _, _, _, soup = page
    footer = soup.select_one(".md-copyright").get_text()
    assert re.search(r"PyTorch 2\.\d+\.\d+\S* · Python 3\.\d+\.\d+", footer)
    assert "2023-11-14" in footer  # SOURCE_DATE_EPOCH
    about = soup.select_one("meta[name=description]")["content"]
    assert 10 < len(about) <= 200  # an author's own may be longer than ours


def test_the_descriptions_of_pages_differ(site):
    for language in ("zh", "en"):
        texts = [
            parsed(site / address(language, name)).select_one("meta[name=description]")
            for code, name in PAGES + LABS
            if code == language
        ]
        assert len({text["content"] for text in texts}) == len(texts)


def test_the_feed_lists_the_releases(site):
    feed = ElementTree.parse(site / "feed.xml").getroot()
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    entries = feed.findall("{http://www.w3.org/2005/Atom}entry")
    assert len(entries) == len(re.findall(r"^## ", changes, re.M)) > 0


def test_every_asset_that_ships_is_asked_for(site):
    files = {path for path in (site / "assets").rglob("*") if path.is_file()}
    asking = list(site.rglob("*.html"))
    reached: set[Path] = set()
    while asking:
        text = "\n".join(path.read_text("utf-8") for path in asking)
        asked = set(re.findall(r"[\w.-]+", text))
        new = {path for path in files if path.name in asked} - reached
        reached |= new
        asking = [path for path in new if path.suffix in (".css", ".js")]
    assert len(reached) > 5
    scripts = [path for path in files if path.suffix in (".css", ".js")]
    assert not [path for path in scripts if "sourceMapping" in path.read_text("utf-8")]
    # Words come by the page's language; cards are asked for by a site with an address.
    words = {path for path in files if path.parent.name == "words"}
    texts = {path for path in files if path.suffix == ".txt"}
    cards = {path for path in files if re.fullmatch(r"card-\w\w\.png", path.name)}
    assert {path.stem for path in words | cards} >= {"zh", "en", "card-zh", "card-en"}
    assert files == reached | words | texts | cards
    for path in site.rglob("*.html"):
        assert path.read_text("utf-8").count('rel="stylesheet"') == 1


def test_only_pages_with_a_figure_that_moves_load_its_script(site):
    for name, figures in (("descent", 1), ("correction", 2)):
        pages = [path.read_text("utf-8") for path in site.rglob("*.html")]
        loading = [page for page in pages if f"assets/{name}.js" in page]
        assert len(loading) == 2 * figures  # in either language
        assert all(f"data-{name}=" in page for page in loading)
