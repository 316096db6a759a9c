# SPDX-License-Identifier: MIT
"""What is decided in each phase: one function a phase, which gives statements.

The longer ones have modules of their own.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...apps import emv, iso7816
from ...core import tlv
from ...core.codec import parse_bcd, to_hex
from ...core.registers import aid_name
from ..act import Statement
from . import actions, cvm
from .cash import cash
from .data_authentication import authentication, offered
from .decisions import (
    IN_GPO,
    NOT_REACHED,
    SCRIPTS,
    card_action,
    completion,
    is_script,
    online,
    scripts,
)
from .dialogue import Dialogue, answer_of, bits, ins_of, is_read, say, tell
from .restrictions import allowed, restrictions

__all__ = [
    "IN_GPO",
    "SCRIPTS",
    "action",
    "allowed",
    "authentication",
    "card_action",
    "completion",
    "initiate",
    "is_script",
    "offered",
    "online",
    "reading",
    "restrictions",
    "risk",
    "scripts",
    "selection",
    "verification",
]

# What is to be paid, with the length of each value.
PAID = (("9C", 1), ("9F02", 6), ("5F2A", 2), ("9A", 3), ("9F1A", 2))
# EMV Book 3, 7.2
MANDATORY = ("5F24", "5A", "8C", "8D")
MAX_NAMED = 4
BY_READER = (
    "does not occur on the wire: "
    "the reader checks its limits before the tap (TTQ), the card its own"
)
# Bits of the TVR.
RISK = 0xF8 << 8
FLOOR = 0x80 << 8


def selection(d: Dialogue) -> Iterator[Statement]:
    """Which application the terminal chose."""
    for exchange in d.commands(iso7816.SELECT):
        command = exchange.command
        if command is None or command.p1 != 4:
            continue
        aid = to_hex(command.data[:16])
        result = "selected" if is_read(exchange) else "not selected"
        status, evidence = answer_of(exchange)
        if status:
            result += f": {status}"
        yield say(f"{aid_name(aid) or aid} {result}", evidence)


def initiate(d: Dialogue) -> Iterator[Statement]:
    """What the card asked for, what is to be paid, what the card can do."""
    started = d.commands(emv.GPO)
    if not started:
        yield say("no GET PROCESSING OPTIONS in this capture")
    for text, evidence in map(answer_of, started):
        if text:
            yield say(f"GET PROCESSING OPTIONS: {text}", evidence)
    pdol, values = d.answered("9F38"), d.sent("83")
    if pdol and values:
        asked = sum(length for _, length in tlv.dol(pdol.value))
        sent = len(values.value)
        text = f"bytes that the PDOL asks for: {asked}; that the terminal sent: {sent}"
        yield say(text, pdol, values, agrees=asked == sent)
    elements = [d.sent(tag, size) for tag, size in PAID]
    texts = [element.text for element in elements if element]
    if texts:
        yield say(f"to be paid: {', '.join(texts)}", *elements)
    yield from tell("AIP", d.answered("82", 2))
    yield from tell("what the reader can do and wants, TTQ", d.ttq)


def reading(d: Dialogue) -> Iterator[Statement]:
    """Whether all records were read, with what is mandatory (EMV Book 3, 7.2 and 10.2); electronic cash."""
    yield from _records(d)
    yield from cash(d)


def _records(d: Dialogue) -> Iterator[Statement]:
    afl = d.answered("94")
    if not d.places:
        text = "not known which records there are: no AFL in this capture"
        if any(map(is_read, d.commands(emv.GPO))):
            text = "the card names no records"
        yield say(text, afl)
        return
    text = "all were read"
    if d.unread:
        missing = [f"record {number} of SFI {sfi}" for sfi, number in d.unread[:MAX_NAMED]]
        text = f"not read in this capture: {', '.join(missing)}"
    if len(d.unread) > MAX_NAMED:
        text += " and others"
    yield say(f"the AFL names {len(d.places)} records; {text}", afl)
    if d.complete and d.first and not d.in_gpo:
        lacking = [tag for tag in MANDATORY if d.answered(tag) is None]
        text = "what is mandatory is there"
        if lacking:
            text = f"not among them, though mandatory: {', '.join(lacking)}"
        elements = map(d.answered, MANDATORY)
        yield say(f"{text} ({', '.join(MANDATORY)})", *elements, agrees=not lacking)


def verification(d: Dialogue) -> Iterator[Statement]:
    """By CVM list and CVM results; by TTQ and CTQ where there is one answer only (Book C-3)."""
    if not d.in_gpo:
        yield from cvm.judge(d)
        return
    ttq, ctq = d.ttq, d.answered("9F6C", 2)
    yield from tell("what the card requires, CTQ", ctq)
    if ttq is None:
        yield say("not known: no TTQ (9F66) in this capture")
    elif not ttq.value[1] & 0x40:
        yield say("the reader did not demand it (TTQ)", ttq)
    elif ctq is None:
        yield say("the reader demands it (TTQ); no CTQ (9F6C) here", ttq)
    else:
        # Online PIN, signature, or verified on the device.
        way = bits(ctq, 0xC080)
        text = f"the reader demands it (TTQ); the card chose {way or 'no way to do it'} (CTQ)"
        yield say(text, ttq, ctq, agrees=bool(way))


def risk(d: Dialogue) -> Iterator[Statement]:
    """The floor limit and the counters, by byte 4 of the TVR (EMV Book 3, 10.6)."""
    for counter in (*d.all("9F36", "response"), *d.all("9F13", "response")):
        if ins_of(counter.exchange) == iso7816.GET_DATA:
            yield say(f"{counter.node.name}: {counter.text}", counter)
    tvr = d.tvr
    if tvr is None:
        yield say(_why_no_tvr(d))
        return
    exceeded = bits(tvr, RISK) or "no limit exceeded, not selected for online"
    yield say(f"the TVR says: {exceeded}", tvr)
    floor, amount = d.sent("9F1B", 4), d.sent("9F02", 6)
    digits = parse_bcd(amount.value) if amount else None
    if floor and digits:
        limit = int.from_bytes(floor.value, "big")
        is_exceeded = int(digits) >= limit
        fits = is_exceeded == bool(bits(tvr, FLOOR))
        text = f"amount {int(digits)}, floor limit {limit}"
        yield say(text, amount, floor, tvr, agrees=fits)


def _why_no_tvr(d: Dialogue) -> str:
    if d.in_gpo:
        return BY_READER
    if d.first:
        return "not known: no TVR (95) in this capture"
    return NOT_REACHED


def action(d: Dialogue) -> Iterator[Statement]:
    """Which cryptogram the terminal had to ask for."""
    if d.in_gpo:
        yield say(IN_GPO)
    else:
        yield from actions.judge(d)
