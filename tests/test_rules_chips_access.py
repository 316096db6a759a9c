# SPDX-License-Identifier: MIT
"""What chips let everybody do: a setting with which each rule fails, and one with which it passes."""

from __future__ import annotations

import pytest
from chip_captures import CLASSIC_ATR, capture, desfire, through_reader
from dialogue import judged

from cardlib import Capture

VALUE = "F50000000AFFFFFFF500000000FF00FF"  # 245, at address 0
# Access conditions of sectors (NXP MF1S50YYX_V1, 8.7): of delivery; of NDEF (AN1305); of a purse: block 2 as 110,
# the others and the trailer as 011, by hand: C1 0100, C2 1111, C3 1011.
DELIVERY, NDEF, PURSE = "FF0780", "7F0788", "0B44BF"
NTAG213 = (">60", "<0004040201000F03")


def sector(conditions: str, block: str = VALUE) -> Capture:
    """Blocks 2 and 3 of a MIFARE Classic: a value and the trailer."""
    trailer = f"000000000000{conditions}69FFFFFFFFFFFF"
    return through_reader(CLASSIC_ATR, "FFB0000220", f"{block}{trailer}9000")


def settings(protection: str, rights: str, kind: str = "02") -> Capture:
    """The settings of a file of a DESFire; rights as on the wire: read and write, change; read, write."""
    rest = "00000000102700000000000000" if kind == "02" else "100000"
    return desfire("F501", f"00{kind}{protection}{rights}{rest}")


def configuration(first_page: str, tries: str) -> Capture:
    """The configuration of an NTAG213, from page 29 (hex) on."""
    return capture("ultralight", *NTAG213, ">3029", f"<040000{first_page}{tries}050000" + "00" * 8)


def states(*blocks: str) -> Capture:
    return capture("iso15693", f">022C00{len(blocks) - 1:02X}", "<00" + "".join(blocks))


CASES = {
    "M05": (sector(DELIVERY), sector(NDEF), DELIVERY),
    "M20": (sector(DELIVERY), sector(PURSE), VALUE),
    "M10": (settings("03", "001E"), settings("03", "0021"), "001E"),
    "M21": (settings("03", "00E1"), settings("03", "0021"), "00E1"),
    "M22": (settings("00", "0021"), settings("01", "0021"), "00"),
    "M12": (desfire("45", "000F81"), desfire("45", "000B81"), "0F"),
    "M23": (configuration("FF", "00"), configuration("04", "00"), "FF"),
    "M24": (configuration("04", "00"), configuration("04", "03"), "00"),
    "M25": (states("01", "00", "01"), states("01", "01", "01"), "010001"),
}
NEAR = {
    "M05": ("the conditions of an NDEF sector", (sector(NDEF),)),
    "M10": ("everybody may read, and a key writes", (settings("03", "00E1"),)),
    "M20": ("a value that key A may only lower", (sector(PURSE),)),
}


@pytest.mark.parametrize(
    ("rule", "half"),
    [
        ("M05", sector("FF0781")),  # the copies do not agree
        ("M05", through_reader(CLASSIC_ATR, "FFB0000310", "00" * 15 + "9000")),
        ("M20", sector(DELIVERY, "F6" + VALUE[2:])),  # no value: its copies do not agree
        ("M20", through_reader(CLASSIC_ATR, "FFB0000210", VALUE + "9000")),  # no conditions seen
        ("M10", desfire("F501", "0002")),
        ("M10", desfire("F501", "9D")),
        ("M12", desfire("45", "00")),
        ("M22", settings("00", "0021", "00")),  # no value file
        ("M23", capture("ultralight", ">3029", "<040000FF0005000000000000000000")),
        ("M24", configuration("FF", "00")),  # nothing is protected, so nothing is guessed
        ("M25", capture("iso15693", ">022C0003", "<010F")),
    ],
)
def test_half_a_setting_says_nothing(rule: str, half: Capture) -> None:
    assert [finding.verdict for finding in judged(rule, half)] == ["not-applicable"]


@pytest.mark.parametrize(
    ("rights", "detail"),
    [
        ("001E", "write free"),
        ("E021", "read and write free"),
        ("0E21", "change free"),
        ("EE1E", "write free, read and write free, change free"),
    ],
)
def test_each_right_to_change(rights: str, detail: str) -> None:
    (finding,) = judged("M10", settings("01", rights))
    assert (finding.verdict, finding.detail) == ("fail", detail)


def test_of_an_ultralight_c() -> None:
    """Its first protected page is 30 (hex), one behind the last, where it is delivered."""
    chip = (">1A00", "<AF92DF296434C7EF35", ">302A")
    open_chip = capture("ultralight", *chip, "<30000000" + "00" * 12)
    guarded = capture("ultralight", *chip, "<04000000" + "00" * 12)
    assert [finding.verdict for finding in judged("M23", open_chip)] == ["fail"]
    assert [finding.verdict for finding in judged("M23", guarded)] == ["pass"]


def test_an_answer_that_is_cut_off_does_not_hide_the_next() -> None:
    cut_off, whole = (">022C0003", "<00"), (">022C0001", "<000001")
    (finding,) = judged("M25", capture("iso15693", *cut_off, *whole))
    assert (finding.verdict, finding.detail) == ("fail", "1 of 2 blocks open")
