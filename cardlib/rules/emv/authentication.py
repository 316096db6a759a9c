# SPDX-License-Identifier: MIT
"""Rules about offline data authentication: what the card offers and signs, and what the terminal made of it."""

from __future__ import annotations

from ...acts.emv import judges
from ...acts.emv.cvm import VISA_LIKE
from ...acts.emv.data import Element, afl_places
from ...acts.emv.dialogue import asked, cryptogram
from ...apps.emv import GENERATE_AC
from ...apps.iso7816 import INTERNAL_AUTHENTICATE, READ_RECORD
from ...core import tlv
from ...core.model import Exchange, Severity
from ...crypto.methods import MASTERCARD, UNIONPAY
from ..engine import Missing, Result, Results, fails_if, only, p1_of
from ..sources import ABM06, BBLF11, BOOK2, BOOK3, BST21A
from .payment import Payment, payment_rule

ONLINE_ONLY = ("11", "14", "21", "24", "31", "34")  # terminal types (Book 4, annex A1)
EXPONENTS = (b"\x03", b"\x01\x00\x01")

# AIP byte 1 (Book 3, annex C1)
AIP_SDA = 0x40
AIP_SIGNED_ANSWER = 0x81  # CDA or XDA
AIP_DYNAMIC = 0x21  # DDA or CDA
AIP_ANY = 0xE1

P1_CDA = 0x10  # of GENERATE AC (Book 3, 6.5.5.2)
P1_CDA_OR_XDA = 0x18
TVR_NOT_PERFORMED = 0x80  # byte 1 (Book 3, annex C5)


def offered(payment: Payment) -> list[str]:
    """The kinds of offline data authentication in the AIP."""
    return judges.offered(payment.need("82", 2).value)


def is_online_only(payment: Payment) -> bool:
    """Whether the terminal, or a contactless reader of Visa, cannot or will not decide offline."""
    terminal_type, ttq = payment.get("9F35"), payment.dialogue.ttq
    if terminal_type and terminal_type.hex in ONLINE_ONLY:
        return True
    if ttq is None or not payment.visa_contactless:
        return False
    return bool(ttq.value[1] & 0x80)


@payment_rule("E01", "medium", "no offline data authentication", f"{BOOK3}, annex C1 and 10.3")
def no_offline_authentication(payment: Payment) -> Results:
    """The AIP offers neither SDA, DDA, CDA nor XDA: offline, a terminal cannot tell this card from a copy.
    Do: accept such a card online only.
    """
    aip = payment.need("82", 2)
    methods = offered(payment)
    severity: Severity | None = None
    if is_online_only(payment):
        severity = "info"
    names = ", ".join(methods) or "no SDA, DDA, CDA or XDA"
    yield fails_if(not methods, f"AIP offers {names}", aip, severity=severity)


@payment_rule("E02", "high", "static authentication only", f"{ABM06}; {BOOK2}, 5")
def static_only(payment: Payment) -> Results:
    """SDA signs data that never change: a copy of the records passes as the card and says yes to any PIN.
    Do: replace SDA cards; a terminal that may accept them offline should go online.
    """
    aip = payment.need("82", 2)
    offers = aip.value[0] & AIP_ANY
    only(offers and not payment.visa_contactless)
    detail = f"AIP offers {', '.join(offered(payment))}"
    approval = payment.dialogue.approved_offline
    if offers != AIP_SDA:
        yield fails_if(False, detail, aip)
    elif approval:
        yield fails_if(True, f"{detail} only, and the card approved offline", aip, approval)
    else:
        yield fails_if(True, detail, aip, severity="medium")


@payment_rule(
    "E03", "medium", "authentication possible but not done", f"{BOOK3}, 10.3 and annex C5"
)
def not_performed(payment: Payment) -> Results:
    """Card and terminal share a method, and the TVR says that none was performed: the terminal skipped it, or something
    made it. Do: look at the terminal's configuration and at the records that it read.
    """
    only(not payment.contactless or payment.aid.startswith(MASTERCARD))
    aip = payment.need("82", 2)
    capabilities = payment.need("9F33", 3)
    tvr = payment.need_tvr()
    shared = judges.offered(aip.value, capabilities.value)
    not_done = bool(tvr.value[0] & TVR_NOT_PERFORMED)
    names = ", ".join(shared) or "none"
    detail = f"both can do {names}; TVR byte 1 is {tvr.value[0]:02X}"
    yield fails_if(shared and not_done, detail, aip, capabilities, tvr)


@payment_rule("E04", "medium", "CDA possible but not asked for", f"{BST21A}; {BOOK3}, 6.5.5")
def cda_not_asked(payment: Payment) -> Results:
    """Card and terminal can combine cryptogram and signature (CDA), yet GENERATE AC asks for an approval without: a man
    in the middle can change the answer. Do: let the terminal ask for CDA with every TC.
    """
    aip = payment.need("82", 2)
    only(aip.value[0] & AIP_SIGNED_ANSWER)
    for exchange in payment.commands(GENERATE_AC):
        p1 = exchange.command.p1 if exchange.command else 0
        if p1 & P1_CDA_OR_XDA:
            yield fails_if(False, f"P1 {p1:02X} asks for CDA or XDA", aip, p1_of(exchange))
        elif asked(exchange) in ("TC", "ARQC"):
            yield _asked_without_cda(payment, exchange, p1, aip)


def _asked_without_cda(payment: Payment, exchange: Exchange, p1: int, aip: Element) -> Result:
    """A request for an approval without CDA; for an online decision (ARQC) that is allowed."""
    kind = asked(exchange)
    severity: Severity | None = None
    detail = f"P1 {p1:02X} asks for {kind} without CDA or XDA"
    if kind == "TC":
        capabilities: Element | None = payment.need("9F33", 3)
    else:
        capabilities = payment.get("9F33", size=3)
        severity = "info"
        detail += ": allowed"
    able = capabilities is None or bool(capabilities.value[2] & 0x0C)
    if not able:
        detail = "the terminal can do neither CDA nor XDA"
    return fails_if(able, detail, aip, p1_of(exchange), capabilities, severity=severity)


@payment_rule("E05", "critical", "CDA asked for and not given", f"{BOOK2}, 6.6")
def cda_not_given(payment: Payment) -> Results:
    """The terminal asked for CDA and the card approved without a signature: the answer is not the card's.
    Do: decline.
    """
    for exchange in payment.commands(GENERATE_AC):
        if not exchange.command or not exchange.command.p1 & P1_CDA:
            continue
        if exchange.response is None:
            raise Missing("the answer to GENERATE AC is not in this capture")
        kind, where = cryptogram(exchange)
        if kind not in ("TC", "ARQC"):
            continue
        signed = payment.answered("9F4B", exchange)
        came = "with" if signed else "not with"
        detail = f"a signature (9F4B) came {came} the cryptogram"
        yield fails_if(not signed, detail, p1_of(exchange), where)


@payment_rule("E13", "high", "exponent that EMV does not allow", f"{BOOK2}, annex B2.1 and 5.1")
def strange_exponent(payment: Payment) -> Results:
    """RSA exponents are 3 or 65537; others make forgery easier or the key useless. Do: do not trust the signature."""
    for tag in ("9F32", "9F47", "9F2E"):
        exponent = payment.get(tag)
        if exponent:
            allowed = exponent.value.lstrip(b"\0") in EXPONENTS
            yield fails_if(not allowed, f"{tag} is {exponent.hex}", exponent)


@payment_rule("E17", "high", "decisive data outside the signature", f"{BBLF11}; {BOOK3}, 10.3")
def unsigned_data(payment: Payment) -> Results:
    """Data that decide about PIN, limits or expiry stand in records that the AFL does not mark as signed: a man in the
    middle can change them unseen. Do: personalise such data into signed records.
    """
    afl = payment.need("94")
    only(offered(payment))
    payment.need_whole()
    signed, unsigned = _decisive_data(payment, afl)
    if unsigned:
        tags = ", ".join(dict.fromkeys(element.tag for element in unsigned))
        yield fails_if(True, f"not signed: {tags}", *unsigned)
    elif signed:
        yield fails_if(False, "every one is signed", afl)


def _decisive_data(payment: Payment, afl: Element) -> tuple[list[Element], list[Element]]:
    """Decisive data elements from records: the signed ones, and those that are not."""
    signed_places = afl_places(afl.value, signed=True)
    signed: list[Element] = []
    unsigned: list[Element] = []
    for element in payment.from_card():
        command = element.exchange.command
        if command is None or command.ins != READ_RECORD or not element.node.fact.signed:
            continue
        place = (command.p2 >> 3, command.p1)
        if place in signed_places:
            signed.append(element)
        else:
            unsigned.append(element)
    return signed, unsigned


@payment_rule("E18", "medium", "AIP not signed", f"{BOOK3}, 10.3")
def aip_unsigned(payment: Payment) -> Results:
    """Without 82 in the static data authentication tag list (9F4A) the AIP is open to change: a man in the middle takes
    away the methods that would catch him. Do: personalise 9F4A with 82.
    """
    only(offered(payment))
    tag_list = payment.get("9F4A")
    if tag_list is None:
        payment.need("94")
        payment.need_whole()
        aip = payment.need("82", 2)
        yield fails_if(True, "no tag list (9F4A): the AIP is not signed", aip)
    elif tag_list.hex != "82":
        detail = f"tag list {tag_list.hex}: only 82 is allowed"
        yield fails_if(True, detail, tag_list, severity="high")
    else:
        yield fails_if(False, "the tag list names the AIP", tag_list)


@payment_rule("E19", "critical", "dynamic signature without a fresh number", f"{BOOK2}, 6.5.1")
def stale_signature(payment: Payment) -> Results:
    """The DDOL must ask for the unpredictable number; without it, a recorded signature is good for ever.
    Do: do not accept dynamic authentication from this card.
    """
    ddol = payment.get("9F49")
    if ddol is None:
        only(not payment.dialogue.in_gpo)
        if not payment.commands(INTERNAL_AUTHENTICATE) and "DDA" in offered(payment):
            raise Missing("no 9F49 and no INTERNAL AUTHENTICATE in this capture")
        payment.need_records()
        return  # the terminal's own list counts (Book 2, 6.5.1)
    tags = {tag for tag, _ in tlv.dol(ddol.value)}
    yield fails_if("9F37" not in tags, f"DDOL {ddol.hex}", ddol)


@payment_rule("E21", "high", "approved offline with the answer unsigned", BST21A)
def answer_unsigned(payment: Payment) -> Results:
    """DDA proves the card before it decides; the decision itself is not signed. A man in the middle lets the real card
    authenticate and gives the approval himself. Do: use CDA, or go online.
    """
    aip = payment.need("82", 2)
    only(aip.value[0] & AIP_DYNAMIC and not payment.dialogue.in_gpo)
    kind, where = "", None
    if payment.dialogue.first:
        kind, where = cryptogram(payment.dialogue.first)
    if not kind:
        raise Missing("no answer to the first GENERATE AC in this capture")
    unsigned = kind == "TC" and not aip.value[0] & AIP_SIGNED_ANSWER
    detail = f"AIP offers {', '.join(offered(payment))}, first cryptogram {kind}"
    yield fails_if(unsigned, detail, aip, where)


@payment_rule("E22", "high", "card transaction qualifiers not signed", BST21A)
def qualifiers_unsigned(payment: Payment) -> Results:
    """Fast DDA of Visa and UnionPay signs amount, number and qualifiers only where the card sends card authentication
    data (9F69) of version 1: else a man in the middle changes the CTQ and skips the PIN. Do: ask the issuer for it.
    """
    signature = payment.about("9F4B", side="response")
    only(payment.dialogue.in_gpo and payment.aid.startswith((*VISA_LIKE, UNIONPAY)))
    card_data = payment.get("9F69", "response")
    payment.need_whole(unless=card_data)
    if card_data is None:
        yield fails_if(True, "card authentication data absent", signature)
    else:
        version_1 = card_data.value[:1] == b"\x01"
        yield fails_if(not version_1, f"card authentication data {card_data.hex}", card_data)


@payment_rule("E23", "high", "online without card authentication", BST21A)
def no_signature_online(payment: Payment) -> Results:
    """A Visa contactless payment goes online without a dynamic signature, because the reader did not ask for one (TTQ
    byte 1 bit 1) or the card gave none: then nothing protects the qualifiers. Worse where they claim a verification
    above the limit. Do: set that bit in readers and verify the signature.
    """
    kinds = [kind for kind, _ in payment.dialogue.decisions]
    only(payment.visa_contactless and kinds == ["ARQC"])
    ttq = payment.need("9F66", 4, "command")
    ctq = payment.dialogue.ctq
    signed = payment.get("9F4B", "response") or payment.get("9F46", "response")
    payment.need_whole(unless=signed)
    asks = "asks" if ttq.value[0] & 0x01 else "does not ask"
    came = "one" if signed else "none"
    detail = f"TTQ {ttq.hex} {asks} for a signature, {came} came"
    if ctq and ctq.value[1] & 0x80 and payment.over_limit:
        yield fails_if(not signed, detail, ttq, ctq, severity="critical")
    else:
        yield fails_if(not signed, detail, ttq)
