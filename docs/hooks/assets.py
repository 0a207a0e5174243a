"""Ship no asset that no page asks for: what Material brings for others is left out."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from mkdocs.plugins import event_priority

# Stemmers and segmenters that our search does without, and maps for debuggers.
UNUSED = ("javascripts/lunr", "**/*.map")
MAP = re.compile(r"\s*/(?:/|\*)# sourceMappingURL=\S+(?:\s*\*/)?\s*$")


def without_map(text: str) -> str:
    """Return a script or a style sheet that names no map.

    >>> without_map("let a=1;\\n//# sourceMappingURL=a.js.map\\n")
    'let a=1;\\n'
    >>> without_map("p{top:0}\\n/*# sourceMappingURL=a.css.map */")
    'p{top:0}\\n'
    """
    return MAP.sub("\n", text)


@event_priority(-150)  # after static-i18n, before staging
def on_post_build(config) -> None:
    """Take away what nothing asks for, and the names of the maps that went."""
    if config.plugins["i18n"].building:
        return
    assets = Path(config.site_dir, "assets")
    for pattern in UNUSED:
        for path in list(assets.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in [*assets.rglob("*.js"), *assets.rglob("*.css")]:
        path.write_text(without_map(path.read_text("utf-8")), "utf-8")
