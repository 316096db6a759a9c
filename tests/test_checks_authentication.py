# SPDX-License-Identifier: MIT
"""Rules about offline data authentication, each with a capture on which it fails and one on which it passes."""

from __future__ import annotations

import pytest
from dialogue import CARD, contactless, evidence, fails_and_passes, judged, payment

from cardlib import Capture

SIGNED = {"9F4B": "AB" * 16}
CASES = {
    "E01": (payment(aip="1C00"), payment(aip="7D00"), "82021C00"),
    "E02": (payment(aip="5C00"), payment(aip="7D00"), "82025C00"),
    "E03": (payment(terminal={"95": "8000008000"}), payment(), "8000008000"),
    "E04": (payment(aip="3D00", ask2="40"), payment(aip="3D00", ask="90", ask2="50"), "80"),
    "E05": (payment(ask="90"), payment(ask="90", first=SIGNED), "9F270180"),
    "E13": (payment(card={"9F32": "02"}), payment(card={"9F32": "03", "9F47": "010001"}), "9F320102"),
    "E17": (
        payment(card={"8E": None}, unsigned={"8E": CARD["8E"]}),
        payment(unsigned={"5F20": "4142"}),
        f"8E0E{CARD['8E']}",
    ),
    "E18": (payment(card={"9F4A": None}), payment(), "82023C00"),
    "E19": (payment(card={"9F49": "9F0206"}), payment(), "9F49039F0206"),
    "E21": (payment(ask="40", first={"9F27": "40"}, ask2=None), payment(), "9F270140"),
    "E22": (
        contactless(options=SIGNED | {"9F69": "00"}),
        contactless(options=SIGNED | {"9F69": "015C1A0E770000"}),
        "9F690100",
    ),
    "E23": (contactless(), contactless(terminal={"9F66": "37204000"}, options=SIGNED), "36204000"),
}


@pytest.mark.parametrize("rule", CASES)
def test_fails_on_one_and_passes_on_the_other(rule: str) -> None:
    fails_and_passes(rule, *CASES[rule])


@pytest.mark.parametrize(
    ("rule", "capture", "missing"),
    [
        ("E01", payment(aip=None), "no 82 in this capture"),
        ("E03", payment(cdol1="9F02 9F37 95"), "no 9F33 in this capture"),
        ("E17", payment(unsigned={}, aip=None), "no 94 in this capture"),
        ("E17", payment(before=("00B2020C00", "")), "something may be hidden here: a command without an answer"),
        ("E18", payment(card={"9F4A": None}, before=("00B2020C00", "")), "something may be hidden here"),
        ("E19", payment(card={"9F49": None}, before=("0088000004AABBCCDD00", "9000")), "no 9F49 in this capture"),
        ("E23", contactless(pdol="9F02 9F37"), "no 9F66 in this capture"),
    ],
)
def test_not_enough_data(rule: str, capture: Capture, missing: str) -> None:
    (one,) = judged(rule, capture)
    assert one.verdict == "not-enough-data" and missing in one.detail, one.detail


@pytest.mark.parametrize(
    ("rule", "capture"),
    [
        ("E02", payment(aip="1C00")),
        ("E04", payment()),
        ("E05", payment()),
        ("E13", payment()),
        ("E17", payment(aip="1C00")),
        ("E18", payment(aip="1C00")),
        ("E19", payment(card={"9F49": None})),
        ("E21", payment(aip="1C00")),
        ("E22", contactless()),
        ("E23", payment()),
    ],
)
def test_not_applicable(rule: str, capture: Capture) -> None:
    assert [one.verdict for one in judged(rule, capture)] == ["not-applicable"]


@pytest.mark.parametrize(("terminal", "severity"), [("21", "info"), ("22", "medium")])
def test_an_online_only_terminal_does_not_need_it(terminal: str, severity: str) -> None:
    (one,) = judged("E01", payment(aip="1C00", terminal={"9F35": terminal}))
    assert (one.verdict, one.severity) == ("fail", severity)


def test_format_1_has_its_evidence_without_a_tag() -> None:
    rest = {"cdol1": None, "ask": None, "ask2": None, "between": ()}
    capture = payment(aip=None, card=dict.fromkeys(CARD), before=("80A8000002830000", "80061C00080101009000"), **rest)
    (one,) = judged("E01", capture)
    assert one.verdict == "fail" and evidence(one, capture) == ["1C00"]


def test_a_copy_that_was_approved_offline_weighs_more() -> None:
    (online,) = judged("E02", payment(aip="5C00"))
    (offline,) = judged("E02", payment(aip="5C00", ask="40", first={"9F27": "40"}, ask2=None))
    assert (online.severity, offline.severity) == ("medium", "high")


def test_a_terminal_that_cannot_do_cda_is_not_to_blame() -> None:
    found = judged("E04", payment(aip="3D00", terminal={"9F33": "E0F800"}))
    assert {one.verdict for one in found} == {"pass"} and "neither" in found[0].detail
    found = judged("E04", payment(aip="3D00", cdol1="9F02 9F37"))
    assert [(one.verdict, one.severity) for one in found] == [("fail", "info"), ("fail", "medium")]
    assert "does not say" in found[1].detail


def test_a_tag_list_with_more_than_the_aip_is_illegal() -> None:
    (one,) = judged("E18", payment(card={"9F4A": "8295"}))
    assert (one.verdict, one.severity) == ("fail", "high")
