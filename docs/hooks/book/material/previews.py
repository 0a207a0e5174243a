"""What other sites show of a page that is linked there: its title and a card.

Such previews need absolute addresses, so there are none without ``site_url``.
"""

from __future__ import annotations

from html import escape, unescape
from urllib.parse import urljoin

from . import languages

CARD = "assets/card-{}.png"  # one for each language
SIZE = 1200, 630
LOCALES = {"zh": "zh_CN", "en": "en_US"}
ALT = {
    "zh": "{}，白字蓝底，下方是梯度下降的路径",
    "en": "{}, above a path of gradient descent",
}


def tags(properties: list[tuple[str, str]]) -> str:
    """Return properties as elements for the head.

    >>> tags([("og:title", "a < b"), ("twitter:card", "summary")]).splitlines()[0]
    '<meta property="og:title" content="a &lt; b">'
    """
    return "\n".join(
        f'<meta {"name" if name.startswith("twitter:") else "property"}="{name}" '
        f'content="{escape(value)}">'
        for name, value in properties
    )


def preview(page, config, title: str) -> str:
    """Return the description of a page for other sites, for its head, or nothing.

    title: of the page, as text.
    """
    if not config.site_url:
        return ""
    i18n = config.plugins["i18n"]
    language = i18n.current_language
    others = sorted(set(i18n.build_languages) - {language})
    about = unescape(page.meta.get("description") or config.site_description or "")
    card = urljoin(config.site_url, CARD.format(language))
    return tags(
        [
            ("og:type", "website" if languages.is_home(page) else "article"),
            ("og:site_name", config.site_name),
            ("og:title", config.site_name if languages.is_home(page) else title),
            ("og:description", " ".join(about.split())),
            ("og:url", page.canonical_url),
            ("og:locale", LOCALES[language]),
            *(("og:locale:alternate", LOCALES[other]) for other in others),
            ("og:image", card),
            ("og:image:type", "image/png"),
            ("og:image:width", str(SIZE[0])),
            ("og:image:height", str(SIZE[1])),
            ("og:image:alt", ALT[language].format(config.site_name)),
            ("twitter:card", "summary_large_image"),
        ]
    )
