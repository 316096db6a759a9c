# SPDX-License-Identifier: MIT
"""Keys on the curve of SM2 that follow from names, their signatures and certificates (GB/T 32918.2; PBOC 3.0 Part 17).

Keys for teaching: whoever reads this has the private halves. Signatures have no random number, so that every run
makes the same.
"""

from __future__ import annotations

import hashlib
from functools import cache

from cardlib.crypto import oda_sm2
from cardlib.crypto.sm import CURVE, sm2_digest

HALF = 32  # bytes of a number
# Valid until December 2028, serial number 1; SM2 with SM3, a key of SM2 on the recommended curve, of 64 bytes.
CERTIFIED = bytes.fromhex("1228" + "000001" + "04001140")


def number(data: bytes) -> int:
    """Bytes as a number, highest first."""
    return int.from_bytes(data)


def base_times(factor: int) -> tuple[int, int]:
    """A multiple of the base point."""
    point = CURVE.times(factor, CURVE.base)
    if point is None:
        raise ValueError("a multiple of the order has no coordinates")
    return point


@cache
def private(name: str) -> int:
    """The private key of a name."""
    seed = f"cardlib test key of SM2 {name}"
    digest = hashlib.sha256(seed.encode()).digest()
    return number(digest) % (CURVE.n - 2) + 1


@cache
def point(name: str) -> bytes:
    """The public key of a name: x and y."""
    x, y = base_times(private(name))
    return x.to_bytes(HALF) + y.to_bytes(HALF)


def signature(name: str, message: bytes) -> bytes:
    """The numbers r and s (GB/T 32918.2, 6.1)."""
    n = CURVE.n
    d = private(name)
    digest = sm2_digest(point(name), message)
    seed = hashlib.sha256(d.to_bytes(HALF) + digest).digest()
    k = number(seed) % (n - 1) + 1
    x, _ = base_times(k)
    r = (number(digest) + x) % n
    inverse = pow(1 + d, -1, n)
    s = inverse * (k - r * d) % n
    return r.to_bytes(HALF) + s.to_bytes(HALF)


def signed(name: str, plain: bytes, beyond: bytes = b"") -> bytes:
    """A signed object: its plain part and the signature, which covers what stands beyond, too."""
    return plain + signature(name, plain + beyond)


def issuer_certificate(ca: str, issuer: str, iin: str) -> bytes:
    """Tag 90."""
    head = bytes((oda_sm2.ISSUER,))
    owner = bytes.fromhex(iin)
    return signed(ca, head + owner + CERTIFIED + point(issuer))


def card_certificate(issuer: str, card: str, pan: str, static: bytes) -> bytes:
    """Tag 9F46; the signature covers the static data, too."""
    head = bytes((oda_sm2.CARD,))
    owner = bytes.fromhex(pan.ljust(20, "F"))
    return signed(issuer, head + owner + CERTIFIED + point(card), static)


def dynamic_signature(card: str, dynamic: bytes, asked: bytes) -> bytes:
    """Tag 9F4B over what the terminal said."""
    head = bytes((oda_sm2.DYNAMIC, len(dynamic)))
    return signed(card, head + dynamic, asked)
