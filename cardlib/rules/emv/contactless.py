# SPDX-License-Identifier: MIT
"""Rules about payments over the air: who verified the cardholder, which mode, what can be read, how far the card is."""

from __future__ import annotations

from ...acts.emv.cvm import NOT_DONE
from ...acts.emv.data import Found
from ...acts.emv.dialogue import ins_of, is_read
from ...acts.emv.relay import MAX_GRACE, relay
from ...apps.emv import COMPUTE_CHECKSUM, EXCHANGE_RELAY, GENERATE_AC, GPO
from ...apps.iso7816 import GET_DATA, READ_RECORD, VERIFY
from ...core.model import Evidence, Exchange, Severity
from ...crypto.methods import MASTERCARD, VISA
from ..engine import Missing, Result, Results, fails_if, only, whole_half
from ..sources import BCDD20, BST21A, CGRBT15, EAFHM14, GY19, MHEMY25, PCBC25, RCNBC22, RL13, Y21
from .payment import Payment, PaymentCase, capture_rule, payment_rule

TRANSIT = ("4111", "4112", "4131", "4784", "7523")
REFUND = "20"
MAG_STRIPE = 0x8E80
ECP_TRANSPORT = bytes.fromhex("6A02C801")  # enhanced contactless polling, version 2, type 01
MANY = 10
READABLE = ("5A", "57", "56", "9F6B", "5F20", "9F1F")
COUNTERS = ("9F79", "9F5D", "9F50", "9F77", "9F78")


def over_the_limit(payment: Payment) -> tuple[Found, str, bool]:
    """The amount, what it is compared with, whether it is above the limit for verification."""
    if (limit := payment.case.given.cvm_limit) is None:
        raise Missing("the CVM limit is not given")
    amount = payment.need("9F02", 6)
    return amount, f"{amount.text}, limit {limit}", bool(payment.over_limit)


def verification(payment: Payment) -> tuple[Found, bool]:
    """The element that tells how the cardholder was verified, the card's CTQ or the terminal's CVM results; if none."""
    if ctq := payment.dialogue.ctq:
        return ctq, not ctq.value[0] & 0xC0 and not ctq.value[1] & 0x80
    results = payment.need("9F34", 3)
    return results, results.value[0] & 0x3F in (0x1F, NOT_DONE)


def is_transit(place: Found | None) -> bool:
    """Whether the merchant category is of fares, tolls or parking."""
    return place is not None and place.hex in TRANSIT


@payment_rule(
    "E43", "high", "over the limit without verification", f"{GY19}; {EAFHM14}", "a CVM limit"
)
def over_limit(payment: Payment) -> Results:
    """An amount above the limit from which the cardholder is to be verified was approved, and nobody was verified.
    Do: decline; compare what card and reader said about the amount.
    """
    kind = payment.get("9C")
    only(payment.dialogue.approved and not (kind and kind.hex == REFUND))
    (amount, compared, over), (verified, none) = over_the_limit(payment), verification(payment)
    bad = over and none and not is_transit(payment.get("9F15"))
    yield fails_if(bad, f"{compared}, {verified.tag} {verified.hex}", amount, verified)


@payment_rule("E44", "high", "foreign currency without verification", EAFHM14)
def foreign_currency(payment: Payment) -> Results:
    """Limits of the card count in its own currency; in another one any amount may pass without verification, as here.
    Do: look at the amount; the fix is on the card's side.
    """
    only(payment.contactless and payment.dialogue.approved)
    currency, own = payment.need("5F2A", 2), payment.get("9F42", size=2) or payment.need("9F51", 2)
    verified, none = verification(payment)
    foreign = currency.value != own.value and none
    detail = f"paid in {currency.text}, card in {own.text}, {verified.tag} {verified.hex}"
    yield fails_if(foreign, detail, currency, own, verified)


def of_a_card(iad: Found) -> bool:
    """Whether Visa's IAD has the format of a card: length 06, cryptogram version 10, 17, 18 or 22; phones have 1F."""
    return iad.value[:1] == b"\x06" and iad.value[2:3] in (b"\x0a", b"\x11", b"\x12", b"\x16")


@payment_rule(
    "E45", "critical", "a plastic card that claims a phone's verification", f"{RCNBC22}; {BST21A}"
)
def plastic_with_phone(payment: Payment) -> Results:
    """The CTQ says that a device verified its owner, yet the IAD has the format of a card, not of a phone: the CTQ was
    changed on the way and the PIN skipped. Do: decline; ask for the PIN.
    """
    only(payment.visa_contactless and payment.dialogue.first)
    ctq, iad = payment.need("9F6C", 2, "response"), payment.need("9F10", side="response")
    claims, card = bool(ctq.value[1] & 0x80), of_a_card(iad)
    detail = f"CTQ {ctq.hex}, IAD begins {iad.hex[:4]}"
    yield fails_if(claims and card, detail, ctq, iad)


@payment_rule("E46", "critical", "two different card transaction qualifiers", BST21A)
def two_qualifiers(payment: Payment) -> Results:
    """The qualifiers in the open differ from those in the signed card authentication data: they were changed on the
    way. Do: decline.
    """
    ctq, signed = payment.dialogue.ctq, payment.get("9F69", "response")
    if ctq is None or signed is None or signed.value[:1] != b"\x01" or len(signed.value) < 7:
        return
    same = signed.value[5:7] == ctq.value
    detail = f"CTQ {ctq.hex}, in the signed data {signed.hex[10:14]}"
    yield fails_if(not same, detail, ctq, signed)


@payment_rule(
    "E50", "critical", "device verification on something that is no device", f"{GY19}; {BST21A}"
)
def no_such_device(payment: Payment) -> Results:
    """The CTQ says that the device verified its owner; the form factor or the format of the IAD says that it is a
    plastic card, or the card's own results name nobody who did. Do: issuers decline it for physical cards.
    """
    ctq = payment.dialogue.ctq
    if ctq is None:
        return
    form, iad = payment.get("9F6E", "response", 4), payment.get("9F10", "response")
    if form is None and iad is None:
        raise Missing("no 9F6E and no 9F10 in this capture")
    claims = ctq.value[1] & 0x80
    finger = form is not None and bool(form.value[1] & 0x02)  # a card with a sensor does verify
    plastic = form is not None and form.value[0] & 0x1F in (0, 1)
    plastic |= iad is not None and payment.aid.startswith(VISA) and of_a_card(iad)
    nobody = iad is not None and iad.part("CVR, verification") == b"\0"
    detail = f"CTQ {ctq.hex}, form factor {form.hex if form else 'not told'}, IAD {iad.hex[:8] if iad else 'not told'}"
    yield fails_if(claims and (plastic or nobody) and not finger, detail, ctq, form, iad)


@payment_rule(
    "E51", "critical", "the card was not told that verification is required", GY19, "a CVM limit"
)
def requirement_removed(payment: Payment) -> Results:
    """The amount is above the limit, but the qualifiers that reached the card do not ask for verification: taken out on
    the way, or a reader with wrong limits. Do: compare with the reader's side.
    """
    if (ttq := payment.dialogue.ttq) is None:
        return
    amount, compared, over = over_the_limit(payment)
    yield fails_if(over and not ttq.value[1] & 0x40, f"{compared}, TTQ {ttq.hex}", ttq, amount)


@payment_rule("E54", "high", "a shop behind a gate of transport", RCNBC22)
def relayed_transport(payment: Payment) -> Results:
    """The reader announced a gate of transport, for which phones answer while they are locked, and the merchant is no
    transport: somebody between a shop and a locked phone makes it pay. Do: decline; the phone's owner knows nothing.
    """
    sessions = (one for one in payment.case.sessions if one.index == payment.transaction.session)
    frames = (
        frame.data for session in sessions for frame in session.frames if frame.sender == "reader"
    )
    announced = next((data for data in frames if data.startswith(ECP_TRANSPORT)), b"")
    only(announced and payment.dialogue.first)
    place = payment.need("9F15", 2, "command")
    detail = f"announced by radio: {announced.hex().upper()}, merchant category {place.hex}"
    yield fails_if(not is_transit(place), detail, place)


@payment_rule("E56", "high", "mag-stripe mode", RL13)
def mag_stripe_mode(payment: Payment) -> Results:
    """The card computed a code for a magnetic stripe over a number of a few digits: whoever collects all codes has a
    clone. Where the card can do EMV, somebody took that away. Do: end mag-stripe mode.
    """
    used = [
        e
        for e in payment.commands(COMPUTE_CHECKSUM)
        if e.command and e.command.p1 << 8 | e.command.p2 == MAG_STRIPE
    ]
    only(used and payment.aid.startswith(MASTERCARD))
    aip = payment.need("82", 2)
    able = bool(aip.value[1] & 0x80)
    track, count = payment.need("9F66", 2, "response"), payment.need("9F67", 1)
    digits = max(int.from_bytes(track.value).bit_count() - count.value[0], 0)
    why = ["the card can do EMV mode"] * able + [f"only {10**digits} different numbers"] * (
        digits <= 3
    )
    detail = ", ".join(why) or f"{digits} digits of unpredictable number, no EMV mode"
    yield fails_if(why, detail, whole_half(used[0]), aip, track)


@capture_rule("E57", "critical", "harvest of codes or cryptograms", RL13)
def harvest(case: PaymentCase) -> Results:
    """Ten or more codes, or cryptograms over different numbers, out of one card in one session: somebody fills a table
    to pay with later. Do: treat the card as cloned.
    """
    made: dict[int, dict[bytes, Exchange]] = {}
    for payment in case.payments:
        for number in [*payment.all("9F37", "command"), *payment.all("9F6A", "command")]:
            if ins_of(number.exchange) in (COMPUTE_CHECKSUM, GENERATE_AC, GPO) and is_read(
                number.exchange
            ):
                made.setdefault(number.exchange.session, {}).setdefault(
                    number.value, number.exchange
                )
    for session, found in made.items():
        detail = f"{len(found)} different numbers in session {session}"
        yield fails_if(len(found) >= MANY, detail, *map(whole_half, list(found.values())[:20]))


@payment_rule("E60", "medium", "number or name readable over the air", MHEMY25)
def readable(payment: Payment) -> Results:
    """Whoever comes near reads the card number, sometimes the name. With a token instead of it, that matters little.
    Do: cards should not answer a name over the air.
    """
    only(payment.contactless)
    found = [
        one
        for tag in READABLE
        for one in payment.all(tag, "response")[:1]
        if one.node.fact.sensitive
    ]
    name, token = "5F20" in [one.tag for one in found], payment.get("9F19") or payment.get("9F24")
    severity: Severity = "high" if name else "info" if token else "medium"
    payment.need_whole(unless=found)
    detail = (
        f"readable: {', '.join(one.tag for one in found)}"
        if found
        else "neither number nor name was read"
    )
    last = None if found else whole_half(payment.exchanges[-1], "response")
    yield fails_if(found, detail, *found, last, severity=severity)


@payment_rule("E61", "medium", "transaction log readable", MHEMY25)
def log_readable(payment: Payment) -> Results:
    """The last payments can be read by anybody, with amounts and dates. Do: over the air no log should be readable."""
    entry = payment.get("9F4D", "response", 2) or payment.about("DF60", 2, "response")
    reads = [
        e
        for e in payment.commands(READ_RECORD)
        if e.command and e.command.p2 >> 3 == entry.value[0]
    ]
    only(reads)
    open_ = list(filter(is_read, reads))
    proof = (whole_half(e, "response") for e in (open_ or reads)[:4])
    detail = f"{len(open_)} of {len(reads)} log records read"
    yield fails_if(open_, detail, entry, *proof, severity="high" if payment.contactless else None)


@payment_rule("E62", "low", "balance or counters readable", MHEMY25)
def balance_readable(payment: Payment) -> Results:
    """Offline balance and limits answer GET DATA without a PIN. Do: know it before handing out a card."""
    for exchange in payment.commands(GET_DATA):
        command = exchange.command
        tag = f"{command.p1:02X}{command.p2:02X}" if command and exchange.response else ""
        checked = any(
            is_read(one) for one in payment.commands(VERIFY) if one.index < exchange.index
        )
        if tag in COUNTERS:
            detail = f"GET DATA {tag}, {'after' if checked else 'without'} a PIN"
            yield fails_if(
                is_read(exchange) and not checked, detail, whole_half(exchange, "response")
            )


@payment_rule("E64", "medium", "no protection against relay", f"{BCDD20}; {CGRBT15}")
def no_relay_protection(payment: Payment) -> Results:
    """The relay resistance protocol was not run, or the TVR does not say so: a card far away can pay here. Most cards
    cannot do it yet. Do: switch it on where card and reader can.
    """
    only(payment.contactless and payment.aid.startswith(MASTERCARD))
    aip = payment.need("82", 2)
    able, ran = bool(aip.value[1] & 0x01), payment.commands(EXCHANGE_RELAY)
    payment.need_whole(unless=ran)
    tvr = payment.need_tvr()
    done = tvr.value[4] & 0x03 == 0x02
    detail = f"the card {'can' if able else 'cannot'} do it, it was run {len(ran)} times, TVR byte 5 {tvr.value[4]:02X}"
    yield fails_if(
        not ran or not done,
        detail,
        aip,
        *map(whole_half, ran),
        tvr,
        severity=None if able else "info",
    )


@payment_rule(
    "E65",
    "critical",
    "the card is too far away",
    f"EMV Contactless Book C-2, 3.10; {CGRBT15}",
    "times",
)
def relayed(payment: Payment) -> Results:
    """The card says how long its answer may take, the clock says how long it took: far more means that the answer came
    from far away, where no try kept the limit. A slow reader looks the same: see the margin. Do: decline.
    """
    limits = payment.all("DF8304", "response")
    tries = list(relay(one.exchange for one in limits))
    if len(tries) < len(limits):
        raise Missing("this clock does not tell how long the answer took")
    if tries:
        best = min(tries, key=lambda one: one.measured - one.most)
        shown = [one for one in limits if one.exchange is best.exchange]
        took, most = best.measured, best.most + MAX_GRACE
        detail = (
            f"best of {len(tries)}: took {took / 10:.1f} ms, at most {most / 10:.1f} ms with grace"
        )
        yield fails_if(took > most, detail, whole_half(best.exchange), *shown)


def of_a_phone(iad: Found) -> bool:
    """Whether Visa's IAD has the format of a device: 32 bytes, the first of them 1F."""
    return len(iad.value) == 32 and iad.value[0] == 0x1F


@payment_rule("E71", "medium", "cryptogram of a device that nobody unlocked", GY19)
def locked_device(payment: Payment) -> Results:
    """A phone or a watch gave a cryptogram and does not say that its owner was verified: it pays while it is locked, in
    a pocket too. At gates of transport that is meant so. Do: look whether the wallet was to allow it elsewhere.
    """
    iad = payment.get("9F10", "response")
    only(payment.visa_contactless and payment.dialogue.first and iad and of_a_phone(iad))
    ctq, place = payment.need("9F6C", 2, "response"), payment.get("9F15", "command")
    bad = not ctq.value[1] & 0x80 and not is_transit(place)
    yield fails_if(bad, f"CTQ {ctq.hex}, IAD begins {iad.hex[:4] if iad else ''}", ctq, iad)


def signs(payment: Payment) -> list[tuple[Found, bool]]:
    """What tells a device (a phone, a watch) from a card of plastic, and which of them it tells."""
    form, iad, ctq = (
        payment.get("9F6E", "response", 4),
        payment.get("9F10", "response"),
        payment.dialogue.ctq,
    )
    token, finger = payment.get("9F19", "response"), form is not None and bool(form.value[1] & 0x02)
    found = [(form, form.value[0] & 0x1F not in (0, 1))] if form else []
    found += [(iad, of_a_phone(iad))] if iad and (of_a_phone(iad) or of_a_card(iad)) else []
    return found + [
        (one, True)
        for one in (token, ctq)
        if one and (one is token or (one.value[1] & 0x80 and not finger))
    ]


@payment_rule("E72", "medium", "half a card, half a device", PCBC25)
def two_kinds(payment: Payment) -> Results:
    """Form factor (9F6E), format of the IAD, token (9F19) and verification on the device (9F6C) must tell the same:
    this is a phone, or this is plastic. Where they do not, data of one were put before the other. Do: decline.
    """
    only(payment.visa_contactless and payment.dialogue.first)
    found = signs(payment)
    if len(found) < 3:
        raise Missing(f"{len(found)} signs of a card or a device, at least 3 are needed")
    devices = sum(device for _, device in found)
    odd = min(devices, len(found) - devices)
    detail = ", ".join(f"{one.tag} {'device' if device else 'card'}" for one, device in found)
    yield fails_if(odd, detail, *(one for one, _ in found), severity="high" if odd > 1 else None)


@payment_rule("E73", "critical", "accepted offline without proof of the card", PCBC25)
def offline_without_proof(payment: Payment) -> Results:
    """The card approved offline over the air, or the reader is offline only, and no signature came that verifies: a
    copy of the card's data could do the same. Do: decline offline payments without a verified signature.
    """
    only(payment.contactless)
    ttq = payment.dialogue.ttq
    approval = (
        payment.dialogue.approved
        if ttq and ttq.value[0] & 0x08
        else payment.dialogue.approved_offline
    )
    if approval:
        found = unsigned(payment, approval)
        for one in (one for one in payment.proofs if one.name in ("fDDA", "DDA", "CDA")):
            if one.verdict == "not checkable":
                raise Missing(f"the signature cannot be checked: {one.reason}")
            if one.verdict == "failed":
                found = fails_if(
                    True, f"the signature fails: {one.reason}", approval, *one.evidence
                )
        yield found


def unsigned(payment: Payment, approval: Evidence) -> Result:
    """Whether a dynamic signature came with this cryptogram."""
    signature = payment.get("9F4B", "response")
    payment.need_whole(unless=signature)
    return fails_if(
        not signature,
        f"approved offline {'with' if signature else 'without'} a signature",
        approval,
    )


@payment_rule("E74", "high", "cryptogram over no amount", Y21)
def zero_amount(payment: Payment) -> Results:
    """A cryptogram was made for an amount of zero, which gates of transport do; elsewhere it can be joined to another
    amount later. Do: compare with the amount that was cleared.
    """
    only(payment.contactless and payment.get("9F26", "response"))
    amount, place = payment.need("9F02", 6, "command"), payment.get("9F15")
    bad = not any(amount.value) and not is_transit(place)
    detail = f"{amount.text}, merchant category {place.hex if place else 'not told'}"
    yield fails_if(bad, detail, amount)


@payment_rule(
    "E76", "medium", "not valid at a cash machine, used at one", "Visa contactless: CTQ (9F6C)"
)
def not_for_cash(payment: Payment) -> Results:
    """The card says that it may not be used contactless at cash machines, and this is a withdrawal that went on.
    Do: repair the reader.
    """
    ctq, kind = payment.dialogue.ctq, payment.get("9C")
    if ctq is None or kind is None or kind.hex != "01" or not payment.dialogue.approved:
        return
    bad = bool(ctq.value[0] & 0x01)
    yield fails_if(bad, f"CTQ {ctq.hex}, withdrawal", ctq, kind)
