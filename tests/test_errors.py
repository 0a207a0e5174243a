"""Each error of the museum is found by its words, which its own output holds."""

import html
import re

import pytest

ENTRY = re.compile(
    r'<h3 id="([\w-]+)"><code>(.*?)</code>(.*?)(?=<h[23]|</article>)', re.S
)
OUTPUT = re.compile(r'<div class="language-text highlight">(.*?)</div>', re.S)


def text(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", markup)).split())


@pytest.mark.parametrize("language", ["", "en/"], ids=["zh", "en"])
def test_the_words_of_a_heading_stand_in_the_output_below(site, language):
    page = (site / language / "errors" / "index.html").read_text("utf-8")
    entries = ENTRY.findall(page)
    assert len(entries) > 40
    for place, words, rest in entries:
        (output,) = OUTPUT.findall(rest)
        assert text(words) in text(output), place
        lines = re.sub(r"<[^>]+>", "", output).strip().splitlines()
        assert len(lines) > 1, f"{place}: no repair was run"
