"""Every page in Chromium: it asks nobody else, is light and steady, fits a phone.

And axe finds nothing at WCAG 2.2 AA, in the light and in the dark theme.
"""

from typing import NamedTuple

import pytest
from axe import AXE, COLORS, TAGS
from book.content.formulas import mathml
from project import ROOT

ABREAST = 3  # pages: a page is silent for half a second before it counts as loaded
PARTS = 2  # in which the pages are opened, each in a process: see conftest.py
ASSETS = ROOT / "docs" / "assets"
SHIFTS = """
window.shifts = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifts += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
FORGET = """
for (const store of [localStorage, sessionStorage]) store.clear();
localStorage.setItem("language", "zh");
"""
RUN = """async ([include, options]) => {
  options.resultTypes = ["violations"];
  const context = { include: include ? window[include] : [document] };
  return (await axe.run(context, options)).violations;
}"""
# On a gradient, such as that of wide code, axe does not judge a contrast.
PLAIN = """*, ::before, ::after {
  background-image: none !important; transition: none !important;
}"""
UNFOLD = "document.querySelectorAll('details').forEach(each => { each.open = true; })"
# Of the tokens of code, one of each kind on each ground, the parts of some formulas,
# the text of figures: of the rest the text stays. Of the navigation, which is the same
# everywhere, the way to this page; the home pages keep all of it.
THIN = """() => {
  if (!["/", "/en/"].includes(location.pathname)) {
    const others = ".md-nav--primary .md-nav__item:not(.md-nav__item--active)";
    for (const item of document.querySelectorAll(others)) {
      if (!item.closest(".md-nav--secondary")) item.remove();
    }
  }
  for (const formula of [...document.querySelectorAll("math")].slice(9)) {
    formula.replaceChildren(formula.textContent);
  }
  for (const line of document.querySelectorAll("svg :is(defs, path, use)")) {
    line.remove();
  }
  for (const group of document.querySelectorAll("svg g")) {
    if (!group.textContent.trim()) group.remove();
  }
  const seen = new Set();
  for (const token of document.querySelectorAll("pre code span")) {
    const ground = token.closest("details, .admonition, .claim, .result, li, article");
    const kind = `${token.className} ${ground?.className}`;
    if (seen.has(kind)) token.replaceWith(token.textContent);
    seen.add(kind);
  }
  document.body.normalize();
}"""
# What can be seen of text, one element of each look: the rest would be judged the same.
LOOKS = """(known) => {
  const seen = new Set(known);
  const shown = { opacityProperty: true, visibilityProperty: true };
  window.fresh = [];
  for (const element of document.body.querySelectorAll("*")) {
    const says = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    const box = says && element.getBoundingClientRect();
    if (!says || !element.checkVisibility(shown) || box.right < 0) continue;
    if (box.left > innerWidth || !box.width) continue;
    const style = getComputedStyle(element), look = [style.color, style.fontSize];
    look.push(style.fontWeight, style.fill);
    if (element.closest("a")) {
      const around = element.closest("a").parentElement;
      look.push(style.textDecorationLine, around && getComputedStyle(around).color);
    }
    for (let under = element; under; under = under.parentElement) {
      const { backgroundColor, opacity } = getComputedStyle(under);
      if (opacity !== "1") look.push(opacity);
      if (backgroundColor !== "rgba(0, 0, 0, 0)") look.push(backgroundColor);
      if (!backgroundColor.startsWith("rgba")) break;
    }
    if (seen.has(`${look}`)) continue;
    seen.add(`${look}`);
    window.fresh.push(element);
  }
  return [...seen];
}"""
FRAME = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
SCHEME = "(name) => { document.body.dataset.mdColorScheme = name; }"


class Visit(NamedTuple):
    """What a first visit on a narrow phone brought.

    outside: addresses of other hosts. console: errors and warnings. size: bytes of all
    responses, compressed. shift: the sum of layout shifts. width: of the page with all
    its folds open, in CSS pixels. axe: what it finds: rule, place, HTML of the first.
    """

    outside: list[str]
    console: list[str]
    size: int
    shift: float
    width: int
    axe: list[tuple]


class Tab:
    """A phone's browser that knows nothing of a page it opens: no cache, no storage.

    To start one for each page takes a fifth of the time of a visit.
    """

    def __init__(self, browser, address: str) -> None:
        self.address = address
        context = browser.new_context(
            viewport={"width": 360, "height": 740}, color_scheme="light"
        )
        context.add_init_script(SHIFTS)
        context.add_init_script(FORGET)
        context.on("request", self.ask)
        self.page = context.new_page()
        self.page.on("console", self.say)
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.on("response", self.weigh)
        network = context.new_cdp_session(self.page)
        network.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def ask(self, request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.outside.append(request.url)

    def say(self, message) -> None:
        if message.type in ("error", "warning"):
            self.console.append(f"{message.text} {message.location['url']}")

    def weigh(self, response) -> None:
        self.sizes.append(int(response.headers.get("content-length", 0)))

    def open(self, name: str) -> None:
        """Begin to open a page."""
        self.outside, self.console, self.sizes = [], [], []
        self.page.goto(f"{self.address}{name}", wait_until="commit")

    def tell(self, looks: dict[str, list[str]]) -> Visit:
        """Wait for the page, and return what came of it.

        looks: of text in each theme that axe has judged, which is added to.
        """
        self.page.wait_for_load_state("networkidle")
        shift, size = self.page.evaluate("window.shifts"), sum(self.sizes)
        self.page.evaluate(UNFOLD)
        width = self.page.evaluate("document.documentElement.scrollWidth")
        axe = problems(self.page, looks)
        return Visit(self.outside, self.console, size, shift, width, axe)


def problems(page, looks: dict[str, list[str]]) -> list[tuple]:
    """Return what axe finds on a page: of colours, where a look is new."""
    page.add_style_tag(content=PLAIN)
    page.evaluate(AXE)
    page.evaluate(THIN)
    page.evaluate(FRAME)  # what watches sizes has seen them
    off = {rule: {"enabled": False} for rule in COLORS}
    every = {"runOnly": {"type": "tag", "values": TAGS}, "rules": off}
    violations = page.evaluate(RUN, ["", every])
    for scheme, known in looks.items():
        page.evaluate(SCHEME, scheme)
        page.evaluate(FRAME)
        known[:] = page.evaluate(LOOKS, known)
        if page.evaluate("window.fresh.length"):
            colors = {"runOnly": {"type": "rule", "values": COLORS}}
            violations += page.evaluate(RUN, ["fresh", colors])
    nodes = [(each["id"], each["nodes"][0]) for each in violations]
    return [(rule, node["target"], node["html"][:80]) for rule, node in nodes]


@pytest.fixture(scope="module", params=range(PARTS))
def opened(request, browser, address, site) -> dict[str, Visit]:
    """Return what came of opening a part of the pages of both languages."""
    folders = [path.parent.relative_to(site) for path in site.rglob("index.html")]
    names = sorted(f"{folder.as_posix()}/".removeprefix("./") for folder in folders)
    assert "" in names
    assert "en/" in names
    names = [*names, "404.html", "en/404.html"][request.param :: PARTS]
    found, looks = {}, {"default": [], "slate": []}
    tabs = [Tab(browser, address) for _ in range(ABREAST)]
    for start in range(0, len(names), ABREAST):
        group = [*zip(names[start : start + ABREAST], tabs, strict=False)]
        for name, tab in group:
            tab.open(name)
        found |= {f"/{name}": tab.tell(looks) for name, tab in group}
    for name in [name for name, seen in found.items() if seen.shift]:
        # On a machine with other work something may move; alone, only what is wrong.
        tabs[0].open(name[1:])
        found[name] = tabs[0].tell(looks)
    for tab in tabs:
        tab.page.context.close()
    return found


def test_axe_finds_nothing(opened):
    assert not {name: seen.axe for name, seen in opened.items() if seen.axe}


def test_no_page_asks_another_host(opened):
    assert not {name: seen.outside for name, seen in opened.items() if seen.outside}


def test_no_page_has_an_error_on_the_console(opened):
    assert not {name: seen.console for name, seen in opened.items() if seen.console}


def test_the_first_load_of_a_page_is_at_most_250_kb(opened):
    sizes = {name: seen.size for name, seen in opened.items()}
    print(max(sizes.items(), key=lambda item: item[1]))
    assert min(sizes.values()) > 50_000
    assert not {name: size for name, size in sizes.items() if size > 250_000}


def test_nothing_jumps_while_a_page_loads(opened):
    assert not {name: seen.shift for name, seen in opened.items() if seen.shift}


@pytest.mark.parametrize(
    "size", [(360, 740), (768, 1024), (1280, 800), (1920, 1080)], ids=str
)
@pytest.mark.parametrize("name", ["loss-explorer", "playground", "schedule-explorer"])
def test_nothing_jumps_when_a_figure_comes_late(browser, address, name, size):
    page = browser.new_page(viewport=dict(zip(("width", "height"), size, strict=True)))
    page.add_init_script(SHIFTS)
    held = []
    page.route("**/assets/explore.js", lambda route: held.append(route))
    page.goto(f"{address}{name}/", wait_until="commit")
    page.wait_for_selector("article [data-explore]")
    page.wait_for_timeout(500)  # what is there by then has been painted
    held.pop().continue_()
    page.wait_for_selector("[data-ready]")
    page.evaluate(FRAME)
    shift = page.evaluate("window.shifts")
    page.close()
    assert not held
    assert shift == 0


def test_nothing_is_wider_than_a_narrow_phone(opened):
    assert not {name: seen.width for name, seen in opened.items() if seen.width > 360}


def test_a_printed_page_is_clean(browser, address):
    page = browser.new_page()
    page.goto(f"{address}en/adam/")
    page.emulate_media(media="print")
    for gone in (".md-header", ".md-sidebar", ".md-footer", ".downloads"):
        assert not page.locator(gone).first.is_visible(), gone
    style = "e => getComputedStyle(e).whiteSpace"
    assert page.locator("pre > code").first.evaluate(style) == "pre-wrap"
    page.goto(f"{address}en/references/")
    link = page.locator("article a[href^=http]").first
    assert "http" in link.evaluate("e => getComputedStyle(e, '::after').content")
    page.close()


def test_the_keyboard_skips_to_the_text_and_opens_what_is_folded(browser, address):
    page = browser.new_page()
    page.goto(f"{address}en/no-grad/")
    page.keyboard.press("Tab")
    assert "md-skip" in page.evaluate("document.activeElement.className")
    page.keyboard.press("Enter")
    assert "#" in page.url
    page.locator(".criterion > summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator(".criterion").first.get_attribute("open") is not None
    page.close()


def test_what_was_open_is_closed_when_the_reader_comes_back(browser, address):
    page = browser.new_page(viewport={"width": 360, "height": 740})
    for toggle in ("__drawer", "__search"):
        page.goto(f"{address}en/adam/", wait_until="networkidle")
        page.locator(f".md-header__button[for={toggle}]").click()
        assert page.locator(f"#{toggle}").is_checked()
        page.goto(f"{address}en/references/")
        page.go_back(wait_until="networkidle")
        assert not page.locator(f"#{toggle}").is_checked()
    page.close()


def test_mathematics_is_there_without_javascript(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}en/adam/")
    assert page.locator("article math").count() > 20
    assert page.locator("article math").first.is_visible()
    page.goto(f"{address}en/ledger/")
    assert page.locator(".ledger > .claim").count() == 80
    page.locator("input[name=verdict][value=false]").check()
    assert 0 < page.locator(".ledger > .claim:visible").count() < 20
    context.close()


def test_the_lines_of_a_formula_meet_at_their_sign(browser):
    """Chromium heeds no ``text-align: end`` in MathML."""
    formula = mathml(r"\begin{aligned} a &= b \\ aaaaaaaa + c &= d \end{aligned}", True)
    page = browser.new_page()
    page.set_content(f'<div class="formula">{formula}</div>')
    page.add_style_tag(path=ASSETS / "site.css")
    gaps = page.evaluate(
        "[...document.querySelectorAll('mtd:first-child')].map(cell =>"
        " cell.getBoundingClientRect().right -"
        " cell.lastElementChild.getBoundingClientRect().right)"
    )
    assert len(gaps) == 2
    assert max(map(abs, gaps)) < 0.5
    page.close()
