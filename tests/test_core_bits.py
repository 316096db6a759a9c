# SPDX-License-Identifier: MIT
"""Bits with meanings: rows that cannot be honoured first, then what bytes say, and which bits no row names."""

from __future__ import annotations

from typing import Any

import pytest

from cardlib.core.bits import Bits, ByteText, bit, bytes_of
from cardlib.core.errors import DictionaryError

AIP = bytes_of(
    [
        [1, "7", 1, "SDA supported"],
        [1, "6", 1, "DDA supported"],
        [2, "8-5", 2, "two"],
        [2, "8-5", "INT", "number {n}"],
        [2, "1", 0, ""],
    ]
)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("9", 1, "x"), "bits '9' are not like 8-7 or 4"),
        ((7, 1, "x"), "bits 7 are not like 8-7 or 4"),
        (("4-7", 1, "x"), "need the high bit first"),
        (("8-7", 4, "x"), "value 4 does not fit bits 8-7"),
        (("8-7", True, "x"), "value True does not fit bits 8-7"),
        (("8-7", 1, None), "and a meaning"),
        (("8-7", "INT", "x"), "for INT with {n} in it"),
    ],
)
def test_rows_that_cannot_be_honoured(row: tuple[Any, Any, Any], reason: str) -> None:
    with pytest.raises(DictionaryError) as caught:
        bit(*row)
    assert reason in str(caught.value)


@pytest.mark.parametrize("place", [0, 256, "1", True])
def test_a_byte_is_numbered_from_1(place: object) -> None:
    with pytest.raises(DictionaryError):
        bytes_of([[place, "8", 1, "x"]])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", "none set"),
        ("0000", "number 0"),
        ("6020", "SDA supported; DDA supported; two"),
        ("4030", "SDA supported; number 3"),
        ("8030", "number 3 (not named: 8000)"),
        ("0001", "number 0 (not named: 0001)"),
        ("40", "SDA supported"),
        ("400000FF", "SDA supported; number 0 (not named: 000000FF)"),
    ],
)
def test_what_bytes_say(value: str, text: str) -> None:
    assert Bits(AIP)(bytes.fromhex(value)) == text


def test_each_byte_is_read_once() -> None:
    row = ByteText((bit("8", 1, "set"),))
    assert (row(0x80), row.read(0x81)) == ("set", ("set", 1))
    assert row.read(0x81) is row.read(0x81)
