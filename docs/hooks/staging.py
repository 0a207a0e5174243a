"""Build beside the site and put it in place when it is whole.

A build that fails or is killed leaves the last good site as it was; two builds at once
each put a whole site in place, the later one last.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import tempfile
import time
from pathlib import Path

from mkdocs.plugins import event_priority
from mkdocs.utils import CountHandler

serving = False
part: Path | None = None  # where the build writes
whole: Path | None = None  # where the site belongs


def on_startup(command: str, dirty: bool) -> None:
    """Leave `mkdocs serve` alone: it builds into a directory of its own."""
    global serving
    serving = command == "serve"


@event_priority(100)
def on_config(config):
    """Send the build to a directory beside the site's."""
    global part, whole
    if not serving and part is None:
        whole = Path(config.site_dir)
        whole.parent.mkdir(parents=True, exist_ok=True)
        for left in whole.parent.glob(f".{whole.name}-*"):  # by killed builds
            if time.time() - left.stat().st_mtime > 24 * 3600:
                shutil.rmtree(left, ignore_errors=True)
        part = Path(tempfile.mkdtemp(dir=whole.parent, prefix=f".{whole.name}-"))
        part.chmod(0o755)
        config.site_dir = str(part)
    return config


def put_in_place(part: Path, whole: Path) -> None:
    """Move a directory to where another may be, which another build may do as well."""
    while True:
        aside = tempfile.mkdtemp(dir=whole.parent, prefix=f".{whole.name}-")
        with contextlib.suppress(FileNotFoundError):
            whole.rename(Path(aside, "old"))
        shutil.rmtree(aside, ignore_errors=True)
        try:
            part.rename(whole)
            return
        except OSError:
            if not whole.exists():
                raise


@event_priority(-200)  # after static-i18n, which builds the other languages here
def on_post_build(config) -> None:
    """Put the site in place, unless a strict build is about to be aborted."""
    global part
    if part is None or config.plugins["i18n"].building:
        return
    counters = logging.getLogger("mkdocs").handlers
    warned = any(h.get_counts() for h in counters if isinstance(h, CountHandler))
    if not (config.strict and warned):
        put_in_place(part, whole)
        config.site_dir, part = str(whole), None


def on_build_error(error, **kwargs) -> None:
    """Take away what a failed build has written."""
    global part
    if part is not None:
        shutil.rmtree(part, ignore_errors=True)
        part = None
