# SPDX-License-Identifier: MIT
"""What becomes of the result of a rule: a pass over something that is missing is none."""

from __future__ import annotations

import pytest
import test_rules_chips_transit as transit
from dialogue import judged

import cardlib
from cardlib import Capture
from cardlib.core.model import Evidence
from cardlib.rules import RULES, Given
from cardlib.rules.engine import Case, Result
from cardlib.rules.judgement import Holes, Veils, findings, unwatched

SELECT = "> 00A4040007A0000000031010\n< 9000\n"
WHOLE = SELECT + "> 0084000008\n< 11223344556677889000\n"
UNANSWERED = SELECT + "> 0084000008\n> 00B2010C00\n< 6A83\n"
CUT_COMMAND = SELECT + "> 0020008008241234\n< 9000\n"
CUT_ANSWER = SELECT + "> 0084000008\n< 90\n"
GAP = SELECT + "> 00A\n< 9000\n"


def case(text: str) -> Case:
    return Case(cardlib.read_text(text), Given())


def under(text: str, exchange: int, counts: bool = False) -> str:
    seen = case(text)
    place = Evidence(exchange, "command", 0, 1)
    return Holes((seen,)).under(Result("pass", "all is well", (place,)), seen.file, counts)


@pytest.mark.parametrize("text", [UNANSWERED, CUT_COMMAND, CUT_ANSWER])
def test_a_pass_does_not_rest_on_an_exchange_that_is_not_whole(text: str) -> None:
    assert under(text, 1)
    assert under(text, 0) == ""
    assert under(text, 0, counts=True) == under(text, 1)


def test_a_whole_capture_has_no_holes() -> None:
    assert under(WHOLE, 0) == under(WHOLE, 1) == under(WHOLE, 1, counts=True) == ""


def test_a_line_that_cannot_be_read_hides_a_try_or_a_repeat() -> None:
    assert under(GAP, 0) == ""
    assert under(GAP, 0, counts=True) == "a part of the capture is damaged"


def test_a_hole_in_one_file_is_none_in_another() -> None:
    place = Evidence(1, "command", 0, 1, "other.txt")
    assert Holes((case(UNANSWERED),)).under(Result("pass", "", (place,)), "other.txt", True) == ""


def dialogue(*lines: str) -> Capture:
    rows = [f"{'><'[at % 2]} {line}" for at, line in enumerate(lines) if line]
    return cardlib.read_text("\n".join(rows) + "\n")


PIV = ("00A404000BA000000308000010000100", "9000")
TRIED = (*PIV, "0020008008313131313131FFFF", "63C2")
GREETED = (  # a card with SCP02 and key version 20
    "80500000085AE1C0DE77300912",
    "A1A2A3A4A5A6A7A8A9AA" + "2002" + "0017" + "3D9B60C82A71" + "4E0F55B3D2196C87" + "9000",
)
COUNTERS = {  # one wrong code is no search; a second may be what is missing
    "V05": TRIED,
    "E41": ("00A4040007A0000000031010", "9000", "0020008008241234FFFFFFFFFF", "63C2"),
    "G09": (*GREETED, "8482010010" + "A5" * 16, "6300"),
    "G20": (*GREETED, "8482010010" + "A5" * 16, "6300"),
    "M34": (
        *(*transit.SELECTED, *transit.opened("C1C2C3C4"), *transit.CLOSED),
        *(*transit.opened("C1C2C3C5"), *transit.CLOSED),
    ),
    "S26": ("00A4040007A0000000871002", "9000", "002000010831323334FFFFFFFF", "63C2"),
}


@pytest.mark.parametrize("rule", COUNTERS)
@pytest.mark.parametrize("damage", [("00B0000010", ""), ("00B0000010", "61"), ("", "6982")])
def test_rules_that_count_pass_only_where_nothing_is_missing(
    rule: str, damage: tuple[str, str]
) -> None:
    whole = dialogue(*COUNTERS[rule], "00B0000010", "6982")
    damaged = dialogue(*COUNTERS[rule], *damage, "0084000008", "6D00")
    assert {finding.verdict for finding in judged(rule, whole)} == {"pass"}
    (finding,) = judged(rule, damaged)
    assert finding.verdict == "not-enough-data" and "something may be hidden" in finding.detail


def test_rules_that_count_say_so() -> None:
    assert {rule.id for rule in RULES if rule.counts} == {
        *("E41", "E42", "E57", "E61", "E102", "G09", "G20", "M19", "M34"),
        *("S04", "S12", "S19", "S20", "S26", "S31", "V05"),
    }


def test_secrets_are_hidden_by_the_file_they_are_of() -> None:
    number = "> 00B2010C00\n< 700A5A0847617390010101199000\n"
    veils = Veils([case(SELECT + number)])
    assert "4761739001010119" not in veils.over("number 4761739001010119", "")


def test_every_rule_says_something() -> None:
    cases = (case(WHOLE),)
    assert list(unwatched([], 0)) == []
    assert {finding.rule for finding in findings(RULES[:5], cases)} == {r.id for r in RULES[:5]}
