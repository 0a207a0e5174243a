"""What came of cells, on disk, under a key of all that it depends on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import locale
import math
import os
import platform
import sys
import tempfile
import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .page import Cell
from .snippets import Snippets

LAB_MAKERS = ("mkdocs-jupyter", "nbconvert", "nbclient", "ipykernel")
MAKERS = ("evaluate", "runner", "labs", "kernel", "forked", "opened")  # of results


@cache
def distributions() -> dict[str, list[str]]:
    """Return the distributions that each module is of, which takes a second."""
    return dict(metadata.packages_distributions())


@cache
def installed(name: str) -> str:
    """Return the version of a distribution; PackageNotFoundError where there is none.

    >>> installed("torch") == metadata.version("torch")
    True
    """
    return metadata.version(name)


@cache
def distribution(module: str) -> str:
    """Return the distribution that a module is of, without importing it, or nothing.

    >>> distribution("json"), distribution("torch.nn"), distribution("sklearn")
    ('', 'torch', 'scikit-learn')
    """
    name = module.partition(".")[0]
    if name in sys.stdlib_module_names:
        return ""
    with contextlib.suppress(metadata.PackageNotFoundError):
        installed(name)
        return name
    return " ".join(distributions().get(name, [])[:1])


def digest(*parts: str) -> str:
    """Return a key that changes with any of these texts.

    >>> digest("a", "b") == digest("ab")
    False
    """
    return hashlib.sha256("\0".join([*parts, ""]).encode()).hexdigest()


def not_as_pinned(pyproject: Path) -> list[str]:
    """Return what is wrong with the distributions that a project pins.

    >>> not_as_pinned(Path("nowhere"))
    []
    """
    if not pyproject.is_file():
        return []
    project = tomllib.loads(pyproject.read_text("utf-8")).get("project", {})
    pins = [d.partition("==") for d in project.get("dependencies", ()) if "==" in d]
    wrong = []
    for name, _, wanted in pins:
        try:
            there = installed(name)
        except metadata.PackageNotFoundError:
            there = "no version"
        if there.partition("+")[0] != wanted:  # torch says after it which build it is
            wrong.append(f"{name} {wanted} is wanted, {there} is installed")
    return wrong


def environment() -> str:
    """Return what of this interpreter a result may depend on."""
    about = "results 2", platform.python_version(), platform.machine()
    coding = locale.getpreferredencoding(False)
    here = Path(__file__)
    runners = [here.with_name(f"{name}.py").read_text("utf-8") for name in MAKERS]
    return digest(*about, str(sys.flags.optimize), coding, *runners)


class Keys:
    """Keys for cells: they change with the code, the cells before, and what they reach.

    A cell reaches the snippets that it imports, those that they import, and so on, and
    the libraries that any of these import.
    """

    def __init__(self, snippets: Snippets) -> None:
        self.snippets = snippets
        self.environment = environment()
        self.reached: dict[tuple[frozenset[str], frozenset[str]], str] = {}

    def reach(self, code: str) -> str:
        """Return all that a piece of code reaches, as a key."""
        mine, libraries = self.snippets.reach(code)
        reached = frozenset(mine), frozenset(libraries)
        if reached not in self.reached:
            sources = [self.snippets.sources[name] for name in sorted(mine)]
            found = {distribution(name) for name in libraries} - {""}
            versions = [f"{name} {installed(name)}" for name in sorted(found)]
            self.reached[reached] = digest(*sources, *versions)
        return self.reached[reached]

    def of(self, cells: list[Cell]) -> list[str]:
        """Return the key of each cell of a page, in their order."""
        state = self.environment
        keys = []
        for cell in cells:
            if cell.kind == "trial":  # which runs by itself
                reached = self.reach(self.snippets.sources[cell.module])
                keys.append(digest(self.environment, cell.id, cell.code, reached))
                continue
            about = cell.code, cell.kind, str(cell.prints)
            key = digest(state, *about, self.reach(cell.code))
            if cell.kind == "lab":
                key = digest(key, *(f"{m} {installed(m)}" for m in LAB_MAKERS))
            keys.append(key)
            if cell.kind != "value":
                state = key
        return keys


class Store:
    """A file for each thing, in a directory that may go, be damaged or be read-only."""

    def __init__(self, directory: Path | None) -> None:
        self.directory = directory

    def file(self, name: str) -> Path:
        """Return where a thing is kept."""
        if self.directory is None:
            raise FileNotFoundError
        text = quote(name, safe=" ")
        if len(text) > 150:  # file systems end at 255
            text = f"{text[:100]}-{digest(name)[:16]}"
        return self.directory / f"{text}.json"

    def read(self, name: str) -> tuple[dict[str, Any], float]:
        """Return what is kept by key, and the seconds that it took to make.

        Where the file is not as it was written, nothing is known: {} and inf.
        """
        with contextlib.suppress(OSError, ValueError):
            check, _, body = self.file(name).read_text("utf-8").partition("\n")
            if check == hashlib.sha256(body.encode()).hexdigest():
                return tuple(json.loads(body))
        return {}, math.inf

    def write(self, name: str, things: dict[str, Any], seconds: float = 0.0) -> str:
        """Keep things, whole or not at all; return why that failed, or nothing."""
        if self.directory is None:
            return ""
        body = json.dumps([things, seconds], ensure_ascii=False)
        text = hashlib.sha256(body.encode()).hexdigest() + "\n" + body
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            descriptor, part = tempfile.mkstemp(dir=self.directory, suffix=".part")
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    file.write(text)
                os.replace(part, self.file(name))
            except BaseException:
                os.unlink(part)
                raise
        except OSError as error:
            return f"{error.strerror}: {error.filename}"
        return ""
