"""The real site, built once for all tests, served on loopback, opened in Chromium."""

import contextlib
import gzip
import http.server
import os
import shutil
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).parents[1]
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)


def build(directory: Path) -> None:
    """Build the real site into a directory, strictly and with no cache."""
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(directory)],
        cwd=ROOT,
        env=os.environ | {"CELL_CACHE": "", "SOURCE_DATE_EPOCH": "1700000000"},
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """Return the real site, built once for all processes: to read, not to write."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # which the processes of this run share
    directory = base / "built" / "site"
    with FileLock(base / "built.lock"):
        if not directory.exists():  # it is put in place whole, or not at all
            build(directory)
    return directory


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
        body = gzip.compress(path.read_bytes())
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
