# SPDX-License-Identifier: MIT
"""Numbers of SIMs, subscribers and eSIMs, and functions of ES10, as bare strings."""

from __future__ import annotations

import pytest

from cardlib.bare.explain import explain
from cardlib.bare.model import WORDS, NoFit

ICCID = "8988211000000430010"  # ETSI TS 102 221, 13.2, with a check digit that is right
EID = "89882119900000000000000000000005"


def first_line(text: str, kind: str = "") -> str:
    """What a string is taken for, and how sure that is."""
    reading = explain(text, kind).readings[0]
    return f"{reading.title} ({WORDS[reading.strength]})"


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("8788211000000430010", "iccid", "begins with 89"),
        ("897788211000000430010000", "iccid", "19 or 20 digits"),
        ("978812010000400310F0", "iccid", "which begins with 89"),
        ("98881A010000400310F0", "iccid", "which begins with 89"),
        ("982982608200002080", "imsi", "the first of them 08"),
        ("082182608200002080", "imsi", "the half byte in front"),
        ("082998608200002080", "imsi", "289 is no mobile country code"),
        ("298011234567890", "imsi", "298 is no mobile country code"),
        ("8988211990000000000000000000000", "eid", "32 digits"),
        ("BF", "es10", "begins with BF"),
        ("BF7F00", "es10", "BF7F is no function"),
        ("BF3E125A108988", "es10", "18 bytes declared"),
        ("BF3E125A1089882119900000000000000000000005FF", "es10", "is no function"),
        ("3E125A", "es10", "begins with BF"),
    ],
)
def test_what_is_none_is_refused_in_one_line(text: str, kind: str, reason: str) -> None:
    with pytest.raises(NoFit, match=reason):
        explain(text, kind)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (ICCID, "number of a SIM (ICCID) (sure)"),
        ("8988211000000430011", "number of a SIM (ICCID) (perhaps)"),
        ("988812010000403000F1", "number of a SIM (ICCID), as EF.ICCID holds it (perhaps)"),
        ("988812010000400310F0", "number of a SIM (ICCID), as EF.ICCID holds it (sure)"),
        ("082982608200002080", "number of a subscriber (IMSI), as EF.IMSI holds it (likely)"),
        ("001010123456789", "number of a subscriber (IMSI) (perhaps)"),
        (EID, "number of an eSIM (EID) (sure)"),
        (f"{EID[:-1]}6", "number of an eSIM (EID) (perhaps)"),
        (f"BF3E125A10{EID}", "function of an eSIM, GetEuiccData: answer (sure)"),
        ("BF3E035C015A", "function of an eSIM, GetEuiccData: command (sure)"),
        ("BF2200", "function of an eSIM, GetEuiccInfo2: command (sure)"),
        ("BF3E0499020102", "function of an eSIM, GetEuiccData: command (likely)"),
    ],
)
def test_numbers_and_functions_are_known(text: str, line: str) -> None:
    assert first_line(text) == line


@pytest.mark.parametrize(
    "text", [ICCID, "988812010000400310F0", "082982608200002080", EID, f"BF3E125A10{EID}"]
)
def test_the_numbers_are_hidden(text: str) -> None:
    shown = str(explain(text))
    assert "8211" not in shown and "8812" not in shown and "2982" not in shown


def test_a_number_of_fifteen_digits_may_be_of_a_subscriber_or_a_card() -> None:
    kinds = [reading.kind for reading in explain("262011234567890").readings]
    assert kinds == ["pan", "imsi"]
