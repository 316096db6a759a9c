# SPDX-License-Identifier: MIT
"""TUAK and the permutation below it: wrong lengths first, then the sets of 3GPP TS 35.233, each with a twin."""

from __future__ import annotations

import hashlib
import tomllib
from typing import Any

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.crypto.tuak import Tuak, derived_topc, keccak_f
from conftest import ROOT

SETS = tomllib.loads((ROOT / "tests/vectors/telecom_auth.toml").read_text("utf-8"))["tuak"]
IDS = [f"set {number}" for number in range(1, len(SETS) + 1)]
PARTS = ("key", "top", "topc", "rand", "sqn", "amf", "mac_a", "mac_s")
PARTS += ("res", "ck", "ik", "ak", "ak_star")


def bytes_of(row: dict[str, Any]) -> dict[str, bytes]:
    return {name: bytes.fromhex(row[name]) for name in PARTS}


@pytest.mark.parametrize("size", [0, 9, 17, 24, 33])
def test_keys_and_challenges_of_a_wrong_length_are_refused(size: int) -> None:
    key, topc, rand = bytes(16), bytes(32), bytes(16)
    wrong = bytes(size)
    for compute in (
        lambda: keccak_f(wrong),
        lambda: derived_topc(wrong, topc),
        lambda: derived_topc(key, wrong),
        lambda: Tuak(wrong, topc).quantities(rand),
        lambda: Tuak(key, wrong).quantities(rand),
        lambda: Tuak(key, topc).quantities(wrong),
        lambda: Tuak(key, topc).quantities(rand, (size, 16, 16)),
        lambda: Tuak(key, topc).macs(rand, wrong, b"00"),
        lambda: Tuak(key, topc).macs(rand, bytes(6), wrong),
        lambda: Tuak(key, topc).macs(rand, bytes(6), b"00", size),
    ):
        with pytest.raises(NotVerifiable):
            compute()


@pytest.mark.parametrize("text", [b"", b"cardlib", bytes(range(120))])
def test_the_permutation_is_that_of_sha3(text: bytes) -> None:
    state = bytearray(text.ljust(200, b"\0"))
    state[len(text)] ^= 0x06
    state[135] ^= 0x80
    assert keccak_f(bytes(state))[:32] == hashlib.sha3_256(text).digest()


@pytest.mark.parametrize("row", SETS, ids=IDS)
def test_every_function_agrees_with_the_set(row: dict[str, Any]) -> None:
    part = bytes_of(row)
    count = row["iterations"]
    card = Tuak(part["key"], derived_topc(part["key"], part["top"], count), count)
    quantities = card.quantities(part["rand"], (len(part["res"]), len(part["ck"]), len(part["ik"])))
    macs = card.macs(part["rand"], part["sqn"], part["amf"], len(part["mac_a"]))
    assert card.topc == part["topc"]
    assert macs == (part["mac_a"], part["mac_s"])
    assert (quantities.res, quantities.ck) == (part["res"], part["ck"])
    assert (quantities.ik, quantities.ak) == (part["ik"], part["ak"])
    assert card.resync_mask(part["rand"]) == part["ak_star"]


@pytest.mark.parametrize("name", ["key", "topc", "rand"])
@pytest.mark.parametrize("row", SETS, ids=IDS)
def test_one_other_bit_changes_every_function(row: dict[str, Any], name: str) -> None:
    part = bytes_of(row)
    other = dict(part)
    other[name] = bytes([part[name][0] ^ 1]) + part[name][1:]
    card = Tuak(other["key"], other["topc"], row["iterations"])
    quantities = card.quantities(
        other["rand"], (len(part["res"]), len(part["ck"]), len(part["ik"]))
    )
    mac_a, mac_s = card.macs(other["rand"], part["sqn"], part["amf"], len(part["mac_a"]))
    made = (mac_a, mac_s, quantities.res, quantities.ck, quantities.ik, quantities.ak)
    right = [part[value] for value in ("mac_a", "mac_s", "res", "ck", "ik", "ak")]
    assert all(value != expected for value, expected in zip(made, right, strict=True))
    assert card.resync_mask(other["rand"]) != part["ak_star"]


@pytest.mark.parametrize("row", SETS, ids=IDS)
def test_one_more_run_of_the_permutation_is_another_algorithm(row: dict[str, Any]) -> None:
    part = bytes_of(row)
    card = Tuak(part["key"], part["topc"], row["iterations"] + 1)
    assert card.resync_mask(part["rand"]) != part["ak_star"]


def test_a_card_prints_without_its_keys() -> None:
    assert repr(Tuak(bytes(16), bytes(32))) == "Tuak(iterations=1)"
