"""Builds are the same to the byte: twice from nothing, and after each change."""

import filecmp
import shutil
from pathlib import Path

import pytest
from project import ROOT, Project

HOOKS = ("docs", "hooks", "book")


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


def same(first: Path, second: Path) -> None:
    """Assert that two sites hold the same files, to the byte."""
    found = [
        sorted(p.relative_to(root) for p in root.rglob("*") if p.is_file())
        for root in (first, second)
    ]
    assert found[0] == found[1]
    assert filecmp.cmpfiles(first, second, found[0], shallow=False)[1:] == ([], [])


def rewrite(old: str, new: str, *place: str):
    """Return what replaces a text in a file of a project."""

    def change(project: Project) -> None:
        path = project.root.joinpath(*place)
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")

    return change


CHANGES = {
    "prose": rewrite("Once.", "Twice.", "docs", "en", "demo.md"),
    "a title": rewrite("# demo", "# A title", "docs", "zh", "demo.md"),
    "a snippet": rewrite("print(7)", "print(8)", "snippets", "pages", "demo.py"),
    "a function": rewrite("x = 1", "x = 2", "snippets", "shared.py"),
    "a comment that downloads carry": rewrite(
        "x = 2", "x = 2  # two", "snippets", "shared.py"
    ),
    "the navigation": rewrite(
        "docs_dir", "nav: [Start: index.md, demo.md]\ndocs_dir", "mkdocs.yml"
    ),
    "a setting": rewrite("copyright: ", "copyright: Somebody's. ", "mkdocs.yml"),
    "the theme": rewrite(
        "</a>", "</a> ", "docs", "theme", "partials", "copyright.html"
    ),
    "the machinery": rewrite(
        "Download as Markdown", "As Markdown", *HOOKS, "content", "words.py"
    ),
}


def test_what_is_kept_is_never_stale(tmp_path):
    """Each input is changed in turn; what was kept gives what a clean build gives."""
    (tmp_path / "kept").mkdir()
    project = Project(tmp_path / "kept")
    config = project.root / "mkdocs.yml"
    config.write_text("docs_dir: docs\n" + config.read_text("utf-8"), "utf-8")
    (project.root / "snippets" / "shared.py").write_text("x = 1\n")
    project.snippet("demo", "print(7)", "import shared\nprint(shared.x)")
    project.page("demo", "first", "second", prose="Once.")
    settings = {"SOURCE_DATE_EPOCH": "1700000000"}
    assert project.build(**settings).returncode == 0
    seen = {}
    for name, change in CHANGES.items():
        change(project)
        for cache, place in ((".cache/cells", "site"), ("", "clean")):
            build = project.build("-d", place, CELL_CACHE=cache, **settings)
            assert build.returncode == 0, (name, build.stderr)
        same(project.root / "site", project.root / "clean")
        files = [path for path in (project.root / "site").rglob("*") if path.is_file()]
        seen[name] = {path: path.read_bytes() for path in files}
    assert len({str(sorted(files.items())) for files in seen.values()}) == len(CHANGES)
