# SPDX-License-Identifier: MIT
"""What was done with chips: a run on which each rule fails, and one on which it passes."""

from __future__ import annotations

import pytest
from chip_captures import CLASSIC_ATR, capture, desfire, tag, through_reader
from dialogue import judged

from cardlib import Capture

AES = ("AA00", "AF" + "5A" * 16, "AF" + "A5" * 32, "00" + "5A" * 16)
SET_TO_MAC = ("F501", "0000010021100000")
SELECTED = ("5A010000", "00")
VALUE = ("6C02", "00E8030000")  # 1000
CREDIT_500 = ("0C02F4010000", "00")
COMMIT = ("C7", "00")
NUMBER = ("FFCA000000", "DEADBEEF9000")


def read(answer: str) -> tuple[str, ...]:
    """Four bytes of file 1, asked for after an authentication."""
    return (*AES, *SET_TO_MAC, "BD01000000040000", answer)


def values(*halves: str) -> Capture:
    """A value of 1000, what comes between, and the value again."""
    return desfire(*SELECTED, *VALUE, *halves)


def counter(*counts: str) -> Capture:
    halves = [half for count in counts for half in (">3902", f"<{count}")]
    return tag(*halves)


PROVED = (">1BFFFFFFFF", "<1234")
WRITE = (">A20401020304", "<0A")
CASES = {
    "M11": (desfire(*read("0001020304")), desfire(*read("0001020304" + "AB" * 8)), "010203049100"),
    "M14": (
        values(*CREDIT_500, "6C02", "00DC050000"),
        values(*CREDIT_500, *COMMIT, "6C02", "00DC050000"),
        "E80300009100",
    ),
    "M26": (desfire(*SELECTED, *CREDIT_500), desfire(*AES, *CREDIT_500), "900C00000502F401000000"),
    "M27": (tag(*WRITE), tag(*PROVED, *WRITE), "A20401020304"),
    "M28": (counter("0A0000", "090000"), counter("0A0000", "0A0000", "0B0000"), "0A0000"),
    "M29": (
        through_reader(CLASSIC_ATR, *NUMBER),
        through_reader(CLASSIC_ATR, *NUMBER, "FFB0000410", "00" * 16 + "9000"),
        "FFCA000000",
    ),
    "M30": (
        capture("classic", ">40", "<0A", ">43", "<0A"),
        capture("classic", ">40", "<04"),
        "40",
    ),
}
NEAR = {
    "M11": (
        "an answer with a MAC of the first DESFire",
        (desfire(*read("0001020304" + "AB" * 4)),),
    ),
    "M14": ("a credit that was aborted", (values(*CREDIT_500, "A7", "00", *VALUE),)),
    "M26": ("a credit after an authentication", (desfire(*AES, *CREDIT_500),)),
    "M28": ("a counter that stands still", (counter("0A0000", "0A0000"),)),
    "M30": (
        "a card that opens itself and then refuses",
        (capture("classic", ">40", "<0A", ">43", "<04"),),
    ),
}


@pytest.mark.parametrize(
    ("rule", "half"),
    [
        ("M11", desfire(*SET_TO_MAC, "BD01000000040000", "0001020304")),  # no authentication
        ("M11", desfire(*AES, "BD01000000040000", "0001020304")),  # nobody knows the settings
        ("M11", desfire(*read("AF01020304"))),  # more follows
        ("M11", desfire(*read("0001"))),  # cut off
        (
            "M11",
            desfire(*AES, "F501", "00000100E1100000", "BD01000000040000", "0001020304"),
        ),  # free
        ("M14", values()),
        ("M14", values("6C03", "00DC050000")),  # another file
        ("M14", values("5A020000", "00", "6C02", "00DC050000")),  # another application
        ("M14", values("6C02", "00" + "5A" * 8)),  # perhaps enciphered
        ("M14", values("0C02" + "5A" * 8, "00", *COMMIT, "6C02", "00DC050000")),
        ("M26", desfire(*SELECTED, "0C02F4010000", "9D")),
        ("M26", desfire(*SELECTED, "DC02F4010000", "00")),
        ("M27", tag(WRITE[0], "<00")),
        ("M28", counter("0A0000")),
        ("M28", tag(">3902", "<0A0000", ">3901", "<090000")),  # another counter
        ("M28", counter("0A0000", "00")),
        ("M30", capture("classic", ">40", "<0A")),
        ("M30", capture("classic", ">43", "<0A")),
        ("M30", capture("classic", ">40", "<0A", ">3004", "<" + "00" * 16, ">43", "<0A")),
    ],
)
def test_what_says_nothing(rule: str, half: Capture) -> None:
    assert [finding.verdict for finding in judged(rule, half)] == ["not-applicable"]


@pytest.mark.parametrize(
    ("halves", "verdict"),
    [
        (("DC02F4010000", "00", *COMMIT, "6C02", "00F4010000"), "pass"),
        (("DC02F4010000", "00", "6C02", "00E8030000"), "pass"),  # not committed
        (("DC02F4010000", "9D", *COMMIT, "6C02", "00E8030000"), "pass"),  # refused
        (("DC02F4010000", "00", *COMMIT, "6C02", "00E8030000"), "fail"),
        (("6C02", "0018FCFFFF"), "fail"),  # -1000
    ],
)
def test_debits_and_values_that_are_negative(halves: tuple[str, ...], verdict: str) -> None:
    assert [finding.verdict for finding in judged("M14", values(*halves))] == [verdict]


def test_a_number_alone_after_damage_says_nothing() -> None:
    broken = through_reader(CLASSIC_ATR, *NUMBER, "FFB0000410", "")
    assert [finding.verdict for finding in judged("M29", broken)] == ["not-enough-data"]


def test_a_counter_goes_back_to_its_highest_count() -> None:
    """After a fall it is the highest count that counts."""
    findings = judged("M28", counter("0A0000", "050000", "060000"))
    assert [(finding.verdict, finding.detail) for finding in findings] == [
        ("fail", "10, then 5"),
        ("fail", "10, then 6"),
    ]


@pytest.mark.parametrize(
    ("rule", "unseen"),
    [
        ("M26", desfire("60", "AF04010101001805", *CREDIT_500)),  # it may begin behind a key
        ("M26", desfire(*SELECTED, "6C02", "", *CREDIT_500)),
        ("M27", capture("ultralight", *WRITE)),  # no selection of the tag
        ("M28", capture("ultralight", ">3902", "<0A0000", ">3902", "<090000")),
    ],
)
def test_what_came_before_is_not_seen(rule: str, unseen: Capture) -> None:
    assert [finding.verdict for finding in judged(rule, unseen)] == ["not-enough-data"]
