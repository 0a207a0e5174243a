"""The real site, built once for all tests, served on loopback, opened in Chromium."""

import contextlib
import gzip
import http.server
import inspect
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

import pytest
from filelock import FileLock
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parents[1]
ASSETS = ROOT / "docs" / "assets"
# The first draws no window around each page, which takes two thirds of the time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
MARKERS = {"site", "browser"}  # by the fixture that a test asks for
# Files that take long come first, so that no process waits for the other's last: one
# that builds the site, then those that do not wait for it.
LONG = (
    "test_lighthouse.py",
    "test_labs.py",
    "test_executor.py",
    "test_playground.py",
    "test_faults.py",
    "test_surroundings.py",
    "truncation.py",
    "test_browser.py",
    "test_site.py",
    "test_notebooks.py",
    "test_schedule_explorer.py",
    "test_offline.py",
)
# Whose tests with different parameters have nothing in common that takes long to make.
APART = (
    "test_browser.py",
    "test_labs.py",
    "test_playground.py",
    "test_schedule_race.py",
    "test_faults.py",
    "test_surroundings.py",
)
# Whose tests have nothing in common at all, and take long.
ALONE = ("test_notebooks.py",)
# These read the same pages, which take long to parse.
TOGETHER = ("test_site.py", "test_copies.py", "test_claims.py", "test_home.py")
# Which run experiments, or a rule beside torch's: all but these a writer runs at once.
EXPERIMENTS = (
    *("test_facts", "test_exercises", "test_rules", "test_losses", "test_schedules"),
    *("test_optimizers", "test_labs", "test_training_loop", "processes", "recall"),
    *("test_what_schedules_buy", "truncation", "adaptive", "race"),
)
# By what it uses, a test builds a small site of its own, or starts a program.
PROGRAMS = {"Project", "build", "python", "subprocess"}
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)


def build(directory: Path) -> None:
    """Build the real site into a directory, strictly and from nothing.

    A bound on a ratio of times may break beside other tests: then the page that broke
    is built again, with the results of the others.
    """
    with tempfile.TemporaryDirectory() as results:
        for _ in range(3):
            built = subprocess.run(
                [
                    sys.executable,
                    *["-m", "mkdocs", "build", "--strict", "-d"],
                    directory,
                ],
                cwd=ROOT,
                env=os.environ
                | {
                    "CELL_CACHE": results,
                    "CELL_TIME_LIMIT": "300",
                    "SOURCE_DATE_EPOCH": "1700000000",
                },
                capture_output=True,
                text=True,
            )
            if built.returncode == 0:
                return
    raise AssertionError(built.stderr[-3000:])


def pytest_addoption(parser) -> None:
    """Add what chooses the site that is tested, and the page."""
    parser.addoption(
        "--site",
        type=Path,
        metavar="DIR",
        help="test the site that is built in DIR, instead of building it",
    )
    parser.addoption(
        "--page",
        metavar="NAME",
        help='run what concerns a page, such as "adam" or "labs/race"',
    )
    parser.addoption(
        "--every",
        action="store_true",
        help="run each page's code and each lab again, not some; hold scores of times",
    )


def pytest_ignore_collect(collection_path, config) -> bool | None:
    """Leave files of experiments unread where none is asked for: they import a lot."""
    stem, page = collection_path.stem, config.getoption("--page") or ""
    if not stem.startswith(EXPERIMENTS):
        return None
    other = page and not page.startswith("labs/") and page.replace("-", "_") not in stem
    return True if other or "not experiment" in config.option.markexpr else None


def pytest_collection_modifyitems(config, items) -> None:
    """Mark each test by what it needs; keep what is asked for.

    With --page, what concerns that page, its script once. Without --every, of what runs
    the code of each page or lab once more, those that stand for their kind.
    """
    for item in items:
        for fixture in MARKERS & set(getattr(item, "fixturenames", ())):
            item.add_marker(fixture)
        if builds(item):
            item.add_marker("build")
        if experiments(item):
            item.add_marker("experiment")
    page, kept = config.getoption("--page"), items[:]
    if page:
        kept = [item for item in kept if concerns(item, page)]
    elif not config.getoption("--every"):
        kept = [item for item in kept if stands_for_its_kind(item)]
    rest = {*map(id, items)} - {*map(id, kept)}
    config.hook.pytest_deselected(items=[item for item in items if id(item) in rest])
    items[:] = sorted(kept, key=rank)


class Scheduling(LoadScopeScheduling):
    """Keeps tests of a file in one process, or of a parameter, or of several files."""

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        name = file.rpartition("/")[2]
        if name in ALONE:
            return nodeid
        if name in APART and "[" in test:
            return f"{file}{test[test.find('[') :]}"
        return TOGETHER[0] if name in TOGETHER else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log) -> Scheduling:
    """Return what gives tests to the processes."""
    return Scheduling(config, log)


def rank(item) -> int:
    """Return the place of a test's file among those that are long, or after them."""
    name = item.path.name
    return LONG.index(name) if name in LONG else len(LONG)


def stands_for_its_kind(item) -> bool:
    """Tell whether a test runs always: not each page's code is run once more.

    What the doctests of trials say is held to the results of the build.
    """
    if item.path.parent.name == "trials" or item.get_closest_marker("once_more"):
        return False
    mark = item.get_closest_marker("of_each_page")
    return not mark or bool({*mark.args} & {*item.callspec.params.values()})


def builds(item) -> bool:
    """Tell whether a test, or a fixture of its file, does what PROGRAMS do."""
    if not hasattr(item, "function"):  # a doctest
        return False
    functions = [item.function]
    for found in item._fixtureinfo.name2fixturedefs.values():
        functions += [fixture.func for fixture in found]
    return any(PROGRAMS & names(function) for function in functions)


def experiments(item) -> bool:
    """Tell whether a test runs an experiment, or a page's code, once more."""
    marks = ("once_more", "of_each_page")
    return item.path.stem.startswith(EXPERIMENTS) or any(
        item.get_closest_marker(mark) for mark in marks
    )


@cache
def names(function) -> frozenset[str]:
    """Return the names of what a function of a test file uses."""
    code = inspect.unwrap(function).__code__
    return frozenset(code.co_names if code.co_filename != __file__ else ())


def concerns(item, page: str) -> bool:
    """Tell whether a test is about a page: by its module, or its parameters.

    Of two tests that run the same script, one is; the offline edition is of all pages.
    """
    if item.get_closest_marker("twice") or item.path.name == "test_offline.py":
        return False
    stem = page.rpartition("/")[2].removesuffix(".md")
    module = stem.replace("-", "_")
    if item.path.stem in (module, f"test_{module}"):
        return True
    if item.get_closest_marker("once_more") and f"_{module}_" in f"{item.name}_":
        return True
    call = getattr(item, "callspec", None)
    if call is None:
        return False
    about = {str(value) for value in flat(call.params.values())}
    own = {stem, module, f"{stem}.md", f"{module}.py", page, f"{page}.md"}
    own |= {f"{page}/index.html", f"en/{page}/index.html", f"{page}/", f"en/{page}/"}
    own |= {f"labs/{stem}", f"labs/{stem}.md", f"labs/{stem}/index.html"}
    own |= {f"{room}.{module}" for room in ("pages", "trials")}
    own |= claims(module)
    return bool(about & own)


def flat(values) -> Iterator[object]:
    """Yield values, and those that tuples and lists of them hold."""
    for value in values:
        if isinstance(value, tuple | list):
            yield from flat(value)
        else:
            yield value


@cache
def claims(module: str) -> frozenset[str]:
    """Return the ids of the claims that stand on the page of a module."""
    path = ROOT / "snippets" / "trials" / f"{module}.py"
    text = path.read_text("utf-8") if path.is_file() else ""
    return frozenset(re.findall(r"^def (c\d\d)\(", text, re.MULTILINE))


@pytest.fixture(scope="session")
def site(request, tmp_path_factory) -> Path:
    """Return the real site, built once for all processes: to read, not to write."""
    if built := request.config.getoption("--site"):
        assert (built / "index.html").is_file(), f"no site is built in {built}"
        return built.resolve()
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # which the processes of this run share
    directory = base / "built" / "site"
    with FileLock(base / "built.lock"):
        if not directory.exists():  # it is put in place whole, or not at all
            build(directory)
    return directory


@cache
def compressed(path: Path, changed: int) -> bytes:
    """Return what a file holds, with gzip, while it does not change."""
    return gzip.compress(path.read_bytes())


class Compressed(http.server.SimpleHTTPRequestHandler):
    """Serve files as a host does: what is text, with gzip; connections are kept."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with the file; leave folders without a slash and 404 to the parent."""
        path = Path(self.translate_path(self.path))
        if path.is_dir() and self.path.endswith("/"):
            path /= "index.html"
        kind = self.guess_type(str(path))
        text = kind.startswith("text/") or kind.endswith(("javascript", "json", "xml"))
        if not (text and path.is_file()):
            return super().do_GET()
        body = compressed(path, path.stat().st_mtime_ns)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_error(self, code, message=None, explain=None) -> None:
        """Show the 404 page at any address, as a host does."""
        body = Path(self.directory, "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        """Answer until the browser goes, in whatever way it does."""
        with contextlib.suppress(ConnectionError):
            super().handle()

    def log_message(self, *args) -> None:
        """Say nothing."""


@contextlib.contextmanager
def served(directory: Path, handler: type[Compressed] = Compressed):
    """Serve a directory on loopback; give its address, with a slash at the end."""
    handler = partial(handler, directory=directory)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def address(site):
    """Return where the site is served on loopback, with a slash at the end."""
    with served(site) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    """Return a Chromium, or skip where none is installed."""
    if not CHROMIUM:
        pytest.skip("no Chromium is installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


class Blank(Compressed):
    """Serve the assets, and in either language a page that holds a figure, or none."""

    def __init__(self, *arguments, figure: str, sheet: str, **named) -> None:
        self.figure, self.sheet = figure, sheet
        super().__init__(*arguments, **named)

    def do_GET(self) -> None:
        """Answer any address that names no file with a page that loads the figure."""
        if "." in self.path.split("?")[0]:
            return super().do_GET()
        language = "en" if self.path.startswith("/en") else "zh-CN"
        shown = "figure" in self.path
        figure = f'<div data-explore="{self.figure}"></div>' if shown else ""
        sheet = f'<link rel="stylesheet" href="{self.sheet}">' if self.sheet else ""
        body = (
            f'<!doctype html><html lang="{language}"><title>.</title>'
            f'<link rel="icon" href="data:,">{sheet}'
            f'<body class="md-typeset">{figure}'
            '<script type="module" src="/explore.js"></script>'
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def assets(request, tmp_path_factory):
    """Return where the assets are served as they are shipped: minified.

    With a page for the module's FIGURE.
    """
    from book.material.assets import shrink

    place = tmp_path_factory.mktemp("shipped") / "assets"
    shutil.copytree(ASSETS, place)
    shrink(ASSETS, place)
    sheet = getattr(request.module, "SHEET", "")
    handler = partial(Blank, figure=request.module.FIGURE, sheet=sheet)
    with served(place, handler) as address:
        yield address


@pytest.fixture(scope="module")
def blank(request, browser, assets):
    """Return a page with every module of an explorable figure in `all`."""
    page = browser.new_page()
    page.goto(assets)
    page.known = page.evaluate(request.module.SETUP)
    yield page
    page.close()
