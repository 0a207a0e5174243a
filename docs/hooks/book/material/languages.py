"""Lead from a page to its other language.

static-i18n finds the other language of each page. Here the links of the switch are made
to hold wherever the site lies; those of the head are made of them (alternates.html).
"""

from __future__ import annotations

import re


def is_home(page) -> bool:
    """Tell whether a page is its language's home; to MkDocs only the first one is."""
    return page.file.src_uri.partition("/")[2] == "index.md"


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


def based(output: str, language: str) -> str:
    """Return the 404 page of a language that is not the default one.

    >>> based('{"base": "/site/"}', "en"), based('{"base": "/site"}', "en")
    ('{"base": "/site/en/"}', '{"base": "/site/en/"}')
    """
    return re.sub(r'("base": "[^"]*?)/?"', rf'\1/{language}/"', output, count=1)
