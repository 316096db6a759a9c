# SPDX-License-Identifier: MIT
"""Whether a PIN was checked before: in this session, in another, refused, or perhaps in a gap."""

from __future__ import annotations

import pytest
from dialogue import captured

from cardlib import Capture, read_text
from cardlib.rules import Case, Given
from cardlib.rules.pins import earlier_by_index, needs_pin

PIN = ("00200080083132333435363738", "9000")
USE = ("00B0000010", "00" * 16 + "9000")


def verdict(capture: Capture) -> str:
    """What is said of the last exchange."""
    case = Case(capture, Given())
    last = case.exchanges[-1]
    return needs_pin("use", earlier_by_index(case)[last.index], last).verdict


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((*USE,), "fail"),
        ((PIN[0], "63C2", *USE), "fail"),
        (("00B0000010", "", *USE), "not-enough-data"),
        ((*PIN, "00B0000010", "", *USE), "pass"),
        ((*PIN, *USE), "pass"),
    ],
)
def test_before(lines: tuple[str, ...], expected: str) -> None:
    assert verdict(captured(lines)) == expected


def test_a_pin_of_another_session_does_not_count() -> None:
    text = f"ATR: 3B00\n> {PIN[0]}\n< {PIN[1]}\nATR: 3B00\n> {USE[0]}\n< {USE[1]}\n"
    assert verdict(read_text(text)) == "fail"
