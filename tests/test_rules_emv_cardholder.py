# SPDX-License-Identifier: MIT
"""Rules about cardholder verification, each with a capture on which it fails and one on which it passes."""

from __future__ import annotations

import pytest
from dialogue import (
    MASTERCARD,
    PIN,
    captured,
    contactless,
    judged,
    lines,
    payment,
)

from cardlib import Capture

BLOCK, OTHER = "241234FFFFFFFFFF", "245678FFFFFFFFFF"
ENCIPHERED = ("0084000000", "11223344556677889000", f"0020008810{'AB' * 16}", "9000")
LIST = "0000000000000000"
NONE_LEFT = ("80CA9F1700", "9F1701009000")
BLOCKED, WRONG = "6983", "63C2"
SAW_PIN, NO_PIN, WRONGED = ("A50003000000", "A00003200000", "A00003210000")


def mastercard(cvr: str, **changes: object) -> Capture:
    iad = {"9F10": "0110" + cvr + "00000000000000000000"}
    return payment(aid=MASTERCARD, first=iad, second=iad, **changes)


CASES = {
    "E30": (payment(second={"9F10": "06010A03600002"}), payment(), "9F100706010A03600002"),
    "E31": (mastercard(WRONGED), mastercard(SAW_PIN), f"9F10120110{WRONGED}{'00' * 10}"),
    "E32": (payment(before=()), payment(), "410302"),
    "E33": (payment(), payment(before=ENCIPHERED), BLOCK),
    "E34": (
        payment(card={"8E": LIST + "440341031F00", "9F46": "AB" * 8}),
        payment(card={"8E": LIST + "410344031F00", "9F46": "AB" * 8}),
        "E0F8C8",
    ),
    "E35": (payment(before=ENCIPHERED[2:]), payment(before=ENCIPHERED), f"0020008810{'AB' * 16}"),
    "E37": (payment(card={"8E": LIST + "1F0041031E03"}), payment(), f"8E0E{LIST}1F0041031E03"),
    "E38": (payment(card={"8E": LIST + "1F0042031E03"}), payment(), f"8E0E{LIST}1F0042031E03"),
    "E39": (payment(terminal={"9F34": "1F0001"}), payment(), "1F0001"),
    "E40": (payment(terminal={"95": "0000080000"}), payment(), "0000080000"),
    "E41": (
        payment(before=(PIN[0], WRONG, PIN[0], "63C1", *PIN)),
        payment(before=(PIN[0], WRONG, *PIN)),
        "63C2",
    ),
    "E42": (payment(before=(PIN[0], BLOCKED, *PIN)), payment(before=(PIN[0], WRONG, *PIN)), "9000"),
}


@pytest.mark.parametrize(
    ("rule", "capture", "missing"),
    [
        ("E30", payment(cdol1="9F02 9F37"), "no 9F34 in this capture"),
        (
            "E30",
            payment(first={"9F10": "FF"}, second={"9F10": "FF"}),
            "the layout of the IAD is not known",
        ),
        (
            "E30",
            payment(aid="A00000002501", second={"9F10": "06010103600002"}),
            "do not tell about the PIN",
        ),
        ("E32", payment(before=("00B2020C00", "")), "something may be hidden here"),
        (
            "E33",
            payment(before=(f"0020000008{BLOCK}", "9000")),
            "VERIFY with reference 00: form of the PIN unknown",
        ),
        (
            "E33",
            payment(before=(f"0420008008{BLOCK}", "9000")),
            "VERIFY with reference 80: form of the PIN unknown",
        ),
        (
            "E35",
            payment(before=("00B2020C00", "", *ENCIPHERED[2:])),
            "something may be hidden here",
        ),
        (
            "E35",
            captured([*ENCIPHERED[2:], *lines()[2:]]),
            "the selection or GET PROCESSING OPTIONS is not in this capture",
        ),
        (
            "E42",
            payment(before=(*NONE_LEFT, "00B2020C00", "", *PIN)),
            "something may be hidden here",
        ),
        ("E38", payment(card={"8E": None}), "no 8E in this capture"),
        ("E40", payment(cdol1="9F02 9F37"), "no 95 in this capture"),
    ],
)
def test_not_enough_data(rule: str, capture: Capture, missing: str) -> None:
    (one,) = judged(rule, capture)
    assert one.verdict == "not-enough-data" and missing in one.detail, one.detail


@pytest.mark.parametrize(
    ("rule", "capture"),
    [
        ("E30", contactless()),
        ("E30", payment(terminal={"9F34": "1E0300"}, before=(), second={"9F10": "06010A03600002"})),
        ("E31", payment()),
        ("E32", contactless()),
        ("E32", payment(terminal={"9F34": "1E0300"})),
        ("E33", payment(before=())),
        ("E33", payment(before=("00200080", "63C3"))),
        ("E34", payment(before=())),
        ("E35", payment()),
        ("E37", payment(card={"8E": LIST})),
        ("E38", contactless()),
        ("E39", contactless()),
        ("E39", payment(terminal={"9F34": "3F0000"})),
        ("E41", payment(before=())),
        ("E42", payment(before=())),
    ],
)
def test_not_applicable(rule: str, capture: Capture) -> None:
    assert [one.verdict for one in judged(rule, capture)] == ["not-applicable"]


def test_a_wedge_on_m_chip() -> None:
    (one,) = judged("E30", mastercard(NO_PIN))
    assert (one.verdict, one.severity) == (
        "fail",
        "critical",
    ) and "the card says that it saw no PIN" in one.detail


@pytest.mark.parametrize(
    ("cvr", "verdict"), [("A000000000", "fail"), ("A008000000", "pass"), ("A00C000000", "fail")]
)
def test_a_wedge_on_the_common_core_definitions(cvr: str, verdict: str) -> None:
    iad = f"0FA501{cvr}00000000000000000F{'00' * 15}"
    assert judged("E30", payment(aid="A0000001523010", second={"9F10": iad}))[0].verdict == verdict
    assert judged("E30", payment(second={"9F10": iad}))[0].verdict == "not-enough-data"


def test_pin_and_signature_may_leave_the_result_open() -> None:
    both = {"terminal": {"9F34": "430300"}, "card": {"8E": LIST + "43031F00"}}
    assert judged("E30", payment(**both))[0].verdict == "pass"
    assert judged("E30", payment(**both, second={"9F10": "06010A03600002"}))[0].verdict == "fail"


def test_a_second_pin_that_is_right_too() -> None:
    (one,) = judged("E42", payment(before=(*PIN, f"0020008008{OTHER}", "9000")))
    assert one.verdict == "fail" and "second, different PIN" in one.detail


def test_a_terminal_that_notes_the_failure_was_not_deceived() -> None:
    """E30 is about a terminal that believes: byte 3 of the TVR is 00."""
    noted = payment(terminal={"95": "0000808000"}, second={"9F10": "06010A03600002"})
    assert judged("E30", noted)[0].verdict == "not-applicable"


def test_a_challenge_that_was_refused_is_none() -> None:
    refused = payment(before=("0084000000", "6985", *ENCIPHERED[2:]))
    assert [judged("E35", one)[0].verdict for one in (refused, payment(before=ENCIPHERED))] == [
        "fail",
        "pass",
    ]


@pytest.mark.parametrize(
    ("listed", "verdict"),
    [
        (
            "42011F00",
            "fail",
        ),  # online PIN where cash is given unattended: here no CVM is the first that applies
        ("42035E031F03", "fail"),  # each may fail, and no CVM is the last
        ("42031E031F03", "pass"),  # the signature ends the list
        ("42035E03", "pass"),
    ],
)
def test_a_list_that_ends_with_nobody_verified(listed: str, verdict: str) -> None:
    assert judged("E37", payment(card={"8E": LIST + listed}))[0].verdict == verdict


def test_a_method_not_done_has_no_condition() -> None:
    found = [
        judged("E38", payment(terminal={"9F34": value}))[0].verdict
        for value in ("3F0000", "3F0100")
    ]
    assert found == ["pass", "fail"]


def test_what_makes_a_plain_pin_a_downgrade() -> None:
    """Terminal and card can do better (9F33 byte 2 bit 5, a key in 9F2D or 9F46), and the list says it first."""
    enciphered = {"8E": LIST + "440341031F00"}
    key = enciphered | {"9F46": "AB" * 8}
    found = [
        judged("E34", payment(card=card, terminal={"9F33": caps}))[0].verdict
        for card, caps in (
            (key, "E0F8C8"),
            (key, "E0E8C8"),
            (enciphered, "E0F8C8"),
            (enciphered | {"9F2D": "AB"}, "E0F8C8"),
        )
    ]
    assert found == ["fail", "pass", "pass", "fail"]
    assert (
        judged("E34", payment(card={"8E": LIST + "050341031F00", "9F46": "AB"}))[0].verdict
        == "fail"
    )
    assert judged("E34", payment(card=key, before=ENCIPHERED))[0].verdict == "not-applicable"


def test_every_count_of_tries_is_a_wrong_pin() -> None:
    """63C0 to 63CF; another warning (6300) is none."""
    tries = [
        (PIN[0], first, PIN[0], second)
        for first, second in (("63C2", "63C1"), ("63CF", "63CE"), ("6300", "6200"))
    ]
    assert [judged("E41", payment(before=one))[0].verdict for one in tries] == [
        "fail",
        "fail",
        "pass",
    ]


def test_no_tries_left() -> None:
    """9F17 of zero: E41 says so, and E42 if a PIN is accepted after all."""
    blocked, sound = (
        payment(before=(*NONE_LEFT, *PIN)),
        payment(before=("80CA9F1700", "9F1701039000", *PIN)),
    )
    for rule in ("E41", "E42"):
        assert [judged(rule, one)[0].verdict for one in (blocked, sound)] == ["fail", "pass"]
    assert judged("E41", payment(before=NONE_LEFT))[0].verdict == "fail"


def test_a_method_that_needs_no_rule() -> None:
    assert judged("E38", payment(terminal={"9F34": "3F0000"}))[0].verdict == "pass"
