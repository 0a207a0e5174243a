"""Pack a built site as one zip that works from ``file://``.

A browser that opens files shows no ``index.html`` for a folder, fetches nothing, and
starts neither workers nor modules. So links to folders name the file, the search index
is a script, its worker runs in a frame (``vendor/iframe-worker.js``), and modules are
made from their text (``offline_modules.js``).
"""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import dirname, join, normpath, relpath
from urllib.parse import quote, unquote

from ..errors import Fault

HERE = Path(__file__).parent
SHIM = HERE / "vendor" / "iframe-worker.js"
LICENCE = HERE / "vendor" / "iframe-worker.LICENSE.txt"
SCRIPT = HERE / "offline.js"
MODULES = HERE / "offline_modules.js"
README = HERE / "offline.txt"

INDEX = "search/search_index.json"
LEFT_OUT = ("sitemap.xml", "sitemap.xml.gz")  # for search engines
EARLIEST = 315532800  # 1980, before which a zip knows no dates

TAG = re.compile(
    r"<!--.*?-->"
    r"|<style\b.*?</style\s*>"
    r"|(?P<script><script\b[^>]*>)(?P<body>.*?)</script\s*>"
    r"|<[a-z](?:[^>\"']|\"[^\"]*\"|'[^']*')*>",
    re.DOTALL | re.IGNORECASE,
)
LINK = re.compile(r'(?<=\s)(href|src)="([^"]*)"')
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#|$", re.IGNORECASE)
CONFIG = re.compile(r'<script id="__config"[^>]*>(.*?)</script>', re.DOTALL)
IMPORT = re.compile(r"(\bfrom\s*|\bimport\s*\(?\s*)([\"'`])(\.{1,2}/[^\"'`]*)\2")


@dataclass
class Edition:
    """The files of a built site, as they are in the zip.

    files: their content by place, "en/adam/index.html". root: the address of the site
    without its host, with which the links of a 404 page begin.
    """

    files: dict[str, bytes]
    root: str = "/"
    entries: dict[str, str] = field(default_factory=dict)  # scripts for modules

    def led(self, link: str, page: str) -> str:
        """Return a link of a page as one to a file; Fault where there is none.

        >>> site = Edition({"index.html": b"", "adam/index.html": b""})
        >>> site.led("../adam/#m", "index/index.html")
        '../adam/index.html#m'
        >>> site.led("/adam/?h=m", "404.html"), site.led("#m", "index.html")
        ('adam/index.html?h=m', '#m')
        """
        if ELSEWHERE.match(link):
            return link
        path, rest = re.fullmatch(r"([^?#]*)(.*)", link, re.DOTALL).groups()
        path = unquote(html.unescape(path))
        if path.startswith(self.root):
            place = normpath(path.removeprefix(self.root) or ".")
        else:
            place = normpath(join(dirname(page), path))
        if place not in self.files:
            place = normpath(join(place, "index.html"))
        if place not in self.files:
            raise Fault(f"{page} links to {link}, which is not in the site")
        return quote(relpath(place, dirname(page) or ".")) + rest

    def page(self, text: str, page: str) -> str:
        """Return the HTML of a page."""
        bundles = 0

        def lead(tag: str) -> str:
            return LINK.sub(lambda m: f'{m[1]}="{self.led(m[2], page)}"', tag)

        def change(match: re.Match[str]) -> str:
            nonlocal bundles
            if match[0].startswith("<!--") or match[0][:6].lower() == "<style":
                return match[0]
            if not match["script"]:
                return lead(match[0])
            opening, body = lead(match["script"]), match["body"]
            source = re.search(r'\ssrc="([^"]*)"', opening)
            if source and 'type="module"' in opening:
                place = normpath(join(dirname(page), source[1]))
                script = relpath(self.entry(place), dirname(page) or ".")
                return f'<script defer src="{script}"></script>'
            if source and "/bundle." in source[1]:
                bundles += 1
                script = relpath("assets/offline.js", dirname(page) or ".")
                opening = f'<script defer src="{script}"></script>\n{opening}'
            elif 'id="__config"' in opening:
                body = self.config(body, page)
            elif not source:
                body = self.inline(body, page)
            return f"{opening}{body}</script>" if source or body else ""

        text = TAG.sub(change, text)
        if bundles != 1:
            raise Fault(f"{page} has Material's script {bundles} times, not once")
        return text

    def config(self, text: str, page: str) -> str:
        """Return Material's settings; those of a 404 page name the site's address."""
        settings = json.loads(text)
        settings["search"] = self.led(settings["search"], page)
        if settings["base"].startswith("/"):
            settings["base"] = self.folder(settings["base"], page)
        return json.dumps(settings)

    def folder(self, path: str, page: str) -> str:
        """Return the way from a page to a folder of the site."""
        place = path.removeprefix(self.root).strip("/") or "."
        return relpath(place, dirname(page) or ".")

    def inline(self, script: str, page: str) -> str:
        """Return a script that stands in a page; nothing for one that fetches."""
        if "fetch(" in script:  # the 404 page's, which no server shows here
            return ""
        script = re.sub(
            r'(\bhome = )"([^"]+)"',
            lambda m: f'{m[1]}"{self.led(m[2], page)}"',
            script,
        )
        return re.sub(
            r'(\bnew URL\()"(/[^"]*)"',
            lambda m: f'{m[1]}"{self.folder(m[2], page)}"',
            script,
        )

    def entry(self, place: str) -> str:
        """Return the place of a script that runs a module and all that it imports."""
        if place not in self.entries:
            script = place.removesuffix(".js") + ".offline.js"
            modules: dict[str, str] = {}
            self.module(place, modules)
            root = relpath(".", dirname(script) or ".") + "/"
            text = MODULES.read_text("utf-8")
            for name, value in (("ROOT", root), ("ENTRY", place), ("MODULES", modules)):
                said = json.dumps(value, ensure_ascii=False)
                text = re.sub(rf"\b{name}\b", lambda _, said=said: said, text, count=1)
            self.entries[place] = script
            self.files[script] = text.encode()
        return self.entries[place]

    def module(self, place: str, modules: dict[str, str]) -> None:
        """Add a module, and those that it imports, whose names are their places."""
        if place in modules:
            return
        wanted = []

        def name(match: re.Match[str]) -> str:
            target = normpath(join(dirname(place), match[3]))
            wanted.append(target)
            return f"{match[1]}{match[2]}{target}{match[2]}"

        text = IMPORT.sub(name, self.files[place].decode())
        here = f"new URL({json.dumps(place)}, globalThis.siteRoot).href"
        modules[place] = text.replace("import.meta.url", here)
        for target in wanted:  # `./words/${language}.js` means any that fits
            parts = re.split(r"\$\{.*?\}", target)
            fits = re.compile(r"[^/]*".join(map(re.escape, parts)))
            found = [each for each in sorted(self.files) if fits.fullmatch(each)]
            if not found:
                raise Fault(f"{place} imports {target}, which is not in the site")
            for each in found:
                self.module(each, modules)


def filed(index: str) -> str:
    """Return a search index whose places are files.

    >>> filed('{"docs":[{"location":"adam/#m"},{"location":""}]}')
    '{"docs":[{"location":"adam/index.html#m"},{"location":"index.html"}]}'
    """
    whole = json.loads(index)
    for entry in whole["docs"]:
        path, mark, anchor = entry["location"].partition("#")
        if not path or path.endswith("/"):
            entry["location"] = f"{path}index.html{mark}{anchor}"
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def read(site: Path) -> dict[str, bytes]:
    """Return the files of a site by place; Fault where it is none that is built."""
    if not site.is_dir():
        raise Fault(f"{site} is not a directory: build the site first (mkdocs build)")
    files = {
        path.relative_to(site).as_posix(): path.read_bytes()
        for path in site.rglob("*")
        if path.is_file()
    }
    for place in ("index.html", INDEX):
        if place not in files:
            raise Fault(f"{site} is not a site that mkdocs has built: no {place} in it")
    return files


def edition(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files of the offline edition by place, from those of a built site."""
    files = {place: each for place, each in files.items() if place not in LEFT_OUT}
    site = Edition(files)
    lost = CONFIG.search(files.get("404.html", b"").decode())
    if lost:
        site.root = json.loads(lost[1])["base"].rstrip("/") + "/"
    sources = [place for place in files if place.endswith(".html")]
    pages = {place: site.page(files[place].decode(), place) for place in sources}
    files.update((place, text.encode()) for place, text in pages.items())
    for place in [place for place in files if f"/{place}".endswith(f"/{INDEX}")]:
        index = filed(files[place].decode())
        files[place] = index.encode()  # which a server shows
        files[place.removesuffix("on")] = f"var __index={index};".encode()
    files["assets/offline.js"] = SHIM.read_bytes() + SCRIPT.read_bytes()
    files["assets/offline.LICENSE.txt"] = LICENCE.read_bytes()
    files["README.txt"] = README.read_bytes()
    return files


def date(said: str | None) -> tuple[int, ...]:
    """Return the date of all files: SOURCE_DATE_EPOCH, or the first that a zip knows.

    >>> date("1700000000"), date(None)
    ((2023, 11, 14, 22, 13, 20), (1980, 1, 1, 0, 0, 0))
    """
    try:
        then = time.gmtime(max(int(said or EARLIEST), EARLIEST))
    except (ValueError, OverflowError, OSError):
        raise Fault(f"SOURCE_DATE_EPOCH={said!r} is not a time in seconds") from None
    if then.tm_year > 2107:
        raise Fault(f"SOURCE_DATE_EPOCH={said!r} is later than a zip knows dates")
    return tuple(then)[:6]


def pack(files: dict[str, bytes], target: Path) -> None:
    """Write a zip whole, or not at all; the same files make the same bytes."""
    when = date(os.environ.get("SOURCE_DATE_EPOCH"))
    part = None
    try:
        handle, part = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
        with os.fdopen(handle, "wb") as out, zipfile.ZipFile(out, "w") as archive:
            for place in sorted(files):
                entry = zipfile.ZipInfo(f"{target.stem}/{place}", when)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.create_system = 3  # on Windows, too
                entry.external_attr = 0o100644 << 16
                archive.writestr(entry, files[place], compresslevel=9)
        Path(part).chmod(0o644)
        Path(part).replace(target)
    except OSError as error:
        raise Fault(f"{target} cannot be written: {error.strerror}") from None
    finally:
        if part:
            Path(part).unlink(missing_ok=True)


def main(arguments: list[str] | None = None) -> int:
    """Pack a site; return what the process ends with."""
    parser = argparse.ArgumentParser(
        prog="offline.py", description="Pack a built site as one zip to read offline."
    )
    parser.add_argument("site", type=Path, help="the directory of the built site")
    parser.add_argument("zip", type=Path, help="the file to write")
    told = parser.parse_args(arguments)
    try:
        if told.zip.resolve().is_relative_to(told.site.resolve()):
            raise Fault(f"{told.zip} lies in the site that it would hold")
        files = edition(read(told.site))
        pack(files, told.zip)
    except Fault as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1
    size = told.zip.stat().st_size / 1e6
    print(f"{told.zip}: {len(files)} files, {size:.1f} MB")
    return 0
