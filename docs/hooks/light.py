"""Make first loads light: one style sheet of what is used, a script that waits.

Pygments marks every token of code. Material ships the styles of all that its pages may
hold, in sheets that hold up the first paint. Its script, as it starts, restyles the
whole page several times. All of this is mended here; ``docs/theme/main.html`` sets what
the script would set.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import tinycss2
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority

SHEETS = ("stylesheets/main.*.min.css", "stylesheets/palette.*.min.css", "site.css")
LINK = re.compile(
    r'<link rel="stylesheet" href="([^"]*assets/)'
    r'(?:stylesheets/[^"]*|site\.css|styles\.\w+\.css)">\s*'
)
# What Pygments marks though it has the colour of the code around it, or nearly so:
# names, punctuation, operators, None, spaces. It is half of all elements of a page.
PLAIN = re.compile(r'<span class="(?:n|p|o|kc|w)">([^<]*)</span>')
BUNDLE = "javascripts/bundle.*.min.js"
SCRIPT = re.compile(r'<script src="([^"]*assets/javascripts/bundle\.[^"]*)"></script>')
# Material's script is asked for once the page is painted, to which it adds nothing.
LATER = (
    "<script>(document.hidden?setTimeout:requestAnimationFrame)(()=>setTimeout(()=>{"
    "if(window.moved||document.querySelector('script[src*=\"/bundle.\"]'))return;"
    'const script=document.createElement("script");script.src="{}";'
    "document.body.append(script)}))</script>"
)
FIXED = r"dir|data-md-color-\w+"  # attributes whose values stand in the pages
# What Material's script does as it starts, and what it does instead. Three of these
# restyle the whole page, though nothing has changed: docs/theme/main.html has set it.
REPAIRS = {
    'let o=x("meta",{name:"color-scheme"});document.head.appendChild(o);': (
        'let o=document.querySelector("meta[name=color-scheme]");'
    ),
    "return o.content=a.colorScheme,": (
        "return o.content===a.colorScheme||(o.content=a.colorScheme),"
    ),
    'document.body.setAttribute("data-md-color-switching","")': (
        'document.body.getAttribute("data-md-color-scheme")===s.color.scheme||'
        'document.body.setAttribute("data-md-color-switching","")'
    ),
    # Two tasks, not one: what is set up, and what is done with the page.
    'h(document,"DOMContentLoaded",{once:!0}).subscribe(()=>e.next(document))': (
        "setTimeout(()=>e.next(document))"
    ),
}


def mend(script: str) -> str:
    """Return Material's script with the repairs made; PluginError if one does not fit.

    >>> mend("let a=1")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    mkdocs.exceptions.PluginError: Material's script has changed: let o=...
    """
    for old, new in REPAIRS.items():
        if new in script:  # a dirty build leaves the file
            continue
        if script.count(old) != 1:
            raise PluginError(f"Material's script has changed: {old}")
        script = script.replace(old, new)
    return script


def names(pages: str, scripts: str) -> set[str]:
    """Return what selectors may ask for: classes, ids, values of some attributes.

    A script may set any word that stands in it.

    >>> sorted(names('<p class="a b" id=c dir="ltr">', 'add("d--e")'))
    ['a', 'add', 'b', 'c', 'd--e', 'dir=ltr']
    """
    known = set(re.findall(r"[\w-]+", scripts))
    for value in re.findall(r'\s(?:class|id)=("[^"]*"|[^\s>"]+)', pages):
        known |= set(value.strip('"').split())
    values = re.findall(rf'\s({FIXED})="([^"]*)"', pages)
    return known | {f"{name}={value}" for name, value in values}


def matches(selector: list, known: set[str]) -> bool:
    """Return whether all that a selector asks for is known.

    What stands in parentheses is left aside: ``:not(.a)`` asks for no ``a``.

    >>> parse = tinycss2.parse_component_value_list
    >>> [matches(parse(s), {"a"}) for s in (".a > p", ".a.b", "#b", ".a:not(.b)")]
    [True, False, False, True]
    """
    before = None
    for token in selector:
        dot = before is not None and before.type == "literal" and before.value == "."
        wanted = None
        if (dot and token.type == "ident") or token.type == "hash":
            wanted = token.value
        elif token.type == "[] block":
            text = tinycss2.serialize(token.content).replace('"', "")
            wanted = text if re.match(rf"({FIXED})=", text) else None
        if wanted is not None and wanted not in known:
            return False
        before = token
    return True


def prune(rules: list, known: set[str]) -> list[tuple[str, object]]:
    """Return the rules that may match, as pairs of a head and a body.

    The body is a list of such pairs for @media and its like, else the tokens of the
    block, or None where there is no block.
    """
    kept = []
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = [[]]
            for token in rule.prelude:
                if token.type == "literal" and token.value == ",":
                    selectors.append([])
                else:
                    selectors[-1].append(token)
            heads = [
                tinycss2.serialize(s).strip() for s in selectors if matches(s, known)
            ]
            if heads:
                kept.append((",".join(heads), rule.content))
        elif rule.type == "at-rule":
            head = f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude).rstrip()}"
            body = rule.content
            if rule.lower_at_keyword in ("media", "supports"):
                body = prune(tinycss2.parse_rule_list(body, True, True), known)
            if body or rule.content is None:
                kept.append((head, body))
    return kept


def written(rules: list[tuple[str, object]], read: set[str] | None = None) -> str:
    """Return pruned rules as text; of custom properties, if told, what is read."""
    text = ""
    for head, body in rules:
        if body is None:
            text += f"{head};"
            continue
        if body and isinstance(body[0], tuple):
            inner = written(body, read)
        elif head.startswith("@") and "keyframes" in head:
            inner = tinycss2.serialize(body)
        else:
            inner = ";".join(
                f"{each.name}:{tinycss2.serialize(each.value).strip()}"
                + "!important" * each.important
                for each in tinycss2.parse_blocks_contents(body, True, True)
                if read is None or not each.name.startswith("--") or each.name in read
            )
        if inner:
            text += f"{head}{{{inner}}}"
    return text


def needed(css: str, known: set[str], elsewhere: str = "") -> str:
    """Return what of a style sheet can have an effect on pages with the known names.

    Custom properties are left out that neither the rest of the sheet reads nor what
    stands elsewhere, in pages and scripts.

    >>> css = ".a, .b { --x: 1; --y: 2; left: var(--x) } @media print { .b { top: 0 } }"
    >>> needed(css, {"a"})
    '.a{--x:1;left:var(--x)}'
    """
    rules = prune(tinycss2.parse_stylesheet(css, True, True), known)
    variable = re.compile(r"var\(\s*(--[\w-]+)")
    spoken = set(re.findall(r"--[\w-]+", elsewhere))
    text = written(rules)
    while True:
        shorter = written(rules, set(variable.findall(text)) | spoken)
        if shorter == text:
            return text
        text = shorter


def one_sheet(page: str, sheet: str) -> str:
    """Return a page that links to one style sheet and asks for Material's script later.

    >>> link = '<link rel="stylesheet" href="../assets/{}">'.format
    >>> one_sheet(link("stylesheets/main.1.css") + link("site.css"), "styles.2.css")
    '<link rel="stylesheet" href="../assets/styles.2.css">\\n'
    """
    found = LINK.search(page)
    if found:
        link = f'<link rel="stylesheet" href="{found[1]}{sheet}">\n'
        start = found.start()
        page = page[:start] + link + LINK.sub("", page[start:])
    return SCRIPT.sub(lambda found: LATER.replace("{}", found[1]), page)


def on_post_page(output: str, **kwargs) -> str:
    """Leave out the marks in code that change nothing to see."""
    return PLAIN.sub(r"\1", output)


@event_priority(-170)  # after all that writes pages and scripts, before staging
def on_post_build(config) -> None:
    """Mend the site that has been written."""
    if config.plugins["i18n"].building:
        return
    site = Path(config.site_dir)
    assets = site / "assets"
    for path in assets.glob(BUNDLE):
        path.write_text(mend(path.read_text("utf-8")), "utf-8")
    pages = {path: path.read_text("utf-8") for path in site.rglob("*.html")}
    scripts = [path.read_text("utf-8") for path in assets.rglob("*.js")]
    sheets = [path for pattern in SHEETS for path in sorted(assets.glob(pattern))]
    whole = "\n".join(path.read_text("utf-8") for path in sheets)
    said = "\n".join(pages.values())
    css = needed(whole, names(said, "\n".join(scripts)), "\n".join([said, *scripts]))
    sheet = f"styles.{hashlib.sha256(css.encode()).hexdigest()[:8]}.css"
    for old in [*sheets, *assets.glob("styles.*.css")]:
        old.unlink()
    (assets / sheet).write_text(css, "utf-8")
    for path, page in pages.items():
        path.write_text(one_sheet(page, sheet), "utf-8")
