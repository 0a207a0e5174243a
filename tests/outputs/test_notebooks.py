"""The downloads: each notebook and each file runs by itself and shows what pages show.

The notebooks of English run, those that stand for their kind, or with --every all of
them; each is shown to hold the cells of its page's script, which the build has run.
Those of Chinese are shown to be equal but for comments and strings, and their outputs
but for words. Nothing of the repository is on a path.
"""

import ast
import re
from pathlib import Path

import nbformat
import pytest
from book.content.view import shown
from book.errors import Fault
from book.outputs.notebook import displayed
from bs4 import BeautifulSoup
from nbclient import NotebookClient
from programs import python
from project import ROOT, Project

DOCS = ROOT / "docs" / "en"
NAMES = [
    path.relative_to(DOCS).with_suffix("").as_posix()
    for path in sorted(DOCS.rglob("*.md"))
]

SNIPPETS = ROOT / "snippets"
SCRIPTS = [
    name
    for name in NAMES
    if (SNIPPETS / "pages" / f"{name.replace('-', '_')}.py").exists()
]
DOWNLOADS = re.compile(r'<nav class="downloads".*?</nav>', re.DOTALL)
SECTION = re.compile(
    r"^# --8<-- \[start:([\w-]+)\]\n(.*?)^# --8<-- \[end:\1\]$", re.M | re.S
)
SHOWN = "\n".join(path.read_text("utf-8") for path in DOCS.rglob("*.md"))
FILES = sorted(
    path.stem
    for path in SNIPPETS.glob("*.py")
    if f'"{path.name}:' in SHOWN or (DOCS / "labs" / f"{path.stem}.md").exists()
)
FILES.remove("processes")  # which torchrun starts: its notebook runs it
FILES.remove("training_loop")  # which is a program: a test of its own runs it


def read(site: Path, language: str, name: str):
    parts = ["en"] if language == "en" else []
    folder = site.joinpath(*parts, *([] if name == "index" else [name]))
    text = (folder / f"{name.rpartition('/')[2]}.ipynb").read_text("utf-8")
    return nbformat.reads(text, as_version=4)


def code_cells(notebook, *without: str):
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code"
        and not set(without) & set(cell.metadata.get("tags", []))
    ]


def table(text: str) -> str:
    """Return a table, or other text, as its words, be it Markdown or HTML."""
    text = BeautifulSoup(text, "html.parser").get_text(" ")
    text = re.sub(r"^[|: -]+$", "", text, flags=re.MULTILINE).replace("|", " ")
    return " ".join(text.split())


def shows(cell) -> list[str]:
    """Return what a cell shows; a picture as its markup, warnings left out."""
    found = []
    for output in cell.outputs:
        assert output.output_type != "error", output
        if output.output_type == "stream":
            if output.name == "stdout":
                found.append(output.text)
            continue
        data = output.data
        markup = data.get("text/html", data.get("text/markdown", ""))
        if "<svg" in markup:
            found.append(" ".join(str(BeautifulSoup(markup, "html.parser")).split()))
        else:
            found.append(table(markup) if markup else data["text/plain"])
    return ["".join(found)] if all(o.output_type == "stream" for o in cell.outputs) \
        else found  # fmt: skip


@pytest.fixture
def alone(monkeypatch):
    """Take the repository off all paths that a process started here would see."""
    for name in ("PYTHONPATH", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.of_each_page("learning-rate", "inference", "index")
@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_by_itself_and_shows_what_the_page_shows(
    name, site, alone, tmp_path
):
    built = read(site, "en", name)
    nbformat.validate(built)
    fresh = read(site, "en", name)
    for cell in code_cells(fresh):
        cell.outputs = []
    fresh.cells = [
        c for c in fresh.cells if "install" not in c.metadata.get("tags", [])
    ]
    NotebookClient(
        fresh, timeout=120, resources={"metadata": {"path": tmp_path}}
    ).execute()
    then, now = code_cells(built, "install", "set-up"), code_cells(fresh, "set-up")
    for old, new in zip(then, now, strict=True):
        assert shows(new) == shows(old), old.source


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_cells_of_a_notebook_are_the_script_of_its_page(name, site):
    """So what the build ran is what a notebook runs: its own cells, in their order."""
    text = (SNIPPETS / "pages" / f"{name.replace('-', '_')}.py").read_text("utf-8")
    own = code_cells(read(site, "en", name), "install", "set-up")
    cells = {cell.id[4:]: cell.source for cell in own}
    sections = SECTION.findall(text)
    assert [cell for cell in cells if cell in dict(sections)] == [*dict(sections)]
    for section, code in sections:
        code = shown(code, "en").strip("\n")
        if section.endswith("-figure"):
            code = displayed(code).rstrip("\n")
        assert cells[section] == code, section


def test_a_figure_that_no_line_prints_is_a_fault():
    with pytest.raises(Fault, match=r"pages/a\.py: draw-figure is not printed"):
        displayed("print(\n    1\n)", "pages/a.py: draw-figure")


class WithoutStrings(ast.NodeTransformer):
    def visit_Constant(self, node):
        return ast.Constant("") if isinstance(node.value, str) else node

    def visit_JoinedStr(self, node):
        values = [v for v in node.values if isinstance(v, ast.FormattedValue)]
        return ast.JoinedStr([self.visit(value) for value in values])


def bare(code: str) -> str:
    code = re.sub(r"^%.*$", "", code, flags=re.MULTILINE)
    return ast.dump(WithoutStrings().visit(ast.parse(code)))


@pytest.mark.parametrize("name", NAMES)
def test_the_notebooks_of_the_languages_differ_in_words_only(name, site):
    zh, en = (code_cells(read(site, language, name)) for language in ("zh", "en"))
    for ours, theirs in zip(zh, en, strict=True):
        assert ours.id[4:] == theirs.id[4:]
        assert bare(ours.source) == bare(theirs.source)
        if ours.id.endswith("-trial"):
            said = [shows(cell)[0].splitlines() for cell in (ours, theirs)]
            first, second = ([line[:1] for line in lines[1:]] for lines in said)
            assert (said[0][0], first) == (said[1][0], second)
        else:
            assert shows(ours) == shows(theirs)


def test_a_page_links_its_notebook_and_its_file(site):
    for name in NAMES:
        for language, words in (("zh", "下载为 notebook"), ("en", "Download as")):
            parts = ["en"] if language == "en" else []
            folder = site.joinpath(*parts, *([] if name == "index" else [name]))
            html = (folder / "index.html").read_text("utf-8")
            soup = BeautifulSoup(DOWNLOADS.search(html)[0], "html.parser")
            links = soup.select(".downloads a")
            assert words in links[0].get_text()
            assert all((folder / link["href"]).is_file() for link in links)
            assert not any("://" in link["href"] for link in links)


def test_no_notebook_keeps_marks_of_the_sources(site):
    for language in ("zh", "en"):
        for name in NAMES:
            for cell in read(site, language, name).cells:
                if cell.cell_type == "markdown":
                    for sign in ("{{ ", "///", "--8<--", "attrs:", "data-ledger", "{#"):
                        assert sign not in cell.source, (language, name, cell.source)


def run_alone(site: Path, file: str, directory: Path, whole: bool) -> str:
    """Run a download in a folder of its own; return what it prints.

    whole: let it import torch itself, after it has asked for one thread.
    """
    path = directory / Path(file).name
    path.write_text((site / "snippets" / file).read_text("utf-8"), "utf-8")
    quick = {"known": ()} if whole else {"OMP_NUM_THREADS": "1"}
    run = python("-I", path.name, cwd=directory, **quick)
    assert run.returncode == 0, run.stderr
    assert not run.stderr
    return run.stdout


@pytest.mark.of_each_page("learning-rate", "inference", "index")
@pytest.mark.parametrize("page", SCRIPTS)
def test_a_script_runs_by_itself_and_prints_what_its_page_shows(
    page, site, alone, tmp_path
):
    file = f"pages/{page.replace('-', '_')}.py"
    printed = run_alone(site, file, tmp_path, whole=page == "inference")
    text = BeautifulSoup(printed, "html.parser").get_text()
    shown = 0
    for cell in code_cells(read(site, "en", page), "install", "set-up"):
        for output in cell.outputs:
            if output.output_type == "stream" and not cell.id.endswith("-trial"):
                said = output.text
                assert table(said) in table(printed) or said in text, cell.id
                shown += 1
    assert shown or "print(" not in printed


@pytest.mark.parametrize("page", SCRIPTS)
def test_a_script_asks_for_one_thread_before_it_imports_anything_else(page, site):
    file = site / "snippets" / "pages" / f"{page.replace('-', '_')}.py"
    modules = [
        node
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    first, second = sorted(modules, key=lambda node: node.lineno)[:2]
    assert ast.unparse(first) == "import os"
    between = file.read_text("utf-8").splitlines()[first.lineno : second.lineno]
    assert 'os.environ.setdefault("OMP_NUM_THREADS", "1")' in between


@pytest.mark.parametrize("module", FILES)
def test_each_file_of_functions_runs_by_itself(module, site, alone, tmp_path):
    run = python("-I", site / "snippets" / f"{module}.py", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")


def test_each_file_that_a_page_shows_is_there_to_download(site):
    for name in NAMES:
        script = f"pages/{name.replace('-', '_')}.py"
        html = (
            site / "en" / ("" if name == "index" else name) / "index.html"
        ).read_text("utf-8")
        soup = BeautifulSoup(DOWNLOADS.search(html)[0], "html.parser")
        links = soup.select(".downloads a[href$='.py']")
        files = [link["href"].partition("snippets/")[2] for link in links]
        text = (DOCS / f"{name}.md").read_text("utf-8")
        shown = set(re.findall(r'--8<-- "([\w/]+\.py):', text))
        if name.startswith("labs/"):
            shown = {f"{name.removeprefix('labs/').replace('-', '_')}.py"}
        assert set(files) == shown
        assert script not in shown or files[0] == script


@pytest.mark.parametrize(
    ("repo_url", "linked"),
    [("https://github.com/someone/site", True), ("https://example.org/a/b", False)],
)
def test_hosts_follow_the_address_of_the_repository(tmp_path, repo_url, linked):
    project = Project(tmp_path)
    project.snippet("demo", "x = 1", "print(x)")
    project.page("demo", "first", "second")
    build = project.build(REPO_URL=repo_url)
    assert build.returncode == 0, build.stderr
    for page, words in (("demo", "在{}中打开"), ("en/demo", "Open in {}")):
        place = f"someone/site/blob/notebooks/{page}/demo.ipynb"
        hosts = {
            f"https://colab.research.google.com/github/{place}": "Colab",
            f"https://gallery.pai-ml.com/#/import/https://github.com/{place}": "PAI",
        }
        bar = BeautifulSoup(project.html(page), "html.parser").select(".downloads a")
        links = {a["href"]: a.get_text() for a in bar if "://" in a["href"]}
        assert list(links) == (list(hosts) if linked else [])
        for address, said in links.items():
            assert hosts[address] in said
            assert said.startswith(words.partition("{}")[0])
