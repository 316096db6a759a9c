# SPDX-License-Identifier: MIT
"""Certificates that cards verify, with the worked example of BSI; what is broken is refused with its reason."""

from __future__ import annotations

import hashlib

import pytest
from terminals import EXAMPLE

from cardlib.core.errors import NotVerifiable
from cardlib.core.secure import written
from cardlib.crypto.cvc import (
    PublicKey,
    is_signed_by,
    terminal_certificate,
    terminal_message,
    verifies,
)
from traces.makers.rsa_keys import key

COUNTRY, VERIFIER, TERMINAL = (
    terminal_certificate(EXAMPLE[name]) for name in ("country", "verifier", "terminal")
)
RSA_SHA256 = bytes.fromhex("04007F00070202020102")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "no body"),
        ("7F2103020100", "no body"),
        ("7F4E0342014100", "no public key"),
        ("7F4E0B7F4908060404007F0007" + "4100", "no reference of an authority"),
    ],
)
def test_what_is_no_certificate(data: str, reason: str) -> None:
    with pytest.raises(NotVerifiable, match=reason):
        terminal_certificate(bytes.fromhex(data))


def test_whose_it_is_and_who_signed_it() -> None:
    assert (VERIFIER.authority, VERIFIER.title) == (b"DECVCAAT00001", "DETESTDVDE019")
    assert (TERMINAL.authority, TERMINAL.title) == (b"DETESTDVDE019", "DETESTATDE019")


def test_the_chain_verifies_from_the_country_down() -> None:
    assert is_signed_by(COUNTRY, COUNTRY.key)
    assert is_signed_by(VERIFIER, COUNTRY.key)
    assert is_signed_by(TERMINAL, VERIFIER.key.with_domain(COUNTRY.key))


def test_a_link_left_out_does_not_verify() -> None:
    assert not is_signed_by(TERMINAL, COUNTRY.key)


def test_a_key_without_its_curve_cannot_verify() -> None:
    with pytest.raises(NotVerifiable, match="domain parameters"):
        is_signed_by(TERMINAL, VERIFIER.key)


def test_parameters_of_another_curve_are_refused() -> None:
    spoiled = dict(COUNTRY.key.parts)
    spoiled["83"] = bytes(64)
    with pytest.raises(NotVerifiable, match="none that are known"):
        is_signed_by(VERIFIER, PublicKey(COUNTRY.key.algorithm, spoiled))


def test_the_terminal_signed_what_names_the_chip_its_number_and_its_own_key() -> None:
    terminal = TERMINAL.key.with_domain(COUNTRY.key)
    parts = [EXAMPLE[name] for name in ("chip_name", "challenge", "terminal_key")]
    assert verifies(terminal, terminal_message(*parts), EXAMPLE["signature"])
    assert not verifies(terminal, terminal_message(*parts, b"\x67\x00"), EXAMPLE["signature"])
    with pytest.raises(NotVerifiable, match="two numbers"):
        verifies(terminal, b"", b"\x01")


def test_rsa_by_a_key_made_here() -> None:
    """PKCS #1 v1.5 by hand: 00 01 FF.. 00, the prefix of SHA-256 (RFC 8017, 9.2), the hash."""
    signer = key("document signer")
    message = b"a body"
    digest = (
        bytes.fromhex("3031300D060960864801650304020105000420") + hashlib.sha256(message).digest()
    )
    padded = b"\0\1" + b"\xff" * (signer.size - 3 - len(digest)) + b"\0" + digest
    public = PublicKey(RSA_SHA256, {"81": signer.modulus, "82": b"\x03"})
    assert verifies(public, message, signer.private(padded))
    assert not verifies(public, message + b"x", signer.private(padded))
    with pytest.raises(NotVerifiable, match="modulus"):
        verifies(PublicKey(RSA_SHA256, {}), message, b"")


@pytest.mark.parametrize("algorithm", ["04007F0007020202", "04007F00070202020109", "2A8648"])
def test_an_algorithm_that_is_none(algorithm: str) -> None:
    with pytest.raises(NotVerifiable, match="no algorithm of a terminal"):
        verifies(PublicKey(bytes.fromhex(algorithm), {}), b"", b"")


def test_written_again_it_is_the_same() -> None:
    assert (
        written("7F21", VERIFIER.body + written("5F37", VERIFIER.signature)) == EXAMPLE["verifier"]
    )
