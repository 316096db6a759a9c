# SPDX-License-Identifier: MIT
"""Data fields of any application, by its rows: files, data objects, commands and answers; what is TLV as such.

TLV is opened where a row or the standard says that it stands there, or where bytes tile to the end with known tags.
"""

from __future__ import annotations

from dataclasses import replace

from ..core import tlv
from ..core.addresses import parameters_of
from ..core.apdu import data_start, ends_as_asked, is_secure
from ..core.codec import is_constructed, to_hex
from ..core.facts import Facts
from ..core.model import Command, Constant, Context, Fact, Node, Response
from ..core.registers import aid_name
from ..core.secure import protected_nodes
from . import files
from .application import Nodes, title_of
from .instructions import (
    GET_CHALLENGE,
    GET_DATA,
    GET_DATA_ODD,
    GET_RESPONSE,
    LOAD_KEYS,
    MANAGE_CHANNEL,
    PUT_DATA,
    PUT_DATA_ODD,
    READER,
    SEARCH_RECORD,
    SECRET,
    SELECT,
    accepted,
)

_OBJECTS = (GET_DATA, GET_DATA_ODD, PUT_DATA, PUT_DATA_ODD)
_TLV_COMMANDS = (
    GET_DATA,
    GET_DATA_ODD,
    0xD6,
    0xD7,
    PUT_DATA,
    PUT_DATA_ODD,
    0xDC,
    0xDD,
    0xE2,
    0x86,
    0x87,
)
_PIN_REF = "ISO/IEC 7816-4, 11.6"
_KEY = Fact("", "key for the reader", to_hex, "PC/SC part 3, 3.2.2.1.4", sensitive="key")
_FILE_TEMPLATES = (b"\x62", b"\x64", b"\x6f")
_GIVEN = ("cla", "ins", "p1", "p2")  # what a layout may ask of the command
_CUT = "no more of it was asked for"
# How errors end and begin that say that bytes are missing
_MISSING = (" here", "none left", "cut off")
_HEAD_MISSING = ("no length after", "a length cut off")
_LONGEST_HEAD = 7  # bytes of a tag and a length
_BEGINNING = Fact("", "beginning of what follows", to_hex, "ISO/IEC 7816-4, 6.3")
_AROUND = frozenset(("61", "70", "71", "72", "77"))  # records and answers of EMV Book 3, 6.5


def decode(
    context: Context, command: Command | None, response: Response | None, facts: Facts
) -> tuple[Nodes, Nodes]:
    """The nodes of both data fields; an empty tuple where there is nothing to say."""
    command_nodes: Nodes = ()
    response_nodes: Nodes = ()
    if command and command.data:
        command_nodes = command_data(context, command, facts)
    if response and response.data:
        response_nodes = response_data(context, command, response, facts)
    return command_nodes, response_nodes


def is_select(command: Command, facts: Facts) -> bool:
    """Whether a command is SELECT: by its instruction, unless the application has another command of that number."""
    if command.ins != SELECT or command.cla == READER:
        return False
    row = facts.command(command.cla, command.ins, parameters_of(command))
    return row is None or row.name.startswith("SELECT")


def command_data(context: Context, command: Command, facts: Facts) -> Nodes:
    """The data field of a command."""
    raw, start = command.raw, data_start(command)
    stop = start + len(command.data)
    if command.cla == READER and command.ins == LOAD_KEYS:
        return (Node(_KEY, raw, start, start, stop),)
    if is_secure(command.cla):
        protected = protected_nodes(command.cla, raw, start, stop)
        if protected:
            return protected
    parameters = parameters_of(command)
    row = facts.command(command.cla, command.ins, parameters)
    if row and row.data:
        return laid(row.data, raw, start, stop, facts, parameters)
    if command.cla == READER:
        return ()
    if is_select(command, facts):
        return (_selected(context, command, raw, start, stop, facts),)
    if command.ins in SECRET:
        fact = Fact("", SECRET[command.ins], to_hex, _PIN_REF, sensitive="pin")
        return (Node(fact, raw, start, start, stop),)
    if command.ins == SEARCH_RECORD and command.p2 & 6 == 4:
        text = to_hex(command.data)
        return (tlv.named("search string", text, "ISO/IEC 7816-4, 11.4", raw, start, stop),)
    return _written(context, command, facts, raw, start, stop)


def _written(
    context: Context, command: Command, facts: Facts, raw: bytes, start: int, stop: int
) -> Nodes:
    """What is written to a file or a data object, or asked for by a list of tags."""
    content = _file_data(context, command, facts, raw, start, stop)
    if content:
        return content
    if command.ins == PUT_DATA:
        value = _object_value(command, facts, raw, start, stop)
        if value:
            return value
    if command.ins in _TLV_COMMANDS:
        return as_tlv(raw, start, stop, facts)
    return ()


def _selected(
    context: Context, command: Command, raw: bytes, start: int, stop: int, facts: Facts
) -> Node:
    value, ref = raw[start:stop], "ISO/IEC 7816-4, 11.1.1"
    if command.p1 == 4:
        aid = to_hex(value)
        name = aid_name(aid)
        # After a SELECT that is refused, what was selected before it still is.
        if not name and context.aid.startswith(aid):
            name = title_of(context)
        name = name or _as_text(value) or "unknown application"
        return tlv.named("DF name (AID)", name, ref, raw, start, stop, share="aid")
    what = "path" if command.p1 in (8, 9) else "file identifier"
    fid = to_hex(value)
    if fid == files.MF:
        return tlv.named(what, "MF", ref, raw, start, stop, share="all")
    fact = _fact_of_selected(context, fid[-4:], facts)
    if fact:
        return tlv.named(what, fact.name, fact.ref, raw, start, stop, share="all")
    return tlv.named(what, fid, ref, raw, start, stop, share="all")


def _fact_of_selected(context: Context, fid: str, facts: Facts) -> Fact | None:
    """The row of the file or directory that is selected now; none where SELECT was refused or asks otherwise."""
    levels = files.levels(context)
    if context.ef == fid:
        return facts.file(files.row_path((*levels, fid), files.listed_as(context, fid)))
    if not context.ef and len(levels) > 1 and levels[-1] == fid:
        return facts.file(levels)
    return None


def _as_text(value: bytes) -> str:
    if value and all(32 <= byte < 127 for byte in value):
        return value.decode("ascii")
    return ""


def response_data(
    context: Context, command: Command | None, response: Response, facts: Facts
) -> Nodes:
    """The data field of an answer."""
    raw, stop = response.raw, len(response.data)
    if command is None:
        return as_tlv(raw, 0, stop, facts)
    if is_secure(command.cla):
        protected = protected_nodes(command.cla, raw, 0, stop)
        if protected:
            return protected
    parameters = parameters_of(command)
    fact = facts.answer(command.cla, command.ins, parameters)
    if fact and accepted(response):
        return laid(fact, raw, 0, stop, facts, parameters)
    if command.cla == READER or command.ins == GET_RESPONSE:
        return ()
    content = _file_data(context, command, facts, raw, 0, stop, response)
    if content:
        return content
    if command.ins in _OBJECTS:
        value = _object_answered(command, response, facts)
        if value:
            return value
    if is_select(command, facts) and raw[:1] in _FILE_TEMPLATES:
        return tlv.tree(raw, tlv.scan(raw, 0, stop), facts)
    return _known_answer(command, raw, stop) or as_tlv(raw, 0, stop, facts)


def _known_answer(command: Command, raw: bytes, stop: int) -> Nodes:
    """Answers whose form the standard fixes without tags."""
    data = raw[:stop]
    if command.ins == GET_CHALLENGE:
        name, text, clause = "challenge", to_hex(data), "11.5.3"
    elif command.ins == SEARCH_RECORD:
        name, clause = "records found", "11.4"
        text = ", ".join(str(number) for number in data)
    elif command.ins == MANAGE_CHANNEL and stop == 1:
        name, ref = "logical channel opened", "ISO/IEC 7816-4, 11.1.2"
        return (tlv.named(name, str(data[0]), ref, raw, 0, stop, share="all"),)
    else:
        return ()
    return (tlv.named(name, text, f"ISO/IEC 7816-4, {clause}", raw, 0, stop),)


def _file_data(
    context: Context,
    command: Command,
    facts: Facts,
    raw: bytes,
    start: int,
    stop: int,
    response: Response | None = None,
) -> Nodes:
    """What is read of a file (with its answer) or written to it, by the row of the file; nothing without a row."""
    place = files.place_of(context, command)
    if place is None or (command.ins in files.READS) is not (response is not None):
        return ()
    if response and not accepted(response):
        return ()
    fact = facts.file(place.row_path, place.record)
    if fact is None:
        return ()
    fact = replace(fact, tag=place.path[-1])
    parameters = parameters_of(command)
    if place.offset == 0:
        if not _is_whole(context, command, fact, stop - start):
            return (_part(fact, raw, start, stop, "its layout needs the whole record"),)
        nodes = _content(fact, raw, start, stop, facts, parameters)
    else:
        nodes = _continued(context, fact, place, facts, raw, start, stop)
    if command.ins == files.READ_BINARY and command.le == stop - start:
        return tuple(not_asked_further(node, stop) for node in nodes)
    return nodes


def not_asked_further(node: Node, end: int) -> Node:
    """A node that ends where a read ends: what is missing in it was not asked for, and is no damage."""
    if node.stop != end:
        return node
    children = tuple(not_asked_further(child, end) for child in node.children)
    is_cut = node.error.endswith(_MISSING) or node.error.startswith(_HEAD_MISSING)
    if not is_cut:
        return replace(node, children=children) if children else node
    is_beginning = not node.fact.known and node.stop - node.start <= _LONGEST_HEAD
    fact = _BEGINNING if is_beginning and not children else node.fact
    return replace(node, fact=fact, children=children, error="", note=_CUT)


def _is_whole(context: Context, command: Command, fact: Fact, size: int) -> bool:
    """Whether a layout that counts from the end of a record may be laid on these bytes."""
    if fact.layout is None or not fact.layout.needs_whole:
        return True
    if context.record_length and command.ins in files.RECORD:
        return size == context.record_length
    return command.le in (None, 256, size)


def _part(fact: Fact, raw: bytes, start: int, stop: int, note: str) -> Node:
    """Bytes of a file that are not laid out; hidden where anything in the file is."""
    kind = fact.sensitive or fact.holds
    plain = Fact(fact.tag, fact.name, to_hex, fact.ref, fact.checked, sensitive=kind)
    return Node(plain, raw, start, start, stop, (), note)


def _continued(
    context: Context,
    fact: Fact,
    place: files.Place,
    facts: Facts,
    raw: bytes,
    start: int,
    stop: int,
) -> Nodes:
    """A further read of a file: laid on all that was read so far, and seen through the window of this answer."""
    content = context.content if context.ef == place.path[-1] else None
    if content is None or content.size != place.offset:
        note = f"from byte {place.offset} of the file, without what stands before"
        return (_part(fact, raw, start, stop, note),)
    whole = files.joined(content) + raw[start:stop]
    (content_node,) = _content(fact, whole, 0, len(whole), facts, {})
    note = f"from byte {place.offset} of the file"
    if not content_node.children:
        return (_part(fact, raw, start, stop, note),)
    children = tlv.window(content_node.children, place.offset, raw, start, stop)
    outer = replace(fact, describe=Constant(), layout=None)
    return (Node(outer, raw, start, start, stop, children, note),)


def _content(
    fact: Fact, raw: bytes, start: int, stop: int, facts: Facts, parameters: dict[str, str]
) -> Nodes:
    """What is in a file under its row; a record or file that is not written is all FF."""
    if raw[start:stop].strip(b"\xff"):
        return laid(fact, raw, start, stop, facts, parameters)
    empty = replace(fact, describe=Constant("all FF"), layout=None, opens="none", holds="")
    return (Node(empty, raw, start, start, stop),)


def laid(
    fact: Fact, raw: bytes, start: int, stop: int, facts: Facts, parameters: dict[str, str]
) -> Nodes:
    """A value without tag and length under its row."""
    if fact.layout:
        given = {name: parameters[name] for name in _GIVEN if name in parameters}
        children = fact.layout.parse(raw, start, stop, given)
        return (Node(fact, raw, start, start, stop, children),)
    if fact.opens == "template":
        children = tlv.tree(raw, tlv.scan(raw, start, stop), facts)
        return (Node(fact, raw, start, start, stop, children),)
    return (tlv.value_node(fact, raw, start, stop, facts),)


def tag_of(command: Command) -> str:
    """The tag that GET DATA or PUT DATA is about: in P1 and P2, or the only one of a tag list (7816-4, 11.4.3)."""
    if command.ins in (GET_DATA_ODD, PUT_DATA_ODD):
        data = command.data
        if data[:1] != b"\x5c" or len(data) < 3:
            return ""
        return to_hex(data[2 : 2 + data[1]])
    if command.p1 in (0, 1):
        return f"{command.p2:02X}" if command.p1 == 0 else ""
    return f"{command.p1:02X}{command.p2:02X}"


def _object_value(command: Command, facts: Facts, raw: bytes, start: int, stop: int) -> Nodes:
    """A data object asked for by its tag: with tag and length, in 53, or its value alone (7816-4, 11.4.3)."""
    tag = tag_of(command)
    if not tag or not facts.has(tag):
        return ()
    fact = facts.find(tag)
    tag_bytes = bytes.fromhex(tag)
    if raw[start : start + len(tag_bytes)] == tag_bytes:
        return ()
    rows = tlv.scan(raw, start, stop)
    if raw[start : start + 1] == b"\x53" and rows[0][4] == stop and command.ins != GET_DATA:
        _, _, at, body, end, error = rows[0]
        inner = laid(fact, raw, body, end, facts, parameters_of(command)) if body < end else ()
        outer = facts.find("53")
        return (Node(outer, raw, at, body, end, inner, "", error),)
    if is_constructed(tag) and fact.layout is None:
        return as_tlv(raw, start, stop, facts, tag)
    return laid(fact, raw, start, stop, facts, parameters_of(command))


def _object_answered(command: Command, response: Response, facts: Facts) -> Nodes:
    """The data object that GET DATA gave, whole or as far as it was asked for."""
    raw, stop = response.raw, len(response.data)
    value = _object_value(command, facts, raw, 0, stop)
    if not ends_as_asked(command, response):
        return value
    beginning = value or tlv.tree(raw, tlv.scan(raw, 0, stop), facts)
    return tuple(not_asked_further(node, stop) for node in beginning)


def as_tlv(raw: bytes, start: int, stop: int, facts: Facts, template: str = "") -> Nodes:
    """Nodes of a data field that tiles to the end as BER-TLV with known tags; nothing where that is not sure.

    `template` is the tag of the object whose content this is.

    A template that is cut off is still opened where it is one that stands around records and answers.
    """
    rows = tlv.scan(raw, start, stop)
    outer = [row for row in rows if row[1] == 0]
    if tlv.damage(rows, facts) and not _is_cut_template(outer):
        return ()
    tags = [row[0] for row in outer if row[0]]  # padding has none
    if not tags or not all(facts.find(tag, template).known for tag in tags):
        return ()
    return tlv.tree(raw, rows, facts, template)


def _is_cut_template(outer: list[tlv.Row]) -> bool:
    """Whether the bytes begin with a template around a record or an answer, and end inside it."""
    return bool(outer) and outer[0][0] in _AROUND and len(outer) <= 2
