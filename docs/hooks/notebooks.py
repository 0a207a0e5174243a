"""Every page and lab as a notebook, and every snippet as a file that runs by itself.

The notebook is made from the page's Markdown and from the results of the build: prose,
cells, and outputs as on the page, in the page's language. It carries the modules of
``snippets/`` that its cells import, and names in its first cell what to install. So
does a snippet's file. Nothing runs here, and no library is imported.
"""

from __future__ import annotations

import ast
import html
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path

from cells import FENCE, Cell, shown
from inline_values import VALUE, blocks, expression, holds_values
from mkdocs.plugins import event_priority
from nbformat import NotebookNode, v4
from store import Keys

OPENING = re.compile(r"///+ *(?P<kind>[\w-]+) *(?:\| *(?P<title>.*))?$")
SETTING = re.compile(r" {4}(?P<name>[\w-]+):(?P<value>.*)$")
HEADING = re.compile(r"^(?P<text>#+ .*?) *\{#(?P<id>[\w-]+)\} *$", re.MULTILINE)
LINK = re.compile(
    r"(?P<other>`[^`\n]+`|\$[^$\n]+\$)"
    r"|(?<!!)\[(?P<text>(?:[^\[\]`$]|`[^`\n]*`|\$[^$\n]*\$)*)\]\((?P<to>[^)\s]+)\)"
)
CASE = re.compile(r'<li class="(yes|no)"><span>(.*?)</span> <output>(.*?)</output>')
MARKUP = re.compile(
    r'<span class="arithmatex">\\\((.*?)\\\)</span>|<code\b[^>]*>(.*?)</code>|<[^>]+>'
)
TEXT_OUTPUT = re.compile(r"````text\n(.*?)\n````", re.DOTALL)
HTML_OUTPUT = re.compile(r'<div class="output">(.*)</div>', re.DOTALL)
GITHUB = re.compile(
    r"https://github\.com/(?P<repository>[\w.-]+/[\w.-]+?)(?:\.git)?/?$"
)
DISTRIBUTIONS = {"sklearn": "scikit-learn"}
THREADS = "OMP_NUM_THREADS"
FOLDED = {"jupyter": {"source_hidden": True}, "cellView": "form"}
WORDS = {
    "zh": {
        "needs": "# 本笔记本需要的全部；已装好则什么也不做。",
        "carried": "下面几格把各单元导入的模块写进一个临时目录。",
        "figure": "**图：**",
        "notebook": "下载为 notebook",
        "file": "下载 {}",
        "colab": "在 Colab 中打开",
        "label": "下载本页",
    },
    "en": {
        "needs": "# All that this notebook needs; does nothing if it is there.",
        "carried": "The next cells write the modules that are imported to a "
        "temporary directory.",
        "figure": "**Figure:**",
        "notebook": "Download as a notebook",
        "file": "Download {}",
        "colab": "Open in Colab",
        "label": "Download this page",
    },
}


@dataclass
class Notebook:
    """A notebook that grows from top to bottom: prose is gathered until a cell comes.

    quoted: whether prose belongs to a block, such as a claim, that cells interrupt.
    """

    cells: list[NotebookNode] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)
    quoted: bool = False

    def close(self) -> None:
        """Make a Markdown cell of the prose so far, quoted if it is part of a block."""
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(self.prose)).strip("\n")
        if text:
            lines = text.split("\n")
            if self.quoted:
                lines = [f"> {line}".rstrip() for line in lines]
            self.cells.append(
                v4.new_markdown_cell("\n".join(lines), id=self.new_id("prose"))
            )
        self.prose.clear()

    def new_id(self, name: str) -> str:
        """Return an id for the next cell: its number and what it is."""
        return f"{len(self.cells):03}-{re.sub(r'[^a-zA-Z0-9_-]', '-', name)}"[:64]

    def code(self, name: str, code: str, outputs=(), **metadata) -> None:
        """Add a code cell with its outputs."""
        self.close()
        self.cells.append(
            v4.new_code_cell(
                code, id=self.new_id(name), outputs=list(outputs), metadata=metadata
            )
        )


def printed(text: str) -> list[NotebookNode]:
    """Return what a cell has printed, as its outputs."""
    return [v4.new_output("stream", name="stdout", text=text)] if text else []


def drawn(markup: str) -> list[NotebookNode]:
    """Return HTML that a cell displays, as its outputs."""
    data = {"text/html": markup, "text/plain": "<IPython.core.display.HTML object>"}
    return [v4.new_output("display_data", data=data)]


def displayed(code: str) -> str:
    """Return the code of a figure with its picture displayed instead of printed.

    >>> print(displayed('figure = draw()\\nprint(svg(figure, "a"))'))
    from IPython.display import HTML
    <BLANKLINE>
    figure = draw()
    display(HTML(svg(figure, "a")))
    """
    data = code.encode()
    starts = [0]
    for line in data.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in reversed(ast.parse(code).body):
        call = node.value if isinstance(node, ast.Expr) else None
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "print":
            start = starts[call.lineno - 1] + call.col_offset
            end = starts[call.end_lineno - 1] + call.end_col_offset
            inner = data[start:end].removeprefix(b"print(").removesuffix(b")")
            data = data[:start] + b"display(HTML(" + inner + b"))" + data[end:]
    return "from IPython.display import HTML\n\n" + data.decode()


def plain(markup: str) -> str:
    r"""Return a piece of HTML as Markdown: formulas as TeX, code in backticks.

    >>> plain(r'at <span class="arithmatex">\(t=1\)</span>, <code>w</code> &lt; 1')
    'at $t=1$, `w` < 1'
    """

    def text(match: re.Match[str]) -> str:
        if match[1] is not None:
            return f"${match[1]}$"
        return f"`{MARKUP.sub('', match[2])}`" if match[2] is not None else ""

    return html.unescape(MARKUP.sub(text, markup)).strip()


def cases(trial: str, language: str) -> list[str]:
    """Return the cases of a trial, in HTML, as printing the trial shows them.

    >>> cases('<li class="no"><span>一 | one</span> <output>1</output>', "en")
    ['✗ one: 1']
    """
    lines = []
    for kind, what, measured in CASE.findall(trial):
        both = re.fullmatch(r"([^|]*[\u4e00-\u9fff][^|]*) \| (.+)", what)
        if both:
            what = both[1 if language == "zh" else 2]
        sign = "✓" if kind == "yes" else "✗"
        lines.append(html.unescape(f"{sign} {what}: {measured}"))
    return lines


def requirements(libraries: Iterable[str]) -> list[str]:
    """Return what to install for these modules, at the versions that the build has.

    >>> requirements(["json", "torch.nn"]) == [
    ...     "torch==" + metadata.version("torch").partition("+")[0]]
    True
    """
    found = set()
    for module in libraries:
        name = module.partition(".")[0]
        name = DISTRIBUTIONS.get(name, name)
        try:
            version = metadata.version(name).partition("+")[0]
        except metadata.PackageNotFoundError:
            continue  # of the standard library
        if name != "IPython":  # which is Jupyter's own
            found.add(f"{name}=={version}")
    return sorted(found)


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


class Snippets:
    """The modules of snippets/, and what each of them reaches."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.keys = Keys(directory)

    @cache  # noqa: B019, since one lives as long as a build
    def source(self, module: str) -> str:
        """Return the source of a module."""
        return (self.directory / f"{module}.py").read_text(encoding="utf-8")

    def reach(self, code: str) -> tuple[list[str], list[str]]:
        """Return the modules to carry for a piece of code, and what to install."""
        modules, libraries = self.keys.reach(code)
        for text in [code, *map(self.source, modules)]:
            libraries |= set(re.findall(r'import_module\(f?"(\w+)', text))
        return sorted(modules), requirements(libraries)

    def alone(self, module: str) -> str:
        """Return a snippet as a file that runs by itself: what it imports is inside."""
        source = self.source(module)
        modules, needs = self.reach(source)
        modules = [name for name in modules if name != module]
        head = ["# /// script", '# requires-python = ">=3.11"']
        head += [f"# dependencies = {needs!r}".replace("'", '"'), "# ///"]
        tree = ast.parse(source)
        has_docstring = ast.get_docstring(tree) is not None
        end = tree.body[0].end_lineno if has_docstring else 0
        lines = source.splitlines()
        carried = [
            "",
            "# It needs only the dependencies above. One thread, for the same digits.",
            "import os",
            "",
            f'os.environ.setdefault("{THREADS}", "1")',
        ]
        if modules:
            carried += [
                "import importlib.abc",
                "import importlib.util",
                "import sys",
                "",
                "CARRIED = {  # the modules that it imports",
                *(f'    "{name}": {literal(self.source(name))},' for name in modules),
                "}",
                "",
                "",
                "class Carried(importlib.abc.MetaPathFinder, importlib.abc.Loader):",
                '    """Import the modules above as if they were files."""',
                "",
                "    def find_spec(self, name, path=None, target=None):",
                "        if name in CARRIED:",
                "            return importlib.util.spec_from_loader(name, self)",
                "",
                "    def exec_module(self, module):",
                "        exec(CARRIED[module.__name__], module.__dict__)",
                "",
                "",
                "sys.meta_path.insert(0, Carried())",
            ]
        return "\n".join([*head, *lines[:end], *carried, "", *lines[end:], ""])


class Writer:
    """Writes the notebook of one page."""

    def __init__(self, source: str, config, files, page, snippets: Snippets) -> None:
        hooks = {Path(name).stem: hook for name, hook in config.hooks.items()}
        self.source, self.config, self.files = source, config, files
        self.language = source.partition("/")[0]
        self.words = WORDS[self.language]
        self.claims, self.page, self.snippets = hooks["claims"], page, snippets
        self.labs, self.executor = hooks["labs"], hooks["executor"]
        self.notebook = Notebook()
        self.shown: list[str] = []

    def link(self, match: re.Match[str]) -> str:
        """Return a link as it can be followed from anywhere, or else its text."""
        to = match["to"]
        if match["other"] or to.startswith("#") or re.match(r"[a-z]+:", to):
            return match[0]
        path, mark, anchor = to.partition("#")
        name = posixpath.normpath(posixpath.join(posixpath.dirname(self.source), path))
        file = self.files.get_file_from_path(name)
        if not (file and self.config.site_url):
            return match["text"]
        address = self.config.site_url.rstrip("/") + "/" + file.url.removeprefix("./")
        return f"[{match['text']}]({address}{mark}{anchor})"

    def markdown(self, text: str) -> str:
        """Return a block of prose as a notebook shows it."""
        text = HEADING.sub(r'<a id="\g<id>"></a>\n\n\g<text>', text)
        text = re.sub(r' *<div data-ledger(?:="")?></div>', self.ledger, text)
        text = re.sub(r'<span data-tally="(\w+)"></span>', self.tally, text)
        return LINK.sub(self.link, text)

    def tally(self, mark: re.Match[str]) -> str:
        """Return how many claims have a verdict."""
        verdicts = [claim.verdict for claim in self.claims.claims.values()]
        return str(len(verdicts) if mark[1] == "all" else verdicts.count(mark[1]))

    def ledger(self, mark: re.Match[str]) -> str:
        """Return all claims as a list."""
        words = self.claims.WORDS[self.language]
        lines = []
        for claim in sorted(self.claims.claims.values(), key=lambda claim: claim.id):
            title = plain(claim.title)
            lines.append(f"- **{words[claim.verdict]}** {title} ({claim.id.upper()})")
            # What stands there is in one language already.
            trial = re.sub(r'<b class="sign">.*?</b>', "", claim.trial)
            lines += [f"    - {case}" for case in cases(trial, self.language)]
        return "\n".join(lines)

    def open(self, kind: str, title: str, settings: dict[str, str]) -> None:
        """Begin a block: its title stands in bold, a claim's after its verdict."""
        self.notebook.close()
        if kind == "caption":
            self.notebook.prose.append(self.words["figure"])
            return
        self.notebook.quoted = True
        place = re.search(r"id: *([\w-]+)", settings.get("attrs", ""))
        claim = self.claims.claims.get(place[1]) if place else None
        if kind == "claim" and claim:
            words = self.claims.WORDS[self.language]
            word = words[claim.verdict]
            if "data-opinion" in claim.trial:
                word += {"zh": "（{}）", "en": " ({})"}[self.language].format(
                    words["opinion"]
                )
            title = f"{word}{words['between']}{title}"
        if title:
            self.notebook.prose += [f"**{self.markdown(title)}**", ""]

    def write(self, markdown: str) -> None:
        """Take in the page's Markdown, block by block."""
        if "/labs/" in self.source:
            _, key, _ = self.labs.about(self.source, markdown, self.config)
            outputs = iter(self.labs.known.get(key, []))
            named = values = iter(())
        else:
            cells = self.executor.pages.get(self.source, [])
            named = iter([cell for cell in cells if not cell.is_value])
            values = iter([cell for cell in cells if cell.is_value])
            outputs = iter(())
        pieces = iter([*blocks(markdown), (0, "")])
        opened: list[str] = []
        for number, block in pieces:
            opening = OPENING.match(block)
            if opening:
                settings = {}
                while setting := SETTING.match((following := next(pieces))[1]):
                    for line in following[1].split("\n"):
                        if setting := SETTING.match(line):
                            settings[setting["name"]] = setting["value"]
                kind = opening["kind"]
                opened.append(kind)
                self.open(kind, opening["title"] or "", settings)
                number, block = following
            if block.strip() and set(block.strip()) == {"/"} and opened:
                self.notebook.close()
                opened.pop()
                self.notebook.quoted = any(kind != "caption" for kind in opened)
            elif FENCE.match(block):
                self.cell(block, next(named))
            elif "/labs/" in self.source and block.startswith("```python\n"):
                self.lab_cell(block, next(outputs))
            elif not block.startswith("```") and holds_values(number, block):
                self.prose_with_values(block, values)
            else:
                self.notebook.prose.append(self.markdown(block))
        self.notebook.close()

    def prose_with_values(self, block: str, values: Iterator[Cell]) -> None:
        """Take in prose with its values in place; a trial becomes a cell of its own."""
        found = VALUE.fullmatch(block.strip())
        outputs = [
            (next(values).output or "").rstrip("\n") for _ in VALUE.findall(block)
        ]
        if found and outputs[0].startswith('<ul class="trial"'):
            verdict = re.search(r'data-verdict="(\w+)"', outputs[0])[1]
            opinion = " (opinion)" if "data-opinion" in outputs[0] else ""
            lines = [verdict + opinion, *cases(outputs[0], self.language)]
            code = f"print({found['expression'].strip()})"
            self.notebook.code("trial", code, printed("\n".join(lines) + "\n"))
            self.shown.append(expression(found))
        else:
            following = iter(outputs)
            text = VALUE.sub(lambda _: next(following), block)
            self.notebook.prose.append(self.markdown(text))

    def cell(self, block: str, cell: Cell) -> None:
        """Take in a cell of a page, with what it printed or drew."""
        code, output = shown(cell.code, self.language), cell.output or ""
        self.shown.append(code)
        if 'html="on"' in block.partition("\n")[0]:
            self.notebook.code(cell.name, displayed(code), drawn(output.strip()))
        else:
            self.notebook.code(cell.name, code, printed(output))

    def lab_cell(self, block: str, output: str) -> None:
        """Take in a cell of a lab, with its outputs."""
        code = block.removeprefix("```python\n").removesuffix("```").rstrip("\n")
        self.shown.append(code)
        outputs = [
            v4.new_output("display_data", data={"text/plain": html.unescape(text)})
            for text in TEXT_OUTPUT.findall(output)
        ]
        for markup in HTML_OUTPUT.findall(output):
            outputs += drawn(markup)
        self.notebook.code("cell", code, outputs)

    def whole(self) -> NotebookNode:
        """Return the notebook, with what it needs at its top."""
        modules, needs = self.snippets.reach("\n".join(self.shown))
        front = Notebook()
        if needs:
            code = f"{self.words['needs']}\n%pip install -q {' '.join(needs)}"
            front.code("install", code, tags=["install"])
        if self.shown:
            code = f'import os\n\nos.environ["{THREADS}"] = "1"'
            if modules:
                code = (
                    f"# {self.words['carried']}\nimport os\nimport sys\n"
                    "from pathlib import Path\nfrom tempfile import mkdtemp\n\n"
                    f'os.environ["{THREADS}"] = "1"\n'
                    "carried = Path(mkdtemp()).as_posix()\n"
                    "sys.path.insert(0, carried)"
                )
            if "/labs/" not in self.source:  # a page shows what is printed, no more
                code += '\nget_ipython().ast_node_interactivity = "none"'
            front.code("set-up", code, tags=["set-up"], **FOLDED)
        for module in modules:
            code = (
                f"%%writefile {{carried}}/{module}.py\n{self.snippets.source(module)}"
            )
            front.code(module, code.rstrip("\n"), tags=["set-up"], **FOLDED)
        cells = [*front.cells, *self.notebook.cells]
        for number, cell in enumerate(cells):
            cell["id"] = f"{number:03}{cell['id'][3:]}"
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        about = {"kernelspec": kernel, "language_info": {"name": "python"}}
        return v4.new_notebook(cells=cells, metadata=about)


def colab(repo_url: str | None, path: str) -> str:
    """Return where Colab opens a published notebook, or nothing without GitHub.

    >>> colab("https://github.com/someone/site/", "en/adam/adam.ipynb")
    'https://colab.research.google.com/github/someone/site/blob/gh-pages/en/adam/adam.ipynb'
    >>> colab(None, "en/adam/adam.ipynb"), colab("https://example.org/a/b", "a.ipynb")
    ('', '')
    """
    found = GITHUB.match(repo_url or "")
    if not found:
        return ""
    host = "https://colab.research.google.com/github"
    return f"{host}/{found['repository']}/blob/gh-pages/{path}"


def on_pre_build(config) -> None:
    """Forget the pages of the language before, and read the snippets anew."""
    global snippets
    sources.clear()
    snippets = Snippets(Path(config.config_file_path).parent / "snippets")


@event_priority(50)  # before the values are put in
def on_page_markdown(markdown: str, page, files, **kwargs) -> None:
    """Keep a page as its author wrote it."""
    sources[page.file.src_uri] = markdown, files


def modules_of(writer: Writer, name: str) -> list[str]:
    """Return the snippets that a page shows: of its cells, or named like the lab."""
    cells = writer.executor.pages.get(writer.source, [])
    files = [cell.file for cell in cells if not cell.is_value]
    found = dict.fromkeys(Path(file).stem for file in files)
    return list(found) or [name] * (name in writer.snippets.keys.sources)


def on_post_page(output: str, page, config) -> str:
    """Write the notebook and the snippets of a page, and link them below its title."""
    source = page.file.src_uri
    hooks = {Path(name).stem for name in config.hooks}
    if source not in sources or not {"claims", "labs", "executor"} <= hooks:
        return output
    markdown, files = sources[source]
    writer = Writer(source, config, files, page, snippets)
    writer.write(markdown)
    site, name = Path(config.site_dir), Path(source).stem
    path = posixpath.join(posixpath.dirname(page.file.dest_uri), f"{name}.ipynb")
    (site / path).parent.mkdir(parents=True, exist_ok=True)
    (site / path).write_text(v4.writes(writer.whole()) + "\n", encoding="utf-8")

    words = writer.words
    links = [f'<a href="{name}.ipynb" download>{words["notebook"]}</a>']
    for module in modules_of(writer, name.replace("-", "_")):
        target = site / "snippets" / f"{module}.py"
        target.parent.mkdir(exist_ok=True)
        target.write_text(snippets.alone(module), encoding="utf-8")
        to = posixpath.relpath(f"snippets/{module}.py", posixpath.dirname(path) or ".")
        links.append(f'<a href="{to}" download>{words["file"].format(target.name)}</a>')
    if address := colab(config.repo_url, path):
        links.append(f'<a href="{address}">{words["colab"]}</a>')
    bar = (
        f'<nav class="downloads" aria-label="{words["label"]}">{" ".join(links)}</nav>'
    )
    article = output.index("<article")
    end = output.index("</h1>", article) + len("</h1>")
    return f"{output[:end]}\n{bar}{output[end:]}"


sources: dict[str, tuple[str, object]] = {}  # Markdown and files, by source
snippets: Snippets
