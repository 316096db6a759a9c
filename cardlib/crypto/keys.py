# SPDX-License-Identifier: MIT
"""From the issuer's key to the card's key, from the card's key to the session key.

Source: EMV 4.4 Book 2, A1.3 and A1.4.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Literal

from ..core.errors import NotVerifiable
from .blocks import encrypt, need, odd_parity, xor
from .sm import sm4_encrypt

_LETTERS_TO_DIGITS = str.maketrans("abcdef", "012345")


Option = Literal["A", "B"]


@lru_cache(maxsize=64)  # a card makes many cryptograms, all under keys of its own
def card_key(
    master: bytes,
    pan: str,
    psn: str = "00",
    option: Option = "A",
) -> bytes:
    """Derive the key of a card from the issuer's master key (A1.4.1, A1.4.2).

    Option B differs from option A only for a PAN of more than 16 digits.
    """
    digits = pan + psn
    is_number = digits.isascii() and digits.isdecimal()
    if not is_number or not 1 <= len(pan) <= 19 or len(psn) != 2:
        raise NotVerifiable("a card key needs a PAN of up to 19 digits and a sequence number of 2")
    need("a master key", master, 16)
    if option == "B" and len(pan) > 16:
        digits = _hashed_digits(digits)
    left = bytes.fromhex(digits[-16:].zfill(16))
    right = xor(left, b"\xff" * 8)
    key = encrypt(master, left + right)
    return odd_parity(key)


def _hashed_digits(digits: str) -> str:
    """The first 16 digits of a SHA-1 hash: its figures, then its letters made figures (A1.4.2)."""
    if len(digits) % 2:
        digits = "0" + digits
    packed = bytes.fromhex(digits)
    text = hashlib.sha1(packed, usedforsecurity=False).hexdigest()
    figures = ""
    letters = ""
    for character in text:
        if character.isdecimal():
            figures += character
        else:
            letters += character
    as_figures = letters.translate(_LETTERS_TO_DIGITS)
    return (figures + as_figures)[:16]


def ac_diversifier(atc: bytes) -> bytes:
    """The diversifier of application cryptograms: the transaction counter, then zeros (A1.3.1)."""
    need("an ATC", atc, 2)
    return atc + bytes(6)


def session_key(card: bytes, diversifier: bytes) -> bytes:
    """The common session key (A1.3.1).

    The diversifier with F0 as its third byte, then with 0F, is enciphered.
    """
    need("a diversifier", diversifier, 8)
    need("a card key", card, 16)
    start = diversifier[:2]
    end = diversifier[3:]
    left = start + b"\xf0" + end
    right = start + b"\x0f" + end
    key = encrypt(card, left + right)
    return odd_parity(key)


def session_key_mchip(card: bytes, atc: bytes, un: bytes) -> bytes:
    """The session key of M/Chip, which takes in the terminal's unpredictable number (4 bytes)."""
    need("an ATC", atc, 2)
    need("an unpredictable number", un, 4)
    diversifier = atc + bytes(2) + un
    return session_key(card, diversifier)


def session_key_visa(card: bytes, atc: bytes) -> bytes:
    """Visa's session key for scripts.

    The left half of the card key ends with the counter added (exclusive or), the right half with
    the inverted counter.
    """
    need("an ATC", atc, 2)
    need("a card key", card, 16)
    inverted = xor(atc, b"\xff\xff")
    left_mask = bytes(6) + atc
    right_mask = bytes(6) + inverted
    key = xor(card, left_mask + right_mask)
    return odd_parity(key)


def pboc_diversifier(atc: bytes) -> bytes:
    """What the session keys of PBOC encipher, 16 bytes: the counter, then the counter inverted."""
    need("an ATC", atc, 2)
    inverted = xor(atc, b"\xff\xff")
    return bytes(6) + atc + bytes(6) + inverted


def session_key_pboc(card: bytes, atc: bytes) -> bytes:
    """The session key of PBOC with triple DES (PBOC 3.0 Part 7, second hand)."""
    need("a card key", card, 16)
    return odd_parity(encrypt(card, pboc_diversifier(atc)))


def session_key_sm4(card: bytes, atc: bytes) -> bytes:
    """The session key of PBOC with SM4 (PBOC 3.0 Part 17, second hand)."""
    return sm4_encrypt(card, pboc_diversifier(atc))


def card_key_sm4(master: bytes, pan: str, psn: str = "00") -> bytes:
    """Derive the key of a card with SM4: as by option A, without parity (PBOC 3.0 Part 17)."""
    digits = (pan + psn)[-16:].zfill(16)
    if not digits.isascii() or not digits.isdecimal():
        raise NotVerifiable("a card key needs a PAN and a sequence number in digits")
    left = bytes.fromhex(digits)
    right = xor(left, b"\xff" * 8)
    return sm4_encrypt(master, left + right)
