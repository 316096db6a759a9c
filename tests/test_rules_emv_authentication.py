# SPDX-License-Identifier: MIT
"""Rules about offline data authentication, each with a capture on which it fails and one on which it passes."""

from __future__ import annotations

import pytest
from dialogue import (
    CARD,
    MASTERCARD,
    UNIONPAY,
    VISA,
    captured,
    contactless,
    evidence,
    judged,
    lines,
    payment,
    template,
    tlv,
    with_data,
)

from cardlib import Capture

SIGNED = {"9F4B": "AB" * 16}
UNREAD = [  # a tap with the answer to GET PROCESSING OPTIONS, whose record nobody read
    with_data("00A40400", VISA, "00"),
    template("6F", {"84": VISA, "A5": tlv("9F38", "9F6604")}) + "9000",
    "80A80000068304362040" + "0000",
    template("77", {"82": "2000", "94": "08010100", "9F27": "80", "9F26": "AB" * 8} | SIGNED)
    + "9000",
]
CASES = {
    "E01": (payment(aip="1C00"), payment(aip="7D00"), "82021C00"),
    "E02": (payment(aip="5C00"), payment(aip="7D00"), "82025C00"),
    "E03": (payment(terminal={"95": "8000008000"}), payment(), "8000008000"),
    "E04": (payment(aip="3D00", ask2="40"), payment(aip="3D00", ask="90", ask2="50"), "80"),
    "E05": (payment(ask="90"), payment(ask="90", first=SIGNED), "9F270180"),
    "E13": (
        payment(card={"9F32": "02"}),
        payment(card={"9F32": "03", "9F47": "010001"}),
        "9F320102",
    ),
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


@pytest.mark.parametrize(
    ("rule", "capture", "missing"),
    [
        ("E01", payment(aip=None), "no 82 in this capture"),
        ("E03", payment(cdol1="9F02 9F37 95"), "no 9F33 in this capture"),
        ("E17", payment(unsigned={}, aip=None), "no 94 in this capture"),
        (
            "E17",
            payment(before=("00B2020C00", "")),
            "something may be hidden here: a command without an answer",
        ),
        (
            "E18",
            payment(card={"9F4A": None}, before=("00B2020C00", "")),
            "something may be hidden here",
        ),
        ("E03", contactless(aid=MASTERCARD), "no 9F33 in this capture"),
        (
            "E03",
            payment(cdol1="9F02 9F37 9F33", pdol="95"),
            "no 95 in this capture, in a GENERATE AC",
        ),
        ("E05", captured(lines(ask="90")[:-5]), "the answer to GENERATE AC is not in this capture"),
        (
            "E17",
            captured(lines()[2:]),
            "the selection or GET PROCESSING OPTIONS is not in this capture",
        ),
        (
            "E19",
            payment(card={"9F49": None}),
            "no 9F49 and no INTERNAL AUTHENTICATE in this capture",
        ),
        ("E21", payment(ask=None, ask2=None), "no answer to the first GENERATE AC in this capture"),
        ("E22", captured(UNREAD), "record 1 of SFI 1 is not in this capture"),
        ("E23", contactless(pdol="9F02 9F37"), "no 9F66 in this capture"),
        (
            "E23",
            captured([*UNREAD[:3], UNREAD[3].replace("9F4B", "9F5B")]),
            "record 1 of SFI 1 is not in this capture",
        ),
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
        ("E03", contactless()),
        ("E19", payment(aip="1C00", card={"9F49": None})),
        ("E19", payment(card={"9F49": None}, before=("0088000004AABBCCDD00", "9000"))),
        ("E21", payment(aip="1C00")),
        ("E22", contactless()),
        ("E23", payment()),
        ("E23", contactless(options={"9F27": "40"})),
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
    capture = payment(
        aip=None,
        card=dict.fromkeys(CARD),
        before=("80A8000002830000", "80061C00080101009000"),
        **rest,
    )
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
    assert [(one.verdict, one.severity) for one in found] == [
        ("fail", "info"),
        ("not-enough-data", "medium"),
    ]
    assert "no 9F33" in found[1].detail


def test_each_method_beside_sda_and_each_way_to_ask_for_a_signature() -> None:
    assert [
        judged("E02", payment(aip=aip))[0].verdict for aip in ("5C00", "5D00", "7C00", "DC00")
    ] == ["fail"] + 3 * ["pass"]
    asked = [
        judged("E04", payment(aip="3D00", ask=p1, ask2=None))[0].verdict
        for p1 in ("90", "88", "80")
    ]
    assert asked == ["pass", "pass", "fail"]


def test_an_offline_approval_that_is_signed() -> None:
    """AIP byte 1: DDA 20, CDA 01, XDA 80; the last two sign the answer."""
    found = [
        judged("E21", payment(aip=aip, ask="40", first={"9F27": "40"}, ask2=None))[0].verdict
        for aip in ("2000", "2100", "A000", "0100", "4000")
    ]
    assert found == ["fail", "pass", "pass", "pass", "not-applicable"]


def test_a_terminal_that_can_do_one_of_the_two() -> None:
    """9F33 byte 3: CDA 08, XDA 04."""
    found = [
        judged("E04", payment(aip="3D00", ask="40", ask2=None, terminal={"9F33": f"E0F8{b3}"}))[0]
        for b3 in ("08", "04", "F0")
    ]
    assert [one.verdict for one in found] == ["fail", "fail", "pass"]
    assert found[0].detail == "P1 40 asks for TC without CDA or XDA"


def test_a_signature_with_contacts_is_not_fast_dda() -> None:
    assert judged("E22", payment(ask="90", first=SIGNED))[0].verdict == "not-applicable"


def test_a_reader_that_always_goes_online_does_not_need_it() -> None:
    """TTQ byte 2 bit 8: an online cryptogram is required."""
    found = [
        judged("E01", contactless(aip="0000", terminal={"9F66": ttq}))[0]
        for ttq in ("36204000", "36A04000")
    ]
    assert [(one.verdict, one.severity) for one in found] == [("fail", "medium"), ("fail", "info")]


def test_fast_dda_of_unionpay_signs_the_qualifiers_in_version_1_too() -> None:
    signed = [SIGNED | {"9F69": version + "5C1A0E770000"} for version in ("00", "01")]
    found = [judged("E22", contactless(aid=UNIONPAY, options=one))[0].verdict for one in signed]
    assert found == ["fail", "pass"]


def test_a_claim_above_the_limit_that_nothing_signs() -> None:
    claim = contactless(options={"9F6C": "0080"})
    found = [judged("E23", claim, cvm_limit=limit)[0] for limit in (4249, 4250)]
    assert [(one.verdict, one.severity) for one in found] == [
        ("fail", "critical"),
        ("fail", "high"),
    ]


def test_a_signature_that_was_asked_for_and_did_not_come() -> None:
    assert judged("E23", contactless(terminal={"9F66": "37204000"}))[0].verdict == "fail"


def test_a_tag_list_with_more_than_the_aip_is_illegal() -> None:
    (one,) = judged("E18", payment(card={"9F4A": "8295"}))
    assert (one.verdict, one.severity) == ("fail", "high")
