# SPDX-License-Identifier: MIT
"""The memory of chips: the pages or blocks that a command reads or writes, and the NDEF message that runs over them.

A cell has a row by its number, `["file page 03"]`, below the name of a chip where it differs: `["file NTAG213/page
29"]`. The chip is what its version says; it is the directory of the context.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..core import tlv
from ..core.apdu import data_start
from ..core.codec import to_hex
from ..core.facts import Facts
from ..core.facts import facts as facts_of_files
from ..core.model import Command, Constant, Context, Fact, Node, Protocol, Response, record
from . import access_bits, blocks, desfire, files
from .application import Nodes
from .fields import laid

NDEF = "ndef"  # the state of a chip whose capability container says that it holds NDEF
_CONTAINERS = (0xE1, 0xE2)  # of type 2 and type 5 tags
_CONTAINER = (
    4  # bytes; where blocks are longer, the message begins inside one, which is not read here
)
_PAGE = 4
_FIRST_DATA_PAGE = 4
_MEMORY = "message"  # the row of what runs over cells


@record
class Cells:
    """Cells in a half of an exchange: what one is called, its size, the number of the first, where they stand."""

    unit: str
    size: int
    first: int
    start: int
    stop: int


Find = Callable[[Command, Response | None], Cells | None]


def _pages_read(command: Command, response: Response | None) -> Cells | None:
    if response is None or not command.data or len(response.raw) % _PAGE:
        return None
    return Cells("page", _PAGE, command.data[0], 0, len(response.raw))


def _page_written(command: Command, response: Response | None) -> Cells | None:
    if response is not None or len(command.data) != 1 + _PAGE:
        return None
    return Cells("page", _PAGE, command.data[0], 2, len(command.raw))


def _block_read(command: Command, response: Response | None) -> Cells | None:
    if response is None or not command.data or len(response.raw) != 16:
        return None
    return Cells("block", 16, command.data[0], 0, 16)


_PICO_BLOCK = 8


def _pico_read(command: Command, response: Response | None) -> Cells | None:
    if response is None or not command.data or len(response.raw) % _PICO_BLOCK:
        return None
    return Cells("block", _PICO_BLOCK, command.data[0], 0, len(response.raw))


def _vicinity_read(command: Command, response: Response | None) -> Cells | None:
    """Blocks of ISO/IEC 15693-3, 10.4: how many were asked for says how large one is."""
    numbers = blocks.numbers_of(command)
    if response is None or not numbers or not response.data:
        return None
    size, rest = divmod(len(response.data), numbers[1])
    if rest or blocks.has_option(command):  # a security status stands before each block
        return None
    return Cells("block", size, numbers[0], 1, len(response.raw))


def _vicinity_written(command: Command, response: Response | None) -> Cells | None:
    numbers = blocks.numbers_of(command)
    if response is not None or not numbers:
        return None
    start = blocks.after_address(command) + 1
    if start >= len(command.raw):
        return None
    return Cells("block", len(command.raw) - start, numbers[0], start, len(command.raw))


_FINDERS: dict[tuple[Protocol, int], Find] = {
    ("ultralight", 0x30): _pages_read,
    ("ultralight", 0x3A): _pages_read,
    ("ultralight", 0xA2): _page_written,
    ("classic", 0x30): _block_read,
    ("picopass", 0x0C): _pico_read,
    ("picopass", 0x06): _pico_read,
    ("picopass", 0x88): _pico_read,
    ("iso15693", 0x20): _vicinity_read,
    ("iso15693", 0x23): _vicinity_read,
    ("iso15693", 0x21): _vicinity_written,
}


def _find(command: Command, response: Response | None) -> Cells | None:
    find = _FINDERS.get((command.protocol, command.code))
    return find(command, response) if find else None


# What a reader reads and writes with FF B0 and FF D6: a block of MIFARE Classic, a page of a type 2 tag
_THROUGH_READER = {"classic": ("block", 16), "ultralight": ("page", _PAGE)}
_READ_BINARY, _UPDATE_BINARY = 0xB0, 0xD6


def through_reader(
    context: Context, command: Command, response: Response | None, facts: Facts
) -> Nodes:
    """The cells in the data field of a command to the reader, or of its answer; nothing for other commands."""
    found = _through_reader(context, command, response)
    if found is None:
        return ()
    raw = response.raw if response else command.raw
    return _nodes(context, found, raw, facts)


def _through_reader(context: Context, command: Command, response: Response | None) -> Cells | None:
    unit, size = _THROUGH_READER.get(context.application, ("", 1))
    wanted = _UPDATE_BINARY if response is None else _READ_BINARY
    data = command.data if response is None else response.data
    if not unit or command.ins != wanted or not data or len(data) % size:
        return None
    start = data_start(command) if response is None else 0
    first = command.p1 << 8 | command.p2
    return Cells(unit, size, first, start, start + len(data))


def numbers_of(command: Command, response: Response | None) -> tuple[str, range, bool]:
    """What a command reads or writes: pages or blocks, their numbers, whether they are written; "" for others."""
    if command.cla == desfire.CLASS and command.data:
        is_write = command.ins in desfire.WRITES
        if is_write or command.ins in desfire.READS:
            return "file", range(command.data[0], command.data[0] + 1), is_write
        return "", range(0), False
    written = _find(command, None)
    found = written or _find(command, response)
    if found is None:
        return "", range(0), False
    count = (found.stop - found.start) // found.size
    return found.unit, range(found.first, found.first + count), written is not None


def of_command(context: Context, command: Command, facts: Facts) -> Nodes:
    """The data of a write, as its row says up to the cells, then the cells; nothing for other commands."""
    found = _find(command, None)
    if found is None:
        return ()
    start = len(command.raw) - len(command.data)
    before = facts.native(f"{command.code:02X}", {})
    nodes: Nodes = ()
    if before and before.data and before.data.layout and start < found.start:
        given = {"p1": command.raw[:1].hex().upper()}
        nodes = before.data.layout.parse(command.raw, start, found.start, given)
    elif start < found.start:
        return ()
    return (*nodes, *_nodes(context, found, command.raw, facts))


def of_answer(context: Context, command: Command, response: Response, facts: Facts) -> Nodes:
    """The cells that an answer holds; nothing where it holds none."""
    if command.protocol == "felica":
        return blocks.of_felica(context, command, response, facts)
    found = _find(command, response)
    if found is None:
        return ()
    return _nodes(context, found, response.raw, facts)


def _nodes(context: Context, found: Cells, raw: bytes, facts: Facts) -> Nodes:
    nodes: list[Node] = []
    at = found.start
    message_at = _message_start(context, found)
    while at < found.stop:
        if at == message_at:
            message = _message_nodes(context, found, raw, at, facts)
            if message:
                return (*nodes, *message)
        number = found.first + (at - found.start) // found.size
        nodes += _cell(context, found.unit, number, raw, at, at + found.size, facts)
        at += found.size
    return tuple(nodes)


def _cell(
    context: Context, unit: str, number: int, raw: bytes, start: int, stop: int, facts: Facts
) -> Nodes:
    """One cell: by its row, as one that is blank, or as bytes of the user."""
    value = raw[start:stop]
    place = _kind_of(unit, number, value) or f"{unit} {number & 0xFF:02X}"
    fact = facts.file((*files.levels(context), place))
    if fact is not None:
        return _read_conditions(laid(fact, raw, start, stop, facts, {}))
    name = f"{unit} {number}"
    if not value.strip(b"\0") or not value.strip(b"\xff"):
        text = f"blank, all {value[:1].hex().upper()}"
        return (Node(Fact("", name, Constant(text), share="all"), raw, start, start, stop),)
    return (Node(Fact("", name, to_hex, known=False), raw, start, start, stop),)


_CONDITIONS = "access conditions"


def _read_conditions(nodes: Nodes) -> Nodes:
    """A trailer, with what its access conditions allow in words."""
    read = []
    for node in nodes:
        if node.name == _CONDITIONS:
            node = replace(node, fact=replace(node.fact, describe=access_bits.describe))
        read.append(replace(node, children=_read_conditions(node.children)))
    return tuple(read)


def _is_value(block: bytes) -> bool:
    """Whether a block of MIFARE Classic is a value: it stands there twice and once inverted, its address likewise."""
    value, inverted, again, address = block[:4], block[4:8], block[8:12], block[12:]
    is_thrice = value == again and all(a ^ b == 0xFF for a, b in zip(value, inverted, strict=True))
    pair = (address[0], address[0] ^ 0xFF)
    return is_thrice and address == bytes((*pair, *pair))


_SMALL_SECTORS, _SMALL, _LARGE = 128, 4, 16  # blocks of MIFARE Classic 4K


def _kind_of(unit: str, number: int, value: bytes) -> str:
    """A block of MIFARE Classic that ends its sector has the keys, whatever its number is; others may be values."""
    if unit != "block" or len(value) != 16:
        return ""
    in_sector = _SMALL if number < _SMALL_SECTORS else _LARGE
    if number % in_sector == in_sector - 1:
        return "trailer"
    return "value-block" if _is_value(value) else ""


# NDEF


def _message_start(context: Context, found: Cells) -> int:
    """Where in a half the cells of the message begin; -1 where there are none."""
    first = _first_message_cell(found)
    if first < 0:
        return -1
    is_container = found.first < first
    if context.state != NDEF and not is_container:
        return -1
    return found.start + max(first - found.first, 0) * found.size


def _first_message_cell(found: Cells) -> int:
    """The first cell behind the capability container of a type 2 or type 5 tag."""
    if found.unit == "page":
        return _FIRST_DATA_PAGE
    if found.unit == "block" and found.size == _CONTAINER:
        return 1
    return -1


def _holds_container(found: Cells, raw: bytes) -> bool | None:
    """Whether cells hold a capability container that announces NDEF; None where its cell is not among them."""
    number = 3 if found.unit == "page" else 0
    at = found.start + (number - found.first) * found.size
    if not found.start <= at < found.stop:
        return None
    return raw[at] in _CONTAINERS


def _message_nodes(context: Context, found: Cells, raw: bytes, at: int, facts: Facts) -> Nodes:
    """The TLV blocks of a tag from here on, laid on all that was read of them so far."""
    shown = _holds_container(found, raw)
    fact = facts.file((_MEMORY,))
    if fact is None or shown is False or (shown is None and context.state != NDEF):
        return ()
    number = found.first + (at - found.start) // found.size
    offset = (number - _first_message_cell(found)) * found.size
    content = context.content
    if offset and (content is None or content.size < offset):
        return ()
    whole = files.joined(content)[:offset] + raw[at : found.stop]
    (node,) = laid(fact, whole, 0, len(whole), facts, {})
    children = tlv.window(node.children, offset, raw, at, found.stop)
    note = f"from byte {offset} of the message" if offset else ""
    outer = replace(fact, describe=Constant(), layout=None)
    return (Node(outer, raw, at, at, found.stop, children, note),)


def follow(context: Context, command: Command, response: Response) -> Context:
    """The chip that a version names; what was read of its message."""
    chip = _chip(context, command, response)
    if chip:
        context = replace(context, df=chip)
    if command.protocol == "felica":
        return context
    found = _find(command, response)
    if found is None:
        return context
    shown = _holds_container(found, response.raw)
    if shown is not None:
        context = replace(context, state=NDEF if shown else None)
    first = _first_message_cell(found)
    if context.state != NDEF or first < 0:
        return context
    skipped = max(first - found.first, 0) * found.size
    offset = max(found.first - first, 0) * found.size
    data = response.raw[found.start + skipped : found.stop]
    return replace(context, content=_extended(context.content, offset, data))


def _extended(content: files.Content | None, offset: int, data: bytes) -> files.Content | None:
    """What is known of a message after one more read, which may overlap the last one."""
    if content is not None and 0 < offset < content.size:
        data = data[content.size - offset :]
        offset = content.size
        if not data:
            return content
    if offset == 0 and not data:
        return content
    return files.read_on(content, offset, data) or content


_GET_VERSION, _AUTHENTICATE = 0x60, 0x1A
_ULTRALIGHT_C = "MF0ICU2"  # the only chip of its family with this command and without a version
_VERSION = 8


def _chip(context: Context, command: Command, response: Response) -> str:
    """The name of the chip, where its answer tells it."""
    if command.protocol != "ultralight":
        return ""
    if command.code == _AUTHENTICATE and not context.df:
        return _ULTRALIGHT_C
    if command.code != _GET_VERSION or len(response.raw) != _VERSION:
        return ""
    fact = facts_of_files(context.application).native_answer("60", {})
    if fact is None or not fact.layout:
        return ""
    chip = fact.layout.parse(response.raw)[0].text
    return chip.split(" ")[0] if chip.endswith(")") else ""
