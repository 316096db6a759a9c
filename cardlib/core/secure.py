# SPDX-License-Identifier: MIT
"""Secure messaging as it stands on the wire: data objects for cryptogram, MAC, Le and status (ISO/IEC 7816-4, 10)."""

from __future__ import annotations

from . import tlv
from .facts import facts
from .model import Node

# Plain value, cryptogram, padding indicator and cryptogram, MAC, Le, status; odd tags are under the MAC (table 51).
_PLAIN = ("80", "81", "B0", "B1", "B2", "B3", "96", "97", "99")
_CIPHERED = ("82", "83", "84", "85", "86", "87")
_CHECKED = ("8E", "8F", "9A", "9B")
_OBJECTS = frozenset((*_PLAIN, *_CIPHERED, *_CHECKED))
_TELLING = frozenset(("85", "86", "87", "8E", "97", "99"))


def secure_nodes(raw: bytes, start: int, stop: int) -> tuple[Node, ...]:
    """The objects of a protected data field; nothing where the bytes are not such objects to the end."""
    rows = tlv.scan(raw, start, stop)
    outer = [row for row in rows if row[1] == 0]
    tags = {row[0] for row in outer}
    damaged = any(row[5] and not row[5].startswith(tlv.NOTE) for row in outer)
    if damaged or not tags <= _OBJECTS or tags.isdisjoint(_TELLING):
        return ()
    return tlv.tree(raw, rows, facts("sm"))
