# SPDX-License-Identifier: MIT
"""From the issuer's key to the card's, from the card's to the session's (EMV 4.4 Book 2, A1.3 and A1.4)."""

from __future__ import annotations

import hashlib
from typing import Literal

from ..core.errors import NotVerifiable
from .blocks import encrypt, need, odd_parity, xor

_LETTERS = str.maketrans("abcdef", "012345")


def card_key(master: bytes, pan: str, psn: str = "00", option: Literal["A", "B"] = "A") -> bytes:
    """The key of a card from that of its issuer; option B differs for a PAN of more than 16 digits (A1.4.1, A1.4.2)."""
    if not (pan + psn).isdecimal() or not pan.isascii() or not 1 <= len(pan) <= 19 or len(psn) != 2:
        raise NotVerifiable("a card key needs a PAN of up to 19 digits and a sequence number of 2")
    need("a master key", master, 16)
    digits = pan + psn
    if option == "B" and len(pan) > 16:
        digits = _decimal(hashlib.sha1(bytes.fromhex("0" * (len(digits) % 2) + digits), usedforsecurity=False))
    seed = bytes.fromhex(digits[-16:].zfill(16))
    return odd_parity(encrypt(master, seed + xor(seed, b"\xff" * 8)))


def _decimal(digest: hashlib._Hash) -> str:
    """16 digits of a hash: those it holds, then its letters made digits (A1.4.2)."""
    text = digest.hexdigest()
    figures = "".join(filter(str.isdecimal, text))
    letters = "".join(filter(str.isalpha, text)).translate(_LETTERS)
    return (figures + letters)[:16]


def ac_diversifier(atc: bytes) -> bytes:
    """What makes the session key of application cryptograms: the transaction counter, then zeros (A1.3.1)."""
    need("an ATC", atc, 2)
    return atc + bytes(6)


def session_key(card: bytes, diversifier: bytes) -> bytes:
    """The common session key: the diversifier with F0, then with 0F as its third byte, enciphered (A1.3.1)."""
    need("a diversifier", diversifier, 8)
    need("a card key", card, 16)
    halves = b"".join(diversifier[:2] + mark + diversifier[3:] for mark in (b"\xf0", b"\x0f"))
    return odd_parity(encrypt(card, halves))


def session_key_mchip(card: bytes, atc: bytes, un: bytes) -> bytes:
    """The session key of M/Chip, which takes in the terminal's unpredictable number (4 bytes)."""
    need("an ATC", atc, 2)
    need("an unpredictable number", un, 4)
    return session_key(card, atc + bytes(2) + un)


def session_key_visa(card: bytes, atc: bytes) -> bytes:
    """Visa's session key for scripts: the counter on the end of the left half, its inverse on that of the right."""
    need("an ATC", atc, 2)
    need("a card key", card, 16)
    mask = bytes(6) + atc + bytes(6) + xor(atc, b"\xff\xff")
    return odd_parity(xor(card, mask))
