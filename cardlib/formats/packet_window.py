# SPDX-License-Identifier: MIT
"""What the readers of pcap and pcapng share: a packet, their limits, and the part of a file in memory."""

from __future__ import annotations

from typing import BinaryIO

# (unit, start, stop, time_ns, link type, data)
Packet = tuple[int, int, int, int | None, int, bytes]

MAX_BLOCK = 1 << 18
AHEAD = MAX_BLOCK + 64  # the longest block, and how the next one begins
UNKNOWN_LINK = -1
SECOND_NS = 1_000_000_000


class Window:
    """The part of a file in memory: `buf` begins at file offset `base`, `at` counts within `buf`."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.buf = b""
        self.base = 0
        self.at = 0
        self.ended = False
        self.unit = 0  # packets read so far

    @property
    def position(self) -> int:
        """Where `at` is in the file."""
        return self.base + self.at

    def fill(self) -> int:
        """Read until AHEAD bytes follow `at` or the file ends; return how many bytes follow."""
        left = len(self.buf) - self.at
        while left < AHEAD and not self.ended:
            more = self.file.read(AHEAD)
            self.ended = not more
            self.buf = self.buf[self.at :] + more
            self.base += self.at
            self.at = 0
            left = len(self.buf)
        return left
