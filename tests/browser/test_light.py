"""A page is light work for a browser: its theme is there at once, it is styled once."""

import json
import time
from pathlib import Path

import pytest
from test_browser import SHIFTS

from conftest import Compressed, served

PAGES = ["", "adam/", "en/errors/", "ledger/", "en/labs/race/"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_styled_once_as_it_loads(browser, address, name):
    counts = []
    for _ in range(6):
        count, elements = styled(browser, f"{address}{name}")
        counts.append(count)
        if count > elements / 2:  # else the trace began too late
            break
    # Some twice, as the page comes in pieces; as Material has it, all six times.
    assert elements / 2 < max(counts) < 2 * elements, counts


def styled(browser, url: str) -> tuple[int, int]:
    """Return how often an element is styled as a page loads, and how many there are."""
    context = browser.new_context(viewport={"width": 360, "height": 740})
    context.add_init_script("localStorage.setItem('language', 'zh')")
    page = context.new_page()
    browser.start_tracing(page=page, categories=["devtools.timeline"])
    page.goto(url, wait_until="networkidle")
    events = json.loads(browser.stop_tracing())["traceEvents"]
    found = [e["args"] for e in events if e["name"] == "UpdateLayoutTree"]
    elements = page.locator("*").count()
    context.close()
    return sum(each.get("elementCount", 0) for each in found), elements


@pytest.mark.parametrize(
    ("wanted", "scheme"), [("light", "default"), ("dark", "slate")]
)
def test_a_first_visit_has_its_theme_without_material_s_script(
    browser, address, wanted, scheme
):
    page = browser.new_page(color_scheme=wanted)
    page.route("**/bundle.*.js", lambda route: route.abort())
    page.goto(f"{address}en/adam/")
    assert page.evaluate("document.body.dataset.mdColorScheme") == scheme
    assert page.locator("meta[name=color-scheme]").get_attribute("content") == wanted
    assert page.locator("[data-md-component=palette] label:visible").count() == 1
    page.close()


def test_the_theme_is_switched_and_remembered(browser, address):
    context = browser.new_context(color_scheme="light")
    page = context.new_page()
    page.goto(f"{address}en/adam/", wait_until="networkidle")
    page.locator("[data-md-component=palette] label:visible").click()
    seen = "[document.body.dataset.mdColorScheme, document.head.querySelector("
    seen += "'meta[name=color-scheme]').content]"
    page.wait_for_function("document.body.dataset.mdColorScheme === 'slate'")
    assert page.evaluate(seen) == ["slate", "dark"]
    page.goto(f"{address}en/ledger/", wait_until="networkidle")
    assert page.evaluate(seen) == ["slate", "dark"]
    context.close()


def test_a_table_is_in_one_box(browser, address):
    page = browser.new_page()
    page.goto(f"{address}en/glossary/", wait_until="networkidle")
    tables = page.locator(".md-content table").count()
    assert tables > 3
    boxes = ".md-content .md-typeset__scrollwrap > .md-typeset__table > table"
    assert page.locator(boxes).count() == tables
    assert page.locator(".md-typeset__scrollwrap").count() == tables
    page.close()


class Halting(Compressed):
    """Serve pages in two pieces; the query says where the first ends, in bytes."""

    def do_GET(self) -> None:
        """Answer with a page and a halt in it; leave other files to the parent."""
        name, _, cut = self.path.partition("?")
        if not cut:
            return super().do_GET()
        body = Path(self.directory, name.strip("/"), "index.html").read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: int(cut)])
        time.sleep(0.5)
        self.wfile.write(body[int(cut) :])


@pytest.mark.parametrize(
    ("name", "cut"),
    [
        ("en/", b'<label class="md-header__button md-icon" for="__search"'),
        ("en/glossary/", b"<td>hyperparameter"),
        ("adaptive/", b"<mfrac>"),
    ],
)
def test_nothing_jumps_when_a_page_halts_on_its_way(browser, site, name, cut):
    page = Path(site, name, "index.html").read_bytes()
    start = page.index(b"<article") if b"header" not in cut else 0
    context = browser.new_context(viewport={"width": 360, "height": 740})
    context.add_init_script(SHIFTS)
    context.add_init_script("localStorage.setItem('language', 'zh')")
    seen = context.new_page()
    with served(site, Halting) as address:
        place = f"{address}{name}?{page.index(cut, start)}"
        seen.goto(place, wait_until="networkidle")
        assert seen.evaluate("window.shifts") == 0
        context.close()


@pytest.mark.parametrize("name", ["en/adam-variants/", "momentum/"])
def test_formulas_are_set_in_the_font_that_the_page_brings(browser, address, name):
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.resource_type))
    page.goto(f"{address}{name}", wait_until="networkidle")
    faces = dict(
        page.evaluate("[...document.fonts].map((face) => [face.family, face.status])")
    )
    faces.pop("narrow signs")  # of the reader's system, for the text
    assert faces == {"STIX Two Math": "loaded"}
    client = page.context.new_cdp_session(page)
    for domain in ("DOM", "CSS"):
        client.send(f"{domain}.enable")
    root = client.send("DOM.getDocument")["root"]["nodeId"]
    query = {"nodeId": root, "selector": "math :is(mi, mo, mn)"}
    letters = client.send("DOM.querySelectorAll", query)["nodeIds"]
    assert len(letters) > 50
    for letter in letters:
        used = client.send("CSS.getPlatformFontsForNode", {"nodeId": letter})["fonts"]
        assert all(font["isCustomFont"] for font in used), used
    assert "font" not in asked
    right = "e => e.getBoundingClientRect().right"
    roots = page.locator("msqrt:visible").all()
    assert roots
    for root in roots:  # as wide as what is under them: no room beside
        under = root.locator("> :last-child")
        assert root.evaluate(right) == pytest.approx(under.evaluate(right), abs=0.1)
    page.close()
