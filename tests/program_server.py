"""What programs are forked from: see programs.py. A line of JSON for each."""

import json
import os
import runpy
import signal
import sys
import traceback
import types
import warnings

import matplotlib.pyplot  # noqa: F401
import torch._dynamo


def run(rest):
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


def begin(job):
    os.setsid()
    signal.alarm(job["timeout"])
    os.chdir(job["cwd"])
    os.environ.clear()
    os.environ.update(job["env"])
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count())))
    for number, name in ((0, os.devnull), (1, job["out"]), (2, job["err"])):
        handle = os.open(name, os.O_RDWR | os.O_CREAT)
        os.dup2(handle, number)
        os.close(handle)
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stderr.reconfigure(encoding="utf-8")
    try:
        run(job["arguments"])
        status = 0
    except SystemExit as end:
        status = end.code or 0
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


for line in sys.stdin:
    child = os.fork()
    if not child:
        begin(json.loads(line))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
