"""The modules of ``snippets/``: their sections, their functions, what they reach."""

from __future__ import annotations

import ast
import contextlib
import re
import sys
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from ..errors import Fault

MARK = re.compile(r"^[ \t]*# --8<-- \[(start|end):([^\]\n]+)\][ \t]*$", re.MULTILINE)
NAME = re.compile(r"(?P<file>[\w./-]+\.py):(?P<section>[\w.-]+)")


@cache
def parsed(code: str) -> ast.Module:
    """Return the syntax tree of code: to read, not to change."""
    return ast.parse(code)


@cache
def imported(code: str) -> frozenset[str]:
    """Return the names of the modules that a piece of code may import.

    >>> sorted(imported("import torch.nn\\nfrom plotting import svg"))
    ['plotting', 'plotting.svg', 'torch.nn']

    Of a name that is put together, the packages that it starts with:

    >>> sorted(imported("import_module('a.b'), import_module(f'faker.providers.{x}')"))
    ['a.b', 'faker.providers']
    """
    names = set()
    for node in ast.walk(parsed(code if "import" in code else "")):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
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


@dataclass(frozen=True)
class Section:
    """A piece of a snippet: its code, its file below the root, its first line."""

    code: str
    file: str
    line: int


class Snippets:
    """The modules of a folder by their dotted names: ``adam``, ``trials.adam``."""

    def __init__(self, directory: Path) -> None:
        """Read the modules, not hidden files.

        Fault for a file that is no text or no Python, or has the name of a module
        of the standard library, which it would hide from all others.
        """
        self.directory = directory
        self.sources: dict[str, str] = {}
        self.saved: dict[Path, int] = {}  # when each file was
        self.files: dict[str, str] = {}  # modules as they are downloaded
        for path in sorted(directory.rglob("*.py")):
            place = path.relative_to(directory)
            if any(part.startswith(".") for part in place.parts) or not path.is_file():
                continue
            self.saved[path] = path.stat().st_mtime_ns
            self.sources[".".join(place.with_suffix("").parts)] = self.read(path)
            if len(place.parts) == 1 and path.stem in sys.stdlib_module_names:
                raise Fault(
                    f"{self.place(place)}: the standard library has a module "
                    f"{path.stem!r}, which it would hide: give it another name"
                )

    def place(self, file: str | Path) -> str:
        """Return a file of this folder as messages name it."""
        return f"{self.directory.name}/{Path(file).as_posix()}"

    def read(self, path: Path) -> str:
        """Return the text of a module; Fault if it is no text or no Python."""
        place = self.place(path.relative_to(self.directory))
        try:
            text = path.read_text(encoding="utf-8-sig")
            parsed(text)
        except UnicodeDecodeError as error:
            raise Fault(f"{place}: {error}") from None
        except SyntaxError as error:
            raise Fault(f"{place}:{error.lineno}: SyntaxError: {error.msg}") from None
        return text

    def hold(self) -> bool:
        """Tell whether no module was saved since it was read."""
        with contextlib.suppress(FileNotFoundError):
            return all(p.stat().st_mtime_ns == at for p, at in self.saved.items())
        return False

    def source(self, module: str) -> str:
        """Return the source of a module; Fault where there is none."""
        if module not in self.sources:
            file = self.place(f"{module.replace('.', '/')}.py")
            raise Fault(f"there is no {file}")
        return self.sources[module]

    def section(self, file: str, name: str) -> Section:
        """Return a named section of a file; Fault unless it is there once, whole."""
        text = self.source(module_of(file))
        marks = [m for m in MARK.finditer(text) if m[2] == name]
        if not marks:
            near = get_close_matches(name, self.sections(file), 1)
            hint = f": is it {near[0]!r}?" if near else ""
            raise Fault(f"{self.place(file)}: there is no section {name!r}{hint}")
        if [mark[1] for mark in marks] != ["start", "end"]:
            line = text.count("\n", 0, marks[-1].end()) + 1
            raise Fault(
                f"{self.place(file)}:{line}: the section {name!r} must begin once and "
                "end once"
            )
        start, end = marks
        code = textwrap.dedent(text[start.end() + 1 : end.start()].rstrip(" "))
        line = text.count("\n", 0, start.end()) + 2
        skipped = len(code) - len(code.lstrip("\n"))
        return Section(code.strip("\n"), self.place(file), line + skipped)

    def sections(self, file: str) -> list[str]:
        """Return the names of a file's sections, in order; none without the file."""
        text = self.sources.get(module_of(file), "")
        return [mark[2] for mark in MARK.finditer(text) if mark[1] == "start"]

    def function(self, file: str, name: str) -> Section:
        """Return a function of a file; Fault where there is none."""
        text = self.source(module_of(file))
        for node in parsed(text).body:
            if getattr(node, "name", "") == name:
                lines = text.split("\n")[node.lineno - 1 : node.end_lineno]
                return Section("\n".join(lines), self.place(file), node.lineno)
        raise Fault(f"{self.place(file)}: there is no function {name}")

    def module(self, name: str) -> str:
        """Return the module of this folder that a dotted name leads to, or nothing."""
        while name and name not in self.sources:
            name = name.rpartition(".")[0]
        return name

    def reach(self, code: str) -> tuple[set[str], set[str]]:
        """Return the modules, of this folder and of libraries, that code reaches."""
        todo, mine, libraries = set(imported(code)), set(), set()
        while todo:
            name = todo.pop()
            if not (module := self.module(name)):
                libraries.add(name)
            elif module not in mine:
                mine.add(module)
                todo |= imported(self.sources[module])
        return mine, libraries

    def evidence(self, module: str, name: str, of: str) -> list[str]:
        """Return the functions of the module ``of`` that a function of another calls.

        Those that these call in their turn, out of the same module, come before them.
        """
        found: list[str] = []
        own = {n.name: n for n in parsed(self.sources.get(of, "")).body if named_def(n)}
        tree = parsed(self.source(module))

        def add(names: list[str]) -> None:
            for each in names:
                if each in own and each not in seen:
                    seen.add(each)
                    add(names_in(own[each]))
                    found.append(each)

        seen: set[str] = set()
        imports = [n for n in tree.body if isinstance(n, ast.ImportFrom)]
        theirs = {
            a.asname or a.name for n in imports if n.module == of for a in n.names
        }
        for node in tree.body:
            if getattr(node, "name", "") == name:
                add([each for each in names_in(node) if each in theirs])
        return found


def named_def(node: ast.stmt) -> bool:
    """Tell whether a statement defines a function or a class."""
    return isinstance(node, ast.FunctionDef | ast.ClassDef)


def names_in(tree: ast.AST) -> list[str]:
    """Return the names that code reads, in their order, each once.

    >>> names_in(ast.parse("x = f(y, y)"))
    ['f', 'y']
    """
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    nodes.sort(key=lambda node: (node.lineno, node.col_offset))
    return list(dict.fromkeys(n.id for n in nodes if isinstance(n.ctx, ast.Load)))


def module_of(file: str) -> str:
    """Return the dotted name of a file.

    >>> module_of("trials/adam.py")
    'trials.adam'
    """
    return file.removesuffix(".py").replace("/", ".")


def preload(snippets: Snippets, codes: Iterable[str]) -> set[str]:
    """Return the library modules that are worth importing before workers fork."""
    code = "\n".join(codes)
    mine, libraries = snippets.reach(code)
    texts = [code, *(snippets.sources[name] for name in mine)]
    if any("torch.optim" in text for text in texts):
        libraries.add("torch._dynamo")  # which the first optimizer imports
    return libraries
