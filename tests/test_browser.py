"""Every page in Chromium: it asks no other host, and its console stays empty."""

import re

import pytest

# Material looks for the map of each language beside the page where no site_url is set.
KNOWN = re.compile(r"status of 404 .*/sitemap\.xml$")


def visit(browser, address: str, name: str) -> tuple[list, list]:
    """Open a page afresh; return what it asked elsewhere and its console."""
    outside, console = [], []

    def ask(route) -> None:
        if route.request.url.startswith((address, "data:", "blob:")):
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    def say(message) -> None:
        if message.type in ("error", "warning"):
            console.append(f"{message.text} {message.location['url']}")

    context = browser.new_context()
    context.route("**/*", ask)
    page = context.new_page()
    page.on("console", say)
    page.on("pageerror", lambda error: console.append(str(error)))
    page.goto(f"{address}{name}", wait_until="networkidle")
    context.close()
    return outside, console


@pytest.fixture(scope="module")
def opened(browser, address, site):
    """Return what came of opening each page of both languages."""
    folders = [path.parent.relative_to(site) for path in site.rglob("index.html")]
    names = sorted(f"{folder.as_posix()}/".removeprefix("./") for folder in folders)
    assert "" in names
    assert "en/" in names
    return {f"/{name}": visit(browser, address, name) for name in names}


def test_no_page_asks_another_host(opened):
    assert not {name: outside for name, (outside, _) in opened.items() if outside}


def test_no_page_has_an_error_on_the_console(opened):
    errors = {
        name: [line for line in console if not KNOWN.search(line)]
        for name, (_, console) in opened.items()
    }
    assert not {name: lines for name, lines in errors.items() if lines}
