"""Results on disk: what a cell printed, under a key of all that it depends on."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import math
import os
import platform
import tempfile
from importlib import metadata
from pathlib import Path

from cells import Cell, parse


def imported(code: str) -> set[str]:
    """Return the top-level names of the modules that a piece of code imports.

    >>> sorted(imported("import torch.nn\\nfrom plotting import svg"))
    ['plotting', 'torch']
    """
    names = set()
    for node in ast.walk(parse(code)):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def version(module: str) -> str:
    """Return the version of the distribution that a module is of, without importing it.

    >>> version("json"), version("torch") == metadata.version("torch")
    ('', True)
    """
    try:
        return metadata.version(module)
    except metadata.PackageNotFoundError:
        found = metadata.packages_distributions().get(module, [])
        return " ".join(f"{name} {metadata.version(name)}" for name in found)


class Keys:
    """Keys for cells: they change with the code, the cells before, and what they reach.

    A cell reaches the snippets that it imports, those that they import, and so on, and
    the libraries that any of these import.
    """

    def __init__(self, snippets: Path) -> None:
        self.sources = {
            path.stem: path.read_text(encoding="utf-8")
            for path in snippets.glob("*.py")
        }
        self.known = {"": ["cells 1", platform.python_version(), platform.machine()]}

    def reach(self, code: str) -> list[str]:
        """Return the sources and the versions that a piece of code reaches."""
        todo, seen, found = imported(code), set(), []
        while todo:
            name = todo.pop()
            seen.add(name)
            if name in self.sources:
                todo |= imported(self.sources[name]) - seen
                found.append(f"{name}\0{self.sources[name]}")
            else:
                if name not in self.known:
                    self.known[name] = [f"{name} {version(name)}"]
                found += self.known[name]
        return sorted(found)

    def of(self, sequence: list[list[Cell]]) -> list[str]:
        """Return the key of each cell or value of a page, in their order."""
        state = hashlib.sha256("\0".join(self.known[""]).encode())
        keys = []
        for cell, *_ in sequence:
            mine = state.copy()
            mine.update("\0".join([cell.code, *self.reach(cell.code), ""]).encode())
            keys.append(mine.hexdigest())
            if not cell.is_value:
                state = mine
        return keys


class Store:
    """A file for each page, in a directory that may go, be damaged or be read-only."""

    def __init__(self, directory: Path | None) -> None:
        self.directory = directory

    def file(self, page: str) -> Path:
        """Return where the results of a page are kept."""
        if self.directory is None:
            raise FileNotFoundError
        return self.directory / f"{page.replace('/', '--')}.json"

    def read(self, page: str) -> tuple[dict[str, str], float]:
        """Return a page's outputs by key, and the seconds that they took.

        Where the file is not as it was written, nothing is known: {} and inf.
        """
        with contextlib.suppress(OSError, ValueError):
            digest, _, body = self.file(page).read_text("utf-8").partition("\n")
            if digest == hashlib.sha256(body.encode()).hexdigest():
                return tuple(json.loads(body))
        return {}, math.inf

    def write(self, page: str, outputs: dict[str, str], seconds: float) -> str:
        """Keep a page's outputs, whole or not at all; return why it was impossible."""
        if self.directory is None:
            return ""
        body = json.dumps([outputs, seconds], ensure_ascii=False, indent=0)
        text = hashlib.sha256(body.encode()).hexdigest() + "\n" + body
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self.directory, suffix=".part")
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(name, self.file(page))
        except OSError as error:
            return f"{error.strerror}: {error.filename}"
        return ""
