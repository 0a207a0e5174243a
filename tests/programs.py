"""Programs in processes of their own, forked from one that has imported torch.

To import torch, and what its first optimizer imports, takes five seconds.
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


@cache
def server() -> subprocess.Popen:
    """Start the process that programs are forked from, once."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen([sys.executable, SERVER], **pipes)
    atexit.register(process.kill)
    return process


def python(
    *arguments: str, cwd: Path | None = None, timeout: int = 300, **env: str
) -> subprocess.CompletedProcess:
    """Run Python with these arguments, as from a command line; wait for its end.

    arguments: a file, after ``-I`` or not, ``-m`` and a module, or ``-c`` and code.
    env: variables beside those of this process.
    """
    if not hasattr(os, "fork"):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=cwd, env=os.environ | env, timeout=timeout,
            capture_output=True, text=True, encoding="utf-8",
        )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        job = {"arguments": [*map(str, arguments)], "timeout": timeout}
        job |= {"cwd": str(cwd or Path.cwd()), "env": {**os.environ, **env}}
        job |= {"out": str(out), "err": str(err)}
        server().stdin.write(json.dumps(job) + "\n")
        server().stdin.flush()
        status = int(server().stdout.readline())
        said = [file.read_text("utf-8") for file in (out, err)]
    return subprocess.CompletedProcess(arguments, status, *said)
