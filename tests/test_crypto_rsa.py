# SPDX-License-Identifier: MIT
"""RSA with message recovery: what is no key, and what does not fit one, first."""

from __future__ import annotations

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.crypto.rsa import MAX_MODULUS, PublicKey, recover

MODULUS = (61 * 53 * 59 * 47).to_bytes(3, "big")  # four small primes, odd
REFUSED = [
    (
        "no modulus",
        PublicKey(b""),
        b"",
        "a modulus has 1 to 512 bytes and no leading zeros, this one 0",
    ),
    (
        "leading zero",
        PublicKey(b"\0\x0b"),
        bytes(2),
        "a modulus has 1 to 512 bytes and no leading zeros, this one 2",
    ),
    (
        "huge",
        PublicKey(b"\xff" * (MAX_MODULUS + 1)),
        b"",
        "a modulus has 1 to 512 bytes and no leading zeros, this one 513",
    ),
    ("even", PublicKey(b"\x0a"), b"\1", "the modulus is even"),
    ("no exponent", PublicKey(MODULUS, b""), bytes(3), "an exponent has 1 to 4 bytes, this one 0"),
    (
        "long exponent",
        PublicKey(MODULUS, b"\1" * 5),
        bytes(3),
        "an exponent has 1 to 4 bytes, this one 5",
    ),
    (
        "exponent 0",
        PublicKey(MODULUS, b"\0"),
        bytes(3),
        "the exponent is 0, it must be odd and at least 3",
    ),
    (
        "exponent 1",
        PublicKey(MODULUS, b"\1"),
        bytes(3),
        "the exponent is 1, it must be odd and at least 3",
    ),
    (
        "exponent 2",
        PublicKey(MODULUS, b"\2"),
        bytes(3),
        "the exponent is 2, it must be odd and at least 3",
    ),
    ("cut off", PublicKey(MODULUS), bytes(2), "2 bytes are signed with a key of 3 bytes"),
    ("too long", PublicKey(MODULUS), bytes(4), "4 bytes are signed with a key of 3 bytes"),
    ("too big", PublicKey(MODULUS), MODULUS, "the signed number is not below the modulus"),
]


@pytest.mark.parametrize(
    ("key", "signed", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_refused(key: PublicKey, signed: bytes, reason: str) -> None:
    with pytest.raises(NotVerifiable) as caught:
        recover(key, signed)
    assert caught.value.reason == reason


def test_recover() -> None:
    assert recover(PublicKey(b"\x21"), b"\x02") == b"\x08"  # 2 cubed
    assert recover(PublicKey(MODULUS, b"\1\0\1"), b"\0\0\1") == b"\0\0\1"
    assert len(recover(PublicKey(MODULUS), b"\0\0\0")) == 3
