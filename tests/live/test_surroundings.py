"""What lies around a build may be odd: it goes on, or it stops in one line.

Settings, other builds, other interpreters, the author's machine, odd files.
"""

import os
import re
import shutil
import subprocess
import sys
import urllib.request
from importlib import metadata
from pathlib import Path

import pytest
from book.content.links import with_links
from book.content.references import ReferenceTreeprocessor
from book.errors import Fault
from book.kept import PACKAGES
from book.live import run
from book.live.evaluate import run_cell
from book.live.page import Cell
from book.live.reader import read
from book.live.snippets import Snippets
from book.live.store import Store, distribution, not_as_pinned
from book.material import staging
from book.outputs.footer_and_feed import commit
from markdown import Markdown
from packaging.specifiers import SpecifierSet
from project import ROOT, Project

HOOKS = ROOT / "docs" / "hooks"


def python(*arguments: str, timeout: float = 120, **variables: str):
    """Run a program that knows the machinery in an interpreter of its own."""
    return subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | {"PYTHONPATH": str(HOOKS)} | variables,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


# Interpreters and versions


@pytest.mark.parametrize("thread", [False, True])
def test_an_interpreter_that_has_set_formulas_ends(thread):
    """Python 3.13 waited for the engine; closed, it crashed 3.12 and 3.13."""
    code = """if True:
        from threading import Thread
        from book.content.formulas import mathml
        def show():
            print(mathml('x')[:5])
        thread = Thread(target=show)
    """
    code += "    thread.start()\n        thread.join()" if thread else "    show()"
    done = python("-c", code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "<math\n", "")


def test_what_is_installed_admits_the_oldest_python_that_is_promised():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    [oldest] = re.findall(r'requires-python = ">=([\d.]+)"', text)
    for name in re.findall(r'^    "([\w-]+)==', text, re.MULTILINE):
        try:
            wanted = metadata.metadata(name)["Requires-Python"]
        except metadata.PackageNotFoundError:
            continue  # of another extra
        assert oldest in SpecifierSet(wanted or ""), (name, wanted)
    assert f"Python {oldest}" in (ROOT / "README.md").read_text("utf-8")


def test_what_snippets_import_and_what_renders_pages_is_pinned():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    pinned = set(re.findall(r'^    "([\w-]+)==', text, re.MULTILINE))
    snippets = Snippets(ROOT / "snippets")
    _, libraries = snippets.reach("\n".join(snippets.sources.values()))
    assert {*map(distribution, libraries), *PACKAGES} - {""} <= pinned


def test_other_versions_than_those_that_are_pinned_end_a_strict_build(tmp_path):
    project = Project(tmp_path)
    pins = '[project]\ndependencies = ["mkdocs==0.1", "no-such-thing==1", "jieba"]\n'
    (tmp_path / "pyproject.toml").write_text(pins)
    there = metadata.version("mkdocs")
    wrong = [
        f"mkdocs 0.1 is wanted, {there} is installed",
        "no-such-thing 1 is wanted, no version is installed",
    ]
    assert not_as_pinned(tmp_path / "pyproject.toml") == wrong
    build = project.build("-q")
    assert build.returncode == 1
    assert [line for line in wrong if line in build.stderr] == wrong
    assert not (tmp_path / "site").exists()


SHARED = """
import sys, threading
from book.errors import Fault
from book.live import runner
from book.live.page import Cell

runner.IMPORTING = {limit}
cell = Cell("a", "code", "print(1)", "index.py", 1)
if __name__ == "__main__":
    try:
        runner.run_pages(
            {{"index": [cell]}}, "snippets", 5, print, {{"odd"}}, 1, threading.Event()
        )
    except Fault as fault:
        print(fault)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is shared there")
@pytest.mark.parametrize(
    ("code", "limit", "reason"),
    [
        ("import time; time.sleep(300)", 2, "were not imported in 2 s"),
        ("raise SystemExit(3)", 8, "could not be imported"),
    ],
)
def test_a_library_that_hangs_or_ends_as_it_is_imported(tmp_path, code, limit, reason):
    (tmp_path / "odd.py").write_text(code)
    (tmp_path / "shared.py").write_text(SHARED.format(limit=limit))
    path = os.pathsep.join([str(HOOKS), str(tmp_path)])
    done = python(str(tmp_path / "shared.py"), PYTHONPATH=path)
    assert done.returncode == 0
    assert f"the libraries of the pages {reason}" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("odd", [["-O"], []], ids=["optimized", "locale"])
def test_what_python_was_started_with_is_part_of_the_key(odd):
    ask = "-c", "from book.live.store import environment; print(environment())"
    plain = python(*ask, LC_ALL="C.UTF-8")
    coding = {} if odd else {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    other = python(*odd, *ask, LC_ALL="C.UTF-8" if odd else "C", **coding)
    assert len(plain.stdout) == len(other.stdout) == 65
    assert plain.stdout != other.stdout


# Settings


@pytest.mark.parametrize("name", ["workers", "time_limit"])
@pytest.mark.parametrize("value", ["-1", "many", "nan"])
def test_a_setting_that_is_none_is_a_fault(name, value):
    with pytest.raises(Fault, match=r"^extra\.cells in mkdocs\.yml: [^\n]+$"):
        run.Settings.of({name: value})


def test_a_setting_without_a_value_is_the_default():
    assert run.Settings.of({"workers": "", "time_limit": None}) == run.Settings()


def test_a_build_without_workers_publishes_nothing(tmp_path):
    project = Project(tmp_path)
    build = project.build("-q", CELL_WORKERS="-1")
    assert build.returncode == 1
    assert len(re.findall(r"ERROR.*", build.stderr)) == 1
    assert "Traceback" not in build.stderr
    assert not (tmp_path / "site").exists()


# Builds beside each other, and the place of the site


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_folder_of_a_build_that_runs_stays(tmp_path):
    """Whatever its process is called here: it holds a lock."""
    one, two = (staging.Staging(tmp_path / "site") for _ in range(2))
    for number, build in enumerate((one, two)):
        (build.part / "index.html").write_text(str(number))
    for number, build in enumerate((one, two)):
        build.put_in_place()
        build.drop()
        assert (tmp_path / "site" / "index.html").read_text() == str(number)
    assert names(tmp_path) == {"site"}


def test_what_a_killed_build_has_left_goes_and_its_old_site_comes_back(tmp_path):
    for left in (".site-building-a", ".site-building-a.old"):
        (tmp_path / left).mkdir()
        (tmp_path / left / "index.html").write_text(left)
    (tmp_path / ".site-building-a.lock").touch()
    staging.Staging(tmp_path / "site").drop()
    assert names(tmp_path) == {"site"}
    text = (tmp_path / "site" / "index.html").read_text()
    assert text == ".site-building-a.old"


@pytest.mark.skipif(sys.platform != "linux", reason="there it takes two steps")
def test_two_sites_change_places_in_one_step(tmp_path):
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    if not staging.swapped(tmp_path / "old", tmp_path / "new"):
        pytest.skip("this file system cannot do it")
    assert names(tmp_path / "old") == {"new"}


@pytest.fixture
def mounted(tmp_path, monkeypatch):
    """Return a build of a site that cannot be moved, as a mount point cannot."""

    def refuse(*_):
        raise OSError("it is a mount point")

    old = tmp_path / "site"
    (old / "gone").mkdir(parents=True)
    for name in ("index.html", "gone/index.html", ".keep"):
        (old / name).write_text("old")
    build = staging.Staging(old)
    (build.part / "new").mkdir()
    for name in ("index.html", "new/index.html"):
        (build.part / name).write_text("new")
    monkeypatch.setattr(staging, "swapped", lambda *_: False)
    monkeypatch.setattr(Path, "rename", refuse)
    yield build
    build.drop()


def test_a_site_at_a_mount_point_is_copied(mounted):
    mounted.put_in_place()
    site = mounted.whole
    assert names(site) == {"index.html", "new", ".keep"}
    assert (site / "index.html").read_text() == "new"


def test_a_full_disk_leaves_the_old_site_whole(mounted, monkeypatch):
    usage = type("Usage", (), {"free": 2})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(Fault, match="not enough room"):
        mounted.put_in_place()
    assert names(mounted.whole) == {"index.html", "gone", ".keep"}
    assert (mounted.whole / "index.html").read_text() == "old"


def test_a_folder_above_the_site_that_is_not_ours(tmp_path, monkeypatch):
    make = staging.tempfile.mkdtemp

    def elsewhere(dir, **named):
        if Path(dir) == tmp_path / "theirs":
            raise PermissionError("it is read-only")
        return make(dir=dir, **named)

    monkeypatch.setattr(staging.tempfile, "mkdtemp", elsewhere)
    build = staging.Staging(tmp_path / "theirs" / "site")
    (build.part / "index.html").write_text("new")
    build.put_in_place()
    assert (tmp_path / "theirs" / "site" / "index.html").read_text() == "new"
    build.drop()


def test_the_commit_is_that_of_the_folder_and_of_none_around_it(tmp_path):
    for command in ("init -q", "-c user.name=a -c user.email=a@b commit -qm x"):
        empty = ["--allow-empty"] if "commit" in command else []
        git = ["git", "-C", str(tmp_path), *command.split(), *empty]
        if not shutil.which("git") or subprocess.run(git).returncode:
            pytest.skip("there is no git")
    (tmp_path / "copy").mkdir()
    assert len(commit(tmp_path)) == 8
    assert commit(tmp_path / "copy") == ""


# The author's machine


def test_tests_reach_what_they_serve_past_a_proxy(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:9")
    assert "http" in urllib.request.getproxies()
    assert urllib.request.proxy_bypass("127.0.0.1")


def test_a_home_that_nobody_can_write_to_is_no_fault_of_a_lab():
    code = "from book.live.labs import BEFORE; exec(BEFORE); import matplotlib"
    there = {"HOME": os.devnull, "XDG_CONFIG_HOME": "", "XDG_CACHE_HOME": ""}
    done = python("-c", code, **there)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_dictionary_that_another_user_has_kept_is_no_fault(tmp_path):
    (tmp_path / "jieba.cache").mkdir()
    code = "from book.outputs import search_entries as s; print(s.segmented('梯度'))"
    done = python("-c", code, TMPDIR=str(tmp_path), PYTHONUTF8="1")
    assert (done.returncode, done.stderr) == (0, "")


def test_processes_meet_on_this_machine_whatever_it_is_called(monkeypatch):
    import processes

    seen = []

    def ended(command, **_):
        seen.append(" ".join(command))
        return subprocess.CompletedProcess(command, 0, "{}", "")

    monkeypatch.setattr(processes.subprocess, "run", ended)
    processes.launch()
    assert "--local-addr 127.0.0.1" in seen[0]


# Odd files


def test_a_build_among_odd_files(tmp_path):
    project = Project(tmp_path / "project")
    docs, snippets = project.root / "docs", project.root / "snippets"
    config = project.root / "mkdocs.yml"
    text = config.read_text("utf-8")
    unseen = "  /theme/\n  hidden.md\ndraft_docs: |\n  draft.md\n"
    config.write_text(text.replace("  /theme/\n", unseen), "utf-8")
    for name in (".ipynb_checkpoints/index", "hidden", "draft"):
        page = docs / "zh" / f"{name}.md"
        page.parent.mkdir(exist_ok=True)
        page.write_text('# Not here\n\n--8<-- "pages/nowhere.py:first"\n')
    for language in ("zh", "en"):
        (docs / language / "other.markdown").write_text("# Other {#other}\n")
    (docs / "assets" / "plotly.js").mkdir(parents=True)
    (docs / "assets" / "plotly.js" / "notes.txt").write_text("a folder")
    (docs / "assets" / "stylesheets").mkdir()
    (docs / "assets" / "stylesheets" / "extra.css").write_text("p { margin: 0 }")
    (docs / "assets" / "latin.js").write_bytes(b'"\xe9";\n')
    (snippets / "folder.py").mkdir()
    (snippets / "gone.py").symlink_to("nowhere.py")
    home = tmp_path / "home"
    (home / ".config" / "matplotlib").mkdir(parents=True)
    style = "font.family: serif\nno.such.key: 1\n"
    (home / ".config" / "matplotlib" / "matplotlibrc").write_text(style)

    long = "参" * 33
    project.snippet(
        long,
        "import matplotlib\nprint(matplotlib.rcParams['font.family'])\n"
        "print('--8<-- \"pages/index.py:first\"', '`' * 8, '<script>')",
        "x = '<MulBackward0 object> | a'",
    )
    prose = "| a | b |\n| - | - |\n| {{ x }} | c |"
    project.page(long, "first", "second", prose=prose)
    settings = {"HOME": str(home), "XDG_CONFIG_HOME": "", "CELL_CACHE": "~/kept"}
    ran = project.cells_run(project.build(**settings))
    assert ran == ["index first", f"{long} first", f"{long} second"]
    assert project.cells_run(project.build(**settings)) == []
    assert (home / "kept").is_dir()
    assert not (project.root / "~").exists()
    site = project.root / "site"
    assert "Other" in project.html("other")
    assert not {"hidden", "draft", ".ipynb_checkpoints"} & names(site)
    assert (site / "assets" / "plotly.js" / "notes.txt").exists()
    assert (site / "assets" / "latin.js").read_bytes() == b'"\xe9";\n'
    html = project.html(long)
    assert "sans-serif" in html
    shown = '--8&lt;-- "pages/index.py:first" ```````` &lt;script&gt;'
    assert shown in html.replace("&#34;", '"').replace("&quot;", '"')
    assert "&lt;MulBackward0 object&gt; | a</td>" in html.replace("&#124;", "|")


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("random.py", "", "snippets/random.py: the standard library has a module"),
        ("deep/odd.py", "x = 1\nx =\n", r"snippets/deep/odd.py:2: SyntaxError"),
        ("pages/odd.py", "import odd\nx =\n", "snippets/pages/odd.py:2: SyntaxErr"),
        (
            "odd.py",
            "# --8<-- [start:a]\nx = 1\n",
            "odd.py:1: the section 'a' must begin",
        ),
        ("odd.py", "# --8<-- [start:as]\n", "there is no section 'a': is it 'as'?"),
        (
            "odd.py",
            "# --8<-- [start:a]\n# --8<-- [end:a]\n" * 2,
            "must begin once and end once",
        ),
    ],
)
def test_a_snippet_that_is_wrong_is_named(tmp_path, file, text, reason):
    path = tmp_path / "snippets" / file
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(Fault, match=reason):
        Snippets(tmp_path / "snippets").section("odd.py", "a")


def test_a_mark_before_the_first_letter_hides_no_import(tmp_path):
    (tmp_path / "one.py").write_text("\ufeffimport two\n", "utf-8")
    (tmp_path / "two.py").write_text("")
    assert Snippets(tmp_path).reach("import one")[0] == {"one", "two"}


def test_results_of_a_page_with_a_long_name_are_kept(tmp_path):
    store, name = Store(tmp_path), "labs/" + "参" * 99
    assert store.write(name, {"key": [1]}, 2.0) == ""
    assert store.read(name) == ({"key": [1]}, 2.0)


# What is wrong with a cell or a page is said


def failure(code: str, kind: str = "code", file: str = "snippets/odd_trial.py") -> str:
    return run_cell(Cell("c01", kind, code, file, 1), {}).failure


def test_of_a_long_message_the_end_is_there():
    said = failure("raise ValueError('begin ' + 'x' * 9999 + ' end')")
    assert re.fullmatch(r"ValueError: begin x+…x+ end", said)


def test_an_exception_without_a_message_is_named():
    code = (
        "class Odd(Exception):\n    def __str__(self):\n        return 1 / 0\nraise Odd"
    )
    assert failure(code) == "Odd: (its message cannot be shown)"


def test_a_trial_that_returns_none_is_named(tmp_path, monkeypatch):
    (tmp_path / "odd_trial.py").write_text("def c01():\n    return 'true'\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert failure("", "trial") == "c01() returns str, not a trial"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys\nprint(sys.prefix + '/lib')", "it shows a path of this machine"),
        ("print(object())", "it shows an address in memory"),
    ],
)
def test_what_another_build_would_print_otherwise_is_refused(code, reason):
    assert failure(code).startswith(reason)


LEFT = {
    "import os\nos.write(1, b'below')": "it writes past Python's print: below",
    "import subprocess\nsubprocess.run(['echo', 'below'])": "past Python's print",
    "import _thread, time\n_thread.start_new_thread(time.sleep, (60,))": "left a th",
    "import subprocess\nsubprocess.run('setsid sleep 60 &', shell=True)": "left a proc",
}


@pytest.mark.skipif(sys.platform != "linux", reason="it is found out elsewhere later")
def test_what_a_cell_leaves_or_writes_below_python_is_said(tmp_path):
    pages = tmp_path / "snippets" / "pages"
    pages.mkdir(parents=True)
    said: list[str] = []
    cells = {}
    for number, code in enumerate(LEFT):
        text = f"# --8<-- [start:a]\n{code}\nprint(1)\n# --8<-- [end:a]\n"
        (pages / f"p{number}.py").write_text(text)
    snippets = Snippets(tmp_path / "snippets")
    for number in range(len(LEFT)):
        include = f'--8<-- "pages/p{number}.py:a"'
        cells[f"p{number}"] = run.merge(
            [read(f"p{number}", "en", f"p{number}", include, snippets)]
        )
    settings, memory = run.Settings(), run.Memory()
    work = run.Run(cells, snippets, Store(None), settings, memory, said.append)
    work.begin()
    work.wait()
    for number, reason in enumerate(LEFT.values()):
        [line] = [each for each in said if each.startswith(f"p{number}:")]
        assert reason in line


@pytest.mark.parametrize("text", ["[x][nowhere]", "so[^nowhere]", "[x][]"])
def test_a_reference_that_leads_nowhere_is_a_fault(text):
    md = Markdown(extensions=["footnotes"])
    md.treeprocessors.register(ReferenceTreeprocessor(md), "references", 2)
    assert "<code>" in md.convert(f"`{text}`")
    with pytest.raises(Fault, match="leads nowhere"):
        md.convert(text)


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (
            "/// note\nText.",
            "docs/en/a.md:3: this /// note, or one in it, is not",
        ),
        ("Text.\n///", "docs/en/a.md:4: this /// closes no block"),
        ("/// detials | T\n///", "docs/en/a.md:3: there is no block /// detials, but "),
        ("/// claim | c02 | “x”\n///", "docs/en/a.md:3: there is no snippets/trials/"),
        ('--8<-- "pages/a.py:a"', "docs/en/a.md:3: there is no snippets/pages/a.py"),
    ],
)
def test_a_block_or_a_cell_that_is_none_is_named_with_its_line(tmp_path, block, reason):
    snippets = Snippets(tmp_path / "snippets")
    with pytest.raises(Fault, match=f"^{re.escape(reason)}"):
        read("docs/en/a.md", "en", "a", f"# A {{#a}}\n\n{block}\n", snippets)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (
            "# A {#a}\n\nText.\n\n## B {#b}\n",
            "docs/en/a.md:5: its cells and headings are not those of docs/zh/a.md: "
            "b where there is nothing",
        ),
        (
            "Text.\n",
            "docs/en/a.md: its cells and headings are not those of docs/zh/a.md:1: "
            "nothing where there is a",
        ),
    ],
)
def test_a_heading_that_one_language_lacks_is_a_fault(tmp_path, other, reason):
    texts = {"zh": "# A {#a}\n", "en": other}
    pages = [
        read(f"docs/{language}/a.md", language, "a", text, Snippets(tmp_path))
        for language, text in texts.items()
    ]
    with pytest.raises(Fault, match=f"^{reason}$"):
        run.merge(pages)


def test_links_of_all_kinds_lead_on_in_a_copy():
    text = '![p](../assets/a.png) [t](index.md "T")\n\n[r]: index.md\n'
    led = with_links(text, lambda target: f"/x/{target.strip('./')}")
    assert led == '![p](/x/assets/a.png) [t](/x/index.md "T")\n\n[r]: /x/index.md\n'
