# SPDX-License-Identifier: MIT
"""NDEF in the memory of a chip: announced by a capability container or attributes, read in several answers.

Type 2 and 5 tags have a container (E1, E2) and TLV blocks behind it; type 3 tags have attributes in block 0 of a
service, with the length of the message that begins in block 1. A message is laid on all that was read of it so far.
"""

from __future__ import annotations

from dataclasses import replace

from ..core import tlv
from ..core.codec import to_hex
from ..core.facts import Facts
from ..core.model import Constant, Context, Fact, Node, record
from . import files
from .application import Nodes
from .cells import FELICA_BLOCK, PAGE, Cells
from .fields import laid, not_asked_further

MESSAGE = "message"  # the row of what runs over cells
_CONTAINERS = (0xE1, 0xE2)
# Bytes of a container. Where blocks are longer, the message begins inside one, which is not read here.
_CONTAINER = 4
_SIZE_AT = 2  # in the container; 0 says that its size stands in a second block (NFC Forum Type 5 Tag, 4.3.1)
_BEHIND_LONG_CONTAINER = 2
_SERVICES = (0x000B, 0x0009)  # of type 3 tags: to read, and to read and write
_VERSIONS = (0x10, 0x11)  # of their attributes
_LENGTH = slice(11, 14)
_SUMMED = 14  # bytes before the check sum


@record
class Announced:
    """What a chip announces: a message, how long it is (-1: its TLV block says so), and the cell where it begins.

    first: 0 where the type of the tag says it.
    """

    length: int = -1
    first: int = 0


@record
class _Tag:
    """The cell of the container or the attributes, and the first one of the message."""

    container: int
    first: int


def _tag(cells: Cells) -> _Tag | None:
    """Where a tag with such cells has its message; None for memory that is of no tag type."""
    if cells.service:
        if cells.service not in _SERVICES:
            return None
        return _Tag(0, 1)
    if cells.unit == "page" and cells.size == PAGE:
        return _Tag(3, 4)
    if cells.size == _CONTAINER:
        return _Tag(0, 1)
    return None


def announced(cells: Cells, raw: bytes) -> Announced | bool | None:
    """What cells announce; False where they show that there is no message, None where they do not show it."""
    tag = _tag(cells)
    if tag is None or tag.container not in cells.numbers:
        return None
    at = cells.place(tag.container)
    cell = raw[at : at + cells.size]
    if not cells.service:
        if cell[0] not in _CONTAINERS:
            return False
        is_long = cells.unit == "block" and cell[_SIZE_AT] == 0
        return Announced(first=_BEHIND_LONG_CONTAINER if is_long else 0)
    sum_fits = sum(cell[:_SUMMED]) == int.from_bytes(cell[_SUMMED:FELICA_BLOCK])
    if cell[0] not in _VERSIONS or not sum_fits:
        return False
    return Announced(int.from_bytes(cell[_LENGTH]))


def _in_force(context: Context, cells: Cells, raw: bytes) -> Announced | None:
    """What is announced here, else what was announced before."""
    here = announced(cells, raw)
    if isinstance(here, Announced):
        return here
    if here is None and isinstance(context.state, Announced):
        return context.state
    return None


def _first(message: Announced | None, tag: _Tag) -> int:
    """The cell where the message of a tag begins."""
    if message is None:
        return tag.first
    return message.first or tag.first


def begins(context: Context, cells: Cells, raw: bytes) -> int:
    """The number of the cell from which on there may be a message; -1 where there is none."""
    tag = _tag(cells)
    if tag is None:
        return -1
    return max(_first(_in_force(context, cells, raw), tag), cells.first)


def is_of_container(context: Context, cells: Cells, raw: bytes, number: int) -> bool:
    """Whether a cell is the second block of a long container."""
    message = _in_force(context, cells, raw)
    return message is not None and 0 < number < message.first


def nodes(context: Context, cells: Cells, raw: bytes, number: int, facts: Facts) -> Nodes:
    """The message from this cell on, seen through the window of this half; nothing where none is announced."""
    message = _in_force(context, cells, raw)
    tag = _tag(cells)
    fact = facts.file((MESSAGE,))
    if message is None or tag is None or fact is None:
        return ()
    offset = (number - _first(message, tag)) * cells.size
    content = context.content
    if offset and (content is None or content.size < offset):
        return ()
    at = cells.place(number)
    whole = files.joined(content)[:offset] + raw[at : cells.stop]
    length = len(whole)
    if message.length >= 0:
        length = min(message.length, length)
    (laid_node,) = laid(fact, whole, 0, length, facts, {})
    stop = max(at + length - offset, at)
    parts = list(tlv.window(laid_node.children, offset, raw, at, stop))
    if stop == cells.stop:  # what is missing stands in cells that were not asked for
        parts = [not_asked_further(part, stop) for part in parts]
    else:
        parts.append(_behind(raw, stop, cells.stop))
    note = ""
    if offset:
        note = f"from byte {offset} of the message"
    outer = replace(fact, describe=Constant(), layout=None)
    return (Node(outer, raw, at, at, cells.stop, tuple(parts), note),)


def _behind(raw: bytes, start: int, stop: int) -> Node:
    """What fills the last block behind a message."""
    is_blank = not raw[start:stop].strip(b"\0")
    return Node(Fact("", "behind the message", to_hex, known=is_blank), raw, start, start, stop)


def follow(context: Context, cells: Cells, raw: bytes) -> Context:
    """What is known of the message after these cells were read."""
    here = announced(cells, raw)
    if here is False:
        return replace(context, state=None, content=None)
    if isinstance(here, Announced):
        context = replace(context, state=here)
    tag = _tag(cells)
    if tag is None or not isinstance(context.state, Announced):
        return context
    begin = _first(context.state, tag)
    first = max(begin, cells.first)
    if first not in cells.numbers:
        return context
    offset = (first - begin) * cells.size
    data = raw[cells.place(first) : cells.stop]
    return replace(context, content=_extended(context.content, offset, data))


def _extended(content: files.Content | None, offset: int, data: bytes) -> files.Content | None:
    """What is known of a message after one more read, which may overlap the last one."""
    if content is not None and 0 < offset < content.size:
        data = data[content.size - offset :]
        offset = content.size
    if not data:
        return content
    return files.read_on(content, offset, data) or content
