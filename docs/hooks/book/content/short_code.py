"""Short code in text stays on one line, where it might break at a hyphen."""

from __future__ import annotations

import html
from xml.etree.ElementTree import Element

from markdown.treeprocessors import Treeprocessor
from markdown.util import HTML_PLACEHOLDER_RE

SHORT = 16  # characters
TEXTS = ("p", "li", "summary", "a")  # not cells of a table, which are narrow


class ShortCodeTreeprocessor(Treeprocessor):
    """Marks code that is short and stands in text."""

    def run(self, root: Element) -> None:
        """Look for it; the extension for inline code has put its text away."""
        texts = [part for part in root.iter() if part.tag in TEXTS]
        for code in [code for text in texts for code in text.findall("code")]:
            kept = HTML_PLACEHOLDER_RE.fullmatch(code.text or "")
            said = self.md.htmlStash.rawHtmlBlocks[int(kept[1])] if kept else code.text
            if len(html.unescape(str(said))) <= SHORT:
                code.set("class", "nowrap")
