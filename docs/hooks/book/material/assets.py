"""Ship what pages ask for and no more: one style sheet, scripts that hold nothing up.

What Material brings for others is left out, and what makes a page slow is repaired.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path


# Stemmers and segmenters that our search does without, and maps for debuggers.
UNUSED = ("javascripts/lunr", "**/*.map")
SHEETS = ("main", "palette")  # of Material; ours comes after them, in one file
LINK = re.compile(
    r'<link rel="stylesheet" href="[^"]*/(?:main|palette)\.\w+\.min\.css">\n?'
)
SCRIPT = re.compile(r'<script (?=src="[^"]*/bundle\.\w+\.min\.js")')
# What goes from scripts and style sheets, or stands in its place.
REPAIRS = {
    # The names of the maps that went.
    r"\s*/(?:/|\*)# sourceMappingURL=\S+(?:\s*\*/)?\s*$": "\n",
    # Both make a browser style the whole page anew, twice, each time that one loads.
    # Without the rule, colours fade when they are switched; the meta element is ours.
    r"\[data-md-color-switching\] \*[^{}]*\{[^{}]*\}": "",
    r'"meta",\{name:"color-scheme"\}': '"meta",{}',
    # Tables are in boxes already.
    r'"table:not\(\[class\]\)"': '"table.unboxed"',
}


def repaired(text: str) -> str:
    """Return a script or a style sheet of Material as our pages need it.

    >>> repaired("let a=1;\\n//# sourceMappingURL=a.js.map\\n")
    'let a=1;\\n'
    >>> repaired("p{top:0}\\n/*# sourceMappingURL=a.css.map */")
    'p{top:0}\\n'
    >>> repaired("[data-md-color-switching] *,b{transition-duration:0s}p{top:0}")
    'p{top:0}'
    """
    for pattern, instead in REPAIRS.items():
        text = re.sub(pattern, instead, text)
    return text


def light(page: str) -> str:
    """Return a page that asks for one style sheet, and for the script in good time.

    >>> light('<script src="../assets/javascripts/bundle.0a.min.js"></script>')
    '<script defer src="../assets/javascripts/bundle.0a.min.js"></script>'
    """
    return SCRIPT.sub("<script defer ", LINK.sub("", page))


def on_post_page(output: str, **kwargs) -> str:
    """Mend what a page asks for."""
    return light(output)


def on_post_template(output_content: str, template_name: str, config) -> str:
    """Mend what the 404 page asks for."""
    return light(output_content)


def join_sheets(assets: Path, ours: Path) -> None:
    """Put Material's style sheets and ours into one."""
    sheets = [next(assets.glob(f"stylesheets/{name}.*.css")) for name in SHEETS]
    files = [*sheets, ours] if ours.is_file() else sheets
    texts = [path.read_text("utf-8") for path in files]
    (assets / ours.name).write_text("\n".join(texts), "utf-8")
    for path in sheets:
        path.unlink()
    sheets[0].parent.rmdir()


def on_post_build(config) -> None:
    """Take away what nothing asks for; repair the rest."""
    assets = Path(config.site_dir, "assets")
    for pattern in UNUSED:
        for path in list(assets.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    join_sheets(assets, Path(config.docs_dir, "assets", "site.css"))
    for path in [*assets.rglob("*.js"), *assets.rglob("*.css")]:
        path.write_text(repaired(path.read_text("utf-8")), "utf-8")
