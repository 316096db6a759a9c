# SPDX-License-Identifier: MIT
"""Rules about payments over the air: who verified the cardholder, which mode, what can be read, how far the card is."""

from __future__ import annotations

from ..apps.emv import COMPUTE_CHECKSUM, EXCHANGE_RELAY, GENERATE_AC, GET_DATA, GPO, READ_RECORD
from ..crypto.methods import MASTERCARD, VISA
from ..model import Exchange, Severity
from ..payment.data import Found
from ..payment.dialogue import ac_type, is_read
from ..payment.relay import MAX_GRACE, relay
from .engine import Case, Missing, Payment, Result, Results, fails_if, payment_rule, rule, whole
from .sources import BCDD20, BST21A, CGRBT15, EAFHM14, GY19, MHEMY25, PCBC25, RCNBC22, RL13, Y21

TRANSIT = ("4111", "4112", "4131", "4784", "7523")
REFUND = "20"
MAG_STRIPE = 0x8E80
MANY = 10
COUNTERS = ("9F79", "9F5D", "9F50", "9F77", "9F78")


def approved(payment: Payment) -> Found | None:
    """The last cryptogram that approves or asks to go online."""
    found = [one for one in payment.all("9F27", "response") if ac_type(one.value[0]) in ("TC", "ARQC")]
    return found[-1] if found else None


def over_the_limit(payment: Payment) -> tuple[Found, int, bool]:
    """The amount, the limit above which the cardholder is verified, whether it is above."""
    if (limit := payment.case.given.cvm_limit) is None:
        raise Missing("the CVM limit is not given")
    amount = payment.need("9F02", 6)
    return amount, limit, number(amount) > limit


def without_cvm(payment: Payment) -> Found:
    """The element that tells how the cardholder was verified: the card's CTQ, else the terminal's CVM results."""
    return payment.get("9F6C", "response", 2) or payment.need("9F34", 3)


def is_none(verified: Found) -> bool:
    """Whether it tells of no verification at all."""
    if verified.tag == "9F6C":
        return not verified.value[0] & 0xC0 and not verified.value[1] & 0x80
    return verified.value[0] & 0x3F in (0x1F, 0x3F)


def number(element: Found) -> int:
    """A BCD number; 0 where it is none."""
    return int(element.hex) if element.hex.isdecimal() else 0


@payment_rule("E43", "high", "over the limit without verification", f"{GY19}; {EAFHM14}", "a CVM limit")
def over_limit(payment: Payment) -> Results:
    """An amount above the limit from which the cardholder is to be verified was approved, and nobody was verified.
    Do: decline; compare what card and reader said about the amount.
    """
    cid = approved(payment)
    if cid is None or (payment.get("9C") and payment.need("9C").hex == REFUND):
        return
    (amount, limit, over), verified = over_the_limit(payment), without_cvm(payment)
    place = payment.get("9F15")
    bad = over and is_none(verified) and not (place and place.hex in TRANSIT)
    yield fails_if(bad, f"{amount.text}, limit {limit}, {verified.tag} {verified.hex}", amount, verified)


@payment_rule("E44", "high", "foreign currency without verification", EAFHM14)
def foreign_currency(payment: Payment) -> Results:
    """Limits of the card count in its own currency; in another one a large amount passed without any verification.
    Do: look at the amount; the fix is on the card's side.
    """
    if not payment.contactless or approved(payment) is None:
        return
    currency, own = payment.need("5F2A", 2), payment.get("9F42", size=2) or payment.need("9F51", 2)
    verified = without_cvm(payment)
    foreign = currency.value != own.value and is_none(verified)
    detail = f"paid in {currency.text}, card in {own.text}, {verified.tag} {verified.hex}"
    yield fails_if(foreign, detail, currency, own, verified)


@payment_rule("E45", "critical", "a plastic card that claims a phone's verification", f"{RCNBC22}; {BST21A}")
def plastic_with_phone(payment: Payment) -> Results:
    """The CTQ says that a device verified its owner, yet the IAD has the format of a card, not of a phone: the CTQ was
    changed on the way and the PIN skipped. Do: decline; ask for the PIN.
    """
    ctq = payment.get("9F6C", "response", 2)
    if ctq is None or not payment.aid.startswith(VISA):
        return
    iad = payment.need("9F10", side="response")
    claims, card = bool(ctq.value[1] & 0x80), iad.value[:1] == b"\x06"
    detail = f"CTQ {ctq.hex}, IAD begins {iad.hex[:4]}"
    yield fails_if(claims and card, detail, ctq, iad)


@payment_rule("E46", "critical", "two different card transaction qualifiers", BST21A)
def two_qualifiers(payment: Payment) -> Results:
    """The qualifiers in the open differ from those in the signed card authentication data: they were changed on the
    way. Do: decline.
    """
    ctq, signed = payment.get("9F6C", "response", 2), payment.get("9F69", "response")
    if ctq is None or signed is None or signed.value[:1] != b"\x01" or len(signed.value) < 7:
        return
    same = signed.value[5:7] == ctq.value
    detail = f"CTQ {ctq.hex}, in the signed data {signed.hex[10:14]}"
    yield fails_if(not same, detail, ctq, signed)


@payment_rule("E50", "critical", "device verification on something that is no device", f"{GY19}; {BST21A}")
def no_such_device(payment: Payment) -> Results:
    """The CTQ says that the device verified its owner; the form factor says that it is a plastic card, or the card's
    own results name nobody who did. Do: issuers decline it for physical cards.
    """
    ctq = payment.get("9F6C", "response", 2)
    if ctq is None:
        return
    form, iad = payment.get("9F6E", "response", 4), payment.get("9F10", "response")
    if form is None and iad is None:
        raise Missing("no 9F6E and no 9F10 in this capture")
    if not ctq.value[1] & 0x80:
        yield Result("pass", f"CTQ {ctq.hex}: no device verification claimed", (ctq.evidence,))
        return
    plastic = form is not None and form.value[0] & 0x1F in (0, 1) and not form.value[1] & 0x02
    phone_iad = iad is not None and iad.value[:1] == b"\x1f" and len(iad.value) == 32
    nobody = phone_iad and iad is not None and iad.value[3] == 0
    detail = f"CTQ {ctq.hex}, form factor {form.hex if form else 'not told'}, IAD {iad.hex[:8] if iad else 'not told'}"
    yield fails_if(plastic or nobody, detail, ctq, form, iad)


@payment_rule("E51", "critical", "the card was not told that verification is required", GY19, "a CVM limit")
def requirement_removed(payment: Payment) -> Results:
    """The amount is above the limit, but the qualifiers that reached the card do not ask for verification: taken out on
    the way, or a reader with wrong limits. Do: compare with the reader's side.
    """
    ttq = payment.get("9F66", "command", 4)
    if ttq is None:
        return
    amount, limit, over = over_the_limit(payment)
    yield fails_if(over and not ttq.value[1] & 0x40, f"{amount.text}, limit {limit}, TTQ {ttq.hex}", ttq, amount)


@payment_rule("E56", "high", "mag-stripe mode", RL13)
def mag_stripe_mode(payment: Payment) -> Results:
    """The card computed a code for a magnetic stripe over a number of a few digits: whoever collects all codes has a
    clone. Where the card can do EMV, somebody took that away. Do: end mag-stripe mode.
    """
    used = [
        e for e in payment.commands(COMPUTE_CHECKSUM) if e.command and e.command.p1 << 8 | e.command.p2 == MAG_STRIPE
    ]
    if not used or not payment.aid.startswith(MASTERCARD):
        return
    aip = payment.need("82", 2)
    able = bool(aip.value[1] & 0x80)
    track, count = payment.need("9F66", 2, "response"), payment.need("9F67", 1)
    digits = max(int.from_bytes(track.value).bit_count() - count.value[0], 0)
    why = ["the card can do EMV mode"] * able + [f"only {10**digits} different numbers"] * (digits <= 3)
    detail = ", ".join(why) or f"{digits} digits of unpredictable number, no EMV mode"
    yield fails_if(why, detail, whole(used[0]), aip, track)


@rule("E57", "critical", "harvest of codes or cryptograms", RL13)
def harvest(case: Case) -> Results:
    """Ten or more cryptograms or codes out of one card in one session: somebody fills a table to pay with later.
    Do: treat the card as cloned.
    """
    made: dict[int, list[Exchange]] = {}
    for payment in case.payments:
        for exchange in payment.commands(COMPUTE_CHECKSUM, GENERATE_AC, GPO):
            if exchange.command and exchange.command.data and is_read(exchange):
                made.setdefault(exchange.session, []).append(exchange)
    for session, found in made.items():
        different = len({exchange.command.data for exchange in found if exchange.command})
        detail = f"{different} different questions in session {session}"
        yield fails_if(different >= MANY, detail, *map(whole, found[:20]))


@payment_rule("E60", "medium", "number or name readable over the air", MHEMY25)
def readable(payment: Payment) -> Results:
    """Whoever comes near reads the card number, sometimes the name. With a token instead of it, that matters little.
    Do: cards should not answer a name over the air.
    """
    if not payment.contactless:
        return
    found = [one for tag in ("5A", "57", "56", "9F6B", "5F20") for one in payment.all(tag, "response")[:1]]
    name, token = "5F20" in [one.tag for one in found], payment.get("9F19") or payment.get("9F24")
    severity: Severity = "high" if name else "info" if token else "medium"
    payment.need_whole(unless=found)
    detail = f"readable: {', '.join(one.tag for one in found)}" if found else "neither number nor name was read"
    last = None if found else whole(payment.exchanges[-1], "response")
    yield fails_if(found, detail, *found, last, severity=severity if found else None)


@payment_rule("E61", "medium", "transaction log readable", MHEMY25)
def log_readable(payment: Payment) -> Results:
    """The last payments can be read by anybody, with amounts and dates. Do: over the air no log should be readable."""
    entry = payment.get("9F4D", "response", 2)
    if entry is None:
        return
    reads = [e for e in payment.commands(READ_RECORD) if e.command and e.command.p2 >> 3 == entry.value[0]]
    if not reads:
        return
    open_ = list(filter(is_read, reads))
    proof = (whole(e, "response") for e in (open_ or reads)[:4])
    detail = f"{len(open_)} of {len(reads)} log records read"
    yield fails_if(open_, detail, entry, *proof, severity="high" if payment.contactless else None)


@payment_rule("E62", "low", "balance or counters readable", MHEMY25)
def balance_readable(payment: Payment) -> Results:
    """Offline balance and limits answer GET DATA without a PIN. Do: know it before handing out a card."""
    for exchange in payment.commands(GET_DATA):
        command = exchange.command
        tag = f"{command.p1:02X}{command.p2:02X}" if command and exchange.response else ""
        if tag in COUNTERS:
            yield fails_if(is_read(exchange), f"GET DATA {tag}", whole(exchange, "response"))


@payment_rule("E64", "medium", "no protection against relay", f"{BCDD20}; {CGRBT15}")
def no_relay_protection(payment: Payment) -> Results:
    """The relay resistance protocol was not run: a card far away can pay here. Most cards cannot do it yet.
    Do: switch it on where card and reader can.
    """
    if not payment.contactless or not payment.aid.startswith(MASTERCARD):
        return
    aip = payment.need("82", 2)
    able, ran = bool(aip.value[1] & 0x01), payment.commands(EXCHANGE_RELAY)
    payment.need_whole(unless=ran)
    detail = f"the card {'can' if able else 'cannot'} do it, it was run {len(ran)} times"
    yield fails_if(not ran, detail, aip, *map(whole, ran), severity=None if able else "info")


@payment_rule("E65", "critical", "the card is too far away", f"EMV Contactless Book C-2, 3.10; {CGRBT15}", "times")
def relayed(payment: Payment) -> Results:
    """The card says how long its answer may take, the clock says how long it took: far more means that the answer came
    from far away. A slow reader looks the same: see the margin. Do: decline if all tries exceed the limit.
    """
    for exchange in payment.commands(EXCHANGE_RELAY):
        limit = next(iter(payment.answered("DF8304", exchange)), None)
        if limit and exchange.duration_ns is None:
            raise Missing("this clock does not tell how long the answer took")
        for found in relay([exchange] if limit else []):
            took, most = found.measured, found.most + MAX_GRACE
            detail = f"took {took / 10:.1f} ms, at most {most / 10:.1f} ms with grace"
            yield fails_if(took > most, detail, whole(exchange), limit)


@payment_rule("E73", "critical", "accepted offline without proof of the card", PCBC25)
def offline_without_proof(payment: Payment) -> Results:
    """The card approved offline over the air and no signature came with it: a copy of its data could do the same.
    Do: decline offline payments without a verified signature.
    """
    if payment.contactless and (cid := payment.approved_offline):
        yield unsigned(payment, cid)


def unsigned(payment: Payment, cid: Found) -> Result:
    """Whether a dynamic signature came with this cryptogram."""
    signature = payment.get("9F4B", "response")
    payment.need_whole(unless=signature)
    return fails_if(not signature, f"{cid.text}, {'with' if signature else 'without'} a signature", cid)


@payment_rule("E74", "high", "cryptogram over no amount", Y21)
def zero_amount(payment: Payment) -> Results:
    """A cryptogram was made for an amount of zero, which gates of transport do; elsewhere it can be joined to another
    amount later. Do: compare with the amount that was cleared.
    """
    if not payment.contactless or not payment.get("9F26", "response"):
        return
    amount, place = payment.need("9F02", 6, "command"), payment.get("9F15")
    bad = number(amount) == 0 and not (place and place.hex in TRANSIT)
    detail = f"{amount.text}, merchant category {place.hex if place else 'not told'}"
    yield fails_if(bad, detail, amount)


@payment_rule(
    "E76", "medium", "not valid at a cash machine, used at one", "Visa contactless, card transaction qualifiers"
)
def not_for_cash(payment: Payment) -> Results:
    """The card says that it may not be used contactless at cash machines, and this is a withdrawal that went on.
    Do: repair the reader.
    """
    ctq, kind = payment.get("9F6C", "response", 2), payment.get("9C")
    if ctq is None or kind is None or kind.hex != "01" or approved(payment) is None:
        return
    bad = bool(ctq.value[0] & 0x01)
    yield fails_if(bad, f"CTQ {ctq.hex}, withdrawal", ctq, kind)
