# SPDX-License-Identifier: MIT
"""Block ciphers, paddings and MACs (EMV 4.4 Book 2, A1 and B1; ISO/IEC 9797-1).

A key of DES has 8, 16 or 24 bytes, one of AES 16, 24 or 32. What does not fit raises NotVerifiable.
"""

from __future__ import annotations

import functools
from importlib import import_module
from typing import Any

from ..core.errors import NotVerifiable

CIPHERS = "cryptography.hazmat.primitives.ciphers"
OLD = "cryptography.hazmat.decrepit.ciphers.algorithms"  # where cryptography keeps DES since version 43
ZEROS = bytes(8)  # the initial value of CBC mode in EMV


@functools.cache
def imported(name: str) -> Any:
    """A module of the package cryptography, which is loaded when it is first needed."""
    try:
        return import_module(name)
    except ImportError:
        raise NotVerifiable("needs the package cryptography: pip install 'cryptography>=43'") from None


def need(what: str, value: bytes, *lengths: int) -> None:
    """Refuse a value of another length."""
    if len(value) not in lengths:
        raise NotVerifiable(f"{what} has {' or '.join(map(str, lengths))} bytes, this one {len(value)}")


def xor(one: bytes, other: bytes) -> bytes:
    """Two values of the same length, bit by bit."""
    need("the second value of an exclusive or", other, len(one))
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def run(cipher: Any, iv: bytes | None, data: bytes, decipher: bool = False) -> bytes:
    """Whole blocks through a cipher: with an initial value in CBC mode, without one in ECB mode."""
    if len(data) % (cipher.block_size // 8):
        raise NotVerifiable(f"{len(data)} bytes are not whole blocks of {cipher.block_size // 8}")
    modes = imported(f"{CIPHERS}.modes")
    machine = imported(CIPHERS).Cipher(cipher, modes.ECB() if iv is None else modes.CBC(iv))
    turn = machine.decryptor() if decipher else machine.encryptor()
    return bytes(turn.update(data) + turn.finalize())


def _des(key: bytes) -> Any:
    need("a DES key", key, 8, 16, 24)
    return imported(OLD).TripleDES((key * 3)[:24])


def _aes(key: bytes) -> Any:
    need("an AES key", key, 16, 24, 32)
    return imported(f"{CIPHERS}.algorithms").AES(key)


def encrypt(key: bytes, data: bytes, iv: bytes | None = None) -> bytes:
    """Triple DES in ECB mode, with an initial value in CBC mode; with a key of 8 bytes, single DES."""
    return run(_des(key), iv, data)


def decrypt(key: bytes, data: bytes, iv: bytes | None = None) -> bytes:
    """The inverse of `encrypt`."""
    return run(_des(key), iv, data, decipher=True)


def aes_encrypt(key: bytes, data: bytes) -> bytes:
    """AES in ECB mode."""
    return run(_aes(key), None, data)


def aes_decrypt(key: bytes, data: bytes) -> bytes:
    """The inverse of `aes_encrypt`."""
    return run(_aes(key), None, data, decipher=True)


def zeros(data: bytes, size: int = 8) -> bytes:
    """Filled up with zeros to whole blocks, at least one (ISO/IEC 9797-1, padding method 1)."""
    return data + bytes(-len(data) % size if data else size)


def pad(data: bytes, size: int = 8) -> bytes:
    """80, then zeros to whole blocks (ISO/IEC 9797-1, padding method 2)."""
    return zeros(data + b"\x80", size)


def mac1(key: bytes, padded: bytes) -> bytes:
    """The last block of CBC mode (ISO/IEC 9797-1, algorithm 1)."""
    return encrypt(key, padded, ZEROS)[-8:]


def mac3(key: bytes, padded: bytes) -> bytes:
    """Single DES over all blocks, triple DES over the last: the "retail MAC" (ISO/IEC 9797-1, algorithm 3)."""
    need("the key of a retail MAC", key, 16)
    return encrypt(key[:8], decrypt(key[8:], mac1(key[:8], padded)))


def kcv(key: bytes) -> bytes:
    """The check value of a DES key: the first 3 bytes of zeros enciphered."""
    return encrypt(key, ZEROS)[:3]


def odd_parity(key: bytes) -> bytes:
    """A DES key with its parity bits set: an odd number of ones a byte (FIPS 46-3)."""
    return bytes(byte & 0xFE | (byte >> 1).bit_count() + 1 & 1 for byte in key)
