# SPDX-License-Identifier: MIT
"""What a caller says about the lines of a log."""

from __future__ import annotations

from cardlib.formats.text.hints import NO_HINTS, Hints


def test_no_hint_is_false() -> None:
    assert not NO_HINTS
    assert not Hints((), ())
    assert Hints(to_card=("a",))
    assert Hints(from_card=("a",))
