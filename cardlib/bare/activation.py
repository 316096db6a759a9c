# SPDX-License-Identifier: MIT
"""What a card says before the first command, and short answers: ATR, ATS, status words, AIDs, single APDUs."""

from __future__ import annotations

import re

from ..apps import ANY_CARD, by_aid, claimed_by, facts_of, get
from ..core.activation import atqb_node, atr_node, ats_node
from ..core.addresses import parameters_of
from ..core.apdu import LEGAL_SW1, parse_command, parse_response
from ..core.atr import MAX_ATR, WRONG_TCK, describe_card
from ..core.codec import to_hex
from ..core.dictionary import shipped
from ..core.escape import counted
from ..core.facts import facts
from ..core.model import Command, Constant, Context, Exchange, Fact, Node
from ..core.registers import UNKNOWN_STATUS, aid_name, status_text
from ..road.meaning import decode
from .model import FITS, GUESS, LIKELY, PROVEN, SURE, Caller, Reading, refuse
from .objects import objects_of
from .paste import Pasted

LEAST_AID, MOST_AID = 5, 16
MAX_ATS = 64
MAX_APPLICATIONS = 4  # that are named beside the meaning of a status word
_TEXT_AID = re.compile(r"[12]PAY\.SYS\.DDF01")
_SW_HALVES = re.compile(r"sw1?\W{0,4}([0-9a-f]{2})\W{1,4}sw2?\W{0,4}([0-9a-f]{2})", re.I)


def _bytes_of(paste: Pasted) -> bytes:
    if not paste.digits:
        raise refuse(f"not hex: {paste.fault}")
    if paste.is_odd:
        raise refuse("half a byte at the end")
    return paste.data


def read_atr(paste: Pasted, caller: Caller) -> Reading:
    """An answer to reset (ISO/IEC 7816-3, 8.2)."""
    data = _bytes_of(paste)
    if data[:1] not in (b"\x3b", b"\x3f"):
        raise refuse(f"an ATR begins with 3B or 3F, this with {to_hex(data[:1])}")
    if len(data) > MAX_ATR:
        raise refuse(f"an ATR has at most {MAX_ATR} bytes, {len(data)} here")
    node = atr_node(data)
    title = f"ATR {to_hex(data)}, {counted(len(data), 'byte')}"
    if node.error:
        strength = FITS
        if node.error == WRONG_TCK:
            strength = LIKELY
        return Reading("atr", title, strength, node.error, (node,), (), data)
    title = f"ATR {to_hex(data)}, {describe_card(data)}"
    has_check = any(part.name == "TCK" for part in node.children)
    if has_check:
        return Reading("atr", title, PROVEN, "its check byte TCK is right", (node,), (), data)
    strength = LIKELY
    if len(data) > 3:
        strength = SURE
    return Reading("atr", title, strength, "it is as long as it announces", (node,), (), data)


def read_ats(paste: Pasted, caller: Caller) -> Reading:
    """An ATS (ISO/IEC 14443-4, 5.2), with or without its CRC; an ATQB."""
    data = _bytes_of(paste)
    if data[:1] == b"\x50" and len(data) in (12, 13):
        node = atqb_node(data)
        return Reading("ats", "ATQB of a type B card", FITS, "50 and 12 bytes", (node,))
    if len(data) > MAX_ATS or len(data) < 2 or data[0] not in (len(data), len(data) - 2):
        raise refuse(f"the first byte of an ATS is its length: here {data[0]}, of {len(data)}")
    node = ats_node(data)
    title = f"ATS, {counted(data[0], 'byte')}"
    if node.error:
        return Reading("ats", title, GUESS, node.error, (node,))
    strength = FITS
    if len(data) > 2 and data[1] & 0x80 == 0 and data[1] & 0x0F <= 8:
        strength = LIKELY  # T0 as 5.2.3 has it, for frames of at most 256 bytes
    return Reading("ats", title, strength, "its first byte is its length", (node,))


def read_status(paste: Pasted, caller: Caller) -> Reading:
    """A status word, in the terms of the application where one is given, and those of others."""
    halves = _SW_HALVES.fullmatch(paste.text.strip())
    if halves:
        data = bytes.fromhex(halves[1] + halves[2])
    else:
        data = _bytes_of(paste)
    if len(data) != 2:
        raise refuse(f"a status word has 2 bytes, {len(data)} here")
    if data[0] not in LEGAL_SW1:
        raise refuse(f"a status word begins with 61 to 6F or 9X, this with {data[0]:02X}")
    sw = int.from_bytes(data)
    rows = facts(ANY_CARD)
    terms = ""
    if caller.aid:
        application, _ = by_aid(caller.aid, caller.dictionaries)
        rows = facts_of(caller.context(application))
        terms = f", in the terms of {aid_name(caller.aid) or get(application).title}"
    text, advice = rows.status(sw)
    fact = Fact("", "SW", Constant(text), "ISO/IEC 7816-4, 5.6", share="all")
    node = Node(fact, data, 0, 0, 2, (), advice)
    remarks: tuple[str, ...] = ()
    if not caller.aid:
        remarks = tuple(_elsewhere(sw, text))
    strength = SURE
    if text == UNKNOWN_STATUS:
        strength = FITS
    reason = "two bytes, and its first byte is that of a status word"
    title = f"status word {to_hex(data)}: {text}{terms}"
    return Reading("sw", title, strength, reason, (node,), remarks)


def _elsewhere(sw: int, text: str) -> list[str]:
    """What a status word means in applications that read it differently."""
    texts: dict[str, list[str]] = {}
    for name in shipped():
        meaning, _ = facts(name).status(sw)
        if meaning not in (text, status_text(sw)[0]):
            texts.setdefault(meaning, []).append(get(name).title)
    lines = []
    for meaning, titles in list(texts.items())[:MAX_APPLICATIONS]:
        lines.append(f"{', '.join(titles)}: {meaning}")
    return lines


def read_aid(paste: Pasted, caller: Caller) -> Reading:
    """The identifier of an application (ISO/IEC 7816-5)."""
    text = paste.text.strip().upper()
    if _TEXT_AID.fullmatch(text):
        data = text.encode()
    else:
        data = _bytes_of(paste)
    if not LEAST_AID <= len(data) <= MOST_AID:
        raise refuse(f"an AID has {LEAST_AID} to {MOST_AID} bytes, {len(data)} here")
    aid = to_hex(data)
    application, digits = by_aid(aid, caller.dictionaries)
    name = aid_name(aid)
    if not name and digits:
        name = get(application).title
    strength, reason = _aid_strength(data, name)
    fact = Fact("4F", "AID", Constant(name or aid), "ISO/IEC 7816-5", share="aid")
    node = Node(fact, data, 0, 0, len(data))
    return Reading("aid", f"AID of {name or 'an unknown application'}", strength, reason, (node,))


def _aid_strength(data: bytes, name: str) -> tuple[int, str]:
    if name:
        return SURE, "its beginning is registered"
    if data[0] >> 4 == 0xA and data[1] == 0:
        return LIKELY, "it begins like a registered provider (A0 00)"
    if data[0] >> 4 in (0xD, 0xF):
        return GUESS, "its first half byte is that of a national or proprietary identifier"
    raise refuse(f"an AID begins with A, D or F, this with {data[0] >> 4:X}")


def read_apdu(paste: Pasted, caller: Caller) -> Reading:
    """A single command or answer."""
    data = _bytes_of(paste)
    readings = [
        reading
        for reading in (_command(data, caller), _answer(data, caller))
        if reading is not None
    ]
    if not readings:
        raise refuse("no command that is known and whose length fits, and no answer")
    return max(readings, key=lambda reading: reading.strength)


def _command(data: bytes, caller: Caller) -> Reading | None:
    if len(data) < 4:
        return None
    command = parse_command(data)
    if command.error:
        return None
    context, strength = _context(command, caller)
    if context is None:
        return None
    exchange = Exchange(0, 0, command, None, context=context)
    root = decode(exchange)
    terms = ""
    if context.application != ANY_CARD:
        terms = f", in the terms of {get(context.application).title}"
    reason = "a known instruction, and its length fits"
    return Reading("apdu", f"command {root.name}{terms}", strength, reason, root.children)


def _context(command: Command, caller: Caller) -> tuple[Context | None, int]:
    """Whose command it is: that of the given application, of any card, or of the only one that has it."""
    strength = LIKELY
    if len(command.raw) > 5 and command.data:
        strength = SURE
    parameters = parameters_of(command)
    if caller.aid:
        application, _ = by_aid(caller.aid, caller.dictionaries)
        context = caller.context(application)
        if facts_of(context).command(command.cla, command.ins, parameters):
            return context, strength
    context = Context(dictionaries=caller.dictionaries)
    claimed = claimed_by(command, context)
    if claimed:
        return caller.context(claimed), strength
    if facts(ANY_CARD).command(command.cla, command.ins, parameters):
        if command.cla >= 0x10:
            strength = FITS
        return caller.context(ANY_CARD), strength
    owners = [
        name
        for name in shipped()
        if facts(name).command(command.cla, command.ins, parameters) and not get(name).over
    ]
    if not owners:
        return None, 0
    return caller.context(owners[0]), FITS


def _answer(data: bytes, caller: Caller) -> Reading | None:
    if len(data) < 3:
        return None
    response = parse_response(data)
    if response.sw is None or response.extra:
        return None
    objects = objects_of(response.data, caller)
    is_tlv = bool(objects.outer) and not objects.damage and objects.recognised > 0
    text = status_text(response.sw)[0]
    if is_tlv:
        strength, reason = SURE, "a status word, and data objects that tile exactly in front of it"
    elif response.sw == 0x9000:
        strength, reason = FITS, "it ends in the status word 9000"
    else:
        return None
    if is_tlv and response.sw != 0x9000:
        strength = GUESS
    application = ANY_CARD
    if is_tlv and "EMV" in objects.terms.words:
        application = "emv"
    exchange = Exchange(0, 0, None, response, context=caller.context(application))
    title = (
        f"answer of {counted(len(response.data), 'byte')} and status word {response.sw:04X}: {text}"
    )
    return Reading("apdu", title, strength, reason, decode(exchange).children)
