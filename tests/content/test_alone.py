"""Pages without MkDocs: plain Python-Markdown renders them, ours and markdown-exec's.

What is particular to MkDocs and Material may go one day; cells, values, claims and
formulas are an ordinary extension, and a page that is turned into fences of
markdown-exec shows the same when markdown-exec runs the code itself.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from project import ROOT

pytestmark = pytest.mark.build
PAGES = ("learning-rate", "inference", "seeds")
PATH = os.pathsep.join(str(ROOT / name) for name in ("docs/hooks", "snippets"))
ZENSICAL = """
site_name: Alone
theme:
  name: material
markdown_extensions:
  - book.alone
  - attr_list
  - md_in_html
  - tables
  - toc
  - pymdownx.arithmatex:
      generic: true
  - pymdownx.blocks.admonition
  - pymdownx.blocks.caption
  - pymdownx.blocks.details
  - pymdownx.highlight
  - pymdownx.snippets:
      base_path: [snippets]
      dedent_subsections: true
  - pymdownx.superfences:
      custom_fences:
        - name: python
          class: python
          validator: !!python/name:markdown_exec.validator
          format: !!python/name:markdown_exec.formatter
"""
RENDER = '''
import json
import sys


class Refuse:
    """Let nothing import MkDocs or Material."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("mkdocs", "material"):
            raise ImportError(f"{name} is not to be imported")


sys.meta_path.insert(0, Refuse())

from pathlib import Path

from book.alone import makeExtension
from markdown import Markdown
from markdown_exec import formatter, validator

FENCE = {"name": "python", "class": "python", "validator": validator}
EXTENSIONS = ("attr_list md_in_html tables toc pymdownx.arithmatex "
    "pymdownx.blocks.admonition pymdownx.blocks.caption pymdownx.blocks.details "
    "pymdownx.snippets pymdownx.superfences").split()
CONFIGS = {
    "pymdownx.arithmatex": {"generic": True},
    "pymdownx.snippets": {"base_path": ["snippets"], "dedent_subsections": True},
    "pymdownx.superfences": {"custom_fences": [FENCE | {"format": formatter}]},
}


def main():
    rendered = {}
    for live in (False, True):  # a live extension takes over markdown-exec's formatter
        for path in sorted(Path("docs").glob("*.md")):
            book = makeExtension(live=live)
            md = Markdown(extensions=[*EXTENSIONS, book], extension_configs=CONFIGS)
            text = path.read_text("utf-8").split("---\\n", 2)[-1]
            rendered.setdefault(path.stem, []).append(md.convert(text))
    print(json.dumps(rendered))


if __name__ == "__main__":
    main()
'''


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """Return a project of a few of our pages, in English, and of all our snippets."""
    place = tmp_path_factory.mktemp("alone")
    (place / "docs").mkdir()
    for name in PAGES:
        shutil.copy(ROOT / "docs" / "en" / f"{name}.md", place / "docs")
    (place / "snippets").symlink_to(ROOT / "snippets")
    return place


def run(project: Path, *command: str | Path) -> str:
    """Return what a command prints that runs in the project."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=project,
        capture_output=True,
        text=True,
        env=os.environ
        | {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg", "PYTHONPATH": PATH},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def rendered(project) -> dict[str, list[BeautifulSoup]]:
    """Return pages as markdown-exec shows them, and as our extension does."""
    (project / "render.py").write_text(RENDER, "utf-8")
    return {
        name: [BeautifulSoup(text, "html.parser") for text in texts]
        for name, texts in json.loads(run(project, "render.py")).items()
    }


def texts(soup: BeautifulSoup, what: str) -> list[str]:
    """Return what parts say; formulas as TeX, a minus as Python prints it."""
    for formula in soup.select("math"):
        formula.replace_with(rf"\({formula.annotation.get_text()}\)")
    said = [part.get_text().replace("−", "-") for part in soup.select(what)]
    return [" ".join(text.split()) for text in said]


@pytest.mark.parametrize("name", PAGES)
def test_plain_markdown_renders_a_page_with_all_that_is_live(name, rendered, site):
    _, ours = rendered[name]
    page = (site / "en" / name / "index.html").read_text("utf-8")
    built = BeautifulSoup(page, "html.parser").article
    assert len(ours.select("math")) == len(built.select("math"))
    for part in (".result", ".trial li", "details"):
        assert texts(ours, part) == texts(built, part), part
    assert texts(ours, ".result")
    assert len(ours.select("svg.plot")) == len(built.select("svg.plot"))
    assert "{{" not in ours.get_text()


@pytest.mark.parametrize("name", PAGES)
def test_markdown_exec_itself_shows_the_same(name, rendered):
    plain, ours = rendered[name]
    for part in (".result", "p", "svg.plot text", ".trial li"):
        assert texts(plain, part) == texts(ours, part), part


@pytest.fixture(scope="module")
def zensical(project) -> Path:
    """Return the project's site as Zensical builds it, which comes after Material."""
    pytest.importorskip("zensical", reason="Zensical is not installed")
    (project / "mkdocs.yml").write_text(ZENSICAL, "utf-8")
    run(project, "-m", "zensical", "build")
    return project / "site"


@pytest.mark.parametrize("name", PAGES)
def test_zensical_builds_a_page_with_all_that_is_live(name, rendered, zensical):
    _, ours = rendered[name]
    page = (zensical / name / "index.html").read_text("utf-8")
    built = BeautifulSoup(page, "html.parser").article
    for part in (".result", ".trial li", "svg.plot text"):
        assert texts(built, part) == texts(ours, part), part
    assert len(built.select("math")) == len(ours.select("math"))
    assert "{{" not in built.get_text()
