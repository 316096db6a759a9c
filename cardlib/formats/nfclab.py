# SPDX-License-Identifier: MIT
"""nfc-laboratory JSON: frames found in a radio signal, with the first and last sample of each, CRC included.

The objects of frames are read one by one, so that damage costs the frames that it hits and memory stays bounded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any, BinaryIO

from ..core.codec import parse_hex
from ..core.model import Clock, Coverage, Frame, Problem, Sender, Session
from .radio import Radio

NAME = "nfc-laboratory"
CLOCK: Clock = "rf"
PROVEN = True

_OBJECT = re.compile(rb"\{[^{}]*\}")
_BETWEEN = re.compile(rb'[\s,\]}]*+(?:\{\s*"frames"\s*:\s*\[[\s,\]}]*)?')
_MAX = 1 << 16  # no frame is longer
_TECHNOLOGY = {257: "A", 258: "B", 259: "F", 260: "V"}
_CONTACT = 513
_OFF, _ON, _ATR, _REQUESTS, _ANSWERS = 256, 257, 528, (258, 529), (259, 528, 530)
_ENCRYPTED, _FAULTS = 2, {8: "truncated", 16: "wrong parity", 64: "out of step"}
RATES = (26, 53, 106, 212, 424, 848)  # kbit/s; 26 is short for 26.48


def recognises(head: bytes) -> float:
    """Sure where objects name the keys of this format."""
    return 0.95 if head.count(b'"frameData"') > 0 and b'"techType"' in head else 0.0


def frames(file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
    """The frames with their names; a Session where the reader begins anew."""
    radio, index, unit, base, buf, ended = Radio(CLOCK), count(), 0, 0, b"", False
    while not ended:
        more = file.read(_MAX)
        ended, buf, at = not more, buf + more, 0
        for match in _OBJECT.finditer(buf):
            unit += 1
            yield from _between(buf[at : match.start()], unit, base + at, coverage)
            at = match.end()
            yield from _object(radio, match[0], index, unit, base + match.start(), coverage)
        rest = len(buf) if ended else max(len(buf) - _MAX, at)
        yield from _between(buf[at:rest], unit + 1, base + at, coverage)
        base, buf = base + rest, buf[rest:]


def _between(raw: bytes, unit: int, start: int, coverage: Coverage) -> Iterator[Problem]:
    if _BETWEEN.fullmatch(raw):
        coverage.skip("JSON around the frames", len(raw))
    else:
        coverage.damaged += len(raw)
        detail = f"{len(raw)} bytes between the frames"
        yield Problem("damaged frame", detail, unit, start, start + len(raw), raw[:256])


def _object(
    radio: Radio, raw: bytes, index: Iterator[int], unit: int, start: int, coverage: Coverage
) -> Iterator[Frame | Session | Problem]:
    stop = start + len(raw)
    row = _row(raw)
    if row is None:
        coverage.damaged += len(raw)
        yield Problem("damaged frame", "not an object with the keys of a frame", unit, start, stop, raw[:256])
        return
    coverage.used += len(raw)
    kind, flags, tech, data = row["frameType"], row["frameFlags"], row["techType"], row["frameData"]
    begin, end = _times(row)
    if end is None:
        detail = "sampleStart, sampleEnd and sampleRate tell no time"
        yield Problem("impossible time", detail, unit, start, stop, raw[:256], gap=False)
    elif not radio.resolution:
        radio.resolution = f"{1e9 / row['sampleRate']:g} ns"
    sender: Sender = "reader" if kind in _REQUESTS else "card" if kind in _ANSWERS else "none"
    frame = Frame(next(index), begin, sender, "event", data, unit, start, stop, "", end)
    if tech == _CONTACT:
        yield replace(frame, kind="atr" if kind == _ATR else "block")
        return
    if kind in (_OFF, _ON) or tech not in _TECHNOLOGY:
        radio.field_off()
        yield replace(frame, note={_OFF: "field off", _ON: "field on"}.get(kind, f"frame type {kind}"))
        return
    rate = f"{_rate(row['frameRate'])} kbit/s" if row["frameRate"] else ""
    fault = ", ".join(word for bit, word in _FAULTS.items() if flags & bit)
    before, radio.encrypted = radio.encrypted, radio.encrypted or bool(flags & _ENCRYPTED)
    yield from radio.take(replace(frame, note=rate), _TECHNOLOGY[tech], fault=fault)
    radio.encrypted = radio.encrypted and (before or not flags & _ENCRYPTED)


def _row(raw: bytes) -> dict[str, Any] | None:
    """A frame's values, or None if one is missing or no number."""
    try:
        row = json.loads(raw)
        data = parse_hex(row["frameData"].replace(":", ""))
        numbers = ("techType", "frameType", "frameFlags", "frameRate", "sampleStart", "sampleEnd", "sampleRate")
        good = data is not None and all(type(row[key]) is int and 0 <= row[key] < 1 << 62 for key in numbers)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return {**row, "frameData": data} if good else None


def _times(row: dict[str, Any]) -> tuple[int | None, int | None]:
    """When the frame began and ended, exact to the sample."""
    first, last, rate = row["sampleStart"], row["sampleEnd"], row["sampleRate"]
    if not rate or not first <= last < rate << 30:
        return None, None
    return first * 1_000_000_000 // rate, last * 1_000_000_000 // rate


def _rate(measured: int) -> int:
    """The bit rate of the standards, in kbit/s, that is nearest."""
    return min(RATES, key=lambda rate: abs(rate * 1000 - measured))
