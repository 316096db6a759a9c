# SPDX-License-Identifier: MIT
"""What a caller says about the lines of a log."""

from __future__ import annotations

import pytest

from cardlib.formats.text.hints import NO_HINTS, Hints


def test_no_hint_is_false() -> None:
    assert not NO_HINTS
    assert not Hints((), ())
    assert Hints(to_card=("a",))
    assert Hints(from_card=("a",))


HINTS = Hints(to_card=("Zorb", "tx"), from_card=("Blip",))


@pytest.mark.parametrize("text", ["", "zorb 00A4", "blip", "00A4", "t x"])
def test_no_mark_in_a_line(text: str) -> None:
    assert HINTS.mark_in(text) is None
    assert NO_HINTS.mark_in(text) is None


@pytest.mark.parametrize(
    ("text", "sender", "rest"),
    [
        ("Zorb: 00A4", "reader", "00A4"),
        ("Zorb=00A4", "reader", "00A4"),
        ("tx\t00A4 ", "reader", "00A4 "),
        ("12:00 [Blip] 9000", "card", "] 9000"),
        ("Blip", "card", ""),
        ("Blip to Zorb: 9000", "card", "to Zorb: 9000"),  # the first one counts
        ("Zorb, then Blip: 9000", "reader", ", then Blip: 9000"),
    ],
)
def test_mark_in_a_line(text: str, sender: str, rest: str) -> None:
    assert HINTS.mark_in(text) == (sender, rest)
