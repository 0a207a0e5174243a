"""Cells run once, in isolation; builds may be killed, doubled, served."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from book.live import run
from book.live.reader import read
from book.live.snippets import Snippets
from book.live.store import Store
from project import Project, alive


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_a_cell_runs_once_for_both_languages(project, tmp_path_factory):
    log = tmp_path_factory.mktemp("log") / "runs"
    project.snippet("index", f"open({str(log)!r}, 'a').write('x')\nprint('ran')")
    project.page("index", "first", prose="Value {{ 6 * 7:.1f }}.")
    project.build()
    assert log.read_text() == "x"
    for page in ("", "en"):
        assert ">ran\n" in project.html(page)
        assert "Value 42.0." in project.html(page)


def test_a_value_is_one_cell_on_whichever_side_of_a_claim_it_is_said(tmp_path):
    """As two, it would be twice in the page, whose results then never were complete."""
    trials = tmp_path / "trials"
    trials.mkdir()
    (trials / "index.py").write_text("def c01():\n    return None\n")
    snippets = Snippets(tmp_path)
    value, claim = "Value {{ 6 * 7 }}.", "/// claim | c01 | “It is.”\nSo.\n///"
    pages = [
        read("index.md", language, "index", "\n\n".join(parts), snippets)
        for language, parts in (("zh", (value, claim)), ("en", (claim, value)))
    ]
    assert [cell.kind for cell in run.merge(pages)] == ["value", "trial"]


def test_only_what_a_change_reaches_runs_again(project):
    project.snippet("index", "import shared\nprint(shared.x)")
    project.page("index", "first", prose="Once {{ shared.x }}.")
    project.snippet("other", "print('other')")
    project.page("other", "first")
    (project.root / "snippets" / "shared.py").write_text("from deep import x\n")
    (project.root / "snippets" / "deep.py").write_text("x = 'deep-1'\n")
    both = ["index first", "other first"]

    assert project.cells_run(project.build()) == both
    assert project.cells_run(project.build()) == []
    project.page("index", "first", prose="Twice {{ shared.x }}, twice.")
    assert project.cells_run(project.build()) == []
    assert "Twice deep-1, twice." in project.html("en")

    (project.root / "snippets" / "deep.py").write_text("x = 'deep-2'\n")
    assert project.cells_run(project.build()) == ["index first"]
    assert "Twice deep-2, twice." in project.html("en")
    project.snippet("other", "print('another')")
    assert project.cells_run(project.build()) == ["other first"]
    assert project.cells_run(project.build(CELL_CACHE="")) == both


def test_a_module_that_is_imported_by_its_name_is_reached(project):
    code = (
        "import importlib\nprint(importlib.import_module('one').x, __import__('two').x)"
    )
    project.snippet("index", code)
    project.page("index", "first")
    one, two = (project.root / "snippets" / name for name in ("one.py", "two.py"))
    one.write_text("x = 1\n")
    two.write_text("x = 1\n")
    assert project.cells_run(project.build()) == ["index first"]
    assert project.cells_run(project.build()) == []
    one.write_text("x = 2\n")
    assert project.cells_run(project.build()) == ["index first"]
    assert ">2 1\n" in project.html()
    two.write_text("x = 3\n")
    assert project.cells_run(project.build()) == ["index first"]
    assert ">2 3\n" in project.html()
    notebook = (project.root / "site" / "index.ipynb").read_text("utf-8")
    assert "/one.py" in notebook
    assert "/two.py" in notebook


BEFORE = (
    "from pathlib import Path\nimport shared\nhere = Path(shared.__file__).parent\n"
)
READS = {  # what a page does that no import tells
    "data": "print((here / 'table.csv').read_text())",
    "folder": "print(sorted(path.name for path in here.glob('*.csv')))",
    "missing": "try:\n    print(open(here / 'new.csv').read())\n"
    "except FileNotFoundError:\n    print('none')",
    "module": "import importlib\nprint(importlib.import_module('alo' + 'ne').x)",
    "path": "import runpy\nprint(runpy.run_path(str(here / 'alone.py'))['x'])",
    "fork": "from multiprocessing import get_context\n"
    "with get_context('fork').Pool(1) as pool:\n"
    "    print(pool.map(Path.read_text, [here / 'table.csv']))",
    "spawn": "from concurrent.futures import ProcessPoolExecutor\n"
    "from multiprocessing import get_context\n"
    "with ProcessPoolExecutor(1, get_context('spawn')) as pool:\n"
    "    print(*pool.map(Path.read_text, [here / 'table.csv']))",
    "program": "import subprocess, sys\n"
    "command = [sys.executable, str(here / 'alone.py')]\n"
    "print(subprocess.run(command, capture_output=True, text=True).stdout)",
    "own": "Path('own').write_text('1')\nprint(Path('own').read_text())",
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_what_a_page_reads_is_watched(tmp_path):
    """A page runs again when a file has changed that it opened, whoever opened it."""
    place = tmp_path / "snippets"
    (place / "pages").mkdir(parents=True)
    for name, code in READS.items():
        text = f"# --8<-- [start:first]\n{BEFORE}{code}\n# --8<-- [end:first]\n"
        (place / "pages" / f"{name}.py").write_text(text)
    files = {"shared.py": "", "alone.py": "x = 1\nprint(x)\n", "table.csv": "1"}

    def ran(**changes: str) -> set[str]:
        """Write files, run what is not known; return the pages that ran."""
        for name, text in changes.items():
            (place / name.replace("_", ".")).write_text(text)
        snippets = Snippets(place)
        cells = {
            name: run.merge(
                [read(name, "en", name, f'--8<-- "pages/{name}.py:first"', snippets)]
            )
            for name in READS
        }
        store = Store(tmp_path / "kept")
        work = run.Run(cells, snippets, store, run.Settings(), run.Memory())
        todo = {*work.look_up()}
        work.begin()
        work.wait()
        return todo

    # Of these nobody knows what they read: one may run again for nothing.
    starts = {"spawn", "program"}
    assert ran(**{name.replace(".", "_"): t for name, t in files.items()}) == {*READS}
    assert ran() <= starts
    assert ran(table_csv="2") == {"data", "fork"} | starts
    assert ran(alone_py="x = 2\nprint(x)\n") == {"module", "path"} | starts
    assert ran(new_csv="3") == {"folder", "missing"} | starts
    assert ran() <= starts


def test_what_has_arrived_is_kept(tmp_path):
    class Slow(Store):
        def write(self, *args):
            time.sleep(0.5)
            return super().write(*args)

    place = tmp_path / "snippets"
    (place / "pages").mkdir(parents=True)
    text = "# --8<-- [start:first]\nprint(1)\n# --8<-- [end:first]\n"
    (place / "pages" / "index.py").write_text(text)
    snippets = Snippets(place)
    page = read("index", "en", "index", '--8<-- "pages/index.py:first"', snippets)
    store = Slow(tmp_path / "kept")
    cells = {"index": run.merge([page])}
    work = run.Run(cells, snippets, store, run.Settings(), run.Memory())
    work.begin()
    work.wait()
    assert store.read("index")[0]


def test_serving_watches_what_a_page_reads(project):
    table = project.root / "data" / "table.csv"
    table.parent.mkdir()
    table.write_text("nothing")
    project.snippet("index", f"print('read', int(open({str(table)!r}).read()))")
    project.page("index", "first")
    with project.serve() as wait_for:
        wait_for("ValueError")
        for text in ("1", "2"):
            table.write_text(text)
            wait_for(f"read {text}")


def test_serving_forgets_the_builds_of_before(project):
    """Each is a site with all its pages: memory, for as long as one serves."""
    (project.root / "count.py").write_text(
        "import gc\n\nfrom book.live.snippets import Snippets\n"
        "from book.material.site import Site\n\n"
        "def on_post_page(output, page, config):\n    gc.collect()\n"
        "    alive = sum(type(each) in (Site, Snippets) for each in gc.get_objects())\n"
        "    return output + f'<p>alive: {alive}</p>'\n"
    )
    hook = "hooks:\n  - docs/hooks/site.py\n"
    config = project.root / "mkdocs.yml"
    assert hook in config.read_text()
    config.write_text(config.read_text().replace(hook, f"{hook}  - count.py\n"))
    project.snippet("index", "print('good-1')")
    with project.serve() as wait_for:
        for number in range(5):
            project.page("index", "first", prose=f"The text {number}.")
            page = wait_for(f"The text {number}.")
    assert re.search(r"alive: (\d+)", page)[1] == "2"


def test_what_is_saved_while_cells_run_is_not_kept_as_what_was_there(project):
    shared, new = project.root / "snippets" / "shared.py", project.root / "new"
    project.snippet(
        "index",
        f"import os\nif os.path.exists({str(new)!r}):\n"
        f"    os.replace({str(new)!r}, {str(shared)!r})\n"
        "import shared\nprint(shared.x)",
    )
    project.page("index", "first")
    shared.write_text("x = 'old'\n")
    new.write_text("x = 'new'\n")
    assert project.cells_run(project.build()) == ["index first"]
    assert ">new\n" in project.html()
    shared.write_text("x = 'old'\n")
    assert project.cells_run(project.build()) == ["index first"]
    assert ">old\n" in project.html()


def test_a_page_that_is_saved_while_cells_run_is_not_kept_as_what_was_there(project):
    page, new = project.root / "docs" / "zh" / "index.md", project.root / "new"
    project.snippet(
        "index", f"import os\nif os.path.exists({str(new)!r}):\n"
        f"    os.replace({str(new)!r}, {str(page)!r})\nprint('ran')",
    )  # fmt: skip
    project.page("index", "first", prose="It was.")
    new.write_text(page.read_text("utf-8").replace("It was.", "It is."), "utf-8")
    project.build()
    assert project.build().returncode == 0
    assert "It is." in project.html()


def test_what_an_editor_leaves_beside_the_snippets_does_no_harm(project):
    (project.root / "snippets" / ".#index.py").symlink_to("me@host.1")
    (project.root / "snippets" / "._index.py").write_bytes(b"\xe9")
    assert project.build().returncode == 0


@pytest.mark.parametrize("damage", ["delete", "truncate", "foreign", "edit", "mode"])
def test_a_damaged_cache_costs_time_only(project, damage):
    project.snippet("index", "print('right')")
    project.page("index", "first")
    project.build()
    kept = project.root / ".cache" / "cells" / "index.json"
    text = kept.read_text("utf-8")
    if damage == "delete":
        kept.unlink()
    elif damage == "mode":  # root may write anywhere: a file where a directory belongs
        shutil.rmtree(kept.parent)
        kept.parent.write_text("")
    else:
        body = {
            "truncate": text[: len(text) // 2],
            "foreign": json.dumps({"outputs": 1}),
            "edit": text.replace("right", "wrong"),
        }
        kept.write_text(body[damage], "utf-8")
    assert project.cells_run(project.build()) == ["index first"]
    assert ">right\n" in project.html()


def test_the_versions_of_libraries_are_part_of_the_key(project, tmp_path_factory):
    project.snippet("index", "import torch\nprint('any')")
    project.page("index", "first")
    path = tmp_path_factory.mktemp("library")
    (path / "torch.py").write_text(
        "import pathlib\npathlib.Path(__file__ + '.seen').touch()"
    )
    information = path / "torch-1.0.dist-info"
    information.mkdir()
    for number in ("1.0", "1.1"):
        (information / "METADATA").write_text(f"Name: torch\nVersion: {number}\n")
        assert project.cells_run(project.build(PYTHONPATH=str(path))) == ["index first"]
    seen = path / "torch.py.seen"
    seen.unlink()
    assert project.cells_run(project.build(PYTHONPATH=str(path))) == []
    assert not seen.exists(), "a build with nothing to run imported torch"


def test_nothing_leaks_from_page_to_page(project):
    spoil = (
        "import os, random, builtins\nrandom.seed(1)\nos.environ['LEAK'] = '1'\n"
        "os.chdir('/')\nbuiltins.leak = 1\nx = 1"
    )
    look = (
        "import os, random, builtins\nprint(sorted(set(globals()) & {'x', 'leak'}), "
        "hasattr(builtins, 'leak'), 'LEAK' in os.environ, os.getcwd() == '/', "
        "os.environ['OMP_NUM_THREADS'], random.random())"
    )
    for name in ("aaa", "zzz"):
        project.snippet(name, look, spoil)
        project.page(name, "first", "second")
    assert project.build().returncode == 0
    outputs = {
        re.search(r"\[\] False False False 1 0\.\d+", project.html(page)).group()
        for page in ("aaa", "zzz", "en/aaa", "en/zzz")
    }
    assert len(outputs) == 1


def test_a_killed_build_leaves_nothing_behind(project):
    project.snippet("index", "print('old')")
    project.page("index", "first")
    assert project.build().returncode == 0
    project.snippet("index", "import time\ntime.sleep(60)\nprint('new')")
    build, workers, deadline = started(project)
    build.send_signal(signal.SIGKILL)
    build.communicate()
    while any(alive(pid) for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(alive(pid) for pid in workers)
    assert ">old\n" in project.html()
    project.snippet("index", "print('new')")
    assert project.cells_run(project.build()) == ["index first"]
    assert ">new\n" in project.html()


@pytest.fixture
def short():
    """Return a directory whose name leaves room for those of sockets."""
    with tempfile.TemporaryDirectory(prefix="t") as name:
        yield Path(name)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_ends_at_once_and_leaves_nothing(project, short, sent):
    project.snippet("index", "import time\nprint('new', flush=True)\ntime.sleep(60)")
    project.page("index", "first")
    build, workers, _ = started(project, TMPDIR=str(short))
    build.send_signal(sent)
    _, said = build.communicate(timeout=50)
    assert build.returncode != 0
    assert "Traceback" not in said
    assert "Aborted!" in said or sent == signal.SIGTERM
    assert "reused" not in said  # the line of a build that has run its cells
    assert not any(alive(pid) for pid in workers)
    assert not [*short.glob("tmp*")]
    assert not [*project.root.glob(".site-*")]
    assert not (project.root / "site").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="sockets have other names there")
def test_a_temporary_directory_of_too_long_a_name_is_named(project):
    long = project.root / ("long" * 30)
    long.mkdir()
    done = project.build(TMPDIR=str(long))
    assert done.returncode == 1
    assert f"ERROR   -  cells cannot be run below {long}: AF_UNIX path" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_page_is_rendered_while_the_cells_of_others_run(project):
    hook = project.root / "docs" / "hooks" / "witness.py"
    hook.write_text(
        "def on_page_content(content, page, **kwargs):\n"
        "    if page.file.src_uri == 'zh/later.md':\n"
        "        open('rendered', 'w').close()\n"
    )
    config = project.root / "mkdocs.yml"
    config.write_text(
        config.read_text("utf-8").replace(
            "  - docs/hooks/site.py\n",
            "  - docs/hooks/site.py\n  - docs/hooks/witness.py\n",
        ),
        "utf-8",
    )
    rendered = str(project.root / "rendered")
    project.snippet(
        "before",
        "import os, time\n"
        "for _ in range(200):\n"
        f"    if not os.path.exists({rendered!r}):\n"
        "        time.sleep(0.1)\n"
        f"print('seen' if os.path.exists({rendered!r}) else 'alone')",
    )
    project.page("before", "first")
    project.page("later")
    project.build(CELL_WORKERS="2")
    assert ">seen\n" in project.html("before")


def started(project, **variables):
    """Start a build; return it, its workers once they are there, and a deadline."""
    build = subprocess.Popen(
        project.command("build"),
        cwd=project.root,
        env=project.environment(**variables),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,
    )
    deadline = time.monotonic() + 30
    while not workers_of(build.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    workers = workers_of(build.pid)
    assert workers
    return build, workers, deadline


def heed_interrupts() -> None:
    """Heed Ctrl-C also where the tests run in the background, which ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def workers_of(pid: int) -> list[int]:
    """Return the processes below a process that have a session of their own."""
    if not os.path.isdir("/proc"):
        pytest.skip("the processes of a build are looked up in /proc")
    parents = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
            parents[int(entry)] = int(fields[1]), int(fields[3])
        except FileNotFoundError:
            continue
    below = {pid}
    while more := {p for p, (up, _) in parents.items() if up in below} - below:
        below |= more
    return [p for p in below - {pid} if parents[p][1] == p]


def test_two_builds_at_once_do_no_harm(project):
    project.snippet("index", "import time\ntime.sleep(0.5)\nprint('both')")
    project.page("index", "first")
    builds = [
        subprocess.Popen(
            project.command("build", "-q"),
            cwd=project.root,
            env=project.environment(),
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    assert [build.wait(60) for build in builds] == [0, 0]
    for page in ("", "en"):
        assert ">both\n" in project.html(page)
    assert not list(project.root.glob(".site-*"))
    assert project.cells_run(project.build()) == []


def test_a_strict_warning_leaves_the_last_good_site(project):
    assert project.build().returncode == 0
    project.page("index", "first", prose="[nowhere](nowhere.md)")
    build = project.build("-q")
    assert build.returncode == 1
    assert "first" not in build.stderr
    assert "nowhere" not in project.html()
    assert not list(project.root.glob(".site-*"))


def test_serving_shows_a_failure_and_lives_on(project):
    project.snippet("index", "print('good-1')")
    project.page("index", "first", prose="Said {{ 1 + 1 }}.")
    log = project.root / "log"
    with project.serve() as wait_for:
        wait_for("good-1")
        project.snippet("index", "1 / 0")
        page = wait_for("ZeroDivisionError")
        assert "snippets/pages/index.py:2" in page
        assert "ZeroDivisionError" in log.read_text()
        project.snippet("index", "print('good-2')")
        assert "ZeroDivisionError" not in wait_for("good-2")
        runs = log.read_text().count("index first")
        project.page("index", "first", prose="Told {{ 1 + 1 }}.")
        assert "Told 2." in wait_for("Told")
        time.sleep(1.5)
        assert log.read_text().count("index first") == runs
        builds = log.read_text().count("Documentation built")
        time.sleep(2)
        assert log.read_text().count("Documentation built") == builds, "rebuild loop"
