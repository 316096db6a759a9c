# SPDX-License-Identifier: MIT
"""What rules about payments over the air ask: card or device, transport or shop, verified or not, signed or not."""

from __future__ import annotations

from ....acts.emv.cvm import NOT_DONE
from ....acts.emv.data import Element
from ....core.model import Evidence
from ...engine import Result, fails_if
from ..payment import Payment

TRANSIT = (
    "4111",  # commuter transport
    "4112",  # railways
    "4131",  # buses
    "4784",  # tolls
    "7523",  # parking
)
NO_CVM = 0x1F

# Bits of the CTQ (9F6C)
CTQ_ONLINE_PIN_OR_SIGNATURE = 0xC0  # byte 1
CTQ_NOT_FOR_CASH = 0x01  # byte 1
CTQ_DEVICE_VERIFIED = 0x80  # byte 2

# Byte 3 of Visa's IAD on a card
CARD_VERSIONS = (
    b"\x0a",  # CVN 10
    b"\x11",  # CVN 17
    b"\x12",  # CVN 18
    b"\x16",  # CVN 22
)


def is_transit(place: Element | None) -> bool:
    """Whether the merchant category is of fares, tolls or parking."""
    return place is not None and place.hex in TRANSIT


def of_a_card(iad: Element) -> bool:
    """Whether Visa's IAD has the format of a card: length 06 and a version that cards have; phones have 1F."""
    return iad.value[:1] == b"\x06" and iad.value[2:3] in CARD_VERSIONS


def of_a_phone(iad: Element) -> bool:
    """Whether Visa's IAD has the format of a device: 32 bytes, the first of them 1F."""
    return len(iad.value) == 32 and iad.value[0] == 0x1F


def is_plastic(form: Element) -> bool:
    """Whether the form factor (9F6E) is that of a card."""
    return form.value[0] & 0x1F in (0, 1)


def has_sensor(form: Element | None) -> bool:
    """Whether the form factor tells of a biometric sensor: a card with one does verify its owner."""
    return form is not None and bool(form.value[1] & 0x02)


def device_verified(ctq: Element) -> bool:
    """Whether the CTQ says that the device verified its owner."""
    return bool(ctq.value[1] & CTQ_DEVICE_VERIFIED)


def verification(payment: Payment) -> tuple[Element, bool]:
    """The element that tells how the cardholder was verified, the card's CTQ or the terminal's CVM results; if none."""
    ctq = payment.dialogue.ctq
    if ctq:
        asks = ctq.value[0] & CTQ_ONLINE_PIN_OR_SIGNATURE
        return ctq, not asks and not device_verified(ctq)
    results = payment.need("9F34", 3)
    return results, results.value[0] & 0x3F in (NO_CVM, NOT_DONE)


def unsigned(payment: Payment, approval: Evidence) -> Result:
    """Whether a dynamic signature came with this cryptogram."""
    signature = payment.get("9F4B", "response")
    payment.need_whole(unless=signature)
    came = "with" if signature else "without"
    return fails_if(not signature, f"approved offline {came} a signature", approval)
