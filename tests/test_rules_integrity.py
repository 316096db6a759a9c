# SPDX-License-Identifier: MIT
"""Rule X0: a capture on which it fails for each reason, and one on which it passes."""

from __future__ import annotations

import pytest
from test_secrets import capture

import cardlib
from cardlib import Capture, Finding
from cardlib.core.model import Evidence
from cardlib.rules import check
from cardlib.rules.integrity import integrity

GOOD = ("00A4040000", "9000")


def verdicts(source: Capture) -> list[tuple[str, str]]:
    return [(finding.verdict, finding.detail) for finding in check(source, [integrity])]


def evidence(finding: Finding) -> list[tuple[int, str, int, int]]:
    return [(e.exchange, e.side, e.start, e.stop) for e in finding.evidence]


def test_pass() -> None:
    (finding,) = check(capture(*GOOD, *GOOD), [integrity])
    assert (finding.rule, finding.severity, finding.verdict) == ("X0", "low", "pass")
    assert finding.detail == "2 exchanges, each with command, answer and status word"
    assert evidence(finding) == [(0, "command", 0, 5), (1, "response", 0, 2)]
    assert finding.evidence[0] == Evidence(0, "command", 0, 5, "(text)")


@pytest.mark.parametrize(
    ("lines", "detail", "place"),
    [
        (("", "9000"), "an answer without its command", ("response", 0, 2)),
        (("00A4040000", ""), "a command without an answer", ("command", 0, 5)),
        (
            ("00A4040000", "00000000"),
            "no status word: no legal status word at the end",
            ("response", 0, 4),
        ),
        (("00A4040000", "6110"), "16 bytes announced (61XX) and not fetched", ("response", 0, 2)),
        (("00A4040000", "6100"), "256 bytes announced (61XX) and not fetched", ("response", 0, 2)),
        (
            ("00CA006E00", "6E03906103"),
            "3 bytes announced (61XX) and not fetched",
            ("response", 0, 5),
        ),
        (("00A4040000", "6C10"), "wrong length (6CXX) and not repeated", ("response", 0, 2)),
        (("00A4040009A0", "6700"), "Lc says 9 bytes, 1 follow", ("command", 0, 6)),
    ],
)
def test_fail(lines: tuple[str, str], detail: str, place: tuple[str, int, int]) -> None:
    (finding,) = check(capture(*GOOD, *lines), [integrity])
    assert (finding.verdict, finding.detail) == ("fail", detail)
    assert evidence(finding) == [(1, *place)]


def test_a_reader_that_asked_for_no_more_left_nothing_out() -> None:
    """An object is begun with a short Le, which tells its length: its rest is waited for by nobody."""
    short = ("00CB3FFF055C035FC10208", "533B3019D4E739DA6135")
    assert [verdict for verdict, _ in verdicts(capture(*short))] == ["pass"]
    (finding,) = check(capture(short[0][:-2] + "09", short[1]), [integrity])
    assert finding.verdict == "fail"


def test_damage_is_a_gap() -> None:
    found = check(
        cardlib.read_text("> 00A4040000\n< 9000\n< 90 0\n> 00A4040000\n< 9000\n"), [integrity]
    )
    assert found[0].verdict == "fail" and "in which exchanges may be hidden" in found[0].detail


def test_many_are_counted() -> None:
    found = verdicts(capture(*("00A4040000", "6110", "00B2010C00", "9000") * 60))
    assert len(found) == 21 and found[-1] == ("fail", "40 more exchanges that are not whole")


def test_a_recorder_that_wrote_all_of_it_twice() -> None:
    lines = ["00A4040000", "9000", "00B2010C00", "70009000", "00B2020C00", "70009000"]
    twice = [line for place in (0, 2, 4) for line in 2 * lines[place : place + 2]]
    assert verdicts(capture(*twice)) == [("fail", "each exchange stands twice")]
    assert verdicts(capture(*lines, *lines))[0][0] == "pass"  # the same again, later, is no fault


def test_not_enough_data() -> None:
    one = Capture("x", "hex pairs", ())
    assert verdicts(one) == [("not-enough-data", "no exchange in this capture")]
