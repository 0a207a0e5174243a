"""What rendering has made of a page, as data, and back."""

from __future__ import annotations

from mkdocs.structure.toc import get_toc


def tokens(items) -> list[dict]:
    """Return a table of contents as data."""
    return [
        {"name": i.title, "id": i.id, "level": i.level, "children": tokens(i.children)}
        for i in items
    ]


def keep(page, html: str) -> dict:
    """Return what rendering has made of a page, as data."""
    links = {file.src_uri: to for file, to in (page.links_to_anchors or {}).items()}
    return {
        "content": html,
        "toc": tokens(page.toc),
        "title": page._title_from_render,
        "anchors": sorted(page.present_anchor_ids),
        "links": links,
    }


def restore(page, body: dict, files) -> None:
    """Give a page what rendering had made of it."""
    page.content = body["content"]
    page.toc = get_toc(body["toc"])
    page._title_from_render = body["title"]
    page.present_anchor_ids = set(body["anchors"])
    found = {files.get_file_from_path(name): to for name, to in body["links"].items()}
    page.links_to_anchors = {file: to for file, to in found.items() if file}
