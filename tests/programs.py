"""Programs in processes of their own, forked from one that has imported a lot.

To import torch, and what its first optimizer imports, takes five seconds; to import
MkDocs and its plugins takes one.
"""

import atexit
import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

SERVER = Path(__file__).with_name("program_server.py")
TORCH = "matplotlib.pyplot", "torch._dynamo"
# What holds from the start of an interpreter on: with these, one is started.
EARLY = ("PYTHON", "TMPDIR")


@cache
def server(modules: tuple[str, ...]) -> subprocess.Popen:
    """Start a process that programs are forked from, once for each set of modules."""
    process = subprocess.Popen(
        [sys.executable, SERVER, *modules],
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.kill)
    return process


def python(
    *arguments: str,
    cwd: Path | None = None,
    timeout: int = 300,
    known: tuple[str, ...] = TORCH,
    **variables: str,
) -> subprocess.CompletedProcess:
    """Run Python with these arguments, as from a command line; wait for its end.

    arguments: a file, after ``-I`` or not, ``-m`` and a module, or ``-c`` and code.
    known: modules that are imported already. variables: of the environment, beside
    those of this process.
    """
    env = os.environ | variables
    if not hasattr(os, "fork") or any(name.startswith(EARLY) for name in variables):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=cwd,
            env=env,
            timeout=timeout,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        job = {"arguments": [*map(str, arguments)], "timeout": timeout}
        job |= {"cwd": str(cwd or Path.cwd()), "env": dict(env)}
        job |= {"out": str(out), "err": str(err)}
        there = server(known)
        there.stdin.write(json.dumps(job) + "\n")
        there.stdin.flush()
        status = int(there.stdout.readline())
        said = [file.read_text("utf-8") for file in (out, err)]
    return subprocess.CompletedProcess(arguments, status, *said)
