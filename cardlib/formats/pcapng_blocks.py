# SPDX-License-Identifier: MIT
"""The blocks of a pcapng file; one is believed only if its length is repeated at its end."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from ..core.model import Coverage, Problem
from .packet_window import MAX_BLOCK, SECOND_NS, UNKNOWN_LINK, Packet, Window

_SECTION_BYTES = b"\n\r\r\n"  # the kind of a section header, the same in both byte orders
_SECTION, _INTERFACE, _SIMPLE_PACKET, _ENHANCED_PACKET = 0x0A0D0D0A, 1, 3, 6
# Names, statistics, journal, secrets, and what applications add for themselves.
_WITHOUT_PACKETS = frozenset((4, 5, 9, 10, 0xBAD, 0x40000BAD))
_PACKET_FIELDS = {  # where the size of a packet stands, and where the packet does
    _SIMPLE_PACKET: (8, 12),
    _ENHANCED_PACKET: (20, 28),
}
_MIN_BLOCK = 20
_ENHANCED_SIZE = 32  # of an enhanced packet block, without its packet
_SIMPLE_SIZE = 16

_BYTE_ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_STARTS = {  # how a section or a packet block begins
    "<": re.compile(rb"\n\r\r\n|[\x01\x06]\0\0\0"),
    ">": re.compile(rb"\n\r\r\n|\0\0\0[\x01\x06]"),
}

_TIME_RESOLUTION = 9  # option if_tsresol of an interface
_MICROSECONDS = 6  # its value where the option is absent: 10 to the power of -6
_MAX_TIME_NS = 1 << 63


class Blocks:
    """A pcapng file: its byte order, and the interfaces of the section that is being read."""

    def __init__(self, order: str) -> None:
        self.starts = _STARTS[order]
        self._begin_section(order)

    def _begin_section(self, order: str) -> None:
        self.order = order
        self.header = struct.Struct(order + "IIIIII")
        self.interfaces: list[tuple[int, int]] = []  # link type, ticks in a second

    def ticks(self) -> int:
        """Ticks of the first interface in a second; 0 if there is no interface yet."""
        if not self.interfaces:
            return 0
        _, ticks = self.interfaces[0]
        return ticks

    def size(self, buf: bytes, at: int) -> int:
        """Length of the block that begins here if it can be believed, else 0."""
        order = self.order
        if buf[at : at + 4] == _SECTION_BYTES:
            order = _BYTE_ORDERS.get(buf[at + 8 : at + 12], "")
        if not order or len(buf) - at < _MIN_BLOCK:
            return 0
        kind, length = struct.unpack_from(order + "II", buf, at)
        if length % 4 or not _MIN_BLOCK <= length <= MAX_BLOCK:
            return 0
        stop = at + length
        if buf[stop - 4 : stop] != buf[at + 4 : at + 8]:
            return 0
        if not _content_fits(order, kind, buf, at, length):
            return 0
        return int(length)

    def run(self, window: Window, coverage: Coverage) -> Iterator[Packet | Problem]:
        """The packets up to the first block that cannot be believed."""
        while window.fill():
            buf, at = window.buf, window.at
            if len(buf) - at >= _ENHANCED_SIZE:
                # The quick way, for almost every block: a whole packet of a known interface.
                kind, length, interface, high, low, size = self.header.unpack_from(buf, at)
                stop = at + length
                if (
                    kind == _ENHANCED_PACKET
                    and size <= length - _ENHANCED_SIZE
                    and buf[stop - 4 : stop] == buf[at + 4 : at + 8]
                    and length <= MAX_BLOCK
                    and not length & 3
                    and interface < len(self.interfaces)
                ):
                    window.at = stop
                    window.unit = unit = window.unit + 1
                    start = window.base + at
                    link, ticks = self.interfaces[interface]
                    time_ns: int | None = (high << 32 | low) * SECOND_NS // ticks
                    if time_ns >= _MAX_TIME_NS:  # type: ignore[operator]
                        time_ns = None
                        yield _impossible_time(unit, start, start + length)
                    data = buf[at + 28 : at + 28 + size]
                    yield unit, start, start + length, time_ns, link, data
                    continue
            length = self.size(buf, at)
            if not length:
                return
            window.at += length
            yield from self.other(window, coverage, buf[at : at + length])

    def other(self, window: Window, coverage: Coverage, block: bytes) -> Iterator[Packet]:
        """A packet without a time or of an unknown interface; or a block about the packets.

        `window` stands behind the block.
        """
        if block[:4] == _SECTION_BYTES:
            self._begin_section(_BYTE_ORDERS[block[8:12]])
        kind = _number(self.order, block, 0)
        if kind in _PACKET_FIELDS:
            size_at, data_at = _PACKET_FIELDS[kind]
            size = _number(self.order, block, size_at)
            stop = window.position
            start = stop - len(block)
            window.unit += 1
            data = block[data_at : data_at + size]
            yield window.unit, start, stop, None, UNKNOWN_LINK, data
            return
        coverage.skip("pcapng header", len(block))
        if kind == _INTERFACE:
            self._add_interface(block[8:-4])

    def _add_interface(self, body: bytes) -> None:
        """Note the link type and the time resolution of an interface."""
        resolution = _MICROSECONDS
        at = 8
        while at + 5 <= len(body):
            option, size = struct.unpack_from(self.order + "HH", body, at)
            if option == _TIME_RESOLUTION and size == 1:
                resolution = body[at + 4]
            at += 4 + _padded(size)
        (link,) = struct.unpack_from(self.order + "H", body)
        base = 10
        if resolution & 0x80:  # the highest bit: a power of 2
            base = 2
        ticks = base ** (resolution & 0x7F)
        self.interfaces.append((link, ticks))


def _number(order: str, buf: bytes, at: int) -> int:
    """The 32-bit number at this place."""
    (value,) = struct.unpack_from(order + "I", buf, at)
    return int(value)


def _padded(size: int) -> int:
    """A size rounded up to a multiple of four."""
    return size + -size % 4


def _content_fits(order: str, kind: int, buf: bytes, at: int, length: int) -> bool:
    """Whether the content of a block agrees with its kind and its length."""
    if kind in (_SECTION, _INTERFACE):
        return True
    if kind == _SIMPLE_PACKET:
        size = _number(order, buf, at + 8)
        return _SIMPLE_SIZE + _padded(size) == length
    if length < _ENHANCED_SIZE:
        return kind in _WITHOUT_PACKETS
    size = _number(order, buf, at + 20)
    if kind == _ENHANCED_PACKET:
        return size <= length - _ENHANCED_SIZE
    # With exactly the sizes of a packet, it is one whose kind is damaged.
    is_packet = size > 0 and _ENHANCED_SIZE + _padded(size) == length
    return kind in _WITHOUT_PACKETS and not is_packet


def _impossible_time(unit: int, start: int, stop: int) -> Problem:
    detail = "its stamp is later than any date: no time here"
    return Problem("impossible time", detail, unit, start, stop, gap=False)
