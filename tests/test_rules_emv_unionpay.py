# SPDX-License-Identifier: MIT
"""Rules about UnionPay, each with a capture on which it fails and one on which it passes."""

from __future__ import annotations

import pytest
from dialogue import UNIONPAY, VISA, contactless, judged, payment

from cardlib import Capture


def cash(after: str) -> Capture:
    before = ("80CA9F7900", "9F79060000000100009000")
    return payment(
        aid=UNIONPAY,
        before=before,
        ask="40",
        first={"9F27": "40", "9F10": "07000103A0A80201"},
        ask2=None,
        between=(),
        after=("80CA9F7900", f"9F7906{after}9000"),
        terminal={"9F02": "000000004250"},
    )


SIGNED = {"9F4B": "AB" * 16}
APPROVED = {"9F27": "40", "9F10": "07000103A0A80201"}
CASES = {
    "P01": (
        contactless(aid=UNIONPAY, options=APPROVED),
        contactless(aid=UNIONPAY, options=APPROVED | SIGNED),
        "9F270140",
    ),
    "P02": (cash("000000005751"), cash("000000005750"), "9F7906000000005751"),
    "P03": (
        contactless(aid=UNIONPAY, options=APPROVED | {"DF69": "01"}),
        contactless(aid=UNIONPAY, options={"9F10": "07000103A0A80204", "DF69": "01"}),
        "DF690101",
    ),
}


ASKED = "9F66 9F02 9F03 9F1A 95 5F2A 9A 9C 9F37 DF69"


@pytest.mark.parametrize(
    ("indicator", "algorithm", "verdict"),
    [("00", "01", "fail"), ("01", "01", "fail"), ("01", "04", "pass"), ("00", "04", "pass")],
)
def test_the_card_asks_which_algorithm(indicator: str, algorithm: str, verdict: str) -> None:
    capture = contactless(
        aid=UNIONPAY,
        pdol=ASKED,
        terminal={"DF69": indicator},
        options={"9F27": "40", "9F10": f"07000103A0A802{algorithm}"},
    )
    assert [result.verdict for result in judged("P03", capture)] == [verdict]


@pytest.mark.parametrize("rule", CASES)
def test_not_applicable(rule: str) -> None:
    assert [one.verdict for one in judged(rule, payment(aid=VISA))] == ["not-applicable"]
