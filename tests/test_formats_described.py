# SPDX-License-Identifier: MIT
"""What a description of text formats says is what the formats are."""

from __future__ import annotations

import pytest

from cardlib.formats.described import described

TEXT = r"""
let NUMBER \d{1,4}

format first, host, proven
sign ^A[ ]
prefix ({NUMBER}|
    {NUMBER}x)[ ]
marks [!]
options width=18, columns=no, late=yes, saturated=99, unwrap=mine
reader apdu+rows@2 Ask {NUMBER} (.*)
none skip x{3,4}

format second, none, unproven
sign ^B
card atr ATR (.*)
"""


@pytest.mark.parametrize("text", ["sign x", "format a, host", "format a, host, proven\nreader apdu", "reader apdu x"])
def test_broken_description_raises(text: str) -> None:
    with pytest.raises((IndexError, ValueError, TypeError)):
        described(text)


def test_description_of_two_formats() -> None:
    first, second = described(TEXT, mine=lambda: lambda sender, before, data: "note")
    assert (first.NAME, first.CLOCK, first.PROVEN, second.NAME) == ("first", "host", True, "second")
    assert (first.sign.pattern, first.prefix.pattern) == ("^A[ ]", r"(\d{1,4}|\d{1,4}x)[ ]")
    assert (first.width, first.columns, first.late, first.sticky, first.saturated) == (18, False, True, False, "99")
    assert first.unwrap and first.unwrap()("card", b"", b"") == "note" and first.marks and second.marks is None
    [asked, skipped], [atr] = first.rules, second.rules
    assert (asked.sender, asked.kind, asked.rows, asked.level) == ("reader", "apdu", True, 2)
    assert asked.pattern.pattern == r"Ask \d{1,4} (.*)" and skipped.pattern.pattern == "x{3,4}"
    assert (atr.sender, atr.kind, atr.rows, atr.level, second.PROVEN) == ("card", "atr", False, 0, False)
