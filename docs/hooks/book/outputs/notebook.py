"""A page as a notebook, and a snippet as a file that runs by itself.

The notebook holds prose, cells and outputs as on the page, in the page's language. It
carries the modules of ``snippets/`` that its cells import, and names in its first cell
what to install; so does a snippet's file. Nothing runs here, nothing is imported.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterable
from copy import copy

from ..content.links import with_links
from ..content.view import View
from ..content.words import WORDS
from ..errors import Fault
from ..live.page import is_lab
from ..live.snippets import Snippets, module_of, names_in, parsed
from ..live.store import distribution, installed
from .transcript import Code, Heading, Text, Verdict, pieces

THREADS = "OMP_NUM_THREADS"
PRINTED = re.compile(r"^print\((.*)\)$", re.MULTILINE)
FOLDED = {"jupyter": {"source_hidden": True}, "cellView": "form"}


def requirements(libraries: Iterable[str]) -> list[str]:
    """Return what to install for these modules, at the versions that the build has.

    >>> requirements(["json", "torch.nn"]) == [
    ...     "torch==" + installed("torch").partition("+")[0]]
    True
    """
    names = {distribution(name) for name in libraries}
    names = {name for name in names if name.lower() not in ("", "ipython")}
    return sorted(f"{n}=={installed(n).partition('+')[0]}" for n in names)


def needed(snippets: Snippets, module: str, code: str) -> str:
    """Return the imports without which a piece of a module does not run by itself."""
    tree, mine = parsed(snippets.source(module)), parsed(code)
    defined = {n.name for n in mine.body if hasattr(n, "name")}
    names = set(names_in(mine)) - defined
    lines: list[str] = []
    local: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            found = [
                a for a in node.names if (a.asname or a.name).partition(".")[0] in names
            ]
            if found:
                kept = copy(node)
                kept.names = found
                lines.append(ast.unparse(kept))
        elif getattr(node, "name", "") in names:
            local.append(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = getattr(node, "targets", None) or [node.target]
            bound = {
                n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)
            }
            local += sorted(bound & names)
    if local:
        lines.append(f"from {module} import {', '.join(sorted(set(local)))}")
    return "\n".join(lines)


def displayed(code: str, name: str = "a figure") -> str:
    """Return the code of a figure with its picture displayed instead of printed.

    Fault, which names it, where no line prints it.

    >>> print(displayed('figure = draw()\\nprint(svg(figure, "a"))'))
    from IPython.display import HTML
    <BLANKLINE>
    figure = draw()
    display(HTML(svg(figure, "a")))
    """
    code, count = PRINTED.subn(r"display(HTML(\1))", code)
    if not count:
        raise Fault(f"{name} is not printed on one line: print(…)")
    return f"from IPython.display import HTML\n\n{code}"


class Notebook:
    """The cells of a notebook, growing from top to bottom."""

    def __init__(self, view: View, address: Callable[[str], str]) -> None:
        """address: returns where a link's target is published, or nothing."""
        self.view, self.address = view, address
        self.snippets = view.snippets
        self.cells: list[dict] = []
        self.shown: list[str] = []  # the code, for what it reaches
        self.prose: list[tuple[str, bool]] = []

    def close(self) -> None:
        """Make a Markdown cell of the prose so far."""
        lines: list[str] = []
        for text, quoted in self.prose:
            text = with_links(text, self.address)
            if quoted:
                text = re.sub(r"^", "> ", text, flags=re.MULTILINE)
            lines += [text, ""]
        self.prose.clear()
        if source := "\n".join(lines).strip("\n"):
            cell = {"cell_type": "markdown", "id": self.new_id("prose"), "metadata": {}}
            self.cells.append({**cell, "source": source})

    def new_id(self, name: str) -> str:
        """Return an id for the next cell: its number and what it is."""
        return f"{len(self.cells):03}-{re.sub(r'[^a-zA-Z0-9_-]', '-', name)}"[:64]

    def code(self, name: str, code: str, outputs: list[dict], **metadata) -> None:
        """Add a code cell with its outputs."""
        self.close()
        about = {"cell_type": "code", "execution_count": None, "id": self.new_id(name)}
        rest = {"metadata": metadata, "outputs": outputs, "source": code}
        self.cells.append(about | rest)

    def output(self, kind: str, text: str) -> dict:
        """Return an output: a stream of text, or data that is displayed."""
        if kind == "text/plain" and not is_lab(self.view.page.name):
            return {"output_type": "stream", "name": "stdout", "text": text}
        if kind == "text/plain":
            data = {kind: text}
        else:
            kind = "text/html" if kind == "image/svg+xml" else kind
            data = {kind: text, "text/plain": "<IPython.core.display.HTML object>"}
        return {"output_type": "display_data", "data": data, "metadata": {}}

    def add(self, piece) -> None:
        """Take in a piece of the page."""
        match piece:
            case Heading():
                anchor = f'<a id="{piece.id}"></a>\n\n'
                self.prose.append((f"{anchor}{'#' * piece.level} {piece.text}", False))
            case Text():
                self.prose.append((piece.text, piece.quoted))
            case Code():
                self.add_code(piece)
            case Verdict():
                imports = needed(self.snippets, piece.cell.module, piece.code)
                code = f"{imports}\n\n\n{piece.code}\n\n\nprint({piece.cell.id}())"
                self.shown.append(code)
                opinion = " (opinion)" * piece.trial["opinion"]
                text = "\n".join([piece.trial["verdict"] + opinion, *piece.lines, ""])
                self.code(
                    f"{piece.cell.id}-trial", code, [self.output("text/plain", text)]
                )

    def add_code(self, piece: Code) -> None:
        """Take in code with what came of it."""
        code, name = piece.code, piece.cell.id
        if piece.cell.kind == "functions":
            file, _, name = piece.cell.id.partition(":")
            imports = needed(self.snippets, module_of(file), code)
            code = f"{imports}\n\n\n{code}" if imports else code
        self.shown.append(code)
        if piece.cell.kind == "figure":
            code = displayed(code, f"{piece.cell.file}: {name}")
        outputs = [self.output(*output) for output in piece.outputs]
        folded = FOLDED if piece.cell.kind == "setup" else {}
        self.code(name, code.rstrip("\n"), outputs, **folded)

    def front(self) -> list[dict]:
        """Return the cells that come first: what to install, what is carried."""
        words = WORDS[self.view.language]
        modules, libraries = self.snippets.reach("\n".join(self.shown))
        needs, top = requirements(libraries), Notebook(self.view, self.address)
        if needs:
            code = f"{words['needs']}\n%pip install -q {' '.join(needs)}"
            top.code("install", code, [], tags=["install"])
        if self.shown:
            code = f'import os\n\nos.environ["{THREADS}"] = "1"'
            if modules:
                code = (
                    f"# {words['carried']}\nimport os\nimport sys\n"
                    "from pathlib import Path\nfrom tempfile import mkdtemp\n\n"
                    f'os.environ["{THREADS}"] = "1"\n'
                    "carried = Path(mkdtemp()).as_posix()\n"
                    "sys.path.insert(0, carried)"
                )
            if not is_lab(self.view.page.name):  # a page shows what is printed, no more
                code += '\nget_ipython().ast_node_interactivity = "none"'
            top.code("set-up", code, [], tags=["set-up"], **FOLDED)
        for module in sorted(modules):
            source = self.snippets.source(module).rstrip("\n")
            code = f"%%writefile {{carried}}/{module}.py\n{source}"
            top.code(module, code, [], tags=["set-up"], **FOLDED)
        return top.cells

    def whole(self) -> str:
        """Return the notebook as its file."""
        for piece in pieces(self.view):
            self.add(piece)
        self.close()
        cells = [*self.front(), *self.cells]
        for number, cell in enumerate(cells):
            cell["id"] = f"{number:03}{cell['id'][3:]}"
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        about = {"kernelspec": kernel, "language_info": {"name": "python"}}
        whole = {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
        return json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def literal(text: str) -> str:
    """Return a string of many lines as Python that can be read.

    >>> print(literal('a = "1"\\n'))
    r'''
    a = "1"
    '''[1:]
    """
    if "'''" in text or text.endswith("'"):
        return repr(text)
    return f"r'''\n{text}'''[1:]"


CARRIED = '''

class Carried(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Import the modules above as if they were files."""

    def find_spec(self, name, path=None, target=None):
        if name in CARRIED:
            return importlib.util.spec_from_loader(name, self)

    def exec_module(self, module):
        exec(CARRIED[module.__name__], module.__dict__)


sys.meta_path.insert(0, Carried())'''


def alone(snippets: Snippets, module: str) -> str:
    """Return a snippet as a file that runs by itself: what it imports is inside."""
    if module in snippets.files:  # the languages of a page lead to the same files
        return snippets.files[module]
    source = snippets.source(module)
    modules, libraries = snippets.reach(source)
    modules = sorted(modules - {module})
    needs = f"# dependencies = {requirements(libraries)!r}".replace("'", '"')
    head = ["# /// script", '# requires-python = ">=3.11"', needs, "# ///"]
    tree = parsed(source)
    end = tree.body[0].end_lineno if ast.get_docstring(tree) is not None else 0
    lines = source.splitlines()
    carried = [
        "",
        "# It needs only the dependencies above. One thread, for the same digits.",
        "import os",
        "",
        f'os.environ.setdefault("{THREADS}", "1")',
    ]
    if modules:
        carried += ["import importlib.abc", "import importlib.util", "import sys", ""]
        carried.append("CARRIED = {  # the modules that it imports")
        carried += [f'    "{m}": {literal(snippets.source(m))},' for m in modules]
        carried += ["}", *CARRIED.split("\n")]
    whole = [*head, *lines[:end], *carried, "", *lines[end:], ""]
    snippets.files[module] = "\n".join(whole)
    return snippets.files[module]
