# SPDX-License-Identifier: MIT
"""Algorithms of a payment: the keys of its certificates by their length, the cipher of its cryptogram."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.errors import NotVerifiable
from ...crypto import methods, oda_sm2
from ..inventory.keys import hash_named
from ..inventory.model import How, Use
from .data import Element
from .dialogue import Dialogue, dialogue
from .transaction import Transaction

# What a key signs is as long as its modulus (EMV 4.4 Book 2, 5.1 and 6.1): so each shows the key of who signed it.
_SIGNED_BY = {
    "90": "key of the scheme",
    "93": "key of the issuer",
    "9F46": "key of the issuer",
    "9F2D": "key of the issuer",
    "9F4B": "key of the card",
}
_SM2_FORMS = {"90": oda_sm2.ISSUER, "93": oda_sm2.STATIC, "9F46": oda_sm2.CARD}
_SM2_BITS, _SM4_BITS, _TWO_KEYS = 256, 128, 112
_HASH = "hash of certificates and signatures"


def payment_uses(transaction: Transaction) -> Iterator[Use]:
    """What a payment says about algorithms."""
    d = dialogue(transaction.exchanges)
    signature = d.answered("9F4B")
    how: How = "used" if signature else "offered"
    is_sm2 = _is_sm2(d)
    for tag, owner in _SIGNED_BY.items():
        element = d.answered(tag)
        if element is None:
            continue
        algorithm, bits = "RSA", 8 * len(element.value)
        if is_sm2:
            algorithm, bits = "SM2", _SM2_BITS
        yield Use(f"offline data authentication, {owner}", algorithm, bits, element.evidence, how)
        if not is_sm2:  # the only hash that is there (Book 2, B2.1)
            yield hash_named(_HASH, "SHA-1", element.evidence)
    yield from _cryptogram(transaction.aid[:10], d.answered("9F10"))


def _is_sm2(d: Dialogue) -> bool:
    for tag, form in _SM2_FORMS.items():
        element = d.answered(tag)
        if element is not None and oda_sm2.looks_like(form, element.value):
            return True
    return False


def _cryptogram(rid: str, issuer_data: Element | None) -> Iterator[Use]:
    """The cipher of the application cryptogram, where its version is one that is known."""
    if issuer_data is None:
        return
    try:
        method = methods.method(rid, issuer_data.value)
    except NotVerifiable:
        return
    algorithm, bits = "3DES", _TWO_KEYS
    if method.cipher == "SM4":
        algorithm, bits = "SM4", _SM4_BITS
    yield Use("application cryptogram", algorithm, bits, issuer_data.evidence)
