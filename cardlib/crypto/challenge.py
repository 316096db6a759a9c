# SPDX-License-Identifier: MIT
"""The mutual authentication of MIFARE DESFire and Ultralight C: whether a key makes the answer to a challenge.

The card sends its random number enciphered; the reader answers with one of its own and the card's, turned left by a
byte. Sources: NXP MF3ICDx21_41_81 and MF0ICU2 data sheets.
"""

from __future__ import annotations

from typing import Literal

from .blocks import aes_decrypt, decrypt, encrypt, need, xor

Cipher = Literal["native DES", "DES", "AES"]
_BLOCK: dict[Cipher, int] = {"native DES": 8, "DES": 8, "AES": 16}


def makes_answer(cipher: Cipher, key: bytes, challenge: bytes, answer: bytes) -> bool:
    """Whether a key makes this answer of a reader to this challenge of a card, both as they were sent.

    native DES: the first DESFire, whose reader deciphers where others encipher.
    """
    size = len(challenge)
    need("a challenge", challenge, 8, 16)
    need("an answer", answer, 2 * size)
    random_number = _deciphered(cipher, key, challenge, bytes(_BLOCK[cipher]))
    turned = random_number[1:] + random_number[:1]
    before = answer[size - _BLOCK[cipher] : size]
    if cipher == "native DES":
        return xor(encrypt(key, answer[size:]), before) == turned
    return _deciphered(cipher, key, answer[size:], before) == turned


def _deciphered(cipher: Cipher, key: bytes, data: bytes, before: bytes) -> bytes:
    """Data in CBC mode, behind this block."""
    if cipher == "AES":
        return xor(aes_decrypt(key, data), before)
    return decrypt(key, data, before)
