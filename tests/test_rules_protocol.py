# SPDX-License-Identifier: MIT
"""Rules about any card, each with a capture on which it fails and one on which it passes."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from dialogue import captured, judged, payment

import cardlib
from cardlib import Capture
from cardlib.rules import RULES, check
from cardlib.rules.protocol import _welch

SECURE = (
    "0CA4020C15870901AABBCCDDEEFF00118E081122334455667788",
    "990290008E0811223344556677889000",
)
NEW = ("00A4040007A000000247100100", "9000")


def timed(answers: list[tuple[str, float]]) -> Capture:
    """VERIFY with these status words and milliseconds."""
    rows = [{"card_capture": 1}, {"session": 0, "clock": "host"}]
    now = 0
    for sw, took in answers:
        for sender, data in (("reader", "00200001023132"), ("card", sw)):
            rows.append({"t": now, "from": sender, "kind": "apdu", "data": data})  # type: ignore[dict-item]
            now += int(took * 1e6)
    return cardlib.read_text("\n".join(map(json.dumps, rows)) + "\n")


def guesses(other: float, count: int = 40) -> Capture:
    draw = random.Random(3)
    return timed(
        [("9000", draw.gauss(10, 1)) for _ in range(count)]
        + [("63C2", draw.gauss(other, 1)) for _ in range(count)]
    )


CASES = {
    "X2": (guesses(14), guesses(10), "9000"),
    "X3": (
        captured([*SECURE, "00B0000010", "AABB9000"]),
        captured([*SECURE, "00B0000010", "6982"]),
        "00B0000010",
    ),
    "X5": (
        captured(["0020000108313233340000FFFF", "9000"]),
        captured(["00B0000010", "6A82"]),
        "313233340000FFFF",
    ),
    "E102": (
        captured([row for n in range(20) for row in (f"00A4040005A0000000{n:02X}", "6A82")]),
        captured([row for n in range(19) for row in (f"00A4040005A0000000{n:02X}", "6A82")]),
        "00A4040005A000000000",
    ),
}


def test_few_answers_say_nothing_about_time() -> None:
    (one,) = judged("X2", guesses(14, 29))
    assert (one.verdict, one.detail) == (
        "not-enough-data",
        "under 30 answers of two kinds with a duration",
    )


@pytest.mark.parametrize(
    ("rule", "capture"),
    [
        ("X2", captured(["00B0000010", "9000"])),
        ("X3", captured([*SECURE, *NEW, "00B0000010", "9000"])),
        ("X3", captured(["00B0000010", "9000"])),
        ("X3", captured([*SECURE])),
        ("X3", captured(["8482000010" + "A5" * 16, "9000", "80CA006600", "66009000"])),
        ("E102", payment()),
        ("X3", payment(between=("84DA9F580501AABBCCDD", "9000"))),
    ],
)
def test_not_applicable(rule: str, capture: Capture) -> None:
    assert [one.verdict for one in judged(rule, capture)] == ["not-applicable"]


@pytest.mark.parametrize("answer", ["AABB9000", "6982"])
def test_what_is_hidden_may_have_ended_secure_messaging(answer: str) -> None:
    lines = [*SECURE, "00B0000010", answer]
    text = "".join(f"{'><'[place % 2]} {line}\n" for place, line in enumerate(lines))
    damaged = cardlib.read_text(text + "> 00A4040000\n< 90 0\n")
    (finding,) = judged("X3", damaged)
    assert finding.verdict == "not-enough-data" and "is damaged" in finding.detail


def test_a_rare_command_does_not_hide_a_frequent_one() -> None:
    """Two answers of SELECT are too few; the eighty of VERIFY are looked at all the same."""
    rare = timed([("9000", 1), ("63C2", 2)]).exchanges
    select = [replace(one, command=replace(one.command, ins=0xA4)) for one in rare if one.command]
    chosen = [one for one in RULES if one.id == "X2"]
    assert [one.verdict for one in check([*select, *guesses(14).exchanges], chosen)] == ["fail"]


def test_two_that_never_vary() -> None:
    assert _welch([5, 5], [5, 5]) == 0.0
    assert _welch([5, 5], [6, 6]) == float("inf")


def test_bytes_without_a_row_may_be_personal() -> None:
    (finding,) = judged("X5", captured(["00B0000010", "AABB9000"]))
    assert finding.verdict == "not-enough-data"
    assert finding.detail == "2 bytes that no row explains, or lets be shared, may be personal"


def test_free_text_of_a_row_that_does_not_let_it_be_shared_may_be_personal() -> None:
    """The address of an NDEF record: a row explains it, and it may be anybody's."""
    select = ["00A4040007D276000085010100", "9000", "00A4000C02E104", "9000"]
    record = "D1011155046578616D706C652E6F72672F72756970"
    (finding,) = judged("X5", captured([*select, "00B0000020", f"0015{record}9000"]))
    assert finding.verdict == "not-enough-data"
