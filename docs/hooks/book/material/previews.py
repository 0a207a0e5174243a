"""What other sites show of a page that is linked there: its title and a card.

Such previews need absolute addresses, so there are none without ``site_url``, and
nothing of what draws cards is imported then.
"""

from __future__ import annotations

import posixpath
import re
from html import escape, unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from ..outputs.footer_and_feed import TEX
from ..content.formulas import mathml

NAME = "card.png"
FORMULA = re.compile(r"\\\((.*?)\\\)")
LOCALES = {"zh": "zh_CN", "en": "en_US"}
ALT = {
    "zh": "{}，白字蓝底，下方是梯度下降的路径",
    "en": "{}, above a path of gradient descent",
}


def spoken(title: str) -> str:
    r"""Return a title as plain text: its formulas as they are set, without their marks.

    >>> spoken(r"Why \(\beta_1 &lt; 1\)")
    'Why β1<1'
    """

    def text(formula: re.Match[str]) -> str:
        return TEX.sub("", mathml(unescape(formula[1]), display=False))

    return unescape(FORMULA.sub(text, title))


def tags(properties: dict[str, str]) -> str:
    """Return properties as elements for the head.

    >>> tags({"og:title": "a < b", "twitter:card": "summary"}).splitlines()[0]
    '<meta property="og:title" content="a &lt; b">'
    """
    return "\n".join(
        f'<meta {"name" if name.startswith("twitter:") else "property"}="{name}" '
        f'content="{escape(value)}">'
        for name, value in properties.items()
    )


def on_post_page(output: str, page, config) -> str | None:
    """Draw the card of a page and describe the page and the card in its head."""
    if not config.site_url:
        return None
    from .cards import SIZE, card

    language = page.file.src_uri.partition("/")[0]
    others = sorted(set(config.plugins["i18n"].build_languages) - {language})
    home = page.file.src_uri == f"{language}/index.md"
    title = config.site_name if home else spoken(page.title)
    section = spoken(page.ancestors[-1].title) if page.ancestors else ""
    if section.lstrip("0123456789 ") == title:
        section = ""
    site = urlsplit(config.site_url)
    foot = f"{site.netloc}{site.path}".rstrip("/") if home else config.site_name
    path = posixpath.join(posixpath.dirname(page.file.dest_uri), NAME)
    target = Path(config.site_dir, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(card(title, section, foot))

    about = unescape(page.meta.get("description") or config.site_description or "")
    properties = {
        "og:type": "website" if home else "article",
        "og:site_name": config.site_name,
        "og:title": title,
        "og:description": " ".join(about.split()),
        "og:url": page.canonical_url,
        "og:locale": LOCALES[language],
    }
    for other in others:
        properties["og:locale:alternate"] = LOCALES[other]
    properties |= {
        "og:image": urljoin(config.site_url, path),
        "og:image:type": "image/png",
        "og:image:width": str(SIZE[0]),
        "og:image:height": str(SIZE[1]),
        "og:image:alt": ALT[language].format(title),
        "twitter:card": "summary_large_image",
    }
    return output.replace("</head>", f"{tags(properties)}\n</head>", 1)
