"""Every page under axe: nothing at WCAG 2.2 AA, in the light and in the dark theme."""

from importlib.resources import files

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
COLORS = ["color-contrast", "link-in-text-block"]
RUN = "([runOnly, rules]) => axe.run(document, { runOnly, rules })"
# On a gradient, such as that of wide code, axe does not judge a contrast.
PLAIN = """*, ::before, ::after {
  background-image: none !important; transition: none !important;
}"""
UNFOLD = "document.querySelectorAll('details').forEach(each => { each.open = true; })"
# Of code and formulas, one of each kind on each ground: a contrast takes axe a while.
THIN = """() => {
  const seen = new Set();
  const grounds = "details, .admonition, .claim, .result, li, table, article";
  for (const token of document.querySelectorAll("pre code span, math, figure svg")) {
    const ground = token.closest(grounds);
    const kind = [token, ground].map((e) => e?.tagName + e?.getAttribute("class"));
    if (seen.has(`${kind}`)) token.remove();
    seen.add(`${kind}`);
  }
}"""
FRAME = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
SWITCH = "document.body.dataset.mdColorScheme = 'slate'"


def problems(page, address: str, name: str) -> dict[str, list[tuple]]:
    """Return what axe finds on a page, with all folds open.

    Of a Chinese page, in either theme; of an English one, apart from the colours.
    """
    page.goto(f"{address}{name}", wait_until="load")
    page.evaluate(UNFOLD)
    page.add_style_tag(content=PLAIN)
    page.evaluate(AXE)
    off = {rule: {"enabled": False} for rule in COLORS}
    colors = {"type": "rule", "values": COLORS}
    found = {"all": axe(page, {"type": "tag", "values": WCAG}, off)}
    if not name.startswith("en/"):  # where the colours are the same
        page.evaluate(THIN)
        found["light"] = axe(page, colors)
        page.evaluate(SWITCH)
        found["dark"] = axe(page, colors)
    return {scheme: each for scheme, each in found.items() if each}


def axe(page, only: dict, rules: dict | None = None) -> list[tuple]:
    """Return the violations that axe finds: rule, place and HTML of the first each."""
    page.evaluate(FRAME)  # what watches sizes has seen them
    violations = page.evaluate(RUN, [only, rules or {}])["violations"]
    nodes = [(each["id"], each["nodes"][0]) for each in violations]
    return [(rule, node["target"], node["html"][:80]) for rule, node in nodes]


def test_axe_finds_nothing(browser, address, site):
    phone = {"width": 360, "height": 740}
    context = browser.new_context(
        viewport=phone, color_scheme="light", reduced_motion="reduce"
    )
    context.add_init_script("localStorage.setItem('language', 'zh')")
    page = context.new_page()
    folders = [path.parent.relative_to(site) for path in site.rglob("index.html")]
    names = sorted(f"{folder.as_posix()}/".removeprefix("./") for folder in folders)
    assert len(names) > 40
    found = {
        name: problems(page, address, name)
        for name in [*names, "404.html", "en/404.html"]
    }
    context.close()
    assert not {name: each for name, each in found.items() if each}
