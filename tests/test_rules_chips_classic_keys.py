# SPDX-License-Identifier: MIT
"""Published keys of MIFARE Classic: given to a reader, given to its chip, or heard over the air."""

from __future__ import annotations

import pytest
from chip_captures import CLASSIC_ATR, air, through_reader
from dialogue import evidence, judged

from cardlib import Capture

# The trace that the readme of mfkey64 prints: key FFFFFFFFFFFF, block 50.
UID, PROOF, ANSWER = "9C599B32", ")A1E458CE6EEA41E0", "(5CADF439"
HEARD = (">6032", "<82A4166C", PROOF, ANSWER)


def loaded(key: str, block: str = "04", kind: str = "60", answer: str = "9000") -> Capture:
    """A key that a reader is given, and uses."""
    authentication = f"FF860000050100{block}{kind}00"
    return through_reader(CLASSIC_ATR, f"FF82000006{key}", "9000", authentication, answer)


def told(key: str, answer: str = "D541009000") -> Capture:
    """A key in the command to the chip of a reader."""
    return through_reader(CLASSIC_ATR, f"FF0000000FD440016004{key}{UID}", answer)


GOOD, BAD = loaded("5C0FFEE5EED5"), loaded("FFFFFFFFFFFF")
CASES = {"M02": (BAD, GOOD, "FFFFFFFFFFFF")}
NEAR = {
    "M02": (
        "the key with which all readers read the directory",
        (loaded("A0A1A2A3A4A5", block="01"),),
    )
}

HALF = [
    # not whole, or refused: nothing is said
    loaded("FFFFFFFFFFFF", answer="6300"),
    told("FFFFFFFFFFFF", answer="D541149000"),
    through_reader(CLASSIC_ATR, "FF82000006FFFFFFFFFFFF", "9000"),
    through_reader(CLASSIC_ATR, "FF860000050100046000", "9000"),
    through_reader(CLASSIC_ATR, "FF82000006FFFFFFFFFFFF", "9000", "FF8600000401000460", "9000"),
    # the key that was used may be one whose loading is not whole here
    through_reader(
        *(CLASSIC_ATR, "FF820000065C0FFEE5EED5", "9000"),
        *("FF82000006FFFFFFFFFFFF", "90", "FF860000050100046000", "9000"),
    ),
    air(UID, *HEARD[:3]),
    air(UID, ">6032", "<82A4", PROOF, ANSWER),
    air(UID, *HEARD[:2], ")A1E458CE6EEA41", ANSWER),
    air(UID, *HEARD[2:]),
]


@pytest.mark.parametrize("half", HALF)
def test_an_authentication_that_is_not_whole(half: Capture) -> None:
    assert [finding.verdict for finding in judged("M02", half)] == ["not-applicable"]


@pytest.mark.parametrize(
    ("bad", "shown", "detail"),
    [
        (BAD, "FFFFFFFFFFFF", "block 4: the transport key of NXP"),
        (told("A0A1A2A3A4A5"), None, "block 4: the transport key A of Philips"),
        (air(UID, *HEARD), "A1E458CE6EEA41E0", "block 50: the transport key of NXP"),
    ],
)
def test_a_published_key(bad: Capture, shown: str | None, detail: str) -> None:
    (finding,) = judged("M02", bad)
    assert finding.verdict == "fail" and finding.detail.startswith(detail)
    if shown:
        assert evidence(finding, bad) == [shown]


@pytest.mark.parametrize(
    "good",
    [
        GOOD,
        told("5C0FFEE5EED5"),
        air("9C599B33", *HEARD),  # another card: the key does not make this
        loaded("D3F7D3F7D3F7"),
        loaded("A0A1A2A3A4A5", block="03"),
    ],
)
def test_other_keys_and_those_that_are_meant_to_be_known(good: Capture) -> None:
    assert [finding.verdict for finding in judged("M02", good)] == ["pass"]


@pytest.mark.parametrize(
    "bad",
    [
        loaded("A0A1A2A3A4A5", block="04"),  # no directory is there
        loaded("A0A1A2A3A4A5", block="01", kind="61"),  # key B writes the directory
        loaded("D3F7D3F7D3F7", kind="61"),
    ],
)
def test_a_key_for_all_in_another_place(bad: Capture) -> None:
    assert [finding.verdict for finding in judged("M02", bad)] == ["fail"]


def test_a_finding_does_not_print_the_key() -> None:
    (finding,) = judged("M02", BAD)
    assert "FFFFFFFFFFFF" not in finding.detail


def test_keys_are_tried_on_so_many_authentications_only() -> None:
    heard = air("9C599B33", *HEARD * 33)
    findings = judged("M02", heard)
    assert {finding.verdict for finding in findings} == {"pass", "not-enough-data"}
    assert findings[-1].detail == "keys were tried on 32 of 33 authentications"
