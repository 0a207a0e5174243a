"""Give each language a search of its own: an index, its settings, and words to search.

static-i18n writes one index for all languages (ultrabug/mkdocs-static-i18n#271), and
Material's pages ask for the one below their ``base``. So the index is split by the
folders of the languages, and the base of a page is the root of its language. And the
search worker gets ``query.js`` in front, which cuts queries into words. The index is
half of what a first visit would load, so it waits (``later.js``).
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

import jieba

from .languages import inline
from mkdocs.utils import get_relative_url

jieba.setLogLevel(logging.WARNING)
DICTIONARY = Path(__file__).with_name("jieba.txt")
INDEX = Path("search", "search_index.json")
WORKERS = "assets/javascripts/workers/search.*.min.js"
QUERY = Path(__file__).with_name("query.js")
LATER = Path(__file__).with_name("later.js")
DIALOG = 'data-md-component="search" role="dialog"'
NAMES = {"zh": "搜索", "en": "Search"}
# Queries end in a wildcard, which no stemmer sees; so the words are kept as they are.
KEYS = ("lang", "separator", "pipeline", "fields")
PIPELINES = {"zh": [], "en": ["stopWordFilter"]}


def split(index: dict, languages: list[str], default: str) -> dict[str, dict]:
    """Return an index for each language, with its places relative to its root.

    >>> docs = [{"location": place} for place in ("", "adam/#m", "en/", "en/adam/#m")]
    >>> parts = split({"config": {}, "docs": docs}, ["zh", "en"], "zh")
    >>> [[doc["location"] for doc in parts[name]["docs"]] for name in ("zh", "en")]
    [['', 'adam/#m'], ['', 'adam/#m']]
    """
    # A page stands once: static-i18n keeps the entries of the builds before, in serve.
    places = {doc["location"]: doc for doc in index["docs"]}
    parts: dict[str, dict] = {}
    for language in languages:
        # lunr's own support for Chinese asks for a segmenter that no browser has.
        settings = {"lang": ["en"], "pipeline": PIPELINES.get(language, [])}
        parts[language] = {"config": index["config"] | settings, "docs": []}
    for place, doc in places.items():
        folder, _, rest = place.partition("/")
        if folder in languages and folder != default:
            parts[folder]["docs"].append(doc | {"location": rest})
        else:
            parts[default]["docs"].append(doc)
    return parts


def on_config(config) -> None:
    """Let the search segment Chinese by the field's words."""
    jieba.load_userdict(str(DICTIONARY))
    if not config.plugins["i18n"].building:
        entries.clear()


def on_page_context(context, page, config, **kwargs):
    """Let a page ask for the index of its language; keep one memory for all pages."""
    i18n = config.plugins["i18n"]
    config.extra["scope"] = context["base_url"]  # where the choice of colours is kept
    if i18n.current_language != i18n.default_language:
        root = f"{i18n.current_language}/"
        context["base_url"] = get_relative_url(root, page.url)
    return context


def on_template_context(context, template_name, config):
    """Do the same for pages that are made of a template: they are at the root."""
    config.extra["scope"] = context["base_url"]
    return context


def on_post_page(output: str, config, **kwargs) -> str:
    """Let the index wait until it is wanted; give the dialog of the search a name."""
    name = NAMES[config.plugins["i18n"].current_language]
    script = f"<script>{inline(LATER)}</script>\n</head>"
    output = output.replace(DIALOG, f'{DIALOG} aria-label="{name}"')
    return output.replace("</head>", script, 1)


def on_post_template(output_content: str, template_name: str, config) -> str:
    """Do the same for the 404 page."""
    return on_post_page(output_content, config)


def collect(config) -> None:
    """Keep the entries of the language that has been built."""
    if "material/search" in config.plugins:
        entries.extend(config.plugins["material/search"].search_index.entries)


def on_post_build(config) -> None:
    """Write an index for each language; let the worker cut queries into words."""
    i18n = config.plugins["i18n"]
    search = config.plugins.get("material/search")
    if not search:
        return
    settings = {key: search.config[key] for key in KEYS}
    index = {"config": settings, "docs": entries}
    parts = split(index, i18n.build_languages, i18n.default_language)
    search.config.enabled = False  # static-i18n would have it write one more
    for language, part in parts.items():
        folder = "" if language == i18n.default_language else language
        path = Path(config.site_dir) / folder / INDEX
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(part, ensure_ascii=False, separators=(",", ":"))
        path.write_text(text, "utf-8")
    query = QUERY.read_text("utf-8")
    for worker in Path(config.site_dir).glob(WORKERS):
        script = worker.read_text("utf-8")
        if not script.startswith(query):  # a dirty build leaves the file
            worker.write_text(query + script, "utf-8")


entries: list[dict] = []
