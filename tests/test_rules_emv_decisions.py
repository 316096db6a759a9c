# SPDX-License-Identifier: MIT
"""Rules about decisions, each with a capture on which it fails and one on which it passes."""

from __future__ import annotations

import pytest
from dialogue import (
    MASTERCARD,
    PAN,
    TERMINAL,
    VISA,
    contactless,
    judged,
    payment,
    with_data,
)

from cardlib import Capture

REFUSED = (with_data("00820000", TERMINAL["91"]), "6300")
COUNTED = ("80CA9F1300", "9F1302000A9000")
COMMON = (
    f"{'00' * 8}0F{'00' * 15}"  # what follows the CVR in the layout of the common core definitions
)
LIMITS = {"9F14": "03", "9F23": "05"}
CASES = {
    "E10": (payment(aid="A0000000041010"), payment(), "5A084761739001010119"),
    "E85": (
        payment(before=COUNTED, card=LIMITS),
        payment(before=COUNTED, card=LIMITS, terminal={"95": "0000006000"}),
        "9F1302000A",
    ),
    "E90": (payment(terminal={"95": "0010000000"}), payment(), "0010000000"),
    "E92": (payment(card={"5F24": "250101"}), payment(), "5F2403250101"),
    "E93": (payment(between=REFUSED), payment(), "6300"),
    "E94": (payment(between=()), payment(), "82023C00"),
    "E95": (
        payment(after=("8024000008AABBCCDDEEFF0011", "9000")),
        payment(after=("8C24000008AABBCCDDEEFF0011", "9000")),
        "8024000008AABBCCDDEEFF0011",
    ),
    "E96": (payment(terminal={"95": "0000000010"}), payment(), "0000000010"),
    "E100": (payment(unsigned={"5A": "4761739001010010"}), payment(), "5A084761739001010010"),
    "E101": (
        payment(before=("80A8000002830000", "770A82023C009404F80101009000")),
        payment(before=("80A8000002830000", "770A82023C009404080101009000")),
        "9404F8010100",
    ),
}


@pytest.mark.parametrize(
    ("rule", "capture", "missing"),
    [
        ("E85", payment(card=LIMITS), "no 9F13 in this capture"),
        (
            "E93",
            payment(between=(REFUSED[0], "63")),
            "the answer to EXTERNAL AUTHENTICATE has no status word",
        ),
        ("E10", payment(card={"5A": None, "57": None}), "no 5A and no 57 in this capture"),
        ("E90", payment(cdol1="9F02 9F37"), "no 95 in the first GENERATE AC"),
        (
            "E90",
            payment(card={"9F0E": "00"}),
            "9F0D, 9F0E, 9F0F are not all in this capture, or not of 5 bytes",
        ),
        ("E92", payment(cdol1="9F02 9F37"), "no 95 in this capture"),
        ("E92", payment(cdol1="9F02 9F37 95"), "no dates, versions or usage control to compare"),
        ("E93", payment(between=REFUSED, cdol1="9F02 9F37"), "no 95 in the second GENERATE AC"),
        ("E94", payment(between=(), before=("00B2020C00", "")), "something may be hidden here"),
        ("E101", payment(aip=None), "no 94 in this capture"),
    ],
)
def test_not_enough_data(rule: str, capture: Capture, missing: str) -> None:
    (one,) = judged(rule, capture)
    assert one.verdict == "not-enough-data" and missing in one.detail, one.detail


@pytest.mark.parametrize(
    ("rule", "capture"),
    [
        ("E10", payment(aid="A0000005241010", card={"5A": "6521"})),
        ("E93", payment(between=(REFUSED[0], ""))),
        ("E85", payment(before=COUNTED)),
        ("E85", payment(before=COUNTED, card={"9F14": "03"})),
        ("E94", payment(between=(), second={"9F27": "00"})),
        ("E90", contactless()),
        ("E92", contactless()),
        ("E90", payment(ask=None, ask2=None)),
        ("E93", payment(between=())),
        ("E94", contactless()),
        ("E95", payment()),
    ],
)
def test_not_applicable(rule: str, capture: Capture) -> None:
    assert [one.verdict for one in judged(rule, capture)] == ["not-applicable"]


def test_tc_where_online_was_wanted() -> None:
    bad = payment(terminal={"95": "8000000000"}, ask="40", first={"9F27": "40"}, ask2=None)
    assert judged("E90", bad)[0].verdict == "fail"
    assert judged("E90", payment(terminal={"95": "8000000000"}))[0].verdict == "pass"


def test_a_card_without_a_denial_code_never_asks_to_decline() -> None:
    """EMV Book 3, 10.7: where the card does not hold it, the issuer action code denial counts as zeros."""
    (one,) = judged("E90", payment(card={"9F0E": None}, terminal={"95": "0010000000"}))
    assert (one.verdict, "IAC denial 0000000000 (not on the card): no bit" in one.detail) == (
        "pass",
        True,
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"card": {"5F25": "270101"}}, "valid from 2027-01-01, used on 2026-03-14: fails, but not"),
        (
            {"terminal": {"9F09": "008C"}, "cdol1": "9F02 9F37 95 9A 9F09"},
            "008C of the terminal: fails, but not",
        ),
        ({"card": {"5F24": "250101"}, "terminal": {"95": "0040000000"}}, ""),
        (
            {"terminal": {"95": "0040000000"}},
            "valid to 2030-12-31, used on 2026-03-14: passes, but not",
        ),
    ],
)
def test_each_restriction(changes: dict[str, object], said: str) -> None:
    (one,) = judged("E92", payment(**changes))
    assert (one.verdict == "fail") is bool(said) and said in one.detail


def test_a_terminal_that_tells_it_is_less_bad() -> None:
    told = judged("E93", payment(between=REFUSED, terminal={"95": "0000000040"}))
    hidden = judged(
        "E93", payment(between=REFUSED, terminal={"95": "0000000080"})
    )  # a default TDOL is something else
    assert (told[0].severity, hidden[0].severity) == ("medium", "critical")


def test_a_terminal_that_tells_it_and_a_card_that_declines() -> None:
    declined = payment(between=REFUSED, terminal={"95": "0000000040"}, second={"9F27": "00"})
    assert judged("E93", declined)[0].verdict == "pass"


def test_velocity_at_the_limit_and_each_bit_that_tells_of_it() -> None:
    """8 since the last online one: a limit of 8 is not passed; TVR byte 4, bits 7 and 6."""
    at_it = payment(before=COUNTED, card={"9F14": "08", "9F23": "08"})
    told = [
        payment(before=COUNTED, card=LIMITS, terminal={"95": f"000000{bits}00"})
        for bits in ("40", "20", "80")
    ]
    assert [judged("E85", one)[0].verdict for one in (at_it, *told)] == [
        "pass",
        "pass",
        "pass",
        "fail",
    ]


def test_issuer_data_of_another_scheme() -> None:
    """M/Chip's layout under an application of Visa, although the number begins with 4; and the other way round."""
    mchip, visa = f"0110A00000000000{'00' * 10}", "06010A03A00000"
    for aid, number, bad, good in (
        (VISA, PAN, mchip, visa),
        (MASTERCARD, "5413330089600044", visa, mchip),
    ):
        card = {"5A": number, "57": None}
        found = [
            judged("E10", payment(aid=aid, card=card, second={"9F10": iad}))[0]
            for iad in (bad, good)
        ]
        assert [one.verdict for one in found] == ["fail", "pass"] and "IAD as of" in found[0].detail


@pytest.mark.parametrize(
    ("aid", "failed", "sound"),
    [
        (VISA, "06010A03640008", "06010A03640010"),
        (MASTERCARD, f"0110A00000000100{'00' * 10}", f"0110A00010000000{'00' * 10}"),
        (
            "A0000001523010",
            "0FA501A000000800" + COMMON,
            "0FA501A000001000" + COMMON,
        ),
    ],
)
def test_the_card_tells_that_a_script_failed(aid: str, failed: str, sound: str) -> None:
    found = [
        judged("E96", payment(aid=aid, second={"9F10": iad}))[0].verdict for iad in (failed, sound)
    ]
    assert found == ["fail", "pass"]


def test_records_that_the_file_locator_does_not_name() -> None:
    """A tool reads on; the log is read by its own entry."""
    extra = ("00B2021400", "70045F2403AA9000")
    assert [judged("E101", one)[-1].verdict for one in (payment(before=extra), payment())] == [
        "fail",
        "pass",
    ]
    assert (
        judged("E101", payment(fci={"9F4D": "0B0A"}, after=("00B2015C00", "00009000")))[-1].verdict
        == "pass"
    )


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ("70055F248103AABBCC", "5F24: 3 bytes declared, 1 here"),
        ("70075F248103301231", "5F24: length in a longer form than needed"),
        ("70065F2403301231AABB", "bytes"),
        ("7080" + "5F2403301231" + "0000", "70: indefinite length"),
    ],
)
def test_objects_that_are_not_well_formed(record: str, said: str) -> None:
    (one,) = judged("E100", payment(before=("00B2020C00", record + "9000")))
    assert one.verdict == "fail" and said in one.detail, one.detail


def test_padding_between_objects_is_allowed() -> None:
    assert (
        judged("E100", payment(before=("00B2020C00", "700800005F24033012319000")))[0].verdict
        == "pass"
    )


def test_a_script_that_the_card_refused_is_less_bad() -> None:
    (one,) = judged("E95", payment(after=("8024000008AABBCCDDEEFF0011", "6982")))
    assert (one.verdict, one.severity) == ("fail", "medium")


def test_a_wrong_length_is_malformed() -> None:
    (one,) = judged("E100", payment(second={"9F26": "AABB"}))
    assert (one.verdict, one.detail) == ("fail", "9F26 has 2 bytes")
