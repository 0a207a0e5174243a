"""Pages without MkDocs: plain Python-Markdown renders them, ours and markdown-exec's.

What is particular to MkDocs and Material may go one day; cells, values, claims and
formulas are an ordinary extension, and a page that is turned into fences of
markdown-exec shows the same when markdown-exec runs the code itself.
"""

import json
import os
import subprocess
import sys

import pytest
from bs4 import BeautifulSoup
from project import ROOT

PAGES = ("clipping", "inference", "losses")
RENDER = '''
import json
import sys


class Refuse:
    """Let nothing import MkDocs or Material."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("mkdocs", "material"):
            raise ImportError(f"{name} is not to be imported")


sys.meta_path.insert(0, Refuse())
sys.path[:0] = ["docs/hooks", "snippets"]

from pathlib import Path

from book.content.extension import Book
from book.content.view import Claim, View
from book.live import page, run
from book.live.snippets import Snippets
from book.live.store import Store
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
    snippets, found = Snippets(Path("snippets")), []
    for name in sys.argv[1:]:
        text = Path("docs", "en", f"{name}.md").read_text("utf-8")
        source = f"docs/en/{name}.md"
        found.append((page.read(source, "en", name, text, snippets), text))
    cells = {each.name: run.merge([each]) for each, _ in found}
    work = run.Run(cells, snippets, Store(None), run.Settings(), run.Memory())
    work.begin()
    work.wait()
    rendered = {}
    for live in (False, True):  # a live extension takes over markdown-exec's formatter
        for each, text in found:
            view = View(each, work.results[each.name], snippets)
            view.claims = [
                Claim(id, quote, each.source, "", view.trial(id))
                for id, quote in each.claims.items()
            ]
            book = Book(lambda text: view, live)
            md = Markdown(extensions=[*EXTENSIONS, book], extension_configs=CONFIGS)
            text = text.split("---\\n", 2)[-1]
            rendered.setdefault(each.name, []).append(md.convert(text))
    print(json.dumps(rendered))


if __name__ == "__main__":
    main()
'''


@pytest.fixture(scope="module")
def rendered(tmp_path_factory) -> dict[str, list[BeautifulSoup]]:
    """Return pages as markdown-exec shows them, and as our extension does."""
    script = tmp_path_factory.mktemp("alone") / "render.py"
    script.write_text(RENDER, "utf-8")
    run = subprocess.run(
        [sys.executable, script, *PAGES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"},
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    pages = json.loads(run.stdout)
    return {
        name: [BeautifulSoup(text, "html.parser") for text in texts]
        for name, texts in pages.items()
    }


def texts(soup: BeautifulSoup, what: str) -> list[str]:
    """Return what parts say; formulas as TeX, as a block of values leaves them."""
    for formula in soup.select("math"):
        formula.replace_with(rf"\({formula.annotation.get_text()}\)")
    return [" ".join(part.get_text().split()) for part in soup.select(what)]


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
