# SPDX-License-Identifier: MIT
"""What a personalisation writes: data groupings, records of files among them (EMV Card Personalization 1.1, 3.2, A.5).

A grouping has an identifier of 2 bytes, a length of 1 byte, or FF and 2 bytes, and a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..core.codec import to_hex
from ..core.errors import NotVerifiable
from ..core.facts import Facts, facts
from ..core.model import Constant, Fact, Node, record
from .application import Nodes
from .fields import as_tlv, laid

REF = "EMV Card Personalization Specification 1.1, 3.2"
RECORD_FILES = range(0x01, 0x1F)  # short file identifiers, as the first byte
_LONG = 0xFF
_DES_BLOCK = 8
_IDENTIFIER_DIGITS = 4
_EMV = ("iso7816", "emv", "globalplatform")
_CUT = "cut off: {wanted} bytes expected, {left} left"


@record
class Grouping:
    """Where a data grouping stands, and what it is called; `error` where it is cut off."""

    identifier: str
    start: int
    body: int
    stop: int
    error: str = ""


def groupings(data: bytes, start: int, stop: int) -> Iterator[Grouping]:
    """The data groupings of a block in order; the last may be cut off."""
    place = start
    while place < stop:
        body, size = _head(data, place, stop)
        identifier = to_hex(data[place : min(place + 2, stop)])
        if body > stop:
            yield Grouping(identifier, place, stop, stop, "cut off in its identifier or length")
            return
        end = body + size
        error = ""
        if end > stop:
            error = _CUT.format(wanted=size, left=stop - body)
            end = stop
        yield Grouping(identifier, place, body, end, error)
        place = end


def _head(data: bytes, place: int, stop: int) -> tuple[int, int]:
    """Where the value begins, and its size; a head that is cut off ends behind `stop`."""
    if place + 3 > stop:
        return stop + 1, 0
    if data[place + 2] != _LONG:
        return place + 3, data[place + 2]
    if place + 5 > stop:
        return stop + 1, 0
    return place + 5, int.from_bytes(data[place + 3 : place + 5])


def is_tiled(data: bytes, start: int, stop: int) -> bool:
    """Whether bytes are data groupings to the end, each with an identifier that is known."""
    parts = list(groupings(data, start, stop))
    if not parts:
        return False
    return all(_is_known(part) for part in parts)


def goes_on(data: bytes) -> bool:
    """Whether the last data grouping of what was stored so far is not whole."""
    return any(part.error for part in groupings(data, 0, len(data)))


def _is_known(part: Grouping) -> bool:
    if part.error:
        return False
    if _record_name(part.identifier):
        return True
    return facts(*_EMV).file(("dgi", part.identifier)) is not None


def _record_name(identifier: str) -> str:
    """The name of a grouping that is a record of a file; empty for any other."""
    file, number = bytes.fromhex(identifier)
    if file not in RECORD_FILES or not number:
        return ""
    return f"record {number} of file {file}"


def is_secret(identifier: str) -> bool:
    """Whether a data grouping holds keys or a PIN."""
    fact = facts(*_EMV).file(("dgi", identifier))
    return fact is not None and bool(fact.holds or fact.sensitive)


def nodes(data: bytes, start: int, stop: int, enciphered: bool, session: Any) -> Nodes:
    """The nodes of data groupings; `enciphered`: those with secrets are, and a session opens them with its DEK."""
    return tuple(_node(data, part, enciphered, session) for part in groupings(data, start, stop))


def _node(data: bytes, part: Grouping, enciphered: bool, session: Any) -> Node:
    fact = _fact(part.identifier)
    places = (part.start, part.body, part.stop)
    if part.error or part.body == part.stop:
        plain = replace(fact, describe=to_hex, layout=None, opens="none")
        return Node(plain, data, *places, error=part.error)
    if enciphered and is_secret(part.identifier):
        return _enciphered(fact, data, part, session)
    children = _children(fact, data, part.body, part.stop)
    if not children:
        fact = replace(fact, describe=to_hex, known=False)
    return Node(fact, data, *places, children)


def _fact(identifier: str) -> Fact:
    """The row of a grouping, or that it is a record."""
    unknown = Fact(identifier, "data grouping", Constant(), REF, "seen", "parts", known=False)
    if len(identifier) != _IDENTIFIER_DIGITS:
        return unknown
    row = facts(*_EMV).file(("dgi", identifier))
    if row is not None:
        return replace(row, tag=identifier, describe=Constant(), opens="parts")
    name = _record_name(identifier)
    if name:
        return replace(unknown, name=name, known=True)
    return unknown


def _children(fact: Fact, data: bytes, start: int, stop: int) -> Nodes:
    """What is in a grouping: the fields of its row, else the objects of a record or template."""
    known: Facts = facts(*_EMV)
    if fact.layout is not None:
        return laid(fact, data, start, stop, known, {})[0].children
    return as_tlv(data, start, stop, known)


def _enciphered(fact: Fact, data: bytes, part: Grouping, session: Any) -> Node:
    """A grouping of keys or a PIN under the DEK: its content in clear below it where the session has that key."""
    kind = fact.sensitive or fact.holds
    outer = replace(fact, sensitive=kind, layout=None, holds="")
    places = (part.start, part.body, part.stop)
    note = "enciphered with the data encryption key"
    plain = deciphered(session, data[part.body : part.stop])
    if plain is None:
        return Node(replace(outer, describe=to_hex), data, *places, note=note)
    children = _children(fact, plain, 0, len(plain))
    inside = Fact("", "in clear", Constant(), REF, opens="parts")
    derived = "deciphered with the data encryption key of the session"
    clear = Node(inside, plain, 0, 0, len(plain), children, derived=derived)
    return Node(outer, data, *places, (clear,), note=note)


def deciphered(session: Any, value: bytes) -> bytes | None:
    """A value that was enciphered with the DEK; None without a session, or where it has no whole blocks."""
    if session is None or not value or len(value) % _DES_BLOCK:
        return None
    try:
        plain: bytes = session.decipher_key(value)
    except NotVerifiable:
        return None
    return plain
