# SPDX-License-Identifier: MIT
"""The Chinese algorithms: SM2 signatures (GB/T 32918.2, .5), SM3 (GB/T 32905), SM4 (GB/T 32907).

SM3 and SM4 come from OpenSSL, where it has them; SM2 is computed here, for checking only (its time tells secrets).
"""

from __future__ import annotations

import hashlib

from ..core.errors import NotVerifiable
from .blocks import CIPHERS, imported, need, run

_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
_A = _P - 3
Point = tuple[int, int] | None  # None: the point at infinity


def sm3(data: bytes) -> bytes:
    """The hash of 32 bytes."""
    try:
        return hashlib.new("sm3", data).digest()
    except ValueError:
        raise NotVerifiable("the OpenSSL of this Python has no SM3") from None


def sm4_encrypt(key: bytes, data: bytes, decipher: bool = False) -> bytes:
    """SM4 in ECB mode, key and blocks of 16 bytes."""
    need("an SM4 key", key, 16)
    try:
        return run(imported(f"{CIPHERS}.algorithms").SM4(key), None, data, decipher)
    except imported("cryptography.exceptions").UnsupportedAlgorithm:
        raise NotVerifiable("the OpenSSL of the package cryptography has no SM4") from None


def sm4_decrypt(key: bytes, data: bytes) -> bytes:
    """The inverse of `sm4_encrypt`."""
    return sm4_encrypt(key, data, decipher=True)


def _add(one: Point, other: Point) -> Point:
    if one is None or other is None:
        return one or other
    if one[0] == other[0]:
        if (one[1] + other[1]) % _P == 0:
            return None
        slope = (3 * one[0] ** 2 + _A) * pow(2 * one[1], -1, _P)
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, _P)
    x = (slope**2 - one[0] - other[0]) % _P
    return x, (slope * (one[0] - x) - one[1]) % _P


def _times(number: int, point: Point) -> Point:
    total: Point = None
    while number:
        if number & 1:
            total = _add(total, point)
        point, number = _add(point, point), number >> 1
    return total


def sm2_digest(key: bytes, message: bytes, identity: bytes = b"1234567812345678") -> bytes:
    """What SM2 signs: SM3 over the digest of signer and curve, then the message; `key` is x and y, 64 bytes."""
    need("an SM2 key", key, 64)
    curve = b"".join(number.to_bytes(32, "big") for number in (_A, _B, *_G))
    return sm3(sm3((8 * len(identity)).to_bytes(2, "big") + identity + curve + key) + message)


def sm2_verify(key: bytes, message: bytes, signature: bytes, identity: bytes = b"1234567812345678") -> bool:
    """Whether `signature`, r and s in 64 bytes, is of that key over that message (GB/T 32918.2, 7.1)."""
    need("an SM2 signature", signature, 64)
    digest = int.from_bytes(sm2_digest(key, message, identity), "big")
    x, y = int.from_bytes(key[:32], "big"), int.from_bytes(key[32:], "big")
    if max(x, y) >= _P or (y * y - x**3 - _A * x - _B) % _P:
        raise NotVerifiable("the SM2 key is no point of the curve")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    t = (r + s) % _N
    if not 0 < r < _N or not 0 < s < _N or not t:
        return False
    point = _add(_times(s, _G), _times(t, (x, y)))
    return point is not None and (digest + point[0]) % _N == r
