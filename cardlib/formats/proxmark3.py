# SPDX-License-Identifier: MIT
"""Proxmark3 `.trace`: radio frames as the sniffer saw them, each with a time, its length on the air, and parity.

The file has no header and a record no check sum: one is believed if its parity or CRC fits, or others follow it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import count
from typing import BinaryIO

from ..core.model import Clock, Coverage, Frame, Problem, Sender, Session
from .radio import Radio, crc_fits, technology_of

NAME = "Proxmark3 trace"
CLOCK: Clock = "rf"
PROVEN = True

_HEADER = struct.Struct("<IHH")
_MAX = 4096  # no frame is longer
_AHEAD = 4 * (_MAX + _MAX // 8 + 9)
_HZ, _WRAP = 13_560_000, 1 << 32
_EVEN = bytes(1 - bin(byte).count("1") % 2 for byte in range(256))  # the odd parity bit of each byte


def recognises(head: bytes) -> float:
    """How much of the beginning is records that can be believed, with at most one damaged place before them."""
    at, good, head = 0, 0, head[: 2 * _MAX]
    while at < len(head):
        size = _size(head, at)
        if not size or not _is_believed(head, at, size):
            if good or b"\0" not in head:
                break
            size = _search(head, at) - at
            good = -size
        else:
            good += size
        at += size
    return 0.8 * max(good, 0) / max(len(head), 1)


def frames(file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
    """Every record, named; what cannot be a record is a problem up to the next one."""
    radio, clock, index = Radio(CLOCK, "73.75 ns"), _Clock(), count()
    buf, at, base, ended = b"", 0, 0, False
    while True:
        while len(buf) - at < _AHEAD and not ended:
            more = file.read(1 << 16)
            ended = not more
            buf, base, at = buf[at:] + more, base + at, 0
        if at >= len(buf):
            return
        size = _size(buf, at)
        if size and _is_believed(buf, at, size):
            coverage.used += size
            yield from _record(radio, clock, buf[at : at + size], next(index), base + at)
        else:
            size = _search(buf, at) - at
            coverage.damaged += size
            detail, start = f"{size} bytes cannot be read as records", base + at
            yield Problem("damaged record", detail, clock.unit + 1, start, start + size, buf[at : at + min(size, 256)])
            radio.request = None
        at += size


class _Clock:
    """The counter of the device: 32 bits of 1/13.56 MHz, so it comes back to 0 every 316.7 s."""

    def __init__(self) -> None:
        self.last, self.offset, self.unit = 0, 0, 0

    def wraps(self, ticks: int) -> bool:
        """Whether it has come back to 0 since the record before, rather than jumped back."""
        wraps = ticks < self.last and (ticks - self.last) % _WRAP < _WRAP // 4
        self.offset += _WRAP * wraps
        self.last, self.unit = ticks, self.unit + 1
        return wraps

    def ns(self, ticks: int) -> int:
        return (self.offset + ticks) * 1_000_000_000 // _HZ


def _record(radio: Radio, clock: _Clock, raw: bytes, index: int, start: int) -> Iterator[Frame | Session | Problem]:
    ticks, duration, length = _HEADER.unpack_from(raw)
    sender: Sender = "card" if length & 0x8000 else "reader"
    data, stop = raw[8 : 8 + (length & 0x7FFF)], start + len(raw)
    if clock.wraps(ticks):
        detail = "the clock came back to 0; a pause of more than 316.7 s would look the same"
        yield Problem("clock wrapped", detail, clock.unit, start, stop, gap=False)
    technology = technology_of(sender, data, radio.technology)
    if duration in (0, 0xFFFF):  # did not fit; at 106 kbit/s a byte of type A takes 9 bits of 128 ticks
        duration = (9 * len(data) + 1) * 128 if technology == "A" and len(data) > 50 else 0
    end = clock.ns(ticks + duration) if duration else None
    frame = Frame(index, clock.ns(ticks), sender, "rf", data, clock.unit, start, stop, "", end)
    fault = "wrong parity" if technology == "A" and _parity(data) != raw[8 + len(data) :] else ""
    yield from radio.take(frame, technology, fault=fault)


def _parity(data: bytes) -> bytes:
    """The odd parity bits of all bytes, the first one on the left; an empty frame has one byte of them too."""
    bits = data.translate(_EVEN)
    size = max(len(data) + 7, 8) // 8
    return int("".join(map(str, bits)).ljust(size * 8, "0"), 2).to_bytes(size, "big")


def _size(buf: bytes, at: int) -> int:
    """The length of the record that may stand here, 0 if none can: header, frame, a bit a byte (one byte for none)."""
    if len(buf) - at < 9 or not any(buf[at : at + 8]):
        return 0
    length = _HEADER.unpack_from(buf, at)[2] & 0x7FFF
    size = 8 + length + max(length + 7, 8) // 8
    return size if length <= _MAX and at + size <= len(buf) else 0


def _is_believed(buf: bytes, at: int, size: int, strict: bool = False) -> bool:
    """Whether parity or CRC fit (both, if strict), or behind this record stand others, later ones, or the end."""
    length = _HEADER.unpack_from(buf, at)[2] & 0x7FFF
    data, bits = buf[at + 8 : at + 8 + length], buf[at + 8 + length : at + size]
    fits = length > 2 and (crc_fits("A", data) or crc_fits("B", data))
    if fits and (not strict or not any(bits) or bits == _parity(data)):
        return True
    if not strict and length and bits == _parity(data):
        return True
    for number in range(4 if strict else 2):
        before, at = _HEADER.unpack_from(buf, at)[0], at + size
        if len(buf) - at < 9:
            return len(buf) == at and (number > 1 or not strict)
        size = _size(buf, at)
        if not size or (_HEADER.unpack_from(buf, at)[0] - before) % _WRAP >= _WRAP // 2:
            return False
    return True


def _search(buf: bytes, at: int) -> int:
    """The next place where a record can be believed, told more strictly; else the end of what is in memory."""
    for place in range(at + 1, len(buf) - 8):
        size = _size(buf, place)
        if size and _is_believed(buf, place, size, strict=True):
            return place
    return len(buf)
