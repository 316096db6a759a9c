# SPDX-License-Identifier: MIT
"""Rules about the application cryptogram: what goes into it, what it says, and what was made of it."""

from __future__ import annotations

from ...acts.emv.cvm import VISA_LIKE
from ...acts.emv.data import Found
from ...acts.emv.dialogue import above, ac_type, asked, cryptogram
from ...apps.emv import GENERATE_AC, GPO
from ...core import tlv
from ...core.model import Severity
from ..engine import Missing, Result, Results, fails_if, only, p1_of
from ..sources import BCMSA14, BOOK3, BST21A, GY19, MDAB10
from .payment import Payment, payment_rule

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


@payment_rule(
    "E68", "critical", "cryptogram without freshness or context", f"{BCMSA14}; {BOOK3}, 9.2.3"
)
def missing_input(payment: Payment) -> Results:
    """What the card is not told is not in its cryptogram: without the unpredictable number (9F37) a cryptogram can be
    made in advance, without amount, country, TVR, currency, date and type it can be used elsewhere.
    Do: ask the issuer of the card to add what is missing to the list.
    """
    listed, iad = asked_for(payment), payment.get("9F10")
    tags = {tag for tag, _ in tlv.dol(listed.value)}
    lacks = [tag for tag in CONTEXT if tag not in tags]
    seventeen = iad is not None and iad.part("cryptogram version") == CVN_17
    severity: Severity | None = "info" if seventeen and "9F02" not in lacks else "medium"
    missing = ", ".join(lacks)
    if "9F37" not in tags:
        severity, missing = None, "the unpredictable number"
    detail = (
        f"does not ask for {missing}"
        if missing
        else "asks for the unpredictable number and its context"
    )
    yield fails_if(missing, f"{listed.tag} {detail}", listed, severity=severity)


@payment_rule("E69", "info", "the issuer does not see the CVM result", f"{MDAB10}, section V")
def cvm_result_unseen(payment: Payment) -> Results:
    """The list does not ask for the CVM results (9F34): the issuer can only compare its own data with what the
    card says in its IAD. Do: nothing by itself; where E30 fails too, this is why it worked.
    """
    listed = asked_for(payment)
    has = "9F34" in {tag for tag, _ in tlv.dol(listed.value)}
    verb = "asks" if has else "does not ask"
    yield fails_if(not has, f"{listed.tag} {verb} for the CVM results", listed)


@payment_rule("E82", "high", "unpredictable number of a tool", f"{GY19}; {BCMSA14}")
def tool_number(payment: Payment) -> Results:
    """An unpredictable number that software is known to send: this terminal does not draw its own.
    Do: treat the capture as made by a tool, or repair the terminal.
    """
    for number in payment.all("9F37", "command"):
        known = number.hex in KNOWN
        detail = (
            f"unpredictable number {number.hex} is {'' if known else 'not '}one that tools send"
        )
        yield fails_if(known, detail, number)


@payment_rule("E86", "low", "transaction counter near its end", f"{BOOK3}, 6.5.5.4")
def counter_ends(payment: Payment) -> Results:
    """The ATC has two bytes and is never set back: a card at FFFF makes no more cryptograms.
    Do: replace the card soon.
    """
    atc = payment.need("9F36", 2)
    old = atc.value[0] == 0xFF
    yield fails_if(old, f"ATC is {int.from_bytes(atc.value)} of 65535", atc)


@payment_rule("E87", "critical", "the card approved more than was asked", f"{BOOK3}, 9.2.2")
def approved_more(payment: Payment) -> Results:
    """A card may answer with what was asked or with less (TC, then ARQC, then AAC). More comes from something that is
    no card, or from a man in the middle. Do: decline; compare with the card's side of the wire.
    """
    for exchange in payment.commands(GENERATE_AC):
        if exchange.response is None:
            raise Missing("the answer to GENERATE AC is not in this capture")
        wanted, (given, where) = asked(exchange), cryptogram(exchange)
        if where and (wanted == "RFU" or not given):
            yield Result(
                "not-enough-data", "a type of cryptogram that EMV does not define", (where,)
            )
        elif where:
            yield fails_if(
                above(given, wanted),
                f"asked for {wanted}, answered {given}",
                p1_of(exchange),
                where,
            )


@payment_rule("E88", "critical", "cryptogram type and CVR disagree", f"{BST21A}, section V")
def type_was_changed(payment: Payment) -> Results:
    """The type of a cryptogram stands in the open (CID) and, protected by the cryptogram, in the CVR. If they differ,
    one was changed on the way: a declined payment made to look approved. Do: decline; the CVR is what the card said.
    """
    generated = payment.commands(GENERATE_AC)
    for exchange in payment.commands(GPO, GENERATE_AC):
        mine = {one.tag: one for tag in ("9F27", "9F10") for one in payment.answered(tag, exchange)}
        if len(mine) < 2:
            continue
        if not (cvr := mine["9F10"].part("CVR") or mine["9F10"].part("CVR, decisions")):
            raise Missing("the layout of the IAD is not known")
        told, second = ac_type(mine["9F27"].value[0]), exchange in generated[1:]
        said = ac_type(cvr[0] if second else cvr[0] << 2)
        if said and not (second and said == "ARQC"):  # else it says: not requested
            yield fails_if(
                told != said, f"CID says {told or 'RFU'}, CVR says {said}", *mine.values()
            )


@payment_rule("E91", "medium", "the card never insists", f"{BOOK3}, 10.7")
def never_insists(payment: Payment) -> Results:
    """Issuer action codes for denial and online are both zero: whatever fails, the card does not ask the terminal to
    decline or to go online. Do: on a test card this is usual; on a live one, ask its issuer.
    """
    denial, online = payment.need("9F0E", 5), payment.need("9F0F", 5)
    none = not any(denial.value + online.value)
    detail = f"denial {denial.hex}, online {online.hex}"
    yield fails_if(none, detail, denial, online, severity="info" if payment.test_card else None)


@payment_rule("E99", "low", "cryptogram under the card's master key", "VIS: cryptogram version 10")
def no_session_key(payment: Payment) -> Results:
    """Cryptogram version 10 uses the card's key itself, not a key for each transaction: every cryptogram gives who
    measures power another sample of the same key. Do: nothing urgent; newer versions derive session keys.
    """
    only(payment.aid.startswith(VISA_LIKE))
    version, iad = payment.need_in_iad("cryptogram version")
    yield fails_if(version == b"\x0a", f"cryptogram version {version[0]}", iad)
