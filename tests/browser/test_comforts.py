"""What readers expect: copy, permalinks, previous and next, position, edit links."""

import pytest
from bs4 import BeautifulSoup, SoupStrainer
from project import Project

FOLDERS = {"zh": "", "en": "en/"}
HEADINGS = SoupStrainer(["h1", "h2", "h3"], id=True)  # the rest takes a minute


@pytest.fixture(params=FOLDERS)
def language(request):
    return request.param


def soup_of(path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


def test_a_button_copies_the_code_and_nothing_else(browser, address, language):
    context = browser.new_context(
        permissions=["clipboard-read", "clipboard-write"],
        storage_state={
            "origins": [
                {
                    "origin": address.rstrip("/"),
                    "localStorage": [{"name": "language", "value": language}],
                }
            ]
        },
    )
    page = context.new_page()
    for name in ("adam/", "no-grad/", "labs/race/"):
        page.goto(f"{address}{FOLDERS[language]}{name}")
        blocks = page.locator("article .highlight:not(.result *, details *):visible")
        blocks.first.scroll_into_view_if_needed()  # when a button comes
        blocks.first.locator(".md-code__button").first.wait_for()
        assert blocks.count() > 5
        for block in blocks.all()[:5]:
            block.scroll_into_view_if_needed()
            block.hover()
            block.locator(".md-code__button[data-md-type=copy]").click()
            page.wait_for_selector(".md-dialog--active")
            copied = page.evaluate("navigator.clipboard.readText()")
            assert copied.strip() == block.locator("code").inner_text().strip()
            assert ">>>" not in copied
            compile(copied, name, "exec")  # code, with nothing before or after it
        assert page.locator("article .result .md-code__button:visible").count() == 0
    context.close()


def test_every_section_has_a_link_to_itself(site, language):
    title = {"zh": "本节的链接", "en": "Link to this section"}[language]
    other = site / "en" if language == "zh" else None
    for path in (site / FOLDERS[language]).rglob("index.html"):
        if other in path.parents:
            continue
        text = path.read_text("utf-8")
        for heading in BeautifulSoup(text, "html.parser", parse_only=HEADINGS):
            link = heading.select_one("a.headerlink")
            assert link, heading
            assert link["href"] == f"#{heading['id']}"
            assert link["title"] == title


def test_previous_and_next_lead_through_all_pages(site, language):
    home = site / FOLDERS[language] / "index.html"
    items = soup_of(home).select(".md-nav--primary a.md-nav__link[href]")
    places = [item["href"].partition("#")[0] for item in items]
    pages = [(home.parent / place / "index.html").resolve() for place in places]
    pages = list(dict.fromkeys(pages))
    assert len(pages) > 25

    footer = SoupStrainer("footer")  # the rest takes a minute
    for before, path, after in zip(
        [None, *pages], pages, [*pages[1:], None], strict=False
    ):
        links = BeautifulSoup(path.read_text("utf-8"), "html.parser", parse_only=footer)
        for way, wanted in (("prev", before), ("next", after)):
            link = links.select_one(f".md-footer__link--{way}")
            found = link and (path.parent / link["href"] / "index.html").resolve()
            assert found == wanted, path


def test_the_place_on_a_page_is_kept(browser, address):
    page = browser.new_page()
    page.goto(f"{address}en/adam/", wait_until="load")
    page.locator("article h2").nth(3).scroll_into_view_if_needed()
    page.mouse.wheel(0, 150)
    page.wait_for_timeout(500)
    place = page.evaluate("scrollY")
    assert place > 500
    page.reload(wait_until="load")
    page.wait_for_timeout(500)
    assert abs(page.evaluate("scrollY") - place) < 5
    page.goto(f"{address}en/glossary/", wait_until="load")
    page.go_back(wait_until="load")
    page.wait_for_timeout(500)
    assert abs(page.evaluate("scrollY") - place) < 5
    page.close()


def test_pages_lead_to_their_source_where_there_is_a_repository(tmp_path):
    project = Project(tmp_path)
    project.page("second")
    repository = "https://github.com/someone/site"
    build = project.build("--strict", REPO_URL=repository)
    assert build.returncode == 0, build.stderr
    for path, source in (("second", "zh"), ("en/second", "en")):
        soup = BeautifulSoup(project.html(path), "html.parser")
        edit = soup.select_one("article a[rel=edit]")
        assert edit["href"] == f"{repository}/edit/main/docs/{source}/second.md"
        assert edit["title"]
        assert soup.select(f'.md-header a[href="{repository}"]')
        # Material would ask the host for numbers.
        assert not soup.select('[data-md-component="source"]')
    project.build()
    soup = BeautifulSoup(project.html("second"), "html.parser")
    assert not soup.select("a[rel=edit], .md-source")
