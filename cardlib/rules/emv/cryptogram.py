# SPDX-License-Identifier: MIT
"""Rules about the application cryptogram: what goes into it, what it says, and what was made of it."""

from __future__ import annotations

from ...acts.emv.cvm import VISA_LIKE
from ...acts.emv.data import Element
from ...acts.emv.dialogue import above, ac_type, asked, cryptogram
from ...apps.emv import GENERATE_AC, GPO
from ...core import tlv
from ...core.model import Exchange, Severity
from ..engine import Missing, Result, Results, fails_if, only, p1_of
from ..sources import BCMSA14, BOOK3, BST21A, GY19, MDAB10
from .payment import Payment, payment_rule

CONTEXT = (
    "9F02",  # amount
    "9F03",  # other amount
    "9F1A",  # terminal country code
    "95",  # TVR
    "5F2A",  # currency
    "9A",  # date
    "9C",  # type
)
CVN_10, CVN_17 = b"\x0a", b"\x11"
OF_TOOLS = ("00000000", "FFFFFFFF", "AAAAAAAA", "12345678", "11223344", "BADF000D")


def input_list(payment: Payment) -> Element:
    """The list of what the terminal sent for the first cryptogram: the PDOL if GET PROCESSING OPTIONS gave it."""
    cryptograms = payment.all("9F26", "response") or payment.all("9F4B", "response")
    if not cryptograms:
        raise Missing("no cryptogram (9F26) in this capture")
    command = cryptograms[0].exchange.command
    if command and command.ins == GENERATE_AC:
        return payment.need("8C")
    return payment.need("9F38")


def tags_in(listed: Element) -> set[str]:
    """The tags that a data object list asks for."""
    return {tag for tag, _ in tlv.dol(listed.value)}


@payment_rule(
    "E68", "critical", "cryptogram without freshness or context", f"{BCMSA14}; {BOOK3}, 9.2.3"
)
def missing_input(payment: Payment) -> Results:
    """What the card is not told is not in its cryptogram: without the unpredictable number (9F37) a cryptogram can be
    made in advance, without amount, country, TVR, currency, date and type it can be used elsewhere.
    Do: ask the issuer of the card to add what is missing to the list.
    """
    listed = input_list(payment)
    tags = tags_in(listed)
    lacking = [tag for tag in CONTEXT if tag not in tags]
    if "9F37" not in tags:
        detail = f"{listed.tag} does not ask for the unpredictable number"
        yield fails_if(True, detail, listed)
    elif lacking:
        detail = f"{listed.tag} does not ask for {', '.join(lacking)}"
        yield fails_if(True, detail, listed, severity=_context_severity(payment, lacking))
    else:
        detail = f"{listed.tag} asks for the unpredictable number and its context"
        yield fails_if(False, detail, listed)


def _context_severity(payment: Payment, lacking: list[str]) -> Severity:
    """How bad it is: of this context, cryptogram version 17 takes the amount alone, by design."""
    iad = payment.get("9F10")
    version = iad.part("cryptogram version") if iad else b""
    if version == CVN_17 and "9F02" not in lacking:
        return "info"
    return "medium"


@payment_rule("E69", "info", "the issuer does not see the CVM result", f"{MDAB10}, section V")
def cvm_result_unseen(payment: Payment) -> Results:
    """The list does not ask for the CVM results (9F34): the issuer can only compare its own data with what the
    card says in its IAD. A phone or watch names there how its owner was verified, and the cryptogram covers it.
    Do: nothing by itself; where E30 fails too, this is why it worked.
    """
    listed = input_list(payment)
    iad = payment.get("9F10", "response")
    verification = iad.part("verification") if iad else b""
    if iad and verification.strip(b"\0"):
        yield fails_if(False, f"the IAD says how: {iad.part_text('verification')}", iad, listed)
        return
    asks = "9F34" in tags_in(listed)
    verb = "asks" if asks else "does not ask"
    yield fails_if(not asks, f"{listed.tag} {verb} for the CVM results", listed)


@payment_rule("E82", "high", "unpredictable number of a tool", f"{GY19}; {BCMSA14}")
def tool_number(payment: Payment) -> Results:
    """An unpredictable number that software is known to send: this terminal does not draw its own.
    Do: treat the capture as made by a tool, or repair the terminal.
    """
    for number in payment.all("9F37", "command"):
        if number.hex in OF_TOOLS:
            detail = f"unpredictable number {number.hex} is one that tools send"
            yield fails_if(True, detail, number)
        else:
            detail = f"unpredictable number {number.hex} is not one that tools send"
            yield fails_if(False, detail, number)


@payment_rule("E86", "low", "transaction counter near its end", f"{BOOK3}, 6.5.5.4")
def counter_ends(payment: Payment) -> Results:
    """The ATC has two bytes and is never set back: a card at FFFF makes no more cryptograms.
    Do: replace the card soon.
    """
    atc = payment.need("9F36", 2)
    near_end = atc.value[0] == 0xFF
    yield fails_if(near_end, f"ATC is {int.from_bytes(atc.value)} of 65535", atc)


@payment_rule("E87", "critical", "the card approved more than was asked", f"{BOOK3}, 9.2.2")
def approved_more(payment: Payment) -> Results:
    """A card may answer with what was asked or with less (TC, then ARQC, then AAC). More comes from something that is
    no card, or from a man in the middle. Do: decline; compare with the card's side of the wire.
    """
    for exchange in payment.commands(GENERATE_AC):
        if exchange.response is None:
            raise Missing("the answer to GENERATE AC is not in this capture")
        requested = asked(exchange)
        answered, where = cryptogram(exchange)
        if where is None:
            continue
        if requested == "RFU" or not answered:
            detail = "a type of cryptogram that EMV does not define"
            yield Result("not-enough-data", detail, (where,))
        else:
            detail = f"asked for {requested}, answered {answered}"
            yield fails_if(above(answered, requested), detail, p1_of(exchange), where)


@payment_rule("E88", "critical", "cryptogram type and CVR disagree", f"{BST21A}, section V")
def type_was_changed(payment: Payment) -> Results:
    """The type of a cryptogram stands in the open (CID) and, protected by the cryptogram, in the CVR. If they differ,
    one was changed on the way: a declined payment made to look approved. Do: decline; the CVR is what the card said.
    """
    later_requests = payment.commands(GENERATE_AC)[1:]
    for exchange in payment.commands(GPO, GENERATE_AC):
        cid = _last_answered(payment, "9F27", exchange)
        iad = _last_answered(payment, "9F10", exchange)
        if cid is None or iad is None:
            continue
        cvr = iad.part("CVR") or iad.part("CVR, decisions")
        if not cvr:
            raise Missing("the layout of the IAD is not known")
        is_second = exchange in later_requests
        in_cid = ac_type(cid.value[0])
        in_cvr = _type_in_cvr(cvr, is_second)
        if in_cvr:
            detail = f"CID says {in_cid or 'RFU'}, CVR says {in_cvr}"
            yield fails_if(in_cid != in_cvr, detail, cid, iad)


def _last_answered(payment: Payment, tag: str, exchange: Exchange) -> Element | None:
    answered = payment.answered(tag, exchange)
    if not answered:
        return None
    return answered[-1]


def _type_in_cvr(cvr: bytes, is_second: bool) -> str:
    """The type of the first or second cryptogram in the CVR; empty where it says nothing."""
    if not is_second:
        return ac_type(cvr[0] << 2)
    kind = ac_type(cvr[0])
    if kind == "ARQC":
        return ""  # of a second cryptogram these bits mean "not requested"
    return kind


@payment_rule("E91", "medium", "the card never insists", f"{BOOK3}, 10.7")
def never_insists(payment: Payment) -> Results:
    """Issuer action codes for denial and online are both zero: whatever fails, the card does not ask the terminal to
    decline or to go online. Do: on a test card this is usual; on a live one, ask its issuer.
    """
    denial, online = payment.need("9F0E", 5), payment.need("9F0F", 5)
    all_zero = not any(denial.value + online.value)
    severity: Severity | None = None
    if all_zero and payment.test_card:
        severity = "info"
    detail = f"denial {denial.hex}, online {online.hex}"
    yield fails_if(all_zero, detail, denial, online, severity=severity)


@payment_rule("E99", "low", "cryptogram under the card's master key", "VIS: cryptogram version 10")
def no_session_key(payment: Payment) -> Results:
    """Cryptogram version 10 uses the card's key itself, not a key for each transaction: every cryptogram gives who
    measures power another sample of the same key. Do: nothing urgent; newer versions derive session keys.
    """
    only(payment.aid.startswith(VISA_LIKE))
    version, iad = payment.need_in_iad("cryptogram version")
    yield fails_if(version == CVN_10, f"cryptogram version {version[0]}", iad)
