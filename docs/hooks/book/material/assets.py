"""Ship what pages ask for: one style sheet, scripts that hold nothing up."""

from __future__ import annotations

import shutil
from pathlib import Path

from .patches import Table

# Stemmers and segmenters that our search does without, and maps for debuggers.
UNUSED = ("javascripts/lunr", "**/*.map")
SHEETS = ("main", "palette")  # of Material; ours comes after them, in one file
OURS = "site.css"


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
    join_sheets(assets, docs / "assets" / OURS)


def join_sheets(assets: Path, ours: Path) -> None:
    """Put Material's style sheets and ours into one."""
    sheets = [next(assets.glob(f"stylesheets/{name}.*.css")) for name in SHEETS]
    files = [*sheets, ours] if ours.is_file() else sheets
    texts = [path.read_text("utf-8") for path in files]
    (assets / OURS).write_text("\n".join(texts), "utf-8")
    for path in sheets:
        path.unlink()
    if not any(sheets[0].parent.iterdir()):
        sheets[0].parent.rmdir()
