# SPDX-License-Identifier: MIT
"""Kinds of lists of objects: how tag and length are read, and how they are written.

Every reader is total: it gives (tag, start of the value, stop, error). An empty tag is no object: padding, where the
error begins with "note: ", or bytes that cannot be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ..model import record

Header = tuple[str, int, int, str]
NOTE = "note: "
PADDING = "note: padding"


def _same(tag: str) -> str:
    return tag


def _primitive(tag: str) -> bool:
    return False


@record
class Kind:
    """How the objects of a list are written.

    header: reads one at a place, up to an end; head: writes tag and length; tags: how a tag is written in a row;
    key: the tag under which a row is found; constructed: whether an object holds others, for lists that are opened
    without names.
    """

    name: str
    header: Callable[[bytes, int, int], Header]
    head: Callable[[str, bytes], bytes]
    tags: re.Pattern[str]
    key: Callable[[str], str] = _same
    constructed: Callable[[str], bool] = _primitive


def _filled(buf: bytes, at: int, end: int) -> int:
    """Where a run of equal bytes ends."""
    first = buf[at]
    stop = at + 1
    while stop < end and buf[stop] == first:
        stop += 1
    return stop


def _object(tag: str, body: int, length: int, end: int) -> Header:
    stop = body + length
    if stop > end:
        return tag, body, end, f"{length} bytes declared, {end - body} here"
    return tag, body, stop, ""


def _cut(at: int, end: int) -> Header:
    return "", at, end, "an object cut off"


def _ber_length(buf: bytes, at: int, end: int) -> tuple[int, int]:
    """The length and where it ends; -1 where it cannot be read (ISO/IEC 7816-4, 6.2)."""
    if at >= end:
        return -1, at
    first = buf[at]
    stop = at + 1
    if first < 0x80:
        return first, stop
    stop += first & 0x7F
    if first in (0x81, 0x82, 0x83, 0x84) and stop <= end:
        return int.from_bytes(buf[at + 1 : stop], "big"), stop
    return -1, at


def _ber(buf: bytes, at: int, end: int) -> Header:
    first = buf[at]
    if first == 0 or (first == 0xFF and buf[at : min(at + 2, end)] in (b"\xff", b"\xff\xff")):
        return "", at, _filled(buf, at, end), PADDING
    stop = at + 1
    if first & 0x1F == 0x1F:
        while stop < end and buf[stop] & 0x80 and stop < at + 3:
            stop += 1
        stop += 1
        if stop <= end and buf[stop - 1] & 0x80:
            return "", at, end, "a tag of more than 4 bytes"
    length, body = _ber_length(buf, stop, end)
    if length < 0:
        return _cut(at, end)
    return _object(buf[at:stop].hex().upper(), body, length, end)


def _ber_coded(length: int) -> bytes:
    if length < 0x80:
        return bytes([length])
    size = (length.bit_length() + 7) // 8
    return bytes([0x80 | size]) + length.to_bytes(size, "big")


def _ber_head(tag: str, value: bytes) -> bytes:
    return bytes.fromhex(tag) + _ber_coded(len(value))


def _ber_constructed(tag: str) -> bool:
    return bool(int(tag[:2], 16) & 0x20)


def _comprehension(buf: bytes, at: int, end: int) -> Header:
    """COMPREHENSION-TLV: one byte of tag, or 7F and two (ETSI TS 101 220, 7.1.1)."""
    if buf[at] in (0x00, 0xFF):
        return "", at, _filled(buf, at, end), PADDING
    stop = at + 3 if buf[at] == 0x7F else at + 1
    length, body = _ber_length(buf, stop, end)
    if length < 0:
        return _cut(at, end)
    return _object(buf[at:stop].hex().upper(), body, length, end)


def _comprehension_key(tag: str) -> str:
    """The tag without the bit that says whether it must be understood."""
    number = int(tag, 16)
    if len(tag) == 6:
        return f"{number & ~0x8000:06X}"
    return f"{number & 0x7F:02X}"


def _three(buf: bytes, stop: int, end: int) -> tuple[int, int]:
    """A length of one byte, or FF and two."""
    if stop < end and buf[stop] != 0xFF:
        return buf[stop], stop + 1
    if stop + 3 <= end:
        return int.from_bytes(buf[stop + 1 : stop + 3], "big"), stop + 3
    return -1, stop


def _three_head(tag: str, value: bytes) -> bytes:
    length = len(value)
    if length < 0xFF:
        return bytes.fromhex(tag) + bytes([length])
    return bytes.fromhex(tag) + b"\xff" + length.to_bytes(2, "big")


def _simple(buf: bytes, at: int, end: int) -> Header:
    """SIMPLE-TLV (ISO/IEC 7816-4, 6.1)."""
    if buf[at] in (0x00, 0xFF):
        return "", at, _filled(buf, at, end), PADDING
    length, body = _three(buf, at + 1, end)
    if length < 0:
        return _cut(at, end)
    return _object(f"{buf[at]:02X}", body, length, end)


def _grouping(buf: bytes, at: int, end: int) -> Header:
    """Data groupings: two bytes of identifier (EMV CPS, 3.2)."""
    length, body = _three(buf, at + 2, end)
    if length < 0:
        return _cut(at, end)
    return _object(buf[at : at + 2].hex().upper(), body, length, end)


def _ndef(buf: bytes, at: int, end: int) -> Header:
    """The TLV blocks of a type 2 tag; 00 and FE have no length (NFC Forum, Type 2 Tag, 2.3)."""
    if buf[at] == 0x00:
        return "", at, _filled(buf, at, end), PADDING
    if buf[at] == 0xFE:
        return "", at, at + 1, "note: terminator"
    length, body = _three(buf, at + 1, end)
    if length < 0:
        return _cut(at, end)
    return _object(f"{buf[at]:02X}", body, length, end)


def _compact(buf: bytes, at: int, end: int) -> Header:
    """COMPACT-TLV: tag 4x for x in the high half (ISO/IEC 7816-4, 12.1.1)."""
    tag, length = divmod(buf[at], 16)
    return _object(f"4{tag:X}", at + 1, length, end)


def _compact_head(tag: str, value: bytes) -> bytes:
    if len(value) > 15:
        raise ValueError("a COMPACT-TLV object holds up to 15 bytes")
    return bytes([int(tag[1], 16) << 4 | len(value)])


def _decimal(buf: bytes, at: int, end: int) -> Header:
    """Two digits of tag and two of length, in ASCII; characters of UTF-8 are counted (EMV QR Code, 3.2)."""
    digits = buf[at : min(at + 4, end)]
    if len(digits) < 4 or not digits.isdigit():
        return _cut(at, end)
    tag, length = digits[:2].decode(), int(digits[2:])
    stop = body = at + 4
    for _ in range(length):
        if stop >= end:
            return tag, body, end, f"{length} characters declared, fewer here"
        stop += 1
        while stop < end and _continues(buf[stop]):
            stop += 1
    return tag, body, stop, ""


def _continues(byte: int) -> bool:
    """Whether a byte continues a character of UTF-8."""
    return byte & 0xC0 == 0x80


def _decimal_head(tag: str, value: bytes) -> bytes:
    characters = sum(not _continues(byte) for byte in value)
    if characters > 99:
        raise ValueError("an object of a QR code holds up to 99 characters")
    return f"{tag}{characters:02}".encode()


_BYTE_TAG = re.compile(r"[0-9A-F]{2}")
_BER_TAG = re.compile(
    r"[0-9A-F][0-9A-E]|[02468ACE]F|[13579BDF]F([89A-F][0-9A-F]){0,2}[0-7][0-9A-F]"
)

_KINDS = (
    Kind("ber", _ber, _ber_head, _BER_TAG, _same, _ber_constructed),
    Kind("der", _ber, _ber_head, _BER_TAG, _same, _ber_constructed),
    Kind(
        "comp",
        _comprehension,
        _ber_head,
        re.compile(r"[0-7][0-9A-F]|7F[0-7][0-9A-F]{3}"),
        _comprehension_key,
    ),
    Kind("simple", _simple, _three_head, _BYTE_TAG),
    Kind("compact", _compact, _compact_head, re.compile(r"4[0-9A-F]")),
    Kind("dgi", _grouping, _three_head, re.compile(r"[0-9A-F]{4}")),
    Kind("ndef", _ndef, _three_head, _BYTE_TAG),
    Kind("decimal", _decimal, _decimal_head, re.compile(r"[0-9]{2}")),
)
KINDS = {kind.name: kind for kind in _KINDS}
