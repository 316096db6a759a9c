# SPDX-License-Identifier: MIT
"""SIM and UICC: what is in a file is read by the row of its place in the tree (ETSI TS 102 221, 3GPP TS 31.102).

The same identifier is another file in another directory, so a row names both: `["3F00/2FE2/"]` below the MF,
`["7F20/6F07/"]` below DF.GSM. An application stands there by the first seven bytes of its AID.
"""

from __future__ import annotations

from dataclasses import replace

from ..core import tlv
from ..core.apdu import data_start
from ..core.codec import to_hex
from ..core.dictionary import Facts
from ..core.model import Command, Constant, Context, Fact, Node, Response
from . import iso7816
from .application import Application, Nodes
from .iso7816 import READ_BINARY, READ_RECORD, UPDATE_BINARY, UPDATE_RECORD

TERMINAL_PROFILE, FETCH, TERMINAL_RESPONSE, ENVELOPE = 0x10, 0x12, 0x14, 0xC2
BINARY, RECORD = (READ_BINARY, UPDATE_BINARY), (READ_RECORD, UPDATE_RECORD)
CURRENT_APPLICATION = "7FFF"


def follow(context: Context, command: Command, response: Response | None) -> Context:
    """As for any card; a file named by its short identifier becomes the current one, and which it is, is not known."""
    in_binary, in_record = (
        command.ins in BINARY and command.p1 & 0x80,
        command.ins in RECORD and command.p2 >> 3,
    )
    if (in_binary or in_record) and response and iso7816.accepted(response):
        return replace(context, ef="")
    return iso7816.follow(context, command, response)


def decode(
    context: Context, command: Command | None, response: Response | None, facts: Facts
) -> tuple[Nodes, Nodes]:
    """Both data fields; what is read or written from the beginning of the current file is its content."""
    asked, answered = iso7816.decode(context, command, response, facts)
    if not command or not response:
        return asked, answered
    raw, start, stop = command.raw, data_start(command), data_start(command) + len(command.data)
    if command.ins == TERMINAL_PROFILE:
        return tlv.value_node(facts.find("", "8010"), raw, start, stop, facts).children, answered
    place = f"{_directory(context)}/{context.ef}"
    fact = replace(facts.find("", place), tag=context.ef)
    if not fact.known or not iso7816.accepted(response) or not _from_start(command):
        return asked, answered
    if command.ins == iso7816.SELECT and to_hex(command.data[-2:]) == context.ef:
        asked = (tlv.named(asked[0].name, fact.name, fact.ref, raw, start, stop),)
    elif command.ins in (UPDATE_BINARY, UPDATE_RECORD) and command.data:
        asked = (_value(fact, raw, start, stop, facts, place),)
    elif command.ins in (READ_BINARY, READ_RECORD) and response.data:
        answered = (_value(fact, response.raw, 0, len(response.data), facts, place),)
    return asked, answered


def _from_start(command: Command) -> bool:
    """Whether a command is about the current file from its beginning, or about a whole record of it."""
    offset = command.p1 << 8 | command.p2 if command.ins in BINARY else 0
    return not offset and not (command.ins in RECORD and command.p2 >> 3)


def _directory(context: Context) -> str:
    df = context.aid if context.df == CURRENT_APPLICATION else context.df
    return df if len(df) == 4 else df[:14]


def _value(fact: Fact, raw: bytes, start: int, stop: int, facts: Facts, place: str = "") -> Node:
    """A value without tag and length; the data objects of a file may mean something in this file alone."""
    if not raw[start:stop].strip(b"\xff"):
        return Node(replace(fact, describe=Constant("all FF"), split=None), raw, start, start, stop)
    if fact.opens == "template":
        return Node(
            fact, raw, start, start, stop, tlv.tree(raw, tlv.scan(raw, start, stop), facts, place)
        )
    return tlv.value_node(fact, raw, start, stop, facts)


APP = Application(
    iso7816.TELECOM,
    ("A000000009", "A000000087", "A000000343"),
    ("globalplatform", "telecom", "uicc"),
    follow,
    decode,
    tuple(
        (cla, ins)
        for cla in (0x80, 0xA0)
        for ins in (TERMINAL_PROFILE, FETCH, TERMINAL_RESPONSE, ENVELOPE)
    ),
)
