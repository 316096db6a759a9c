# SPDX-License-Identifier: MIT
"""Proxmark3 `.trace`: radio frames as the sniffer saw them, with time, length on the air and parity.

The file has no header and a record no check sum: one is believed if its parity or CRC fits, or if
others follow it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from ..core.model import Clock, Coverage, Frame, Problem, Sender, Session
from .radio import Radio, crc_fits, technology_of

NAME = "Proxmark3 trace"
CLOCK: Clock = "rf"
PROVEN = True

_HEADER = struct.Struct("<IHH")  # ticks, duration, length
_FROM_CARD, _LENGTH = 0x8000, 0x7FFF  # bits of the length
_MIN_RECORD = 9
_MAX_FRAME = 4096
_MAX_RECORD = _MAX_FRAME + _MAX_FRAME // 8 + _MIN_RECORD
_AHEAD = 4 * _MAX_RECORD  # so many records are looked at before one is believed
_READ_SIZE = 1 << 16

_HZ = 13_560_000
_WRAP = 1 << 32  # ticks after which the counter starts again
_BYTE_TICKS = 9 * 128  # at 106 kbit/s, type A: eight bits and parity of 128 ticks
_NO_DURATION = (0, 0xFFFF)  # it did not fit

# The odd parity bit of each byte.
_ODD_PARITY = bytes(1 - byte.bit_count() % 2 for byte in range(256))


def recognises(head: bytes) -> float:
    """How much of the beginning is records that can be believed.

    Before them, at most one place may be damaged.
    """
    head = head[: 2 * _MAX_FRAME]
    believed = 0
    at = 0
    while at < len(head):
        size = _believed_size(head, at)
        if size:
            believed += size
        elif believed or b"\0" not in head:
            break
        else:
            size = _next_record(head, at) - at
            believed = -size
        at += size
    if believed <= 0:
        return 0.0
    return 0.8 * believed / len(head)


def frames(file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
    """Every record, named; what cannot be a record is a problem up to the next one."""
    trace = _Trace(coverage)
    buf, at, base = b"", 0, 0
    ended = False
    while True:
        while len(buf) - at < _AHEAD and not ended:
            more = file.read(_READ_SIZE)
            ended = not more
            buf = buf[at:] + more
            base += at
            at = 0
        if at >= len(buf):
            return
        size = _believed_size(buf, at)
        if size:
            yield from trace.record(buf[at : at + size], base + at)
        else:
            size = _next_record(buf, at) - at
            yield trace.damage(buf[at : at + size], base + at)
        at += size


class _Clock:
    """The counter of the device: 32 bits of 1/13.56 MHz, so it returns to 0 every 316.7 s."""

    def __init__(self) -> None:
        self.last = 0
        self.offset = 0

    def wraps(self, ticks: int) -> bool:
        """Whether it has passed 0 since the record before, rather than jumped back."""
        passed = (ticks - self.last) % _WRAP
        wraps = ticks < self.last and passed < _WRAP // 4
        if wraps:
            self.offset += _WRAP
        self.last = ticks
        return wraps

    def ns(self, ticks: int) -> int:
        """The time of a count, from the beginning of the trace."""
        return (self.offset + ticks) * 1_000_000_000 // _HZ


class _Trace:
    """The records of one file."""

    def __init__(self, coverage: Coverage) -> None:
        self.coverage = coverage
        self.radio = Radio(CLOCK, "73.75 ns")
        self.clock = _Clock()
        self.unit = 0

    def damage(self, raw: bytes, start: int) -> Problem:
        """Bytes that are no record: what was asked for before them is unknown."""
        size = len(raw)
        self.coverage.damaged += size
        self.radio.request = None
        detail = f"{size} bytes cannot be read as records"
        unit, stop = self.unit + 1, start + size
        return Problem("damaged record", detail, unit, start, stop, raw[:256])

    def record(self, raw: bytes, start: int) -> Iterator[Frame | Session | Problem]:
        """The frame of a record."""
        ticks, duration, length = _HEADER.unpack_from(raw)
        data = raw[8 : 8 + (length & _LENGTH)]
        parity = raw[8 + len(data) :]
        stop = start + len(raw)
        index = self.unit
        self.unit += 1
        self.coverage.used += len(raw)
        sender: Sender = "reader"
        if length & _FROM_CARD:
            sender = "card"
        if self.clock.wraps(ticks):
            detail = "the clock came back to 0; a pause of more than 316.7 s would look the same"
            yield Problem("clock wrapped", detail, self.unit, start, stop, gap=False)
        technology = technology_of(sender, data, self.radio.technology)
        if duration in _NO_DURATION:
            duration = _computed_duration(technology, len(data))
        begin, end = self.clock.ns(ticks), None
        if duration:
            end = self.clock.ns(ticks + duration)
        fault = ""
        if technology == "A" and parity != _parity(data):
            fault = "wrong parity"
        frame = Frame(index, begin, sender, "rf", data, self.unit, start, stop, end_ns=end)
        yield from self.radio.take(frame, technology, fault=fault)


def _computed_duration(technology: str, size: int) -> int:
    """Ticks that a long frame takes on the air; 0 if the record does not let one compute them."""
    if technology != "A" or size <= 50:
        return 0
    return size * _BYTE_TICKS + 128


def _parity(data: bytes) -> bytes:
    """The odd parity bits of all bytes, the first one on the left."""
    size = _parity_size(len(data))
    bits = "".join(map(str, data.translate(_ODD_PARITY)))
    return int(bits.ljust(size * 8, "0"), 2).to_bytes(size, "big")


def _parity_size(length: int) -> int:
    """How many bytes hold the parity of a frame; an empty one has a byte of them too."""
    return max(length + 7, 8) // 8


def _size(buf: bytes, at: int) -> int:
    """Length of the record that may stand here, 0 if none can: header, frame, a bit for each byte."""
    if len(buf) - at < _MIN_RECORD or not any(buf[at : at + 8]):
        return 0
    length = _length_at(buf, at)
    size = 8 + length + _parity_size(length)
    if length > _MAX_FRAME or at + size > len(buf):
        return 0
    return size


def _length_at(buf: bytes, at: int) -> int:
    """How many bytes the frame of a record has."""
    return int.from_bytes(buf[at + 6 : at + 8], "little") & _LENGTH


def _believed_size(buf: bytes, at: int) -> int:
    """Length of a record that stands behind another and can be believed, else 0."""
    size = _size(buf, at)
    if not size:
        return 0
    data, parity = _frame_at(buf, at, size)
    if _has_crc(data):
        return size
    if data and parity == _parity(data):
        return size
    if _is_followed(buf, at, size, most=2):
        return size
    return 0


def _is_sure(buf: bytes, at: int, size: int) -> bool:
    """Whether a record that stands anywhere can be believed: parity and CRC fit, or more follow."""
    data, parity = _frame_at(buf, at, size)
    if _has_crc(data) and (not any(parity) or parity == _parity(data)):
        return True
    return _is_followed(buf, at, size, most=4, least=2)


def _frame_at(buf: bytes, at: int, size: int) -> tuple[bytes, bytes]:
    """The frame of a record of this size, and its parity."""
    parity_at = at + 8 + _length_at(buf, at)
    return buf[at + 8 : parity_at], buf[parity_at : at + size]


def _has_crc(data: bytes) -> bool:
    return len(data) > 2 and (crc_fits("A", data) or crc_fits("B", data))


def _is_followed(buf: bytes, at: int, size: int, most: int, least: int = 0) -> bool:
    """Whether so many later records follow this one, or at `least` some and then the end."""
    before, _, _ = _HEADER.unpack_from(buf, at)
    for number in range(most):
        at += size
        left = len(buf) - at
        if left < _MIN_RECORD:
            return left == 0 and number >= least
        size = _size(buf, at)
        if not size:
            return False
        ticks, _, _ = _HEADER.unpack_from(buf, at)
        if (ticks - before) % _WRAP >= _WRAP // 2:  # not later
            return False
        before = ticks
    return True


def _next_record(buf: bytes, at: int) -> int:
    """The next place where a record is sure, else the end of what is in memory."""
    for place in range(at + 1, len(buf) - 8):
        size = _size(buf, place)
        if size and _is_sure(buf, place, size):
            return place
    return len(buf)
