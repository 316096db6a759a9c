# SPDX-License-Identifier: MIT
"""RSA with message recovery: the content of a signature, opened with the public key.

Source: EMV 4.4 Book 2, A2.1 and B2.1. Needs the standard library alone. Time is bounded by the
longest modulus and the longest exponent.
"""

from __future__ import annotations

from ..core.errors import NotVerifiable
from ..core.model import record

# In bytes; EMV allows 248 and 3.
MAX_MODULUS = 512
MAX_EXPONENT = 4


@record
class PublicKey:
    """Modulus and exponent, big-endian."""

    modulus: bytes
    exponent: bytes = b"\x03"


def check_key(key: PublicKey) -> None:
    """Refuse what no RSA key can be."""
    _check_modulus(key.modulus)
    _check_exponent(key.exponent)


def _check_modulus(modulus: bytes) -> None:
    size = len(modulus)
    if not 0 < size <= MAX_MODULUS or modulus[0] == 0:
        rule = f"a modulus has 1 to {MAX_MODULUS} bytes and no leading zeros"
        raise NotVerifiable(f"{rule}, this one {size}")
    if _is_even(modulus):
        raise NotVerifiable("the modulus is even")


def _check_exponent(exponent: bytes) -> None:
    size = len(exponent)
    if not 0 < size <= MAX_EXPONENT:
        raise NotVerifiable(f"an exponent has 1 to {MAX_EXPONENT} bytes, this one {size}")
    number = int.from_bytes(exponent, "big")
    if number < 3 or _is_even(exponent):
        raise NotVerifiable(f"the exponent is {number}, it must be odd and at least 3")


def _is_even(number: bytes) -> bool:
    return number[-1] % 2 == 0


def recover(key: PublicKey, signed: bytes) -> bytes:
    """The signed text, as long as the modulus; the same computation enciphers (A2.1.2, A2.1.3)."""
    check_key(key)
    size = len(key.modulus)
    if len(signed) != size:
        raise NotVerifiable(f"{len(signed)} bytes are signed with a key of {size} bytes")
    number = int.from_bytes(signed, "big")
    modulus = int.from_bytes(key.modulus, "big")
    exponent = int.from_bytes(key.exponent, "big")
    if number >= modulus:
        raise NotVerifiable("the signed number is not below the modulus")
    text = pow(number, exponent, modulus)
    return text.to_bytes(size, "big")
