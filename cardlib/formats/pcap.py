# SPDX-License-Identifier: MIT
"""Packets out of pcap and pcapng files, whole or damaged.

A pcapng block is believed only if its length is repeated at its end; a pcap record only if its numbers are plausible
and those of the next record are too. Where that fails, the next place that can be believed is searched for.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from ..core.model import Coverage, Problem

Packet = tuple[int, int, int, int | None, int, bytes]  # (unit, start, stop, time_ns, link type, data)

MAX_BLOCK = 1 << 18
AHEAD = MAX_BLOCK + 64  # so much is in memory from a place on: the longest block, and how the next one begins
UNKNOWN_LINK = -1
MAX_NS = 1 << 63
_DAY, _YEAR, _SECOND = 86_400, 31_536_000, 1_000_000_000
_STEPS = {_SECOND: "ns", 10**6: "us", 1000: "ms", 1: "s"}
_SECTION = b"\n\r\r\n"
_SHB, _IDB, _SPB, _EPB = 0x0A0D0D0A, 1, 3, 6
_PACKETS = {_SPB: (8, 12), _EPB: (20, 28)}  # where the size of a packet and where the packet stands
_OTHERS = frozenset((4, 5, 9, 10, 0xBAD, 0x40000BAD))  # names, statistics, journal, secrets, others' own
_ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_MAGIC = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
_BLOCKS = {"<": re.compile(rb"\n\r\r\n|[\x01\x06]\0\0\0"), ">": re.compile(rb"\n\r\r\n|\0\0\0[\x01\x06]")}
_RECORDS = {  # two sizes, neither 0 nor too large, behind eight bytes
    "<": re.compile(rb"(?!.{8}\0{4})(?=.{10}[\0-\4]\0..[\0-\4]\0)", re.S),
    ">": re.compile(rb"(?!.{8}\0{4})(?=.{8}\0[\0-\4]..\0[\0-\4])", re.S),
}


class _Window:
    """The part of a file that is in memory: `buf` begins at file offset `base`, `at` counts in `buf`."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.buf, self.base, self.at, self.ended = file, b"", 0, 0, False
        self.unit = 0  # packets so far

    def fill(self) -> int:
        """Have AHEAD bytes from `at` on, unless the file ends before; return how many there are."""
        while (left := len(self.buf) - self.at) < AHEAD and not self.ended:
            more = self.file.read(AHEAD)
            self.ended = not more
            self.buf = self.buf[self.at :] + more
            self.base += self.at
            self.at = 0
        return left


def is_pcap(head: bytes) -> bool:
    """Whether a file begins like a capture of packets; damage at its beginning does not hide it."""
    return _reader(head) is not None


def first_packets(head: bytes) -> list[Packet]:
    """The first packets of a file that begins like this; none if it is no capture of packets."""
    if not is_pcap(head):
        return []
    found = packets(io.BytesIO(head), Coverage())
    return list(islice((one for one in found if not isinstance(one, Problem)), 50))


def resolution(file: BinaryIO) -> str:
    """The tick of the clock of a file, as its header tells; the file is read from its beginning afterwards."""
    head = file.read(1 << 16)
    file.seek(0)
    reader = _reader(head)
    if isinstance(reader, _Blocks):
        window = _Window(io.BytesIO(head))
        while window.fill() and not reader.interfaces and (size := reader.size(window.buf, window.at)):
            block = window.buf[window.at : window.at + size]
            window.at += size
            list(reader.other(window, Coverage(), block))
    ticks = reader.ticks() if reader else 0
    step = next((step for step in reversed(_STEPS) if step >= ticks), _SECOND)
    return f"{step / ticks:g} {_STEPS[step]}" if ticks else ""


def packets(file: BinaryIO, coverage: Coverage) -> Iterator[Packet | Problem]:
    """All packets in order; what is no packet is counted in `coverage` here, packets are counted by the caller."""
    window = _Window(file)
    window.fill()
    reader = _reader(window.buf[: 1 << 16]) or _Blocks("<")
    while window.fill():
        yield from reader.run(window, coverage)
        if window.fill():
            yield _resync(window, coverage, reader)


def _reader(head: bytes) -> _Blocks | _Records | None:
    """What reads a file that begins like this: by its magic number, else by what can be believed in it."""
    if head[:4] in _MAGIC:
        return _Records(head, *_MAGIC[head[:4]])
    blocks = [_Blocks(order) for order in "<>"]
    counts = [sum(one.size(head, match.start()) > 0 for match in one.starts.finditer(head)) for one in blocks]
    if any(counts):
        return blocks[counts.index(max(counts))]
    records = [_Records(head, order, 1000) for order in "<>"]  # sure is a record of this century
    return next((one for one in records if any(one.size(head, at, 30 * _YEAR) for at in range(8, 200))), None)


def _resync(window: _Window, coverage: Coverage, reader: _Blocks | _Records) -> Problem:
    """Skip to the next place that can be believed; one problem covers all that is skipped."""
    start = window.base + window.at
    raw = window.buf[window.at : window.at + 256]
    window.at += 1
    while window.fill():
        buf = window.buf
        places = (match.start() for match in reader.starts.finditer(buf, window.at))
        found = next((place for place in places if reader.size(buf, place)), None)
        if found is not None:
            window.at = found
            break
        window.at = len(buf) if window.ended else len(buf) - AHEAD + 1  # what begins behind may end in the file
    stop = window.base + window.at
    coverage.damaged += stop - start
    detail = f"{stop - start} bytes cannot be read as packets"
    return Problem("damaged block", detail, window.unit + 1, start, stop, raw)


class _Blocks:
    """A pcapng file: its byte order, and what the section that is being read says about its interfaces."""

    def __init__(self, order: str) -> None:
        self.starts = _BLOCKS[order]
        self._section(order)

    def _section(self, order: str) -> None:
        self.order, self.header = order, struct.Struct(order + "IIIIII")
        self.interfaces: list[tuple[int, int]] = []  # link type, ticks in a second

    def ticks(self) -> int:
        """Of the first interface, in a second; 0: it is not known."""
        return self.interfaces[0][1] if self.interfaces else 0

    def size(self, buf: bytes, at: int) -> int:
        """The length of a block that can be believed at this place, else 0."""
        order = _ORDERS.get(buf[at + 8 : at + 12], "") if buf[at : at + 4] == _SECTION else self.order
        if not order or len(buf) - at < 20:
            return 0
        kind, length = struct.unpack_from(order + "II", buf, at)
        if length % 4 or not 20 <= length <= MAX_BLOCK or buf[at + length - 4 : at + length] != buf[at + 4 : at + 8]:
            return 0
        if kind in (_SHB, _IDB):
            return int(length)
        if kind == _SPB:
            size = struct.unpack_from(order + "I", buf, at + 8)[0]
            return length if 16 + size + -size % 4 == length else 0
        size = struct.unpack_from(order + "I", buf, at + 20)[0] if length >= 32 else length
        if kind == _EPB:
            return length if size <= length - 32 else 0
        is_packet = size and 32 + size + -size % 4 == length  # and its kind is damaged
        return length if kind in _OTHERS and not is_packet else 0

    def run(self, window: _Window, coverage: Coverage) -> Iterator[Packet | Problem]:
        """The packets up to the first block that cannot be believed."""
        while window.fill():
            buf, at = window.buf, window.at
            if len(buf) - at >= 32:  # the quick way: a whole packet block of an interface that is known
                kind, length, which, high, low, size = self.header.unpack_from(buf, at)
                stop = at + length
                if (
                    kind == _EPB
                    and size <= length - 32
                    and buf[stop - 4 : stop] == buf[at + 4 : at + 8]
                    and length <= MAX_BLOCK
                    and not length & 3
                    and which < len(self.interfaces)
                ):
                    start, window.at = window.base + at, stop
                    window.unit = unit = window.unit + 1
                    link, ticks = self.interfaces[which]
                    time_ns = (high << 32 | low) * _SECOND // ticks
                    data = buf[at + 28 : at + 28 + size]
                    if time_ns >= MAX_NS:
                        detail = "its stamp is later than any date: no time here"
                        yield Problem("impossible time", detail, unit, start, start + length, gap=False)
                    yield unit, start, start + length, time_ns if time_ns < MAX_NS else None, link, data
                    continue
            length = self.size(buf, at)
            if not length:
                return
            window.at += length
            yield from self.other(window, coverage, buf[at : at + length])

    def other(self, window: _Window, coverage: Coverage, block: bytes) -> Iterator[Packet]:
        """A packet without time, or of an interface that is not known; or a block about the packets."""
        if block[:4] == _SECTION:
            self._section(_ORDERS[block[8:12]])
        kind: int = struct.unpack_from(self.order + "I", block)[0]
        if kind in _PACKETS:
            window.unit += 1
            place, data = _PACKETS[kind]
            size = struct.unpack_from(self.order + "I", block, place)[0]
            stop = window.base + window.at
            yield window.unit, stop - len(block), stop, None, UNKNOWN_LINK, block[data : data + size]
            return
        coverage.skip("pcapng header", len(block))
        if kind == _IDB:
            self._interface(block[8:-4])

    def _interface(self, body: bytes) -> None:
        """Note an interface: its link type and its time resolution, microseconds unless it says (option 9)."""
        value, at = 6, 8
        while at + 5 <= len(body):
            code, size = struct.unpack_from(self.order + "HH", body, at)
            if code == 9 and size == 1:
                value = body[at + 4]
            at += 4 + size + -size % 4
        link: int = struct.unpack_from(self.order + "H", body)[0]
        self.interfaces.append((link, 1 << (value & 127) if value & 128 else 10**value))


class _Records:
    """A pcap file: its byte order, the nanoseconds in a tick of its clock, and its link type."""

    def __init__(self, head: bytes, order: str, tick: int) -> None:
        self.starts, self.header, self.tick = _RECORDS[order], struct.Struct(order + "IIII"), tick
        self.link = struct.unpack_from(order + "I", head, 20)[0] & 0xFFFF if len(head) >= 24 else UNKNOWN_LINK

    def ticks(self) -> int:
        """In a second."""
        return _SECOND // self.tick

    def _plausible(self, buf: bytes, at: int) -> tuple[int, int, int]:
        """The length of the record that may begin here, by its own numbers (else 0), and its seconds and fraction."""
        if len(buf) - at < 16:
            return 0, 0, 0
        seconds, fraction, size, original = self.header.unpack_from(buf, at)
        return 16 + size if 0 < size <= original <= MAX_BLOCK and fraction < _SECOND else 0, seconds, fraction

    def size(self, buf: bytes, at: int, since: int = 0) -> int:
        """The length of a record that can be believed: behind it the file ends, or one of about its time may begin."""
        length, seconds, _ = self._plausible(buf, at)
        follows, later, _ = self._plausible(buf, at + length)
        if not follows:
            return length if 0 <= len(buf) - at - length < 16 else 0
        return length if abs(later - seconds) < _YEAR and seconds >= since else 0

    def _whole(self, buf: bytes, at: int) -> int:
        """The length of a record that stands right behind another and of which nothing was cut off, else 0."""
        length, seconds, _ = self._plausible(buf, at)
        if not 0 < length <= len(buf) - at or buf[at + 8 : at + 12] != buf[at + 12 : at + 16]:
            return 0
        near = (match.start() for match in self.starts.finditer(buf, at + max(length - 8, 16), at + length + 15))
        within = (abs(self._plausible(buf, one)[1] - seconds) < _DAY and self.size(buf, one) > 0 for one in near)
        return 0 if any(within) else length  # a few bytes are missing

    def run(self, window: _Window, coverage: Coverage) -> Iterator[Packet]:
        """The packets up to the first record that cannot be believed."""
        if window.base + window.at == 0:
            window.at = min(24, len(window.buf))
            coverage.skip("pcap header", window.at)
        here = self._plausible(window.buf, window.at)
        while window.fill():
            buf, at = window.buf, window.at
            length, seconds, fraction = here
            here = self._plausible(buf, at + length)
            if not here[0] or abs(here[1] - seconds) >= _YEAR:  # not the quick way
                length = self.size(buf, at) or self._whole(buf, at)
                if not length:
                    return
                here = self._plausible(buf, at + length)
            start, window.unit, window.at = window.base + at, window.unit + 1, at + length
            stamp, data = seconds * _SECOND + fraction * self.tick, buf[at + 16 : at + length]
            yield window.unit, start, start + length, stamp, self.link, data
