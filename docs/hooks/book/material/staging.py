"""Build beside the site and put it in place when it is whole.

A build that fails or is killed leaves the last good site as it was; two builds at once
each put a whole site in place, the later one last.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import shutil
import tempfile
from pathlib import Path

from mkdocs import utils
from mkdocs.exceptions import BuildError
from mkdocs.utils import CountHandler, clean_directory

serving = False
part: Path | None = None  # where the build writes
whole: Path | None = None  # where the site belongs


def on_startup(command: str, dirty: bool) -> None:
    """Leave `mkdocs serve` alone: it builds into a directory of its own."""
    global serving
    serving = command == "serve"


def on_config(config):
    """Send the build to a directory beside the site's. BuildError if that is a file."""
    global part, whole
    if not serving and part is None:
        whole = Path(config.site_dir).resolve()
        if whole.exists() and not whole.is_dir():
            raise BuildError(f"{config.site_dir} is in the way: it is not a directory")
        whole.parent.mkdir(parents=True, exist_ok=True)
        for left in whole.parent.glob(f".{whole.name}-*-*"):  # by killed builds
            process = left.name.removeprefix(f".{whole.name}-").partition("-")[0]
            if process.isdigit() and not Path("/proc", process).exists():
                shutil.rmtree(left, ignore_errors=True)
        prefix = f".{whole.name}-{os.getpid()}-"
        part = Path(tempfile.mkdtemp(dir=whole.parent, prefix=prefix))
        part.chmod(0o755)
        config.site_dir = str(part)
        atexit.register(shutil.rmtree, part, ignore_errors=True)
    return config


def put_in_place(part: Path, whole: Path) -> None:
    """Move a directory to where another may be, which another build may do as well.

    What has a name that starts with a dot stays, as MkDocs has it: .git, .nojekyll.
    """
    prefix = f".{whole.name}-{os.getpid()}-"
    while True:
        aside = Path(tempfile.mkdtemp(dir=whole.parent, prefix=prefix), "old")
        try:
            with contextlib.suppress(FileNotFoundError):
                whole.rename(aside)
                for kept in aside.glob(".*"):
                    kept.rename(part / kept.name)
        except OSError:  # a mount point, say, which cannot be moved
            clean_directory(str(whole))
            shutil.copytree(part, whole, dirs_exist_ok=True)
            return
        finally:
            shutil.rmtree(aside.parent, ignore_errors=True)
        try:
            part.rename(whole)
            return
        except OSError:
            if not whole.exists():
                raise


def on_post_build(config) -> None:
    """Put the site in place, unless a strict build is about to be aborted."""
    global part
    if part is None:
        return
    counters = logging.getLogger("mkdocs").handlers
    warned = any(h.get_counts() for h in counters if isinstance(h, CountHandler))
    if not (config.strict and warned):
        put_in_place(part, whole)
        config.site_dir, part = str(whole), None


def on_build_error(error, **kwargs) -> None:
    """Take away what a failed build has written."""
    global part
    utils.clean_directory = clean_directory  # static-i18n takes it away meanwhile
    if part is not None:
        shutil.rmtree(part, ignore_errors=True)
        part = None
