# SPDX-License-Identifier: MIT
"""The bytes of T=0: header, procedure bytes, data either way, status word (ISO/IEC 7816-3, 10.3)."""

from __future__ import annotations

from collections.abc import Iterator

from .model import Sender

HEADER = 5  # CLA, INS, P1, P2, P3
_NULL = 0x60  # wait (ISO/IEC 7816-3, 10.3.3)


class T0:
    """One exchange, byte by byte."""

    def __init__(self) -> None:
        self.header = b""
        self.data_moved = 0
        self.data_left = 0  # that may go without another procedure byte
        self.status_left = 2  # bytes of the status word
        self.error = ""

    @property
    def is_complete(self) -> bool:
        """Whether the status word is there."""
        return self.status_left <= 0  # below where bytes follow that belong to nothing

    def parts(self, sender: Sender, data: bytes) -> Iterator[tuple[int, int]]:
        """Where in these bytes the command or the answer stands; procedure bytes are left out."""
        at = 0
        while at < len(data):
            start = at
            if sender != "card" and len(self.header) < HEADER:
                at = self._take_header(data, at)
            elif sender != "card":
                at = len(data)
                self._move(at - start)
            elif self.data_left:
                at = min(at + self.data_left, len(data))
                self._move(at - start)
            else:
                at += 1
                if not self._is_status(data[start]):
                    continue
            yield start, at

    def _take_header(self, data: bytes, at: int) -> int:
        """Add to the header; where it ends in these bytes."""
        stop = min(at + HEADER - len(self.header), len(data))
        self.header += data[at:stop]
        return stop

    def _move(self, size: int) -> None:
        """So many bytes of data went."""
        self.data_left = max(self.data_left - size, 0)
        self.data_moved += size

    def _is_status(self, byte: int) -> bool:
        """Whether a byte between data is of the status word; else act on the procedure byte."""
        is_sw1 = byte >> 4 == 9 or (byte >> 4 == 6 and byte != _NULL)
        if is_sw1 or self.status_left == 1:
            self.status_left -= 1
            return True
        ins, p3 = 0, 0
        if len(self.header) == HEADER:
            ins, p3 = self.header[1], self.header[4]
        if byte == ins:  # all remaining data may go
            self.data_left = max((p3 or 256) - self.data_moved, 0)
        elif byte == ins ^ 0xFF:  # a single byte
            self.data_left = 1
        elif byte != _NULL:
            self.error = f"{byte:02X} is no procedure byte"
        return False
