"""Every snippet is documented, doctested, and runs and prints nothing when imported."""

import doctest
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

SNIPPETS = Path(__file__).parents[1] / "snippets"
MODULES = sorted(path.stem for path in SNIPPETS.glob("*.py"))


def public_functions(module):
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    }


def test_there_is_a_snippet_for_every_page_with_code():
    pages = (SNIPPETS.parent / "docs" / "zh").rglob("*.md")
    names = {path.stem for path in pages if "```" in path.read_text("utf-8")}
    assert {name.replace("-", "_") for name in names} <= set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_importing_prints_nothing(name, capfd):
    importlib.reload(importlib.import_module(name))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", MODULES)
def test_module_passes_plain_doctest(name):
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.attempted > 0, "no doctest was found"
    assert outcome.failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_every_public_function_has_a_doctest(name):
    module = importlib.import_module(name)
    finder = doctest.DocTestFinder(recurse=False)
    for function in public_functions(module).values():
        examples = [test for test in finder.find(function) if test.examples]
        assert examples, f"{name}.{function.__name__} has no doctest"


def test_sybil_collects_doctests_of_every_module():
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "snippets"]
    listing = subprocess.run(
        command, cwd=SNIPPETS.parent, capture_output=True, text=True, check=True
    ).stdout
    collected = set(re.findall(r"^snippets/(\w+)\.py::", listing, re.MULTILINE))
    assert collected == set(MODULES)
