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
# Where cryptography keeps DES since version 43.
OLD = "cryptography.hazmat.decrepit.ciphers.algorithms"
# The initial value of CBC mode in EMV.
ZEROS = bytes(8)


class MissingPackage(NotVerifiable):
    """The package cryptography is not installed."""


@functools.cache
def imported(name: str) -> Any:
    """A module of the package cryptography, loaded when it is first needed."""
    try:
        return import_module(name)
    except ImportError:
        install = "pip install 'cryptography>=43'"
        raise MissingPackage(f"needs the package cryptography: {install}") from None


def need(what: str, value: bytes, *lengths: int) -> None:
    """Refuse a value whose length is none of these."""
    if len(value) not in lengths:
        allowed = " or ".join(str(length) for length in lengths)
        raise NotVerifiable(f"{what} has {allowed} bytes, this one {len(value)}")


def xor(first: bytes, second: bytes) -> bytes:
    """Two values of the same length, bit by bit."""
    need("the second value of an exclusive or", second, len(first))
    pairs = zip(first, second, strict=True)
    return bytes(a ^ b for a, b in pairs)


def run(cipher: Any, iv: bytes | None, data: bytes, decipher: bool = False) -> bytes:
    """Whole blocks through a cipher: with an initial value in CBC mode, without one in ECB mode."""
    block_size = cipher.block_size // 8
    if len(data) % block_size:
        raise NotVerifiable(f"{len(data)} bytes are not whole blocks of {block_size}")
    modes = imported(f"{CIPHERS}.modes")
    mode = modes.ECB()
    if iv is not None:
        mode = modes.CBC(iv)
    machine = imported(CIPHERS).Cipher(cipher, mode)
    context = machine.decryptor() if decipher else machine.encryptor()
    result = context.update(data) + context.finalize()
    return bytes(result)


def _des(key: bytes) -> Any:
    """Triple DES; a short key is repeated to 24 bytes (EDE with two keys, or single DES)."""
    need("a DES key", key, 8, 16, 24)
    repeated = key * 3
    return imported(OLD).TripleDES(repeated[:24])


def _aes(key: bytes) -> Any:
    need("an AES key", key, 16, 24, 32)
    return imported(f"{CIPHERS}.algorithms").AES(key)


def encrypt(key: bytes, data: bytes, iv: bytes | None = None) -> bytes:
    """Triple DES in ECB mode, with an initial value in CBC mode; a key of 8 bytes is single DES."""
    return run(_des(key), iv, data)


def decrypt(key: bytes, data: bytes, iv: bytes | None = None) -> bytes:
    """The inverse of `encrypt`."""
    return run(_des(key), iv, data, decipher=True)


def aes_encrypt(key: bytes, data: bytes, iv: bytes | None = None) -> bytes:
    """AES in ECB mode, with an initial value in CBC mode."""
    return run(_aes(key), iv, data)


def aes_decrypt(key: bytes, data: bytes, iv: bytes | None = None) -> bytes:
    """The inverse of `aes_encrypt`."""
    return run(_aes(key), iv, data, decipher=True)


def cmac(key: bytes, data: bytes) -> bytes:
    """The MAC of AES, 16 bytes (NIST SP 800-38B)."""
    return _cmac(_aes(key), data)


def des_cmac(key: bytes, data: bytes) -> bytes:
    """The same MAC with triple DES, 8 bytes."""
    return _cmac(_des(key), data)


def _cmac(cipher: Any, data: bytes) -> bytes:
    machine = imported("cryptography.hazmat.primitives.cmac").CMAC(cipher)
    machine.update(data)
    return bytes(machine.finalize())


def zeros(data: bytes, size: int = 8) -> bytes:
    """Fill up with zeros to whole blocks, at least one (ISO/IEC 9797-1, padding method 1)."""
    if not data:
        return bytes(size)
    missing = -len(data) % size
    return data + bytes(missing)


def unpadded(data: bytes) -> bytes | None:
    """What stands before 80 and zeros; None where the data do not end so (padding method 2)."""
    content = data.rstrip(b"\0")
    if not content.endswith(b"\x80"):
        return None
    return content[:-1]


def pad(data: bytes, size: int = 8) -> bytes:
    """Add 80, then zeros to whole blocks (ISO/IEC 9797-1, padding method 2)."""
    return zeros(data + b"\x80", size)


def mac1(key: bytes, padded: bytes) -> bytes:
    """The last block of CBC mode (ISO/IEC 9797-1, algorithm 1)."""
    return encrypt(key, padded, ZEROS)[-8:]


def mac3(key: bytes, padded: bytes) -> bytes:
    """The "retail MAC": single DES over all blocks, triple DES over the last.

    Source: ISO/IEC 9797-1, algorithm 3.
    """
    need("the key of a retail MAC", key, 16)
    left = key[:8]
    right = key[8:]
    last_block = mac1(left, padded)
    deciphered = decrypt(right, last_block)
    return encrypt(left, deciphered)


def kcv(key: bytes) -> bytes:
    """The check value of a DES key: the first 3 bytes of enciphered zeros."""
    return encrypt(key, ZEROS)[:3]


def aes_kcv(key: bytes) -> bytes:
    """The check value of an AES key: the first 3 bytes of 16 enciphered bytes 01 (GlobalPlatform 2.3.1, B.6)."""
    return aes_encrypt(key, b"\1" * 16)[:3]


def odd_parity(key: bytes) -> bytes:
    """A DES key with its parity bits set: an odd number of ones in each byte (FIPS 46-3)."""
    return bytes(_odd_parity_byte(byte) for byte in key)


def _odd_parity_byte(byte: int) -> int:
    key_bits = byte & 0xFE
    if key_bits.bit_count() % 2:
        return key_bits
    return key_bits | 1
