# SPDX-License-Identifier: MIT
"""Captures that were packed with gzip, xz, zip or by Android, unpacked while they are read and never on disk.

What a packed file swells to is bounded: 1 GiB, and 200 times its size behind the first 16 MiB.
"""

from __future__ import annotations

import base64
import io
import lzma
import os
import re
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO

from ..core.model import Problem

MAX_SIZE, MAX_RATIO, FREE = 1 << 30, 200, 16 << 20
_CHUNK, _XZ_MEMORY, _MAX_MEMBERS = 1 << 16, 128 << 20, 64
_GZIP, _XZ, _ZIP = b"\x1f\x8b\x08", b"\xfd7zXZ\0", b"PK\3\4"
_SNOOP = re.compile(rb"BEGIN:NFCSNOOP_\w{1,20}[^\n]{0,60}\n([^-]*)")  # in base64
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_SNOOP_HEAD = 9  # bytes of it are not packed


def unpacked(file: BinaryIO, is_capture: Callable[[bytes], bool] = bool) -> BinaryIO:
    """The file itself, or what is packed in it: of a zip the first member that begins like a capture, or the first."""
    head = file.read(1 << 20)
    file.seek(0)
    if not head.startswith(_ZIP):
        return Unpacked(file) if head.startswith((_GZIP, _XZ)) else _snooped(head) or file
    places, count = _members(file)
    for place in places:
        if is_capture(Unpacked(file, place).read(_CHUNK)):
            return Unpacked(file, place, count - 1)
    return Unpacked(file, places[0], count - 1)


def _snooped(head: bytes) -> BinaryIO | None:
    """The longest log of nfcsnoop in the first MiB of a text; what is no base64 ends it."""
    logs = [b"".join(match[1].split()) for match in _SNOOP.finditer(head)]
    if not logs:
        return None
    good = _BASE64.match(max(logs, key=len))
    packed = base64.b64decode(good[0]) if good else b""
    return Unpacked(io.BytesIO(packed), others=len(logs) - 1, plain=_SNOOP_HEAD)


def _members(file: BinaryIO) -> tuple[list[int], int]:
    """Where the first members of a zip begin, and how many it has, by the directory at its end (APPNOTE 4.3.12).

    Where that cannot be read there is one, at the beginning. Members without bytes are left out: folders.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - (1 << 16) - 22, 0))
    tail = file.read()
    at, places, empty = tail.rfind(b"PK\5\6"), list[int](), 0
    count, start = struct.unpack_from("<H4xI", tail, at + 10) if 0 <= at <= len(tail) - 22 else (0, 0)
    file.seek(start)
    for _ in range(min(count, _MAX_MEMBERS)):
        row = file.read(46)
        if len(row) < 46 or not row.startswith(b"PK\1\2"):
            break
        size, *lengths, place = struct.unpack_from("<I3H8xI", row, 24)
        file.seek(sum(lengths), os.SEEK_CUR)
        places, empty = places + [place] * (size > 0), empty + (size == 0)
    return places or [0], max(count - empty, 1)


class Unpacked(io.BufferedReader):
    """A packed file as it was; `faults` say why it ends before its end, and that others beside it are not read."""

    def __init__(self, file: BinaryIO, place: int = 0, others: int = 0, plain: int = 0) -> None:
        self.packed, self.others = _Packed(file, place, plain), others
        super().__init__(self.packed, 1 << 17)

    @property
    def faults(self) -> list[Problem]:
        detail = f"{self.others} more in this file, which are not read: give each a file of its own"
        others = [Problem("packed file", detail, 0, 0, 0, gap=False)] if self.others else []
        return others + ([self.packed.fault] if self.packed.fault else [])


class _Packed(io.RawIOBase):
    """The bytes that come out, the first `plain` ones as they are; going back is starting again."""

    def __init__(self, file: BinaryIO, place: int, plain: int) -> None:
        self.file, self.place, self.first = file, place, plain
        self._begin()

    def _begin(self) -> None:
        self.file.seek(self.place)
        self.at, self.read_in, self.held, self.crc, self.ended, self.plain = 0, 0, b"", 0, False, self.first
        self.told: int | None = None
        self.fault: Problem | None = None
        head = self.file.read(30)
        self.file.seek(self.place)
        self.decoder: Any = (
            lzma.LZMADecompressor(memlimit=_XZ_MEMORY) if head.startswith(_XZ) else zlib.decompressobj(47)
        )
        self.is_gzip = head.startswith(_GZIP)
        if head.startswith(_ZIP) or self.place:
            self._zip(head)

    def _zip(self, head: bytes) -> None:
        """Stand where a member of a zip begins: packed with deflate, or stored."""
        flags, method = head[6:8], head[8:10]
        self.decoder = zlib.decompressobj(-15)
        self.told = None if flags[:1] and flags[0] & 8 else int.from_bytes(head[14:18], "little")
        is_stored = method == b"\0\0" and self.told is not None
        if len(head) < 30 or not head.startswith(_ZIP) or not (is_stored or method == b"\x08\0") or flags[0] & 1:
            self._stop("a member of a zip that is encrypted, or packed in another way than deflate: unpack it first")
        elif is_stored:
            self.plain = int.from_bytes(head[18:22], "little")
            self.decoder.decompress(b"\3\0")  # an empty stream: nothing is packed behind these bytes
        self.file.seek(self.place + 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little"))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_CUR:
            offset += self.at
        if whence != os.SEEK_END and offset < self.at:
            self._begin()
        while (whence == os.SEEK_END or self.at < offset) and self._next(
            _CHUNK if whence == os.SEEK_END else offset - self.at
        ):
            pass
        return self.at

    def readinto(self, buffer: Any) -> int:
        found = self._next(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def _next(self, size: int) -> bytes:
        """At most `size` bytes more; none at the end."""
        found = b""
        try:
            while not found and not self.ended and not self.fault:
                found = self._step(min(size, _CHUNK))
        except (zlib.error, lzma.LZMAError, EOFError) as fault:
            self._stop(f"the packed file is damaged: {fault}")
        self.at += len(found)
        self.crc = zlib.crc32(found, self.crc) if self.told is not None else 0
        if self.at > MAX_SIZE or (self.at > FREE and self.at > MAX_RATIO * self.read_in):
            self._stop(
                f"it swells to more than {MAX_RATIO} times its size, or {MAX_SIZE >> 30} GiB: reading stops here"
            )
        return found

    def _step(self, size: int) -> bytes:
        """One call of the decoder, or bytes that need none."""
        if self.plain:
            found: bytes = self.file.read(min(size, self.plain))
            self.plain, self.read_in = self.plain - len(found), self.read_in + len(found)
            if not found:
                self._stop("the packed file is cut off")
            return found
        if self.decoder.eof:
            return self._member()
        needs = self.decoder.needs_input if isinstance(self.decoder, lzma.LZMADecompressor) else not self.held
        packed = self.held
        if needs and not packed:
            packed = self.file.read(_CHUNK)
            self.read_in += len(packed)
            if not packed:
                self._stop("the packed file is cut off")
                return b""
        if isinstance(self.decoder, lzma.LZMADecompressor):
            self.held = b""
            return self.decoder.decompress(packed, size)
        spare = self.decoder.copy()
        try:
            found = self.decoder.decompress(packed, size)
        except zlib.error as fault:
            self._stop(f"the packed file is damaged: {fault}")
            return _salvaged(spare, packed, size)
        self.held = self.decoder.unconsumed_tail
        return found

    def _member(self) -> bytes:
        """What stands behind a packed stream: the end, or another one of gzip."""
        rest = self.decoder.unused_data
        if self.told is not None and self.told != self.crc:
            self._stop("the check sum in the zip does not fit")
        elif self.is_gzip and (rest or self.file.peek(1) if hasattr(self.file, "peek") else rest):
            self.held = rest or self.file.read(_CHUNK)
            self.decoder = zlib.decompressobj(31)
            return b""
        self.ended = True
        return b""

    def _stop(self, detail: str) -> None:
        self.fault = self.fault or Problem("packed file", detail, 0, self.at, self.at)


def _salvaged(decoder: Any, packed: bytes, size: int) -> bytes:
    """What comes out before the damage: byte by byte, until the decoder gives up."""
    found = b""
    with suppress(zlib.error):
        for byte in packed:
            found += decoder.decompress(bytes([byte]), max(size - len(found), 1))
    return found[:size]
