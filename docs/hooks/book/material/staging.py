"""Build beside the site and put it in place when it is whole.

A build that fails or is killed leaves the last good site as it was; two builds at once
each put a whole site in place, the later one last.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import os
import shutil
import sys
import tempfile
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import Fault


def swapped(one: Path, other: Path) -> bool:
    """Let two directories change places in one step; tell whether that was possible."""
    if sys.platform != "linux":
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    here, exchange = -100, 2  # AT_FDCWD of <fcntl.h>, RENAME_EXCHANGE of <linux/fs.h>
    names = os.fsencode(one), os.fsencode(other)
    return bool(rename) and rename(here, names[0], here, names[1], exchange) == 0


class Staging:
    """A directory that a build writes to, and the place where the site belongs."""

    def __init__(self, place: Path) -> None:
        """Make the directory, beside the site where that can be; Fault otherwise."""
        self.whole = place.resolve()
        if self.whole.exists() and not self.whole.is_dir():
            raise Fault(f"{place} is in the way: it is not a directory")
        self.prefix = f".{self.whole.name}-building-"
        try:
            self.part = self.make()
        except OSError as error:
            raise Fault(f"the site cannot be built at {place}: {error}") from None
        self.part.chmod(0o755)
        atexit.register(self.drop)

    def make(self) -> Path:
        """Return a new directory, beside the site or else among temporary files."""
        parent = self.whole.parent
        with contextlib.suppress(OSError):
            parent.mkdir(parents=True, exist_ok=True)
            self.sweep(parent)
            return self.locked(parent)
        return self.locked(Path(tempfile.gettempdir()))

    def locked(self, parent: Path) -> Path:
        """Return a new directory of ours, with a lock that tells that we are alive."""
        part = Path(tempfile.mkdtemp(dir=parent, prefix=self.prefix))
        self.lock = FileLock(f"{part}.lock")
        self.lock.acquire()
        return part

    def sweep(self, parent: Path) -> None:
        """Take away what builds have left that were killed: nobody holds their lock."""
        for lock in parent.glob(f"{self.prefix}*.lock"):
            with contextlib.suppress(Timeout, OSError), FileLock(lock, timeout=0):
                part = lock.with_suffix("")
                old = part.with_name(f"{part.name}.old")
                if old.exists() and not self.whole.exists():
                    old.rename(self.whole)  # it was killed between two steps
                shutil.rmtree(old, ignore_errors=True)
                shutil.rmtree(part, ignore_errors=True)
                lock.unlink(missing_ok=True)

    def put_in_place(self) -> None:
        """Put the directory where the site belongs; Fault where that fails.

        What has a name that starts with a dot stays, as MkDocs has it: .git, .nojekyll.
        The old site is moved back if the new one cannot take its place.
        """
        try:
            for kept in self.whole.glob(".*") if self.whole.is_dir() else ():
                copy = shutil.copytree if kept.is_dir() else shutil.copy2
                copy(kept, self.part / kept.name)
            self.exchange()
        except OSError as error:
            raise Fault(f"the site cannot be put at {self.whole}: {error}") from None

    def exchange(self) -> None:
        """Let the new site and the old one change places, in one step where it can."""
        if self.whole.exists() and swapped(self.part, self.whole):
            return None
        aside = self.part.with_name(f"{self.part.name}.old")
        try:
            with contextlib.suppress(FileNotFoundError):
                self.whole.rename(aside)
            self.part.rename(self.whole)
        except OSError:  # a mount point, say, or a folder that is not ours
            if aside.exists() and not self.whole.exists():
                aside.rename(self.whole)
            return self.copy()
        shutil.rmtree(aside, ignore_errors=True)
        return None

    def copy(self) -> None:
        """Copy the new site over the old one, file by file, each whole."""
        size = sum(p.stat().st_size for p in self.part.rglob("*") if p.is_file())
        self.whole.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self.whole).free < size:
            raise OSError("there is not enough room")
        new = {path.relative_to(self.part) for path in self.part.rglob("*")}
        for path in sorted(new):
            source, target = self.part / path, self.whole / path
            if source.is_dir():
                target.mkdir(exist_ok=True)
                continue
            part = target.with_name(f".{target.name}.part")
            shutil.copy2(source, part)
            os.replace(part, target)
        for path in sorted(self.whole.rglob("*"), reverse=True):
            place = path.relative_to(self.whole)
            if place not in new and not place.parts[0].startswith("."):
                folder = path.is_dir() and not path.is_symlink()
                path.rmdir() if folder else path.unlink()

    def drop(self) -> None:
        """Take away what is left of the build."""
        shutil.rmtree(self.part, ignore_errors=True)
        with contextlib.suppress(OSError):
            self.lock.release()
            Path(self.lock.lock_file).unlink(missing_ok=True)
