# SPDX-License-Identifier: MIT
"""Captures that were packed with gzip, xz or zip, unpacked while they are read and never on disk.

What a packed file swells to is bounded: 1 GiB, and 200 times its size behind the first 16 MiB.
"""

from __future__ import annotations

import io
import lzma
import os
import zlib
from contextlib import suppress
from typing import Any, BinaryIO

from ..model import Problem

MAX_SIZE, MAX_RATIO, FREE = 1 << 30, 200, 16 << 20
_CHUNK, _XZ_MEMORY = 1 << 16, 128 << 20
_GZIP, _XZ, _ZIP = b"\x1f\x8b\x08", b"\xfd7zXZ\0", b"PK\3\4"


def unpacked(file: BinaryIO) -> BinaryIO:
    """The file itself, or what is packed in it: of a zip its first member."""
    head = file.read(6)
    file.seek(0)
    return Unpacked(file) if head.startswith((_GZIP, _XZ, _ZIP)) else file


class Unpacked(io.BufferedReader):
    """A packed file as it was; `fault` says why it ends before its end."""

    def __init__(self, file: BinaryIO) -> None:
        self.packed = _Packed(file)
        super().__init__(self.packed, 1 << 17)

    @property
    def fault(self) -> Problem | None:
        return self.packed.fault


class _Packed(io.RawIOBase):
    """The bytes that come out; going back is starting again."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self._begin()

    def _begin(self) -> None:
        self.file.seek(0)
        self.at, self.read_in, self.held, self.crc, self.ended = 0, 0, b"", 0, False
        self.told: int | None = None
        self.fault: Problem | None = None
        head = self.file.read(30)
        self.file.seek(0)
        self.decoder: Any = (
            lzma.LZMADecompressor(memlimit=_XZ_MEMORY) if head.startswith(_XZ) else zlib.decompressobj(31)
        )
        self.is_gzip = head.startswith(_GZIP)
        if head.startswith(_ZIP):
            self._zip(head)

    def _zip(self, head: bytes) -> None:
        """Stand where the first member of a zip begins; only what is packed with deflate can be read."""
        flags, method = head[6:8], head[8:10]
        self.decoder = zlib.decompressobj(-15)
        self.told = None if flags[:1] and flags[0] & 8 else int.from_bytes(head[14:18], "little")
        if len(head) < 30 or method != b"\x08\0" or flags[0] & 1:
            self._stop("a zip whose first member is encrypted, or packed in another way than deflate: unpack it first")
        self.file.seek(30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little"))

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
        """One call of the decoder."""
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
            found: bytes = self.decoder.decompress(packed, size)
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
