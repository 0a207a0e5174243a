"""Without our executor, plain markdown-exec builds pages with the same outputs."""

import shutil

from bs4 import BeautifulSoup
from project import ROOT, Project

PAGES = ["index", "shared-weights"]


def test_plain_markdown_exec_shows_the_same(tmp_path, site):
    project = Project(tmp_path)
    shutil.copytree(ROOT / "snippets", tmp_path / "snippets", dirs_exist_ok=True)
    for language in ("zh", "en"):
        for name in PAGES:
            text = (ROOT / "docs" / language / f"{name}.md").read_text("utf-8")
            (tmp_path / "docs" / language / f"{name}.md").write_text(text, "utf-8")
    config = (tmp_path / "mkdocs.yml").read_text("utf-8")
    for hook in ("staging", "executor"):
        config = config.replace(f"\n  - docs/hooks/{hook}.py", "")
    config = config.replace("unrecognized_links: warn", "not_found: info")
    (tmp_path / "mkdocs.yml").write_text(config, "utf-8")
    build = project.build(PYTHONPATH=str(tmp_path / "snippets"), OMP_NUM_THREADS="1")
    assert build.returncode == 0, build.stderr

    for path in ("", "en/", "shared-weights/", "en/shared-weights/"):
        ours, plain = (
            BeautifulSoup(
                (root / path / "index.html").read_text("utf-8"), "html.parser"
            )
            for root in (site, tmp_path / "site")
        )
        for part in (".result", "article p", "article svg", ".admonition"):
            assert [x.get_text().strip() for x in ours.select(part)] == [
                x.get_text().strip() for x in plain.select(part)
            ], (path, part)
