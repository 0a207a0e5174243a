"""Real pages built otherwise: by plain markdown-exec, and twice by ours."""

import filecmp
import shutil

import pytest
from bs4 import BeautifulSoup
from project import ROOT, Project


@pytest.fixture
def real_pages(tmp_path):
    """Return a function that makes a project of some of the real pages."""

    def make(*names: str) -> Project:
        project = Project(tmp_path)
        shutil.copytree(ROOT / "snippets", tmp_path / "snippets", dirs_exist_ok=True)
        for language in ("zh", "en"):
            for name in names:
                text = (ROOT / "docs" / language / f"{name}.md").read_text("utf-8")
                page = tmp_path / "docs" / language / f"{name}.md"
                page.write_text(text, "utf-8")
        config = tmp_path / "mkdocs.yml"
        text = config.read_text("utf-8")
        text = text.replace("  links:\n", "  links:\n    not_found: info\n")
        config.write_text(text, "utf-8")
        return project

    return make


def test_plain_markdown_exec_shows_the_same(real_pages):
    project = real_pages("index", "shared-weights")
    build = project.build("-d", "ours")
    assert build.returncode == 0, build.stderr
    config = project.root / "mkdocs.yml"
    text = config.read_text("utf-8")
    for hook in ("staging", "executor"):
        text = text.replace(f"\n  - docs/hooks/{hook}.py", "")
    config.write_text(text, "utf-8")
    path = str(project.root / "snippets")
    build = project.build(PYTHONPATH=path, OMP_NUM_THREADS="1")
    assert build.returncode == 0, build.stderr

    for path in ("", "en/", "shared-weights/", "en/shared-weights/"):
        ours, plain = (
            BeautifulSoup(
                (root / path / "index.html").read_text("utf-8"), "html.parser"
            )
            for root in (project.root / "ours", project.root / "site")
        )
        for part in (".result", "article p", "article svg", ".trial li"):
            assert [x.get_text().strip() for x in ours.select(part)] == [
                x.get_text().strip() for x in plain.select(part)
            ], (path, part)


def test_two_clean_builds_are_the_same_to_the_byte(real_pages):
    project = real_pages("index", "no-grad")
    for workers in ("1", "2"):
        build = project.build(
            "-d",
            f"site{workers}",
            CELL_CACHE="",
            CELL_WORKERS=workers,
            SOURCE_DATE_EPOCH="1700000000",
        )
        assert build.returncode == 0, build.stderr
    first, second = project.root / "site1", project.root / "site2"
    files = [path.relative_to(first) for path in first.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert filecmp.cmpfiles(first, second, files, shallow=False) == (files, [], [])
    assert len(files) == sum(path.is_file() for path in second.rglob("*"))
