# SPDX-License-Identifier: MIT
"""What the head of a log shows as a whole, and how a decision is told."""

from __future__ import annotations

import pytest

from cardlib.formats.text.evidence import (
    Seen,
    follow,
    head_of,
    number_resolution,
    resolution_text,
    where,
)
from cardlib.formats.text.prefixes import Token

S, MS, US = 10**9, 10**6, 1000


def seen(text: str, rest: str = "", way: str = "") -> Seen:
    return Seen(Token("N", 0, len(text), ""), text, text + rest, way)


def test_nothing() -> None:
    head = head_of([], comma_separates=False)
    assert (head.lines, head.colon_hex, head.dotted_hex, head.unit) == (0, False, False, 0)


@pytest.mark.parametrize(
    ("line", "colons", "dots"),
    [
        ("12:34:56 x", False, False),
        ("12:34:56:78:9", False, False),
        ("12:34:56:78", True, False),
        ("> 00:A4:04:00", True, False),
        ("00.A4.04", False, True),
        ("192.168.1.20", False, False),
        ("a00.A4.04", False, False),
        ("00.A4.04x", False, False),
    ],
)
def test_bytes_with_signs_between(line: str, colons: bool, dots: bool) -> None:
    head = head_of(["x", line], comma_separates=False)
    assert (head.colon_hex, head.dotted_hex) == (colons, dots)


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("time_ms,dir,data", MS),
        ("Time [s];data", S),
        ("elapsed us | data", US),
        ("timestamp(ns) data", 1),
        ("Ticks ms", MS),
        ("time,data", 0),
        ("sometimes ms", 0),
        ("length_ms", 0),
    ],
)
def test_unit_in_a_header(header: str, unit: int) -> None:
    assert head_of([header, "1 00A4"], comma_separates=False).unit == unit
    assert head_of(["x"] * 5 + [header], comma_separates=False).unit == 0  # too far down


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (S, "1 s"),
        (60 * S, "60 s"),
        (MS, "1 ms"),
        (10 * MS, "10 ms"),
        (US, "1 µs"),
        (100, "100 ns"),
        (1, "1 ns"),
        (0, "1 ns"),
    ],
)
def test_resolution_in_words(nanoseconds: int, text: str) -> None:
    assert resolution_text(nanoseconds) == text


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("", ", in front"),
        ("[", ", in front"),
        (" ", ", in front"),
        ("T ", " in column 2"),
        ("T w [", " in column 3"),
        ("> ", " in column 1"),
    ],
)
def test_place_in_words(place: str, text: str) -> None:
    assert where(place) == text


@pytest.mark.parametrize(
    ("texts", "unit", "resolution"),
    [
        (["12"], MS, MS),
        (["0.5"], S, 100 * MS),
        (["0.5", "0.125"], S, MS),
        (["0.123456"], MS, 1),
        (["0.5"], 1, 1),
    ],
)
def test_resolution_of_numbers(texts: list[str], unit: int, resolution: int) -> None:
    assert number_resolution([seen(text) for text in texts], unit) == resolution


def test_ways_in_which_lines_go_on() -> None:
    assert follow([]) == ""
    assert follow([seen("1"), seen("2")]) == ""
    assert follow([seen("1", way="b"), seen("2", way="a"), seen("3", way="b")]) == "a|b"
    assert follow([seen("1", way=f"{number:02}") for number in range(13)]) == ""


def test_rest_of_a_line() -> None:
    assert seen("12", " > 00A4").rest == " > 00A4"
