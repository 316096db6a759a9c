# SPDX-License-Identifier: MIT
"""Rules about what was decided and by whom: action codes, restrictions, the issuer's answer, its scripts, its data."""

from __future__ import annotations

from collections.abc import Iterable

from ...acts.emv import actions, judges
from ...acts.emv.cvm import VISA_LIKE
from ...acts.emv.data import Found, illegal, records
from ...acts.emv.dialogue import Statement, asked, cryptogram, ins_of, is_read
from ...apps.emv import GENERATE_AC, parse_afl
from ...apps.iso7816 import EXTERNAL_AUTHENTICATE, READ_RECORD
from ...core.apdu import is_secure
from ...core.dictionary import card_numbers, facts
from ...core.model import Evidence
from ...core.values import fits
from ...crypto.methods import MASTERCARD
from ...road.pipeline import halves, name
from ..engine import Missing, Result, Results, fails_if, incomplete, only, p1_of, whole_half
from ..sources import BOOK2, BOOK3, BST21B
from .payment import Payment, payment_rule

SCRIPT_FAILED = {
    3: (2, 0x08),
    5: (3, 0x08),
    6: (4, 0x01),
}  # by the size of the CVR: Visa, common core, M/Chip
NOT_PLAIN = ("length in a longer form", "indefinite length")
REPEATED = (
    "50",
    "87",
    "4F",
    "61",
    "9F2A",
    "9F12",
    "9F11",
)  # of a directory: once for each application


def as_said(said: Iterable[Statement]) -> Result:
    """What a phase of the payment says, as a result: a failure where terminal, card and specification do not fit."""
    statements = list(said)
    places = (place for one in statements for place in one.evidence)
    wrong = any(one.agrees is False for one in statements)
    return fails_if(wrong, "; ".join(one.text for one in statements), *dict.fromkeys(places))


@payment_rule("E10", "critical", "card number of another scheme", BST21B)
def other_brand(payment: Payment) -> Results:
    """The selected application belongs to one scheme, the card number to another: the application identifier was
    changed on the way, and other rules were applied. So do issuer data (IAD) of another scheme's layout. Cards of two
    brands exist; those that are known are left out. Do: decline, unless the issuer says that the card has both brands.
    """
    beginnings = card_numbers(payment.aid)
    number = payment.get("5A", "response") or payment.get("57", "response")
    only(beginnings)
    if number is None:
        raise Missing("no 5A and no 57 in this capture")
    iad = payment.get("9F10", "response")
    theirs = other_layout(payment.aid, iad) if iad else ""
    bad = not number.hex.startswith(beginnings)
    detail = f"application {payment.aid[:10]}, number begins with {number.hex[:6]}"
    detail += f", IAD as of {theirs}" if theirs else ""
    yield fails_if(bad or theirs, detail, number, iad if theirs else None)


def other_layout(aid: str, iad: Found) -> str:
    """The scheme in whose layout an IAD is, where it is not that of its application; empty otherwise."""
    if not aid.startswith((*VISA_LIKE, MASTERCARD)) or iad.node.children:
        return ""
    layouts = (
        (scheme, facts("emv", scheme).find("9F10").split) for scheme in ("visa", "mastercard")
    )
    return next((scheme for scheme, split in layouts if split and split(iad.value)), "")


@payment_rule("E85", "medium", "velocity limit passed and not noticed", f"{BOOK3}, 10.6.3")
def velocity(payment: Payment) -> Results:
    """The card was offline more often in a row than its limits allow, and the TVR does not say so.
    Do: repair the terminal's risk management.
    """
    limits = [one for tag in ("9F14", "9F23") if (one := payment.get(tag, "response", 1))]
    only(len(limits) == 2)  # else a terminal does not look
    last, atc, tvr = payment.need("9F13", 2), payment.need("9F36", 2), payment.need_tvr()
    since = int.from_bytes(atc.value) - int.from_bytes(last.value)
    passed = any(since > one.value[0] for one in limits) and not tvr.value[3] & 0x60
    detail = f"{since} since the last online one, limits {', '.join(str(one.value[0]) for one in limits)}"
    yield fails_if(passed, detail, atc, last, tvr)


@payment_rule("E90", "high", "the terminal did not do what the action codes say", f"{BOOK3}, 10.7")
def action_codes(payment: Payment) -> Results:
    """TVR bits that the issuer wants declined or sent online were set, and the terminal asked for something better. Its
    own action codes are not in a capture: they can only ask for more. Do: repair the terminal.
    """
    only(payment.dialogue.first and not payment.dialogue.in_gpo)
    if payment.dialogue.tvr is None:
        raise Missing("no 95 in the first GENERATE AC")
    if actions.issuer_codes(payment.dialogue)[0] is None:
        raise Missing("9F0D, 9F0E, 9F0F are not all in this capture, or not of 5 bytes")
    yield as_said(actions.judge(payment.dialogue))


@payment_rule("E92", "medium", "a restriction that the TVR tells otherwise", f"{BOOK3}, 10.4")
def restrictions(payment: Payment) -> Results:
    """The card is expired, not yet effective, not for this use, or of another version than the terminal, and the TVR
    does not say so, or says so of a card that is none of it: the terminal did not look, or looked at other data.
    Do: compare date and records.
    """
    only(not payment.dialogue.in_gpo)
    payment.need_tvr()
    known = [one for one in judges.restrictions(payment.dialogue) if one.agrees is not None]
    if not known:
        raise Missing("no dates, versions or usage control to compare in this capture")
    yield as_said(known)


@payment_rule(
    "E93", "critical", "approved though the issuer's answer failed", f"{BOOK3}, 10.9; {BOOK2}, 8.2"
)
def issuer_not_authenticated(payment: Payment) -> Results:
    """EXTERNAL AUTHENTICATE was refused: the online answer is not the issuer's. Yet the terminal asks for an approval.
    Worse if the TVR hides it. Do: decline; find out who sent that answer.
    """
    for exchange in payment.commands(EXTERNAL_AUTHENTICATE):
        later = [e for e in payment.commands(GENERATE_AC) if e.index > exchange.index]
        if exchange.response is None or not later or later[0].command is None:
            continue
        if exchange.response.sw is None:
            raise Missing("the answer to EXTERNAL AUTHENTICATE has no status word")
        good, asks = exchange.response.sw == 0x9000, asked(later[0]) == "TC"
        tvr = next((one for one in payment.all("95", "command") if one.exchange is later[0]), None)
        if not good and asks and tvr is None:
            raise Missing("no 95 in the second GENERATE AC")
        hidden = tvr is not None and not tvr.value[-1] & 0x40
        bad = not good and asks and (hidden or cryptogram(later[0])[0] == "TC")
        answer = f"EXTERNAL AUTHENTICATE answered {exchange.response.sw:04X}"
        detail = f"{answer}, then P1 {later[0].command.p1:02X}" + (
            f", TVR {tvr.hex}" if tvr else ""
        )
        proof = (whole_half(exchange, "response"), p1_of(later[0]))
        yield fails_if(bad, detail, *proof, severity=None if hidden else "medium")


@payment_rule("E94", "low", "no answer of the issuer", f"{BOOK3}, 10.9")
def issuer_silent(payment: Payment) -> Results:
    """The card can check its issuer's answer, it asked to go online and approved after, but no answer came to the card.
    Do: usual where the answer was lost; a terminal that never forwards it should be repaired.
    """
    aip = payment.need("82", 2)
    kinds = [kind for kind, _ in payment.dialogue.decisions]
    only(aip.value[0] & 0x04 and kinds[-2:] == ["ARQC", "TC"] and not payment.contactless)
    answer = payment.get("91", "command")
    payment.need_whole(unless=answer)
    yield fails_if(
        not answer, f"issuer authentication data {'sent' if answer else 'not sent'}", aip, answer
    )


@payment_rule("E95", "critical", "issuer script without protection", f"{BOOK2}, 9; {BOOK3}, 6.5")
def bare_script(payment: Payment) -> Results:
    """A command that changes the card came without secure messaging: anybody could have sent it.
    Do: the card must refuse it; replace cards that do not.
    """
    for exchange in payment.exchanges:
        command = exchange.command
        if command and name(exchange) in judges.SCRIPTS:
            bare, done = not is_secure(command.cla), is_read(exchange)
            detail = (
                f"{name(exchange)} with class {command.cla:02X}, {'done' if done else 'not done'}"
            )
            yield fails_if(bare, detail, whole_half(exchange), severity=None if done else "medium")


@payment_rule("E96", "low", "issuer script failed", f"{BOOK3}, 10.10")
def script_failed(payment: Payment) -> Results:
    """The TVR, or the card in its own results (CVR), says that a script of the issuer was not carried out.
    Do: the issuer sees it and sends it again.
    """
    only(not payment.dialogue.in_gpo)
    tvr, iad = payment.need_tvr(), payment.get("9F10", "response")
    cvr = iad.part("CVR") if iad else b""
    card = any(
        size == len(cvr) and cvr[place] & bit for size, (place, bit) in SCRIPT_FAILED.items()
    )
    detail = f"TVR byte 5 is {tvr.value[4]:02X}, CVR {cvr.hex().upper() or 'not known'}"
    yield fails_if(tvr.value[4] & 0x30 or card, detail, tvr, iad if card else None)


@payment_rule("E100", "medium", "malformed data objects", f"{BOOK3}, annex B")
def malformed(payment: Payment) -> Results:
    """A data element that is not well formed or of the wrong length, or one that appears twice with different values: a
    faulty personalisation, or somebody joined two cards. Do: read the card again elsewhere.
    """
    wrong: list[tuple[str, Found | Evidence]] = []
    for exchange in payment.exchanges:
        if incomplete(exchange)[0]:
            continue
        for half in (half for side, half in halves(exchange) if side == "response"):
            for node in (node for _, node in half.walk() if node.buf is half.buf):
                said = node.error or (node.note if node.note.startswith(NOT_PLAIN) else "")
                place = Evidence(exchange.index, "response", node.start, node.stop)
                wrong += [(f"{node.tag or 'bytes'}: {said}", place)] * bool(said)
    for tag in payment.dialogue.elements:
        sure = (one for one in payment.all(tag) if one.node.fact.checked != "memory")
        wrong += [
            (f"{tag} has {len(one.value)} bytes", one)
            for one in sure
            if not fits(one.node.fact, len(one.value))
        ]
        records = [
            one for one in payment.all(tag, "response") if ins_of(one.exchange) == READ_RECORD
        ]
        differ = len({one.value for one in records if not one.node.children}) > 1
        if differ and tag not in REPEATED and payment.get("9F4D") is None:
            wrong += [(f"{tag} has two values", one) for one in records[-1:]]
    detail = ", ".join(what for what, _ in wrong[:8]) or "lengths and values agree"
    proof = (one for _, one in wrong[:8])
    yield fails_if(wrong, detail, *proof, None if wrong else whole_half(payment.exchanges[0]))


@payment_rule("E101", "low", "illegal file locator", f"{BOOK3}, 10.2")
def illegal_locator(payment: Payment) -> Results:
    """The AFL names files or records that cannot be, or records were read that it does not name. Do: a terminal must
    end such a transaction; what reads other records is a tool.
    """
    afl, log = payment.need("94"), payment.get("9F4D") or payment.get("DF60", size=2)
    wrong = illegal(afl.value)
    yield fails_if(
        wrong,
        "; ".join(wrong[:4]) or f"{len(parse_afl(afl.value))} entries, all of them legal",
        afl,
    )
    known = {log.value[0]} if log else set()
    more = [
        e
        for at, e in records(payment.exchanges).items()
        if at not in payment.dialogue.places and at[0] not in known
    ]
    if more:
        yield fails_if(
            True, f"{len(more)} records read that the AFL does not name", *map(whole_half, more[:8])
        )
