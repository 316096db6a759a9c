# SPDX-License-Identifier: MIT
"""A reader that is unplugged while the daemon lives, and answers of no byte at all, on a USB bus of our own."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_live_record import OK, events, wire
from test_live_stack import NO_STACK, PRESENT, Echo, InThread, alone, left, pcsc

import cardlib
from cardlib.live import record as live
from cardlib.live import stack
from cardlib.live.link import Removed

SOURCE = Path(__file__).with_name("usb_bus.c")
HEADERS, USB_READERS = Path("/usr/include/PCSC"), Path("/usr/lib/pcsc/drivers/ifd-ccid.bundle")
READER = "ACS ACR 38U-CCID 00 00"  # the name that the daemon gives to 072F:90CC


class Bus:
    """A daemon that looks for readers on a bus of ours, and what is plugged into it."""

    def __init__(self, folder: Path) -> None:
        self.fifo, self.driver, self.port = folder / "bus", folder / "usb_bus.so", stack.free_port()
        (folder / "libifdvpcd.so.0").symlink_to(stack.DRIVER)
        os.mkfifo(self.fifo)
        made = ["gcc", "-shared", "-fPIC", f"-I{HEADERS}", SOURCE, "-o", self.driver]
        subprocess.run([*made, folder / "libifdvpcd.so.0", f"-Wl,-rpath,{folder}"], check=True)

    @contextlib.contextmanager
    def daemon(self) -> Iterator[stack.Stack]:
        """A daemon without a reader."""
        names = {"LD_PRELOAD": self.driver, "BUS": self.fifo, "BUS_PORT": self.port}
        with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as until:
            patch.setattr(stack, "_READER", "")
            for name, value in names.items():
                patch.setenv(name, str(value))
            own = until.enter_context(stack.Stack())
            patch.undo()
            yield own
            assert own.processes[0].poll() is None, "the daemon did not live"

    def tell(self, action: bytes, there: bool) -> None:
        """Plug in or out, and wait until the daemon says so."""
        self.fifo.write_bytes(action)
        while (READER in map(str, live._readers())) != there:
            time.sleep(0.02)  # the watchdog ends a wait without end

    @contextlib.contextmanager
    def reader(self, card: Echo) -> Iterator[None]:
        """A reader with a card, plugged in and, if it still is, out."""
        self.tell(b"a", there=True)
        with InThread(card, self.port):
            while True:
                with contextlib.suppress(live.CardlibError), live.opened(READER):
                    break
                time.sleep(0.05)
            yield
        self.tell(b"r", there=False)


class Unplugging(Echo):
    """A card whose reader is pulled out of the bus in the middle of the command with INS DF."""

    def __init__(self, bus: Bus) -> None:
        super().__init__()
        self.bus = bus

    def answer(self, command: bytes) -> bytes:
        if command[1] == 0xDF:
            self.bus.fifo.write_bytes(b"r")
            raise Removed
        return super().answer(command)


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Bus:
    if not (PRESENT and shutil.which("gcc") and HEADERS.exists() and USB_READERS.exists()):
        pytest.skip(NO_STACK)
    return Bus(tmp_path_factory.mktemp("bus"))


@pcsc
@pytest.mark.parametrize("times", [3, pytest.param(21, marks=pytest.mark.long)])
def test_reader_unplugged_while_the_daemon_lives(bus: Bus, tmp_path: Path, times: int) -> None:
    with alone(), bus.daemon() as own:
        for n in range(times):
            card, said, path = Unplugging(bus), list[str](), tmp_path / f"{n}.card.jsonl"

            def commands(count: int = n) -> Iterator[bytes]:
                """Pulled out between two commands, in the middle of one, or at any moment of many."""
                yield from [OK] * (count + 1)
                if count % 3 == 1:
                    yield bytes.fromhex("00DF0000")
                if count % 3 == 2:
                    bus.fifo.write_bytes(b"r")
                    yield from [OK] * 20_000
                bus.tell(b"r", there=False)
                yield OK

            with bus.reader(card):
                assert not live.record_commands(READER, commands(), path, said.append)
            capture = cardlib.read(path)
            assert (
                n < len(wire(capture)) <= len(card.asked) <= len(wire(capture)) + 1
                and capture.problems == ()
            )
            gone = "Reader is unavailable" if n % 3 == 2 else "the reader is gone"
            assert (
                gone in events(capture)[-1]
                and gone in said[-2]
                and "; the capture up to here is kept" in said[-2]
            )
        assert own.text().count("USB Device removed") >= times
    assert left() == []


@pcsc
def test_answers_of_no_byte_and_of_one(bus: Bus, tmp_path: Path) -> None:
    card, said, path = Echo(), list[str](), tmp_path / "x.card.jsonl"
    commands = [
        command for _ in range(20) for command in (OK, b"\0\xe0\0\0", OK, b"\0\xe1\0\0", OK)
    ]
    with alone(), bus.daemon() as own, bus.reader(card):
        went = live.record_commands(READER, commands, path, said.append)
        log = own.text()
    assert (
        log.count("SW: \n") == 20 and log.count("SW: 90 \n") == 20
    )  # what the driver gave to the daemon
    capture = cardlib.read(path)
    assert went and len(wire(capture)) == 60 and events(capture) == [live.SHORT] * 40
