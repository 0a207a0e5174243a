"""Give each language a search of its own: an index, its settings, and words to search.

Material's pages ask for the index below their ``base``, so the base of a page is the
root of its language. The search worker gets ``query.js`` in front, which cuts queries
into words. The index is half of what a first visit would load, so it waits
(``search.html`` of the theme).

People type questions, and sections answer them in words of their own. So each question
of the questions' pages stands in the index in front of the section that it leads to.
Material prefers a page's first entry to its sections by far; the boosts take that back.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from ..outputs import search_entries

INDEX = Path("search", "search_index.json")
WORKERS = "assets/javascripts/workers/search.*.min.js"
QUERY = Path(__file__).with_name("query.js")
DICTIONARY = Path(__file__).with_name("search_dictionary.txt")
# Queries end in a wildcard, which no stemmer sees; so the words are kept as they are.
PIPELINES = {"zh": [], "en": ["stopWordFilter"]}
QUESTIONS = "questions*.md"
FIRST = 0.6  # a page's first entry
LISTS = 0.5  # pages of short lines, each of which leads to an answer elsewhere
LISTING = re.compile(r"(questions[\w-]*|references|ledger)/")
QUESTION = re.compile(
    r"^- (?P<asked>\*\*.+?) ?\[[^\]]+\]\((?P<page>[\w-]+)\.md#(?P<place>[\w-]+)\)$",
    re.MULTILINE,
)


def index(language: str, root: str, settings: dict, entries: list[dict]) -> str:
    """Return the index of a language; places in it are relative to its root.

    >>> entry = {"location": "en/adam/#m", "title": "m", "text": ""}
    >>> json.loads(index("en", "en/", {}, [entry]))["docs"][0]["location"]
    'adam/#m'
    """
    # lunr's own support for Chinese asks for a segmenter that no browser has.
    settings = settings | {"lang": ["en"], "pipeline": PIPELINES.get(language, [])}
    docs = []
    for entry in entries:
        place = entry["location"].removeprefix(root)
        boost = 1.0 if "#" in place else FIRST
        boost *= LISTS if LISTING.match(place) else 1.0
        docs.append(
            entry | {"location": place} | ({} if boost == 1 else {"boost": boost})
        )
    whole = {"config": settings, "docs": docs}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def lend(entries: list[dict], documents: str, root: str) -> list[dict]:
    """Return entries with the questions in front that lead to them.

    documents: the questions' pages as Markdown; root: of the language, in front of the
    places.

    >>> entry = {"location": "en/adam/#m", "title": "m", "text": "<p>Rest</p>"}
    >>> question = "- **What is m?** A mean. [See it run](adam.md#m)"
    >>> lend([entry], question, "en/")[0]["text"]
    '<p>What is m? A mean.</p> <p>Rest</p>'
    """
    asked: dict[str, list[str]] = {}
    for match in QUESTION.finditer(documents):
        text = f"<p>{search_entries.plain(match['asked'])}</p>"
        place = f"{root}{match['page']}/#{match['place']}"
        asked.setdefault(place, []).append(search_entries.segmented(text))
    return [
        entry | {"text": " ".join([*asked.get(entry["location"], ()), entry["text"]])}
        for entry in entries
    ]


def mend_workers(site: Path) -> None:
    """Let the search worker cut queries into words."""
    query = QUERY.read_text("utf-8")
    for worker in site.glob(WORKERS):
        script = worker.read_text("utf-8")
        if not script.startswith(query):  # a dirty build leaves the file
            worker.write_text(query + script, "utf-8")
