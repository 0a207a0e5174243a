"""Results on disk: what a cell printed, under a key of all that it depends on."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import math
import os
import platform
import sys
import tempfile
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path
from urllib.parse import quote

from .cells import Cell, parse
from mkdocs.exceptions import BuildError


@cache
def imported(code: str) -> frozenset[str]:
    """Return the names of the modules that a piece of code imports.

    >>> sorted(imported("import torch.nn\\nfrom plotting import svg"))
    ['plotting', 'torch.nn']

    Of a name that is put together, the packages that it starts with:

    >>> sorted(imported("import_module('a.b'), import_module(f'faker.providers.{x}')"))
    ['a.b', 'faker.providers']
    """
    names = set()
    for node in ast.walk(parse(code if "import" in code else "")):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
        elif isinstance(node, ast.Call):
            names.add(named(node))
    return frozenset(name for name in names if name and not name.startswith("."))


def named(call: ast.Call) -> str:
    """Return the module that a call of import_module or __import__ names, or nothing.

    >>> named(ast.parse("importlib.import_module('a.b')", mode="eval").body)
    'a.b'
    """
    called = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if called in ("import_module", "__import__"):
        match call.args:
            case [ast.Constant(value=str(name)), *_]:
                return name
            case [ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]), *_]:
                return start.rpartition(".")[0]
    return ""


@cache
def distributions() -> dict[str, list[str]]:
    """Return the distributions that each module is of, which takes a second."""
    return dict(metadata.packages_distributions())


def version(module: str) -> str:
    """Return the version of the distribution that a module is of, without importing it.

    >>> version("json"), version("torch") == metadata.version("torch")
    ('', True)
    """
    if module in sys.stdlib_module_names:
        return ""
    try:
        return metadata.version({"sklearn": "scikit-learn"}.get(module, module))
    except metadata.PackageNotFoundError:
        found = distributions().get(module, [])
        return " ".join(f"{name} {metadata.version(name)}" for name in found)


class Keys:
    """Keys for cells: they change with the code, the cells before, and what they reach.

    A cell reaches the snippets that it imports, those that they import, and so on, and
    the libraries that any of these import.
    """

    def __init__(self, snippets: Path) -> None:
        """Read the snippets, not hidden files; BuildError for one that is no text."""
        self.sources: dict[str, str] = {}
        self.saved: dict[Path, int] = {}  # when each file was
        for path in sorted(snippets.rglob("*.py")):
            if path.name.startswith("."):  # of an editor, say, to lock the file
                continue
            self.saved[path] = path.stat().st_mtime_ns
            name = path.relative_to(snippets).parts[0].removesuffix(".py")
            try:
                text = path.read_text(encoding="utf-8")
            except UnicodeDecodeError as error:
                place = path.relative_to(snippets.parent).as_posix()
                raise BuildError(f"{place}: {error}") from None
            self.sources[name] = self.sources.get(name, "") + f"# {path.name}\n{text}"
        self.versions: dict[str, str] = {}

    def hold(self) -> bool:
        """Tell whether no snippet was saved since the keys were made."""
        with contextlib.suppress(FileNotFoundError):
            return all(p.stat().st_mtime_ns == at for p, at in self.saved.items())
        return False

    def reach(self, code: str) -> tuple[set[str], set[str]]:
        """Return the snippets and the library modules that a piece of code reaches."""
        todo, snippets, libraries = set(imported(code)), set(), set()
        while todo:
            module = todo.pop()
            name = module.partition(".")[0]
            if name not in self.sources:
                libraries.add(module)
            elif name not in snippets:
                snippets.add(name)
                todo |= imported(self.sources[name])
        return snippets, libraries

    def preload(self, codes: Iterable[str]) -> set[str]:
        """Return the library modules that are worth importing before workers fork."""
        code = "\n".join(codes)
        snippets, libraries = self.reach(code)
        texts = [code, *(self.sources[name] for name in snippets)]
        if any("torch.optim" in text for text in texts):
            libraries.add("torch._dynamo")  # which the first optimizer imports
        return libraries

    def version_of(self, module: str) -> str:
        """Return the version of the distribution that a module is of."""
        name = module.partition(".")[0]
        if name not in self.versions:
            self.versions[name] = f"{name} {version(name)}"
        return self.versions[name]

    def of(self, sequence: list[list[Cell]]) -> list[str]:
        """Return the key of each cell or value of a page, in their order."""
        about = f"cells 1, Python {platform.python_version()}, {platform.machine()}"
        state = hashlib.sha256(about.encode())
        keys = []
        for cell, *_ in sequence:
            snippets, libraries = self.reach(cell.code)
            sources = [self.sources[name] for name in sorted(snippets)]
            versions = sorted({self.version_of(module) for module in libraries})
            mine = state.copy()
            about = [cell.code, str(cell.shows), *sources, *versions, ""]
            mine.update("\0".join(about).encode())
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
        return self.directory / f"{quote(page, safe='')}.json"

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
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    file.write(text)
                os.replace(name, self.file(page))
            except BaseException:
                os.unlink(name)
                raise
        except OSError as error:
            return f"{error.strerror}: {error.filename}"
        return ""


def store_of(config) -> Store:
    """Return where a site keeps results: in ``extra.cells.cache``, or nowhere."""
    cache = config.extra.get("cells", {}).get("cache", ".cache/cells")
    return Store(Path(config.config_file_path).parent / cache if cache else None)
