"""The block ``/// claim``: a statement of the post, its verdict, and why."""

from __future__ import annotations

import xml.etree.ElementTree as etree

from pymdownx.blocks import BlocksExtension
from pymdownx.blocks.block import Block

from .view import KINDS, trial_html, verdict_words
from .words import WORDS


class Claim(Block):
    """One line with the verdict and the quote; the reason; the evidence, folded.

    Its arguments are the id and the quote. The last thing in it is the code that
    decides, which ``extension`` puts there.
    """

    NAME = "claim"
    ARGUMENT = True

    def on_validate(self, parent) -> bool:
        """Accept what the reader of pages has found right."""
        self.id, _, self.quote = (part.strip() for part in self.argument.partition("|"))
        return self.md.book.view is not None

    def on_create(self, parent):
        """Create the element with its title."""
        view = self.md.book.view
        words = WORDS[view.language]
        trial = view.trial(self.id)
        kind = KINDS[trial["verdict"]] if trial else "implied"
        element = etree.SubElement(parent, "div")
        element.attrib |= {"class": f"admonition claim {kind}", "id": self.id}
        title = etree.SubElement(element, "p", {"class": "admonition-title"})
        verdict = etree.SubElement(title, "strong", {"class": "verdict"})
        verdict.text = verdict_words(trial, words)
        verdict.tail = f"{words['between']}{self.quote}"
        return element

    def on_end(self, block) -> None:
        """Fold the evidence away: the cases and the code that decides."""
        view = self.md.book.view
        words, trial = WORDS[view.language], view.trial(self.id)
        code = list(block)[-1]
        block.remove(code)
        details = etree.SubElement(block, "details", {"class": "criterion"})
        etree.SubElement(details, "summary").text = words["evidence"]
        if trial:
            cases = trial_html(trial, view.language, words)
            etree.SubElement(details, "p").text = self.md.htmlStash.store(cases)
        details.append(code)


class ClaimExtension(BlocksExtension):
    """Registers the block."""

    def extendMarkdownBlocks(self, md, block_mgr) -> None:
        """Register the block."""
        block_mgr.register(Claim, self.getConfigs())
