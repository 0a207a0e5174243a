"""All that we change in the output or the internals of other projects, in one table.

Each patch says what it replaces, how often that must be found, why, and in which
version it was seen. Another count stops the build in one line.
"""

from __future__ import annotations

import importlib
import re
from collections import Counter
from dataclasses import dataclass
from importlib import metadata

from ..errors import Fault


@dataclass(frozen=True)
class Patch:
    """A change of another project's text, or of an attribute of its modules.

    where: what it is done to: "page", "404", a file below ``assets``, or "internals".
    pattern: of text, or the attribute that is replaced or called. times: how often it
    must be found in each; "n" for the number of languages, None for once or more,
    "*" for as often as the navigation has it.
    """

    name: str
    package: str
    seen: str
    where: str
    pattern: str
    replacement: str
    times: int | str | None
    why: str


PATCHES = (
    Patch(
        "style-sheets", "mkdocs-material", "9.8.1", "page 404",
        r'<link rel="stylesheet" href="[^"]*/(?:main|palette)\.\w+\.min\.css">\n?',
        "", 2,
        "its style sheets and ours are one file",
    ),
    Patch(
        "script", "mkdocs-material", "9.8.1", "page 404",
        r'<script (?=src="[^"]*/bundle\.\w+\.min\.js")', "<script defer ", 1,
        "nothing waits for the script",
    ),
    Patch(
        "search-dialog", "mkdocs-material", "9.8.1", "search",
        r'data-md-component="search" role="dialog"', r'\g<0> aria-label="{search}"', 1,
        "a dialog has a name",
    ),
    Patch(
        "toggles", "mkdocs-material", "9.8.1", "page 404",
        r'(<input class="md-toggle" [^>]*) autocomplete="off">'
        r'(\s*<input class="md-toggle" [^>]*) autocomplete="off">',
        '<form id="__toggles" autocomplete="off" hidden></form>\n'
        r'\1 form="__toggles">\2 form="__toggles">', 1,
        "HTML allows no autocomplete on a checkbox; it belongs to a form that has it",
    ),
    Patch(
        "tabindex", "mkdocs-material", "9.8.1", "page 404", r' tabindex=""', "", "*",
        "HTML wants a number there; sections of the navigation have it, or not",
    ),
    Patch(
        "alternates", "mkdocs-static-i18n", "1.3.1", "page 404",
        r'<link rel="alternate" href="[^"]*" hreflang="\w+">\s*', "", "n",
        "our links to the languages hold wherever the site lies",
    ),
    Patch(
        "maps", "mkdocs-material", "9.8.1", "javascripts/ stylesheets/",
        r"\s*/(?:/|\*)# sourceMappingURL=\S+(?:\s*\*/)?\s*$", "\n", None,
        "the maps for debuggers do not ship",
    ),
    Patch(
        "switching", "mkdocs-material", "9.8.1", "stylesheets/palette.",
        r"\[data-md-color-switching\] \*[^{}]*\{[^{}]*\}", "", 1,
        "it makes a browser style the whole page anew each time that one loads",
    ),
    Patch(
        "color-scheme", "mkdocs-material", "9.8.1", "javascripts/bundle.",
        r'"meta",\{name:"color-scheme"\}', '"meta",{}', 1,
        "likewise; the meta element is ours",
    ),
    Patch(
        "tables", "mkdocs-material", "9.8.1", "javascripts/bundle.",
        r'"table:not\(\[class\]\)"', '"table.unboxed"', 1,
        "tables are in boxes already",
    ),
    Patch(
        "search-digits", "mkdocs-material", "9.8.1", "javascripts/workers/search.",
        r"(?<=\be=e\+s\+o\.id)(?=\}return e\})", '+","', 1,
        "lunr writes a letter and a number as one, so words with digits are mixed up, "
        "and a query with such a word may raise and find nothing",
    ),
    Patch(
        "headings-cache", "markdown-exec", "1.12.6", "internals",
        "markdown_exec._internal.rendering:_register_headings_processors.cache_clear",
        "", 1, "it keeps every Markdown instance for ever",
    ),
    Patch(
        "kernel", "nbconvert", "7.17.2", "internals",
        "nbconvert.preprocessors:ExecutePreprocessor", "book.live.kernel.Kernel", 1,
        "labs run under the rules of cells",
    ),
    Patch(
        "clean-directory", "mkdocs-static-i18n", "1.3.1", "internals",
        "mkdocs.utils:clean_directory", "mkdocs.utils.clean_directory", 1,
        "static-i18n takes it away while it builds, also when that fails",
    ),
    Patch(
        "search-index", "mkdocs-material", "9.8.1", "internals",
        "material.plugins.search.plugin:SearchIndex.add_entry_from_context", "", 1,
        "the entries are ours, written from the steps of a page",
    ),
)  # fmt: skip


class Table:
    """Applies patches and counts what they find."""

    def __init__(self, languages: int, patches: tuple[Patch, ...] = PATCHES) -> None:
        self.languages, self.patches = languages, patches
        self.found: Counter[str] = Counter()

    def fault(self, patch: Patch, count: int, times: int | str, place: str) -> Fault:
        """Return what stops a build: the entry, the package and its version."""
        version = metadata.version(patch.package)
        return Fault(
            f"patch {patch.name!r} of {patch.package} {version} (seen in {patch.seen}) "
            f"is found {count} times, not {times}, in {place}: see patches.py"
        )

    def apply(self, where: str, text: str, place: str, **words: str) -> str:
        """Return a text with its patches; Fault where one is found too often or not.

        where: what the text is. place: its name in a fault. words: for replacements.
        """
        for patch in self.patches:
            if not any(where.startswith(each) for each in patch.where.split()):
                continue
            new = patch.replacement
            for word, value in words.items():
                new = new.replace(f"{{{word}}}", value)
            text, count = re.subn(patch.pattern, new, text)
            self.found[patch.name] += count
            times = self.languages if patch.times == "n" else patch.times
            if times not in (None, "*") and count != times:
                raise self.fault(patch, count, times, place)
        return text

    def complete(self) -> None:
        """Raise Fault where a patch that must be found somewhere was not."""
        for patch in self.patches:
            if patch.times is None and not self.found[patch.name]:
                raise self.fault(patch, 0, "once or more", "the site")

    def internals(self) -> None:
        """Raise Fault where an attribute that we replace or call is not there."""
        for patch in self.patches:
            if patch.where == "internals" and patch.package != "nbconvert":
                module, _, path = patch.pattern.partition(":")
                found = importlib.import_module(module)
                for name in path.split("."):
                    found = getattr(found, name, None)
                if found is None:
                    raise self.fault(patch, 0, 1, module)
