# SPDX-License-Identifier: MIT
"""How a capture begins: its first sessions, read without the rest of the file, however long that is."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import Any, BinaryIO

from ..core.errors import CaptureError
from ..core.model import Capture, Exchange, Frame, Problem, Session, record
from ..formats.quotes import bytes_at
from .pipeline import Item, Reading, collected

FEW = 50  # exchanges after which no further session is read
MAX_EXCHANGES = 500  # of a session that is longer
MAX_ITEMS = 5000
MAX_BYTES = 8 << 20  # of the file
_BUFFER = 1 << 16


@record
class Opening:
    """The beginning of a capture; `goes_on`: its last session is longer than what was read."""

    capture: Capture
    goes_on: bool = False


class Beginning(io.BufferedReader):
    """The first bytes of a file, as if it ended there."""

    def __init__(self, file: BinaryIO, size: int = MAX_BYTES) -> None:
        self.file = file
        self.size = size
        super().__init__(_FirstBytes(file, size), _BUFFER)

    @property
    def is_used_up(self) -> bool:
        """Whether all of these bytes were read."""
        return self.file.tell() >= self.size

    @property
    def faults(self) -> list[Problem]:
        """What unpacking found so far."""
        faults: list[Problem] = getattr(self.file, "faults", [])
        return faults

    def recent(self, start: int, size: int) -> bytes:
        """Bytes that were read not long ago, for a problem that quotes them."""
        return bytes_at(self.file, start, min(size, self.size - start))


class _FirstBytes(io.RawIOBase):
    """Reads up to `size` bytes of a file, and never one more."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file = file
        self.size = size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_CUR:
            offset += self.file.tell()
        elif whence == os.SEEK_END:
            offset += self._end()
        return self.file.seek(min(offset, self.size))

    def _end(self) -> int:
        """Where the part that may be read ends: read through it, because a packed file has no other end."""
        while self.file.tell() < self.size and self.file.read(_BUFFER):
            pass
        return min(self.file.tell(), self.size)

    def tell(self) -> int:
        return self.file.tell()

    def readinto(self, buffer: Any) -> int:
        left = max(self.size - self.file.tell(), 0)
        data = self.file.read(min(len(buffer), left))
        buffer[: len(data)] = data
        return len(data)


def opening(
    file: Beginning, reading: Reading, few: int = FEW, longest: int = MAX_EXCHANGES
) -> Opening:
    """The first sessions of a reading of this file: no session that begins behind `few` exchanges, none longer.

    CaptureError where nothing is in these bytes.
    """
    taken = _Taken(file, few, longest)
    try:
        capture = collected(reading, taken.of(reading.items()))
    except CaptureError as fault:
        if not file.is_used_up:
            raise
        where = f"in its first {file.size >> 20} MiB: --all reads on"
        raise CaptureError(f"{fault.reason}, {where}", fault.file, "", fault.details) from None
    return Opening(capture, taken.goes_on)


class _Taken:
    """Takes items until there are enough of them."""

    def __init__(self, file: Beginning, few: int, longest: int) -> None:
        self.file = file
        self.few = few
        self.longest = longest
        self.goes_on = False  # the session that is read last

    def of(self, items: Iterator[Item]) -> Iterator[Item]:
        """The first of these items."""
        sessions = exchanges = 0
        for count, item in enumerate(items, 1):
            if isinstance(item, Session):
                is_new = item.index == sessions
                if is_new and exchanges >= self.few:
                    return
                sessions += is_new
            elif self.file.is_used_up and self._may_be_cut(item):
                break
            yield item
            exchanges += isinstance(item, Exchange)
            if exchanges >= self.longest or count >= MAX_ITEMS:
                break
        else:
            self.goes_on = self.file.is_used_up
            return
        self.goes_on = True

    def _may_be_cut(self, item: Exchange | Frame | Problem) -> bool:
        """Whether what an item lacks may stand behind the bytes that are read."""
        is_unanswered = isinstance(item, Exchange) and item.response is None
        return is_unanswered or item_end(item) >= self.file.size


def item_end(item: Exchange | Frame | Problem) -> int:
    """Where an item ends in its file, in bytes."""
    if isinstance(item, Exchange):
        return item.frames[-1].stop
    return item.stop
