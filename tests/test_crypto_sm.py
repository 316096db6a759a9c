# SPDX-License-Identifier: MIT
"""SM2, SM3 and SM4, against the examples of the standards (GB/T 32918.5, 32905, 32907)."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import algorithms

from cardlib.core.errors import NotVerifiable
from cardlib.crypto import sm


def unhex(*words: str) -> bytes:
    return bytes.fromhex("".join(words))


PUBLIC = unhex(
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020",
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13",
)
SIGNATURE = unhex(
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3",
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA",
)
MESSAGE = b"message digest"
BLOCK = unhex("0123456789ABCDEFFEDCBA9876543210")


@pytest.mark.parametrize(
    ("key", "signature", "reason"),
    [
        (PUBLIC[:-1], SIGNATURE, "an SM2 key has 64 bytes, this one 63"),
        (PUBLIC, SIGNATURE + b"\0", "an SM2 signature has 64 bytes, this one 65"),
        (PUBLIC[:-1] + b"\0", SIGNATURE, "the SM2 key is no point of the curve"),
        (b"\xff" * 64, SIGNATURE, "the SM2 key is no point of the curve"),
    ],
)
def test_refused(key: bytes, signature: bytes, reason: str) -> None:
    with pytest.raises(NotVerifiable) as caught:
        sm.sm2_verify(key, MESSAGE, signature)
    assert caught.value.reason == reason


@pytest.mark.parametrize("place", [0, 31, 32, 63])
def test_a_changed_signature_fails(place: int) -> None:
    changed = bytearray(SIGNATURE)
    changed[place] ^= 1
    assert not sm.sm2_verify(PUBLIC, MESSAGE, bytes(changed))


def test_signatures_out_of_range_fail() -> None:
    order = sm.CURVE.n.to_bytes(32, "big")
    for signature in (
        bytes(64),
        SIGNATURE[:32] + bytes(32),
        order + SIGNATURE[32:],
        SIGNATURE[:32] + order,
    ):
        assert not sm.sm2_verify(PUBLIC, MESSAGE, signature)
    minus = (sm.CURVE.n - int.from_bytes(SIGNATURE[:32], "big")).to_bytes(32, "big")
    assert not sm.sm2_verify(PUBLIC, MESSAGE, SIGNATURE[:32] + minus)  # r + s is zero


def test_sm2() -> None:
    signer = "B2E14C5C79C6DF5B85F4FE7ED8DB7A262B9DA7E07CCB0EA9F4747B8CCDA8A4F3"
    digest = "F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640"
    assert sm.sm2_digest(PUBLIC, MESSAGE) == unhex(digest) == sm.sm3(unhex(signer) + MESSAGE)
    assert sm.sm2_verify(PUBLIC, MESSAGE, SIGNATURE)
    assert not sm.sm2_verify(PUBLIC, MESSAGE + b"!", SIGNATURE)
    assert not sm.sm2_verify(PUBLIC, MESSAGE, SIGNATURE, b"ALICE")


def test_the_public_key_is_that_of_the_standards_private_key() -> None:
    private = 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8
    point = sm.CURVE.times(private, sm.CURVE.base)
    assert point and point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big") == PUBLIC
    assert sm.CURVE.times(sm.CURVE.n, sm.CURVE.base) is None


def test_sm3() -> None:
    assert sm.sm3(b"abc") == unhex(
        "66C7F0F462EEEDD9D1F2D46BDC10E4E24167C4875CF2F7A2297DA02B8F4BA8E0"
    )
    assert sm.sm3(b"abcd" * 16) == unhex(
        "DEBE9FF92275B8A138604889C18E5A4D6FDB70E5387E5765293DCBA39C0C5732"
    )


def test_sm4() -> None:
    assert sm.sm4_encrypt(BLOCK, BLOCK) == unhex("681EDF34D206965E86B3E94F536E4246")
    assert sm.sm4_decrypt(BLOCK, sm.sm4_encrypt(BLOCK, BLOCK)) == BLOCK
    with pytest.raises(NotVerifiable, match="an SM4 key has 16 bytes, this one 8"):
        sm.sm4_encrypt(BLOCK[:8], BLOCK)


def test_without_these_algorithms_the_reason_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*_: Any) -> None:
        raise ValueError

    def unsupported(*_: Any) -> None:
        raise UnsupportedAlgorithm("SM4")

    monkeypatch.setattr(hashlib, "new", absent)
    monkeypatch.setattr(algorithms, "SM4", unsupported)
    with pytest.raises(NotVerifiable, match="the OpenSSL of this Python has no SM3"):
        sm.sm3(b"")
    with pytest.raises(NotVerifiable, match="the OpenSSL of the package cryptography has no SM4"):
        sm.sm4_encrypt(BLOCK, BLOCK)
