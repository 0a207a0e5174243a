"""Which files below the project the cells of a page read, besides what they import.

A hook of Python's notes them, in the page's process and in what is forked from it. Of a
program that a cell starts nobody knows what it reads: then all of ``snippets/`` counts.
What is opened below Python's level, as ``torch.jit.load`` does, is not seen.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

STARTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn")
SPAWNS = {
    f"multiprocessing.popen_{name}"
    for name in ("spawn_posix", "spawn_win32", "forkserver")
}


def state(path: str) -> str:
    """Return a digest of a file, or of the names in a folder; nothing of what is none.

    >>> state("/nowhere"), len(state(__file__))
    ('', 64)
    """
    try:
        if os.path.isdir(path):
            names = {n for n in os.listdir(path) if n[0] != "."} - {"__pycache__"}
            return hashlib.sha256("/".join(sorted(names)).encode()).hexdigest()
        if os.path.isfile(path):
            with open(path, "rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        pass
    return ""


def note_opened(snippets: str, log: str) -> None:
    """From now on, note in a file what this process reads of the project, as it is."""
    roots = {os.path.dirname(path) for path in (snippets, os.path.realpath(snippets))}
    apart = os.path.dirname(log), sys.prefix, sys.base_prefix
    apart = tuple(a for a in apart if any(a.startswith(r + os.sep) for r in roots))
    known: set[str] = set()

    def note(path: object, reads: bool = True) -> None:
        if path is None or isinstance(path, int):
            return
        place = os.path.abspath(os.fsdecode(path))
        folder, name = os.path.split(place)
        if os.path.basename(folder) == "__pycache__":  # what is compiled has a source
            place = os.path.join(os.path.dirname(folder), name.split(".")[0] + ".py")
        root = next((r for r in roots if place.startswith(r + os.sep)), "")
        if not root or place in known or place.startswith(apart):
            return
        known.add(place)  # what the page itself writes first, too
        inner = os.path.relpath(place, root).replace(os.sep, "/")
        hidden = any(p.startswith(".") or p == "__pycache__" for p in inner.split("/"))
        if reads and not hidden:
            with open(log, "a") as file:
                file.write(json.dumps([inner, state(place)]) + "\n")

    def hook(event: str, args: tuple) -> None:
        if event == "open":
            note(args[0], not (args[2] or 0) & os.O_CREAT)
        elif event in ("os.listdir", "os.scandir"):
            code = sys._getframe(1).f_code  # an import lists all folders of the path
            if "importlib" not in code.co_filename:
                note(args[0])
        elif event in STARTS or (event == "import" and args[0] in SPAWNS):
            for folder, _, names in os.walk(snippets):
                for name in names:
                    note(os.path.join(folder, name))

    sys.addaudithook(hook)


def noted(log: Path) -> dict[str, str]:
    """Return what was noted in a file: places below the project, and their states."""
    found: dict[str, str] = {}
    for line in log.read_text().splitlines() if log.exists() else ():
        place, was = json.loads(line)
        found.setdefault(place, was)
    return found
