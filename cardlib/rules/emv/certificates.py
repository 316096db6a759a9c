# SPDX-License-Identifier: MIT
"""What rules about keys ask of the certificates of a payment: which proofs it holds, which keys open them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...acts.emv.authenticity import Recovered
from ...core.model import Proof
from ...crypto import oda
from ...crypto.keyring import Key
from ..engine import Missing
from .payment import Payment

SIGNATURES = (
    "issuer certificate",
    "card certificate",
    "PIN certificate",
    "SDA",
    "DDA",
    "CDA",
    "fDDA",
)
NO_CRYPTOGRAMS = (*SIGNATURES, "enciphered PIN")
NAMES_OTHER_CARD = ("PAN", "issuer identifier", "expiry")


def signatures(payment: Payment) -> list[Proof]:
    """The certificates and signatures of a payment, checked; Missing where it has none."""
    proofs = [proof for proof in payment.proofs if proof.name.startswith(SIGNATURES)]
    if not proofs:
        raise Missing("no certificate and no signature in this capture")
    return proofs


def cryptograms(payment: Payment) -> list[Proof]:
    """The cryptograms, answers of the issuer and scripts of a payment, checked."""
    return [proof for proof in payment.proofs if not proof.name.startswith(NO_CRYPTOGRAMS)]


def keys_in(payment: Payment) -> list[Recovered]:
    """The public keys that certificates of this payment hold."""
    if not payment.recovered and payment.get("90", "response"):
        raise Missing("the issuer certificate could not be opened")
    return payment.recovered


def is_broken(proof: Proof) -> bool:
    """Whether what was signed is something else; a wrong number or date in a certificate is the matter of E24, E25."""
    return proof.verdict == "failed" and not proof.reason.startswith(NAMES_OTHER_CARD)


def issuer_opens(payment: Payment, rid: str = "") -> tuple[Key, ...]:
    """The keys of schemes, or of one, under which the issuer certificate opens."""
    certificate = payment.need("90", side="response").value
    exponent = payment.need("9F32", side="response").value
    remainder = payment.get("92", "response")
    rest = remainder.value if remainder else b""
    openings = payment.case.openings
    question = (certificate, exponent, rest, rid)
    if question not in openings:
        openings[question] = tuple(_opening(payment.keys, certificate, exponent, rest, rid))
    return openings[question]


def _opening(
    keys: Iterable[Key], certificate: bytes, exponent: bytes, rest: bytes, rid: str
) -> Iterator[Key]:
    for key in keys:
        if key.use != "ca-public" or rid not in ("", key.rid):
            continue
        proof, _ = oda.issuer_certificate(key.public, certificate, rest, exponent, "", None)
        if proof.verdict == "verified" or proof.facts:
            yield key
