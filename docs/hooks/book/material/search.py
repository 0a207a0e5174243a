"""Give each language a search of its own: an index, its settings, and words to search.

Material's pages ask for the index below their ``base``, so the base of a page is the
root of its language. The search worker gets ``query.js`` in front, which cuts queries
into words. The index is half of what a first visit would load, so it waits
(``later.js``).
"""

from __future__ import annotations

import json
from pathlib import Path

INDEX = Path("search", "search_index.json")
WORKERS = "assets/javascripts/workers/search.*.min.js"
QUERY = Path(__file__).with_name("query.js")
LATER = Path(__file__).with_name("later.js")
DICTIONARY = Path(__file__).with_name("search_dictionary.txt")
NAMES = {"zh": "搜索", "en": "Search"}
# Queries end in a wildcard, which no stemmer sees; so the words are kept as they are.
PIPELINES = {"zh": [], "en": ["stopWordFilter"]}


def index(language: str, root: str, settings: dict, entries: list[dict]) -> str:
    """Return the index of a language; places in it are relative to its root.

    >>> entry = {"location": "en/adam/#m", "title": "m", "text": ""}
    >>> json.loads(index("en", "en/", {}, [entry]))["docs"][0]["location"]
    'adam/#m'
    """
    # lunr's own support for Chinese asks for a segmenter that no browser has.
    settings = settings | {"lang": ["en"], "pipeline": PIPELINES.get(language, [])}
    docs = [e | {"location": e["location"].removeprefix(root)} for e in entries]
    whole = {"config": settings, "docs": docs}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def mend_workers(site: Path) -> None:
    """Let the search worker cut queries into words."""
    query = QUERY.read_text("utf-8")
    for worker in site.glob(WORKERS):
        script = worker.read_text("utf-8")
        if not script.startswith(query):  # a dirty build leaves the file
            worker.write_text(query + script, "utf-8")
