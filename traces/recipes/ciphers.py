# SPDX-License-Identifier: MIT
"""The cryptography of the made-up cards: DES cryptograms, RSA certificates and signatures (EMV 4.4 Book 2)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random

VISA_TEST_KEY = bytes.fromhex("2315208C9110AD402315208C9110AD40")  # published with the ADVT test cards
MASTERCARD_TEST_KEY = bytes.fromhex("9E15204313F7318ACB79B90BD986AD29")  # published with the MTIP test cards


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split())


_PC1 = _numbers(
    "57 49 41 33 25 17 9 1 58 50 42 34 26 18 10 2 59 51 43 35 27 19 11 3 60 52 44 36 "
    "63 55 47 39 31 23 15 7 62 54 46 38 30 22 14 6 61 53 45 37 29 21 13 5 28 20 12 4"
)
_PC2 = _numbers(
    "14 17 11 24 1 5 3 28 15 6 21 10 23 19 12 4 26 8 16 7 27 20 13 2 "
    "41 52 31 37 47 55 30 40 51 45 33 48 44 49 39 56 34 53 46 42 50 36 29 32"
)
_IP = [row - 8 * column for row in (58, 60, 62, 64, 57, 59, 61, 63) for column in range(8)]
_FP = [_IP.index(bit) + 1 for bit in range(1, 65)]
_E = [(4 * group + bit - 1) % 32 + 1 for group in range(8) for bit in range(6)]
_P = _numbers("16 7 20 21 29 12 28 17 1 15 23 26 5 18 31 10 2 8 24 14 32 27 3 9 19 13 30 6 22 11 4 25")
_S = (
    "e4d12fb83a6c59070f74e2d1a6cb953841e8d62bfc973a50fc8249175b3ea06d",
    "f18e6b34972dc05a3d47f28ec01a69b50e7ba4d158c6932fd8a13f42b67c05e9",
    "a09e63f51dc7b428d709346a285ecbf1d6498f30b12c5ae71ad069874fe3b52c",
    "7de3069a1285bc4fd8b56f03472c1ae9a690cb7df13e52843f06a1d8945bc72e",
    "2c417ab6853fd0e9eb2c47d150fa3986421bad78f9c5630eb8c71e2d6f09a453",
    "c1af92680d34e75baf427c9561de0b389ef528c3704a1db6432c95fabe17608d",
    "4b2ef08d3c975a61d0b7491ae35c2f8614bdc37eaf6805926bd814a7950fe23c",
    "d2846fb1a93e50c71fd8a374c56b0e927b419ce206adf35821e74a8dfc90356b",
)


def _pick(bits: str, table: Sequence[int]) -> str:
    return "".join(bits[place - 1] for place in table)


def _round_keys(key: bytes) -> list[int]:
    halves = _pick(f"{int.from_bytes(key, 'big'):064b}", _PC1)
    left, right, keys = halves[:28], halves[28:], []
    for turn in range(16):
        shift = 1 if turn in (0, 1, 8, 15) else 2
        left, right = left[shift:] + left[:shift], right[shift:] + right[:shift]
        keys.append(int(_pick(left + right, _PC2), 2))
    return keys


def des(key: bytes, block: bytes, decrypt: bool = False) -> bytes:
    """One block of DES (FIPS 46-3)."""
    bits = _pick(f"{int.from_bytes(block, 'big'):064b}", _IP)
    left, right = int(bits[:32], 2), int(bits[32:], 2)
    for key_bits in reversed(_round_keys(key)) if decrypt else _round_keys(key):
        mixed = f"{int(_pick(f'{right:032b}', _E), 2) ^ key_bits:048b}"
        parts = [mixed[at : at + 6] for at in range(0, 48, 6)]
        chosen = "".join(
            f"{int(box[int(p[0] + p[5], 2) * 16 + int(p[1:5], 2)], 16):04b}" for box, p in zip(_S, parts, strict=True)
        )
        left, right = right, left ^ int(_pick(chosen, _P), 2)
    return int(_pick(f"{right:032b}{left:032b}", _FP), 2).to_bytes(8, "big")


def des3(key: bytes, block: bytes) -> bytes:
    """One block of DES with a key of two parts."""
    return des(key[:8], des(key[8:], des(key[:8], block), True))


def xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def card_key(master: bytes, pan: str, psn: str) -> bytes:
    """The card's key from the issuer's, option A (Book 2, A1.4.1)."""
    seed = bytes.fromhex((pan + psn)[-16:].zfill(16))
    both = des3(master, seed) + des3(master, xor(seed, b"\xff" * 8))
    return bytes(byte & 0xFE | (bin(byte >> 1).count("1") + 1) % 2 for byte in both)


def session_key(key: bytes, atc: bytes, un: bytes) -> bytes:
    """The session key of M/Chip, from transaction counter and unpredictable number."""
    return b"".join(des3(key, atc + mark + b"\0" + un) for mark in (b"\xf0", b"\x0f"))


def mac(key: bytes, data: bytes, padding: bytes = b"") -> bytes:
    """ISO 9797-1 algorithm 3; filled up with zeros, behind `padding` where there is one."""
    data += padding
    state = b"\0" * 8
    for at in range(0, len(data), 8):
        state = des(key[:8], xor(state, data[at : at + 8].ljust(8, b"\0")))
    return des(key[:8], des(key[8:], state, True))


@dataclass(frozen=True)
class Key:
    """An RSA key with exponent 3."""

    n: int
    d: int
    size: int

    @property
    def modulus(self) -> bytes:
        return self.n.to_bytes(self.size, "big")

    def sign(self, message: bytes) -> bytes:
        return pow(int.from_bytes(message, "big"), self.d, self.n).to_bytes(self.size, "big")


def _prime(rng: Random, bits: int) -> int:
    small = [3, 5, 7, *(n for n in range(11, 2000, 2) if all(n % m for m in range(3, 45, 2)) or n < 45)]
    while True:
        n = rng.getrandbits(bits) | 3 << (bits - 2) | 1
        if n % 3 == 2 and all(n % m for m in small) and all(_witness(n, base) for base in (2, 3, 5, 7, 11, 13)):
            return n


def _witness(n: int, base: int) -> bool:
    """Whether n passes one round of Miller and Rabin."""
    twos = ((n - 1) & (1 - n)).bit_length() - 1
    x = pow(base, n >> twos, n)
    return x in (1, n - 1) or any((x := x * x % n) == n - 1 for _ in range(twos - 1))


@lru_cache
def key(seed: str, bits: int) -> Key:
    """The RSA key of a seed."""
    rng = Random(f"{seed} {bits}")
    p, q = _prime(rng, bits // 2), _prime(rng, bits // 2)
    return Key(p * q, pow(3, -1, (p - 1) * (q - 1)), bits // 8)


def sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


def certificate(ca: Key, head: str, owner: Key, room: int, more: bytes = b"") -> bytes:
    """A certificate of a public key that fits whole (Book 2, tables 2 and 14): head, key, padding, hash."""
    body = bytes.fromhex(f"{head}0101{owner.size:02X}01") + owner.modulus.ljust(ca.size - room, b"\xbb")
    return ca.sign(b"\x6a" + body + sha1(body + b"\3" + more) + b"\xbc")


def signed_dynamic(icc: Key, dynamic: bytes, more: bytes) -> bytes:
    """Signed dynamic application data (Book 2, tables 17 and 20)."""
    body = bytes((5, 1, len(dynamic))) + dynamic.ljust(icc.size - 25, b"\xbb")
    return icc.sign(b"\x6a" + body + sha1(body + more) + b"\xbc")
