"""Ship what pages ask for: one style sheet, scripts that hold nothing up."""

from __future__ import annotations

import shutil
from pathlib import Path

import minify

from ..errors import Fault
from .patches import Table

# Stemmers and segmenters that our search does without, and maps for debuggers.
UNUSED = ("javascripts/lunr", "**/*.map")
SHEETS = ("main", "palette")  # of Material; ours comes after them, in one file
OURS = "site.css"
TYPES = {".js": "application/javascript", ".css": "text/css"}
VENDOR = "vendor"  # what is minified already


def tidy(site: Path, docs: Path, table: Table) -> None:
    """Take away what nothing asks for, and mend what Material ships."""
    assets = site / "assets"
    for pattern in UNUSED:
        for path in list(assets.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for folder in ("javascripts", "stylesheets"):
        for path in sorted(assets.glob(f"{folder}/**/*")):
            if path.is_file() and path.suffix in (".js", ".css"):
                place = path.relative_to(assets).as_posix()
                if not (docs / "assets" / place).exists():  # it is Material's
                    text = table.apply(place, path.read_text("utf-8"), place)
                    path.write_text(text, "utf-8")
    shrink(docs / "assets", assets)
    join_sheets(assets)


def shrink(ours: Path, assets: Path) -> None:
    """Minify what is ours, where it is shipped. Fault for what cannot be parsed."""
    for path in sorted(ours.rglob("*")):
        shipped = assets / (place := path.relative_to(ours))
        if path.suffix in TYPES and VENDOR not in place.parts and shipped.is_file():
            try:
                text = minify.string(TYPES[path.suffix], path.read_text("utf-8"))
            except UnicodeDecodeError:  # it is in some other coding
                continue
            except minify.MinifyError as error:
                raise Fault(f"docs/assets/{place.as_posix()}: {error}") from None
            shipped.write_text(text, "utf-8")


def join_sheets(assets: Path) -> None:
    """Put Material's style sheets and ours into one."""
    sheets = [next(assets.glob(f"stylesheets/{name}.*.css")) for name in SHEETS]
    ours = assets / OURS
    files = [*sheets, ours] if ours.is_file() else sheets
    texts = [path.read_text("utf-8") for path in files]
    (assets / OURS).write_text("\n".join(texts), "utf-8")
    for path in sheets:
        path.unlink()
    if not any(sheets[0].parent.iterdir()):
        sheets[0].parent.rmdir()
