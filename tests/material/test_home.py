"""The home page leads to every part of the site; the look that all pages share."""

import re
from pathlib import Path

import pytest
from project import parsed

ROOT = Path(__file__).parents[2]
FOLDERS = {"zh": "", "en": "en/"}
each_language = pytest.mark.parametrize("language", FOLDERS)
PHONE = {"width": 390, "height": 844}
BODY, LEAST = 16, 14.4  # CSS pixels
TEXTS = "p, li, td, th, dt, dd, summary, figcaption, pre > code, output, h1, h2, h3"


@each_language
def test_the_home_page_names_every_part(site, language):
    soup = parsed(site / FOLDERS[language] / "index.html")
    cards = soup.select(".ways > .way")
    assert len(cards) == 3
    named = {link["href"].split("#")[0].strip("/") for link in soup.select(".way a")}
    nav = re.split(r"^  - ", (ROOT / "mkdocs.yml").read_text("utf-8"), flags=re.M)
    sections = [re.findall(r"^ +- (\S+)\.md$", each, re.M) for each in nav]
    sections = [pages for pages in sections if pages]
    assert len(sections) >= 10
    for pages in sections:
        assert named & set(pages), pages
    labs = {f"labs/{path.stem}" for path in (ROOT / "docs/en/labs").glob("*.md")}
    assert labs <= named
    for name in ("optimizer-atlas", "losses", "schedules", "glossary", "playground"):
        assert name in named


@each_language
def test_the_promise_comes_first_and_the_downloads_last(site, language):
    article = parsed(site / FOLDERS[language] / "index.html").select_one("article")
    promise = article.h1.find_next_sibling("p")
    assert len(promise.get_text()) < 120
    assert "downloads" in article.find_all(recursive=False)[-1]["class"]
    assert article.select_one("figure [data-correction] svg")


@each_language
def test_the_walk_on_the_home_page_goes_on_in_the_playground(
    browser, address, language
):
    context = browser.new_context(viewport=PHONE, reduced_motion="reduce")
    context.add_init_script(f"localStorage.setItem('language', '{language}')")
    page = context.new_page()
    page.goto(f"{address}{FOLDERS[language]}")
    page.locator("[data-explore]").scroll_into_view_if_needed()
    page.wait_for_selector("[data-ready]")
    count = page.locator(".explore-count")
    assert count.text_content() == "t = 0 / 150"
    for _ in range(2):
        page.locator(".explore-player button", has_text="+1").click()
    assert "?" not in page.url
    names = page.locator(".explore-names > span").all_text_contents()
    page.locator(".explore-names > a").click()
    page.wait_for_url(f"{address}{FOLDERS[language]}playground/?*")
    page.wait_for_selector("[data-ready]")
    assert count.text_content() == "t = 2 / 150"
    assert page.locator(".explore-table th[scope=row]").all_text_contents() == names
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["", "en/adam/", "ledger/", "en/losses/"])
def test_no_text_is_small(browser, address, name, width):
    context = browser.new_context(viewport={"width": width, "height": 800})
    context.add_init_script("localStorage.setItem('language', 'zh')")
    page = context.new_page()
    page.goto(f"{address}{name}", wait_until="load")
    page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    size = "e => e.checkVisibility() ? parseFloat(getComputedStyle(e).fontSize) : 16"
    sizes = page.locator("article").locator(TEXTS).evaluate_all(f"a => a.map({size})")
    assert min(sizes) >= LEAST - 0.01
    claim = page.locator("article .claim p").first
    if claim.count():
        assert claim.evaluate(size) == BODY
    weight = "e => getComputedStyle(e).fontWeight"
    headings = page.locator("article :is(h1, h2, h3)").evaluate_all(
        f"a => a.map({weight})"
    )
    assert set(headings) == {"600"}
    context.close()


@each_language
def test_many_sections_are_listed_by_chapter(site, language):
    page = parsed(site / FOLDERS[language] / "errors" / "index.html")
    listed = page.select(".md-sidebar--secondary .md-nav__link")
    chapters = page.select("article h2")
    assert len(listed) == len(chapters)
    assert len(page.select("article h3")) > 12
