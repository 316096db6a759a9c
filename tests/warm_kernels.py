# SPDX-License-Identifier: MIT
"""Kernels for notebooks, forked from a process that has loaded what notebooks import.

A process of its own waits for orders on its standard input: a line of JSON an order, with the arguments, environment,
folder and limits of a kernel. It forks, the child becomes the kernel, and the names of a notebook are its own as ever.
"""

from __future__ import annotations

import builtins
import contextlib
import gc
import io
import json
import os
import resource
import select
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "traces" / "contact_purchase.card.jsonl"
SETTINGS = {
    # The kernel names it before its first cell, and matplotlib reads it when it is imported.
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "OPENBLAS_NUM_THREADS": "1",  # threads do not outlive a fork
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # or the debugger that a kernel loads prints a warning
}


class ForkedKernel:
    """What a manager asks of a process: an order to the warm process, and its answers."""

    stdin = stdout = stderr = None

    def __init__(self, warm: subprocess.Popen[bytes], arguments: list[str], **order: Any) -> None:
        self.returncode: int | None = None
        self._warm = warm
        line = json.dumps({"arguments": arguments, **order}) + "\n"
        assert warm.stdin is not None and warm.stdout is not None
        warm.stdin.write(line.encode())
        self.pid = int(warm.stdout.readline())

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        if self.returncode is None and select.select([self._warm.stdout], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self) -> int:
        """Wait for its end; the exit code."""
        assert self._warm.stdout is not None
        if self.returncode is None:
            self.returncode = int(self._warm.stdout.readline() or 1)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


@contextlib.contextmanager
def warm_manager() -> Iterator[type[AsyncKernelManager]]:
    """A class of managers whose kernels come from one warm process, which ends with this scope."""
    folders = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, **SETTINGS, "PYTHONPATH": folders}
    command = [sys.executable, __file__]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, bufsize=0, stdin=pipe, stdout=pipe, env=environment) as warm:

        class Provisioner(LocalProvisioner):
            async def launch_kernel(self, cmd: list[str], **options: Any) -> Any:
                limits = resource.getrlimit(resource.RLIMIT_CPU)
                order = {"env": options["env"], "cwd": str(options["cwd"]), "limits": limits}
                self.process = ForkedKernel(warm, cmd[3:], **order)
                self.pid = self.pgid = self.process.pid
                return self.connection_info

        class Manager(AsyncKernelManager):
            def __init__(self, **options: Any) -> None:
                super().__init__(**options)
                self.provisioner = Provisioner(parent=self, kernel_spec=self.kernel_spec)

        yield Manager


# ---------------------------------------------------------------- in the warm process


def load() -> None:
    """Import what kernels and notebooks import, and let the library parse its data."""
    # A kernel ends with its parent, whose number it reads when it is imported.
    os.environ["JPY_PARENT_PID"] = str(os.getpid())
    import ipykernel.debugger
    import ipykernel.kernelapp
    import matplotlib.backends.backend_agg
    import matplotlib.pyplot
    import PIL.Image

    import cardlib

    # pandas chooses the width of its tables when it is imported: by whether there is a kernel.
    vars(builtins)["get_ipython"] = lambda: SimpleNamespace(kernel=None)
    import pandas

    del vars(builtins)["get_ipython"]
    print(cardlib.read(SAMPLE), cardlib.check(SAMPLE), file=io.StringIO())
    assert ipykernel.debugger and matplotlib.pyplot and pandas and PIL.Image
    gc.collect()
    gc.freeze()


def serve() -> None:
    """Fork a kernel for each order, one after the other; answer with its process and its exit code."""
    load()
    while line := sys.stdin.buffer.readline():
        pid = os.fork()
        if not pid:
            become_kernel(json.loads(line))
        _, status = os.waitpid(pid, 0)
        answer(os.waitstatus_to_exitcode(status))


def answer(number: int) -> None:
    os.write(1, f"{number}\n".encode())


def become_kernel(order: dict[str, Any]) -> None:
    """Run a kernel in this process as if it had been started with this environment, in this folder."""
    code = 1
    try:
        os.setsid()
        answer(os.getpid())
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(2, 1)
        os.environ.clear()
        os.environ.update(order["env"])
        os.chdir(order["cwd"])
        resource.setrlimit(resource.RLIMIT_CPU, order["limits"])
        sys.argv[1:] = order["arguments"]
        from ipykernel.kernelapp import launch_new_instance

        launch_new_instance()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    del sys.path[0]  # this folder, which kernels do not have
    serve()
