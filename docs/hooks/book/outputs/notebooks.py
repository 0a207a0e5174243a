"""Every page and lab as a notebook, and every snippet as a file that runs by itself.

The notebook is made from the page's Markdown and from the results of the build: prose,
cells, and outputs as on the page, in the page's language. It carries the modules of
``snippets/`` that its cells import, and names in its first cell what to install. So
does a snippet's file. Nothing runs here, and no library is imported.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path

from ..live.labs import is_lab
from nbformat import NotebookNode, v4
from ..live.store import Keys
from .transcript import Notebook, Writer, keep, kept, readable

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
        "notebook": "下载为 notebook",
        "file": "下载 {}",
        "colab": "在 Colab 中打开",
        "label": "下载本页",
    },
    "en": {
        "needs": "# All that this notebook needs; does nothing if it is there.",
        "carried": "The next cells write the modules that are imported to a "
        "temporary directory.",
        "notebook": "Download as a notebook",
        "file": "Download {}",
        "colab": "Open in Colab",
        "label": "Download this page",
    },
}


def requirements(libraries: Iterable[str]) -> list[str]:
    """Return what to install for these modules, at the versions that the build has.

    >>> requirements(["json", "torch.nn"]) == [
    ...     "torch==" + metadata.version("torch").partition("+")[0]]
    True
    """
    found = set()
    for module in libraries:
        name = module.partition(".")[0]
        version = version_of(DISTRIBUTIONS.get(name, name))
        if version and name != "IPython":  # which is Jupyter's own
            found.add(version)
    return sorted(found)


@cache
def version_of(name: str) -> str:
    """Return a distribution with its version; nothing for the standard library's.

    >>> version_of("torch").partition("+")[0] == version_of("torch")
    True
    >>> version_of("json")
    ''
    """
    try:
        return f"{name}=={metadata.version(name).partition('+')[0]}"
    except metadata.PackageNotFoundError:
        return ""


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
        return sorted(modules), requirements(libraries)

    @cache  # noqa: B019
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


def whole(writer: Writer) -> NotebookNode:
    """Return the notebook, with what it needs at its top."""
    words = WORDS[writer.language]
    modules, needs = snippets.reach("\n".join(writer.shown))
    front = Notebook()
    if needs:
        code = f"{words['needs']}\n%pip install -q {' '.join(needs)}"
        front.code("install", code, tags=["install"])
    if writer.shown:
        code = f'import os\n\nos.environ["{THREADS}"] = "1"'
        if modules:
            code = (
                f"# {words['carried']}\nimport os\nimport sys\n"
                "from pathlib import Path\nfrom tempfile import mkdtemp\n\n"
                f'os.environ["{THREADS}"] = "1"\n'
                "carried = Path(mkdtemp()).as_posix()\n"
                "sys.path.insert(0, carried)"
            )
        if not is_lab(writer.source):  # a page shows what is printed, no more
            code += '\nget_ipython().ast_node_interactivity = "none"'
        front.code("set-up", code, tags=["set-up"], **FOLDED)
    for module in modules:
        code = f"%%writefile {{carried}}/{module}.py\n{snippets.source(module)}"
        front.code(module, code.rstrip("\n"), tags=["set-up"], **FOLDED)
    cells = [*front.cells, *writer.notebook.cells]
    for number, cell in enumerate(cells):
        cell["id"] = f"{number:03}{cell['id'][3:]}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    about = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return v4.new_notebook(cells=cells, metadata=about)


def colab(repo_url: str | None, path: str) -> str:
    """Return where Colab opens a published notebook, or nothing without GitHub.

    >>> colab("https://github.com/someone/site/", "en/adam/adam.ipynb")
    'https://colab.research.google.com/github/someone/site/blob/notebooks/en/adam/adam.ipynb'
    >>> colab(None, "en/adam/adam.ipynb"), colab("https://example.org/a/b", "a.ipynb")
    ('', '')
    """
    found = GITHUB.match(repo_url or "")
    if not found:
        return ""
    host = "https://colab.research.google.com/github"
    return f"{host}/{found['repository']}/blob/notebooks/{path}"


def on_pre_build(config) -> None:
    """Forget the pages of the language before, and read the snippets anew."""
    global snippets
    kept.clear()
    if config.plugins["i18n"].building:
        return
    snippets = Snippets(Path(config.config_file_path).parent / "snippets")


def on_page_markdown(markdown: str, page, files, **kwargs) -> None:
    """Keep a page as its author wrote it."""
    keep(page, markdown, files)


def modules_of(writer: Writer, name: str) -> list[str]:
    """Return the snippets that a page shows: of its cells, or named like the lab."""
    cells = writer.executor.pages.get(writer.source, [])
    files = [cell.file for cell in cells if cell.file.startswith("snippets/")]
    found = dict.fromkeys(Path(file).stem for file in files)
    return list(found) or [name] * (name in snippets.keys.sources)


def on_post_page(output: str, page, config) -> str:
    """Write the notebook and the snippets of a page, and link them below its title."""
    source = page.file.src_uri
    if not readable(page, config):
        return output
    writer = Writer(page, config)
    writer.write()
    site, name = Path(config.site_dir), Path(source).stem
    path = posixpath.join(posixpath.dirname(page.file.dest_uri), f"{name}.ipynb")
    (site / path).parent.mkdir(parents=True, exist_ok=True)
    (site / path).write_text(v4.writes(whole(writer)) + "\n", encoding="utf-8")

    words = WORDS[writer.language]
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


snippets: Snippets
