"""A bad cell, page or include stops the build in one readable line."""

import re
import threading

import pytest
from book.live import runner
from book.live.page import Cell
from project import ROOT, Project


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


FAULTS = {
    "exception": ("x = 1\n1 / 0", "ZeroDivisionError: division by zero", 8),
    "endless loop": ("while True:\n    pass", "still ran after the limit of 2 s", 7),
    "exit": ("raise SystemExit(3)", "SystemExit: 3", 7),
    "interrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt", 7),
    "hard exit": ("import os\nos._exit(5)", "ended with exit code 5", 7),
    "runaway output": ("while True:\n    print('x' * 9999)", "1,000,000 characters", 8),
    "thread": (
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(60,)).start()\nprint(1)",
        "left a thread running",
        7,
    ),
    "silence": (
        "x = 1\nif not x:\n    print(x)",
        "prints nothing where the page shows an output",
        7,
    ),
    "swallowed limit": (
        "for _ in range(500):\n    try:\n        print('x' * 9999)\n"
        "    except RuntimeError:\n        pass",
        "1,000,000 characters",
        7,
    ),
    "process": (
        "import subprocess\nsubprocess.Popen(['sleep', '60'])\nprint(1)",
        "left a process running",
        7,
    ),
    "warning": (
        "import warnings\nwarnings.warn('old')\nprint(1)",
        "it writes to standard error: ",
        7,
    ),
    "no text": ("print('\\ud800')", "a lone surrogate", 7),
    "broken print": ("import sys\nsys.stdout.close()\n1 / 0", "ZeroDivisionError", 9),
    "no exception": (
        "from expected import expect\nwith expect(ValueError):\n    pass\nprint(1)",
        "ValueError did not come",
        8,
    ),
    "other exception": (
        "from expected import expect\nwith expect(ValueError):\n    1 / 0",
        "ZeroDivisionError",
        9,
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_bad_cell_stops_the_build_in_one_line(project, name):
    code, reason, line = FAULTS[name]
    source = (ROOT / "snippets" / "expected.py").read_text("utf-8")
    (project.root / "snippets" / "expected.py").write_text(source, "utf-8")
    project.snippet("index", "y = 2\ny", code)
    project.page("index", "first", "second")
    build = project.build("-q", CELL_TIME_LIMIT="2")
    assert build.returncode == 1
    errors = re.findall(r"ERROR.*", build.stderr)
    assert len(errors) == 1, build.stderr
    assert (
        f"docs/zh/index.md: cell 'second' at snippets/pages/index.py:{line}:"
        in errors[0]
    )
    assert reason in errors[0]
    assert "Traceback" not in build.stderr
    assert str(project.root) not in build.stderr
    assert not list(project.root.glob("*site*"))


def test_a_mended_cell_runs_and_so_does_what_came_before_it(project):
    project.snippet("index", "y = 2\ny", "import os\nos._exit(5)")
    project.page("index", "first", "second")
    assert project.build().returncode == 1
    project.snippet("index", "y = 2\ny", "print(y + 40)")
    assert project.cells_run(project.build()) == ["index first", "index second"]
    assert "42" in project.html()


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("so {{ x", "starts no value"),
        ("so {{x}}", "starts no value"),
        ('```python exec="on" id="a"\nprint(1)\n```', "a fence does not run"),
        ('```python exec="on"\n--8<-- "pages/index.py:first"\n```', "a fence does no"),
        ("```python exec=on\nprint(1)\n```", "a fence does not run"),
        ("/// note | {{ x }}\nText.\n///", "title of a block"),
    ],
)
def test_a_page_that_would_show_its_source_stops_the_build(project, page, reason):
    path = project.root / "docs" / "en" / "index.md"
    path.write_text(f"# Page {{#page}}\n\n{page}\n", "utf-8")
    build = project.build("-q")
    assert build.returncode == 1
    assert re.findall(r"ERROR.*docs/en/index.md:\d+: .*" + reason, build.stderr)
    assert "Traceback" not in build.stderr


def test_values_stay_where_they_are_written(project):
    project.snippet("index", "a, b = 1, 2")
    prose = (
        "A is {{\na }}, twice {{ a }}.\n\nB is `{{b}}` {{ b }}.\n\n- ```in``` {{ b }}"
    )
    project.page("index", "first", prose=prose)
    assert project.build().returncode == 0
    text = re.sub(r"<[^>]+>", "", project.html("en"))
    for part in ("A is 1, twice 1.", "B is {{b}} 2.", "in 2"):
        assert part in text


def test_a_cell_that_forks_does_not_shift_the_outputs(project):
    project.snippet("index", "import os\nos.fork()\nprint('one')", "print('two')")
    project.page("index", "first", "second")
    build = project.build()
    if build.returncode == 0:  # the child may have ended, or may still be there
        assert re.findall(r">(one|two)\n", project.html()) == ["one", "two"]
    else:
        assert "left a process running" in build.stderr


def test_what_a_page_shows_is_part_of_the_key(project):
    for name, code in {"show": 0, "show-setup": 1}.items():
        project.snippet("index", "print(1)", names=[name])
        project.page("index", name)
        assert project.build().returncode == code


def test_a_failing_page_does_not_lose_the_results_of_others(project):
    project.snippet("aaa", "print('fine')")
    project.page("aaa", "first")
    project.snippet("index", "import time\ntime.sleep(2)\n1 / 0")
    assert project.build().returncode == 1
    project.snippet("index", "x = 1")
    assert project.cells_run(project.build()) == ["index first"]


def test_what_is_hidden_in_the_site_stays(project):
    hidden = project.root / "site" / ".git"
    hidden.mkdir(parents=True)
    (hidden / "HEAD").write_text("ref")
    assert project.build().returncode == 0
    assert (hidden / "HEAD").read_text() == "ref"
    assert (project.root / "site" / "index.html").exists()


def test_a_file_in_the_place_of_the_site_is_kept(project):
    (project.root / "site").write_text("mine")
    build = project.build()
    assert build.returncode == 1
    assert "not a directory" in build.stderr
    assert (project.root / "site").read_text() == "mine"


@pytest.mark.parametrize(
    ("include", "reason"),
    [("nowhere.py:first", "nowhere.py"), ("index.py:nowhere", "nowhere")],
)
def test_a_missing_include_stops_the_build(project, include, reason):
    path = project.root / "docs" / "en" / "index.md"
    path.write_text(path.read_text("utf-8").replace("index.py:first", include), "utf-8")
    build = project.build("-q")
    assert build.returncode == 1
    assert re.findall(r"ERROR.*docs/en/index.md.*" + reason, build.stderr)
    assert not list(project.root.glob("*site*"))


def test_a_cell_that_prints_unseen_stops_the_build(project):
    project.snippet("index", "show = print\nshow(1)")
    build = project.build("-q")
    assert build.returncode == 1
    assert "it prints, but the page shows no output" in build.stderr


def test_languages_that_show_other_cells_stop_the_build(project):
    project.snippet("index", "x = 1", "y = 1")
    project.page("index", "first", "second")
    project.page("index", "second", "first", languages=["en"])
    build = project.build("-q")
    assert build.returncode == 1
    assert "its cells and headings are not those of" in build.stderr


def test_a_value_that_one_language_lacks_stops_the_build(project):
    project.page("index", "first", prose="It is {{ x }}.")
    project.page("index", "first", prose="It is {{ x + 1 }}.", languages=["en"])
    build = project.build("-q")
    assert build.returncode == 1
    wrong = "docs/en/index.md:5: its cells and headings are not those of docs/zh/index"
    assert f"{wrong}.md:5: first print(format(x + 1, '')) where" in build.stderr


def test_a_snippet_that_is_no_text_stops_the_build(project):
    (project.root / "snippets" / "index.py").write_bytes(b"# \xe9\n")
    build = project.build("-q")
    assert build.returncode == 1
    assert re.findall(r"ERROR.*snippets/index.py: 'utf-8' codec", build.stderr)
    assert "Traceback" not in build.stderr


def test_a_page_that_the_first_language_lacks_stops_the_build(project):
    project.page("alone", languages=["en"])
    build = project.build("-q")
    assert build.returncode == 1
    assert "docs/en/alone.md: there is no docs/zh/alone.md" in build.stderr
    assert "Traceback" not in build.stderr


def test_a_site_of_one_language_stops_in_one_line(project):
    config = project.root / "mkdocs.yml"
    text = config.read_text("utf-8")
    second = text[text.index("        - locale: en") : text.index("  - markdown-exec:")]
    config.write_text(text.replace(second, ""), "utf-8")
    build = project.build("-q")
    assert build.returncode == 1
    assert "mkdocs.yml: a page needs a second language" in build.stderr
    assert "Traceback" not in build.stderr


def test_a_process_that_does_not_start_is_a_fault_of_its_page(tmp_path, monkeypatch):
    class Silent:
        """A channel through which nothing comes."""

        def send(self, job) -> None:
            pass

        def poll(self, seconds: float) -> bool:
            return False

        def close(self) -> None:
            pass

    monkeypatch.setattr(runner, "STARTING", 0.0)
    worker = runner.Worker(str(tmp_path))
    worker.channel.close()
    worker.channel = Silent()
    cells = [Cell(name, "code", "print(1)", "index.py", 7) for name in ("a", "b")]
    found = list(worker.results("index", cells, 2.0, threading.Event()))
    worker.end()
    assert [result.failure for result in found] == [
        "its process had not started after 0 s"
    ]
    assert found[0].line == 7
