# SPDX-License-Identifier: MIT
"""What was learned of a log, in words."""

from __future__ import annotations

import pytest

from cardlib.formats.text.learning import Counts
from cardlib.formats.text.phrases import learned_phrases

PHRASES: dict[str, tuple[Counts, tuple[str, ...], str]] = {
    "nothing": ({}, (), ""),
    "columns alone": ({}, ("time of day, 1 ms, in front",), "time of day, 1 ms, in front"),
    "words alone say nothing": ({"word zorb": {"C": 9}}, (), "bare lines in turn"),
    "no role in the majority": ({"=> |0": {"C": 2, "A": 2}}, (), "bare lines in turn"),
    "left out": ({"=key |0": {"N": 4}}, (), "bare lines in turn"),
    "both halves": (
        {"=> |0": {"C": 14}, "=< |0": {"A": 13, "N": 1}},
        (),
        '">" are commands, 14 of 14; "<" are answers, 13 of 14',
    ),
    "bare lines": (
        {"above=bare |0": {"C": 3}, "=< |0": {"A": 3}},
        ("counter at the line start",),
        'bare lines are commands, 3 of 3; "<" are answers, 3 of 3; counter at the line start',
    ),
    "lines below a label": (
        {"above=Zorb:|0": {"C": 3}, "above=Blip:|0": {"A": 3}},
        (),
        'lines below "Zorb:" are commands, 3 of 3; lines below "Blip:" are answers, 3 of 3',
    ),
    "the features of status words are counted once": (
        {"=> |0": {"C": 4}, "=< |0": {"A": 4}, "=< |0#2": {"A": 3}},
        (),
        '">" are commands, 4 of 4; "<" are answers, 4 of 4',
    ),
    "the two commonest": (
        {"=a |0": {"C": 1}, "=b |0": {"C": 3}, "=c |0": {"C": 2}},
        (),
        '"b" are commands, 3 of 3; "c" are commands, 2 of 2',
    ),
    "a place in the line": ({"=; |1": {"A": 5}}, (), '";" are answers, 5 of 5'),
}


@pytest.mark.parametrize("name", PHRASES)
def test_phrases(name: str) -> None:
    counts, columns, phrase = PHRASES[name]
    assert learned_phrases(counts, columns) == phrase


def test_a_long_text_is_cut_in_front() -> None:
    phrase = learned_phrases({"=" + "x" * 90 + " Zorb: |0": {"C": 2}}, ())
    assert phrase == '"...' + "x" * 31 + ' Zorb:" are commands, 2 of 2'
