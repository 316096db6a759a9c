# SPDX-License-Identifier: MIT
"""Rules about cardholder verification over the air: limits, qualifiers, and devices that are said to have done it."""

from __future__ import annotations

from ....acts.emv.data import Element
from ....crypto.methods import VISA
from ...engine import Missing, Results, fails_if, only
from ...sources import BST21A, EAFHM14, GY19, RCNBC22
from ..payment import Payment, payment_rule
from .traits import device_verified, has_sensor, is_plastic, is_transit, of_a_card, verification

REFUND = "20"
TTQ_CVM_REQUIRED = 0x40  # byte 2
ECP_TRANSPORT = bytes.fromhex("6A02C801")  # enhanced contactless polling, version 2, type 01


def over_the_limit(payment: Payment) -> tuple[Element, str, bool]:
    """The amount, what it is compared with, whether it is above the limit for verification."""
    limit = payment.case.given.cvm_limit
    if limit is None:
        raise Missing("the CVM limit is not given")
    amount = payment.need("9F02", 6)
    return amount, f"{amount.text}, limit {limit}", bool(payment.over_limit)


@payment_rule(
    "E43", "high", "over the limit without verification", f"{GY19}; {EAFHM14}", "a CVM limit"
)
def over_limit(payment: Payment) -> Results:
    """An amount above the limit from which the cardholder is to be verified was approved, and nobody was verified.
    Do: decline; compare what card and reader said about the amount.
    """
    kind = payment.get("9C")
    is_refund = kind is not None and kind.hex == REFUND
    only(payment.dialogue.approved and not is_refund)
    amount, compared, over = over_the_limit(payment)
    verified, by_nobody = verification(payment)
    bad = over and by_nobody and not is_transit(payment.get("9F15"))
    yield fails_if(bad, f"{compared}, {verified.tag} {verified.hex}", amount, verified)


@payment_rule("E44", "high", "foreign currency without verification", EAFHM14)
def foreign_currency(payment: Payment) -> Results:
    """Limits of the card count in its own currency; in another one any amount may pass without verification, as here.
    Do: look at the amount; the fix is on the card's side.
    """
    only(payment.contactless and payment.dialogue.approved)
    paid = payment.need("5F2A", 2)
    of_card = payment.get("9F42", size=2) or payment.need("9F51", 2)
    verified, by_nobody = verification(payment)
    foreign = paid.value != of_card.value
    currencies = f"paid in {paid.text}, card in {of_card.text}"
    detail = f"{currencies}, {verified.tag} {verified.hex}"
    yield fails_if(foreign and by_nobody, detail, paid, of_card, verified)


@payment_rule(
    "E45", "critical", "a plastic card that claims a phone's verification", f"{RCNBC22}; {BST21A}"
)
def plastic_with_phone(payment: Payment) -> Results:
    """The CTQ says that a device verified its owner, yet the IAD has the format of a card, not of a phone: the CTQ was
    changed on the way and the PIN skipped. Do: decline; ask for the PIN.
    """
    only(payment.visa_contactless and payment.dialogue.first)
    ctq = payment.need("9F6C", 2, "response")
    iad = payment.need("9F10", side="response")
    detail = f"CTQ {ctq.hex}, IAD begins {iad.hex[:4]}"
    yield fails_if(device_verified(ctq) and of_a_card(iad), detail, ctq, iad)


@payment_rule("E46", "critical", "two different card transaction qualifiers", BST21A)
def two_qualifiers(payment: Payment) -> Results:
    """The qualifiers in the open differ from those in the signed card authentication data: they were changed on the
    way. Do: decline.
    """
    ctq = payment.dialogue.ctq
    signed = payment.about("9F69", side="response")
    if ctq is None or signed.value[:1] != b"\x01" or len(signed.value) < 7:
        return
    differ = signed.value[5:7] != ctq.value
    detail = f"CTQ {ctq.hex}, in the signed data {signed.hex[10:14]}"
    yield fails_if(differ, detail, ctq, signed)


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
    form = payment.get("9F6E", "response", 4)
    iad = payment.get("9F10", "response")
    if form is None and iad is None:
        raise Missing("no 9F6E and no 9F10 in this capture")
    no_device = False
    form_text, iad_text = "not told", "not told"
    if form:
        form_text = form.hex
        no_device = is_plastic(form)
    if iad:
        iad_text = iad.hex[:8]
        verified_by_nobody = iad.part("CVR, verification") == b"\0"
        visa_card = payment.aid.startswith(VISA) and of_a_card(iad)
        no_device = no_device or visa_card or verified_by_nobody
    bad = device_verified(ctq) and no_device and not has_sensor(form)
    detail = f"CTQ {ctq.hex}, form factor {form_text}, IAD {iad_text}"
    yield fails_if(bad, detail, ctq, form, iad)


@payment_rule(
    "E51", "critical", "the card was not told that verification is required", GY19, "a CVM limit"
)
def requirement_removed(payment: Payment) -> Results:
    """The amount is above the limit, but the qualifiers that reached the card do not ask for verification: taken out on
    the way, or a reader with wrong limits. Do: compare with the reader's side.
    """
    ttq = payment.dialogue.ttq
    if ttq is None:
        return
    amount, compared, over = over_the_limit(payment)
    asks = bool(ttq.value[1] & TTQ_CVM_REQUIRED)
    yield fails_if(over and not asks, f"{compared}, TTQ {ttq.hex}", ttq, amount)


@payment_rule("E54", "high", "a shop behind a gate of transport", RCNBC22)
def relayed_transport(payment: Payment) -> Results:
    """The reader announced a gate of transport, for which phones answer while they are locked, and the merchant is no
    transport: somebody between a shop and a locked phone makes it pay. Do: decline; the phone's owner knows nothing.
    """
    announced = _announced_transport(payment)
    only(announced and payment.dialogue.first)
    place = payment.need("9F15", 2, "command")
    radio = announced.hex().upper()
    detail = f"announced by radio: {radio}, merchant category {place.hex}"
    yield fails_if(not is_transit(place), detail, place)


def _announced_transport(payment: Payment) -> bytes:
    """The first frame in which the reader said that it is a gate of transport; empty without one."""
    for session in payment.case.sessions:
        if session.index != payment.session:
            continue
        for frame in session.frames:
            if frame.sender == "reader" and frame.data.startswith(ECP_TRANSPORT):
                return frame.data
    return b""
