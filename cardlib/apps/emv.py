# SPDX-License-Identifier: MIT
"""EMV payment, contact and contactless: directories, FCI, DOL-driven data, records, cryptograms (EMV 4.4 Book 3)."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

from ..core import tlv
from ..core.apdu import data_start, is_secure
from ..core.codec import to_hex
from ..core.facts import Facts
from ..core.layout import Layout, compile_layout
from ..core.model import Command, Context, Fact, How, Node, Response, record
from . import fields, iso7816
from .application import Nodes

GPO, GENERATE_AC, COMPUTE_CHECKSUM, EXCHANGE_RELAY = 0xA8, 0xAE, 0x2A, 0xEA
AC_TYPE, ARQC = 0xC0, 0x80  # in P1 of GENERATE AC (EMV Book 3, 6.5.5.2)
DIRECTORIES = {"315041592E5359532E4444463031": "PSE", "325041592E5359532E4444463031": "PPSE"}
SCRIPTS = (
    0x16,
    0x18,
    0x1E,
    iso7816.CHANGE_PIN,
)  # CARD BLOCK, APPLICATION UNBLOCK and BLOCK, and the PIN unblocked
MOST_FURTHER = 2  # bytes behind what the list of a log asks for; they are marked
LOAD_PREFIX = 14  # bytes of a record of the load log before what its list asks for
REST = -1  # as a length: what the others leave
DEFAULT_UDOL: tlv.Dol = (("9F6A", 4),)
_TEMPLATES = (b"\x70", b"\x77", b"\x80", b"\x6f", b"\x71", b"\x72")
_LISTS = {
    iso7816.READ_RECORD: {"8C": "cdol1", "8D": "cdol2", "9F49": "ddol", "9F69": "udol"},
    iso7816.GET_DATA: {"9F4F": "log_format", "DF4F": "load_format"},
}
_CHANGING = frozenset((GPO, GENERATE_AC, iso7816.EXTERNAL_AUTHENTICATE))


@record
class Afl:
    """One entry of the AFL (EMV Book 3, 10.2): records `first` to `last`, the first `signed` of them signed."""

    sfi: int
    first: int
    last: int
    signed: int


@record
class Emv:
    """What an EMV application has told so far; DOLs as (tag, length) pairs, None where it is not known.

    A PDOL of () is known: the FCI asks for nothing.
    """

    pdol: tlv.Dol | None = None
    cdol1: tlv.Dol | None = None
    cdol2: tlv.Dol | None = None
    ddol: tlv.Dol | None = None
    udol: tlv.Dol | None = None
    aip: bytes = b""
    afl: tuple[Afl, ...] = ()
    log_sfi: int = 0
    log_format: tlv.Dol | None = None
    load_sfi: int = 0
    load_format: tlv.Dol | None = None
    cryptograms: int = 0


def parse_afl(value: bytes) -> tuple[Afl, ...]:
    """Entries of an AFL; a last one that is cut off is left out."""
    whole = len(value) - len(value) % 4
    return tuple(
        Afl(value[i] >> 3, value[i + 1], value[i + 2], value[i + 3]) for i in range(0, whole, 4)
    )


def follow(context: Context, command: Command, response: Response | None) -> Context:
    """What the card told that gives later commands their meaning."""
    ins = command.ins
    state: Emv = context.state or Emv()
    if response is None or response.sw is None:
        return _changed(context, None, "unknown") if ins in _CHANGING else context
    if not iso7816.accepted(response):
        return context
    if ins == iso7816.SELECT:
        if context.how != "selected" or context.state is not None:  # a file inside the application
            return iso7816.select_file(context, command, response)
        return _changed(context, _after_select(response.data), context.how)
    if ins == GPO:
        return _changed(
            context, _after_gpo(state, response.data), "selected" if context.aid else context.how
        )
    if (ins == iso7816.READ_RECORD and response.data[:1] == b"\x70") or ins == iso7816.GET_DATA:
        elements = tlv.first(response.data, *_LISTS[ins])
        lists: dict[str, Any] = {
            _LISTS[ins][tag]: tlv.dol(value) for tag, value in elements.items()
        }
        return _changed(context, replace(state, **lists), context.how) if lists else context
    if ins == GENERATE_AC:
        return _changed(context, replace(state, cryptograms=state.cryptograms + 1), context.how)
    return context


def _changed(context: Context, state: Emv | None, how: How) -> Context:
    return replace(context, state=state, how=how)


def _after_select(data: bytes) -> Emv:
    elements = tlv.first(data, "9F38", "9F4D", "DF4D")
    pdol = tlv.dol(elements.get("9F38", b"")) if data else None
    log_entry = elements.get("9F4D") or b"\0"
    load_entry = elements.get("DF4D") or b"\0"
    return Emv(pdol=pdol, log_sfi=log_entry[0], load_sfi=load_entry[0])


def _after_gpo(state: Emv, data: bytes) -> Emv:
    """AIP and AFL from either format (EMV Book 3, 6.5.8.4)."""
    if data[:1] == b"\x80":
        value = tlv.first(data, "80").get("80", b"")
        elements = {"82": value[:2], "94": value[2:]}
    else:
        elements = tlv.first(data, "82", "94")
    return replace(
        state, aip=elements.get("82", b""), afl=parse_afl(elements.get("94", b"")), cryptograms=0
    )


def decode(
    context: Context, command: Command | None, response: Response | None, facts: Facts
) -> tuple[Nodes, Nodes]:
    """Both data fields; what EMV does not define is decoded as for any card."""
    state: Emv = context.state or Emv()
    asked = _command_data(context, state, command, facts) if command and command.data else ()
    answered = (
        _response_data(context, state, command, response, facts)
        if response and response.data
        else ()
    )
    if response and (response.raw[:1] == b"\x80" or b"\x9f\x10" in response.raw):
        answered = _with_layout(answered, context.aid[:10])
    return asked, answered


def _with_layout(nodes: Nodes, rid: str) -> Nodes:
    """Notes beside issuer application data what chose its layout: the RID first, then the bytes (Book 3, C7)."""
    noted = []
    for node in nodes:
        if node.tag == "9F10" and node.fact.layout:
            note = "; ".join(filter(None, (node.note, _layout_note(node, rid))))
            node = replace(node, note=note)
        elif node.children:
            node = replace(node, children=_with_layout(node.children, rid))
        noted.append(node)
    return tuple(noted)


def _layout_note(iad: Node, rid: str) -> str:
    chosen_by = f"the application's RID {rid}" if rid else "its bytes alone"
    name = iad.fact.layout.alternative(iad.value)
    if not name:
        return f"no layout known by {chosen_by}"
    return f"layout by {chosen_by}: {name}"


def _command_data(context: Context, state: Emv, command: Command, facts: Facts) -> Nodes:
    raw, start = command.raw, data_start(command)
    stop, ins = start + len(command.data), command.ins
    if ins == GPO:
        return _template("83", raw, start, stop, state.pdol, facts)
    asked = _asked(state, command)
    if asked is not None:
        return tlv.dol_values(raw, start, stop, asked, facts)
    if tag := _bare(command):
        return (tlv.value_node(facts.find(tag), raw, start, stop, facts),)
    if is_secure(command.cla) and (
        ins not in iso7816.SECRET or (ins in SCRIPTS and command.cla >= 0x80)
    ):
        return _script_data(command, raw, start, stop)
    return fields.command_data(context, command, facts)


def _script_data(command: Command, raw: bytes, start: int, stop: int) -> Nodes:
    """A command of the issuer whose MAC has no tag: alone, or behind a PIN that is enciphered (EMV Book 2, 9.2)."""
    ref = "EMV 4.4 Book 2, 9.2"
    alone = command.ins in SCRIPTS and not (command.ins == iso7816.CHANGE_PIN and command.p2)
    if alone and 4 <= len(command.data) <= 8:
        return (tlv.named("MAC", to_hex(command.data), ref, raw, start, stop),)
    if command.ins == iso7816.CHANGE_PIN:
        fact = Fact("", "enciphered PIN data, MAC", to_hex, ref, sensitive="pin")
        return (Node(fact, raw, start, start, stop),)
    return ()


def _bare(command: Command) -> str:
    """The tag of the one data element that this command carries without tag and length, or empty."""
    if command.ins == iso7816.EXTERNAL_AUTHENTICATE:
        return "91" if command.cla < 0x80 else ""
    if command.ins == iso7816.VERIFY:
        return "99" if command.p2 & 0xF8 == 0x80 else ""
    return "DF8301" if command.ins == EXCHANGE_RELAY else ""


def _fits(asked: tlv.Dol | None, command: Command) -> bool:
    """Whether the data are as long as a list asks for (EMV Book 3, 5.4)."""
    return asked is not None and sum(length for _, length in asked) == len(command.data)


def _card_list(state: Emv, command: Command) -> tlv.Dol | None:
    """CDOL1, then CDOL2; by its length where a GENERATE AC is missing in the capture.

    A second one asks for no ARQC (EMV Book 3, 9.3).
    """
    expected, other = state.cdol1, state.cdol2
    may_be_second = command.p1 & AC_TYPE != ARQC
    if state.cryptograms:
        expected, other = other, expected
        may_be_second = True
    if may_be_second and _fits(other, command) and not _fits(expected, command):
        return other
    return expected


def _asked(state: Emv, command: Command) -> tlv.Dol | None:
    """The data object list that this command answers."""
    if command.ins == GENERATE_AC:
        return _card_list(state, command)
    if command.ins == iso7816.INTERNAL_AUTHENTICATE:
        return state.ddol
    if command.ins == COMPUTE_CHECKSUM and command.cla & 0xF0 == 0x80:
        return state.udol or DEFAULT_UDOL
    return None


def _template(
    tag: str, raw: bytes, start: int, stop: int, layout: tlv.Dol | None, facts: Facts
) -> Nodes:
    """Template 83 or 80: values without tags in the order of a list, where it is known (EMV Book 3, 6.5.8.3)."""
    rows = tlv.scan(raw, start, stop)
    if rows[0][0] != tag:
        return ()
    _, _, at, body, end, error = rows[0]
    rest = end - body - sum(length for _, length in layout or () if length != REST)
    asked = [
        (name, rest if length == REST else length)
        for name, length in layout or ()
        if length != REST or rest > 0
    ]
    values = (
        tlv.dol_values(raw, body, end, asked, facts)
        if layout is not None and (body < end or tag == "80")
        else ()
    )
    return (
        Node(facts.find(tag), raw, at, body, end, values, "", error),
        *tlv.tree(raw, rows[1:], facts),
    )


def _response_data(
    context: Context, state: Emv, command: Command | None, response: Response, facts: Facts
) -> Nodes:
    raw, stop = response.raw, len(response.data)
    ins = command.ins if command else None
    if raw[:1] == b"\x80" and ins in _FORMAT_1:
        return _template("80", raw, 0, stop, _FORMAT_1[ins], facts)
    if ins == iso7816.READ_RECORD and command and _is_load_log(state, command):
        return _load_record(state, raw, stop, facts)
    if (
        ins == iso7816.READ_RECORD
        and command
        and _is_log(state, command, stop)
        and raw[:1] != b"\x70"
    ):
        return tlv.dol_values(raw, 0, stop, state.log_format or (), facts)
    if raw[:1] in _TEMPLATES and (
        command is None or ins in (iso7816.READ_RECORD, GPO, GENERATE_AC, COMPUTE_CHECKSUM)
    ):
        return tlv.tree(raw, tlv.scan(raw, 0, stop), facts)
    return fields.response_data(context, command, response, facts)


def _is_log(state: Emv, command: Command, size: int) -> bool:
    """Whether a record is one of the log; where its file is not known, its size must be about that of the list."""
    if not state.log_format:
        return False
    sfi = command.p2 >> 3
    if state.log_sfi:
        return sfi == state.log_sfi
    further_bytes = size - sum(length for _, length in state.log_format)
    return 11 <= sfi <= 30 and 0 <= further_bytes <= MOST_FURTHER


@functools.cache
def _load_prefix() -> Layout:
    fields = "object written  2  !share\nbefore  6  amount  !share\nafter  6  amount  !share"
    return compile_layout(fields, ref="PBOC 3.0 Part 13 (second hand)")


def _is_load_log(state: Emv, command: Command) -> bool:
    return bool(state.load_sfi and state.load_format) and command.p2 >> 3 == state.load_sfi


def _load_record(state: Emv, raw: bytes, stop: int, facts: Facts) -> Nodes:
    """A record of the load log: the object that was written, its values before and after, then the list of DF4F.

    Source: PBOC 3.0 Part 13 (second hand).
    """
    at = min(stop, LOAD_PREFIX)
    nodes = _load_prefix().parse(raw, 0, at)
    return (*nodes, *tlv.dol_values(raw, at, stop, state.load_format or (), facts))


_FORMAT_1: dict[int | None, tlv.Dol] = {  # template 80 (EMV Book 3, 6.5.5.4, 6.5.8.4)
    GPO: (("82", 2), ("94", REST)),
    GENERATE_AC: (("9F27", 1), ("9F36", 2), ("9F26", 8), ("9F10", REST)),
    iso7816.INTERNAL_AUTHENTICATE: (("9F4B", REST),),
    EXCHANGE_RELAY: (("DF8302", 4), ("DF8303", 2), ("DF8304", 2), ("DF8305", 2)),
}
