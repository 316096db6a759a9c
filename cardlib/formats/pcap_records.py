# SPDX-License-Identifier: MIT
"""The records of a pcap file.

A record has no check sum. It is believed if its numbers are plausible and those of the next record
are too.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from ..core.model import Coverage
from .packet_window import MAX_BLOCK, SECOND_NS, UNKNOWN_LINK, Packet, Window

FILE_HEADER_SIZE = 24
HEADER_SIZE = 16  # seconds, fraction, size here, size on the wire
DAY, YEAR = 86_400, 31_536_000  # seconds

# Where a record may begin: eight bytes, then two sizes that are neither 0 nor too large.
_STARTS = {
    "<": re.compile(rb"(?!.{8}\0{4})(?=.{10}[\0-\4]\0..[\0-\4]\0)", re.S),
    ">": re.compile(rb"(?!.{8}\0{4})(?=.{8}\0[\0-\4]..\0[\0-\4])", re.S),
}


class Records:
    """A pcap file: its byte order, its link type and the nanoseconds in a tick of its clock."""

    def __init__(self, head: bytes, order: str, tick: int) -> None:
        self.starts = _STARTS[order]
        self.header = struct.Struct(order + "IIII")
        self.tick = tick
        self.link = UNKNOWN_LINK
        if len(head) >= FILE_HEADER_SIZE:
            (link_field,) = struct.unpack_from(order + "I", head, 20)
            self.link = link_field & 0xFFFF  # the upper half holds the length of a frame check

    def ticks(self) -> int:
        """Ticks of the clock in a second."""
        return SECOND_NS // self.tick

    def _plausible(self, buf: bytes, at: int) -> tuple[int, int, int]:
        """Length, seconds and fraction of the record that may begin here; its length is 0 if none can."""
        if len(buf) - at < HEADER_SIZE:
            return 0, 0, 0
        seconds, fraction, size, original = self.header.unpack_from(buf, at)
        if 0 < size <= original <= MAX_BLOCK and fraction < SECOND_NS:
            return HEADER_SIZE + size, seconds, fraction
        return 0, seconds, fraction

    def size(self, buf: bytes, at: int, since: int = 0) -> int:
        """Length of a record that can be believed, else 0.

        Behind it the file ends, or a record of about the same time may begin.
        """
        length, seconds, _ = self._plausible(buf, at)
        next_length, next_seconds, _ = self._plausible(buf, at + length)
        if next_length:
            is_believed = abs(next_seconds - seconds) < YEAR and seconds >= since
        else:
            is_believed = 0 <= len(buf) - at - length < HEADER_SIZE
        if not is_believed:
            return 0
        return length

    def _complete_size(self, buf: bytes, at: int) -> int:
        """Length of a complete record right behind another, whatever follows it; else 0."""
        length, seconds, _ = self._plausible(buf, at)
        if not 0 < length <= len(buf) - at:
            return 0
        size, original = buf[at + 8 : at + 12], buf[at + 12 : at + 16]
        if size != original:
            return 0
        # If the next record begins too early, bytes of this one are missing.
        earliest = at + max(length - 8, HEADER_SIZE)
        for match in self.starts.finditer(buf, earliest, at + length + 15):
            place = match.start()
            _, place_seconds, _ = self._plausible(buf, place)
            if abs(place_seconds - seconds) < DAY and self.size(buf, place):
                return 0
        return length

    def run(self, window: Window, coverage: Coverage) -> Iterator[Packet]:
        """The packets up to the first record that cannot be believed."""
        if window.position == 0:
            window.at = min(FILE_HEADER_SIZE, len(window.buf))
            coverage.skip("pcap header", window.at)
        length, seconds, fraction = self._plausible(window.buf, window.at)
        while window.fill():
            buf, at = window.buf, window.at
            following = self._plausible(buf, at + length)
            if not following[0] or abs(following[1] - seconds) >= YEAR:
                length = self.size(buf, at) or self._complete_size(buf, at)
                if not length:
                    return
                following = self._plausible(buf, at + length)
            window.unit += 1
            window.at = at + length
            start = window.base + at
            time_ns = seconds * SECOND_NS + fraction * self.tick
            data = buf[at + HEADER_SIZE : at + length]
            yield window.unit, start, start + length, time_ns, self.link, data
            length, seconds, fraction = following
