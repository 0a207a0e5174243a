"""The sites that are timed: the real one, generated ones, those of other tools."""

import re
import shutil
import sys
from pathlib import Path

import nbformat
from project import ROOT, Project

MKDOCS = [sys.executable, "-m", "mkdocs"]
BUILD = [*MKDOCS, "build"]
CELL = """\
import torch

torch.manual_seed({number})
w = torch.randn(20, 20, requires_grad=True)
"""
LOOP = """\
for step in range(3600):
    loss = (w @ w.T - torch.eye(20)).square().mean()
    (grad,) = torch.autograd.grad(loss, w)
    w = (w - 0.1 * grad).detach().requires_grad_()
print(f"{loss.item():.6f}")
"""
FENCES = """\
# {name}

```python exec="on" source="above" session="{name}"
{cell}```

```python exec="on" source="block" result="text" session="{name}"
{loop}```
"""


def real_site(target: Path) -> Path:
    """Copy the real site."""
    for name in ("docs", "snippets"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, target / name, ignore=ignore)
    for name in ("mkdocs.yml", "CHANGELOG.md"):
        shutil.copy(ROOT / name, target)
    return target


def configure(root: Path, *changes: tuple[str, str]) -> None:
    """Replace all that matches patterns in a site's configuration."""
    config = root / "mkdocs.yml"
    text = config.read_text("utf-8")
    for pattern, new in changes:
        text = re.sub(pattern, new, text, flags=re.MULTILINE)
    config.write_text(text, "utf-8")


def names(pages: int) -> list[str]:
    """Return what generated pages are called."""
    return ["index", *(f"page{number}" for number in range(1, pages))]


def generated_site(target: Path, pages: int, languages=("zh", "en")) -> Path:
    """Write a site of that many pages with two cells each, with the real machinery."""
    project = Project(target)
    configure(target, (r"^plugins:\n", r"\g<0>  - search\n"))
    if "en" not in languages:
        configure(target, (r"^        - locale: en\n(?:          .*\n)+", ""))
        shutil.rmtree(target / "docs" / "en")
    for number, name in enumerate(names(pages)):
        project.snippet(name, CELL.format(number=number), LOOP)
        cells = "first", "second"
        project.page(name, *cells, languages=languages)
    return target


def unhook(root: Path) -> None:
    """Take out of a copy of a site our hook, and what only it can serve."""
    configure(root, (r"^hooks:\n(?:  .*\n)+|^strict: .*\n", ""))
    configure(root, (r"^  - mkdocs-jupyter:\n(?:      .*\n)+", ""))
    theme = root / "docs" / "theme"  # whose templates show what the hook tells them
    for path in theme.iterdir():
        if path.name != ".icons":
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def shown_site(site: Path, target: Path) -> Path:
    """Write the pages of a built site with their code shown and not run.

    They are the Markdown copies that the build has written, with the results in them.
    """
    (target / "snippets").mkdir(parents=True)
    shutil.copy(site / "mkdocs.yml", target)
    for name in ("theme", "assets"):
        if (site / "docs" / name).is_dir():
            shutil.copytree(site / "docs" / name, target / "docs" / name)
    unhook(target)
    # The links in the copies lead to pages, not to sources, which MkDocs reports.
    kinds = ("anchors", "not_found", "absolute_links", "unrecognized_links")
    links = ", ".join(f"{kind}: ignore" for kind in kinds)
    validation = f"validation:\n  links: {{{links}}}\n"
    configure(target, (r"^  - markdown-exec:\n(?:      .*\n)+", ""))
    configure(target, (r"^validation:\n(?:  .*\n)+", validation))
    for page in (site / "docs").glob("??/**/*.md"):
        place = page.relative_to(site / "docs")
        folder = Path(*place.with_suffix("").parts[place.parts[0] == "zh" :])
        folder = folder.parent if folder.name == "index" else folder
        (target / "docs" / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(site / "site" / folder / "index.md", target / "docs" / place)
    return target


def plain_site(target: Path, pages: int) -> Path:
    """Write the generated pages for markdown-exec alone, in its own notation."""
    generated_site(target, pages, languages=("zh",))
    unhook(target)
    for number, name in enumerate(names(pages)):
        text = FENCES.format(name=name, cell=CELL.format(number=number), loop=LOOP)
        (target / "docs" / "zh" / f"{name}.md").write_text(text, "utf-8")
    return target


def notebook(number: int) -> str:
    """Return a generated page as a Jupyter notebook."""
    make = nbformat.v4
    cells = [make.new_markdown_cell(f"# page{number}")]
    cells += [make.new_code_cell(code) for code in (CELL.format(number=number), LOOP)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.writes(
        make.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    )


def peers(base: Path, pages: int) -> dict[str, tuple[Path, list[str]]]:
    """Write the generated pages for other tools, and for ours; return how each builds.

    Ours is in two languages, which it cannot do without, the others in one. Each has
    the settings in which it keeps what it has run.
    """
    sphinx = [sys.executable, "-m", "sphinx", "-q", ".", "_build"]
    jupyter, myst, gallery = (base / name for name in ("jupyter", "myst", "gallery"))
    (jupyter / "docs").mkdir(parents=True)
    (jupyter / "mkdocs.yml").write_text(
        "site_name: x\ntheme: material\nplugins:\n  - search\n  - mkdocs-jupyter:\n"
        "      execute: true\n      allow_errors: false\n"
    )
    myst.mkdir()
    (myst / "conf.py").write_text(
        "extensions = ['myst_nb']\nnb_execution_mode = 'cache'\n"
        "exclude_patterns = ['_build']\nnb_execution_timeout = 300\n"
        "nb_execution_cache_path = '.cache/jupyter'\nsuppress_warnings = ['toc']\n"
    )
    (gallery / "examples").mkdir(parents=True)
    (gallery / "conf.py").write_text(
        "extensions = ['sphinx_gallery.gen_gallery']\n"
        "sphinx_gallery_conf = {'examples_dirs': 'examples', 'gallery_dirs': 'gallery'}"
        "\nexclude_patterns = ['_build', 'examples']\n"
    )
    (gallery / "index.rst").write_text("x\n=\n\n.. toctree::\n\n   gallery/index\n")
    (gallery / "examples" / "GALLERY_HEADER.rst").write_text("Gallery\n=======\n")
    for number, name in enumerate(names(pages)):
        (jupyter / "docs" / f"{name}.ipynb").write_text(notebook(number))
        (myst / f"{name}.ipynb").write_text(notebook(number))
        code = f'"""\n{name}\n======\n"""\n{CELL.format(number=number)}\n# %%\n# Run.\n'
        (gallery / "examples" / f"plot_{name}.py").write_text(code + LOOP)
    return {
        "ours": (generated_site(base / "ours", pages), BUILD),
        "plain markdown-exec": (plain_site(base / "plain", pages), BUILD),
        "mkdocs-jupyter": (jupyter, BUILD),
        "MyST-NB": (myst, sphinx),
        "sphinx-gallery": (gallery, sphinx),
    }
