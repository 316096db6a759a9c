# SPDX-License-Identifier: MIT
"""Chips with commands of their own: what stands around their data, the cells of their memory, NDEF in it.

The rows of a chip's data file say what each command and answer holds. What no row can say is here: an answer to a read
is a row of cells, whose numbers the command gives, and a message runs over several answers.
"""

from __future__ import annotations

from dataclasses import replace

from ..core.addresses import parameters_of
from ..core.codec import to_hex
from ..core.dictionary import CommandRow
from ..core.facts import Facts
from ..core.facts import facts as facts_of_files
from ..core.layout.reading import UNKNOWN
from ..core.model import Command, Constant, Context, Fact, Node, Response
from ..core.native import FORMS
from . import classic, desfire, iso7816, memory, ndef
from .application import Nodes
from .cells import cells_read
from .fields import laid
from .instructions import READER, accepted

ENCRYPTED = "encrypted"  # the place of a command that cannot be seen
_LENGTH = Fact(
    "",
    "length",
    lambda value: f"{value[0]} bytes" if value else "",
    "JIS X 6319-4",
    share="all",
    fresh="may repeat",
)
_RESPONSE_CODE = Fact("", "response code", to_hex, "JIS X 6319-4", share="all")
_DATA = Fact("", "data", to_hex, known=False)

# Of MIFARE Ultralight and NTAG
_GET_VERSION, _AUTHENTICATE = 0x60, 0x1A
_VERSION = 8  # bytes
_ULTRALIGHT_C = "MF0ICU2"  # it has no version, but AUTHENTICATE with Triple DES
_CHALLENGE = 9  # bytes of its answer: AF, and a block of DES; chips with AES answer 17
# Of FeliCa (JIS X 6319-4)
_POLLING = 0x00
_IDM_AND_PMM = 16  # bytes of an answer to Polling; the code of the system may follow
_ANY = 0xFF  # in either byte of the code that is polled for


def place_of(command: Command) -> str:
    """How rows address a native command: by its code, or as one that is encrypted; empty without either."""
    if command.protocol == "crypto1":
        return ENCRYPTED
    if command.code < 0:
        return ""
    return f"{command.code:02X}"


def row_of(command: Command, facts: Facts) -> CommandRow | None:
    """The row of a native command."""
    if command.protocol == "desfire":
        return facts.command(command.cla, command.ins, parameters_of(command))
    return facts.native(place_of(command), parameters_of(command))


def _answer_row(command: Command, facts: Facts) -> Fact | None:
    if command.protocol == "desfire":
        return facts.answer(command.cla, command.ins, parameters_of(command))
    return facts.native_answer(place_of(command), parameters_of(command))


def name_of(command: Command, facts: Facts) -> str:
    """The name of a native command, or that nobody knows its code."""
    row = row_of(command, facts)
    if row:
        return row.name
    place = place_of(command)
    if not place:
        return "half a command"
    return f"unknown command {place}"


def decode(
    context: Context, command: Command | None, response: Response | None, facts: Facts
) -> tuple[Nodes, Nodes]:
    """The nodes of both halves, whole."""
    command_nodes: Nodes = ()
    response_nodes: Nodes = ()
    if command:
        command_nodes = _command_nodes(context, command, response, facts)
    if response:
        response_nodes = _response_nodes(context, command, response, facts)
    run = classic.run_of(context)
    if run is None or command is None or command.protocol != "crypto1" or not context.keys:
        return command_nodes, response_nodes
    return _opened(
        context,
        classic.clear(run, context.keys, command, response),
        command_nodes,
        response_nodes,
        facts,
    )


def _opened(
    context: Context, clear: classic.Clear, sent: Nodes, answered: Nodes, facts: Facts
) -> tuple[Nodes, Nodes]:
    """The nodes of an enciphered exchange, with what it says in clear below them."""
    sent = classic.marked(sent, clear.notes[0], clear.errors[0])
    answered = classic.marked(answered, clear.notes[1], clear.errors[1])
    if clear.command is None:
        return sent, answered
    inside = replace(context, secure=None)
    plain = decode(inside, clear.command, clear.response, facts)
    if clear.is_data:
        plain = classic.block_data(clear.command), plain[1]
    name = clear.name
    if sent:
        sent = classic.with_clear(sent, clear.command, plain[0], name)
    if answered and clear.response:
        answered = classic.with_clear(answered, clear.response, plain[1], name)
    return sent, answered


def _command_nodes(
    context: Context, command: Command, response: Response | None, facts: Facts
) -> Nodes:
    raw, at = command.raw, FORMS[command.protocol].code_at
    row = row_of(command, facts)
    nodes: list[Node] = []
    start = len(raw) - len(command.data)
    if at == 1:
        nodes += _header(command.protocol, "command", raw, min(1, start), facts)
    if command.code >= 0:
        fact = Fact("", "command", Constant(name_of(command, facts)), known=row is not None)
        if row:
            fact = replace(fact, ref=row.ref, checked=row.checked, share="all")
        nodes.append(Node(fact, raw, at, at, at + 1))
    stop = len(raw)
    if start == stop:
        return tuple(nodes)
    if command.protocol == "desfire":
        data_nodes = desfire.command_data(context, command, response, facts)
    else:
        data_nodes = memory.of_command(context, command, facts)
    if data_nodes:
        nodes += data_nodes
    elif row and row.data:
        nodes += laid(row.data, raw, start, stop, facts, parameters_of(command))
    else:
        nodes.append(Node(_DATA, raw, start, start, stop))
    return tuple(nodes)


def _header(protocol: str, side: str, raw: bytes, stop: int, facts: Facts) -> Nodes:
    """The byte before the code or the data: a length, or flags."""
    if stop < 1:
        return ()
    if protocol == "felica":
        return (Node(_LENGTH, raw, 0, 0, 1),)
    if side == "command":
        fact = None
        row = facts.native("flags", {})
        if row:
            fact = row.data
    else:
        fact = facts.native_answer("flags", {})
    if fact is None:
        return (Node(_DATA, raw, 0, 0, 1),)
    given = {"p1": raw[:1].hex().upper()}
    return laid(replace(fact, share="all"), raw, 0, 1, facts, given)


def _response_nodes(
    context: Context, command: Command | None, response: Response, facts: Facts
) -> Nodes:
    raw = response.raw
    start = len(raw) - len(response.data)
    nodes = list(_before_data(response, start, facts))
    stop = len(raw)
    if start == stop:
        return tuple(nodes)
    if response.status and start < 2:
        return (*nodes, *_refusal(response, start, facts))
    if command is None:
        return (*nodes, Node(_DATA, raw, start, start, stop))
    if command.protocol == "desfire":
        data_nodes = desfire.answer_data(context, command, response, facts)
    else:
        data_nodes = memory.of_answer(context, command, response, facts)
    if data_nodes:
        return (*nodes, *data_nodes)
    fact = _answer_row(command, facts)
    if fact is None:
        return (*nodes, *_acknowledgement(response, start))
    return (*nodes, *laid(fact, raw, start, stop, facts, parameters_of(command)))


def _before_data(response: Response, start: int, facts: Facts) -> Nodes:
    """What stands before the data of an answer: length and code, flags, or a status."""
    raw = response.raw
    if response.protocol == "felica":
        nodes = _header("felica", "answer", raw, min(start, 1), facts)
        if start > 1:
            nodes = (*nodes, Node(_RESPONSE_CODE, raw, 1, 1, 2))
        return nodes
    if response.protocol == "iso15693":
        return _header("iso15693", "answer", raw, start, facts)
    if start:
        return (_status(response, facts),)
    return ()


def _status(response: Response, facts: Facts) -> Node:
    """The status byte of a card that speaks its own commands in blocks."""
    text = facts.native_status(response.raw[:1].hex().upper())[0]
    if response.sw is not None:
        text = facts.status(response.sw)[0]
    fact = Fact("", "status", Constant(text), share="all")
    return Node(fact, response.raw, 0, 0, 1)


def _refusal(response: Response, start: int, facts: Facts) -> Nodes:
    """What a chip refuses with: an error code, or a NAK of four bits; what bytes after it mean is unknown."""
    raw = response.raw
    text = facts.native_status(response.status)[0]
    fact = Fact("", "refusal", Constant(text), share="all")
    stop = min(start + 1, len(raw))
    refusal = Node(fact, raw, start, start, stop)
    if stop == len(raw):
        return (refusal,)
    return refusal, Node(_DATA, raw, stop, stop, len(raw))


def _acknowledgement(response: Response, start: int) -> Nodes:
    """An answer of four bits, which needs no row; else bytes that none explains."""
    raw = response.raw
    if len(raw) == 1 and response.protocol in ("ultralight", "classic"):
        fact = Fact("", "ACK", Constant("done"), "ISO/IEC 14443-3, 6.2.1", share="all")
        return (Node(fact, raw, 0, 0, 1),)
    return (Node(_DATA, raw, start, start, len(raw)),)


def decode_through_reader(
    context: Context, command: Command | None, response: Response | None, facts: Facts
) -> tuple[Nodes, Nodes]:
    """The data fields of APDUs for a reader, which reads and writes the memory of the chip (PC/SC part 3, 3.2.2)."""
    sent, answered = iso7816.decode(context, command, response, facts)
    if command is None or command.cla != READER:
        return sent, answered
    if response and not answered and accepted(response):
        answered = memory.of_answer(context, command, response, facts)
    if not sent or not any(node.fact.known for node in sent):
        sent = memory.of_command(context, command, facts) or sent
    return sent, answered


def follow(context: Context, command: Command, response: Response | None) -> Context:
    """What an answer changes: which chip it is, what is known of its memory and of its cipher."""
    context = classic.follow(context, command, response)
    if response is None or response.status:
        return context
    name = _chip(context, command, response)
    if name:
        context = replace(context, df=name)
    if command.protocol == "felica" and command.code == _POLLING:
        context = replace(context, df=_system(command, response))
    cells = cells_read(context, command, response)
    if cells is None:
        return context
    return ndef.follow(context, cells, response.raw)


def _system(command: Command, response: Response) -> str:
    """The code of the FeliCa system that answered: as the card says, else as polled for; empty where neither does."""
    answered = response.data[_IDM_AND_PMM:]
    if len(answered) == 2:
        return to_hex(answered)
    polled = command.data[:2]
    if len(polled) < 2 or _ANY in polled:
        return ""
    return to_hex(polled)


def _chip(context: Context, command: Command, response: Response) -> str:
    """The name of the chip, where its answer tells it: the first word of the field of its version."""
    if command.protocol != "ultralight":
        return ""
    if command.code == _AUTHENTICATE and len(response.raw) == _CHALLENGE and not context.df:
        return _ULTRALIGHT_C
    if command.code != _GET_VERSION or len(response.raw) != _VERSION:
        return ""
    fact = facts_of_files(context.application).native_answer(f"{_GET_VERSION:02X}", {})
    if fact is None or fact.layout is None:
        return ""
    field: Node = fact.layout.parse(response.raw)[0]
    if UNKNOWN in field.text or field.name != "chip":
        return ""
    return field.text.split(" ")[0]
