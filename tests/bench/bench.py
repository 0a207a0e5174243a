"""Time the build against its floor and other tools, in one run on one machine.

README.md beside this file says how it is called and what its words mean.
"""

import argparse
import contextlib
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import psutil

sys.path.append(str(Path(__file__).parents[1]))  # for project and conftest

from sites import BUILD, MKDOCS, generated_site, peers, real_site, shown_site

PARTS = ("site", "serve", "pages", "peers", "frames")
SETTINGS = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NO_MKDOCS_2_WARNING": "1",
    "CELL_CACHE": ".cache/cells",  # which `forget` takes away
}
ENVIRONMENT = {"CELL_TIME_LIMIT": "300"} | os.environ | SETTINGS
IN_CELLS = re.compile(r"reused; ([\d.]+) s in them")
PATIENCE = 900  # seconds that a page may take to come


class Failed(Exception):
    """A command that was to be timed failed; what it said last."""


def run(command: list[str], directory: Path, **variables: str) -> tuple[float, str]:
    """Return the time until a command ends, and what it said; Failed if it fails.

    It writes to a file: a pipe would be open for as long as any of its processes.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        started = time.perf_counter()
        done = subprocess.run(
            command,
            cwd=directory,
            env=ENVIRONMENT | variables,
            stdout=said,
            stderr=said,
        )
        elapsed = time.perf_counter() - started
        said.seek(0)
        text = said.read()
    if done.returncode:
        raise Failed(f"{' '.join(command)} failed:\n{text[-3000:]}")
    return elapsed, text


def medians(number: int, actions: dict[str, Callable[[], float]]) -> dict[str, float]:
    """Return the medians of actions that are timed in turn.

    One that fails is tried twice more: on a busy machine a page may break a bound of
    its own on a ratio of times.
    """
    times: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(number):
        for name, action in actions.items():
            for attempt in range(3):
                try:
                    times[name].append(action())
                    break
                except Failed as failure:
                    print(f"{name}: {failure}", file=sys.stderr)
                    if attempt == 2:
                        sys.exit(1)
    return {name: median(values) for name, values in times.items()}


def forget(directory: Path) -> None:
    """Take away all that builds have left, ours and other tools'."""
    for name in (".cache", "site", "_build", "gallery", "gen_modules"):
        shutil.rmtree(directory / name, ignore_errors=True)


def edit_paragraph(site: Path, page: str) -> str:
    """Give a page another last paragraph; return its text."""
    path = site / "docs" / "en" / f"{page}.md"
    mark = f"Edit {time.time_ns()}."
    text = re.sub(r"\nEdit \d+\.\n$", "", path.read_text("utf-8"))
    path.write_text(f"{text}\n{mark}\n", "utf-8")
    return mark


def edit_cell(site: Path, page: str) -> str:
    """Change a comment in the first cell that a page shows, so that all cells run."""
    path = site / "snippets" / "pages" / f"{page.replace('-', '_')}.py"
    mark = f"# edit {time.time_ns()}"
    text = re.sub(r"# edit \d+\n", "", path.read_text("utf-8"))
    end = re.compile(r"^(?=# --8<-- \[end:(?!\S*-figure\]))", re.MULTILINE)
    path.write_text(end.sub(f"{mark}\n", text, count=1), "utf-8")
    return mark


EDITS = {"a paragraph": edit_paragraph, "a cell": edit_cell}


def builds(site: Path, shown: Path, page: str, number: int) -> float:
    """Print the times of a site's builds; return that of the same pages shown only."""
    in_cells: list[float] = []

    def cold(directory: Path, workers: str) -> float:
        forget(directory)
        elapsed, said = run(BUILD, directory, CELL_WORKERS=workers)
        if directory == site and workers == "1":
            in_cells.append(float(IN_CELLS.search(said)[1]))
        return elapsed

    def edited(edit: Callable[[Path, str], str]) -> float:
        edit(site, page)
        return run(BUILD, site)[0]

    python = [sys.executable, "-c", "import torch"]
    actions = {
        "shown, cold": lambda: cold(shown, "1"),
        "shown": lambda: run(BUILD, shown)[0],
        "import torch": lambda: run(python, site)[0],
        "cold, one worker": lambda: cold(site, "1"),
        "cold, a worker a core": lambda: cold(site, "0"),
        "warm": lambda: run(BUILD, site)[0],
        "after an edit of a paragraph": lambda: edited(edit_paragraph),
        "after an edit of a cell": lambda: edited(edit_cell),
    }
    rows = medians(number, actions)
    rows["cells"] = median(in_cells)
    rows["floor"] = rows["shown, cold"] + rows["import torch"] + rows["cells"]
    print("\n| build | median, s | ratio |\n| --- | --- | --- |")
    for name in ("shown, cold", "shown", "import torch", "cells", "floor"):
        print(f"| {name} | {rows[name]:.2f} | |")
    for name in [*actions][3:]:
        to = "floor" if name.startswith("cold") else "shown"
        print(f"| {name} | {rows[name]:.2f} | {rows[name] / rows[to]:.2f} × {to} |")
    return rows["shown"]


@contextlib.contextmanager
def serving(site: Path) -> Iterator[tuple[str, Path, subprocess.Popen]]:
    """Run `mkdocs serve`; give its address, its log and its process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = "{}:{}".format(*free.getsockname())
    log, command = site / "serve.log", [*MKDOCS, "serve", "-a", address]
    with log.open("w", encoding="utf-8") as said:
        server = subprocess.Popen(
            command, cwd=site, env=ENVIRONMENT, stdout=said, stderr=said
        )
    try:
        yield f"http://{address}/", log, server
    finally:
        server.terminate()
        server.wait()


def wait_for(mark: str, address: str, log: Path, server: subprocess.Popen) -> None:
    """Ask for a page until it holds a text, as a browser would that cannot wait."""
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            html = urllib.request.urlopen(address, timeout=PATIENCE).read().decode()
            if mark in html:
                return
        time.sleep(0.05)
    sys.exit(f"{mark!r} did not come to {address}:\n{log.read_text('utf-8')[-3000:]}")


def serve(site: Path, page: str, number: int, shown: float) -> None:
    """Print how long a save takes to be seen while serving, and the memory it takes.

    shown: seconds of a build of the same pages with their code shown only.
    """
    head = "saved while serving", "median, s", "× shown", "of it in cells, s"
    head += "MB after the first", "after the tenth", "after the last"
    print(f"\n| {' | '.join(head)} |\n|{' --- |' * len(head)}")
    with serving(site) as (address, log, server):
        url = f"{address}en/" if page == "index" else f"{address}en/{page}/"
        wait_for("</html>", url, log, server)
        process = psutil.Process(server.pid)
        for name, edit in EDITS.items():
            times, sizes, in_cells = [], [], []
            for _ in range(number):
                time.sleep(random.uniform(0.5, 1))  # MkDocs looks twice a second
                started = time.perf_counter()
                wait_for(edit(site, page), url, log, server)
                times.append(time.perf_counter() - started)
                sizes.append(process.memory_info().rss / 2**20)
                in_cells.append(float(IN_CELLS.findall(log.read_text("utf-8"))[-1]))
            row = [f"{median(times):.2f}", f"{median(times) / shown:.2f}"]
            row += [f"{median(in_cells):.2f}"]
            row += [f"{sizes[k]:.1f}" if k < number else "" for k in (0, 9, number - 1)]
            print(f"| {name} | {' | '.join(row)} |", flush=True)


def measure(site: Path, page: str, options, built: bool, served: bool) -> None:
    """Print how long builds of a site take, and what is saved while serving it."""
    # The first build writes the copies of which the other site is made.
    medians(1, {"the first build": lambda: run(BUILD, site)[0]})
    shown = shown_site(site, site.with_name(f"{site.name}-shown"))
    seconds = builds(site, shown, page, options.rounds) if built else 0.0
    if served:
        known = {"shown": lambda: run(BUILD, shown)[0]}
        seconds = seconds or medians(options.rounds, known)["shown"]
        serve(site, page, options.rebuilds, seconds)


def other_tools(base: Path, pages: int, number: int) -> None:
    """Print how long other tools take for the generated pages, in one language."""
    print(f"\n### {pages} generated pages: others in one language, ours in two\n")
    print("| tool | cold, s | × ours | cached, s | × ours |\n|" + " --- |" * 5)
    ours = None
    for tool, (directory, command) in peers(base, pages).items():

        def cold(directory=directory, command=command) -> float:
            forget(directory)
            return run(command, directory)[0]

        def cached(directory=directory, command=command) -> float:
            return run(command, directory)[0]

        rows = medians(number, {"cold": cold, "cached": cached})
        ours = ours or rows
        each = (f"{rows[k]:.2f} | {rows[k] / ours[k]:.2f}" for k in rows)
        print(f"| {tool} | {' | '.join(each)} |", flush=True)


def main() -> None:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--rounds", type=int, default=3, help="builds of each kind")
    parser.add_argument("--rebuilds", type=int, default=10, help="saves of each kind")
    parser.add_argument("--pages", type=int, nargs="+", default=[12])
    parser.add_argument(
        "--page", default="adam", help="what is edited of the real site"
    )
    parser.add_argument("--site", type=Path, help="one that is built, for the frames")
    options = parser.parse_args()
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"{os.cpu_count()} cores, load {load} before the run", flush=True)
    only = {*options.only}
    with tempfile.TemporaryDirectory() as name:
        base, site = Path(name), options.site
        if only & {"site", "serve"} or (only & {"frames"} and not site):
            print("\n### The real site, two languages", flush=True)
            real = real_site(base / "real")
            measure(real, options.page, options, "site" in only, "serve" in only)
            site = site or real / "site"
        for pages in options.pages if "pages" in only else ():
            for count in (pages, 2 * pages):
                print(f"\n### {count} generated pages, two languages", flush=True)
                made = generated_site(base / f"pages{count}", count)
                measure(made, "index", options, count == pages, True)
        if "peers" in only:
            other_tools(base / "peers", options.pages[0], options.rounds)
        if "frames" in only:
            from frames import table  # what only it needs takes a browser

            table(site)


if __name__ == "__main__":
    main()
