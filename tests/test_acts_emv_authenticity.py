# SPDX-License-Identifier: MIT
"""Certificates and signatures of a made-up card, each broken once; then those of real test cards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from test_secrets import capture

import cardlib
from benchmarks.synthetic_payment import (
    AMOUNT,
    NUMBER,
    RID,
    SIZE,
    Pairs,
    card,
    cryptogram,
    modulus,
    scheme_key,
    tlv,
)
from cardlib.acts.emv.proofs import proofs
from cardlib.acts.emv.transaction import transactions
from cardlib.core.model import Proof
from cardlib.crypto.keyring import Key


def ring(*more: Key) -> tuple[Key, ...]:
    return (*more, scheme_key())


def prove(pairs: Pairs, keys: tuple[Key, ...] | None = None) -> dict[str, Proof]:
    """The proofs of the one transaction, by name."""
    (one,) = transactions(capture(*(line for pair in pairs for line in pair)))
    return {proof.name: proof for proof in proofs(one, ring() if keys is None else keys)}


def other(value: str) -> str:
    """The same with one bit changed in the middle."""
    place = len(value) // 4 * 2
    return value[:place] + f"{int(value[place : place + 2], 16) ^ 0x10:02X}" + value[place + 2 :]


def test_everything_verifies() -> None:
    made = prove(card())
    assert {name: proof.verdict for name, proof in made.items()} == dict.fromkeys(
        ("issuer certificate", "SDA", "card certificate", "PIN certificate", "DDA"), "verified"
    ) | {"cryptogram ARQC": "not checkable"}
    assert made["issuer certificate"].reason == "with key A9 of the scheme (made up)"
    assert dict(made["SDA"].facts)["data authentication code"] == b"\xab\xcd"
    assert dict(made["DDA"].facts)["dynamic data"] == bytes.fromhex("020007")
    assert all(proof.evidence for proof in made.values())


GONE = [
    ("8F", "issuer certificate", "no 8F Certification authority public key index in this capture"),
    ("90", "issuer certificate", "no 90 Issuer public key certificate in this capture"),
    ("9F32", "issuer certificate", "no 9F32 Issuer public key exponent in this capture"),
    ("9F47", "card certificate", "no 9F47 ICC public key exponent in this capture"),
    ("9F2E", "PIN certificate", "no 9F2E ICC PIN encipherment public key exponent in this capture"),
    ("9F47", "DDA", "the card's key is not known"),
    ("8F", "SDA", "the issuer's key is not known"),
    ("8F", "card certificate", "the issuer's key is not known"),
]


@pytest.mark.parametrize(("tag", "name", "reason"), GONE)
def test_what_is_missing_is_named(tag: str, name: str, reason: str) -> None:
    proof = prove(card(**{tag: lambda _: ""}))[name]
    assert (proof.verdict, proof.reason) == ("not checkable", reason)


BROKEN = [
    ("90", "issuer certificate", "failed", "header is "),
    ("92", "issuer certificate", "failed", "hash is "),
    ("93", "SDA", "failed", "header is "),
    ("9F46", "card certificate", "failed", "header is "),
    ("9F48", "card certificate", "failed", "hash is "),
    ("9F2D", "PIN certificate", "failed", "header is "),
    ("9F2F", "PIN certificate", "failed", "hash is "),
]


@pytest.mark.parametrize(("tag", "name", "verdict", "reason"), BROKEN)
def test_one_changed_byte_fails_with_the_right_reason(
    tag: str, name: str, verdict: str, reason: str
) -> None:
    made = prove(card(**{tag: other}))[name]
    assert made.verdict == verdict and made.reason.startswith(reason)


def test_another_aip_breaks_the_static_data() -> None:
    pairs = card()
    pairs[1] = (pairs[1][0], pairs[1][1].replace("82027900", "82027800"))
    made = prove(pairs)
    assert {made[name].verdict for name in ("SDA", "card certificate")} == {"failed"}
    assert made["SDA"].reason.startswith("hash is ") and made["card certificate"].reason.startswith(
        "hash is "
    )
    assert made["issuer certificate"].verdict == "verified"


def test_a_record_that_was_not_read_leaves_the_hash_open_but_not_the_key() -> None:
    pairs = [pair for pair in card() if not pair[0].startswith("00B201")]
    made = prove(pairs)
    why = "record 1 of SFI 1 not read in this capture"
    assert (made["SDA"].verdict, made["SDA"].reason) == ("not checkable", why)
    assert (made["card certificate"].verdict, made["card certificate"].reason) == (
        "not checkable",
        why,
    )
    assert made["DDA"].verdict == "verified"


def test_without_a_key_of_the_scheme_nothing_is_said() -> None:
    made = prove(card(), ())
    assert made["issuer certificate"].reason == f"no public key with index A9 of {RID} is known"
    assert {proof.verdict for proof in made.values()} == {"not checkable"}


def test_all_keys_of_an_index_are_tried_and_a_late_one_is_told() -> None:
    right = ring()[0]
    wrong = replace(right, value=bytes.fromhex(modulus("issuer")), note="wrong")
    assert prove(card(), (wrong,))["issuer certificate"].verdict == "failed"
    assert (
        prove(card(), (wrong, right))["issuer certificate"].reason
        == "with key A9 of the scheme (made up)"
    )
    late = replace(right, expires=date(2026, 12, 31))
    said = prove(card("CDA"), (late,))["issuer certificate"].reason  # paid in January 2027
    assert said == "with key A9 of the scheme (made up), which expired on 2026-12-31"


def test_a_card_that_signs_nothing_gets_no_proof() -> None:
    pairs = card()
    assert prove(pairs[:3]) == {}


def test_combined_dda() -> None:
    made = prove(card("CDA"))
    assert (made["CDA"].verdict, made["CDA transaction data"].verdict) == ("verified", "verified")
    assert dict(made["CDA transaction data"].facts)["cryptogram"].hex().upper() == cryptogram(
        "7900"
    )


def changed(edit: Callable[[str, str], tuple[str, str]], start: str) -> Pairs:
    return [edit(*pair) if pair[0].startswith(start) else pair for pair in card("CDA")]


def test_combined_dda_sees_another_amount_and_another_decision() -> None:
    made = prove(changed(lambda sent, got: (sent.replace(AMOUNT, "000000009999"), got), "80AE"))
    assert made["CDA"].verdict == "verified"
    assert made["CDA transaction data"].reason.startswith("hash is ")
    made = prove(changed(lambda sent, got: (sent, got.replace("9F270180", "9F270140")), "80AE"))
    assert made["CDA transaction data"].reason == "CID is 80, answered was 40"
    made = prove(changed(lambda sent, got: (sent.replace(NUMBER, "FFFFFFFF"), got), "80AE"))
    assert made["CDA"].reason.startswith("hash is ")


def test_combined_dda_without_what_it_hashes() -> None:
    made = prove([pair for pair in card("CDA") if not pair[0].startswith("80A8")])
    assert (
        made["CDA transaction data"].reason
        == "GET PROCESSING OPTIONS or the first GENERATE AC is not in this capture"
    )
    pairs = [
        pair for pair in card("CDA") if "8C15" not in pair[1]
    ]  # the list of what is sent was not read
    assert prove(pairs)["CDA"].reason == "no 9F37 Unpredictable number in this capture"


def test_fast_dda() -> None:
    assert prove(card("fDDA"))["fDDA"].verdict == "verified"
    pairs = card("fDDA")
    pairs[1] = (pairs[1][0].replace(AMOUNT, "000000000000"), pairs[1][1])
    assert prove(pairs)["fDDA"].reason.startswith("hash is ")
    pairs = card("fDDA")
    pairs[1] = (
        pairs[1][0],
        pairs[1][1].replace(tlv("9F69", "01A1B2C3D4"), tlv("9F6B", "01A1B2C3D4")),
    )
    assert prove(pairs)["fDDA"].reason == "no 9F69 Card authentication related data in this capture"


def test_an_enciphered_pin_is_looked_at_but_not_opened() -> None:
    pin = "00" * (SIZE - 1) + "02"
    made = prove([*card(), (f"0020008880{pin}", "9000")])["enciphered PIN"]
    assert (made.verdict, made.reason) == (
        "not checkable",
        "only the card's private key opens it; its length fits the key",
    )
    made = prove([*card(), ("002000880102", "9000")])["enciphered PIN"]
    assert (made.verdict, made.reason) == ("failed", "1 bytes are signed with a key of 128 bytes")


REAL = {  # counted by hand: every signature that the card gave
    ("amex-cda-in", 0): [
        "issuer certificate",
        "SDA",
        "card certificate",
        "CDA",
        "CDA transaction data",
    ],
    ("amex-msd-mobile", 0): [
        "issuer certificate",
        "card certificate",
        "CDA",
        "CDA transaction data",
    ],
    ("contact-mastercard-in", 0): ["issuer certificate"],
    ("contact-mastercard-in", 1): ["issuer certificate", "SDA", "card certificate"],
    ("contact-visa-in", 1): [],
}
SIGNED = {"issuer certificate", "SDA", "card certificate", "CDA", "CDA transaction data"}


@pytest.mark.parametrize(("name", "place"), REAL)
def test_real_cards_verify(name: str, place: int, real_captures: Path) -> None:
    one = cardlib.transactions(real_captures / f"emv-bertlv/{name}.txt")[place]
    made = [proof for proof in proofs(one) if proof.name in SIGNED]
    assert [proof.name for proof in made if proof.verdict == "verified"] == REAL[name, place]
    assert not [proof for proof in made if proof.verdict == "failed"]


def test_the_half_without_gpo_says_what_is_missing(real_captures: Path) -> None:
    one = cardlib.transactions(real_captures / "emv-bertlv/contact-mastercard-in.txt")[0]
    open_ = {proof.name: proof.reason for proof in proofs(one) if proof.verdict != "verified"}
    why = "no AFL (94) in this capture: not known which records are signed"
    assert open_ == {"SDA": why, "card certificate": why}


def test_amex_signs_the_transaction_it_answered(real_captures: Path) -> None:
    """The dynamic number, CID and cryptogram as recovered by hand (emv-bertlv, amex-cda-in.txt)."""
    one = cardlib.transactions(real_captures / "emv-bertlv/amex-cda-in.txt")[0]
    facts = dict(next(proof for proof in proofs(one) if proof.name == "CDA transaction data").facts)
    assert facts["dynamic number"].hex().upper() == "B1BD198460DEBA64"
    assert (facts["CID"].hex(), facts["cryptogram"].hex().upper()) == ("80", "51F4F65DDE43732D")


def test_fast_dda_of_another_version_is_not_checkable() -> None:
    """Version 0 of card authentication related data (9F69) signs less, which is not known for certain."""
    pairs = card("fDDA")
    pairs[1] = (
        pairs[1][0],
        pairs[1][1].replace(tlv("9F69", "01A1B2C3D4"), tlv("9F69", "00A1B2C3D4")),
    )
    proof = prove(pairs)["fDDA"]
    assert (proof.verdict, proof.reason) == (
        "not checkable",
        "fDDA of version 00 (9F69): what it signs is not known",
    )
