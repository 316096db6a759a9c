# SPDX-License-Identifier: MIT
"""The running clock of a log; midnights are in the tests of stamps."""

from __future__ import annotations

from cardlib.formats.text.ticking import SATURATED, Running

S = 10**9
HOUR = 3600 * S
DAY = 24 * HOUR


def test_a_fall_of_less_than_six_hours_stays() -> None:
    running = Running()
    running.of_day(12 * HOUR)
    assert running.of_day(6 * HOUR) == 6 * HOUR
    assert running.of_day(12 * HOUR) == 12 * HOUR


def test_a_fall_of_more_than_six_hours_is_a_midnight() -> None:
    running = Running()
    running.of_day(12 * HOUR)
    assert running.of_day(6 * HOUR - 1) == DAY + 6 * HOUR - 1


def test_two_midnights() -> None:
    running = Running()
    times = [23 * HOUR, HOUR, 23 * HOUR, HOUR]
    assert [running.of_day(at) for at in times] == [
        23 * HOUR,
        DAY + HOUR,
        DAY + 23 * HOUR,
        2 * DAY + HOUR,
    ]


def test_a_rise_of_a_day_before_any_midnight_is_no_straggler() -> None:
    running = Running()
    running.of_day(0)
    assert running.of_day(DAY - S) == DAY - S


def test_lines_without_date_are_of_the_last_date() -> None:
    running = Running()
    assert running.dated(100 * DAY + 23 * HOUR) == 100 * DAY + 23 * HOUR
    assert running.of_day(23 * HOUR + S) == 100 * DAY + 23 * HOUR + S
    assert running.of_day(S) == 101 * DAY + S


def test_a_date_goes_back_where_the_log_says_so() -> None:
    running = Running()
    running.dated(100 * DAY)
    assert running.dated(90 * DAY) == 90 * DAY


def test_new_year() -> None:
    running = Running()
    assert running.without_year(365 * DAY) == 365 * DAY
    assert running.without_year(0) == 366 * DAY
    assert running.without_year(DAY) == 367 * DAY


def test_a_date_that_goes_back_by_a_month_is_no_new_year() -> None:
    running = Running()
    running.without_year(100 * DAY)
    assert running.without_year(70 * DAY) == 70 * DAY


def test_sums() -> None:
    running = Running()
    assert [running.add(passed) for passed in (0, 5, 7)] == [0, 5, 12]


def test_what_is_longer_than_can_be_said_ends_the_sum() -> None:
    """debuglog.c of pcsc-lite writes at most 99999999 microseconds."""
    assert SATURATED == 99_999_999 * 1000
    running = Running()
    running.add(SATURATED - 1000)
    assert running.add(SATURATED) is None
    assert running.add(0) is None
