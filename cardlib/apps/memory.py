# SPDX-License-Identifier: MIT
"""What the cells of a chip hold: each by its row, a block of MIFARE Classic by its form, many as an NDEF message.

A cell has a row by its number, `["file page 03"]`, below the name of a chip where it differs, `["file NTAG213/page
29"]`, and a block of FeliCa by its service, `["file service 000B"]`, below its system where other systems have such a
service, too, `["file 0003/service 090F"]`. The chip is what its version says, the system is what was polled; either is
the directory of the context.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..core.addresses import parameters_of
from ..core.codec import to_hex
from ..core.facts import Facts
from ..core.model import Command, Constant, Context, Fact, Node, Response
from . import access_bits, files, mad, ndef
from .application import Nodes
from .cells import CLASSIC_BLOCK, Cells, cells_read, cells_written
from .fields import laid

CLASSIC = "classic"
_LONG_CONTAINER = "long-container"  # the row of its second block
_CONDITIONS = "access conditions"
_SMALL_SECTORS, _SMALL, _LARGE = 128, 4, 16  # blocks of MIFARE Classic 4K


def of_command(context: Context, command: Command, facts: Facts) -> Nodes:
    """The data of a write: what its row says up to the cells, then the cells; nothing for other commands."""
    cells = cells_written(context, command)
    if cells is None:
        return ()
    raw = command.raw
    start = len(raw) - len(command.data)
    if start >= cells.start:
        return _nodes(context, cells, raw, facts)
    row = facts.native(f"{command.code:02X}", parameters_of(command))
    if row is None or row.data is None or row.data.layout is None:
        return ()
    parameters = {"p1": to_hex(raw[:1])}
    before = row.data.layout.parse(raw, start, cells.start, parameters)
    return (*before, *_nodes(context, cells, raw, facts))


def of_answer(context: Context, command: Command, response: Response, facts: Facts) -> Nodes:
    """The cells that an answer holds, with what stands before them; nothing where it holds none."""
    cells = cells_read(context, command, response)
    if cells is None:
        return ()
    raw = response.raw
    start = len(raw) - len(response.data)
    if not cells.service or start >= cells.start:
        return _nodes(context, cells, raw, facts)
    fact = facts.native_answer(f"{command.code:02X}", {})
    if fact is None or fact.layout is None:
        return ()
    before = fact.layout.parse(raw, start, cells.start, {})
    return (*before, *_nodes(context, cells, raw, facts))


def _nodes(context: Context, cells: Cells, raw: bytes, facts: Facts) -> Nodes:
    """The nodes of cells, up to where an NDEF message begins, and the message."""
    nodes: list[Node] = []
    message_at = ndef.begins(context, cells, raw)
    is_directory = _holds_directory(context, cells, raw)
    for number in cells.numbers:
        if is_directory and number in mad.BLOCKS:
            if number == mad.BLOCKS[0]:
                nodes += _directory(cells, raw, facts)
            continue
        if number == message_at:
            message = ndef.nodes(context, cells, raw, number, facts)
            if message:
                return (*nodes, *message)
        nodes += _cell(context, cells, number, raw, facts)
    return tuple(nodes)


def _holds_directory(context: Context, cells: Cells, raw: bytes) -> bool:
    """Whether cells hold both blocks of an application directory: its check sum fits."""
    if context.application != CLASSIC or cells.size != CLASSIC_BLOCK:
        return False
    if not all(number in cells.numbers for number in mad.BLOCKS):
        return False
    start = cells.place(mad.BLOCKS[0])
    return mad.fits(raw[start : start + mad.SIZE])


def _directory(cells: Cells, raw: bytes, facts: Facts) -> Nodes:
    start = cells.place(mad.BLOCKS[0])
    fact = facts.file(("directory",))
    if fact is None:
        return ()
    return laid(fact, raw, start, start + mad.SIZE, facts, {})


def _cell(context: Context, cells: Cells, number: int, raw: bytes, facts: Facts) -> Nodes:
    """One cell: by its row, as one that is blank, or as bytes of the user."""
    start = cells.place(number)
    stop = start + cells.size
    value = raw[start:stop]
    is_of_container = ndef.is_of_container(context, cells, raw, number)
    fact = _row(context, cells, number, value, facts, is_of_container)
    if fact is not None:
        describe = access_bits.describe
        if _sector_size(number) == _LARGE:
            describe = access_bits.describe_large
        return _with_conditions(laid(fact, raw, start, stop, facts, {}), describe)
    name = f"{cells.unit} {number}"
    if cells.service:
        name = f"service {cells.service:04X}, block {number}"
    if not value.strip(b"\0") or not value.strip(b"\xff"):
        blank = Fact("", name, Constant(f"blank, all {to_hex(value[:1])}"), share="all")
        return (Node(blank, raw, start, start, stop),)
    return (Node(Fact("", name, to_hex, known=False), raw, start, start, stop),)


def _row(
    context: Context,
    cells: Cells,
    number: int,
    value: bytes,
    facts: Facts,
    is_of_container: bool,
) -> Fact | None:
    """The row of a cell: of its form in MIFARE Classic, of its service in FeliCa, of its number."""
    if cells.service:
        return facts.file((*files.levels(context), f"service {cells.service:04X}"), number)
    if is_of_container:
        return facts.file((_LONG_CONTAINER,))
    place = ""
    if context.application == CLASSIC and len(value) == CLASSIC_BLOCK:
        place = _form_of(number, value)
    place = place or f"{cells.unit} {number & 0xFF:02X}"
    return facts.file((*files.levels(context), place))


def _form_of(number: int, value: bytes) -> str:
    """A block of MIFARE Classic that ends its sector holds the keys; any other may be a value."""
    sector_size = _sector_size(number)
    if number % sector_size == sector_size - 1:
        return "trailer"
    if _is_value(value):
        return "value-block"
    return ""


def _sector_size(number: int) -> int:
    """How many blocks the sector of a block has."""
    if number < _SMALL_SECTORS:
        return _SMALL
    return _LARGE


def _is_value(block: bytes) -> bool:
    """Whether a block is a value: it stands there twice and once inverted, and its address likewise."""
    value = block[:4]
    address = block[12:13]
    address_and_inverse = address + _inverse(address)
    return block == value + _inverse(value) + value + 2 * address_and_inverse


def _inverse(data: bytes) -> bytes:
    return bytes(byte ^ 0xFF for byte in data)


def _with_conditions(nodes: Nodes, describe: Callable[[bytes], str]) -> Nodes:
    """A sector trailer, with what its access conditions allow in words."""
    read = []
    for node in nodes:
        if node.name == _CONDITIONS:
            node = replace(node, fact=replace(node.fact, describe=describe))
        read.append(replace(node, children=_with_conditions(node.children, describe)))
    return tuple(read)
