# SPDX-License-Identifier: MIT
"""Any card: the interindustry commands of ISO/IEC 7816-4, and the fallback where no application is known."""

from __future__ import annotations

from ..core import tlv
from ..core.apdu import data_start
from ..core.codec import is_constructed, to_hex
from ..core.dictionary import Facts, aid_name
from ..core.model import Command, Context, Fact, Node, Response
from .application import Application, Nodes

SELECT, MANAGE_CHANNEL, GET_CHALLENGE, GET_DATA, VERIFY, CHANGE_PIN = (
    0xA4,
    0x70,
    0x84,
    0xCA,
    0x20,
    0x24,
)
READ_BINARY, UPDATE_BINARY, READ_RECORD, UPDATE_RECORD = 0xB0, 0xD6, 0xB2, 0xDC
EXTERNAL_AUTHENTICATE, INTERNAL_AUTHENTICATE = 0x82, 0x88
CHALLENGES = (
    EXTERNAL_AUTHENTICATE,
    GET_CHALLENGE,
    0x86,
    0x87,
    INTERNAL_AUTHENTICATE,
)  # and GENERAL AUTHENTICATE
SECRET = {
    **dict.fromkeys((0x20, 0x21, 0x26, 0x28), "verification data"),
    **dict.fromkeys((0x24, 0x25), "old and new verification data"),
    **dict.fromkeys((0x2C, 0x2D), "unblocking data and new verification data"),
}
LOAD_KEYS = 0x82  # PC/SC part 3, 3.2.2.1.4: class FF, the data field is the key
_WRITTEN = (
    0xCA,
    0xCB,
    0xD6,
    0xD7,
    0xDA,
    0xDB,
    0xDC,
    0xDD,
    0xE2,
)  # GET and PUT DATA, UPDATE, APPEND RECORD
MF, GSM, TELECOM, SEARCH_RECORD = "3F00", 0xA0, "telecom", 0xA2
_DIRECTORY = frozenset(b"\x84\x38\x78\xb8\xf8")  # the tag of a DF name, the descriptors of a DF
PIN_REF = "ISO/IEC 7816-4, 11.6"
_KEY = Fact("", "key for the reader", to_hex, "PC/SC part 3, 3.2.2.1.4", sensitive="key")


def follow(context: Context, command: Command, response: Response | None) -> Context:
    """SELECT of a file moves the current DF or EF; nothing else changes anything here."""
    if command.ins != SELECT or response is None or not accepted(response):
        return context
    return select_file(context, command, response)


def select_file(context: Context, command: Command, response: Response) -> Context:
    """The context after a file was selected by identifier or path (ISO/IEC 7816-4, 11.1.1)."""
    if command.p1 not in (0, 1, 2, 3, 8, 9):
        return context
    path = command.data.hex(" ", 2).upper().split() or [MF]
    fid, c = path[-1], context
    if command.p1 == 3:
        return Context(
            c.channel, c.application, c.how, c.aid, "", "", c.state, c.secure, c.dictionaries
        )
    app = TELECOM if command.cla == GSM or _is_uicc(response.data) else c.application
    if fid == MF:
        app, aid = (app, c.aid) if app == TELECOM else ("iso7816", "")
        return Context(c.channel, app, "selected", aid, MF, "", None, c.secure, c.dictionaries)
    is_df = (
        command.p1 == 1
        or is_directory(response.data)
        or (app == TELECOM and fid[:2] in ("7F", "5F"))
    )
    above = path[-2] if len(path) > 1 else MF if command.p1 == 8 else c.df
    df, ef = (fid, "") if is_df else (above, fid)
    return Context(c.channel, app, c.how, c.aid, df, ef, c.state, c.secure, c.dictionaries)


def _is_uicc(data: bytes) -> bool:
    """Whether the answer to SELECT has a PIN status template, as that of every UICC (ETSI TS 102 221, 11.1.1.4.10)."""
    return data[:1] == b"\x62" and b"\xc6" in data and "C6" in tlv.first(data, "C6")


def is_directory(data: bytes) -> bool:
    """Whether the answer to SELECT describes a DF: file descriptor 38 and the like, or an FCI with a DF name."""
    if data[:1] not in (b"\x62", b"\x6f") or _DIRECTORY.isdisjoint(data):
        return False
    found = tlv.first(data, "82", "84")
    return "84" in found or (bool(found.get("82")) and found["82"][0] & 0x3F == 0x38)


def accepted(response: Response) -> bool:
    """Whether the card did what it was told: 9000, a warning, or more data or a proactive command waiting."""
    return response.sw is not None and response.sw >> 8 in (0x90, 0x91, 0x61, 0x62, 0x63, 0x9F)


def decode(
    context: Context, command: Command | None, response: Response | None, facts: Facts
) -> tuple[Nodes, Nodes]:
    """Data fields by instruction: names, records, tags, secrets; what is BER-TLV is shown as such."""
    asked = command_data(context, command, facts) if command and command.data else ()
    answered = (
        response_data(context, command, response, facts) if response and response.data else ()
    )
    return asked, answered


def command_data(context: Context, command: Command, facts: Facts) -> Nodes:
    """The data field of an interindustry command."""
    raw, start = command.raw, data_start(command)
    stop = start + len(command.data)
    if command.cla == 0xFF:
        return (Node(_KEY, raw, start, start, stop),) if command.ins == LOAD_KEYS else ()
    if command.ins == SELECT:
        return (_selected(command, raw, start, stop),)
    if command.ins in SECRET:
        fact = Fact("", SECRET[command.ins], to_hex, PIN_REF, sensitive="pin")
        return (Node(fact, raw, start, start, stop),)
    if command.ins == SEARCH_RECORD and command.p2 & 6 == 4:
        return (
            tlv.named(
                "search string", to_hex(command.data), "ISO/IEC 7816-4, 11.4", raw, start, stop
            ),
        )
    if command.ins in _WRITTEN:
        return as_tlv(raw, start, stop, facts)
    return ()


def _selected(command: Command, raw: bytes, start: int, stop: int) -> Node:
    value, ref = raw[start:stop], "ISO/IEC 7816-4, 11.1.1"
    if command.p1 == 4:
        name = aid_name(to_hex(value)) or _as_text(value) or "unknown application"
        return tlv.named("DF name (AID)", name, ref, raw, start, stop)
    what = "path" if command.p1 in (8, 9) else "file identifier"
    return tlv.named(what, "MF" if to_hex(value) == MF else to_hex(value), ref, raw, start, stop)


def _as_text(value: bytes) -> str:
    return value.decode("ascii") if value and all(32 <= b < 127 for b in value) else ""


def response_data(
    context: Context, command: Command | None, response: Response, facts: Facts
) -> Nodes:
    """The data field of the answer: BER-TLV where it is well formed, else bytes."""
    if command and (command.cla == 0xFF or command.ins == 0xC0):
        return ()
    if command and command.ins == GET_CHALLENGE:
        number = to_hex(response.data)
        return (
            tlv.named(
                "challenge", number, "ISO/IEC 7816-4, 11.5.3", response.raw, 0, len(response.data)
            ),
        )
    if command and command.ins == SEARCH_RECORD:
        records = ", ".join(str(number) for number in response.data)
        return (
            tlv.named(
                "records found",
                records,
                "ISO/IEC 7816-4, 11.4",
                response.raw,
                0,
                len(response.data),
            ),
        )
    if command and command.ins == MANAGE_CHANNEL and len(response.data) == 1:
        number = str(response.data[0])
        return (
            tlv.named(
                "logical channel opened", number, "ISO/IEC 7816-4, 11.1.2", response.raw, 0, 1
            ),
        )
    return as_tlv(response.raw, 0, len(response.data), facts)


def as_tlv(raw: bytes, start: int, stop: int, facts: Facts) -> Nodes:
    """Nodes of a data field that is BER-TLV from end to end; nothing where that is not sure.

    A damaged template is still opened when its tag is one that the dictionary knows as a template.
    """
    rows = tlv.scan(raw, start, stop)
    outer = [row for row in rows if row[1] == 0]
    known = bool(rows) and is_constructed(rows[0][0]) and facts.find(rows[0][0]).known
    broken = any(row[5] and not row[5].startswith(tlv.NOTE) for row in rows)
    if broken and not (known and len(outer) <= 2):
        return ()
    if not any(facts.find(row[0]).known for row in outer if row[0]):
        return ()
    return tlv.tree(raw, rows, facts)


CARD_MANAGER = "A0000000030000"  # under the RID of Visa, but no payment application
APP = Application("iso7816", (CARD_MANAGER,), ("globalplatform", "telecom"), follow, decode)
