# SPDX-License-Identifier: MIT
"""The data fields of card management: protected commands opened, STORE DATA, LOAD and PUT KEY read.

GlobalPlatform Card Specification 2.3.1, 11; Java Card Virtual Machine Specification 3.0.5, 6 (a CAP file).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..core import tlv
from ..core.apdu import data_start, is_secure
from ..core.codec import to_hex
from ..core.facts import Facts, facts
from ..core.model import Command, Constant, Context, Fact, Node, Response
from ..core.secure import secure_nodes
from ..crypto.messaging import WRONG_MAC
from . import dgi, fields, files
from .application import Decode, Nodes
from .channel import (
    EXTERNAL_AUTHENTICATE,
    INITIALIZE_UPDATE,
    LAST_BLOCK,
    LOAD,
    STORE_DATA,
    Channel,
    Management,
    begun,
    greeting_of,
    has_own_class,
    is_of_groupings,
    management_of,
    opened_answer,
    opened_command,
    with_data,
)
from .fields import as_tlv
from .put_key import put_key_nodes

NAME = "globalplatform"
PUT_KEY, DELETE, INSTALL = 0xD8, 0xE4, 0xE6
SET_STATUS, GET_STATUS = 0xF0, 0xF2
# The commands that change a card
CHANGES = (INSTALL, LOAD, DELETE, STORE_DATA, PUT_KEY, SET_STATUS)
_COMMANDS = (EXTERNAL_AUTHENTICATE, GET_STATUS, *CHANGES)
_REF = "GlobalPlatform Card Specification 2.3.1, E.4.4; Amendment D 1.1.2, 6.2"
_MAC = Fact("", "C-MAC", to_hex, _REF, "vector", fresh="always")
_ANSWER_MAC = Fact("", "R-MAC", to_hex, _REF, "vector", fresh="always")
_ENCIPHERED = Fact("", "enciphered data", Constant(), _REF, "vector", "parts", fresh="always")
_SEALED = Fact("", "enciphered data", to_hex, _REF, known=False, fresh="always")
_PERHAPS = Fact(
    "", "data, perhaps enciphered, with a MAC", to_hex, _REF, known=False, fresh="always"
)
_DATA = Fact("", "data", to_hex, known=False)
_IN_CLEAR = Fact("", "in clear", Constant(), _REF, opens="parts")
_REF_CAP = "Java Card Virtual Machine Specification 3.0.5, 6.1"
_OF_BER = 2  # bits 5 and 4 of P1 of STORE DATA
_LOAD_FILE = Fact(
    "", "load file", Constant(), "GlobalPlatform Card Specification 2.3.1, 11.6.2", opens="parts"
)


def decode(
    context: Context,
    command: Command | None,
    response: Response | None,
    facts_: Facts,
    inner: Decode,
) -> tuple[Nodes, Nodes]:
    """Both data fields, those of card management opened as far as keys go; `inner` reads those of other commands."""
    if command is None or not _is_managed(context, command):
        return inner(context, command, response, facts_)
    if is_secure(command.cla) and not secure_nodes(command.data, 0, len(command.data)):
        return _protected(context, command, response, facts_)
    sent, answered = fields.decode(context, command, response, facts_)
    greeting = greeting_of(command, response)
    if greeting is not None:
        return sent, _noted(answered, "card cryptogram", *_verdict(begun(greeting, context.keys)))
    return _read(context, command, sent, facts_), answered


def _is_managed(context: Context, command: Command) -> bool:
    """Whether a command is one of card management: by its application, or by the channel that it stands in."""
    if not has_own_class(command):
        return False
    if context.application == NAME or command.ins == INITIALIZE_UPDATE:
        return True
    has_channel = management_of(context).channel is not None
    return has_channel and command.ins in _COMMANDS


def _verdict(channel: Channel) -> tuple[str, str]:
    """What the card's cryptogram shows, as note and error."""
    match = channel.match
    if match.session is not None:
        return f"verified with {match.note}", ""
    if match.problem:
        return f"not checkable: {match.problem}", ""
    if match.tried:
        return "", WRONG_MAC
    return "", ""


def _noted(nodes: Nodes, name: str, note: str, error: str) -> Nodes:
    """These nodes with a note at the one of that name."""
    if not note and not error:
        return nodes
    return tuple(_noted_node(node, name, note, error) for node in nodes)


def _noted_node(node: Node, name: str, note: str, error: str) -> Node:
    if node.name == name:
        return replace(node, note=note, error=error)
    if node.children:
        return replace(node, children=_noted(node.children, name, note, error))
    return node


def _protected(
    context: Context, command: Command, response: Response | None, facts_: Facts
) -> tuple[Nodes, Nodes]:
    """A command with a MAC, and its answer."""
    channel = management_of(context).channel
    if command.ins == EXTERNAL_AUTHENTICATE:
        sent, answered = fields.decode(context, command, response, facts_)
        return _authentication(channel, command, sent), answered
    if channel is None or channel.level is None:
        return _guessed(context, command, response, facts_)
    sent = _sent(context, channel, command, facts_)
    return sent, _answered(context, channel, command, response, facts_)


def _authentication(channel: Channel | None, command: Command, nodes: Nodes) -> Nodes:
    """EXTERNAL AUTHENTICATE: whether cryptogram and MAC are right."""
    if channel is None or channel.session is None:
        return nodes
    session = channel.session
    opened, _ = session.authenticated(command.raw[:4], command.data)
    nodes = _noted(nodes, "C-MAC", *_checked(channel, opened.is_right))
    is_right = opened.data == session.host_cryptogram
    return _noted(nodes, "host cryptogram", *_checked(channel, is_right))


def _checked(channel: Channel, is_right: bool | None) -> tuple[str, str]:
    """Note and error of something that was computed again."""
    if is_right:
        return "verified", ""
    if channel.match.is_published:
        return "", f"does not verify with the {channel.match.note}"
    return "", WRONG_MAC


def _guessed(
    context: Context, command: Command, response: Response | None, facts_: Facts
) -> tuple[Nodes, Nodes]:
    """A command whose channel began before the capture: in clear with a MAC where its row fits, else closed."""
    raw, start = command.raw, data_start(command)
    stop = start + len(command.data)
    mac_at = max(stop - 8, start)
    answered = fields.decode(context, None, response, facts_)[1]
    if start == stop:
        return (), answered
    plain = _in_place(command, mac_at - start)
    nodes = _in_clear(context, plain, facts_)
    if mac_at > start and not _are_read(nodes):
        closed = Node(_PERHAPS, raw, start, start, stop)
        return (closed,), answered
    mac = Node(_MAC, raw, mac_at, mac_at, stop)
    return (*nodes, mac), answered


def _are_read(nodes: Nodes) -> bool:
    """Whether nodes have no error anywhere."""
    for node in nodes:
        for _, part in node.walk():
            if part.error:
                return False
    return bool(nodes)


def _in_place(command: Command, size: int) -> Command:
    """A command in clear whose data are the first bytes of those of this one, where they stand."""
    return replace(command, cla=command.cla & ~0x0C, data=command.data[:size])


def _in_clear(context: Context, command: Command, facts_: Facts) -> Nodes:
    """The nodes of the data of a command in clear; nothing where it has none."""
    if not command.data:
        return ()
    sent = fields.decode(context, command, None, facts_)[0]
    return _read(context, command, sent, facts_)


def _sent(context: Context, channel: Channel, command: Command, facts_: Facts) -> Nodes:
    """The data field of a protected command."""
    raw, start = command.raw, data_start(command)
    stop = start + len(command.data)
    if start == stop:
        return ()
    mac_at = max(stop - channel.mac_size, start)
    opened, _ = opened_command(channel, command)
    note, error = "", ""
    if channel.session is not None:
        note, error = _checked(channel, opened.is_right)
    elif channel.is_torn:
        note = "not checkable: a part of the capture is missing"
    mac = Node(_MAC, raw, mac_at, mac_at, stop, note=note, error=error)
    if opened.is_deciphered and opened.data is not None and opened.is_right:
        plain = with_data(command, opened.data)
        nodes = _in_clear(context, plain, facts_)
        return _covered(channel, raw, start, mac_at, plain, nodes), mac
    if channel.level and channel.level & 2:
        return (*_sealed(raw, start, mac_at), mac)
    plain = _in_place(command, mac_at - start)
    nodes = _in_clear(context, plain, facts_)
    if not nodes and mac_at > start:
        nodes = (Node(_DATA, raw, start, start, mac_at),)
    return (*nodes, mac)


def _sealed(raw: bytes, start: int, stop: int) -> Nodes:
    """Enciphered data that stay closed."""
    if start == stop:
        return ()
    return (Node(_SEALED, raw, start, start, stop),)


def _covered(
    channel: Channel, raw: bytes, start: int, stop: int, plain: Command, nodes: Nodes
) -> Node:
    """Enciphered data with what they say in clear below them."""
    begin = data_start(plain)
    end = begin + len(plain.data)
    if not nodes:
        nodes = (Node(_DATA, plain.raw, begin, begin, end),)
    derived = f"deciphered: {channel.protocol}, {channel.match.note}"
    inside = Node(_IN_CLEAR, plain.raw, begin, begin, end, nodes, derived=derived)
    return Node(_ENCIPHERED, raw, start, start, stop, (inside,))


def _answered(
    context: Context,
    channel: Channel,
    command: Command,
    response: Response | None,
    facts_: Facts,
) -> Nodes:
    """The data field of the answer to a protected command."""
    if response is None or not response.data:
        return ()
    asked = replace(command, cla=command.cla & ~0x0C)
    opened = opened_answer(channel, command, response)
    size = len(response.data)
    if opened.data is not None and len(opened.data) == size:
        return fields.decode(context, asked, response, facts_)[1]
    raw = response.raw
    mac_at = max(size - channel.mac_size, 0)
    note, error = "", ""
    if opened.is_checked:
        note, error = _checked(channel, opened.is_right)
    mac = Node(_ANSWER_MAC, raw, mac_at, mac_at, size, note=note, error=error)
    if opened.data is None:
        return (*_sealed(raw, 0, mac_at), mac)
    status = raw[size : size + 2]
    plain = replace(response, raw=opened.data + status, data=opened.data, pieces=())
    if not opened.is_deciphered:
        return (*_clear_answer(context, asked, replace(plain, raw=raw), facts_), mac)
    nodes = _clear_answer(context, asked, plain, facts_)
    derived = f"deciphered: {channel.protocol}, {channel.match.note}"
    inside = Node(_IN_CLEAR, plain.raw, 0, 0, len(plain.data), nodes, derived=derived)
    return Node(_ENCIPHERED, raw, 0, 0, mac_at, (inside,)), mac


def _clear_answer(context: Context, command: Command, response: Response, facts_: Facts) -> Nodes:
    """The nodes of an answer in clear; its bytes where no row reads them."""
    if not response.data:
        return ()
    nodes = fields.decode(context, command, response, facts_)[1]
    size = len(response.data)
    return nodes or (Node(_DATA, response.raw, 0, 0, size),)


def _read(context: Context, command: Command, nodes: Nodes, facts_: Facts) -> Nodes:
    """The data of a command in clear, where they need more than a row: STORE DATA, LOAD, PUT KEY."""
    raw, start = command.raw, data_start(command)
    stop = start + len(command.data)
    management = management_of(context)
    channel = management.channel
    if command.ins == STORE_DATA:
        return _stored(management, command, raw, start, stop, facts_) or nodes
    if command.ins == LOAD:
        return _loaded(management.loaded, command, raw, start, stop)
    if command.ins == PUT_KEY:
        return put_key_nodes(nodes, channel)
    return nodes


def _stored(
    management: Management, command: Command, raw: bytes, start: int, stop: int, facts_: Facts
) -> Nodes:
    """STORE DATA by the structure that P1 tells; where it tells none, by the bytes (11.11.2.2)."""
    structure = command.p1 >> 3 & 3
    is_dgi = is_of_groupings(command)
    if structure == 0:
        is_dgi = dgi.is_tiled(raw, start, stop)
    if is_dgi:
        return _groupings(management, command, raw, start, stop)
    if structure in (0, _OF_BER):
        return as_tlv(raw, start, stop, facts_)
    return ()


def _groupings(
    management: Management, command: Command, raw: bytes, start: int, stop: int
) -> Nodes:
    """Data groupings; one that began in a block before is seen from here on, with what it says as a whole."""
    channel = management.channel
    session = channel.session if channel is not None else None
    is_enciphered = bool(command.p1 & 0x60)
    if management.stored is None:
        nodes = dgi.nodes(raw, start, stop, is_enciphered, session)
    else:
        whole = files.joined(management.stored) + raw[start:stop]
        parts = dgi.nodes(whole, 0, len(whole), is_enciphered, session)
        nodes = tlv.window(parts, management.stored.size, raw, start, stop)
    if is_of_groupings(command) and not command.p1 & LAST_BLOCK:
        nodes = tuple(_to_be_continued(node) for node in nodes)
    return nodes


def _to_be_continued(node: Node) -> Node:
    """A data grouping that is not whole, while more blocks are to come: that is no error."""
    if not node.error:
        return node
    return replace(node, error="", note="goes on in the next block")


def _loaded(
    before: files.Content | None, command: Command, raw: bytes, start: int, stop: int
) -> Nodes:
    """A block of LOAD: seen through the window of this block, what all blocks so far are together."""
    offset = 0
    if command.p2:
        if before is None:
            part = Fact("", "part of a load file", to_hex, _LOAD_FILE.ref, known=False)
            return (Node(part, raw, start, start, stop, note="without what stands before"),)
        offset = before.size
    whole = files.joined(before if command.p2 else None) + raw[start:stop]
    nodes = tuple(_load_file(whole))
    children = tlv.window(nodes, offset, raw, start, stop)
    note = f"from byte {offset} of the load file" if offset else ""
    return (Node(_LOAD_FILE, raw, start, start, stop, children, note),)


def _load_file(data: bytes) -> Iterator[Node]:
    """The objects of a load file: signatures, then C4 with the components of a CAP file (11.6.2.3)."""
    known = facts("iso7816", NAME)
    for tag, depth, start, body, stop, error in tlv.scan(data):
        if depth:
            continue
        fact = known.find(tag)
        end = min(stop, len(data))
        if tag == "C4":
            children = tuple(_components(data, body, end))
            fact = replace(fact, name="code", describe=Constant(), opens="parts", known=True)
            yield Node(fact, data, start, body, end, children)
        else:
            yield Node(fact, data, start, body, end, error=error)


def _components(data: bytes, start: int, stop: int) -> Iterator[Node]:
    """The components of a CAP file: a number, a length of 2 bytes, the content."""
    known = facts("iso7816", NAME)
    place = start
    while place < stop:
        body = min(place + 3, stop)
        size = int.from_bytes(data[place + 1 : place + 3])
        number = f"{data[place]:02X}"
        row = known.file(("cap", number)) or Fact("", "component", ref=_REF_CAP, known=False)
        end = body + size
        children: Nodes = ()
        if row.layout is not None and body < end <= stop:
            children = row.layout.parse(data, body, end)
        fact = replace(row, tag=number, describe=_size_of_code, layout=None, opens="parts")
        yield Node(fact, data, place, body, min(end, stop), children)
        place = end


def _size_of_code(value: bytes) -> str:
    return f"{len(value)} bytes"
