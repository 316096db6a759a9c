# SPDX-License-Identifier: MIT
"""What pyscard prints while it works, with its way of writing status words."""

from __future__ import annotations

import io
import random

import pytest

import cardlib
from cardlib.formats.logs import PYSCARD as pyscard_log
from cardlib.model import Coverage, Frame, Problem, Session

LOG = """\
connecting to Some Reader 00 00
> 00 A4 04 00 07 A0 00 00 00 03 10 10 00
< 6F 10 84 07 A0 00 00 00 03 10 10 A5 05 50 03 41 42 43 90 00
> 00 B2 01 0C 00
<  [] 6A 83
> 00 B0 00 00 02
< 01 02 90 0
disconnecting from Some Reader 00 00
"""


def read(text: str) -> list[Frame | Session | Problem]:
    data, coverage = text.encode(), Coverage()
    items = list(pyscard_log.frames(io.BytesIO(data), coverage))
    assert coverage.total == len(data)
    return items


def test_session() -> None:
    capture = cardlib.read_text(LOG + LOG)
    assert (capture.format, len(capture.sessions), len(capture.exchanges)) == ("pyscard observer", 2, 6)
    assert capture.problems == ()
    assert capture.sessions[1].meta == (("reader", "Some Reader 00 00"),)
    assert [frame.note[:12] for frame in capture.sessions[0].frames] == ["connecting t", "disconnectin"]
    assert capture.exchanges[0].context.how == "assumed"
    assert capture.exchanges[1].context.how == "selected"
    assert all(exchange.end_ns is None for exchange in capture.exchanges)


STATUS = {
    "<  [] 90 0": "9000",
    "<  [] 90 00": "9000",
    "<  []  6 0": "0600",
    "< 90 0": "9000",
    "< 01 02 90 0": "01029000",
    "< 01 02 61  E": "0102610e",
    "< 01 02 61 1E": "0102611e",
    "< 01 02 90 00 ": "01029000",
    "< 0102 9000": "01029000",
    "< 01 0290 00": "01029000",
}


@pytest.mark.parametrize("text", STATUS)
def test_status_word_may_lose_a_zero(text: str) -> None:
    (frame,) = read(text)
    assert isinstance(frame, Frame)
    assert (frame.data.hex(), frame.sender) == (STATUS[text], "card")


@pytest.mark.parametrize("text", ["< 90 0G", "> 00 A4 0", "> zz", "<  [] 90", "< 0 01 90 00", "< 9", "00 A4 04 00 07"])
def test_damaged_line_is_a_problem_and_costs_itself(text: str) -> None:
    items = read(LOG + text + "\n" + LOG)
    problems = [item for item in items if isinstance(item, Problem)]
    assert [(problem.kind, problem.unit) for problem in problems] == [("unreadable line", 9)]
    assert sum(isinstance(item, Frame) for item in items) == 16


def test_reconnecting_is_an_event_and_other_text_is_skipped() -> None:
    items = read("reconnecting to A\nrelease from A\nhello\n\n")
    assert [item.note for item in items if isinstance(item, Frame)] == ["reconnecting to A", "release from A"]


def test_lines_around_a_damaged_one_are_unaffected() -> None:
    lines = (LOG * 3).splitlines()
    for seed in range(200):
        rng = random.Random(seed)
        row, new = rng.randrange(len(lines)), lines[:]
        at = rng.randrange(len(new[row]))
        new[row] = new[row][:at] + rng.choice(["", "?", "00", "\x00"]) + new[row][at + 1 :]
        items = read("\n".join(new) + "\n")
        frames = {item.unit: item.data for item in items if isinstance(item, Frame)}
        whole = {item.unit: item.data for item in read(LOG * 3) if isinstance(item, Frame)}
        assert all(frames[unit] == data for unit, data in whole.items() if unit != row + 1)


def test_recognises() -> None:
    assert pyscard_log.recognises(LOG.encode()) > 0.8
    assert pyscard_log.recognises(b"> 00 A4 04 00\n<  [] 90 00\n") > 0.8
    assert pyscard_log.recognises(b"> 00 A4 04 00\n< 90 00\n") == 0
    assert pyscard_log.recognises(b"connecting to the world\n") == 0


def test_long_lines_are_passed_on() -> None:
    assert [item.kind for item in read("> " + "00 " * 500_000) if isinstance(item, Problem)] == ["long line"] * 2
