"""The plain copies: all that pages show, nothing of their HTML, and lists of them."""

import re
from pathlib import Path

import pytest
from book.content.view import View
from book.live.page import Closing, Opening, Page, Prose
from book.outputs.markdown_copy import copy
from project import ROOT, Project, ids, parsed

ROOTS = {"zh": "", "en": "en"}
NAV = re.findall(r"^ .*?(\S+)\.md$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.M)
PAGES = [(language, name) for language in ROOTS for name in NAV]
FENCE = re.compile(r"^(`{3,})(\w*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
CODE_SPAN = re.compile(r"`[^`\n]+`")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def folder(site: Path, language: str, name: str) -> Path:
    return site / ROOTS[language] / ("" if name == "index" else name)


def unquoted(text: str) -> str:
    return re.sub(r"^> ?", "", text, flags=re.MULTILINE)


def prose(text: str) -> str:
    return CODE_SPAN.sub("", FENCE.sub("", unquoted(text)))


@pytest.fixture(params=PAGES, ids="/".join)
def copied(request, site):
    here = folder(site, *request.param)
    return here, parsed(here / "index.html"), (here / "index.md").read_text("utf-8")


def test_the_copies_are_those_of_the_pages_and_no_others(site):
    copies = {path.parent for path in site.rglob("*.md")}
    assert copies == {path.parent for path in site.rglob("index.html")}
    assert copies == {folder(site, *page) for page in PAGES}


def test_a_copy_holds_what_the_cells_of_its_page_show(copied):
    _, page, text = copied
    fences = FENCE.findall(unquoted(text))
    outputs = [body for _, kind, body in fences if kind == "text"]
    shown = [body.rstrip("\n").replace("\t", "    ") for body in outputs]
    results = page.select(".result code")
    texts = [result.get_text().rstrip("\n") for result in results]
    assert [text.replace("\t", "    ") for text in texts] == shown
    code = [body.strip() for _, kind, body in fences if kind == "python"]
    blocks = page.select(".language-python code")
    assert sorted(block.get_text().strip() for block in blocks) == sorted(code)
    tables = {
        tuple(cell.strip() for cell in row.strip("|").split("|"))
        for row in re.findall(r"^\|.*\|$", text, re.MULTILINE)
    }
    for row in page.select(".output tr"):
        cells = tuple(cell.get_text().strip() for cell in row.select("td, th"))
        assert cells in tables
    assert len(page.select("figure svg.plot")) == len(
        re.findall(r"^(?:> )?\*\*(?:Figure:|图：)\*\*$", text, re.MULTILINE)
    )


def test_a_copy_quotes_the_claims_with_their_verdicts(copied):
    _, page, text = copied
    for trial in page.select(".trial li"):
        what = trial.select_one("span").get_text()
        between = "：" if page.html["lang"].startswith("zh") else ": "
        line = f"{what}{between}{trial.select_one('output').get_text()}"
        sign = "✓" if "yes" in trial["class"] else "✗"
        assert f"- {sign} {line}" in text
        assert " | " not in line  # one language only
    for claim in page.select(".admonition.claim"):
        title = claim.select_one(".admonition-title").get_text()
        verdict = re.split("[：:（(]", title)[0].strip()
        assert re.search(rf"^> \*\*{verdict}\b", text, re.MULTILINE)
    titles = re.findall(r"^> \*\*(.*)\*\*$", text, re.MULTILINE)
    details = page.select("article details:not(.criterion, .setup, .ledger *)")
    assert len(titles) == len(page.select(".admonition")) + len(details)


def test_a_copy_keeps_nothing_of_html_or_of_the_sources(copied):
    _, _, text = copied
    rest = prose(text)
    assert not re.findall(r"</?[a-z][^>\n]*>", rest)
    for sign in ("{{", "}}", "///", "--8<--", "attrs:", "{#", "{ #", "&lt;", "&amp;"):
        assert sign not in re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$", "", rest, flags=re.S)
    assert not re.search(r"</?(div|span|svg|math|table)\b", text)
    assert text.startswith("# ")
    assert text.endswith("\n")


def test_the_links_of_a_copy_lead_to_pages(copied):
    here, _, text = copied
    for link in LINK.findall(prose(text)):
        path, _, anchor = link.partition("#")
        if not re.match("https?:", link):
            target = (here / path).resolve() / "index.html"
            assert target.is_file(), link
            assert not anchor or anchor in ids(target), link


def test_a_copy_has_the_headings_and_formulas_of_its_page(copied):
    _, page, text = copied
    headings = [heading.name for heading in page.select("article :is(h1, h2, h3, h4)")]
    marks = re.findall(r"^(#+) ", FENCE.sub("", unquoted(text)), re.MULTILINE)
    assert headings == [f"h{len(mark)}" for mark in marks]
    words = " ".join(unquoted(text).split())
    for annotation in page.select("article math annotation"):
        assert " ".join(annotation.get_text().split()) in words


@pytest.mark.parametrize("name", NAV)
def test_the_languages_of_a_copy_are_built_alike(name, site):
    shapes = []
    for language in ROOTS:
        path = folder(site, language, name) / "index.md"
        text = unquoted(path.read_text("utf-8"))
        fences = FENCE.findall(text)
        outputs = [body for _, kind, body in fences if kind == "text"]
        marks = re.findall(
            r"^(#+ |`{3,}|\||- | +- |\*\*)", FENCE.sub(r"\1", text), re.MULTILINE
        )
        shapes.append((outputs, marks))
    assert shapes[0][0] == shapes[1][0]
    assert shapes[0][1] == shapes[1][1]


@pytest.mark.parametrize("language", ROOTS)
def test_the_list_has_the_pages_of_the_navigation_with_what_they_are_about(
    language, site
):
    root = site / ROOTS[language]
    text = (root / "llms.txt").read_text("utf-8")
    assert re.match(r"# .+\n\n> .+\n\n[^#]+\n\n## ", text)
    head, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    assert all((root / link).resolve().is_file() for link in LINK.findall(head))
    links = [link for section in sections for link in LINK.findall(section)]
    assert links == [f"{name}/index.md".removeprefix("index/") for name in NAV]
    assert all((root / link).is_file() for link in links)
    lines = [line for section in sections for line in section.splitlines()[1:] if line]
    assert all(re.match(r"- \[.+\]\(.+\)(: |：)\S.{9}", line) for line in lines)
    navigation = parsed(root / "index.html").select(
        ".md-nav--primary label .md-ellipsis"
    )
    names = {" ".join(label.get_text().split()) for label in navigation}
    assert {section.splitlines()[0] for section in sections[1:]} <= names


@pytest.mark.parametrize("language", ROOTS)
def test_the_whole_holds_each_copy(language, site):
    text = (site / ROOTS[language] / "llms-full.txt").read_text("utf-8")
    places = []
    for name in NAV:
        copy = (folder(site, language, name) / "index.md").read_text("utf-8")
        places.append(text.index(f"\n{copy.splitlines()[0]}\n"))
        for _, _, body in FENCE.findall(copy):
            assert body in text
    assert places == sorted(places)
    for link in LINK.findall(prose(text)):
        if not re.match("https?:", link):
            path = link.partition("#")[0]
            assert (site / ROOTS[language] / path / "index.html").is_file(), link


def test_a_page_leads_to_its_copy_the_list_and_the_feed(copied):
    here, page, _ = copied
    links = page.select('link[type="text/markdown"], link[type="application/atom+xml"]')
    links += page.select('link[rel="describedby"]')
    names = [Path(link["href"]).name for link in links]
    assert names == ["index.md", "feed.xml", "llms.txt"] or set(names) == {
        "index.md", "feed.xml", "llms.txt"
    }  # fmt: skip
    assert all((here / link["href"]).is_file() for link in links)
    download = page.select_one('.downloads a[href="index.md"]')
    assert "Markdown" in download.get_text()


def test_a_browser_asks_for_none_of_them(browser, address):
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for name in ("", "en/", "en/adam/", "labs/race/"):
        page.goto(f"{address}{name}", wait_until="networkidle")
    page.locator(".md-search__input").focus()
    page.wait_for_load_state("networkidle")
    page.close()
    assert len(asked) > 10
    wrong = [url for url in asked if re.search(r"sitemap|\.md|feed|llms", url)]
    assert not wrong


def test_links_are_absolute_where_the_address_is_known(tmp_path):
    project = Project(tmp_path)
    project.snippet("demo", "x = 1", "print(x)")
    prose = "See [home](index.md#index) and [above](#demo)."
    project.page("demo", "first", "second", prose=prose)
    build = project.build(SITE_URL="https://example.org/a/")
    assert build.returncode == 0, build.stderr
    copy = (project.root / "site" / "en" / "demo" / "index.md").read_text("utf-8")
    site = "https://example.org/a/en/"
    assert f"See [home]({site}#index) and [above]({site}demo/#demo)." in copy
    index = (project.root / "site" / "en" / "llms.txt").read_text("utf-8")
    assert f"]({site}demo/index.md): " in index
    assert "](https://example.org/a/llms.txt)" in index


def test_an_answer_below_its_number_is_text_and_no_code():
    steps = [
        Prose(1, "1. What is it?"),
        Opening(3, "    /// details | Answer", "details", "Answer"),
        Prose(4, "    Four:\n    - of two,\n    - and two."),
        Closing(7, "    ///"),
    ]
    text = copy(View(Page("en/a.md", "en", "a", steps), {}, None), str)
    assert "> **Answer**\n\n> Four:\n> - of two,\n> - and two.\n" in text
