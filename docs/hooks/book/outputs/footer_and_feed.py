"""Facts about the site: what built it, what each page is about, what has changed."""

from __future__ import annotations

import platform
import re
import subprocess
from html import escape, unescape
from pathlib import Path

from mkdocs.utils import get_build_datetime
from ..live.store import version

PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)
TEX = re.compile(r"<annotation.*?</annotation>|<[^>]+>", re.DOTALL)
RELEASE = re.compile(r"^## (\S+)(?: \(([^)]*)\))?\n(.*?)(?=^## |\Z)", re.M | re.S)


def description(html: str, limit: int = 155) -> str:
    """Return what a page says first, cut to what a search engine shows, escaped.

    >>> description("<h1>A</h1><p>One  <em>thing</em>. Another.</p>", 12)
    'One thing.…'
    """
    found = PARAGRAPH.search(html)
    text = " ".join(unescape(TEX.sub("", found[1])).split()) if found else ""
    return escape(text if len(text) <= limit else text[: limit - 1].rstrip() + "…")


def commit(root: Path) -> str:
    """Return the commit that is being built, or nothing outside git."""
    call = ["git", "-C", str(root), "rev-parse", "--short=8", "HEAD"]
    try:
        return subprocess.run(call, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""


def feed(changes: str, title: str, site: str, date: str) -> str:
    r"""Return the releases of a changelog as an Atom feed; date: of what has none.

    >>> text = feed("# C\n\n## 1.0 (2026-01-02)\n\n- a < b\n", "T", "", "2026-01-03")
    >>> "<updated>2026-01-02T00:00:00Z</updated>" in text, "- a &lt; b" in text
    (True, True)
    """
    entries = []
    for name, when, body in RELEASE.findall(changes):
        day = when if re.fullmatch(r"\d{4}-\d\d-\d\d", when) else date
        entries.append(
            f"<entry><id>tag:losses-and-optimizers,2026:{escape(name)}</id>"
            f"<title>{escape(name)}</title><updated>{day}T00:00:00Z</updated>"
            f'<content type="text">{escape(body.strip())}</content></entry>'
        )
    link = f'<link href="{escape(site)}"/>' if site else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>tag:losses-and-optimizers,2026:feed</id><title>{escape(title)}</title>"
        f"<author><name>{escape(title)}</name></author>{link}"
        f"<updated>{date}T00:00:00Z</updated>\n" + "\n".join(entries) + "\n</feed>\n"
    )


def on_config(config):
    """Lead to the branch that is there: MkDocs takes each host's of old, `master`."""
    config.edit_uri = (config.edit_uri or "").replace("master", "main") or None
    return config


def on_env(env, config, files) -> None:
    """Note what the footer shows."""
    english = config.plugins["i18n"].current_language == "en"
    config.extra["build"] = {
        "torch": version("torch"),
        "python": platform.python_version(),
        "commit": commit(Path(config.config_file_path).parent),
        "date": f"{get_build_datetime():%Y-%m-%d}",
        "changes": "Changes (Atom)" if english else "更新（Atom）",
    }


def on_page_context(context, page, **kwargs):
    """Describe a page by what it says first; the home page has the site's words."""
    if not page.is_homepage:
        page.meta.setdefault("description", description(page.content))
    return context


def on_post_build(config) -> None:
    """Write the feed."""
    changelog = Path(config.config_file_path).with_name("CHANGELOG.md")
    if changelog.exists():
        date = f"{get_build_datetime():%Y-%m-%d}"
        text = changelog.read_text("utf-8")
        atom = feed(text, config.site_name, config.site_url or "", date)
        Path(config.site_dir, "feed.xml").write_text(atom, "utf-8")
