# SPDX-License-Identifier: MIT
"""Rules about the application cryptogram: what goes into it, what it says, and what was made of it."""

from __future__ import annotations

from collections.abc import Iterable

from .. import tlv
from ..apps.emv import GENERATE_AC, GPO
from ..model import Evidence, Severity
from ..payment.data import Found
from .engine import Missing, Payment, Result, Results, payment_rule
from .sources import BCMSA14, BOOK3, BST21A, GY19, MDAB10

TYPES = {0x00: "AAC", 0x40: "TC", 0x80: "ARQC"}
RANK = {0x00: 0, 0x80: 1, 0x40: 2}  # AAC < ARQC < TC (EMV 4.4 Book 3, 9.2.2)
CONTEXT = ("9F02", "9F03", "9F1A", "95", "5F2A", "9A", "9C")
CVN_17 = b"\x11"
KNOWN = ("00000000", "FFFFFFFF", "AAAAAAAA", "12345678", "11223344", "BADF000D")


def asked_for(payment: Payment) -> Found:
    """The list of what the terminal sent for the first cryptogram: the PDOL if GET PROCESSING OPTIONS gave it."""
    first = next((one for tag in ("9F26", "9F4B") for one in payment.all(tag, "response")), None)
    if first is None:
        raise Missing("no cryptogram (9F26) in this capture")
    in_dol = first.exchange.command and first.exchange.command.ins == GENERATE_AC
    return payment.need("8C" if in_dol else "9F38")


def evidence(found: Iterable[Found]) -> tuple[Evidence, ...]:
    return tuple(one.evidence for one in found)


@payment_rule("E68", "critical", "cryptogram without freshness or context", f"{BCMSA14}; {BOOK3}, 9.2.3")
def missing_input(payment: Payment) -> Results:
    """What the card is not told is not in its cryptogram: without the unpredictable number (9F37) a cryptogram can be
    made in advance, without amount, country, TVR, currency, date and type it can be used elsewhere.
    Do: ask the issuer of the card to add what is missing to the list.
    """
    asked = asked_for(payment)
    tags = {tag for tag, _ in tlv.dol(asked.value)}
    lacks = [tag for tag in CONTEXT if tag not in tags]
    iad = payment.get("9F10")
    seventeen = iad is not None and iad.part("cryptogram version") == CVN_17
    if "9F37" not in tags:
        yield Result("fail", f"{asked.tag} does not ask for the unpredictable number", (asked.evidence,))
    elif lacks:
        severity = "info" if seventeen and "9F02" not in lacks else "medium"
        detail = f"{asked.tag} does not ask for {', '.join(lacks)}"
        yield Result("fail", detail, (asked.evidence,), severity)  # type: ignore[arg-type]
    else:
        yield Result("pass", f"{asked.tag} asks for the unpredictable number and its context", (asked.evidence,))


@payment_rule("E69", "low", "the issuer does not see the CVM result", f"{MDAB10}, section V")
def cvm_result_unseen(payment: Payment) -> Results:
    """The list does not ask for the CVM results (9F34): the issuer can only compare its own data with what the
    card says in its IAD. Do: nothing by itself; where E30 fails too, this is why it worked.
    """
    asked = asked_for(payment)
    has = "9F34" in {tag for tag, _ in tlv.dol(asked.value)}
    verb = "asks" if has else "does not ask"
    yield Result("pass" if has else "fail", f"{asked.tag} {verb} for the CVM results", (asked.evidence,))


@payment_rule("E82", "high", "unpredictable number of a tool", f"{GY19}; {BCMSA14}")
def tool_number(payment: Payment) -> Results:
    """An unpredictable number that software is known to send: this terminal does not draw its own.
    Do: treat the capture as made by a tool, or repair the terminal.
    """
    for number in payment.all("9F37", "command"):
        known = number.hex in KNOWN
        detail = f"unpredictable number {number.hex} is {'' if known else 'not '}one that tools send"
        yield Result("fail" if known else "pass", detail, (number.evidence,))


@payment_rule("E86", "low", "transaction counter near its end", f"{BOOK3}, 6.5.5.4")
def counter_ends(payment: Payment) -> Results:
    """The ATC has two bytes and is never set back: a card at FFFF makes no more cryptograms.
    Do: replace the card soon.
    """
    atc = payment.need("9F36", 2)
    old = atc.value[0] == 0xFF
    yield Result("fail" if old else "pass", f"ATC is {int.from_bytes(atc.value)} of 65535", (atc.evidence,))


@payment_rule("E87", "critical", "the card approved more than was asked", f"{BOOK3}, 9.2.2")
def approved_more(payment: Payment) -> Results:
    """A card may answer with what was asked or with less (TC, then ARQC, then AAC). More comes from something that is
    no card, or from a man in the middle. Do: decline; compare with the card's side of the wire.
    """
    for exchange in payment.sent(GENERATE_AC):
        told = payment.answered("9F27", exchange)
        if not told or exchange.command is None:
            continue
        asked, given = exchange.command.p1 & 0xC0, told[0].value[0] & 0xC0
        if asked not in RANK or given not in RANK:
            yield Result("not-enough-data", "a type of cryptogram that EMV does not define", (told[0].evidence,))
            continue
        detail = f"asked for {TYPES[asked]}, answered {TYPES[given]}"
        proof = (Evidence(exchange.index, "command", 2, 3, payment.case.file), told[0].evidence)
        yield Result("fail" if RANK[given] > RANK[asked] else "pass", detail, proof)


@payment_rule("E88", "critical", "cryptogram type and CVR disagree", f"{BST21A}, section V")
def type_was_changed(payment: Payment) -> Results:
    """The type of a cryptogram stands in the open (CID) and, protected by the cryptogram, in the CVR. If they differ,
    one was changed on the way: a declined payment made to look approved. Do: decline; the CVR is what the card said.
    """
    generated = payment.sent(GENERATE_AC)
    for exchange in (*payment.sent(GPO), *generated):
        mine = {one.tag: one for tag in ("9F27", "9F10") for one in payment.answered(tag, exchange)}
        if len(mine) < 2 or not (cvr := mine["9F10"].part("CVR")):
            continue
        told, second = mine["9F27"].value[0] & 0xC0, exchange in generated[1:]
        said = cvr[0] & 0xC0 if second else (cvr[0] & 0x30) << 2
        if said == 0xC0 or (second and said == 0x80):  # not requested
            continue
        names = f"CID says {TYPES.get(told, 'RFU')}, CVR says {TYPES.get(said, 'RFU')}"
        yield Result("pass" if told == said else "fail", names, evidence(mine.values()))


@payment_rule("E91", "medium", "the card never insists", f"{BOOK3}, 10.7")
def never_insists(payment: Payment) -> Results:
    """Issuer action codes for denial and online are both zero: whatever fails, the card does not ask the terminal to
    decline or to go online. Do: on a test card this is usual; on a live one, ask its issuer.
    """
    denial, online = payment.need("9F0E", 5), payment.need("9F0F", 5)
    none = not any(denial.value + online.value)
    detail = f"denial {denial.hex}, online {online.hex}"
    severity: Severity | None = "info" if none and payment.test_card else None
    yield Result("fail" if none else "pass", detail, (denial.evidence, online.evidence), severity)


@payment_rule("E99", "low", "cryptogram under the card's master key", "EMV contactless and VIS: cryptogram version 10")
def no_session_key(payment: Payment) -> Results:
    """Cryptogram version 10 uses the card's key itself, not a key for each transaction: every cryptogram gives who
    measures power another sample of the same key. Do: nothing urgent; newer versions derive session keys.
    """
    iad = payment.need("9F10")
    version = iad.part("cryptogram version")
    if not version:
        raise Missing("the layout of the IAD is not known")
    detail = f"cryptogram version {version[0]}"
    yield Result("fail" if version == b"\x0a" else "pass", detail, (iad.evidence,))
