# SPDX-License-Identifier: MIT
"""Chip authentication and active authentication: published and made-up values, each with a twin that must fail."""

from __future__ import annotations

import tomllib

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.core.secure import objects_of
from cardlib.crypto.chip import active_authentication, chip_session, chip_token
from cardlib.crypto.curves import domain_of
from conftest import ROOT

FILE = tomllib.loads((ROOT / "tests/vectors/icao.toml").read_text("utf-8"))
CHIP = {key: bytes.fromhex(value) for key, value in FILE["chip_authentication"].items()}
CASES = FILE["active_authentication"]


@pytest.mark.parametrize(("mine", "theirs"), [("terminal", "chip"), ("chip", "terminal")])
def test_both_sides_of_chip_authentication_agree(mine: str, theirs: str) -> None:
    private, public = CHIP[f"{mine}_private"], CHIP[f"{theirs}_public"]
    state = chip_session(CHIP["oid"], domain_of(13), private, public, CHIP["nonce"])
    assert (state.enc, state.mac, state.counter) == (CHIP["KS_enc"], CHIP["KS_mac"], 0)
    assert chip_token(state, CHIP["oid"], CHIP["terminal_public"]) == CHIP["token"]
    first_version = chip_session(CHIP["oid"], domain_of(13), private, public)
    assert first_version.enc != CHIP["KS_enc"]


@pytest.mark.parametrize("identifier", ["", "04007F00070202040202", "04007F00070202030205"])
def test_what_is_no_chip_authentication_is_refused(identifier: str) -> None:
    with pytest.raises(NotVerifiable, match="no method of chip authentication"):
        chip_session(bytes.fromhex(identifier), domain_of(13), b"\1" * 32, CHIP["chip_public"])


def parts(case: dict[str, str]) -> tuple[bytes, bytes, bytes]:
    key = objects_of(bytes.fromhex(case["key"]))[0].value
    return key, bytes.fromhex(case["challenge"]), bytes.fromhex(case["answer"])


@pytest.mark.parametrize(
    ("place", "algorithm"),
    [(0, "RSA 1024, SHA-1"), (1, "RSA 1024, SHA-256"), (2, "ECDSA brainpoolP256r1, SHA-256")],
)
def test_a_chip_that_answers_is_genuine_and_no_other(place: int, algorithm: str) -> None:
    key, challenge, signature = parts(CASES[place])
    answer = active_authentication(key, challenge, signature)
    assert (answer.is_right, answer.algorithm) == (True, algorithm)
    assert not active_authentication(key, challenge[:-1] + b"\0", signature).is_right
    changed = signature[:-1] + bytes((signature[-1] ^ 1,))
    assert not active_authentication(key, challenge, changed).is_right


def test_a_hash_that_was_not_announced_does_not_count() -> None:
    key, challenge, signature = parts(CASES[2])
    assert active_authentication(key, challenge, signature, ["SHA-256"]).is_right
    assert not active_authentication(key, challenge, signature, ["SHA-512"]).is_right


@pytest.mark.parametrize("place", [0, 2])
def test_signatures_and_keys_that_are_none_are_refused(place: int) -> None:
    key, challenge, signature = parts(CASES[place])
    with pytest.raises(NotVerifiable):
        active_authentication(key, challenge, signature[:-1])
    for bad in (b"", key[:-1], b"\x30\x80" * 100):
        with pytest.raises(NotVerifiable, match="cannot be read"):
            active_authentication(bad, challenge, signature)
