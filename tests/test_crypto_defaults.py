# SPDX-License-Identifier: MIT
"""Published keys: each has the size of its kind and a name; those that are meant for all readers."""

from __future__ import annotations

import pytest

from cardlib.crypto.defaults import is_meant_for_all, name_of, published

SIZES = {
    "classic": {6},
    "desfire": {16, 24},
    "ultralight": {16},
    "password": {4},
    "sle4442": {3},
    "sle4428": {2},
    "milenage": {32},
    "certificate issuer for tests": {20},
    "challenge of a host": {8},
}


def test_a_kind_that_nobody_knows_has_none() -> None:
    assert published("abacus") == {}
    assert name_of("abacus", bytes(6)) == ""


@pytest.mark.parametrize("kind", SIZES)
def test_sizes_and_names(kind: str) -> None:
    rows = published(kind)
    assert {len(value) for value in rows} == SIZES[kind]
    assert all(rows.values())


def test_a_finding_calls_a_key_by_its_name() -> None:
    assert name_of("classic", bytes.fromhex("FFFFFFFFFFFF")) == "the transport key of NXP"
    assert name_of("classic", bytes.fromhex("FFFFFFFFFFFD")) == ""


@pytest.mark.parametrize(
    ("key", "sector", "is_for_all"),
    [
        ("A0A1A2A3A4A5", 0, True),
        ("A0A1A2A3A4A5", 16, True),
        ("A0A1A2A3A4A5", 1, False),
        ("D3F7D3F7D3F7", 7, True),
        ("FFFFFFFFFFFF", 0, False),
    ],
)
def test_keys_that_all_readers_are_meant_to_know(key: str, sector: int, is_for_all: bool) -> None:
    assert is_meant_for_all(bytes.fromhex(key), sector) is is_for_all
