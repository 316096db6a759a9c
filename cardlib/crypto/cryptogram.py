# SPDX-License-Identifier: MIT
"""Cryptograms of card and issuer, and the secure messages of issuer scripts.

Source: EMV 4.4 Book 2, 8 and 9. The key is a session key, of 16 bytes, unless a function says
otherwise.
"""

from __future__ import annotations

from collections.abc import Callable

from ..core.errors import NotVerifiable
from .blocks import ZEROS, encrypt, mac3, need, pad, xor
from .sm import sm4_encrypt


def application_cryptogram(
    key: bytes,
    data: bytes,
    padding: Callable[[bytes], bytes] = pad,
) -> bytes:
    """ARQC, TC or AAC, 8 bytes: the retail MAC of the transaction's data (8.1)."""
    padded = padding(data)
    return mac3(key, padded)


def arpc1(key: bytes, ac: bytes, arc: bytes) -> bytes:
    """The issuer's answer (ARPC) by method 1, 8 bytes: with a response code of 2 bytes (8.2.1)."""
    need("an application cryptogram", ac, 8)
    need("an authorisation response code", arc, 2)
    block = arc + bytes(6)
    return encrypt(key, xor(ac, block))


def arpc1_sm4(key: bytes, ac: bytes, arc: bytes) -> bytes:
    """The issuer's answer (ARPC) with SM4, 8 bytes (PBOC 3.0 Part 17, second hand)."""
    need("an application cryptogram", ac, 8)
    need("an authorisation response code", arc, 2)
    block = xor(ac, arc + bytes(6))
    return sm4_encrypt(key, block + bytes(8))[:8]


def arpc2(
    key: bytes,
    ac: bytes,
    csu: bytes,
    proprietary: bytes = b"",
) -> bytes:
    """The issuer's answer (ARPC) by method 2, 4 bytes: with a card status update (8.2.2).

    The card status update has 4 bytes, the proprietary data up to 8.
    """
    need("an application cryptogram", ac, 8)
    need("a card status update", csu, 4)
    if len(proprietary) > 8:
        size = len(proprietary)
        raise NotVerifiable(f"proprietary authentication data have up to 8 bytes, these {size}")
    data = ac + csu + proprietary
    mac = mac3(key, pad(data))
    return mac[:4]


def script_mac(key: bytes, data: bytes, length: int = 8) -> bytes:
    """The MAC of a script command: over header, what the scheme puts between, and data (9.2.3)."""
    mac = mac3(key, pad(data))
    return mac[:length]


def encipher(key: bytes, data: bytes) -> bytes:
    """The confidential data of a script command, always padded (9.3)."""
    return encrypt(key, pad(data), ZEROS)


def encipher_mchip(key: bytes, data: bytes) -> bytes:
    """The confidential data of an M/Chip script: padded only where they are not whole blocks."""
    if len(data) % 8:
        data = pad(data)
    return encrypt(key, data, ZEROS)


def encipher_visa(key: bytes, data: bytes) -> bytes:
    """The confidential data of a Visa script: a byte of length first, ECB mode."""
    if len(data) > 255:
        raise NotVerifiable("the length of confidential data is one byte")
    length = bytes((len(data),))
    padded = pad(length + data)
    return encrypt(key, padded)


def cvc3(key: bytes, track: bytes, atc: bytes, un: bytes) -> int:
    """The dynamic card verification code of a mag-stripe mode transaction.

    Its last digits go into the track data. `key` is the card's key for this purpose, `track` the
    static track data with zeros in place of what changes, `un` the unpredictable number, 4 bytes
    in BCD.
    """
    need("an ATC", atc, 2)
    need("an unpredictable number", un, 4)
    track_mac = mac3(key, pad(track))
    block = track_mac[-2:] + un + atc
    code = encrypt(key, block)
    return int.from_bytes(code[-2:], "big")
