# SPDX-License-Identifier: MIT
"""MILENAGE: wrong lengths first, then the sets of 3GPP TS 35.207, each with a twin that must differ."""

from __future__ import annotations

import tomllib

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.crypto.milenage import Milenage, derived_opc
from conftest import ROOT

SETS = tomllib.loads((ROOT / "tests/vectors/telecom_auth.toml").read_text("utf-8"))["milenage"]
HEX = [{name: bytes.fromhex(value) for name, value in row.items()} for row in SETS]
IDS = [f"set {number}" for number in range(1, len(SETS) + 1)]


@pytest.mark.parametrize("size", [0, 8, 15, 17, 32])
def test_keys_and_challenges_of_a_wrong_length_are_refused(size: int) -> None:
    block, wrong = bytes(16), bytes(size)
    for compute in (
        lambda: derived_opc(wrong, block),
        lambda: derived_opc(block, wrong),
        lambda: Milenage(wrong, block).quantities(block),
        lambda: Milenage(block, wrong).quantities(block),
        lambda: Milenage(block, block).resync_mask(wrong),
        lambda: Milenage(block, block).macs(block, wrong, b"00"),
        lambda: Milenage(block, block).macs(block, bytes(6), wrong),
    ):
        with pytest.raises(NotVerifiable):
            compute()


@pytest.mark.parametrize("row", HEX, ids=IDS)
def test_every_function_agrees_with_the_set(row: dict[str, bytes]) -> None:
    card = Milenage(row["key"], derived_opc(row["key"], row["op"]))
    quantities = card.quantities(row["rand"])
    assert card.opc == row["opc"]
    assert card.macs(row["rand"], row["sqn"], row["amf"]) == (row["mac_a"], row["mac_s"])
    assert (quantities.res, quantities.ak) == (row["res"], row["ak"])
    assert (quantities.ck, quantities.ik) == (row["ck"], row["ik"])
    assert card.resync_mask(row["rand"]) == row["ak_star"]


@pytest.mark.parametrize("name", ["key", "opc", "rand"])
@pytest.mark.parametrize("row", HEX, ids=IDS)
def test_one_other_bit_changes_every_function(row: dict[str, bytes], name: str) -> None:
    other = dict(row)
    other[name] = bytes([row[name][0] ^ 1]) + row[name][1:]
    card = Milenage(other["key"], other["opc"])
    quantities = card.quantities(other["rand"])
    mac_a, mac_s = card.macs(other["rand"], row["sqn"], row["amf"])
    made = (mac_a, mac_s, quantities.res, quantities.ck, quantities.ik, quantities.ak)
    right = [row[part] for part in ("mac_a", "mac_s", "res", "ck", "ik", "ak")]
    assert all(value != expected for value, expected in zip(made, right, strict=True))
    assert card.resync_mask(other["rand"]) != row["ak_star"]


def test_a_card_prints_without_its_keys() -> None:
    assert repr(Milenage(bytes(16), bytes(16))) == "Milenage()"
