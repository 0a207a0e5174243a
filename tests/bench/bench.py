"""Time the build against its floor and against other tools, in one run on one machine.

    python tests/bench/bench.py                      # the real site, then 12 pages
    python tests/bench/bench.py --pages 12 48 192    # how cost grows with pages
    python tests/bench/bench.py --peers              # needs: pip install -e '.[bench]'
    python tests/bench/bench.py --rebuilds 50        # memory of mkdocs serve (Linux)

Prints medians of a few rounds and ratios to the floor. The floor of a cold build is
what no executor can save: the same pages with no code run, plus importing torch once,
plus running each distinct cell once. Where no code runs, pages of the real site have
their results written into them, those of a generated one show their code alone;
"cold" and "warm" are without and with what builds keep (of these, fonts).
"""

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
MKDOCS = [str(Path(sys.executable).with_name("mkdocs"))]
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
EXEC = re.compile(r"```python exec=[^\n]*\n(--8<-- [^\n]*)\n```")
FIGURE = re.compile(r'```python exec=[^\n]*html="on"[^\n]*\n--8<-- [^\n]*\n```')
CELL = """\
import torch
torch.manual_seed({page})
w = torch.randn(20, 20, requires_grad=True)
"""
LOOP = """\
for step in range(3600):
    loss = (w @ w.T - torch.eye(20)).square().mean()
    (grad,) = torch.autograd.grad(loss, w)
    w = (w - 0.1 * grad).detach().requires_grad_()
print(f"{loss.item():.6f}")
"""

# A hook, after all others: it keeps each page as Markdown with its results in it.
FREEZE = """
from pathlib import Path

from cells import FENCE, shown
from mkdocs.plugins import event_priority


@event_priority(-1000)
def on_page_markdown(markdown, page, config, **kwargs):
    hooks = {Path(name).stem: hook for name, hook in config.hooks.items()}
    source = page.file.src_uri
    cells = [c for c in hooks["executor"].pages[source] if not c.is_value]
    cells = iter(cells if FENCE.search(markdown) else [])

    def frozen(fence):
        cell = next(cells)
        head = fence[0].partition("\\n")[0]
        code = f"```python\\n{shown(cell.code, source[:2])}\\n```"
        if 'html="on"' in head:
            return f"{code}\\n\\n{cell.output}" if "source" in head else cell.output
        output = f"```text\\n{cell.output}\\n```" if cell.output else ""
        return f"{code}\\n\\n{output}"

    target = Path("frozen", source)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(FENCE.sub(frozen, markdown), "utf-8")
    return markdown
"""

# What the generated pages need, and no more: the peers' pages have no formulas,
# claims or labs either.
CONFIG = """\
site_name: generated
theme: material
extra:
  cells:
    cache: .cache/cells
    workers: !ENV [CELL_WORKERS, 0]
hooks:
  - docs/hooks/staging.py
  - docs/hooks/executor.py
exclude_docs: /hooks/
markdown_extensions:
  - attr_list
  - pymdownx.highlight
  - pymdownx.snippets:
      base_path: [!relative $config_dir/snippets]
      check_paths: true
      dedent_subsections: true
  - pymdownx.superfences
plugins:
  - search
  - markdown-exec:
      ansi: "off"
      languages: [python]
  - i18n:
      docs_structure: folder
      languages:
"""


def seconds(command: list[str], directory: Path, **variables: str) -> float:
    """Return the time until a command ends, as in a shell; end the run if it fails.

    Its output goes to a file: a pipe is open for as long as any of its processes.
    """
    environment = os.environ | ONE_THREAD | {"NO_MKDOCS_2_WARNING": "1"} | variables
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        started = time.perf_counter()
        done = subprocess.run(
            command, cwd=directory, env=environment, stdout=output, stderr=output
        )
        elapsed = time.perf_counter() - started
        output.seek(0)
        seconds.log = output.read()
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{seconds.log}")
    return elapsed


def mkdocs(directory: Path, **variables: str) -> float:
    return seconds([*MKDOCS, "build"], directory, **variables)


def forget(directory: Path) -> None:
    for name in (".cache", "site", "_build", "gallery", "gen_modules"):
        shutil.rmtree(directory / name, ignore_errors=True)


def leave_out(config: Path, *hooks: str) -> None:
    text = config.read_text("utf-8")
    for hook in hooks:
        text = text.replace(f"  - docs/hooks/{hook}.py\n", "")
    text = re.sub(r"^hooks:\n(?!  - )", "hooks: []\n", text, flags=re.MULTILINE)
    config.write_text(text, "utf-8")


def shown_only(site: Path, target: Path) -> Path:
    """Copy a site so that its code is shown and not run."""
    shutil.copytree(site, target, ignore=shutil.ignore_patterns(".cache", "site"))
    for page in target.glob("docs/??/**/*.md"):
        text = FIGURE.sub("", page.read_text("utf-8"))
        page.write_text(EXEC.sub(r"```python\n\1\n```", text), "utf-8")
    leave_out(target / "mkdocs.yml", "claims")
    without_executor(target / "mkdocs.yml")
    return target


def without_executor(config: Path) -> None:
    """Take out of a configuration all that runs code or needs the results of it."""
    leave_out(config, "staging", "executor", "inline_values", "labs")
    text = config.read_text("utf-8")
    text = re.sub(
        r"^  - mkdocs-jupyter:\n(?:      .*\n)+", "", text, flags=re.MULTILINE
    )
    config.write_text(text, "utf-8")


def real_site(target: Path) -> Path:
    """Copy the real site, without notebooks and copies, which need results."""
    target.mkdir()
    for name in ("docs", "snippets"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, target / name, ignore=ignore)
    shutil.copy(ROOT / "mkdocs.yml", target)
    leave_out(target / "mkdocs.yml", "notebooks", "copies")
    return target


def frozen(site: Path, target: Path) -> Path:
    """Copy a site with its results in its pages, as Markdown in which nothing runs."""
    shutil.copytree(site, target)
    config = target / "mkdocs.yml"
    text = config.read_text("utf-8")
    (target / "docs" / "hooks" / "freeze.py").write_text(FREEZE, "utf-8")
    added = "  - docs/hooks/assets.py\n  - docs/hooks/freeze.py\n"
    config.write_text(text.replace("  - docs/hooks/assets.py\n", added), "utf-8")
    mkdocs(target)
    for page in target.glob("frozen/**/*.md"):
        page.replace(target / "docs" / page.relative_to(target / "frozen"))
    config.write_text(text, "utf-8")
    without_executor(config)
    forget(target)
    return target


def generated_site(target: Path, pages: int, languages=("zh", "en")) -> Path:
    """Write a site of that many pages with two cells each, with the real machinery."""
    target.mkdir()
    (target / "snippets").mkdir()
    shutil.copytree(
        ROOT / "docs" / "hooks",
        target / "docs" / "hooks",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for number in range(pages):
        name = "index" if number == 0 else f"page{number}"
        cells = {"start": CELL.format(page=number), "run": LOOP}
        code = [
            f"# --8<-- [start:{k}]\n{v}# --8<-- [end:{k}]\n" for k, v in cells.items()
        ]
        (target / "snippets" / f"{name}.py").write_text("\n".join(code))
        options = {"start": 'source="above"', "run": 'source="block" result="text"'}
        for language in languages:
            parts = [f"# {name} {{#{name}}}\n"]
            for cell, option in options.items():
                fence = f'```python exec="on" session="{name}" id="{cell}" {option}'
                parts.append(f'{fence}\n--8<-- "{name}.py:{cell}"\n```\n')
            page = target / "docs" / language / f"{name}.md"
            page.parent.mkdir(exist_ok=True)
            page.write_text("\n".join(parts), "utf-8")
    config = CONFIG
    for language in languages:
        config += f"        - {{locale: {language}, name: {language}, "
        config += f"default: {str(language == 'zh').lower()}}}\n"
    (target / "mkdocs.yml").write_text(config, "utf-8")
    return target


def plain(site: Path, target: Path) -> Path:
    """Copy a site so that plain markdown-exec runs its cells."""
    shutil.copytree(site, target, ignore=shutil.ignore_patterns(".cache", "site"))
    leave_out(target / "mkdocs.yml", "staging", "executor")
    return target


def notebook(number: int) -> dict:
    """Return a generated page as a Jupyter notebook."""
    cells = [{"cell_type": "markdown", "metadata": {}, "source": f"# page{number}"}]
    for code in (CELL.format(page=number), LOOP):
        cell = {"cell_type": "code", "metadata": {}, "source": code}
        cells.append(cell | {"outputs": [], "execution_count": None})
    for index, cell in enumerate(cells):
        cell["id"] = f"cell{index}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    about = {"metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return about | {"cells": cells}


def peers(base: Path, pages: int) -> dict[str, tuple[Path, list[str], dict]]:
    """Write the generated pages for the other tools; return how to build each."""
    sphinx = [sys.executable, "-m", "sphinx", "-q", ".", "_build"]
    build = [*MKDOCS, "build"]
    names = ["index", *(f"page{number}" for number in range(1, pages))]

    jupyter = base / "mkdocs-jupyter"
    (jupyter / "docs").mkdir(parents=True)
    (jupyter / "mkdocs.yml").write_text(
        "site_name: x\ntheme: material\nplugins:\n  - search\n  - mkdocs-jupyter:\n"
        "      execute: true\n      allow_errors: false\n"
    )
    myst = base / "myst-nb"
    myst.mkdir()
    (myst / "conf.py").write_text(
        "extensions = ['myst_nb']\nnb_execution_mode = 'cache'\n"
        "exclude_patterns = ['_build']\nnb_execution_timeout = 300\n"
        "nb_execution_cache_path = '.cache/jupyter'\nsuppress_warnings = ['toc']\n"
    )
    for number, name in enumerate(names):
        text = json.dumps(notebook(number))
        (jupyter / "docs" / f"{name}.ipynb").write_text(text)
        (myst / f"{name}.ipynb").write_text(text)

    gallery = base / "sphinx-gallery"
    (gallery / "examples").mkdir(parents=True)
    (gallery / "conf.py").write_text(
        "extensions = ['sphinx_gallery.gen_gallery']\n"
        "sphinx_gallery_conf = {'examples_dirs': 'examples', 'gallery_dirs': 'gallery'}"
        "\nexclude_patterns = ['_build', 'examples']\n"
    )
    (gallery / "index.rst").write_text("x\n=\n\n.. toctree::\n\n   gallery/index\n")
    (gallery / "examples" / "GALLERY_HEADER.rst").write_text("Gallery\n=======\n")
    for number, name in enumerate(names):
        code = (
            f'"""\n{name}\n====\n"""\n{CELL.format(page=number)}\n# %%\n# Run.\n{LOOP}'
        )
        (gallery / "examples" / f"plot_{name}.py").write_text(code)
    return {
        "mkdocs-jupyter": (jupyter, build, {}),
        "MyST-NB": (myst, sphinx, {}),
        "sphinx-gallery": (gallery, sphinx, {}),
    }


def table(title: str, rows: dict[str, float], floor: str | None = None) -> None:
    print(f"\n### {title}\n\n| build | median, s | ratio |\n| --- | --- | --- |")
    for name, value in rows.items():
        ratio = f"{value / rows[floor]:.2f}" if floor else ""
        print(f"| {name} | {value:.2f} | {ratio} |", flush=True)


def rounds(number: int, actions: dict[str, Callable[[], float]]) -> dict[str, float]:
    """Return the medians of actions that are timed in turn."""
    times: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(number):
        for name, action in actions.items():
            times[name].append(action())
    return {name: median(values) for name, values in times.items()}


def measure(
    site: Path, shown: Path, base: Path, number: int, edited: str
) -> dict[str, float]:
    """Time the builds of a site; ``edited`` is a page, whose snippet is edited too.

    shown: the same pages, in which no code runs.
    """
    in_cells: list[float] = []

    def cold(workers: str) -> float:
        forget(site)
        elapsed = mkdocs(site, CELL_WORKERS=workers)
        if workers == "1":
            total = re.search(r"reused; ([\d.]+) s in them", seconds.log)
            in_cells.append(float(total.group(1)))
        return elapsed

    def uncoded() -> float:
        forget(shown)
        return mkdocs(shown)

    def edit(path: Path, line: str) -> float:
        text = path.read_text("utf-8")
        text = re.sub(r"\n*(<!--|# edit) .*\n$", "\n", text) + f"\n{line}\n"
        path.write_text(text, "utf-8")
        return mkdocs(site)

    snippet = site / "snippets" / f"{edited}.py"

    def edit_cell() -> float:
        text = snippet.read_text("utf-8")
        mark = "# --8<-- [end:"
        text = re.sub(r"# edit [\d.]+\n", "", text)
        before, _, after = text.partition(mark)
        snippet.write_text(f"{before}# edit {time.time()}\n{mark}{after}", "utf-8")
        return mkdocs(site)

    times = rounds(
        number,
        {
            "no code run, cold": uncoded,
            "no code run, warm": lambda: mkdocs(shown),
            "import torch": lambda: seconds(
                [sys.executable, "-c", "import torch"], base
            ),
            "cold, one worker": lambda: cold("1"),
            "cold, a worker a core": lambda: cold("0"),
            "warm": lambda: mkdocs(site),
            "after an edit of prose": lambda: edit(
                site / "docs" / "en" / f"{edited}.md", f"<!-- {time.time()} -->"
            ),
            f"after an edit of {edited}.py": edit_cell,
        },
    )
    cells = median(in_cells)
    floor = times["no code run, cold"] + times["import torch"] + cells
    return {"each cell once": cells, "floor": floor, **times}


def serve(site: Path, rebuilds: int) -> list[float]:
    """Return the resident MB of ``mkdocs serve`` after each rebuild for an edit."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [*MKDOCS, "serve", "-a", address]
    environment = os.environ | ONE_THREAD | {"NO_MKDOCS_2_WARNING": "1"}
    page = site / "docs" / "en" / "index.md"
    text = page.read_text("utf-8")
    sizes = []
    with subprocess.Popen(
        command, cwd=site, env=environment, stderr=subprocess.PIPE, text=True
    ) as server:
        for line in server.stderr:
            if "Serving on" in line or "Reloading browsers" in line:
                status = Path(f"/proc/{server.pid}/status").read_text()
                sizes.append(int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024)
                if len(sizes) > rebuilds:
                    break
                time.sleep(0.5)  # two edits at once would be one rebuild
                page.write_text(f"{text}\n<!-- {len(sizes)} -->\n", "utf-8")
        server.terminate()
    return sizes


def languages(base: Path, pages: int, number: int) -> dict[str, float]:
    """Time the same pages in one language and in two, with code run and not run."""
    rows = {}
    for name, codes in (("one", ("zh",)), ("two", ("zh", "en"))):
        site = generated_site(base / f"{name}-{pages}", pages, codes)
        shown = shown_only(site, base / f"{name}-{pages}-shown")

        def cold(site=site) -> float:
            forget(site)
            return mkdocs(site, CELL_WORKERS="1")

        rows |= rounds(
            number,
            {
                f"{name}, cold, one worker": cold,
                f"{name}, no code run": lambda shown=shown: mkdocs(shown),
            },
        )
    work = [
        rows[f"{name}, cold, one worker"] - rows[f"{name}, no code run"]
        for name in ("one", "two")
    ]
    return rows | {
        "one language, apart from rendering": work[0],
        "two languages, apart from rendering": work[1],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pages", type=int, nargs="*", default=[12])
    parser.add_argument("--real", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--rebuilds", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        if options.real:
            site = real_site(base / "real")
            shown = frozen(site, base / "real-shown")
            rows = measure(site, shown, base, options.rounds, "index")
            table("The real site, two languages", rows, "floor")
        for pages in options.pages:
            site = generated_site(base / f"pages{pages}", pages)
            shown = shown_only(site, base / f"pages{pages}-shown")
            rows = measure(site, shown, base, options.rounds, "index")
            table(f"{pages} generated pages, two languages", rows, "floor")
        if options.pages:
            rows = languages(base, options.pages[0], options.rounds)
            base_row = "one language, apart from rendering"
            table(f"{options.pages[0]} pages, languages", rows, base_row)
        if options.rebuilds:
            sizes = serve(generated_site(base / "served", 12), options.rebuilds)
            print("\n### mkdocs serve\n\n| rebuilds | resident, MB |\n| --- | --- |")
            for rebuild in range(0, len(sizes), max(1, options.rebuilds // 5)):
                print(f"| {rebuild} | {sizes[rebuild]:.1f} |")
        if options.peers:
            pages = options.pages[0]
            ours = generated_site(base / "ours", pages, languages=("zh",))
            bare = plain(ours, base / "plain")
            path = {"PYTHONPATH": str(bare / "snippets")}
            build = [*MKDOCS, "build"]
            tools = {
                "ours": (ours, build, {}),
                "plain markdown-exec": (bare, build, path),
            }
            tools |= peers(base / "peers", pages)
            rows: dict[str, float] = {}
            for tool, (directory, command, variables) in tools.items():

                def cold(directory=directory, command=command, variables=variables):
                    forget(directory)
                    return seconds(command, directory, **variables)

                def warm(directory=directory, command=command, variables=variables):
                    return seconds(command, directory, **variables)

                done = rounds(options.rounds, {"cold": cold, "cached": warm})
                rows |= {f"{tool}, {state}": value for state, value in done.items()}
            table(f"{pages} generated pages, one language", rows, "ours, cold")


if __name__ == "__main__":
    main()
