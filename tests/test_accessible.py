"""Every page under axe: nothing at WCAG 2.2 AA, in the light and in the dark theme."""

from importlib.resources import files

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RULES = {
    "light": {"type": "tag", "values": WCAG},
    "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}  # the themes differ in their colours, and in nothing else
RUN = "only => axe.run(document, {runOnly: only})"
# On a gradient, such as that of wide code, axe does not judge a contrast.
PLAIN = """*, ::before, ::after {
  background-image: none !important; transition: none !important;
}"""
UNFOLD = "document.querySelectorAll('details').forEach(each => { each.open = true; })"


FRAME = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
DARK = "document.body.dataset.mdColorScheme = 'slate'"


def problems(page, address: str, name: str) -> dict[str, list[tuple]]:
    """Return what axe finds on a page in either theme, with all folds open."""
    page.goto(f"{address}{name}", wait_until="load")
    page.evaluate(UNFOLD)
    page.add_style_tag(content=PLAIN)
    page.evaluate(AXE)
    found = {}
    for scheme, rules in RULES.items():
        if scheme == "dark":
            page.evaluate(DARK)
        page.evaluate(FRAME)  # what watches sizes has seen them
        violations = page.evaluate(RUN, rules)["violations"]
        nodes = [(each["id"], each["nodes"][0]) for each in violations]
        found[scheme] = [
            (rule, node["target"], node["html"][:80]) for rule, node in nodes
        ]
    return {scheme: each for scheme, each in found.items() if each}


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
