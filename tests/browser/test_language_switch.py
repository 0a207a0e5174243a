"""The languages in a browser: the switch, the first visit, the page that is not."""

import pytest
from bs4 import BeautifulSoup
from project import Project


@pytest.fixture
def visit(browser, address):
    """Return a function that opens a page for a new reader of some language."""
    contexts = []

    def visit(path: str, locale: str, script: str = ""):
        context = browser.new_context(locale=locale)
        contexts.append(context)
        page = context.new_page()
        if script:
            page.add_init_script(script)
        page.goto(address + path)
        return page

    yield visit
    for context in contexts:
        context.close()


def place(page) -> str:
    return page.evaluate("location.pathname + location.hash")


def switch(page, language: str) -> None:
    page.hover(".md-select button")
    page.click(f".md-select__link[hreflang={language}]")


def test_the_switch_keeps_the_page_and_the_heading(visit):
    page = visit("adam/#recap", "zh-CN")
    switch(page, "en")
    page.wait_for_url("**/en/adam/#recap")
    switch(page, "zh")
    page.wait_for_url("**/adam/#recap")
    assert place(page) == "/adam/#recap"


def test_the_switch_keeps_the_heading_that_was_scrolled_to(visit):
    # Material notes the heading some time after the last scroll, so what the
    # address said is kept at the click.
    keep = "addEventListener('click', () => sessionStorage.left = location.hash, true)"
    page = visit("en/accumulation/", "en-US", keep)
    for _ in range(50):
        page.mouse.wheel(0, 400)
        page.wait_for_timeout(300)
        if page.evaluate("location.hash"):
            break
    switch(page, "zh")
    page.wait_for_url(lambda url: "/en/" not in url)
    left = page.evaluate("sessionStorage.left")
    assert left
    assert place(page) == f"/accumulation/{left}"


@pytest.mark.parametrize(
    ("locale", "first"), [("en-US", "/en/"), ("zh-CN", "/"), ("fr-FR", "/")]
)
def test_the_first_visit_follows_the_browser(visit, locale, first):
    page = visit("", locale)
    page.wait_for_load_state()
    page.wait_for_timeout(300)
    assert place(page) == first


def test_the_first_visit_traps_nobody(visit, address):
    page = visit("", "en-US")
    page.wait_for_url("**/en/")
    switch(page, "zh")
    page.wait_for_url(address)
    for _ in range(2):
        page.goto(address)
        page.wait_for_timeout(300)
        assert place(page) == "/"


def test_a_link_to_a_page_is_followed(visit):
    page = visit("adam/", "en-US")
    page.wait_for_timeout(300)
    assert place(page) == "/adam/"


def test_without_storage_the_site_works(visit):
    blocked = (
        "Object.defineProperty(window, 'localStorage', {get() { throw Error('no') }})"
    )
    page = visit("", "en-US", blocked)
    page.wait_for_timeout(300)
    assert place(page) == "/"
    assert page.locator("h1").count() == 1


def test_the_404_page_is_in_both_languages_and_its_links_hold(site):
    soup = BeautifulSoup((site / "404.html").read_text("utf-8"), "html.parser")
    article = soup.select_one("article")
    for language, word in (("zh", "没有这一页"), ("en", "Page not found")):
        assert word in article.select_one(f"[lang={language}]").get_text()
    links = [a["href"] for a in [*article.select("a"), *soup.select(".md-select a")]]
    assert len(links) == 4
    assert links[:2] == links[2:]  # the home pages
    for link in links:
        assert link.startswith("/")
        assert (site / link.lstrip("/") / "index.html").is_file()


def test_a_lost_reader_sees_a_page_in_the_language_of_the_address(browser, address):
    for folder, title in (("", "损失与优化器的细节"), ("en/", "Losses and optimizers")):
        page = browser.new_page()
        errors = []
        page.on("pageerror", lambda error, errors=errors: errors.append(error))
        answer = page.goto(f"{address}{folder}nothing/", wait_until="networkidle")
        assert answer.status == 404
        page.wait_for_selector(f".md-header__title :text('{title}')")
        assert page.url == f"{address}{folder}nothing/"
        page.focus("[data-md-component=search-query]")
        page.keyboard.type("Adam")
        page.wait_for_selector(".md-search-result__item", timeout=20_000)
        for link in page.locator(".md-search-result__item > a").all():
            path = link.evaluate("link => link.pathname")
            assert path.startswith("/en/") == bool(folder)
        assert not errors
        page.close()


def test_with_an_address_the_links_are_absolute(tmp_path):
    project = Project(tmp_path)
    project.page("second")
    build = project.build(SITE_URL="https://example.org/sub/")
    assert build.returncode == 0, build.stderr
    for path in ("second", "en/second"):
        soup = BeautifulSoup(project.html(path), "html.parser")
        links = {a["hreflang"]: a["href"] for a in soup.select("head [hreflang]")}
        zh = "https://example.org/sub/second/"
        en = "https://example.org/sub/en/second/"
        assert links == {"zh": zh, "en": en, "x-default": zh}
        canonical = soup.select_one("link[rel=canonical]")["href"]
        assert canonical == (en if path.startswith("en") else zh)
    lost = BeautifulSoup((project.root / "site/404.html").read_text(), "html.parser")
    assert all(a["href"].startswith("/sub/") for a in lost.select("article a"))
