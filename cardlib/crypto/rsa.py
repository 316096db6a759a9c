# SPDX-License-Identifier: MIT
"""RSA with message recovery: what a signature holds, opened with the public key (EMV 4.4 Book 2, A2.1 and B2.1).

Needs the standard library alone. Time is bounded by the longest modulus and the longest exponent.
"""

from __future__ import annotations

from ..core.errors import NotVerifiable
from ..core.model import record

MAX_MODULUS, MAX_EXPONENT = 512, 4  # bytes; EMV allows 248 and 3


@record
class PublicKey:
    """Modulus and exponent, big-endian."""

    modulus: bytes
    exponent: bytes = b"\x03"


def check_key(key: PublicKey) -> None:
    """Refuse what no RSA key can be."""
    if not 0 < len(key.modulus) <= MAX_MODULUS or not key.modulus[0]:
        raise NotVerifiable(f"a modulus has 1 to {MAX_MODULUS} bytes and no leading zeros, this one {len(key.modulus)}")
    if not key.modulus[-1] & 1:
        raise NotVerifiable("the modulus is even")
    if not 0 < len(key.exponent) <= MAX_EXPONENT:
        raise NotVerifiable(f"an exponent has 1 to {MAX_EXPONENT} bytes, this one {len(key.exponent)}")
    if (number := int.from_bytes(key.exponent, "big")) < 3 or not number & 1:
        raise NotVerifiable(f"the exponent is {number}, it must be odd and at least 3")


def recover(key: PublicKey, signed: bytes) -> bytes:
    """What was signed, as long as the modulus; the same computation enciphers (A2.1.2, A2.1.3)."""
    check_key(key)
    if len(signed) != len(key.modulus):
        raise NotVerifiable(f"{len(signed)} bytes are signed with a key of {len(key.modulus)} bytes")
    number, modulus = int.from_bytes(signed, "big"), int.from_bytes(key.modulus, "big")
    if number >= modulus:
        raise NotVerifiable("the signed number is not below the modulus")
    return pow(number, int.from_bytes(key.exponent, "big"), modulus).to_bytes(len(signed), "big")
