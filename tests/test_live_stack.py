# SPDX-License-Identifier: MIT
"""Daemon and virtual reader: started, ended, not fought with; and helpers for other tests with a live card."""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cardlib.core.errors import CardlibError
from cardlib.live import link
from cardlib.live import stack as module
from cardlib.live.link import Card, Removed
from cardlib.live.record import opened
from cardlib.live.stack import Stack

NO_STACK = "no PC/SC stack (apt install pcscd vsmartcard-vpcd libpcsclite-dev)"
PRESENT = (
    module.DAEMON.exists()
    and module.DRIVER.exists()
    and importlib.util.find_spec("smartcard") is not None
    and os.access("/run", os.W_OK)
)
ATR = bytes.fromhex("3B80800101")


def pcsc(test: Any) -> Any:
    """A test that needs daemon, virtual reader and pyscard; one at a time on a machine."""
    skip = pytest.mark.skipif(not PRESENT, reason=NO_STACK)
    return pytest.mark.xdist_group("pcsc")(skip(test))


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Nobody else's stack at the same time; a daemon that stays is not ours."""
    with (Path(tempfile.gettempdir()) / "cardlib-pcsc.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        end = time.monotonic() + 120
        while module.running():
            if time.monotonic() > end:
                pytest.skip(NO_STACK)
            time.sleep(0.2)
        yield


class InThread:
    """A card served by a thread of this process."""

    def __init__(self, card: Card, port: int) -> None:
        self.card, self.port = card, port
        self.said: list[str] = []

    def __enter__(self) -> InThread:
        self.link = link.connect(self.port)
        self.thread = threading.Thread(
            target=link.serve, args=(self.card, self.link, self.said.append), daemon=True
        )
        self.thread.start()
        return self

    def pull(self) -> None:
        """Take the card out; the daemon looks about twice a second: leave it out for one before the next goes in."""
        with contextlib.suppress(OSError):
            self.link.shutdown(socket.SHUT_RDWR)

    def __exit__(self, *_: object) -> None:
        self.pull()
        self.thread.join(5)


@contextlib.contextmanager
def live_card(card: Card) -> Iterator[tuple[Stack, InThread]]:
    """A stack with a card in its reader."""
    with alone(), Stack() as own, InThread(card, own.port) as thread:
        own.wait_for_card()
        yield own, thread


class Echo:
    """A card that answers with the command itself; INS tells what else may happen."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.silent = threading.Event()
        self.wait: float = 0

    def power_on(self) -> bytes:
        return ATR

    def answer(self, command: bytes) -> bytes:
        self.asked.append(command)
        ins = command[1]
        if ins == 0xDD:
            raise Removed
        if ins in (0xE0, 0xE1):
            return b"\x90" * (ins - 0xE0)
        if ins == 0xDA:
            self.silent.wait(self.wait or None)
        return command + (b"\x61\x10" if ins in (0x61, 0xC0) else b"\x90\x00")


def left() -> list[str]:
    """Command lines of processes that this one started and that have to do with a stack."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            line = (
                (status.parent / "cmdline")
                .read_bytes()
                .replace(b"\0", b" ")
                .decode(errors="replace")
            )
            if parent == os.getpid() and ("pcscd" in line or "replay" in line or "cardlib" in line):
                found.append(line)
    return found


@pcsc
def test_a_stack_starts_serves_and_leaves_no_process_and_no_file() -> None:
    with live_card(Echo()) as (own, _), opened() as connection:
        folder = own.folder
        assert connection.transmit([0, 1, 2, 3]) == ([0, 1, 2, 3], 0x90, 0)
        assert bytes(connection.getATR()) == ATR and len(left()) == 1
        assert "APDU: 00 01 02 03" in own.text()
    assert left() == [] and not folder.exists()


@pcsc
def test_a_card_process_belongs_to_the_stack() -> None:
    trace = str(Path(__file__).parent.parent / "traces/no_oda.card.jsonl")
    run = [
        sys.executable,
        "-c",
        "import sys; from cardlib.cli.main import main; sys.exit(main())",
        "replay",
        trace,
    ]
    with alone(), Stack(run), opened() as connection:
        assert connection.transmit([0, 0xB0, 0, 0, 0])[1:] == (0x6D, 0)
        assert len(left()) == 2
    assert left() == []


@pcsc
def test_a_card_that_does_not_come_is_said_and_nothing_is_left() -> None:
    with (
        alone(),
        pytest.raises(CardlibError, match="no card in the reader"),
        Stack([sys.executable, "-c", "0"]),
    ):
        raise AssertionError
    assert left() == []


@pcsc
def test_a_second_daemon_is_said_and_the_first_goes_on() -> None:
    with live_card(Echo()), opened() as connection:
        with pytest.raises(CardlibError, match="already running"), Stack():
            raise AssertionError
        assert connection.transmit([0, 1, 2, 3])[1:] == (0x90, 0)


@pcsc
def test_a_socket_that_a_dead_daemon_left_does_not_count() -> None:
    with alone():
        with Stack() as own:
            own.stop_daemon(hard=True)
            assert not module.running()
        with live_card_again(Echo()), opened() as connection:
            assert connection.transmit([0, 1, 2, 3])[1:] == (0x90, 0)


@contextlib.contextmanager
def live_card_again(card: Card) -> Iterator[None]:
    """A stack where the lock is held already."""
    with Stack() as own, InThread(card, own.port):
        own.wait_for_card()
        yield


@pcsc
def test_a_card_is_seen_again_after_it_was_out() -> None:
    with live_card(Echo()) as (own, thread):
        with opened() as connection, pytest.raises(Exception, match="no valid response"):
            connection.transmit([0, 0xDD, 0, 0])  # pulled in the middle of a command
        thread.__exit__()
        time.sleep(1.2)  # the daemon has to see that it is out
        for _ in range(2):
            with InThread(Echo(), own.port):
                assert patiently(lambda c: c.transmit([0, 1, 2, 3])[1:]) == (0x90, 0)


def patiently(use: Callable[[Any], Any], limit: float = 60.0) -> Any:
    """What `use` returns as soon as a card is there: the daemon looks every 0.4 s."""
    end = time.monotonic() + limit
    while True:
        try:
            with opened() as connection:
                return use(connection)
        except Exception:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DAEMON", Path("/no/daemon"))
    assert "apt install pcscd vsmartcard-vpcd" in module.missing()
    with pytest.raises(CardlibError, match="apt install"), Stack():
        raise AssertionError
    monkeypatch.setattr(sys, "platform", "darwin")
    assert module.missing() == "the virtual reader exists on Linux only"


def test_a_user_without_rights_is_told_of_the_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DAEMON", Path("/"))
    monkeypatch.setattr(module, "DRIVER", Path("/"))
    monkeypatch.setattr(module, "SOCKET", Path("/no/socket"))
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "unshare -Urm" in module.missing()
    monkeypatch.setattr(os, "access", lambda *_: True)
    assert module.missing() == ""


def test_two_free_ports_next_to_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    assert module.free_port() % 2 == 0
    monkeypatch.setattr(module, "HOST", "192.0.2.1")
    with pytest.raises(CardlibError, match="free ports"):
        module.free_port()
