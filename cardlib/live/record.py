# SPDX-License-Identifier: MIT
"""Recording through PC/SC: every command and answer of a pyscard connection, written as it happens.

pyscard is loaded only here, when it is used. What is missing is said in one line.
"""

from __future__ import annotations

import contextlib
import datetime
import itertools
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
from .spoken import Spoken, spoken_command

INSTALL = (
    "pyscard is not installed. "
    "Debian: apt install libpcsclite-dev gcc python3-dev, then pip install pyscard. "
    "macOS and Windows: pip install pyscard. "
    "conda: conda install -c conda-forge pyscard"
)
START = "Debian: apt install pcscd; systemctl start pcscd"
SAFETY = (
    "A capture of a real card holds its number and perhaps its PIN: "
    "keep it private, mask it before you share it."
)
SHORT = "an answer of 0 or 1 bytes: no status word; or the card left"
# SELECT of the contactless and of the contact payment directory, and of the master file.
PROBE = (
    "00A404000E325041592E5359532E444446303100",
    "00A404000E315041592E5359532E444446303100",
    "00A4000C023F00",
)
# Characters of an error that pyscard raises.
MAX_FAULT = 300
# Seconds that closing a connection may take.
CLOSE_WITHIN = 0.5
# A new file that only its owner may read: it may hold a PIN.
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_OWNER_ONLY = 0o600
T = TypeVar("T")


def has_pyscard() -> bool:
    """Whether pyscard is here and can be loaded."""
    try:
        import smartcard.scard  # noqa: F401
    except ImportError:
        return False
    return True


class Recorder:
    """Writes what a pyscard connection does to *.card.jsonl.

    Each event is written at once, so that a killed process leaves a capture. A Recorder is a
    context manager around a connection, and the observer that pyscard calls. Times are monotonic
    nanoseconds.
    """

    def __init__(self, connection: Any, path: str | os.PathLike[str]) -> None:
        self.connection = connection
        self.path = Path(path)
        self.count = 0
        self.stopped = ""
        # pyscard says "connect" before it is connected, so the ATR waits for the first command.
        self.atr_due = True
        try:
            handle = os.open(self.path, _NEW_FILE, _OWNER_ONLY)
        except OSError as fault:
            raise CardlibError(f"{path}: {fault.strerror}; name another file") from None
        self.file = os.fdopen(handle, "w", encoding="utf-8", newline="")
        try:
            card_jsonl.begin(self.file)
            self._begin()
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Leave no file: nothing was recorded."""
        with contextlib.suppress(OSError):
            self.file.close()
        with contextlib.suppress(OSError):
            self.path.unlink()

    def _begin(self) -> None:
        """A session starts: its times count from here."""
        self.origin = time.perf_counter_ns()
        now = datetime.datetime.now(datetime.UTC)
        started = now.isoformat(timespec="microseconds")
        reader = str(self.connection.getReader())
        self._write(Session(0, None, "unknown", "host", started, meta=(("reader", reader),)))

    def __enter__(self) -> Recorder:
        self.connection.addObserver(self)
        return self

    def __exit__(self, kind: Any, fault: BaseException | None, trace: Any) -> None:
        self.connection.deleteObserver(self)
        with contextlib.suppress(CardlibError, OSError), self.file:
            if fault is not None:
                self.stopped = fault_line(fault, self.connection)
                self.event(self.stopped)

    def update(self, connection: Any, event: Any) -> None:
        """What pyscard calls for each event of the connection."""
        now = time.perf_counter_ns()
        if event.type == "command":
            self._atr()
            # A new session may have begun after `now`.
            sent = max(now, self.origin)
            self._frame("reader", "apdu", bytes(event.args[0]), sent)
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
            self.event(fault_line(fault))
        else:
            self._frame("card", "atr", atr, self.origin)

    def event(self, note: str) -> None:
        """Note something that is neither command nor answer: a card removed, a reader gone."""
        now = time.perf_counter_ns()
        self._frame("none", "event", b"", now, note)

    def _frame(
        self,
        sender: Sender,
        kind: FrameKind,
        data: bytes,
        now: int,
        note: str = "",
    ) -> None:
        time_ns = now - self.origin
        self._write(Frame(self.count, time_ns, sender, kind, data, 0, 0, 0, note))
        self.count += 1

    def _write(self, item: Frame | Session) -> None:
        try:
            card_jsonl.write_item(self.file, item)
            self.file.flush()
        except OSError as fault:
            reason = f"{fault.strerror}; what was recorded before is kept"
            raise CardlibError(f"{self.path}: {reason}") from None


def fault_line(fault: BaseException, connection: Any = None) -> str:
    """What went wrong, in one short line.

    With a connection, the line also says whether its reader or the daemon is gone.
    """
    if isinstance(fault, KeyboardInterrupt):
        return "interrupted"
    words = f"{type(fault).__name__}: {fault}".split()
    text = " ".join(words)[:MAX_FAULT]
    if connection is None:
        return text
    reader = str(connection.getReader())
    try:
        present = [str(name) for name in _readers()]
    except CardlibError:
        return f"{text}; the daemon is gone"
    if reader not in present:
        return f"{text}; the reader is gone"
    return text


def record(connection: Any, path: str | os.PathLike[str] = "capture.card.jsonl") -> Recorder:
    """Record a pyscard connection: `with cardlib.record(connection, "x.card.jsonl"): ...`.

    A file that exists is never overwritten: that is a CardlibError.
    """
    return Recorder(connection, path)


def _readers() -> list[Any]:
    if not has_pyscard():
        raise CardlibError(INSTALL)
    from smartcard.System import readers

    try:
        return readers()  # type: ignore[no-any-return]
    except Exception as fault:
        reason = fault_line(fault)
        raise CardlibError(f"no PC/SC daemon answers; start it ({START}): {reason}") from None


def _reader(name: str) -> Any:
    """The first reader whose name contains this text."""
    present = _readers()
    for reader in present:
        if name.lower() in str(reader).lower():
            return reader
    names = ", ".join(str(reader) for reader in present) or "none"
    raise CardlibError(f"no reader {name!r}; readers here: {names}")


@contextlib.contextmanager
def opened(name: str = "", **options: Any) -> Iterator[Any]:
    """A pyscard connection to the card in a reader, closed at the end.

    The reader is the first whose name contains `name`; `options` go to pyscard's `connect`. Raises
    CardlibError: no pyscard, no daemon, no such reader, no card.
    """
    reader = _reader(name)
    connection = reader.createConnection()
    try:
        try:
            connection.connect(**options)
        except Exception as fault:
            reason = fault_line(fault)
            raise CardlibError(
                f"no card in {reader}: {reason}; put a card into the reader"
            ) from None
        yield connection
    finally:
        with contextlib.suppress(TimeoutError):
            _in_thread(partial(_close, connection), CLOSE_WITHIN)


def record_commands(
    reader: str,
    commands: Iterable[bytes],
    path: str | os.PathLike[str],
    say: Callable[[str], None],
) -> bool:
    """Send commands, record them and say each answer.

    True once all are sent; else False, and what stopped it is recorded and said.
    """
    remaining = iter(commands)
    # A first command that is none ends it before there is a file.
    first = list(itertools.islice(remaining, 1))
    with opened(reader) as connection:
        recorder = record(connection, path)
        spoken = Spoken(_atr_of(connection))
        try:
            with recorder:
                for command in itertools.chain(first, remaining):
                    answer = _in_thread(partial(_transmit, connection, recorder, command))
                    if answer:
                        say(spoken.line(command, answer))
                    else:
                        say(f"{spoken_command(command, spoken.now, None)} -> {SHORT}")
        except CardlibError:
            raise
        except (Exception, KeyboardInterrupt):  # card removed, reader or daemon gone
            say(f"stopped: {recorder.stopped}; the capture up to here is kept")
    say(f"{recorder.count} frames in {recorder.path.resolve()}. {SAFETY}")
    return not recorder.stopped


def _atr_of(connection: Any) -> bytes | None:
    """The ATR of a connected card; None where the connection cannot say it."""
    try:
        return bytes(connection.getATR())
    except Exception:
        return None


def _transmit(connection: Any, recorder: Recorder, command: bytes) -> bytes:
    """The answer; an answer without a status word is an event, and empty here."""
    try:
        data, sw1, sw2 = connection.transmit(list(command))
        return bytes([*data, sw1, sw2])
    except Exception as fault:
        # No status word: an IndexError of old pyscard, an error without a code of newer pyscard.
        no_status = isinstance(fault, IndexError) or getattr(fault, "hresult", None) == 0
        if not no_status:
            raise
    recorder.event(SHORT)
    return b""


def _in_thread(work: Callable[[], T], seconds: float | None = None) -> T:
    """What `work` returns, done in a thread; TimeoutError if it takes longer than `seconds`.

    PC/SC waits for a silent card in C code, and Ctrl-C would wait with it.
    """
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
    # With a context, __del__ of the connection would try again and print a traceback.
    inner = getattr(connection, "component", connection)
    inner.hcontext = None


def doctor() -> list[str]:
    """What is there and what is missing for live cards, and what to do next, in one screen."""
    version = sys.version.split()[0]
    pyscard = "installed" if has_pyscard() else "missing"
    virtual = stack.missing() or "a virtual reader can be started"
    rows = [
        f"cardlib   {Path(__file__).parent.parent}",
        f"python    {version} on {sys.platform}",
        f"pyscard   {pyscard}",
        f"daemon    {_daemon_state()}",
        f"virtual   {virtual}",
    ]
    try:
        with opened() as connection:
            reader = str(connection.getReader())
            atr = to_hex(bytes(connection.getATR()))
    except Exception as fault:  # also what pyscard raises when the card leaves right now
        return [*rows, f"next      {fault}"]
    return [
        *rows,
        f"reader    {reader}",
        f"card      ATR {atr}",
        "next      cardlib record -o my.card.jsonl",
    ]


def _daemon_state() -> str:
    if sys.platform != "linux":
        return "part of the system"
    if stack.running():
        return "running"
    return "not running"
