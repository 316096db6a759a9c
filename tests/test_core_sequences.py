# SPDX-License-Identifier: MIT
"""A capture as a sequence: counted, gone through, asked for by number or slice."""

from __future__ import annotations

import pytest
from dialogue import payment

from cardlib.core.model import Capture, Exchange, Session
from cardlib.core.sequences import Listed


def test_a_capture_is_a_sequence_of_exchanges() -> None:
    capture = payment()
    assert len(capture) == 7
    assert [exchange.index for exchange in capture] == list(range(7))
    assert capture[3] is capture.exchanges[3]
    assert capture[-1].index == 6
    assert [exchange.index for exchange in capture[2:4]] == [2, 3]
    assert [exchange.index for exchange in capture[::3]] == [0, 3, 6]
    assert capture[99:] == ()
    with pytest.raises(IndexError):
        capture[7]


def test_numbers_are_those_of_prints_where_readers_take_turns() -> None:
    first = Session(0, exchanges=(Exchange(0, 0, None, None), Exchange(2, 0, None, None)))
    second = Session(1, exchanges=(Exchange(1, 1, None, None),))
    capture = Capture("", "", (first, second))
    assert [exchange.index for exchange in capture] == [0, 2, 1]
    assert capture[1].session == 1
    assert [exchange.index for exchange in capture[1:]] == [1, 2]


def test_an_empty_capture_is_true() -> None:
    assert Capture("", "", ())
    assert len(Capture("", "", ())) == 0


def test_slices_print_like_lines() -> None:
    capture = payment()
    assert str(capture[3:5]) == "\n".join(str(capture[n]).splitlines()[0] for n in (3, 4))
    assert repr(capture[3:5]) == str(capture[3:5])
    assert isinstance(capture.exchanges, Listed)
