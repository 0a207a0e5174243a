"""What programs are forked from: see programs.py. A line of JSON for each."""

import atexit
import importlib
import json
import os
import runpy
import signal
import sys
import threading
import types
import warnings
from pathlib import Path


def run(rest: list[str]) -> None:
    """Do what Python does with these arguments."""
    while rest[0] == "-W":
        _, action, *rest = rest
        warnings.simplefilter(action)
    first, *_ = rest
    sys.argv = rest if first not in ("-m", "-I") else rest[1:]
    if first == "-m":
        sys.path[0] = os.getcwd()
        runpy.run_module(rest[1], run_name="__main__", alter_sys=True)
    elif first == "-c":
        sys.path[0] = ""
        module = sys.modules["__main__"] = types.ModuleType("__main__")
        exec(compile(rest[1], "<string>", "exec"), vars(module))
    elif first == "-I":
        del sys.path[0]
        runpy.run_path(rest[1], run_name="__main__")
    else:
        sys.path[0] = os.path.dirname(os.path.abspath(first))
        runpy.run_path(first, run_name="__main__")


def begin(job: dict) -> None:
    """Make this process one that a program may have been started in."""
    os.setsid()
    signal.alarm(job["timeout"])
    os.chdir(job["cwd"])
    os.environ.clear()
    os.environ.update(job["env"])
    for number, name in ((0, os.devnull), (1, job["out"]), (2, job["err"])):
        handle = os.open(name, os.O_RDWR | os.O_CREAT)
        os.dup2(handle, number)
        os.close(handle)
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stderr.reconfigure(encoding="utf-8")
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count())))


def status(arguments: list[str]) -> int:
    """Run a program to its end; return what it ends with. Ctrl-C goes through."""
    try:
        run(arguments)
    except SystemExit as exit:
        if exit.code is None or isinstance(exit.code, int):
            return exit.code or 0
        print(exit.code, file=sys.stderr)
        return 1
    except Exception:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def end(status: int) -> None:
    """End as Python does, but leave the modules: to undo them takes two seconds."""
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def listed(loader) -> list[str]:
    """Return the files of a theme but those that MkDocs leaves out: 14,000 icons."""
    found = set()
    for folder in map(Path, loader.searchpath):
        for place, folders, files in os.walk(folder):
            folders[:] = [each for each in folders if each != ".icons"]
            place = Path(place).relative_to(folder)
            found |= {(place / file).as_posix() for file in files}
    return sorted(found)


for name in sys.argv[1:]:
    importlib.import_module(name)
if jinja := sys.modules.get("jinja2"):
    jinja.FileSystemLoader.list_templates = listed
for line in sys.stdin:
    job = json.loads(line)
    child = os.fork()
    if not child:
        begin(job)
        end(status(job["arguments"]))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
