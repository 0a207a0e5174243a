"""What we change in other projects is counted: one match more or less ends a build."""

import re
from importlib import metadata

import pytest
from book.errors import Fault
from book.material.patches import PATCHES, Patch, Table

WHAT = Patch(
    "demo", "mkdocs-material", "9.8.1", "page", "<b>", "<i>", 1, "for the test"
)


@pytest.mark.parametrize("text", ["", "<b><b>"])
def test_one_match_more_or_less_names_the_entry_and_the_version(text):
    table = Table(2, (WHAT,))
    assert table.apply("page", "<b>", "docs/zh/index.md") == "<i>"
    with pytest.raises(Fault) as caught:
        table.apply("page", text, "docs/zh/index.md")
    said = str(caught.value)
    assert "\n" not in said
    version = metadata.version("mkdocs-material")
    for words in ("'demo'", f"mkdocs-material {version}", "not 1", "docs/zh/index.md"):
        assert words in said


def test_what_must_be_found_somewhere_is_missed_at_the_end():
    somewhere = Patch(*vars(WHAT).values())
    object.__setattr__(somewhere, "times", None)
    table = Table(2, (somewhere,))
    table.apply("page", "nothing", "a page")
    with pytest.raises(Fault, match="demo"):
        table.complete()


def test_an_attribute_that_is_gone_is_named():
    gone = Patch(
        "gone", "mkdocs", "1.6.1", "internals", "mkdocs.utils:nothing", "", 1, "a test"
    )
    with pytest.raises(Fault, match="'gone' of mkdocs"):
        Table(2, (gone,)).internals()


def test_each_patch_says_why_and_was_seen_in_the_version_that_is_installed():
    assert len({patch.name for patch in PATCHES}) == len(PATCHES) > 5
    for patch in PATCHES:
        assert patch.why
        assert re.compile(patch.pattern)
        assert metadata.version(patch.package) == patch.seen, patch.name
