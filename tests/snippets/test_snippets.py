"""Three rooms of snippets: functions with doctests, pages as scripts, trials."""

import ast
import doctest
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
from programs import python

ROOT = Path(__file__).parents[2]
SNIPPETS, DOCS = ROOT / "snippets", ROOT / "docs" / "zh"
FUNCTIONS = sorted(path.stem for path in SNIPPETS.glob("*.py"))
TRIALS = sorted(
    f"trials.{path.stem}" for path in (SNIPPETS / "trials").glob("[!_]*.py")
)
SCRIPTS = sorted(f"pages.{path.stem}" for path in (SNIPPETS / "pages").glob("*.py"))
SECTION = re.compile(r"^ *# --8<-- \[(start|end):([\w-]+)\]$", re.MULTILINE)
INCLUDE = re.compile(r'^ *--8<-- "([\w/]+\.py):([\w-]+)"$', re.MULTILINE)


def source(name: str) -> str:
    return (SNIPPETS / f"{name.replace('.', '/')}.py").read_text("utf-8")


def page_of(module: str) -> str:
    """Return the Chinese page of a script or of trials."""
    name = module.rpartition(".")[2].replace("_", "-")
    return (DOCS / f"{name}.md").read_text("utf-8")


def public_functions(module):
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    }


def test_there_are_three_rooms_and_nothing_else():
    found = {path.relative_to(SNIPPETS) for path in SNIPPETS.rglob("[!_]*.py")}
    rooms = [*FUNCTIONS, *TRIALS, *SCRIPTS]
    assert found == {Path(f"{name.replace('.', '/')}.py") for name in rooms}
    assert min(map(len, (FUNCTIONS, TRIALS, SCRIPTS))) > 10


def test_no_module_hides_one_of_the_standard_library():
    assert not set(FUNCTIONS) & sys.stdlib_module_names


def test_there_is_a_script_for_every_page_with_live_cells_and_for_no_other():
    shown = {
        file
        for page in DOCS.rglob("*.md")
        for file, _ in INCLUDE.findall(page.read_text("utf-8"))
        if file.startswith("pages/")
    }
    assert shown == {f"{name.replace('.', '/')}.py" for name in SCRIPTS}


@pytest.mark.parametrize("name", FUNCTIONS + TRIALS)
def test_importing_prints_nothing(name, capfd):
    importlib.reload(importlib.import_module(name))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", FUNCTIONS + TRIALS + SCRIPTS)
def test_a_module_says_what_it_is(name):
    tree = ast.parse(source(name))
    assert ast.get_docstring(tree)
    # torchrun starts one of them, and the training loop is a program: pages say so.
    programs = ("processes", "training_loop")
    assert ("__main__" in source(name)) == (name in programs)


@pytest.mark.parametrize("name", FUNCTIONS + TRIALS)
def test_every_public_function_has_a_docstring_with_a_doctest(name):
    module = importlib.import_module(name)
    finder = doctest.DocTestFinder(recurse=False)
    assert public_functions(module) or name == "expected" or classes(module)
    for function in public_functions(module).values():
        examples = [test for test in finder.find(function) if test.examples]
        assert examples, f"{name}.{function.__name__} has no doctest"


def classes(module) -> list[type]:
    return [
        value
        for value in vars(module).values()
        if inspect.isclass(value) and value.__module__ == module.__name__
    ]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_know_nothing_of_pages_and_trials(name):
    for node in ast.walk(ast.parse(source(name))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [alias.name for alias in node.names]
            modules.append(getattr(node, "module", None) or "")
            roots = {module.partition(".")[0] for module in modules}
            assert not roots & {"pages", "trials"}
    assert not re.search(r"^def c\d\d\(", source(name), re.MULTILINE)


@pytest.mark.parametrize("name", FUNCTIONS + SCRIPTS)
def test_sections_are_named_once_and_close_before_the_next_opens(name):
    marks = SECTION.findall(source(name))
    starts = [section for kind, section in marks if kind == "start"]
    assert marks == [(kind, s) for s in starts for kind in ("start", "end")]
    assert len(set(starts)) == len(starts)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_all_sections_in_the_order_of_its_page(name):
    text = source(name)
    sections = [section for kind, section in SECTION.findall(text) if kind == "start"]
    file = f"{name.replace('.', '/')}.py"
    shown = [s for other, s in INCLUDE.findall(page_of(name)) if other == file]
    assert shown == sections, "each section of the script stands on its page, in order"
    outside = re.sub(
        r"^# --8<-- \[start:([\w-]+)\]$[\s\S]*?^# --8<-- \[end:\1\]$",
        "",
        text,
        flags=re.MULTILINE,
    )
    (docstring,) = ast.parse(outside).body
    assert isinstance(docstring.value, ast.Constant)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_cell_is_short(name):
    text = source(name)
    unfolded = re.sub(r"^/// details[\s\S]*?^///$", "", page_of(name), flags=re.M)
    for _, section in INCLUDE.findall(unfolded):
        if section == "imports" or section.endswith("-setup"):
            continue
        cell = text.partition(f"[start:{section}]")[2].partition(f"[end:{section}]")[0]
        assert "svg(" in cell or len(cell.splitlines()) - 2 <= 25, section


@pytest.mark.of_each_page("pages.losses", "pages.gradient_descent", "pages.schedules")
@pytest.mark.twice
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_runs_by_itself_and_its_page_shows_what_it_prints(name, site):
    run = python("-m", name, cwd=SNIPPETS, OMP_NUM_THREADS="1")
    assert run.returncode == 0, run.stderr
    assert not run.stderr
    page = name.rpartition(".")[2].replace("_", "-")
    folder = site / "en" / ("" if page == "index" else page)
    copy = (folder / "index.md").read_text("utf-8")
    copy = re.sub(r"^> ?", "", copy, flags=re.MULTILINE)
    printed = iter(line.rstrip() for line in run.stdout.splitlines())
    outputs = re.findall(r"^(`{3,})text\n(.*?)\n\1$", copy, re.MULTILINE | re.DOTALL)
    for _, output in outputs:
        for line in output.splitlines():
            assert any(line.rstrip() == other for other in printed), line


def test_sybil_collects_doctests_of_every_module_once():
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "snippets"]
    listing = subprocess.run(
        [*command, "-n", "0", "-p", "no:cacheprovider"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.findall(r"^snippets/([\w/]+)\.py::(.*)$", listing, re.MULTILINE)
    assert {file.replace("/", ".") for file, _ in found} == {*FUNCTIONS, *TRIALS}
    assert len(set(found)) == len(found)
