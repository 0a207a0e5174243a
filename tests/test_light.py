"""What is left of the styles styles alike; no page flashes; the script may be late."""

from pathlib import Path

import material
import pytest

ROOT = Path(__file__).parents[1]
STYLES = """() => [...document.querySelectorAll("*")].map((element) => {
  let sum = 0;
  for (const part of [null, "::before", "::after"]) {
    const style = getComputedStyle(element, part);
    if (part && style.content === "none") continue;
    for (const name of [...style].filter((name) => !name.startsWith("--")))
      for (const letter of style.getPropertyValue(name))
        sum = (sum * 31 + letter.codePointAt(0)) | 0;
  }
  return `${element.tagName} ${element.className} ${sum}`;
})"""


def whole_sheet() -> str:
    """Return all styles, of which the site has those that it needs."""
    sheets = Path(material.__file__).with_name("templates") / "assets" / "stylesheets"
    material_s = [
        next(sheets.glob(f"{name}.*.min.css")) for name in ("main", "palette")
    ]
    own = ROOT / "docs" / "assets" / "site.css"
    return "\n".join(path.read_text("utf-8") for path in [*material_s, own])


@pytest.mark.parametrize("name", ["", "en/no-grad/", "labs/names/", "404.html"])
@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_the_styles_that_were_left_out_change_nothing(
    browser, address, name, width, scheme
):
    styles = []
    for whole in (False, True):
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        context.add_init_script("localStorage.setItem('language', 'zh')")
        page = context.new_page()
        if whole:
            page.route(
                "**/styles.*.css",
                lambda route: route.fulfill(
                    body=whole_sheet(), content_type="text/css"
                ),
            )
        page.goto(f"{address}{name}", wait_until="networkidle")
        page.keyboard.press("/")
        page.keyboard.type("loss", delay=20)
        page.locator(".md-search-result__link").first.wait_for()
        before, now = None, page.evaluate(STYLES)
        while now != before:  # until nothing moves any more
            page.wait_for_timeout(300)
            before, now = now, page.evaluate(STYLES)
        styles.append(now)
        context.close()
    assert len(styles[0]) > 300
    assert not set(styles[0]) ^ set(styles[1])


@pytest.mark.parametrize("scheme", ["default", "slate"])
def test_a_first_visit_has_its_colours_before_material_s_script(
    browser, address, scheme
):
    wanted = "dark" if scheme == "slate" else "light"
    page = browser.new_page(color_scheme=wanted)
    page.route("**/bundle.*.js", lambda route: route.abort())
    page.goto(f"{address}en/adam/")
    assert page.evaluate("document.body.dataset.mdColorScheme") == scheme
    meta = page.locator("meta[name=color-scheme]")
    assert meta.get_attribute("content") == wanted
    shown = page.locator("[data-md-component=palette] label:visible")
    assert shown.count() == 1
    page.close()


def test_what_is_typed_before_material_s_script_is_searched_for(browser, address):
    page = browser.new_page()
    held = []
    page.route("**/bundle.*.js", lambda route: held.append(route))
    page.goto(f"{address}en/adam/", wait_until="domcontentloaded")
    page.focus(".md-search__input")
    page.keyboard.type("momentum")
    while not held:
        page.wait_for_timeout(50)
    held.pop().continue_()
    page.locator(".md-search-result__link").first.wait_for()
    page.close()


def test_the_switch_of_the_theme_switches_and_is_remembered(browser, address):
    context = browser.new_context(color_scheme="light")
    page = context.new_page()
    page.goto(f"{address}en/adam/", wait_until="networkidle")
    page.locator("[data-md-component=palette] label:visible").click()
    read = "[document.body.dataset.mdColorScheme, document.head.querySelector("
    read += "'meta[name=color-scheme]').content]"
    page.wait_for_function("document.body.dataset.mdColorScheme === 'slate'")
    assert page.evaluate(read) == ["slate", "dark"]
    page.goto(f"{address}en/ledger/", wait_until="networkidle")
    assert page.evaluate(read) == ["slate", "dark"]
    context.close()
