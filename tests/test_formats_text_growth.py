# SPDX-License-Identifier: MIT
"""How numbers grow at one place of many lines; the digits that may be bytes are in the tests of stamps."""

from __future__ import annotations

import pytest

from cardlib.formats.text.growth import counts_up, few_values, may_be_bytes, never_falls


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], False),
        ([5], False),
        ([5, 5, 5], False),  # it must rise at all
        ([5, 4], False),
        ([1, 5, 4, 6], False),
        ([*range(19), 5], False),  # one step of 19 falls
        ([*range(20), 5], True),
        ([*range(21), 5, *range(6, 10)], True),
        ([1, 2], True),
        ([1, 1, 2], True),
        ([-5, 0, 10**30], True),
    ],
)
def test_never_falls(values: list[int], expected: bool) -> None:
    assert never_falls(values) is expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], False),
        ([1], False),
        ([1, 3], False),
        ([2, 1], False),
        ([1, 1, 1, 1], False),
        ([1, 1, 1, 1, 2], False),  # hardly a new one
        ([1, 2], True),
        ([7, 7, 8, 8, 9], True),
        ([255, 256, 257], True),
    ],
)
def test_counts_up(values: list[int], expected: bool) -> None:
    assert counts_up(values) is expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], False),
        (["1"] * 4, False),  # too few lines
        (["1", "2", "3", "1", "2"], False),
        (["1", "2", "1", "2", "1"], True),
        (["1"] * 5, True),
        ([str(number % 4) for number in range(20)], True),
        ([str(number % 5) for number in range(20)], False),
    ],
)
def test_few_values(texts: list[str], expected: bool) -> None:
    assert few_values(texts) is expected


@pytest.mark.parametrize("digits", ["9", "900", "00000"])
def test_odd_digits_are_no_bytes(digits: str) -> None:
    assert not may_be_bytes(digits)


@pytest.mark.parametrize("digits", ["6082", "6F10", "9100", "9F0C"])
def test_status_words_may_be_bytes(digits: str) -> None:
    assert may_be_bytes(digits)
    assert not may_be_bytes(digits + "00")  # a command of class 60 or 91 hardly occurs
