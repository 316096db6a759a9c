# SPDX-License-Identifier: MIT
"""Offline data authentication with SM2 computed again from a transaction (PBOC 3.0 Part 17)."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.codec import to_hex
from ...core.errors import NotVerifiable
from ...core.model import Proof
from ...crypto import oda_sm2
from ...crypto.keyring import fitting
from ...crypto.sm import sm3
from .authenticity import MAX_EACH, Case, attempt, dynamic_proofs, need, static_proof
from .data import StaticData, static_data

_FORMS = {"90": oda_sm2.ISSUER, "93": oda_sm2.STATIC, "9F46": oda_sm2.CARD}
KeyProof = tuple[Proof, bytes | None]


def is_sm2(case: Case) -> bool:
    """Whether a certificate of the card, or its signed static data, are of SM2 by format and length."""
    return any(oda_sm2.looks_like(form, case.value(tag)) for tag, form in _FORMS.items())


def authentication_sm2(case: Case) -> Iterator[Proof]:
    """Certificates from the scheme down to the card, then what the card signed."""
    d = case.d
    proof, issuer = _issuer_certificate(case)
    yield proof
    static = static_data(d.exchanges)
    signed_static = d.answered("93")
    if signed_static:
        yield static_proof(issuer, signed_static, static, oda_sm2.static_data)
    card = None
    if d.answered("9F46"):
        proof, card = _card_certificate(case, issuer, static)
        yield proof
    for signature in d.all("9F4B", "response")[:MAX_EACH]:
        yield from dynamic_proofs(case, card, signature, oda_sm2.dynamic_data, sm3)


def _issuer_certificate(case: Case) -> KeyProof:
    """The issuer's key, under the scheme's key of that index."""
    name = "issuer certificate"

    def check() -> KeyProof:
        index, certificate = case.answered("8F", "90")
        number = to_hex(index.value)
        candidates = fitting(case.keys, "ca-sm2", rid=case.rid, pan=case.pan, index=number)
        if not candidates:
            raise NotVerifiable(
                f"no SM2 key of index {number} of {case.rid or 'this scheme'} known"
            )
        result: KeyProof = (Proof(name, "not checkable", "no key"), None)
        for key in candidates:
            proof, issuer = oda_sm2.issuer_certificate(
                key.value, certificate.value, case.pan, case.day
            )
            if proof.verdict == "verified":
                return proof, issuer
            result = proof, issuer
        return result

    proof, issuer = attempt(name, check, case.d.answered("90"))
    return proof, issuer


def _card_certificate(case: Case, issuer: bytes | None, static: StaticData) -> KeyProof:
    """The card's key; without all static data its certificate is read but not checked."""

    def check() -> KeyProof:
        key = need(issuer, "issuer")
        [certificate] = case.answered("9F46")
        value = None
        if static.complete:
            value = static.value
        missing = "; ".join(static.missing)
        return oda_sm2.card_certificate(key, certificate.value, value, case.pan, case.day, missing)

    proof, card = attempt("card certificate", check, case.d.answered("9F46"))
    return proof, card
