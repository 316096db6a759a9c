# SPDX-License-Identifier: MIT
"""Single stamps and durations; the logs around them are in the tests of columns."""

from __future__ import annotations

import pytest

from cardlib.formats.text.growth import counts_up, few_values, may_be_bytes, never_falls
from cardlib.formats.text.stamps import (
    SECOND,
    epoch_unit,
    find_stamp,
    fraction_of,
    has_year,
    is_unpadded,
    nanoseconds_of,
    stamp_at,
)
from cardlib.formats.text.ticking import Running

HOUR = 3600 * SECOND
DAY = 24 * HOUR

NO_STAMPS = [
    "00:a4:04:00",
    "12:34:56:78",
    "12:34:56:78:9a",
    "24:00:00",
    "12:60:00",
    "12:00:61",
    "2026-02-29 12:00:00",
    "2026-13-01 12:00:00",
    "31.02.2026 12:00:00",
    "13:00:00 PM",
    "0:00:00 AM",
    "Nov 31 12:00:00",
    "12:00:0a",
    "12:00:001",
    "2026-11-30",
    "20261130120000",
    "",
    "a",
]


@pytest.mark.parametrize("text", NO_STAMPS)
def test_what_is_no_moment_is_no_stamp(text: str) -> None:
    assert stamp_at(text + " ", 0) is None


STAMPS = [  # text, what of it is the stamp, its fraction
    ("12:00:00,80 A8 00 00", "12:00:00", ""),
    ("12:00:00,6985", "12:00:00", ""),
    ("12:00:00,800 A8", "12:00:00,800", "800"),
    ("12:00:00,800000 A8", "12:00:00,800000", "800000"),
    ("12:00:00,80A", "12:00:00", ""),
    ("12:00:00,800A", "12:00:00", ""),
    ("12:00:00.7 x", "12:00:00.7", "7"),
    ("12:00:00: 00A4", "12:00:00", ""),
    ("12:00:00:00A4", "12:00:00", ""),
    ("12:00:00Z 00", "12:00:00Z", ""),
    ("2026-11-30 12:00:00+0100 00", "2026-11-30 12:00:00+0100", ""),
]


@pytest.mark.parametrize(("text", "stamp", "fraction"), STAMPS)
def test_where_a_stamp_ends(text: str, stamp: str, fraction: str) -> None:
    written = stamp_at(text, 0)
    assert written is not None
    assert (text[: written.stop], written.fraction) == (stamp, fraction)


def test_a_time_in_the_middle_needs_a_fraction_or_a_date() -> None:
    assert find_stamp("send 12:34:56 00") is None
    assert find_stamp("send 12:34:56.5 00") is None
    assert find_stamp("send 07:12:34:56.500 00") is None
    found = find_stamp("send 12:34:56.500 00")
    assert found is not None
    assert (found.start, found.stop) == (5, 17)


EPOCHS = [
    ("1782453414", SECOND),
    ("1782453414.5", SECOND),
    ("1782453414123", 10**6),
    ("1782453414123456", 1000),
    ("1782453414123456789", 1),
    ("178245341", 0),
    ("17824534141", 0),
    ("0782453414", 0),  # 1994
    ("2600000000", 0),  # 2052
]


@pytest.mark.parametrize(("number", "unit"), EPOCHS)
def test_unit_of_an_epoch(number: str, unit: int) -> None:
    assert epoch_unit(number) == unit


def test_numbers_with_a_unit() -> None:
    assert nanoseconds_of("0.106063", SECOND) == 106_063_000
    assert nanoseconds_of("12", 10**6) == 12_000_000
    assert nanoseconds_of("0.5", 1) == 0


def test_fractions() -> None:
    assert fraction_of("7", True) == 7_000_000
    assert fraction_of("7", False) == 700_000_000
    assert fraction_of("123", True) == 123_000_000
    assert fraction_of("", True) == 0
    assert is_unpadded(["7", "42", "123"])
    assert is_unpadded(["7"])  # as ykman writes it
    assert not is_unpadded(["7", "042"])
    assert not is_unpadded(["10", "42", "99"])
    assert not is_unpadded(["7", "1234"])
    assert not is_unpadded(["123", "456"])


def test_which_dates_have_a_year() -> None:
    years = {
        "2026-11-30 12:00:00": True,
        "30/11/2026 12:00:00": True,
        "20261130T120000": True,
        "Nov 30 12:00:00": False,
        "Nov 30, 2026 12:00:00": True,
        "11-30 12:00:00": False,
        "I1130 12:00:00": False,
        "12:00:00": False,
    }
    for text, expected in years.items():
        written = stamp_at(text, 0)
        assert written is not None
        assert has_year(written.stamp, written.moment) is expected


def test_a_midnight_is_undone_and_a_straggler_stays_before_it() -> None:
    running = Running()
    assert running.of_day(24 * HOUR - 2) == DAY - 2
    assert running.of_day(1) == DAY + 1
    assert running.of_day(24 * HOUR - 1) == DAY - 1
    assert running.of_day(2) == DAY + 2


def test_going_back_is_no_midnight() -> None:
    running = Running()
    assert running.of_day(12 * HOUR) == 12 * HOUR
    assert running.of_day(7 * HOUR) == 7 * HOUR


def test_a_saturated_delta_ends_the_sum() -> None:
    running = Running()
    assert running.add(5) == 5
    assert running.add(99_999_999_000) is None
    assert running.add(5) is None


def test_growth() -> None:
    assert never_falls([1, 1, 2])
    assert not never_falls([1, 1, 1])
    assert not never_falls([1, 2, 1])
    assert never_falls([*range(21), 5])
    assert counts_up([7, 8, 8, 9])
    assert not counts_up([7, 9])
    assert not counts_up([7, 7, 7])
    assert not counts_up([7])
    assert few_values(["5010", "5010", "5011", "5010", "5010"])
    assert not few_values(["5010", "5011", "5012", "5010", "5010"])


@pytest.mark.parametrize("digits", ["9000", "6300", "00840000", "80", "9190", "8050", "00"])
def test_digits_that_may_be_bytes(digits: str) -> None:
    assert may_be_bytes(digits)


@pytest.mark.parametrize("digits", ["1234", "12345", "123", "12", "31720011", "5010"])
def test_digits_that_are_hardly_bytes(digits: str) -> None:
    assert not may_be_bytes(digits)
