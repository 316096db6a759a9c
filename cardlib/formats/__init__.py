# SPDX-License-Identifier: MIT
"""Capture formats: a file is one, or a table of rules in logs.py or wires.py. The surest one reads."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from ..core.codec import to_hex
from ..core.errors import CaptureError
from ..core.model import Clock, Coverage, Frame, Problem, Session
from . import card_jsonl, ccid, gsmtap, hexpairs, iso14443, nfclab, nfcsnoop, proxmark3, scsniff
from .logs import LOGS
from .style import HEAD
from .unpack import unpacked
from .wires import WIRES


class Format(Protocol):
    """What a module of this folder offers."""

    NAME: str
    CLOCK: Clock
    PROVEN: bool  # a file that the real program wrote was read

    @staticmethod
    def recognises(head: bytes) -> float:
        """How sure it is, 0 to 1, from the first 64 KiB; never raises."""

    @staticmethod
    def frames(file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
        """What is in the file, in order; never raises; each byte of it goes into `coverage` once."""


FORMATS: tuple[Format, ...] = cast(
    tuple[Format, ...],
    (card_jsonl, gsmtap, ccid, iso14443, nfclab, nfcsnoop, proxmark3, *LOGS, *WIRES, scsniff, hexpairs),
)


def recognise(head: bytes) -> tuple[Format | None, list[tuple[str, float]]]:
    """The format that is surest of this beginning of a file (None: nobody is), and what each of them said."""
    scores = [(one.recognises(head), one) for one in FORMATS]
    best, chosen = max(scores, key=lambda pair: pair[0])
    return (chosen if best > 0 else None), [(one.NAME, score) for score, one in scores]


def by_name(name: str) -> Format | None:
    """The format of that name."""
    return next((one for one in FORMATS if name == one.NAME), None)


def title(one: Format) -> str:
    """Its name, and that nobody has tried it on a real file if so."""
    return one.NAME if one.PROVEN else f"{one.NAME} (unproven)"


def open_capture(path: str | os.PathLike[str]) -> BinaryIO:
    """A regular file, unpacked, opened without waiting for anybody (a FIFO would); CaptureError says why not."""
    try:
        handle = os.open(Path(path), os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as fault:
        raise CaptureError(f"cannot be opened: {getattr(fault, 'strerror', None) or fault}", str(path)) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise CaptureError("is not a file", str(path))
    return unpack(os.fdopen(handle, "rb"))


def unpack(file: BinaryIO) -> BinaryIO:
    """The file itself, or the capture that is packed in it."""
    return unpacked(file, lambda head: recognise(head)[0] is not None)


def choose(file: BinaryIO, path: str, name: str | None) -> Format:
    """The format by name or by content; CaptureError says what was tried and what was seen."""
    chosen = by_name(name) if name else recognise(_head(file))[0]
    if chosen:
        return chosen
    if name:
        raise CaptureError(f"no format is called {name!r}; there are {', '.join(one.NAME for one in FORMATS)}", path)
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    seen = f"it begins {to_hex(file.read(4))} and has {size} bytes" if size else "it is empty"
    raise CaptureError(
        f"no capture format that is known ({len(FORMATS)} were tried, see docs/formats.md); {seen}", path
    )


def _head(file: BinaryIO) -> bytes:
    head = file.read(HEAD)
    file.seek(0)
    return head
