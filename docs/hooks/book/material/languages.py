"""Lead from a page to its other language, and a first visit to the reader's own.

static-i18n finds the other language of each page. Here its links are made to hold
wherever the site lies: relative in the switch, and in the head, once the site's address
is known, absolute as search engines want them.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import urljoin

from mkdocs.utils import get_relative_url

SCRIPT = Path(__file__).with_name("language.js")
PERMALINK = {"zh": "本节的链接", "en": "Link to this section"}


def is_home(page) -> bool:
    """Tell whether a page is its language's home; to MkDocs only the first one is."""
    return page.file.src_uri.partition("/")[2] == "index.md"


@cache
def inline(script: Path) -> str:
    """Return a script as it stands in the head of each page, without its comments."""
    lines = map(str.strip, script.read_text("utf-8").splitlines())
    return "\n".join(line for line in lines if not line.startswith("//"))


def head(links: dict[str, str], default: str) -> str:
    """Return the links to a page's languages for its head.

    The space in ``rel`` is one that HTML does not see and Material's script does: it
    asks for a sitemap below each of these addresses, where there is none.

    >>> print(head({"zh": "../", "en": "../en/"}, "zh"))
    <link rel="alternate " href="../" hreflang="zh">
    <link rel="alternate " href="../en/" hreflang="en">
    <link rel="alternate " href="../" hreflang="x-default">
    """
    everyone = links | {"x-default": links[default]}
    return "\n".join(
        f'<link rel="alternate " href="{link}" hreflang="{language}">'
        for language, link in everyone.items()
    )


def lead(config, links: dict[str, str]) -> None:
    """Set where the switch leads; templates see the attribute before the item."""
    switch = [
        alternate | {"link": links[alternate["lang"]]}
        for alternate in config.extra["alternate"]
    ]
    config.extra["alternate"] = config.extra.alternate = switch


def lead_from(page, config) -> None:
    """Let the switch lead to this page in each language, relative to it."""
    files = {page.file.locale: page.file} | page.file.alternates
    lead(config, {language: file.url for language, file in files.items()})


def lead_home(config) -> None:
    """Let the switch of the 404 page lead to the home pages."""
    i18n = config.plugins["i18n"]
    homes = {language: f"{language}/" for language in i18n.build_languages}
    lead(config, homes | {i18n.default_language: "."})


def tags(page, config) -> str:
    """Return the links and the script for the head of a page."""
    i18n = config.plugins["i18n"]
    files = {page.file.locale: page.file} | page.file.alternates
    links = {}
    for language in i18n.build_languages:
        url = files[language].url
        if config.site_url:
            links[language] = urljoin(config.site_url, url)
        else:
            links[language] = get_relative_url(url, page.url)
    home = get_relative_url("en/", page.url) if page.url in ("", "./") else ""
    script = inline(SCRIPT).replace('"HOME"', f'"{home}"')
    return f"{head(links, i18n.default_language)}\n<script>{script}</script>\n"


def based(output: str, language: str) -> str:
    """Return the 404 page of a language that is not the default one.

    >>> based('{"base": "/site/"}', "en"), based('{"base": "/site"}', "en")
    ('{"base": "/site/en/"}', '{"base": "/site/en/"}')
    """
    return re.sub(r'("base": "[^"]*?)/?"', rf'\1/{language}/"', output, count=1)
