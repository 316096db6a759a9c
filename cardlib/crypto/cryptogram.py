# SPDX-License-Identifier: MIT
"""Cryptograms of card and issuer, and the secure messages of issuer scripts (EMV 4.4 Book 2, 8 and 9)."""

from __future__ import annotations

from collections.abc import Callable

from ..core.errors import NotVerifiable
from .blocks import ZEROS, encrypt, mac3, need, pad, xor


def application_cryptogram(key: bytes, data: bytes, padding: Callable[[bytes], bytes] = pad) -> bytes:
    """ARQC, TC or AAC, 8 bytes: the retail MAC of what was agreed upon (8.1)."""
    return mac3(key, padding(data))


def arpc1(key: bytes, ac: bytes, arc: bytes) -> bytes:
    """The issuer's answer with a response code of 2 bytes, 8 bytes (8.2.1)."""
    need("an application cryptogram", ac, 8)
    need("an authorisation response code", arc, 2)
    return encrypt(key, xor(ac, arc + bytes(6)))


def arpc2(key: bytes, ac: bytes, csu: bytes, proprietary: bytes = b"") -> bytes:
    """The issuer's answer with a card status update of 4 bytes, 4 bytes (8.2.2)."""
    need("an application cryptogram", ac, 8)
    need("a card status update", csu, 4)
    if len(proprietary) > 8:
        raise NotVerifiable(f"proprietary authentication data have up to 8 bytes, these {len(proprietary)}")
    return mac3(key, pad(ac + csu + proprietary))[:4]


def script_mac(key: bytes, data: bytes, length: int = 8) -> bytes:
    """The MAC of a script command: of its header, of what the scheme puts between, and of its data (9.2.3)."""
    return mac3(key, pad(data))[:length]


def encipher(key: bytes, data: bytes) -> bytes:
    """The confidential data of a script command, always padded (9.3)."""
    return encrypt(key, pad(data), ZEROS)


def encipher_mchip(key: bytes, data: bytes) -> bytes:
    """The same for M/Chip, which pads only what is not whole blocks."""
    return encrypt(key, pad(data) if len(data) % 8 else data, ZEROS)


def encipher_visa(key: bytes, data: bytes) -> bytes:
    """The same for Visa: a byte of length first, ECB mode."""
    if len(data) > 255:
        raise NotVerifiable("the length of confidential data is one byte")
    return encrypt(key, pad(bytes((len(data),)) + data))


def cvc3(key: bytes, track: bytes, atc: bytes, un: bytes) -> int:
    """The dynamic card verification code of a mag-stripe mode transaction; its last digits go into the track data.

    `key` is the card's for this purpose, `track` the static track data with zeros in place of what changes,
    `un` the unpredictable number, 4 bytes in BCD.
    """
    need("an ATC", atc, 2)
    need("an unpredictable number", un, 4)
    return int.from_bytes(encrypt(key, mac3(key, pad(track))[-2:] + un + atc)[-2:], "big")
