"""References that lead nowhere are faults, not text."""

from __future__ import annotations

import re

from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from ..errors import Fault

LEFT = re.compile(r"\[[^\]\[\n]+\]\[[^\]\[\n]*\]|\[\^[\w-]+\]")
CODE = ("code", "pre", "script", "style")


class ReferenceTreeprocessor(Treeprocessor):
    """Refuses ``[text][name]`` and ``[^name]`` that Markdown has left as they are."""

    def run(self, root) -> None:
        """Look through the text of the document, code left aside."""
        for element in root.iter():
            inside = "" if element.tag in CODE else element.text
            for text in (inside, element.tail):
                plain = text and not isinstance(text, AtomicString)
                found = plain and LEFT.search(text)
                if found:
                    raise Fault(f"the reference {found[0]} leads nowhere")
