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

HALF = CURVE.size  # bytes of a number
# Valid until December 2028, serial number 1; SM2 with SM3, a key of SM2 on the recommended curve, of 64 bytes.
CERTIFIED = bytes.fromhex("1228" + "000001" + "04001140")


def _number_below(limit: int, seed: bytes) -> int:
    """A number from 1 to `limit` - 1 that follows from a seed."""
    digest = hashlib.sha256(seed).digest()
    return int.from_bytes(digest) % (limit - 1) + 1


@cache
def private(name: str) -> int:
    """The private key of a name: from 1 to n - 2 (GB/T 32918.1, 6.1)."""
    seed = f"cardlib test key of SM2 {name}"
    return _number_below(CURVE.n - 1, seed.encode())


@cache
def point(name: str) -> bytes:
    """The public key of a name: x and y."""
    multiple = CURVE.times(private(name), CURVE.base)
    uncompressed = CURVE.written(multiple)
    return uncompressed[1:]


def signature(name: str, message: bytes) -> bytes:
    """The numbers r and s (GB/T 32918.2, 6.1)."""
    n = CURVE.n
    d = private(name)
    digest = sm2_digest(point(name), message)
    e = int.from_bytes(digest)
    k = _number_below(n, d.to_bytes(HALF) + digest)
    multiple = CURVE.times(k, CURVE.base)
    assert multiple is not None
    x, _ = multiple
    r = (e + x) % n
    inverse = pow(1 + d, -1, n)
    s = inverse * (k - r * d) % n
    return r.to_bytes(HALF) + s.to_bytes(HALF)


def _certificate(signer: str, form: int, owner: str, holder: str, beyond: bytes = b"") -> bytes:
    """The number of the owner and the key of a holder; the signature covers what stands beyond, too."""
    head = bytes((form,))
    number = bytes.fromhex(owner)
    plain = head + number + CERTIFIED + point(holder)
    return plain + signature(signer, plain + beyond)


def issuer_certificate(ca: str, issuer: str, iin: str) -> bytes:
    """Tag 90."""
    return _certificate(ca, oda_sm2.ISSUER, iin, issuer)


def card_certificate(issuer: str, card: str, pan: str, static: bytes) -> bytes:
    """Tag 9F46; the signature covers the static data, too."""
    owner = pan.ljust(20, "F")
    return _certificate(issuer, oda_sm2.CARD, owner, card, static)


def dynamic_signature(card: str, dynamic: bytes, terminal_data: bytes) -> bytes:
    """Tag 9F4B; the signature covers what the terminal said, too."""
    head = bytes((oda_sm2.DYNAMIC, len(dynamic)))
    plain = head + dynamic
    return plain + signature(card, plain + terminal_data)
