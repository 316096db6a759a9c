# SPDX-License-Identifier: MIT
"""nfc-laboratory JSON: frames decoded from a radio signal, each with its first and last sample.

The CRC is included. The objects of frames are read separately, so that damage costs the frames that
it hits and memory stays bounded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any, BinaryIO

from ..core.codec import parse_hex
from ..core.model import Clock, Coverage, Frame, FrameKind, Problem, Sender, Session
from .radio import Radio

NAME = "nfc-laboratory"
CLOCK: Clock = "rf"
PROVEN = True

_OBJECT = re.compile(rb"\{[^{}]*\}")
_BETWEEN = re.compile(rb'[\s,\]}]*+(?:\{\s*"frames"\s*:\s*\[[\s,\]}]*)?')
_MAX_OBJECT = 1 << 16

_TECHNOLOGIES = {257: "A", 258: "B", 259: "F", 260: "V"}
_CONTACT = 513

# Frame types.
_FIELD = {256: "field off", 257: "field on"}
_ATR = 528
_SENDERS: dict[int, Sender] = {258: "reader", 529: "reader", 259: "card", 528: "card", 530: "card"}

# Bits of the frame flags.
_ENCRYPTED = 2
_FAULTS = {8: "truncated", 16: "wrong parity", 64: "out of step"}

RATES = (26, 53, 106, 212, 424, 848)  # kbit/s; 26 is short for 26.48
_NUMBERS = (
    "techType",
    "frameType",
    "frameFlags",
    "frameRate",
    "sampleStart",
    "sampleEnd",
    "sampleRate",
)
_MAX_NUMBER = 1 << 62
_MAX_SECONDS = 1 << 30


def recognises(head: bytes) -> float:
    """Sure where objects name the keys of this format."""
    if b'"frameData"' in head and b'"techType"' in head:
        return 0.95
    return 0.0


def frames(file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
    """The frames with their names; a session where the reader starts again."""
    capture = _Capture(coverage)
    buf, base, unit = b"", 0, 0
    ended = False
    while not ended:
        more = file.read(_MAX_OBJECT)
        ended = not more
        buf += more
        at = 0
        for match in _OBJECT.finditer(buf):
            unit += 1
            yield from _between(buf[at : match.start()], unit, base + at, coverage)
            yield from capture.take(match[0], unit, base + match.start())
            at = match.end()
        rest = len(buf)
        if not ended:  # an object may begin here and end in what is read next
            rest = max(len(buf) - _MAX_OBJECT, at)
        yield from _between(buf[at:rest], unit + 1, base + at, coverage)
        base += rest
        buf = buf[rest:]


def _between(raw: bytes, unit: int, start: int, coverage: Coverage) -> Iterator[Problem]:
    """Bytes before, between and after the objects."""
    if _BETWEEN.fullmatch(raw):
        coverage.skip("JSON around the frames", len(raw))
        return
    coverage.damaged += len(raw)
    detail = f"{len(raw)} bytes between the frames"
    yield Problem("damaged frame", detail, unit, start, start + len(raw), raw[:256])


class _Capture:
    """The frames of one capture."""

    def __init__(self, coverage: Coverage) -> None:
        self.coverage = coverage
        self.radio = Radio(CLOCK)
        self.index = count()

    def take(self, raw: bytes, unit: int, start: int) -> Iterator[Frame | Session | Problem]:
        """The frame in an object."""
        stop = start + len(raw)
        row = _row(raw)
        if row is None:
            self.coverage.damaged += len(raw)
            detail = "not an object with the keys of a frame"
            yield Problem("damaged frame", detail, unit, start, stop, raw[:256])
            return
        self.coverage.used += len(raw)
        begin, end = _times(row)
        if end is None:
            detail = "sampleStart, sampleEnd and sampleRate tell no time"
            yield Problem("impossible time", detail, unit, start, stop, raw[:256], gap=False)
        elif not self.radio.resolution:
            self.radio.resolution = f"{1e9 / row['sampleRate']:g} ns"
        frame = Frame(
            next(self.index),
            begin,
            _SENDERS.get(row["frameType"], "none"),
            "event",
            row["frameData"],
            unit,
            start,
            stop,
            end_ns=end,
        )
        yield from self._named(frame, row)

    def _named(self, frame: Frame, row: dict[str, Any]) -> Iterator[Frame | Session | Problem]:
        """A frame with its kind and its name."""
        frame_type, technology = row["frameType"], row["techType"]
        if technology == _CONTACT:
            kind: FrameKind = "block"
            if frame_type == _ATR:
                kind = "atr"
            yield replace(frame, kind=kind)
        elif frame_type in _FIELD or technology not in _TECHNOLOGIES:
            self.radio.field_off()
            note = _FIELD.get(frame_type, f"frame type {frame_type}")
            yield replace(frame, note=note)
        else:
            if row["frameRate"]:
                frame = replace(frame, note=f"{_rate(row['frameRate'])} kbit/s")
            yield from self._on_air(frame, _TECHNOLOGIES[technology], row["frameFlags"])

    def _on_air(
        self, frame: Frame, technology: str, flags: int
    ) -> Iterator[Frame | Session | Problem]:
        """A radio frame; the flags say what is wrong with it, and whether it is encrypted."""
        fault = ", ".join(word for bit, word in _FAULTS.items() if flags & bit)
        radio = self.radio
        only_this_frame = bool(flags & _ENCRYPTED) and not radio.encrypted
        if only_this_frame:
            radio.encrypted = True
        yield from radio.take(frame, technology, fault=fault)
        if only_this_frame:
            radio.encrypted = False


def _row(raw: bytes) -> dict[str, Any] | None:
    """A frame's values, or None if one is missing or not of its type."""
    try:
        row = json.loads(raw)
        data = parse_hex(row["frameData"].replace(":", ""))
        numbers = [row[key] for key in _NUMBERS]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    are_numbers = all(type(number) is int and 0 <= number < _MAX_NUMBER for number in numbers)
    if data is None or not are_numbers:
        return None
    return {**row, "frameData": data}


def _times(row: dict[str, Any]) -> tuple[int | None, int | None]:
    """When the frame began and ended, exact to the sample."""
    first, last, rate = row["sampleStart"], row["sampleEnd"], row["sampleRate"]
    if not rate or not first <= last < rate * _MAX_SECONDS:
        return None, None
    return first * 1_000_000_000 // rate, last * 1_000_000_000 // rate


def _rate(measured: int) -> int:
    """The bit rate of the standards, in kbit/s, that is nearest."""
    return min(RATES, key=lambda rate: abs(rate * 1000 - measured))
