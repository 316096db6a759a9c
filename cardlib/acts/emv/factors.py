# SPDX-License-Identifier: MIT
"""Factors of a payment: what the terminal says about the cardholder (9F34), and verification on the device."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.model import Evidence
from ..factor import Factor, FactorKind, FactorOutcome
from .cvm import NOT_SUCCESSFUL, ON_DEVICE, PINS, claims_pin, on_device, pin_done
from .cvm_rules import ONLINE_PIN, method_of
from .dialogue import Dialogue, dialogue
from .transaction import Transaction

# EMV 4.4 Book 3, C3: the methods behind the PINs; even codes are compared by the card, odd ones online
_BIOMETRICS = {
    0x06: "face, compared by the card",
    0x07: "face, compared online",
    0x08: "finger, compared by the card",
    0x09: "finger, compared online",
    0x0A: "palm, compared by the card",
    0x0B: "palm, compared online",
    0x0C: "iris, compared by the card",
    0x0D: "iris, compared online",
    0x0E: "voice, compared by the card",
    0x0F: "voice, compared online",
}
_DEVICE_IN_CTQ = (
    0x80  # byte 2 of the card transaction qualifiers: verified on the consumer's device
)


def payment_factors(transaction: Transaction, is_authentic: bool) -> Iterator[Factor]:
    """What a payment says about its cardholder beside the answers to VERIFY.

    `is_authentic`: its cryptogram verifies.
    """
    d = dialogue(transaction.exchanges)
    session = transaction.exchanges[0].session
    yield from _of_card(d, session, is_authentic)
    for kind, outcome, text, evidence in _claims(d):
        yield Factor(session, kind, outcome, text, (evidence,))


def _of_card(d: Dialogue, session: int, is_authentic: bool) -> Iterator[Factor]:
    """What the card itself says about the PIN, in what its cryptogram covers (9F10)."""
    results = d.sent("9F34", 3)
    card = d.answered("9F10", at=d.first) if d.first else None
    if card is None or results is None or not claims_pin(results.value):
        return
    accepted = pin_done(card.exchange.context.aid, card.part("CVR"))
    if accepted is None:
        return
    outcome: FactorOutcome = "failed"
    text = "PIN: the card's own results (CVR) say that it accepted none"
    if accepted:
        outcome = "proved" if is_authentic else "claimed"
        text = "PIN: right, say the card's own results (CVR)"
    yield Factor(session, "knowledge", outcome, text, (card.evidence,))


def _claims(d: Dialogue) -> Iterator[tuple[FactorKind, FactorOutcome, str, Evidence]]:
    qualifiers = d.ctq
    if qualifiers and len(qualifiers.value) == 2 and qualifiers.value[1] & _DEVICE_IN_CTQ:
        yield "device", "claimed", "verified on the device, says the card", qualifiers.evidence
    results = d.sent("9F34", 3)
    if results is None:
        return
    if on_device(d) and results.value in ON_DEVICE:
        yield "device", "claimed", "verified on the device, says the terminal", results.evidence
        return
    method = method_of(results.value[0])
    outcome: FactorOutcome = "claimed"
    if results.value[2] == NOT_SUCCESSFUL:
        outcome = "failed"
    if method == ONLINE_PIN:
        yield "knowledge", outcome, "PIN for the issuer, says the terminal", results.evidence
    elif method in _BIOMETRICS:
        text = f"{_BIOMETRICS[method]}, says the terminal"
        yield "biometric", outcome, text, results.evidence
    elif method in PINS:
        yield "knowledge", outcome, "PIN for the card, says the terminal", results.evidence
