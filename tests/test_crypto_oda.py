# SPDX-License-Identifier: MIT
"""Certificates and signatures of cards: made-up wrong ones first, then five published chains and their twins."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from cardlib.core.errors import NotVerifiable
from cardlib.core.model import Proof
from cardlib.crypto import oda
from cardlib.crypto.pin import plain_pin_data
from cardlib.crypto.rsa import PublicKey

_PRIVATE = rsa.generate_private_key(65537, 1024)  # noqa: S505 - as short as those of cards
N, D = _PRIVATE.public_key().public_numbers().n, _PRIVATE.private_numbers().d
KEY = PublicKey(N.to_bytes(128, "big"), b"\1\0\1")
OTHER = (
    bytes.fromhex("C1") + bytes(range(1, 70)) + b"\x01"
)  # 71 bytes, which stand whole in a certificate
PAN = "4111111111111111"


def sign(head: str, rest: bytes = b"", hashed: bytes = b"", frame: str = "6ABC") -> bytes:
    """A signature with KEY: what stands behind the header, filled with BB where it is short, and the hash."""
    first, last = bytes.fromhex(frame)
    body = (bytes.fromhex(head) + rest).ljust(106, b"\xbb")
    digest = hashlib.sha1(body + hashed, usedforsecurity=False).digest()
    return pow(
        int.from_bytes(bytes((first,)) + body + digest + bytes((last,)), "big"), D, N
    ).to_bytes(128, "big")


def issuer(
    head: str = "02 411111FF 1230 000001 01 01 47 01",
    digits: bytes = OTHER,
    remainder: bytes = b"",
    **more: str,
):
    certificate = sign(head, digits, remainder + b"\x03", **more)
    return oda.issuer_certificate(KEY, certificate, remainder, b"\x03", PAN, date(2030, 12, 31))


WRONG = [
    ("header", issuer(frame="6BBC"), "failed", "header is 6B, not 6A"),
    ("trailer", issuer(frame="6ABD"), "failed", "trailer is BD, not BC"),
    ("format", issuer("04 411111FF 1230 000001 01 01 47 01"), "failed", "format is 04, not 02"),
    (
        "hash algorithm",
        issuer("02 411111FF 1230 000001 02 01 47 01"),
        "failed",
        "hash algorithm is 02, not 01",
    ),
    (
        "key algorithm",
        issuer("02 411111FF 1230 000001 01 09 47 01"),
        "failed",
        "key algorithm is 09, not 01",
    ),
    (
        "another issuer",
        issuer("02 422222FF 1230 000001 01 01 47 01"),
        "failed",
        "issuer identifier 422222FF is not of ",
    ),
    (
        "two digits",
        issuer("02 41FFFFFF 1230 000001 01 01 47 01"),
        "failed",
        "issuer identifier 41FFFFFF is not of this",
    ),
    (
        "letters",
        issuer("02 41111AFF 1230 000001 01 01 47 01"),
        "failed",
        "issuer identifier 41111AFF is not of this",
    ),
    (
        "month 13",
        issuer("02 411111FF 1330 000001 01 01 47 01"),
        "failed",
        "expiry 1330 is no month",
    ),
    (
        "letters as date",
        issuer("02 411111FF FFFF 000001 01 01 47 01"),
        "failed",
        "expiry FFFF is no month",
    ),
    (
        "expired",
        issuer("02 411111FF 1130 000001 01 01 47 01"),
        "failed",
        "expiry 11/2030 is before the transaction of 2030",
    ),
    (
        "last century",
        issuer("02 411111FF 1299 000001 01 01 47 01"),
        "failed",
        "expiry 12/1999 is before the transaction",
    ),
    (
        "exponent length",
        issuer("02 411111FF 1230 000001 01 01 47 03"),
        "failed",
        "exponent length is 3, the exponent given",
    ),
    (
        "shorter key",
        issuer("02 411111FF 1230 000001 01 01 46 01"),
        "failed",
        "padding behind a key of 70 bytes is not BB",
    ),
    (
        "longer key",
        issuer("02 411111FF 1230 000001 01 01 80 01"),
        "failed",
        "key length is 128, certificate and remainder",
    ),
    (
        "both",
        issuer(remainder=b"\x55"),
        "failed",
        "padding behind a key of 71 bytes is not BB, or there is a remainder",
    ),
]


@pytest.mark.parametrize(
    ("given_", "verdict", "reason"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_a_wrong_certificate_names_the_first_field_that_differs(
    given_: tuple, verdict: str, reason: str
) -> None:
    proof, _ = given_
    assert (proof.verdict, proof.reason[: len(reason)]) == (verdict, reason)


def test_the_same_certificate_is_right_where_nothing_is_wrong() -> None:
    proof, key = issuer()
    assert (proof.verdict, proof.reason, key) == ("verified", "", PublicKey(OTHER, b"\x03"))
    long = oda.issuer_certificate(
        KEY,
        sign(
            "02 411111FF 1230 000001 01 01 80 01",
            N.to_bytes(128, "big")[:92],
            N.to_bytes(128, "big")[92:] + b"\x03",
        ),
        N.to_bytes(128, "big")[92:],
        b"\x03",
    )
    assert (long[0].verdict, long[1]) == ("verified", PublicKey(KEY.modulus, b"\x03"))


def test_a_key_of_a_certificate_is_used_though_the_date_is_over() -> None:
    proof, key = issuer("02 411111FF 1130 000001 01 01 47 01")
    assert proof.verdict == "failed" and key == PublicKey(OTHER, b"\x03")
    assert issuer(frame="6BBC")[1] is None


NOT_CHECKABLE = [
    (
        "cut off",
        oda.issuer_certificate(KEY, bytes(100), b"", b"\x03")[0],
        "100 bytes are signed with a key of 128 bytes",
    ),
    (
        "exponent 0",
        oda.issuer_certificate(PublicKey(KEY.modulus, b"\0"), bytes(128), b"", b"")[0],
        "the exponent is 0, ",
    ),
    ("even", oda.static_data(PublicKey(b"\xfe" * 128), bytes(128), b""), "the modulus is even"),
    (
        "short key",
        oda.static_data(PublicKey(b"\xff" * 20), bytes(20), b""),
        "a key of 20 bytes is too short for what is",
    ),
    (
        "no dynamic data",
        oda.transaction_data(b"", b"\0", b""),
        "dynamic data of 0 bytes hold no card number, CID,",
    ),
    (
        "short dynamic data",
        oda.transaction_data(b"\x08" + bytes(30), b"\0", b""),
        "dynamic data of 31 bytes hold no card",
    ),
]


@pytest.mark.parametrize(
    ("proof", "reason"), [row[1:] for row in NOT_CHECKABLE], ids=[row[0] for row in NOT_CHECKABLE]
)
def test_what_is_no_signature_is_not_checkable(proof: Proof, reason: str) -> None:
    assert proof.verdict == "not checkable"
    assert proof.reason.startswith(reason)


def test_dynamic_data_that_do_not_fit() -> None:
    long = oda.dynamic_data(KEY, sign("05 01 FF"), b"")[0]
    assert (long.verdict, long.reason) == (
        "failed",
        "length of dynamic data is 255, there is room for 103",
    )
    loose = oda.dynamic_data(KEY, sign("05 01 02 0102 00"), b"")[0]
    assert (loose.verdict, loose.reason) == ("failed", "padding is not BB")
    right, data = oda.dynamic_data(KEY, sign("05 01 02 0102", hashed=b"x"), b"x")
    assert (right.verdict, data) == ("verified", b"\1\2")


def test_fast_dynamic_data() -> None:
    """fDDA signs number, amount, currency and 9F69, in one of two formats; a changed amount is seen."""
    number, amount, currency, related = (
        bytes.fromhex(x) for x in ("01020304", "000000001000", "0978", "01A1B2C3D40080")
    )
    data = number + amount + currency + related
    for head in ("05 01 03 02 0007", "95 01 03 02 0007"):
        signed = sign(head, hashed=data)
        assert oda.dynamic_data(KEY, signed, data, "fDDA")[0].verdict == "verified"
        changed = oda.dynamic_data(KEY, signed, number + bytes(6) + currency + related, "fDDA")[0]
        assert changed.verdict == "failed" and changed.reason.startswith("hash is ")


def test_a_format_of_fast_dynamic_data_that_is_not_known_is_not_checkable() -> None:
    signed = sign("A5 01 03 02 0007", hashed=b"x")
    proof, data = oda.dynamic_data(KEY, signed, b"x", "fDDA")
    assert (proof.verdict, proof.reason, data) == (
        "not checkable",
        "format A5 of fDDA: what it signs is not known",
        b"",
    )
    broken = oda.dynamic_data(
        KEY, sign("95 01 03 02 0007", hashed=b"x", frame="6BBC"), b"x", "fDDA"
    )[0]
    assert (broken.verdict, broken.reason) == ("failed", "header is 6B, not 6A")


def test_the_format_of_fast_dynamic_data_is_none_of_the_others() -> None:
    for name in ("DDA", "CDA"):
        proof = oda.dynamic_data(KEY, sign("95 01 03 02 0007", hashed=b"x"), b"x", name)[0]
        assert (proof.verdict, proof.reason) == ("failed", "format is 95, not 05")


def test_the_card_certificate_is_of_this_card() -> None:
    head = f"04 {PAN}FFFF 1230 000001 01 01 47 01"
    certificate = sign(head, OTHER, b"\x03static")
    args = (KEY, certificate, b"", b"\x03", b"static")
    assert oda.card_certificate(*args, pan=PAN)[0].verdict == "verified"
    assert (
        oda.card_certificate(*args, pan=PAN[:-1] + "2")[0].reason == "PAN is not that of the card"
    )
    assert oda.card_certificate(*args, today=date(2031, 1, 1))[0].reason.startswith(
        "expiry 12/2030 is before"
    )
    unknown, key = oda.card_certificate(
        KEY, certificate, b"", b"\x03", None, PAN, missing="record 2 is missing"
    )
    assert (unknown.verdict, unknown.reason) == ("not checkable", "record 2 is missing")
    assert key == PublicKey(OTHER, b"\x03")


def test_enciphered_pin() -> None:
    challenge = bytes(range(8))
    data = oda.recover(KEY, plain_pin_data("1234", challenge, bytes(111)))
    private = D.to_bytes(128, "big")
    assert oda.enciphered_pin(KEY, data, challenge, private).verdict == "verified"
    assert oda.enciphered_pin(KEY, data, challenge).verdict == "not checkable"
    assert (
        oda.enciphered_pin(KEY, data[:-1], challenge).reason
        == "127 bytes are signed with a key of 128 bytes"
    )
    assert oda.enciphered_pin(KEY, data, bytes(8), private).reason.startswith(
        "the challenge in the PIN data is not"
    )
    assert "1234" not in repr(oda.enciphered_pin(KEY, data, challenge, private))


CHAINS = json.loads((Path(__file__).parent / "vectors" / "oda.json").read_text("utf-8"))
EXPECTED = {  # verdicts in order; where the static data are not published, the hash of the card's certificate is open
    "Visa 94, DDA": ["verified", "not checkable", "verified"],
    "Mastercard F1, CDA": ["verified", "not checkable", "verified"],
    "Mastercard 05, DDA": ["verified", "verified", "verified"],
    "Mastercard 05, CDA": ["verified", "verified", "verified", "verified"],
    "Visa 01, SDA": ["verified", "verified"],
}
DYNAMIC = {  # dynamic data, as the sources and the recovered bytes say
    "Visa 94, DDA": "0200AE",
    "Mastercard F1, CDA": "08537EB5E03CC433C80055B6408DBC985131A04620C52455EA8F2370647AF36748A2CA4AA9F6",
    "Mastercard 05, DDA": "087A33FB8C9546E1E7",
    "Mastercard 05, CDA": "084CC2FB1FAFB309154016AFBA13C52FB1739D1493E6F70FAAB248A0689BEE7C8DFA10DA423D",
    "Visa 01, SDA": "",
}


def prove(chain: dict[str, str]) -> tuple[list[Proof], bytes]:
    """Every proof of a chain, down to the first signature whose key is not known."""
    part = {
        name: bytes.fromhex(value) for name, value in chain.items() if name not in ("source", "pan")
    }
    static = part.get("static")
    names = ("issuer_certificate", "issuer_remainder", "issuer_exponent")
    proof, key = oda.issuer_certificate(
        PublicKey(part["ca_modulus"]), *map(part.__getitem__, names), chain["pan"]
    )
    proofs = [proof]
    if key and "signed_static" in part:
        proofs.append(oda.static_data(key, part["signed_static"], static or b""))
    elif key:
        names = ("card_certificate", "card_remainder", "card_exponent")
        proof, card = oda.card_certificate(key, *map(part.__getitem__, names), static, chain["pan"])
        proofs.append(proof)
        if card:
            proof, dynamic = oda.dynamic_data(card, part["signed_dynamic"], part["data"])
            proofs.append(proof)
            if "transaction" in part:
                proofs.append(oda.transaction_data(dynamic, b"\x40", part["transaction"]))
            return proofs, dynamic
    return proofs, b""


@pytest.mark.parametrize("name", CHAINS)
def test_published_chains_verify(name: str) -> None:
    proofs, dynamic = prove(CHAINS[name])
    assert [proof.verdict for proof in proofs] == EXPECTED[name]
    assert dynamic.hex().upper() == DYNAMIC[name]
    assert {proof.reason for proof in proofs} <= {
        "",
        "the static data that its hash covers are not complete",
    }


def changed(chain: dict[str, str], part: str) -> dict[str, str]:
    """The chain with one bit changed in the middle of one part."""
    value = bytearray.fromhex(chain[part])
    value[len(value) // 2] ^= 0x10
    return chain | {part: value.hex()}


HEADER, HASH = "header is ", "hash is "
PLACES = {  # which proof fails for which part, and why
    "issuer_certificate": (0, HEADER),
    "issuer_remainder": (0, HASH),
    "issuer_exponent": (0, HASH),
    "card_certificate": (1, HEADER),
    "card_remainder": (1, HASH),
    "card_exponent": (1, HASH),
    "static": (1, HASH),
    "signed_static": (1, HEADER),
    "signed_dynamic": (2, HEADER),
    "data": (2, HASH),
    "transaction": (3, HASH),
}
TWINS = [(name, part) for name, chain in CHAINS.items() for part in PLACES if chain.get(part)]


@pytest.mark.parametrize(("name", "part"), TWINS, ids=[" ".join(twin) for twin in TWINS])
def test_one_changed_byte_fails_with_the_right_reason(name: str, part: str) -> None:
    place, reason = PLACES[part]
    proofs, _ = prove(changed(CHAINS[name], part))
    if (
        EXPECTED[name][place] == "not checkable" and reason == HASH
    ):  # seen one signature later, by the wrong key
        place, reason = place + 1, HEADER
    assert proofs[place].verdict == "failed"
    assert proofs[place].reason.startswith(reason)
    assert [proof.verdict for proof in proofs[:place]] == EXPECTED[name][:place]


def test_another_pan_fails() -> None:
    proofs, _ = prove(CHAINS["Visa 01, SDA"] | {"pan": "5276550000000000"})
    assert (proofs[0].verdict, proofs[0].reason) == (
        "failed",
        "issuer identifier 427655FF is not of this PAN",
    )
    proofs, _ = prove(CHAINS["Mastercard 05, DDA"] | {"pan": "5285881254345654"})
    assert (proofs[1].verdict, proofs[1].reason) == ("failed", "PAN is not that of the card")


def test_expiry_of_a_published_certificate() -> None:
    """emv-utils, tests/emv_rsa_test.c: a transaction in 2032 must fail, one on 2022-05-06 not."""
    part = CHAINS["Visa 94, DDA"]
    args = [
        bytes.fromhex(part[f"issuer_{name}"]) for name in ("certificate", "remainder", "exponent")
    ]
    ca = PublicKey(bytes.fromhex(part["ca_modulus"]))
    assert oda.issuer_certificate(ca, *args, today=date(2032, 1, 1))[0].verdict == "failed"
    assert oda.issuer_certificate(ca, *args, today=date(2022, 5, 6))[0].verdict == "verified"


def test_combined() -> None:
    parts = oda.combined(bytes.fromhex(DYNAMIC["Mastercard F1, CDA"]))
    assert parts["dynamic number"].hex().upper() == "537EB5E03CC433C8"
    assert (parts["CID"], parts["cryptogram"].hex().upper()) == (b"\0", "55B6408DBC985131")
    with pytest.raises(NotVerifiable):
        oda.combined(b"\x09" + bytes(60))


def test_an_answer_with_another_cid_fails() -> None:
    dynamic = bytes.fromhex(DYNAMIC["Mastercard 05, CDA"])
    proof = oda.transaction_data(dynamic, b"\x80", b"")
    assert (proof.verdict, proof.reason) == ("failed", "CID is 40, answered was 80")


@given(st.sampled_from(sorted(CHAINS)), st.data())
def test_nothing_raises(name: str, data: st.DataObject) -> None:
    chain = dict(CHAINS[name])
    for part in data.draw(
        st.lists(
            st.sampled_from([key for key in chain if key not in ("source", "pan")]), max_size=3
        )
    ):
        value = bytes.fromhex(chain[part])
        cut = data.draw(st.integers(0, len(value)))
        chain[part] = (value[:cut] + data.draw(st.binary(max_size=4)) + value[cut + 1 :]).hex()
    assert all(proof.reason or proof.verdict == "verified" for proof in prove(chain)[0])


@given(st.lists(st.binary(max_size=200), min_size=8, max_size=8), st.text(max_size=20))
def test_no_bytes_raise(values: list[bytes], pan: str) -> None:
    modulus, exponent, signed, rest, more, static, challenge, private = values
    key = PublicKey(modulus, exponent)
    made = [
        oda.issuer_certificate(key, signed, rest, more, pan)[0],
        oda.card_certificate(key, signed, rest, more, static, pan)[0],
        oda.static_data(key, signed, static),
        oda.dynamic_data(key, signed, rest)[0],
        oda.transaction_data(static, rest, more),
        oda.enciphered_pin(key, signed, challenge, private),
    ]
    assert all(proof.verdict != "verified" and proof.reason for proof in made)
