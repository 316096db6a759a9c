# SPDX-License-Identifier: MIT
"""Captures packed with gzip, xz, zip or by Android: unpacked while they are read, never on disk.

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
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO

from ..core.model import Problem

MAX_SIZE = 1 << 30
MAX_RATIO = 200
FREE = 16 << 20  # bytes to which the ratio does not apply
_HEAD = 1 << 20
_CHUNK = 1 << 16
_REMEMBERED = 8  # chunks that came out last
_BUFFER = 1 << 17
_XZ_MEMORY = 128 << 20
_MAX_MEMBERS = 64

_GZIP = b"\x1f\x8b\x08"
_XZ = b"\xfd7zXZ\0"
# APPNOTE 4.3.7, 4.3.12, 4.3.16
_ZIP = b"PK\3\4"
_ZIP_DIRECTORY_ROW = b"PK\1\2"
_ZIP_END = b"PK\5\6"
_ZIP_HEAD_SIZE = 30
_ZIP_ROW_SIZE = 46
_ZIP_END_SIZE = 22
_ZIP_MAX_COMMENT = 1 << 16
_STORED = b"\0\0"
_DEFLATE = b"\x08\0"
_ENCRYPTED = 0x01
_SIZES_BEHIND = 0x08  # check sum and sizes stand behind the member
# windowBits of zlib: what the packed bytes are wrapped in
_ZLIB_OR_GZIP = 47
_GZIP_ONLY = 31
_RAW_DEFLATE = -15
_EMPTY_DEFLATE = b"\3\0"

_SNOOP = re.compile(rb"BEGIN:NFCSNOOP_\w{1,20}[^\n]{0,60}\n([^-]*)")  # in base64
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_SNOOP_HEAD = 9  # bytes of it are not packed


def unpacked(file: BinaryIO, is_capture: Callable[[bytes], bool] = bool) -> BinaryIO:
    """The file itself, or what is packed in it.

    Of a zip: the first member that begins like a capture, else the first.
    """
    head = file.read(_HEAD)
    file.seek(0)
    if head.startswith((_GZIP, _XZ)):
        return Unpacked(file)
    if not head.startswith(_ZIP):
        return _snooped(head) or file
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
    packed = b""
    base64_part = _BASE64.match(max(logs, key=len))
    if base64_part:
        packed = base64.b64decode(base64_part[0])
    return Unpacked(io.BytesIO(packed), others=len(logs) - 1, plain=_SNOOP_HEAD)


def _members(file: BinaryIO) -> tuple[list[int], int]:
    """Where the first members of a zip begin, and how many it has, by the directory at its end.

    Where that cannot be read there is one, at the beginning. Members without bytes are left out:
    folders.
    """
    count, start = _directory(file)
    file.seek(start)
    places: list[int] = []
    empty = 0
    for _ in range(min(count, _MAX_MEMBERS)):
        row = file.read(_ZIP_ROW_SIZE)
        if len(row) < _ZIP_ROW_SIZE or not row.startswith(_ZIP_DIRECTORY_ROW):
            break
        # APPNOTE 4.3.12: size, then the lengths of name, extra field and comment, then the place
        size, *lengths, place = struct.unpack_from("<I3H8xI", row, 24)
        file.seek(sum(lengths), os.SEEK_CUR)
        if size:
            places.append(place)
        else:
            empty += 1
    return places or [0], max(count - empty, 1)


def _directory(file: BinaryIO) -> tuple[int, int]:
    """The number of rows in the directory of a zip, and where it begins (APPNOTE 4.3.16)."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - _ZIP_MAX_COMMENT - _ZIP_END_SIZE, 0))
    tail = file.read()
    place = tail.rfind(_ZIP_END)
    if place < 0 or place > len(tail) - _ZIP_END_SIZE:
        return 0, 0
    count, start = struct.unpack_from("<H4xI", tail, place + 10)
    return count, start


class Unpacked(io.BufferedReader):
    """A packed file as it was.

    `faults` say why it ends before its end, and that others beside it are not read.
    """

    def __init__(self, file: BinaryIO, place: int = 0, others: int = 0, plain: int = 0) -> None:
        self.packed = _Packed(file, place, plain)
        self.others = others
        super().__init__(self.packed, _BUFFER)

    def recent(self, start: int, size: int) -> bytes:
        """Bytes that came out not long ago, or are the first to come; going back would unpack everything again."""
        if self.tell() == start == 0:
            data = self.read(size)
            self.seek(0)
            return data
        return self.packed.recent(start, size)

    @property
    def faults(self) -> list[Problem]:
        faults: list[Problem] = []
        if self.others:
            detail = (
                f"{self.others} more in this file, which are not read: give each a file of its own"
            )
            faults.append(Problem("packed file", detail, 0, 0, 0, gap=False))
        if self.packed.fault:
            faults.append(self.packed.fault)
        return faults


class _Packed(io.RawIOBase):
    """The bytes that come out, the first `plain` ones as they are; going back is starting again."""

    def __init__(self, file: BinaryIO, place: int, plain: int) -> None:
        self.file = file
        self.place = place
        self.first_plain = plain
        self._begin()

    def _begin(self) -> None:
        self.at = 0  # bytes that came out
        self.read_in = 0  # packed bytes that were read
        self.pending = b""  # packed bytes that the decoder did not take yet
        self.plain = self.first_plain  # bytes to come that are not packed
        self.ended = False
        self.crc = 0
        self.declared_crc: int | None = None
        self.fault: Problem | None = None
        self.last: deque[tuple[int, bytes]] = deque(maxlen=_REMEMBERED)
        self.file.seek(self.place)
        head = self.file.read(_ZIP_HEAD_SIZE)
        self.file.seek(self.place)
        self.is_gzip = head.startswith(_GZIP)
        self.decoder: Any = zlib.decompressobj(_ZLIB_OR_GZIP)
        if head.startswith(_XZ):
            self.decoder = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
        if head.startswith(_ZIP) or self.place:
            self._begin_member(head)

    def _begin_member(self, head: bytes) -> None:
        """Stand where a member of a zip begins: packed with deflate, or stored (APPNOTE 4.3.7)."""
        flags = int.from_bytes(head[6:7], "little")
        method = head[8:10]
        if not flags & _SIZES_BEHIND:
            self.declared_crc = int.from_bytes(head[14:18], "little")
        self.decoder = zlib.decompressobj(_RAW_DEFLATE)
        is_stored = method == _STORED and self.declared_crc is not None
        is_member = len(head) == _ZIP_HEAD_SIZE and head.startswith(_ZIP)
        if not is_member or flags & _ENCRYPTED or not (is_stored or method == _DEFLATE):
            self._stop(
                "a member of a zip that is encrypted, or packed in another way than deflate: "
                "unpack it first"
            )
        elif is_stored:
            self.plain = int.from_bytes(head[18:22], "little")
            self.decoder.decompress(_EMPTY_DEFLATE)  # nothing is packed behind these bytes
        name_size = int.from_bytes(head[26:28], "little")
        extra_size = int.from_bytes(head[28:30], "little")
        self.file.seek(self.place + _ZIP_HEAD_SIZE + name_size + extra_size)

    def recent(self, start: int, size: int) -> bytes:
        """Of the bytes that came out last, those from `start` on; none where they are forgotten."""
        found = b""
        for at, data in self.last:
            if at <= start < at + len(data):
                found = data[start - at :]
            elif found:
                found += data
        return found[:size]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_END:
            while self._next(_CHUNK):
                pass
            return self.at
        if whence == os.SEEK_CUR:
            offset += self.at
        if offset < self.at:
            self._begin()
        while self.at < offset and self._next(offset - self.at):
            pass
        return self.at

    def readinto(self, buffer: Any) -> int:
        data = self._next(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _next(self, size: int) -> bytes:
        """At most `size` bytes more; none at the end."""
        data = b""
        try:
            while not data and not self.ended and not self.fault:
                data = self._step(min(size, _CHUNK))
        except (zlib.error, lzma.LZMAError, EOFError) as fault:
            self._stop(f"the packed file is damaged: {fault}")
        self.last.append((self.at, data))
        self.at += len(data)
        if self.declared_crc is not None:
            self.crc = zlib.crc32(data, self.crc)
        if self.at > MAX_SIZE or (self.at > FREE and self.at > MAX_RATIO * self.read_in):
            self._stop(
                f"it swells to more than {MAX_RATIO} times its size, or {MAX_SIZE >> 30} GiB: "
                "reading stops here"
            )
        return data

    def _step(self, size: int) -> bytes:
        """One call of the decoder, or bytes that need none."""
        if self.plain:
            return self._plain_bytes(size)
        if self.decoder.eof:
            self._end_stream()
            return b""
        is_xz = isinstance(self.decoder, lzma.LZMADecompressor)
        packed = self.pending
        needs_input = not packed
        if is_xz:
            needs_input = self.decoder.needs_input and not packed
        if needs_input:
            packed = self.file.read(_CHUNK)
            self.read_in += len(packed)
            if not packed:
                self._stop("the packed file is cut off")
                return b""
        if is_xz:
            self.pending = b""
            unpacked_bytes: bytes = self.decoder.decompress(packed, size)
            return unpacked_bytes
        return self._inflated(packed, size)

    def _plain_bytes(self, size: int) -> bytes:
        data = self.file.read(min(size, self.plain))
        self.plain -= len(data)
        self.read_in += len(data)
        if not data:
            self._stop("the packed file is cut off")
        return data

    def _inflated(self, packed: bytes, size: int) -> bytes:
        """What zlib makes of these bytes, up to the damage in them."""
        spare_decoder = self.decoder.copy()
        try:
            data: bytes = self.decoder.decompress(packed, size)
        except zlib.error as fault:
            self._stop(f"the packed file is damaged: {fault}")
            return _salvaged(spare_decoder, packed, size)
        self.pending = self.decoder.unconsumed_tail
        return data

    def _end_stream(self) -> None:
        """Behind a packed stream: the end, or another stream of gzip (RFC 1952, 2.2)."""
        rest = self.decoder.unused_data
        if self.declared_crc is not None and self.declared_crc != self.crc:
            self._stop("the check sum in the zip does not fit")
        elif self.is_gzip and (rest or self._has_more()):
            self.pending = rest or self.file.read(_CHUNK)
            self.decoder = zlib.decompressobj(_GZIP_ONLY)
            return
        self.ended = True

    def _has_more(self) -> bool:
        return hasattr(self.file, "peek") and bool(self.file.peek(1))

    def _stop(self, detail: str) -> None:
        self.fault = self.fault or Problem("packed file", detail, 0, self.at, self.at)


def _salvaged(decoder: Any, packed: bytes, size: int) -> bytes:
    """What comes out before the damage: byte by byte, until the decoder gives up."""
    data = b""
    with suppress(zlib.error):
        for byte in packed:
            data += decoder.decompress(bytes([byte]), max(size - len(data), 1))
    return data[:size]
