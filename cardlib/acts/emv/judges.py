# SPDX-License-Identifier: MIT
"""What is decided in each phase; the CVM list and the action analysis have modules of their own."""

from __future__ import annotations

from collections.abc import Iterator

from ...apps import emv, iso7816
from ...core import tlv
from ...core.apdu import is_secure
from ...core.codec import parse_bcd, parse_date, to_hex
from ...core.dictionary import aid_name
from ...core.model import Exchange
from ...road.pipeline import name
from . import actions, cvm
from .data import Found, static_data
from .dialogue import (
    Dialogue,
    Statement,
    above,
    answer_of,
    asked,
    bits,
    cryptogram,
    ins_of,
    is_read,
    say,
    tell,
)

METHODS = (("XDA", 0x80, 0x04), ("CDA", 0x01, 0x08), ("DDA", 0x20, 0x40), ("SDA", 0x40, 0x80))
PAID = (("9C", 1), ("9F02", 6), ("5F2A", 2), ("9A", 3), ("9F1A", 2))
MANDATORY = ("5F24", "5A", "8C", "8D")  # EMV Book 3, 7.2
SCRIPTS = (
    "APPLICATION BLOCK",
    "APPLICATION UNBLOCK",
    "CARD BLOCK",
    "PIN CHANGE/UNBLOCK",
    "PUT DATA",
    "UPDATE RECORD",
)
NOT_REACHED = "not reached in this capture"
NO_CAPS = "the terminal's 9F33 is not here"
IN_GPO = "does not occur: the card gave its cryptogram in the answer to GET PROCESSING OPTIONS"
BY_READER = "does not occur on the wire: the reader checks its limits before the tap (TTQ), the card its own"
# bits of the TVR, as a number of 40 bits
ODA_SKIPPED, ODA_FAILED = 0x80 << 32, 0x4C << 32 | 0x01 << 8
VERSIONS, EXPIRED, EARLY, SERVICE = 0x80 << 24, 0x40 << 24, 0x20 << 24, 0x10 << 24
RISK, FLOOR, ISSUER_FAILED, SCRIPT_FAILED = 0xF8 << 8, 0x80 << 8, 0x40, 0x30


def selection(d: Dialogue) -> Iterator[Statement]:
    """Which application the terminal chose."""
    for exchange in d.commands(iso7816.SELECT):
        if exchange.command and exchange.command.p1 == 4:
            aid, (text, where) = to_hex(exchange.command.data[:16]), answer_of(exchange)
            chosen = f"{aid_name(aid) or aid} {'selected' if is_read(exchange) else 'not selected'}"
            yield say(f"{chosen}: {text}" if text else chosen, where)


def initiate(d: Dialogue) -> Iterator[Statement]:
    """What the card asked for, what is to be paid, what the card can do."""
    started = d.commands(emv.GPO)
    if not started:
        yield say("no GET PROCESSING OPTIONS in this capture")
    yield from (
        say(f"GET PROCESSING OPTIONS: {text}", where)
        for text, where in map(answer_of, started)
        if text
    )
    pdol, given = d.told("9F38"), d.sent("83")
    if pdol and given:
        size, sent = sum(length for _, length in tlv.dol(pdol.value)), len(given.value)
        text = f"bytes that the PDOL asks for: {size}; that the terminal sent: {sent}"
        yield say(text, pdol, given, agrees=size == sent)
    paid = [one for tag, size in PAID if (one := d.sent(tag, size))]
    if paid:
        yield say(f"to be paid: {', '.join(one.text for one in paid)}", *paid)
    yield from tell("AIP", d.told("82", 2))
    yield from tell("what the reader can do and wants, TTQ", d.ttq)


def reading(d: Dialogue) -> Iterator[Statement]:
    """Whether all records were read, and whether what is mandatory was among them (EMV Book 3, 7.2 and 10.2)."""
    afl = d.told("94")
    if not d.places:
        told = any(map(is_read, d.commands(emv.GPO)))
        unknown = "not known which records there are: no AFL in this capture"
        yield say("the card names no records" if told else unknown, afl)
        return
    missing = ", ".join(f"record {number} of SFI {sfi}" for sfi, number in d.unread[:4])
    unread = f"not read in this capture: {missing}{' and others' if d.unread[4:] else ''}"
    yield say(
        f"the AFL names {len(d.places)} records; {unread if d.unread else 'all were read'}", afl
    )
    if d.complete and d.first and not d.in_gpo:
        lacking = [tag for tag in MANDATORY if d.told(tag) is None]
        text = (
            f"not among them, though mandatory: {', '.join(lacking)}"
            if lacking
            else "what is mandatory is there"
        )
        yield say(f"{text} (5F24, 5A, 8C, 8D)", *map(d.told, MANDATORY), agrees=not lacking)


def offered(aip: bytes, caps: bytes = b"\xff\xff\xff") -> list[str]:
    """The methods that the AIP offers and a terminal with these capabilities (9F33) can do, the strongest first."""
    return [method for method, bit, able in METHODS if aip[0] & bit and caps[2] & able]


def authentication(d: Dialogue) -> Iterator[Statement]:
    """Which method was due, whether the TVR says it was done, and what the card signed (EMV Book 3, 10.3)."""
    aip, caps, signature = d.told("82", 2), d.sent("9F33", 3), d.told("9F4B")
    methods = offered(aip.value) if aip else []
    if d.in_gpo:
        yield say(
            f"fDDA: the card {'signed' if signature else 'sent no signature (9F4B)'}", signature
        )
    elif aip is None:
        yield say("not known: no AIP (82) in this capture")
    else:
        due = next(iter(offered(aip.value, caps.value)), "") if caps else ""
        text = f"the AIP offers {', '.join(methods) or 'no method'}"
        able = f"by what the terminal can do (9F33) {due or 'none'} is due" if caps else NO_CAPS
        yield say(f"{text}; {able}" if methods else text, aip, caps if methods else None)
        yield from _oda_result(d, aip, bool(methods), due, caps is None)
    for text, where in map(answer_of, d.commands(iso7816.INTERNAL_AUTHENTICATE)):
        yield say(f"INTERNAL AUTHENTICATE: {text or 'the card signed'}", where)
    if d.first and d.first.command and not d.in_gpo and d.first.command.p1 & 0x18:
        yield _combined(d, d.first, "CDA" if d.first.command.p1 & 0x10 else "XDA")
    if signature or (methods and not d.in_gpo):
        made = static_data(d.exchanges)
        text = (
            f"{len(made.value)} bytes, all there"
            if made.complete
            else f"not all there: {made.missing[0]}"
        )
        yield say(f"signed static data: {text}", *made.evidence)


def _oda_result(
    d: Dialogue, aip: Found, offers: bool, due: str, unsure: bool
) -> Iterator[Statement]:
    """The TVR and the TSI against what was due."""
    tvr, tsi = d.tvr, d.sent("9B", 2, d.second)
    if tvr:
        skipped, failed = bits(tvr, ODA_SKIPPED), bits(tvr, ODA_FAILED)
        fits = None if offers and (unsure or failed) else bool(skipped) != bool(due)
        yield say(f"the TVR says: {skipped or failed or 'performed, not failed'}", tvr, agrees=fits)
    if tsi and tsi.value[0] & 0x80 and not offers:
        yield say(
            "the TSI says performed, although the AIP offers no method", tsi, aip, agrees=False
        )


def _combined(d: Dialogue, first: Exchange, method: str) -> Statement:
    """CDA or XDA: asked for with GENERATE AC, done by a signature around the cryptogram; an AAC is not signed."""
    signature, (kind, where) = d.told("9F4B", at=first), cryptogram(first)
    fits = True if signature else None if kind in ("", "AAC") else False
    text = "signed" if signature else "did not sign"
    return say(
        f"{method} asked with GENERATE AC: the card {text} its answer",
        signature or where,
        agrees=fits,
    )


def restrictions(d: Dialogue) -> Iterator[Statement]:
    """Versions, usage control and dates, each against its bit of the TVR (EMV Book 3, 10.4)."""
    mine, other = d.told("9F08", 2), d.sent("9F09", 2)
    if mine and other:
        text = f"version {to_hex(mine.value)} of the card, {to_hex(other.value)} of the terminal"
        yield _checked(d, VERSIONS, mine.value != other.value, text, mine, other)
    yield from _usage(d)
    today = d.sent("9A", 3)
    for tag, title, mask in (("5F25", "valid from", EARLY), ("5F24", "valid to", EXPIRED)):
        limit = d.told(tag, 3)
        now, then = (parse_date(one.value) if one else None for one in (today, limit))
        if now and then:
            wrong = now < then if mask == EARLY else now > then
            yield _checked(d, mask, wrong, f"{title} {then}, used on {now}", limit, today)
        elif limit:
            yield say(f"{title} {limit.text}: not known, the day (9A) is not here", limit)


def _checked(d: Dialogue, mask: int, wrong: bool, text: str, *about: Found | None) -> Statement:
    """A check with its outcome, and whether the TVR has the same."""
    tvr, outcome = d.tvr, "fails" if wrong else "passes"
    if tvr is None:
        return say(f"{text}: {outcome}", *about)
    fits = bool(bits(tvr, mask)) == wrong
    return say(
        f"{text}: {outcome}, {'as' if fits else 'but not what'} the TVR says",
        *about,
        tvr,
        agrees=fits,
    )


def _usage(d: Dialogue) -> Iterator[Statement]:
    auc, home, here, kind = d.told("9F07", 2), d.told("5F28", 2), d.sent("9F1A", 2), cvm.kind_of(d)
    if auc is None:
        return
    type_, more = d.sent("9F35", 1), d.sent("9F40", 5)
    machine = type_.value in (b"\x14", b"\x15", b"\x16") if type_ and d.unit else None
    if machine:  # an unattended terminal of a bank, if it gives cash (EMV Book 4, A1)
        machine = bool(more.value[0] & 0x80) if more else None
    if (
        d.told("5F28") is None and d.complete
    ):  # the card names no country: nobody looks at the kind of transaction
        kind = ""
    domestic = home.value == here.value if home and here else None
    may = allowed(int.from_bytes(auc.value, "big"), kind, domestic, machine)
    where = {True: "at home", False: "abroad", None: "at home or abroad"}[domestic]
    text = f"usage control {to_hex(auc.value)}, {kind or 'transaction'} {where}"
    if may is None:
        yield say(
            f"{text}: not known, it hangs on more (9C, 5F28, 9F1A, 9F35) than is here",
            auc,
            home,
            here,
        )
    else:
        yield _checked(d, SERVICE, not may, text, auc, home, here)


def allowed(auc: int, kind: str, domestic: bool | None, machine: bool | None) -> bool | None:
    """Whether the usage control permits it (EMV Book 3, 10.4.2); None where that hangs on what is not known.

    A purchase is of goods or of services, which no byte says: both must be allowed, or both forbidden.
    """
    groups: list[tuple[int, ...]] = [
        (0x0200, 0x0100) if machine is None else (0x0200 if machine else 0x0100,)
    ]
    at_home = {"cash": (0x8000,), "cashback": (0x0080,), "purchase": (0x2000, 0x0800)}.get(kind, ())
    abroad = tuple(mask >> 1 for mask in at_home)
    groups.append(at_home + abroad if domestic is None else at_home if domestic else abroad)
    if any(group and not any(auc & mask for mask in group) for group in groups):
        return False
    return True if at_home and all(auc & mask for group in groups for mask in group) else None


def verification(d: Dialogue) -> Iterator[Statement]:
    """By CVM list and CVM results; by the qualifiers TTQ and CTQ where there is one answer only (Book C-3)."""
    if not d.in_gpo:
        yield from cvm.judge(d)
        return
    ttq, ctq = d.ttq, d.told("9F6C", 2)
    yield from tell("what the card requires, CTQ", ctq)
    if ttq is None or not ttq.value[1] & 0x40:
        yield say(
            "the reader did not demand it (TTQ)"
            if ttq
            else "not known: no TTQ (9F66) in this capture",
            ttq,
        )
    elif ctq is None:
        yield say("the reader demands it (TTQ); no CTQ (9F6C) here", ttq)
    else:
        way = bits(ctq, 0xC080)
        text = f"the reader demands it (TTQ); the card chose {way or 'no way to do it'} (CTQ)"
        yield say(text, ttq, ctq, agrees=bool(way))


def risk(d: Dialogue) -> Iterator[Statement]:
    """The floor limit and the counters, by byte 4 of the TVR (EMV Book 3, 10.6)."""
    tvr, floor, amount = d.tvr, d.sent("9F1B", 4), d.sent("9F02", 6)
    for counter in (*d.all("9F36", "response"), *d.all("9F13", "response")):
        if ins_of(counter.exchange) == iso7816.GET_DATA:
            yield say(f"{counter.node.name}: {counter.text}", counter)
    if tvr is None:
        there = "not known: no TVR (95) in this capture" if d.first else NOT_REACHED
        yield say(BY_READER if d.in_gpo else there)
        return
    yield say(
        f"the TVR says: {bits(tvr, RISK) or 'no limit exceeded, not selected for online'}", tvr
    )
    digits = parse_bcd(amount.value) if amount else None
    if floor and digits:
        limit = int.from_bytes(floor.value, "big")
        fits = (int(digits) >= limit) == bool(bits(tvr, FLOOR))
        yield say(f"amount {int(digits)}, floor limit {limit}", amount, floor, tvr, agrees=fits)


def action(d: Dialogue) -> Iterator[Statement]:
    """Which cryptogram the terminal had to ask for."""
    yield from [say(IN_GPO)] if d.in_gpo else actions.judge(d)


def card_action(d: Dialogue) -> Iterator[Statement]:
    """What the terminal asked for and what the card gave."""
    if d.first is None:
        coded = d.commands(emv.COMPUTE_CHECKSUM)
        yield say(
            "mag-stripe mode: a dynamic code (CVC3), no cryptogram"
            if coded
            else "no cryptogram in this capture"
        )
        return
    yield from _answer(d, d.first)
    kind = cryptogram(d.first)[0]
    if d.in_gpo and d.ttq and d.ttq.value[1] & 0x80 and kind:
        yield say(
            f"the reader wants the issuer asked (TTQ); the card gave {kind}",
            d.ttq,
            agrees=kind != "TC",
        )


def _answer(d: Dialogue, exchange: Exchange) -> Iterator[Statement]:
    """One cryptogram: asked, given, and the card's own record of what it saw."""
    wanted, (kind, where) = asked(exchange), cryptogram(exchange)
    text, status = answer_of(exchange)
    if where is None:
        yield say(f"{wanted} asked; {text or 'the answer holds no cryptogram'}", status)
        return
    text = f"the terminal asked for {wanted}, the card gave" if wanted else "the card gave"
    text += f" {kind or 'a cryptogram of a type that is not told'}"
    text += ", which is more than was asked and not allowed" if above(kind, wanted) else ""
    yield say(text, where, agrees=kind == wanted if kind and wanted else None)
    iad = d.told("9F10", at=exchange)
    parts = (
        [node.text for node in iad.node.children if node.name.startswith("CVR") and node.text]
        if iad
        else []
    )
    if parts:
        yield say(f"its own results (CVR): {'; '.join(parts)}", iad)


def online(d: Dialogue) -> Iterator[Statement]:
    """The issuer's answer, and whether the card found it to be the issuer's (EMV Book 3, 10.9)."""
    authenticated = d.commands(iso7816.EXTERNAL_AUTHENTICATE)
    arc, proof, later = (
        d.sent("8A", 2, d.second),
        d.sent("91", 0, d.second),
        d.sent("95", 5, d.second),
    )
    if not d.second and not authenticated:
        yield _absent(d, "the issuer's answer is not in this capture")
    if d.second and arc:
        yield from tell("the issuer's answer, 8A", arc)
    if d.second and proof and not authenticated:
        yield say(
            "the issuer's cryptogram (91) went to the card with the second GENERATE AC", proof
        )
    for text, at in map(answer_of, authenticated):
        yield say(
            f"EXTERNAL AUTHENTICATE: {text or 'the card took the cryptogram for that of the issuer'}",
            at,
        )
    if d.second and later and authenticated and authenticated[-1].response:
        failed = bits(later, ISSUER_FAILED)
        fits = bool(failed) == bool(answer_of(authenticated[-1])[0])
        yield say(
            f"the TVR says: {failed or 'issuer authentication not failed'}", later, agrees=fits
        )


def _absent(d: Dialogue, text: str, how: str = "") -> Statement:
    """Why nothing came after the first cryptogram: it decided, or it is not here, or something else."""
    kind, where = cryptogram(d.first) if d.first else ("", None)
    if kind in ("TC", "AAC"):
        return say(f"does not occur: the card gave {kind}{how}", where)
    return say(text if d.first else NOT_REACHED)


def completion(d: Dialogue) -> Iterator[Statement]:
    """The second cryptogram."""
    if d.second is None:
        yield _absent(
            d, IN_GPO if d.in_gpo else "no second GENERATE AC in this capture", " at once"
        )
        return
    yield from actions.at_completion(d)
    arc = d.sent("8A", 2, d.second)
    if arc and arc.value == b"00":
        wanted = asked(d.second)
        yield say(
            f"the issuer approved; the terminal asked for {wanted}", arc, agrees=wanted == "TC"
        )
    yield from _answer(d, d.second)
    yield from tell("TSI", d.sent("9B", 2, d.second))


def scripts(d: Dialogue) -> Iterator[Statement]:
    """The commands of the issuer, and whether the card carried them out (EMV Book 3, 10.10)."""
    tvr, sent = (
        d.sent("95", 5, d.second) if d.second else None,
        [one for one in d.exchanges if is_script(one)],
    )
    for exchange in sent:
        text, where = answer_of(exchange)
        yield say(f"{name(exchange)}: {text or 'the card did it'}", where)
    if told := bits(tvr, SCRIPT_FAILED) if tvr else "":
        yield say(f"the TVR says: {told}", tvr)
    elif not sent:
        yield say("no command of the issuer in this capture")


def is_script(exchange: Exchange) -> bool:
    """Whether a command is one of those that an issuer sends, in secure messaging or by what it does."""
    command = exchange.command
    return (
        command is not None
        and command.cla != 0xFF
        and (is_secure(command.cla) or name(exchange) in SCRIPTS)
    )
