"""Every page and lab as plain Markdown beside it, and lists of these copies.

The copy is the page's transcript (``transcript``) with its code cells as fences. Its
address is the page's with ``index.md``, and ``llms.txt`` at the root of each language
lists all copies in the order of the navigation, as llmstxt.org proposes;
``llms-full.txt`` holds them all. Pages lead to their copy, and to the feed, from their
head.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from bs4 import BeautifulSoup
from mkdocs.structure.nav import Section
from mkdocs.utils import get_relative_url
from .transcript import Notebook, Writer, plain, readable

NAME = "index.md"
BAR = re.compile(r'<nav class="downloads"[^>]*>.*?</a>')
WORDS = {
    "zh": {
        "about": "每一页都有一份 Markdown 副本，地址是页面的地址加 `index.md`。"
        "代码的输出都是建站时用 PyTorch {torch} 现场运行印出的；"
        "对论断的判定由结果算出。文字 CC BY 4.0，代码 MIT。",
        "copy": "下载为 Markdown",
        "full": "全部副本合成一个文件",
        "other": "English",
        "page": "页面：",
        "between": "：",
        "feed": "更新",
    },
    "en": {
        "about": "Each page has a copy in Markdown, at the page's address with "
        "`index.md`. What code put out was printed while the site was built, with "
        "PyTorch {torch}; verdicts on claims are computed from the results. The prose "
        "is under CC BY 4.0, the code under MIT.",
        "copy": "Download as Markdown",
        "full": "All copies in one file",
        "other": "中文",
        "page": "Page: ",
        "between": ": ",
        "feed": "Changes",
    },
}


def fence(text: str, kind: str) -> str:
    r"""Return text as a fenced block, with a fence that it does not hold itself.

    >>> fence("a\n", "text")
    '```text\na\n```'
    >>> fence("```", "text")
    '````text\n```\n````'
    """
    runs = re.findall(r"`{3,}", text)
    mark = "`" * max(3, *(len(run) + 1 for run in runs), 3)
    body = text.rstrip("\n")
    return f"{mark}{kind}\n{body}\n{mark}"


def table(markup: str) -> str:
    """Return the first table of a piece of HTML as Markdown.

    >>> print(table("<table><tr><th>a</th></tr><tr><td>&lt; 1</td></tr></table>"))
    | a |
    | --- |
    | < 1 |
    """
    rows = [
        [
            plain(cell.decode_contents()).replace("|", r"\|")
            for cell in row(["th", "td"])
        ]
        for row in BeautifulSoup(markup, "html.parser").table("tr")
    ]
    rows.insert(1, ["---"] * len(rows[0]))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


class Text(Notebook):
    """A notebook whose code cells are prose: fences of code, and of what came of it."""

    def code(self, name: str, code: str, outputs=(), **metadata) -> None:
        """Add the code of a cell, unless it asks for a trial, and its outputs."""
        if name == "trial":
            _, *cases = outputs[0].text.splitlines()
            self.prose += ["", *(f"- {case}" for case in cases), ""]
            return
        self.prose += ["", fence(code, "python"), ""]
        for output in outputs:
            if output.output_type == "stream":
                self.prose += [fence(output.text, "text"), ""]
            elif "<table" in (markup := output.data.get("text/html", "")):
                self.prose += [table(markup), ""]
            elif not markup:
                self.prose += [fence(output.data["text/plain"], "text"), ""]


class Copy(Writer):
    """Writes the plain text of one page, with links that hold at an address."""

    heading = r"\g<text>"

    def __init__(self, page, config, here: str) -> None:
        super().__init__(page, config, Text())
        self.page, self.here = page, here

    def address(self, url: str) -> str:
        """Return where a page is published, or else how it is reached from here."""
        return super().address(url) or get_relative_url(url, self.here)

    def link(self, match: re.Match[str]) -> str:
        """Return a link to a page, which this copy is not."""
        if not match["other"] and match["to"].startswith("#"):
            return f"[{match['text']}]({self.address(self.page.url)}{match['to']})"
        return super().link(match)

    def cell(self, block: str, cell) -> None:
        """Take in a cell; of a figure there is its caption only."""
        if 'html="on"' in block.partition("\n")[0]:
            self.shown.append(cell.code)
        else:
            super().cell(block, cell)

    def whole(self) -> str:
        """Return the copy."""
        return "\n\n".join(cell.source for cell in self.write().cells) + "\n"


@dataclass
class Entry:
    """A page as the lists show it: its copy's place, and the copy for the whole."""

    title: str
    about: str
    url: str
    text: str


def sections(items, entries: dict[str, Entry]) -> Iterator[tuple[str, list[Entry]]]:
    """Yield the sections of the navigation with their pages; a page alone is one."""
    for item in items:
        pages = item.children if isinstance(item, Section) else [item]
        found = [
            entries[page.file.src_uri]
            for page in pages
            if getattr(page, "file", None) and page.file.src_uri in entries
        ]
        if found:
            yield item.title, found


def on_pre_build(config) -> None:
    """Forget the pages of the language before."""
    entries.clear()


def on_page_context(context, page, config, nav):
    """Keep the navigation of the language."""
    global navigation
    navigation = nav
    return context


def on_post_page(output: str, page, config) -> str:
    """Write the copy of a page; lead to it from the head and from the downloads."""
    language = page.file.src_uri.partition("/")[0]
    words = WORDS[language]
    root = "" if language == config.plugins["i18n"].default_language else f"{language}/"
    feed = get_relative_url("feed.xml", page.url)
    # The space in rel: see languages.py.
    links = [
        f'<link rel="alternate " type="application/atom+xml" href="{feed}"'
        f' title="{words["feed"]}">'
    ]
    if readable(page, config):
        text = Copy(page, config, page.url).whole()
        path = Path(config.site_dir, page.file.dest_uri).with_name(NAME)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        about = unescape(page.meta.get("description") or config.site_description or "")
        whole = text if config.site_url else Copy(page, config, root).whole()
        entries[page.file.src_uri] = Entry(page.title, about, page.url, whole)
        covers = get_relative_url(f"{root}llms.txt", page.url)
        links += [
            f'<link rel="alternate " type="text/markdown" href="{NAME}">',
            f'<link rel="describedby" href="{covers}">',
        ]
        name = Path(page.file.src_uri).name
        link = f'<a href="{NAME}" download="{name}">{words["copy"]}</a>'
        output = BAR.sub(rf"\g<0> {link}", output, count=1)
    return output.replace("</head>", "\n".join([*links, "</head>"]), 1)


def on_post_build(config) -> None:
    """Write the lists of a language."""
    i18n = config.plugins["i18n"]
    language, default = i18n.current_language, i18n.default_language
    if not entries:
        return
    words, site = WORDS[language], (config.site_url or "").rstrip("/")
    root = "" if language == default else f"{language}/"
    other = next((name for name in i18n.build_languages if name != language), "")

    def to(url: str) -> str:
        return f"{site}/{url}" if site else get_relative_url(url, root)

    head = [f"# {config.site_name}", f"> {' '.join(config.site_description.split())}"]
    torch = config.extra["build"]["torch"]
    head.append(words["about"].format(torch=torch))
    lists = [f"- [{words['full']}]({to(f'{root}llms-full.txt')})"]
    if other:
        url = f"{'' if other == default else f'{other}/'}llms.txt"
        lists.append(f"- [{words['other']}]({to(url)})")
    index, whole = [*head, "\n".join(lists)], list(head)
    for title, pages in sections(navigation.items, entries):
        lines = [
            f"- [{page.title}]({to(page.url.removeprefix('./') + NAME)})"
            f"{words['between']}{page.about}"
            for page in pages
        ]
        index += [f"## {title}", "\n".join(lines)]
        for page in pages:
            address = to(page.url.removeprefix("./"))
            whole += ["---", f"{words['page']}<{address}>", page.text.strip()]
    for name, parts in (("llms.txt", index), ("llms-full.txt", whole)):
        path = Path(config.site_dir, root, name)
        path.write_text("\n\n".join(parts) + "\n", "utf-8")


entries: dict[str, Entry] = {}  # by source, of the language that is being built
navigation = None
