# SPDX-License-Identifier: MIT
"""Rules about the application cryptogram, each with a capture on which it fails and one on which it passes."""

from __future__ import annotations

import pytest
from dialogue import (
    CDOL1,
    MASTERCARD,
    captured,
    contactless,
    judged,
    lines,
    payment,
)

from cardlib import Capture

CONTEXT = "9F02069F03069F1A0295055F2A029A039C01"
WHO = "Visa credit or debit"
CASES = {
    "E68": (
        payment(cdol1=CDOL1.replace("9F37 ", "")),
        payment(),
        f"8C1B{CONTEXT}9F34039F33039F3501",
    ),
    "E69": (
        payment(cdol1=CDOL1.replace("9F34 ", "")),
        payment(),
        f"8C1B{CONTEXT}9F37049F33039F3501",
    ),
    "E82": (payment(terminal={"9F37": "BADF000D"}), payment(), "BADF000D"),
    "E86": (payment(second={"9F36": "FF01"}), payment(), "9F3602FF01"),
    "E87": (payment(first={"9F27": "40"}), payment(first={"9F27": "00"}), "9F270140"),
    "E88": (payment(second={"9F10": "06010A03240002"}), payment(), "9F100706010A03240002"),
    "E91": (
        payment(card={"9F0E": "0000000000", "9F0F": "0000000000"}),
        payment(),
        "9F0F050000000000",
    ),
    "E99": (payment(), payment(second={"9F10": "06011203640002"}), "9F100706010A03640002"),
}


@pytest.mark.parametrize(
    ("rule", "capture", "detail"),
    [
        ("E68", payment(ask=None, ask2=None), f"{WHO}: no cryptogram (9F26) in this capture"),
        ("E68", payment(cdol1=None), f"{WHO}: no 8C in this capture"),
        ("E86", payment(ask2=None, first={"9F36": "01"}), f"{WHO}: no 9F36 of 2 bytes in this capture"),
        ("E91", payment(card={"9F0E": None}), f"{WHO}: no 9F0E in this capture"),
        ("E99", payment(second={"9F10": "FFFF"}), f"{WHO}: the layout of the IAD is not known"),
        ("E87", captured(lines()[:-1]), f"{WHO}: the answer to GENERATE AC is not in this capture"),
        ("E88", payment(aid="A0000001523010", ask2=None), "Discover, Diners Club: the layout of the IAD is not known"),
        ("E87", payment(first={"9F27": "C0"}, ask2=None), "a type of cryptogram that EMV does not define"),
    ],
)  # fmt: skip
def test_not_enough_data(rule: str, capture: Capture, detail: str) -> None:
    one = judged(rule, capture)[-1]
    assert (one.verdict, one.detail) == ("not-enough-data", detail)


@pytest.mark.parametrize("rule", ["E82", "E87", "E88"])
def test_not_applicable(rule: str) -> None:
    found = judged(rule, payment(pdol="", ask=None, ask2=None))
    assert [one.verdict for one in found] == ["not-applicable"]


@pytest.mark.parametrize(
    ("missing", "version", "severity"),
    [("9F1A", "0A", "medium"), ("9F1A", "11", "info"), ("9F02", "11", "medium")],
)
def test_what_is_missing_weighs_by_the_version(missing: str, version: str, severity: str) -> None:
    bad = payment(cdol1=CDOL1.replace(f"{missing} ", ""), second={"9F10": f"0601{version}03640002"})
    (one,) = judged("E68", bad)
    assert (one.verdict, one.severity, one.detail) == (
        "fail",
        severity,
        f"8C does not ask for {missing}",
    )


def test_a_cryptogram_from_the_options_is_judged_by_the_pdol() -> None:
    assert [one.verdict for one in judged("E68", contactless())] == ["pass"]
    (one,) = judged("E68", contactless(pdol="9F66 9F02"))
    assert (one.verdict, one.detail) == ("fail", "9F38 does not ask for the unpredictable number")


def test_a_second_cryptogram_not_asked_for_is_not_compared() -> None:
    found = judged("E88", payment(second={"9F10": "06010A03A40002"}))
    assert [one.detail for one in found] == ["CID says ARQC, CVR says ARQC"]


def test_a_declined_tap_that_looks_approved() -> None:
    """The cryptogram of a tap comes with GET PROCESSING OPTIONS; its CVR tells of the first cryptogram."""
    (one,) = judged("E88", contactless(options={"9F27": "40"}))
    assert (one.verdict, one.detail) == ("fail", "CID says TC, CVR says ARQC")
    assert judged("E88", contactless())[0].verdict == "pass"


@pytest.mark.parametrize(("decisions", "verdict"), [("A0", "pass"), ("90", "fail")])
def test_the_results_of_a_phone_hold_the_type_in_their_second_byte(
    decisions: str, verdict: str
) -> None:
    """IAD of a phone of the field (format 4): CVR 31 A0..., where 31 says who verified."""
    iad = f"1F4A6331{decisions}00000000100302730000000040000000000000000000000000000000"[:64].ljust(
        64, "0"
    )
    (one,) = judged("E88", contactless(options={"9F10": iad}))
    assert one.verdict == verdict, one.detail


def test_version_10_is_visas_name_for_a_method() -> None:
    assert judged("E99", payment(aid=MASTERCARD))[0].verdict == "not-applicable"
