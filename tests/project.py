"""A small site of its own, built by the real machinery in a process of its own."""

import contextlib
import gc
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import psutil
from bs4 import BeautifulSoup
from programs import python

ROOT = Path(__file__).parents[1]
KNOWN = (
    "mkdocs.__main__",
    "mkdocs.commands.build",
    "mkdocs_static_i18n.plugin",
    "material.plugins.search.plugin",
    "markdown_exec",
    "pymdownx.superfences",
    "pymdownx.blocks.html",
    "pymdownx.arithmatex",
    "pymdownx.inlinehilite",
    "pymdownx.saneheaders",
    "pygments.lexers.python",
    "multiprocessing.forkserver",
    "bs4",
    "psutil",
    "filelock",
    "minify",
    "py_mini_racer",
    "tomllib",
)  # what each build imports


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and waits to be seen does not."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


@cache
def parsed(path: Path) -> BeautifulSoup:
    """Return a page of the built site, parsed once in each process: to read only."""
    soup = BeautifulSoup(path.read_text("utf-8"), "html.parser")
    for code in soup.select("pre > code"):  # of which each token is an element
        if all({*token.attrs} <= {"class"} for token in code.find_all(True)):
            code.string = code.get_text()
    gc.freeze()  # it stays: what collects garbage need not walk it again and again
    return soup


@cache
def ids(path: Path) -> list[str]:
    """Return the ids of a page of the built site, in their order."""
    return [element["id"] for element in parsed(path).find_all(id=True)]


class Project:
    """A copy of the build machinery, with pages and snippets that a test writes.

    labs: whether it is to have any; what runs them takes a second to import.
    """

    def __init__(self, directory: Path, labs: bool = False) -> None:
        self.root, self.labs = directory, labs
        shutil.copytree(
            ROOT / "docs" / "hooks",
            directory / "docs" / "hooks",
            ignore=shutil.ignore_patterns("*.pyc.*"),  # which are being written
        )
        shutil.copytree(ROOT / "docs" / "theme", directory / "docs" / "theme")
        shutil.copy(ROOT / "CHANGELOG.md", directory)
        (directory / "docs" / "assets").mkdir()
        shutil.copy(ROOT / "docs/assets/scroll.js", directory / "docs" / "assets")
        config = (ROOT / "mkdocs.yml").read_text("utf-8")
        config = re.sub(r"\nnav:\n(?:  .*\n)+", "\n", config)
        config = re.sub(r"\n  - search:\n(?:      .*\n)+", "\n", config)
        if not labs:
            config = re.sub(r"\n  - mkdocs-jupyter:\n(?:      .*\n)+", "\n", config)
        config = config.replace("\nextra_css:\n  - assets/site.css\n", "\n")
        (directory / "mkdocs.yml").write_text(config, "utf-8")
        self.snippet("index", "x = 1")
        self.page("index", "first")

    def snippet(self, module: str, *cells: str, names=("first", "second", "third")):
        """Write the script of a page with its cells."""
        lines = []
        for name, cell in zip(names, cells, strict=False):
            lines += [f"# --8<-- [start:{name}]", cell, f"# --8<-- [end:{name}]", ""]
        path = self.root / "snippets" / "pages" / f"{module.replace('-', '_')}.py"
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text("\n".join(lines), "utf-8")

    def page(self, name: str, *cells: str, prose: str = "", languages=None):
        """Write a page in both languages: cells, then prose."""
        for language in languages or ("zh", "en"):
            parts = [f"# {name} {{#{name}}}\n"]
            script = f"pages/{name.replace('-', '_')}.py"
            parts += [f'--8<-- "{script}:{cell}"\n' for cell in cells]
            path = self.root / "docs" / language / f"{name}.md"
            path.parent.mkdir(exist_ok=True)
            path.write_text("\n".join([*parts, prose, ""]), "utf-8")

    def command(self, *options: str) -> list[str]:
        return [sys.executable, "-m", "mkdocs", *options]

    def environment(self, **variables: str) -> dict[str, str]:
        return os.environ | {"NO_MKDOCS_2_WARNING": "1"} | variables

    def build(self, *options: str, **variables: str) -> subprocess.CompletedProcess:
        known = (*KNOWN, "mkdocs_jupyter.plugin") if self.labs else KNOWN
        return python(
            "-m", "mkdocs", "build", *options,
            cwd=self.root, timeout=120, known=known, NO_MKDOCS_2_WARNING="1",
            **variables,
        )  # fmt: skip

    @contextlib.contextmanager
    def serve(self) -> Iterator[Callable[..., str]]:
        """Run `mkdocs serve`, which logs to a file; yield what waits for a text."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = "{}:{}".format(*free.getsockname())

        def wait_for(text: str, page: str = "") -> str:
            """Return a page once it holds a text."""
            html, deadline = "", time.monotonic() + 30
            while time.monotonic() < deadline:
                try:
                    url = f"http://{address}/{page}"
                    html = urllib.request.urlopen(url, timeout=10).read().decode()
                except OSError:
                    html = ""
                if text in html:
                    return html
                time.sleep(0.2)
            raise AssertionError(f"{text!r} did not come; the page is {html[-2000:]}")

        with (self.root / "log").open("w") as stream:
            server = subprocess.Popen(
                self.command("serve", "-a", address),
                cwd=self.root,
                env=self.environment(),
                stderr=stream,
            )
        try:
            yield wait_for
        finally:
            server.terminate()
            server.wait()

    def html(self, page: str = "") -> str:
        return (self.root / "site" / page / "index.html").read_text("utf-8")

    @staticmethod
    def cells_run(build: subprocess.CompletedProcess) -> list[str]:
        """Return the cells that a build reported, as 'page cell'."""
        assert build.returncode == 0, build.stderr
        lines = re.findall(r"(\S+ \S+) \d+\.\d\d s$", build.stderr, re.MULTILINE)
        return sorted(lines)
