# SPDX-License-Identifier: MIT
"""Capture formats: each is a module, or a table of rules that TextFormat reads. The surest reads."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from ..core.errors import CaptureError
from ..core.model import Clock, Coverage, Frame, Problem, Session
from . import (
    card_jsonl,
    ccid,
    gsmtap,
    iso14443,
    nfclab,
    nfcsnoop,
    pcsc_scan,
    proxmark3,
)
from .logs import LOGS
from .logs_fido import FIDO
from .logs_java import JAVA
from .logs_nfc import NFC
from .logs_readers import READERS
from .logs_telecom import TELECOM
from .modem_messages import QMI_AND_MBIM
from .otherwise import what_else
from .refusal import refusal
from .scsniff import SCSNIFF
from .style import HEAD
from .text.hints import NO_HINTS, Hints
from .text.reader import TextLog
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
        """What is in the file, in order; never raises. `coverage` gets each of its bytes once."""


TEXT_LOG: Format = cast(Format, TextLog())
FORMATS: tuple[Format, ...] = cast(
    tuple[Format, ...],
    (
        card_jsonl,
        gsmtap,
        ccid,
        iso14443,
        nfclab,
        nfcsnoop,
        proxmark3,
        *LOGS,
        *TELECOM,
        *FIDO,
        *JAVA,
        QMI_AND_MBIM,
        *READERS,
        *WIRES,
        *NFC,
        SCSNIFF,
        pcsc_scan,
        TEXT_LOG,
    ),
)


# Their units are packets, records or objects.
_WITHOUT_LINES = cast(
    tuple[Format, ...],
    (ccid, gsmtap, iso14443, nfclab, nfcsnoop, proxmark3),
)

_DOUBTFUL = 0.3  # a dialogue of which so little is sound may be something else
# What reads a log of which the caller says which lines go to the card, and which come from it.
BY_HINTS = TEXT_LOG


def recognise(head: bytes) -> tuple[Format | None, list[tuple[str, float]]]:
    """The format that is surest of this beginning of a file, if any, and how sure each is."""
    scores: list[tuple[str, float]] = []
    surest: Format | None = None
    best_score = 0.0
    for candidate in FORMATS:
        if isinstance(candidate, TextLog) and best_score >= candidate.MOST:
            scores.append((candidate.NAME, 0.0))
            continue
        score = candidate.recognises(head)
        scores.append((candidate.NAME, score))
        if score > best_score:
            surest = candidate
            best_score = score
    return surest, scores


def by_name(name: str) -> Format | None:
    """The format of that name."""
    for candidate in FORMATS:
        if name == candidate.NAME:
            return candidate
    return None


def counts_lines(capture_format: Format) -> bool:
    """Whether the units of a format are the lines of a text."""
    return capture_format not in _WITHOUT_LINES


def title(capture_format: Format) -> str:
    """Its name, and that nobody has tried it on a real file if so."""
    if capture_format.PROVEN:
        return capture_format.NAME
    return f"{capture_format.NAME} (unproven)"


def open_capture(path: str | os.PathLike[str]) -> BinaryIO:
    """A regular file, unpacked, opened without waiting for anybody (a FIFO would).

    CaptureError says why not.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(Path(path), flags)
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise CaptureError(f"cannot be opened: {reason}", str(path)) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise CaptureError("is not a file", str(path))
    return unpack(os.fdopen(handle, "rb"))


def unpack(file: BinaryIO) -> BinaryIO:
    """The file itself, or the capture that is packed in it."""
    return unpacked(file, lambda head: recognise(head)[0] is not None)


def choose(file: BinaryIO, path: str, name: str | None, hints: Hints = NO_HINTS) -> Format:
    """The format by name, by what the caller says about lines, or by content.

    CaptureError says what was tried and what was seen.
    """
    named = _named(name, path, hints) if name else None
    head = file.read(HEAD)
    file.seek(0)
    if hints or named is BY_HINTS:
        return cast(Format, TextLog(head, hints))
    if named:
        return named
    surest, scores = recognise(head)
    kind = ""
    if surest is None or (surest is BY_HINTS and dict(scores)[surest.NAME] < _DOUBTFUL):
        kind = what_else(head)
    if surest is BY_HINTS and not kind:
        return cast(Format, TextLog(head))
    if surest and not kind:
        return surest
    size = file.seek(0, os.SEEK_END)
    raise refusal(path, head, size, scores, kind)


def _named(name: str, path: str, hints: Hints) -> Format:
    """The format of that name; CaptureError where there is none, or none that knows what to do with hints."""
    named = by_name(name)
    if named is None:
        names = ", ".join(candidate.NAME for candidate in FORMATS)
        raise CaptureError(f"no format is called {name!r}; there are {names}", path)
    if hints and named is not BY_HINTS:
        raise CaptureError(f"to_card and from_card are for {BY_HINTS.NAME}, not for {name}", path)
    return named
