# SPDX-License-Identifier: MIT
"""Keys of cards from master keys, check values: wrong input first, then published values."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.crypto import blocks
from cardlib.crypto.channels import class_under_mac, diversified, enciphers, enciphers_answers
from conftest import ROOT

VECTORS = tomllib.loads((ROOT / "tests/vectors/globalplatform.toml").read_text("utf-8"))
CARD = bytes(range(10))
hexa = bytes.fromhex


@pytest.mark.parametrize(
    ("method", "master", "card"),
    [
        ("emv", bytes(24), CARD),
        ("visa2", bytes(8), CARD),
        ("kdf3", bytes(20), CARD),
        ("emv", bytes(16), CARD[:9]),
        ("kdf3", bytes(16), b""),
        ("none", bytes(16), CARD),
    ],
)
def test_what_cannot_be_derived_is_refused(method: str, master: bytes, card: bytes) -> None:
    with pytest.raises(NotVerifiable):
        diversified(method, master, card)


@pytest.mark.parametrize("row", VECTORS["diversified"])
def test_published_keys(row: dict[str, Any]) -> None:
    keys = diversified(row["method"], hexa(row["master"]), hexa(row["card"]))
    assert keys.enc == hexa(row["enc"])
    if "mac" not in row:
        return
    assert (keys.mac, keys.dek) == (hexa(row["mac"]), hexa(row["dek"]))
    check = blocks.aes_kcv if row["method"] == "kdf3" else blocks.kcv
    values = [check(key) for key in (keys.enc, keys.mac, keys.dek)]
    assert values == [hexa(value) for value in row["kcv"]]


@pytest.mark.parametrize("row", VECTORS["kcv"])
def test_published_check_values(row: dict[str, Any]) -> None:
    key = hexa(row["key"])
    right, wrong = blocks.kcv, blocks.aes_kcv
    if row["algorithm"] == "AES":
        right, wrong = wrong, right
    assert right(key) == hexa(row["kcv"])
    assert wrong(key) != hexa(row["kcv"])


def test_the_class_under_a_mac_is_of_channel_0() -> None:
    for cla in (0x80, 0x84, 0x87):
        assert class_under_mac(bytes([cla, 0xE2, 0x80, 0])) == hexa("84E28000")
    assert class_under_mac(hexa("E0E28000")) == hexa("84E28000")


def test_levels() -> None:
    assert [enciphers(level) for level in (0, 1, 3, 0x13, 0x33)] == [0, 0, 1, 1, 1]
    assert [enciphers_answers(level) for level in (0, 3, 0x13, 0x33)] == [0, 0, 0, 1]
