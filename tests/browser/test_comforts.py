"""What readers expect: copying code, the place on a page, links to the source."""

import pytest
from bs4 import BeautifulSoup
from project import Project

FOLDERS = {"zh": "", "en": "en/"}


@pytest.fixture(params=FOLDERS)
def language(request):
    return request.param


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
        page.add_style_tag(content="* { transition: none !important; }")  # takes long
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
