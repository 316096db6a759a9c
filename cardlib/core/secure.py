# SPDX-License-Identifier: MIT
"""Secure messaging as it stands on the wire: data objects for cryptogram, MAC, Le and status (ISO/IEC 7816-4, 10)."""

from __future__ import annotations

from dataclasses import field

from . import tlv
from .apdu import is_secure
from .facts import facts
from .model import Command, Node, Response, record

# Plain value, cryptogram, padding indicator and cryptogram, MAC, Le, status; odd tags are under the MAC (table 51).
_PLAIN = ("80", "81", "B0", "B1", "B2", "B3", "96", "97", "99")
_CIPHERED = ("82", "83", "84", "85", "86", "87")
_CHECKED = ("8E", "8F", "9A", "9B")
_OBJECTS = frozenset((*_PLAIN, *_CIPHERED, *_CHECKED))
_TELLING = frozenset(("85", "86", "87", "8E", "97", "99"))
_WITH_HEADER = 0x0C  # secure messaging with the header under the MAC (ISO/IEC 7816-4, table 2)
_LONG = 0x80  # from this length on, its own number of bytes stands before it
_FIRST_CLASSES = 0x20  # above them class bytes have other bits for this


@record
class Object:
    """A data object of secure messaging: its tag, all its bytes, and its value."""

    tag: str
    raw: bytes = field(repr=False)
    value: bytes = field(repr=False)


@record
class Opened:
    """What keys made of an exchange.

    `command` and `response` are in clear, None where they were not opened; `remarks` say of the command and of the
    answer what was checked, `faults` what is wrong. `parts` are nodes of opened bytes by the half and the byte where
    the cryptogram begins.
    """

    command: Command | None = None
    response: Response | None = None
    how: str = ""
    remarks: tuple[str, str] = ("", "")
    faults: tuple[str, str] = ("", "")
    parts: tuple[tuple[str, int, Node], ...] = ()


def objects_of(data: bytes) -> list[Object]:
    """The objects of a protected data field, as far as they are whole."""
    objects = []
    for tag, depth, start, body, stop, error in tlv.scan(data):
        is_whole = not error or error.startswith(tlv.NOTE)
        is_object = depth == 0 and bool(tag)
        if is_object and is_whole:
            raw = data[start:stop]
            value = data[body:stop]
            objects.append(Object(tag, raw, value))
    return objects


def written(tag: str, value: bytes) -> bytes:
    """A data object with its length in the shortest form (ISO/IEC 8825-1, 8.1.3)."""
    size = len(value)
    count = (size.bit_length() + 7) // 8
    length = size.to_bytes(max(count, 1))
    if size >= _LONG:
        length = bytes((_LONG | count,)) + length
    return bytes.fromhex(tag) + length + value


def is_protected(command: Command) -> bool:
    """Whether the data field of a command is objects of secure messaging, so that what it says is not in clear."""
    if not is_secure(command.cla):
        return False
    return bool(protected_nodes(command.cla, command.data, 0, len(command.data)))


def secure_nodes(raw: bytes, start: int, stop: int) -> tuple[Node, ...]:
    """The objects of a protected data field; nothing where the bytes are not such objects to the end."""
    rows = tlv.scan(raw, start, stop)
    outer = [row for row in rows if row[1] == 0]
    tags = {row[0] for row in outer}
    damaged = any(row[5] and not row[5].startswith(tlv.NOTE) for row in outer)
    if damaged or not tags <= _OBJECTS or tags.isdisjoint(_TELLING):
        return ()
    return tlv.tree(raw, rows, facts("sm"))


def protected_nodes(cla: int, raw: bytes, start: int, stop: int) -> tuple[Node, ...]:
    """The objects of a field under secure messaging, with what is wrong where they are cut off.

    Broken objects count only where the class says that the header is authenticated, too: no other protection looks so.
    """
    nodes = secure_nodes(raw, start, stop)
    has_header = cla < _FIRST_CLASSES and cla & _WITH_HEADER == _WITH_HEADER
    if nodes or not has_header:
        return nodes
    rows = tlv.scan(raw, start, stop)
    if not rows or rows[0][0] not in _TELLING:
        return ()
    return tlv.tree(raw, rows, facts("sm"))
