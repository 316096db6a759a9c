# SPDX-License-Identifier: MIT
"""Recording through PC/SC: every command and answer of a pyscard connection, written as it happens.

pyscard is asked for only here, when it is used; what it lacks is said in one line.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from ..core.codec import to_hex
from ..core.errors import CardlibError
from ..core.model import Frame, FrameKind, Sender, Session
from ..formats import card_jsonl
from . import stack

INSTALL = (
    "pyscard is not installed. Debian: apt install libpcsclite-dev gcc python3-dev, then pip install pyscard. "
    "macOS and Windows: pip install pyscard. conda: conda install -c conda-forge pyscard"
)
START = "Debian: apt install pcscd; systemctl start pcscd"
SAFETY = "A capture of a real card holds its number and perhaps its PIN: keep it private, mask it before you share it."
SHORT = "an answer of 0 or 1 bytes: no status word; or the card left"
PROBE = (
    "00A404000E325041592E5359532E444446303100",
    "00A404000E315041592E5359532E444446303100",
    "00A4000C023F00",
)
T = TypeVar("T")


def has_pyscard() -> bool:
    """Whether pyscard is here and can be loaded."""
    try:
        import smartcard.scard  # noqa: F401
    except ImportError:
        return False
    return True


class Recorder:
    """Writes what a pyscard connection does to *.card.jsonl, each event at once: a killed process leaves a capture.

    A context manager around a connection; also the observer that pyscard calls. Times are monotonic nanoseconds.
    """

    def __init__(self, connection: Any, path: str | os.PathLike[str]) -> None:
        self.connection, self.path = connection, Path(path)
        self.count, self.atr_due, self.stopped = (
            0,
            True,
            "",
        )  # pyscard says "connect" before it is connected
        try:
            handle = os.open(
                self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600
            )  # it may hold a PIN
        except OSError as fault:
            raise CardlibError(f"{path}: {fault.strerror}; name another file") from None
        self.file = os.fdopen(handle, "w", encoding="utf-8", newline="")
        card_jsonl.begin(self.file)
        self._begin()

    def _begin(self) -> None:
        """A session starts: its times count from here."""
        self.origin = time.perf_counter_ns()
        started = datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")
        meta = (("reader", str(self.connection.getReader())),)
        self._write(Session(0, None, "unknown", "host", started, meta=meta))

    def __enter__(self) -> Recorder:
        self.connection.addObserver(self)
        return self

    def __exit__(self, kind: Any, fault: BaseException | None, trace: Any) -> None:
        self.connection.deleteObserver(self)
        with contextlib.suppress(CardlibError, OSError), self.file:
            if fault is not None:
                self.stopped = told(fault, self.connection)
                self.event(self.stopped)

    def update(self, connection: Any, event: Any) -> None:
        """What pyscard calls for each event of the connection."""
        now = time.perf_counter_ns()
        if event.type == "command":
            self._atr()
            self._frame("reader", "apdu", bytes(event.args[0]), max(now, self.origin))
        elif event.type == "response":
            data, *status = event.args
            self._frame("card", "apdu", bytes([*data, *status]), now)
        elif event.type in ("connect", "reconnect"):
            self.atr_due = True
        else:
            self.event(event.type)

    def _atr(self) -> None:
        """Write the ATR once for each connection, before its first command."""
        if not self.atr_due:
            return
        self.atr_due = False
        if self.count:
            self._begin()
        try:
            atr = bytes(self.connection.getATR())
        except Exception as fault:  # the card left between two calls
            self.event(told(fault))
        else:
            self._frame("card", "atr", atr, self.origin)

    def event(self, note: str) -> None:
        """Note something that is neither command nor answer: a card removed, a reader gone."""
        self._frame("none", "event", b"", time.perf_counter_ns(), note)

    def _frame(
        self, sender: Sender, kind: FrameKind, data: bytes, now: int, note: str = ""
    ) -> None:
        self._write(Frame(self.count, now - self.origin, sender, kind, data, 0, 0, 0, note))
        self.count += 1

    def _write(self, item: Frame | Session) -> None:
        try:
            card_jsonl.write_item(self.file, item)
            self.file.flush()
        except OSError as fault:
            raise CardlibError(
                f"{self.path}: {fault.strerror}; what was recorded before is kept"
            ) from None


def told(fault: BaseException, connection: Any = None) -> str:
    """What went wrong, in one short line; with a connection, also whether its reader or the daemon is gone."""
    if isinstance(fault, KeyboardInterrupt):
        return "interrupted"
    text = " ".join(f"{type(fault).__name__}: {fault}".split())[:300]
    try:
        gone = connection is not None and str(connection.getReader()) not in map(str, _readers())
    except CardlibError:
        return f"{text}; the daemon is gone"
    return f"{text}; the reader is gone" if gone else text


def record(connection: Any, path: str | os.PathLike[str] = "capture.card.jsonl") -> Recorder:
    """Record a pyscard connection: `with cardlib.record(connection, "x.card.jsonl"): ...`; never overwrites."""
    return Recorder(connection, path)


def _readers() -> list[Any]:
    if not has_pyscard():
        raise CardlibError(INSTALL)
    from smartcard.System import readers

    try:
        return readers()  # type: ignore[no-any-return]
    except Exception as fault:
        raise CardlibError(f"no PC/SC daemon answers; start it ({START}): {told(fault)}") from None


@contextlib.contextmanager
def opened(wanted: str = "", **options: Any) -> Iterator[Any]:
    """A pyscard connection to the card in the first reader whose name contains `wanted`, closed at the end.

    `options` go to pyscard's `connect`. Raises CardlibError: no pyscard, no daemon, no such reader, no card.
    """
    found = _readers()
    reader = next((one for one in found if wanted.lower() in str(one).lower()), None)
    if reader is None:
        raise CardlibError(
            f"no reader {wanted!r}; readers here: {', '.join(map(str, found)) or 'none'}"
        )
    connection = reader.createConnection()
    try:
        try:
            connection.connect(**options)
        except Exception as fault:
            raise CardlibError(
                f"no card in {reader}: {told(fault)}; put a card into the reader"
            ) from None
        yield connection
    finally:
        with contextlib.suppress(TimeoutError):
            _aside(partial(_close, connection), 0.5)


def record_commands(
    wanted: str, commands: Iterable[bytes], path: str | os.PathLike[str], say: Callable[[str], None]
) -> bool:
    """Send commands, record, say each answer; True at the end, else what stopped it is recorded and said."""
    with opened(wanted) as connection:
        recorder = record(connection, path)
        try:
            with recorder:
                for command in commands:
                    say(
                        f"{to_hex(command)} -> {_aside(partial(_transmit, connection, recorder, command))}"
                    )
        except CardlibError:
            raise
        except (Exception, KeyboardInterrupt):  # card removed, reader or daemon gone
            say(f"stopped: {recorder.stopped}; the capture up to here is kept")
    say(f"{recorder.count} frames in {recorder.path.resolve()}. {SAFETY}")
    return not recorder.stopped


def _transmit(connection: Any, recorder: Recorder, command: bytes) -> str:
    """The answer in hex; one without a status word is an event, whichever way this pyscard tells it."""
    try:
        data, sw1, sw2 = connection.transmit(list(command))
        return f"{to_hex(bytes(data))} {sw1:02X}{sw2:02X}".strip()
    except Exception as fault:
        if not isinstance(fault, IndexError) and getattr(fault, "hresult", None) != 0:
            raise
    recorder.event(SHORT)
    return SHORT


def _aside(work: Callable[[], T], seconds: float | None = None) -> T:
    """What `work` returns, done in a thread: PC/SC waits for a silent card in C, and Ctrl-C would wait with it."""
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as fault:
            done.set_exception(fault)

    threading.Thread(target=run, daemon=True).start()
    return done.result(seconds)


def _close(connection: Any) -> None:
    for step in (connection.disconnect, connection.release):
        with contextlib.suppress(Exception):
            step()
    getattr(
        connection, "component", connection
    ).hcontext = None  # else its __del__ tries again and prints a traceback


def doctor() -> list[str]:
    """What is there and what is missing for live cards, and what to do next, in one screen."""
    daemon = (
        "part of the system"
        if sys.platform != "linux"
        else "running"
        if stack.running()
        else "not running"
    )
    rows = [
        f"cardlib   {Path(__file__).parent}",
        f"python    {sys.version.split()[0]} on {sys.platform}",
        f"pyscard   {'installed' if has_pyscard() else 'missing'}",
        f"daemon    {daemon}",
        f"virtual   {stack.missing() or 'a virtual reader can be started'}",
    ]
    try:
        with opened() as connection:
            seen = (
                f"reader    {connection.getReader()}",
                f"card      ATR {to_hex(bytes(connection.getATR()))}",
            )
            return [*rows, *seen, "next      cardlib record -o my.card.jsonl"]
    except Exception as fault:  # also what pyscard raises when the card leaves right now
        return [*rows, f"next      {fault}"]
