# SPDX-License-Identifier: MIT
"""Rules about what answered over the air, a phone or plastic, and what was accepted of it without proof."""

from __future__ import annotations

from ....acts.emv.data import Element
from ....core.model import Severity
from ...engine import Missing, Results, fails_if, only
from ...sources import GY19, PCBC25, Y21
from ..payment import Payment, payment_rule
from .traits import (
    CTQ_NOT_FOR_CASH,
    device_verified,
    has_sensor,
    is_plastic,
    is_transit,
    of_a_card,
    of_a_phone,
    unsigned,
)

TTQ_OFFLINE_ONLY = 0x08  # byte 1
CASH = "01"
LEAST_SIGNS = 3


@payment_rule("E71", "medium", "cryptogram of a device that nobody unlocked", GY19)
def locked_device(payment: Payment) -> Results:
    """A phone or a watch gave a cryptogram and does not say that its owner was verified: it pays while it is locked, in
    a pocket too. At gates of transport that is meant so. Do: look whether the wallet was to allow it elsewhere.
    """
    only(payment.visa_contactless and payment.dialogue.first)
    iad = payment.about("9F10", side="response")
    only(of_a_phone(iad))
    ctq = payment.need("9F6C", 2, "response")
    at_gate = is_transit(payment.get("9F15", "command"))
    bad = not device_verified(ctq) and not at_gate
    yield fails_if(bad, f"CTQ {ctq.hex}, IAD begins {iad.hex[:4]}", ctq, iad)


def signs(payment: Payment) -> list[tuple[Element, bool]]:
    """What tells a device (a phone, a watch) from a card of plastic, and whether it tells of a device."""
    form = payment.get("9F6E", "response", 4)
    iad = payment.get("9F10", "response")
    token = payment.get("9F19", "response")
    ctq = payment.dialogue.ctq
    elements: list[tuple[Element, bool]] = []
    if form:
        elements.append((form, not is_plastic(form)))
    if iad and (of_a_phone(iad) or of_a_card(iad)):
        elements.append((iad, of_a_phone(iad)))
    if token:
        elements.append((token, True))
    if ctq and device_verified(ctq) and not has_sensor(form):
        elements.append((ctq, True))
    return elements


@payment_rule("E72", "medium", "half a card, half a device", PCBC25)
def two_kinds(payment: Payment) -> Results:
    """Form factor (9F6E), format of the IAD, token (9F19) and verification on the device (9F6C) must tell the same:
    this is a phone, or this is plastic. Where they do not, data of one were put before the other. Do: decline.
    """
    only(payment.visa_contactless and payment.dialogue.first)
    elements = signs(payment)
    count = len(elements)
    if count < LEAST_SIGNS:
        raise Missing(f"{count} signs of a card or a device, at least {LEAST_SIGNS} are needed")
    texts = []
    devices = 0
    for element, is_device in elements:
        devices += is_device
        kind = "device" if is_device else "card"
        texts.append(f"{element.tag} {kind}")
    outvoted = min(devices, count - devices)
    severity: Severity | None = None
    if outvoted > 1:
        severity = "high"
    shown = [element for element, _ in elements]
    yield fails_if(outvoted, ", ".join(texts), *shown, severity=severity)


@payment_rule("E73", "critical", "accepted offline without proof of the card", PCBC25)
def offline_without_proof(payment: Payment) -> Results:
    """The card approved offline over the air, or the reader is offline only, and no signature came that verifies: a
    copy of the card's data could do the same. Do: decline offline payments without a verified signature.
    """
    only(payment.contactless)
    ttq = payment.dialogue.ttq
    approval = payment.dialogue.approved_offline
    if ttq and ttq.value[0] & TTQ_OFFLINE_ONLY:
        approval = payment.dialogue.approved
    if approval is None:
        return
    result = unsigned(payment, approval)
    for proof in payment.proofs:
        if proof.name not in ("fDDA", "DDA", "CDA"):
            continue
        if proof.verdict == "not checkable":
            raise Missing(f"the signature cannot be checked: {proof.reason}")
        if proof.verdict == "failed":
            detail = f"the signature fails: {proof.reason}"
            result = fails_if(True, detail, approval, *proof.evidence)
    yield result


@payment_rule("E74", "high", "cryptogram over no amount", Y21)
def zero_amount(payment: Payment) -> Results:
    """A cryptogram was made for an amount of zero, which gates of transport do; elsewhere it can be joined to another
    amount later. Do: compare with the amount that was cleared.
    """
    only(payment.contactless and payment.get("9F26", "response"))
    amount = payment.need("9F02", 6, "command")
    place = payment.get("9F15")
    category = place.hex if place else "not told"
    is_zero = not any(amount.value)
    detail = f"{amount.text}, merchant category {category}"
    yield fails_if(is_zero and not is_transit(place), detail, amount)


@payment_rule(
    "E76", "medium", "not valid at a cash machine, used at one", "Visa contactless: CTQ (9F6C)"
)
def not_for_cash(payment: Payment) -> Results:
    """The card says that it may not be used contactless at cash machines, and this is a withdrawal that went on.
    Do: repair the reader.
    """
    kind = payment.about("9C")
    ctq = payment.dialogue.ctq
    if ctq is None or kind.hex != CASH or not payment.dialogue.approved:
        return
    forbidden = bool(ctq.value[0] & CTQ_NOT_FOR_CASH)
    yield fails_if(forbidden, f"CTQ {ctq.hex}, withdrawal", ctq, kind)
