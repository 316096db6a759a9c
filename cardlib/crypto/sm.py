# SPDX-License-Identifier: MIT
"""The Chinese algorithms: SM2 signatures (GB/T 32918.2, .5), SM3 (GB/T 32905), SM4 (GB/T 32907).

SM3 and SM4 come from OpenSSL, where it has them. SM2 is computed here, and only to check
signatures: the time that it takes would give away a private key.
"""

from __future__ import annotations

import hashlib

from ..core.errors import NotVerifiable
from .blocks import CIPHERS, imported, need, pad, run
from .curves import Curve

# The recommended curve (GB/T 32918.5): y^2 = x^3 + A x + B modulo P, with a base point of order N.
_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
CURVE = Curve(
    "SM2",
    p=_P,
    a=_P - 3,
    b=0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93,
    base=(
        0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
        0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
    ),
    n=0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123,
)
# The identity of a signer who has none of his own (GM/T 0009, 10).
_DEFAULT_IDENTITY = b"1234567812345678"


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
        cipher = imported(f"{CIPHERS}.algorithms").SM4(key)
        return run(cipher, None, data, decipher)
    except imported("cryptography.exceptions").UnsupportedAlgorithm:
        raise NotVerifiable("the OpenSSL of the package cryptography has no SM4") from None


def sm4_decrypt(key: bytes, data: bytes) -> bytes:
    """The inverse of `sm4_encrypt`."""
    return sm4_encrypt(key, data, decipher=True)


def sm4_mac(key: bytes, data: bytes) -> bytes:
    """The MAC of PBOC with SM4, 8 bytes: CBC mode over the padded data (PBOC 3.0 Part 17)."""
    need("an SM4 key", key, 16)
    cipher = imported(f"{CIPHERS}.algorithms").SM4(key)
    chained = run(cipher, bytes(16), pad(data, 16))
    return chained[-16:-8]


def _two_numbers(data: bytes) -> tuple[int, int]:
    """Two numbers of 32 bytes each."""
    return int.from_bytes(data[:32], "big"), int.from_bytes(data[32:], "big")


def sm2_digest(key: bytes, message: bytes, identity: bytes = _DEFAULT_IDENTITY) -> bytes:
    """What SM2 signs: SM3 over the digest of signer and curve, then the message.

    `key` is x and y, 64 bytes.
    """
    need("an SM2 key", key, 64)
    curve = b"".join(number.to_bytes(32, "big") for number in (CURVE.a, CURVE.b, *CURVE.base))
    identity_bits = 8 * len(identity)
    signer = sm3(identity_bits.to_bytes(2, "big") + identity + curve + key)
    return sm3(signer + message)


def sm2_verify(
    key: bytes,
    message: bytes,
    signature: bytes,
    identity: bytes = _DEFAULT_IDENTITY,
) -> bool:
    """Whether this key made this signature over this message (GB/T 32918.2, 7.1).

    `key` is x and y, `signature` is r and s, each 64 bytes.
    """
    need("an SM2 signature", signature, 64)
    digest = int.from_bytes(sm2_digest(key, message, identity), "big")
    x, y = _two_numbers(key)
    if not CURVE.contains(x, y):
        raise NotVerifiable("the SM2 key is no point of the curve")
    r, s = _two_numbers(signature)
    t = (r + s) % CURVE.n
    if not 0 < r < CURVE.n or not 0 < s < CURVE.n or t == 0:
        return False
    point = CURVE.add(CURVE.times(s, CURVE.base), CURVE.times(t, (x, y)))
    if point is None:
        return False
    return (digest + point[0]) % CURVE.n == r
