# SPDX-License-Identifier: MIT
"""Rules about offline data authentication: what the card offers and signs, and what the terminal made of it."""

from __future__ import annotations

from ...acts.emv import judges
from ...acts.emv.cvm import VISA_LIKE
from ...acts.emv.data import Found, afl_places
from ...acts.emv.dialogue import asked, cryptogram
from ...apps.emv import GENERATE_AC
from ...apps.iso7816 import INTERNAL_AUTHENTICATE, READ_RECORD
from ...core import tlv
from ...crypto.methods import MASTERCARD, UNIONPAY
from ..engine import Missing, Result, Results, fails_if, only, p1_of
from ..sources import ABM06, BBLF11, BOOK2, BOOK3, BST21A
from .payment import Payment, payment_rule

ONLINE_ONLY = ("11", "14", "21", "24", "31", "34")
DECISIVE = ("8E", "9F0D", "9F0E", "9F0F", "9F07", "5F28", "8C", "8D", "5A", "5F24")
EXPONENTS = (b"\x03", b"\x01\x00\x01")


def offered(payment: Payment) -> list[str]:
    """The kinds of offline data authentication in the AIP."""
    return judges.offered(payment.need("82", 2).value)


@payment_rule("E01", "medium", "no offline data authentication", f"{BOOK3}, annex C1 and 10.3")
def no_offline_authentication(payment: Payment) -> Results:
    """The AIP offers neither SDA, DDA, CDA nor XDA: offline, a terminal cannot tell this card from a copy.
    Do: accept such a card online only.
    """
    aip, names, terminal = payment.need("82", 2), offered(payment), payment.get("9F35")
    online = terminal is not None and terminal.hex in ONLINE_ONLY
    online |= (
        payment.visa_contactless
        and payment.dialogue.ttq is not None
        and bool(payment.dialogue.ttq.value[1] & 0x80)
    )
    detail = f"AIP offers {', '.join(names) or 'no SDA, DDA, CDA or XDA'}"
    yield fails_if(not names, detail, aip, severity="info" if online else None)


@payment_rule("E02", "high", "static authentication only", f"{ABM06}; {BOOK2}, 5")
def static_only(payment: Payment) -> Results:
    """SDA signs data that never change: a copy of the records passes as the card and says yes to any PIN.
    Do: replace SDA cards; a terminal that may accept them offline should go online.
    """
    aip = payment.need("82", 2)
    only(aip.value[0] & 0xE1 and not payment.visa_contactless)
    alone = aip.value[0] & 0xE1 == 0x40
    proof = payment.dialogue.approved_offline if alone else None
    detail = f"AIP offers {', '.join(offered(payment))}{' only, and the card approved offline' if proof else ''}"
    yield fails_if(alone, detail, aip, proof, severity=None if proof else "medium")


@payment_rule(
    "E03", "medium", "authentication possible but not done", f"{BOOK3}, 10.3 and annex C5"
)
def not_performed(payment: Payment) -> Results:
    """Card and terminal share a method, and the TVR says that none was performed: the terminal skipped it, or something
    made it. Do: look at the terminal's configuration and at the records that it read.
    """
    only(not payment.contactless or payment.aid.startswith(MASTERCARD))
    aip, caps, tvr = payment.need("82", 2), payment.need("9F33", 3), payment.need_tvr()
    shared = judges.offered(aip.value, caps.value)
    skipped = bool(shared) and bool(tvr.value[0] & 0x80)
    detail = f"both can do {', '.join(shared) or 'none'}; TVR byte 1 is {tvr.value[0]:02X}"
    yield fails_if(skipped, detail, aip, caps, tvr)


@payment_rule("E04", "medium", "CDA possible but not asked for", f"{BST21A}; {BOOK3}, 6.5.5")
def cda_not_asked(payment: Payment) -> Results:
    """Card and terminal can combine cryptogram and signature (CDA), yet GENERATE AC asks for an approval without: a man
    in the middle can change the answer. Do: let the terminal ask for CDA with every TC.
    """
    aip = payment.need("82", 2)
    only(aip.value[0] & 0x81)
    for exchange in payment.commands(GENERATE_AC):
        kind, wanted = exchange.command.p1 if exchange.command else 0, asked(exchange)
        if kind & 0x18:
            yield fails_if(False, f"P1 {kind:02X} asks for CDA or XDA", aip, p1_of(exchange))
        elif wanted in ("TC", "ARQC"):
            caps = payment.need("9F33", 3) if wanted == "TC" else payment.get("9F33", size=3)
            able = caps is None or bool(caps.value[2] & 0x0C)
            detail = f"P1 {kind:02X} asks for {wanted} without CDA or XDA"
            detail += "" if wanted == "TC" else ": allowed"
            detail = detail if able else "the terminal can do neither CDA nor XDA"
            yield fails_if(
                able,
                detail,
                aip,
                p1_of(exchange),
                caps,
                severity="info" if wanted == "ARQC" else None,
            )


@payment_rule("E05", "critical", "CDA asked for and not given", f"{BOOK2}, 6.6")
def cda_not_given(payment: Payment) -> Results:
    """The terminal asked for CDA and the card approved without a signature: the answer is not the card's.
    Do: decline.
    """
    for exchange in payment.commands(GENERATE_AC):
        if not exchange.command or not exchange.command.p1 & 0x10:
            continue
        if exchange.response is None:
            raise Missing("the answer to GENERATE AC is not in this capture")
        kind, where = cryptogram(exchange)
        if kind in ("TC", "ARQC"):
            signed = payment.answered("9F4B", exchange)
            detail = f"a signature (9F4B) came {'with' if signed else 'not with'} the cryptogram"
            yield fails_if(not signed, detail, p1_of(exchange), where)


@payment_rule("E13", "high", "exponent that EMV does not allow", f"{BOOK2}, annex B2.1 and 5.1")
def strange_exponent(payment: Payment) -> Results:
    """RSA exponents are 3 or 65537; others make forgery easier or the key useless. Do: do not trust the signature."""
    for tag in ("9F32", "9F47", "9F2E"):
        if found := payment.get(tag):
            good = found.value.lstrip(b"\0") in EXPONENTS
            yield fails_if(not good, f"{tag} is {found.hex}", found)


@payment_rule("E17", "high", "decisive data outside the signature", f"{BBLF11}; {BOOK3}, 10.3")
def unsigned_data(payment: Payment) -> Results:
    """Data that decide about PIN, limits or expiry stand in records that the AFL does not mark as signed: a man in the
    middle can change them unseen. Do: personalise such data into signed records.
    """
    afl = payment.need("94")
    only(offered(payment))
    places = afl_places(afl.value, signed=True)
    payment.need_whole()
    found: list[Found] = []
    signed: list[Found] = []
    for tag in DECISIVE:
        for one in payment.all(tag, "response"):
            command = one.exchange.command
            if command is None or command.ins != READ_RECORD:
                continue
            (signed if (command.p2 >> 3, command.p1) in places else found).append(one)
    tags = ", ".join(dict.fromkeys(one.tag for one in found))
    if found or signed:
        yield fails_if(
            found, f"not signed: {tags}" if found else "every one is signed", *(found or [afl])
        )


@payment_rule("E18", "medium", "AIP not signed", f"{BOOK3}, 10.3")
def aip_unsigned(payment: Payment) -> Results:
    """Without 82 in the static data authentication tag list (9F4A) the AIP is open to change: a man in the middle takes
    away the methods that would catch him. Do: personalise 9F4A with 82.
    """
    only(offered(payment))
    listed = payment.get("9F4A")
    if listed is None:
        payment.need("94")
        payment.need_whole()
        yield Result(
            "fail", "no tag list (9F4A): the AIP is not signed", (payment.need("82", 2).evidence,)
        )
    elif listed.hex != "82":
        yield Result(
            "fail", f"tag list {listed.hex}: only 82 is allowed", (listed.evidence,), "high"
        )
    else:
        yield Result("pass", "the tag list names the AIP", (listed.evidence,))


@payment_rule("E19", "critical", "dynamic signature without a fresh number", f"{BOOK2}, 6.5.1")
def stale_signature(payment: Payment) -> Results:
    """The DDOL must ask for the unpredictable number; without it, a recorded signature is good for ever.
    Do: do not accept dynamic authentication from this card.
    """
    listed = payment.get("9F49")
    if listed is None:
        only(not payment.dialogue.in_gpo)
        if not payment.commands(INTERNAL_AUTHENTICATE) and "DDA" in offered(payment):
            raise Missing("no 9F49 and no INTERNAL AUTHENTICATE in this capture")
        payment.need_records()
        return  # the terminal's own list counts
    has = "9F37" in {tag for tag, _ in tlv.dol(listed.value)}
    yield fails_if(not has, f"DDOL {listed.hex}", listed)


@payment_rule("E21", "high", "approved offline with the answer unsigned", BST21A)
def answer_unsigned(payment: Payment) -> Results:
    """DDA proves the card before it decides; the decision itself is not signed. A man in the middle lets the real card
    authenticate and gives the approval himself. Do: use CDA, or go online.
    """
    aip = payment.need("82", 2)
    only(aip.value[0] & 0x21 and not payment.dialogue.in_gpo)
    kind, where = cryptogram(payment.dialogue.first) if payment.dialogue.first else ("", None)
    if not kind:
        raise Missing("no answer to the first GENERATE AC in this capture")
    bare = kind == "TC" and not aip.value[0] & 0x81
    yield fails_if(
        bare, f"AIP offers {', '.join(offered(payment))}, first cryptogram {kind}", aip, where
    )


@payment_rule("E22", "high", "card transaction qualifiers not signed", BST21A)
def qualifiers_unsigned(payment: Payment) -> Results:
    """Fast DDA of Visa and UnionPay signs amount, number and qualifiers only where the card sends card authentication
    data (9F69) of version 1: else a man in the middle changes the CTQ and skips the PIN. Do: ask the issuer for it.
    """
    signature = payment.about("9F4B", side="response")
    only(payment.dialogue.in_gpo and payment.aid.startswith((*VISA_LIKE, UNIONPAY)))
    data = payment.get("9F69", "response")
    payment.need_whole(unless=data)
    good = data is not None and data.value[:1] == b"\x01"
    detail = f"card authentication data {data.hex if data else 'absent'}"
    yield fails_if(not good, detail, data or signature)


@payment_rule("E23", "high", "online without card authentication", BST21A)
def no_signature_online(payment: Payment) -> Results:
    """A Visa contactless payment goes online without a dynamic signature, because the reader did not ask for one (TTQ
    byte 1 bit 1) or the card gave none: then nothing protects the qualifiers. Worse where they claim a verification
    above the limit. Do: set that bit in readers and verify the signature.
    """
    only(payment.visa_contactless and [kind for kind, _ in payment.dialogue.decisions] == ["ARQC"])
    ttq, ctq = payment.need("9F66", 4, "command"), payment.dialogue.ctq
    signed = payment.get("9F4B", "response") or payment.get("9F46", "response")
    payment.need_whole(unless=signed)
    asks = "asks" if ttq.value[0] & 0x01 else "does not ask"
    detail = f"TTQ {ttq.hex} {asks} for a signature, {'one' if signed else 'none'} came"
    claims = ctq is not None and ctq.value[1] & 0x80 and payment.over_limit
    yield fails_if(
        not signed, detail, ttq, ctq if claims else None, severity="critical" if claims else None
    )
