"""A kernel that is forked, and so has the libraries that the pages have imported."""

from __future__ import annotations

import json
import os
import signal
import sys
from time import monotonic, sleep

from jupyter_client.provisioning import local_provisioner
from traitlets.config import Application


class Forked:
    """A process that becomes a kernel once it is told how: a ``subprocess.Popen``.

    It is forked before anything has threads here.
    """

    stdin = stdout = stderr = None

    def __init__(self) -> None:
        self.returncode: int | None = None
        order, self.channel = os.pipe()
        ready, there = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            try:
                os.close(self.channel)
                os.close(ready)
                os.setsid()  # jupyter_client ends the group of a kernel
                os.close(there)
                become_kernel(order)
            finally:
                os._exit(1)
        os.close(order)
        os.close(there)
        os.read(ready, 1)  # until it has a group of its own
        os.close(ready)

    def launch(self, command: list[str], env: dict[str, str], **_) -> Forked:
        """Let the process become the kernel of a command, in an environment."""
        with os.fdopen(self.channel, "w") as channel:
            json.dump([command, env], channel)
        return self

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float = 60.0) -> int | None:
        """Wait for the end, and return the exit code."""
        deadline = monotonic() + timeout
        while self.poll() is None and monotonic() < deadline:
            sleep(0.05)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def become_kernel(order: int) -> None:
    """Read a command of ipykernel from a pipe, and do as it would in a new process."""
    with os.fdopen(order) as channel:
        told = channel.read()
    if not told:  # who forked it has ended
        return
    command, env = json.loads(told)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["ipykernel_launcher", *command[command.index("-m") + 2 :]]
    Application.clear_instance()
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


def fork_kernels() -> None:
    """Let jupyter_client's next kernel be forked from this process, where one can."""
    if hasattr(os, "fork"):
        local_provisioner.launch_kernel = Forked().launch
