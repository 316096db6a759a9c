# SPDX-License-Identifier: MIT
"""A PC/SC daemon of one's own with a virtual reader, started and ended by process id.

It runs as root, and as a normal user where user namespaces are allowed. It needs Debian's pcscd and
vsmartcard-vpcd.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ..core.errors import CardlibError
from .link import HOST

DAEMON = Path("/usr/sbin/pcscd")
DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
SOCKET = Path("/run/pcscd/pcscd.comm")
INSTALL = "apt install pcscd vsmartcard-vpcd"
_NAMESPACE = "unshare -Urm sh -c 'mount -t tmpfs tmpfs /run && exec sh'"
_STOP = "systemctl stop pcscd.socket pcscd"
_READER = """\
FRIENDLYNAME "Virtual PCD"
DEVICENAME /dev/null:0x{port:X}
LIBPATH {driver}
CHANNELID 0x{port:X}
"""
# Seconds after which the daemon or its card counts as hanging, and after which a process is killed.
# A busy machine is slow, and that is no fault.
_READY_WITHIN = 120
_END_WITHIN = 20


def missing() -> str:
    """What has to be done before a stack can start, in one line; empty if nothing."""
    if sys.platform != "linux":
        return "the virtual reader exists on Linux only"
    if not DAEMON.exists() or not DRIVER.exists():
        return f"for the virtual reader: {INSTALL}"
    if running():
        return f"a PC/SC daemon is already running: use it, or end it first ({_STOP})"
    if not os.access("/run", os.W_OK):
        return f"the daemon needs root, or a namespace: {_NAMESPACE}"
    return ""


def running() -> bool:
    """Whether a daemon listens here; the socket that a dead daemon left behind does not count."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(SOCKET)) == 0


def free_port() -> int:
    """A port such that it and the next are free: the driver opens two slots."""
    for port in range(36000, 39000, 2):
        with contextlib.suppress(OSError), socket.socket() as first, socket.socket() as second:
            first.bind((HOST, port))
            second.bind((HOST, port + 1))
            return port
    raise CardlibError("no two free ports next to each other between 36000 and 39000")


class Stack:
    """Daemon and virtual reader, and a card process if there is a command line for it.

    `card` is that command line; it gets `--port N` at its end. `log` is the daemon's log: each
    command and answer, with microseconds.
    """

    def __init__(self, card: Sequence[str] = ()) -> None:
        self.command = list(card)
        self.processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Stack:
        obstacle = missing()
        if obstacle:
            raise CardlibError(obstacle)
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="cardlib-pcsc-"))
        self.log = self.folder / "pcscd.log"
        try:
            self._start_daemon()
            if self.command:
                self._start([*self.command, "--port", str(self.port)], self.folder / "card.log")
                self.wait_for_card()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start_daemon(self) -> None:
        config = self.folder / "reader.conf"
        config.write_text(_READER.format(port=self.port, driver=DRIVER), encoding="utf-8")
        options = ["--foreground", "--apdu", "--debug", "--config", str(config)]
        self._start([str(DAEMON), *options], self.log)
        self._wait(running, "the daemon did not open its socket")

    def wait_for_card(self) -> None:
        """Wait until the daemon has seen a card; it looks about once a second."""
        self._wait(self._has_card, "no card in the reader")

    def _has_card(self) -> bool:
        text = self.text()
        return "Card ATR: " in text or "powerState" in text

    def text(self) -> str:
        """What the daemon has logged so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def _start(self, command: list[str], log: Path) -> None:
        with log.open("wb") as file:
            process = subprocess.Popen(  # noqa: S603 - the caller's own command
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)

    def _wait(self, ready: Callable[[], bool], why: str) -> None:
        end = time.monotonic() + _READY_WITHIN
        while not ready():
            dead = any(process.poll() is not None for process in self.processes)
            if dead or time.monotonic() > end:
                last_lines = self.text()[-200:]
                raise CardlibError(f"{why}; the log ends: {last_lines!r}")
            time.sleep(0.02)

    def stop_daemon(self, hard: bool = False) -> None:
        """End the daemon alone, as an accident would."""
        _end(self.processes[0], hard)

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.processes):
            _end(process)
        shutil.rmtree(self.folder, ignore_errors=True)


def _end(process: subprocess.Popen[bytes], hard: bool = False) -> None:
    """End a process: ask it first, unless `hard`, and kill it if it stays."""
    if not hard:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_END_WITHIN)
    process.kill()
    process.wait(_END_WITHIN)
