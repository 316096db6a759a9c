# SPDX-License-Identifier: MIT
"""How chips prove themselves: a capture on which each rule fails, and one on which it passes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from chip_captures import CLASSIC_ATR, air, capture, desfire, through_reader
from dialogue import judged

from cardlib import Capture
from cardlib.core.model import Problem

UID = "9C599B32"
# Nonces of the generator of 16 bits (readmes of mfkey64 and mfkey32), and others that were drawn.
WEAK, WEAK_TOO = "82A4166C", "01200145"
DRAWN, DRAWN_TOO = "AABBCCDD", "13572468"
PROOF = (")A1E458CE6EEA41E0", "(5CADF439")
VERSION = (
    "60",
    "AF04010101001805",
    "AF",
    "AF04010101041805",
    "AF",
    "0004512492B23A80BA549087102114",
)
FIRST_VERSION = tuple(half.replace("040101010018", "040101000018") for half in VERSION)
LEGACY = ("0A00", "AFAD517329DC6E33CF", "AF2E4A139CA9D42361252848CE2C732C70", "00FC252E4F00C386E8")
AES = ("AA00", "AF" + "5A" * 16, "AF" + "A5" * 32, "00" + "5A" * 16)
READER_TRY = "FF860000050100036000"


def nonces(*values: str) -> Capture:
    return air(UID, *(half for value in values for half in (">6004", f"<{value}", *PROOF)))


def tries(count: int) -> Capture:
    """So many authentications to block 4 that no proof follows, and one that may go on behind the end."""
    return air(UID, *[">6004", "<82A4166C"] * (count + 1))


CASES = {
    "M01": (nonces(WEAK), desfire(*AES), "6004"),
    "M03": (nonces(WEAK, WEAK_TOO), nonces(DRAWN, DRAWN_TOO), WEAK),
    "M04": (tries(8), nonces(WEAK), "6004"),
    "M08": (desfire(*VERSION, *LEGACY), desfire(*VERSION, *AES), "900A0000010000"),
}
# The honest capture that looks most like the fault.
NEAR = {
    "M01": ("a DESFire that answers with AES", (desfire(*AES),)),
    "M03": ("one of two nonces fits by chance", (nonces(WEAK, DRAWN),)),
    "M04": ("seven that were broken off", (tries(7),)),
}


def test_a_refused_authentication_shows_no_cipher() -> None:
    assert judged("M01", capture("picopass", ">88", "<"))[0].verdict == "not-applicable"
    assert judged("M01", desfire("AA00", "AE"))[0].verdict == "not-applicable"


def test_the_cipher_of_iclass() -> None:
    (finding,) = judged("M01", capture("picopass", ">0511223344AABBCCDD", "<99AABBCC"))
    assert (finding.verdict, finding.detail) == (
        "fail",
        "authentication with the cipher of iCLASS",
    )


def test_one_nonce_is_too_few() -> None:
    (finding,) = judged("M03", nonces(WEAK))
    assert finding.verdict == "not-enough-data"


def test_a_nonce_that_comes_again() -> None:
    (finding,) = judged("M03", nonces(DRAWN, DRAWN_TOO, DRAWN))
    assert finding.verdict == "fail" and "1 came before" in finding.detail


@pytest.mark.parametrize(("count", "verdict"), [(7, "pass"), (8, "fail")])
def test_tries_through_a_reader(count: int, verdict: str) -> None:
    (finding,) = judged("M04", through_reader(CLASSIC_ATR, *[READER_TRY, "6300"] * count))
    assert finding.verdict == verdict


@pytest.mark.parametrize(
    ("halves", "verdict"),
    [
        (FIRST_VERSION + LEGACY, "pass"),  # the first DESFire can do no better
        (LEGACY, "not-enough-data"),
        (LEGACY + AES, "fail"),  # whoever answers AA is not the first DESFire
        (("0A00", "AE"), "not-applicable"),
    ],
)
def test_old_authentication_of_which_chip(halves: tuple[str, ...], verdict: str) -> None:
    assert [finding.verdict for finding in judged("M08", desfire(*halves))] == [verdict]


@pytest.mark.parametrize("count", [2, 9])
def test_tries_after_damage_are_no_search(count: int) -> None:
    """Whether the proofs are missing or were lost nobody knows."""
    halves = [">6004", "<82A4166C"] * count
    broken = replace(air(UID, *halves), problems=(Problem("damaged frame", "", 3, 0, 4),))
    assert [finding.verdict for finding in judged("M04", broken)] == ["not-enough-data"]
