# SPDX-License-Identifier: MIT
"""Keys, passwords and codes of chips: those that everybody knows, those that go in clear, those that are guessed."""

from __future__ import annotations

import pytest
from chip_captures import CLASSIC_ATR, SLE4442_ATR, capture, desfire, through_reader
from dialogue import evidence, judged

from cardlib import Capture
from cardlib.crypto.blocks import aes_encrypt, xor

# A new DESFire whose dialogue somebody printed in a question (2013), and the same with one bit changed.
NATIVE = ("0A00", "AFAD517329DC6E33CF", "AF2E4A139CA9D42361252848CE2C732C70", "00FC252E4F00C386E8")
OTHER = (*NATIVE[:2], NATIVE[2][:-1] + "1", NATIVE[3])
# Ultralight C with its delivery key, and with a key two bits away; random numbers 32, 33, ... and 5A, 5B, ...
DELIVERED = ("92DF296434C7EF35", "EEC6D1A686F95BC61DC07954D04A5F7F")
OWN = ("FF8C3811CE55065B", "C0B563110372FA1A17F6FDA1C0F022F0")


def ultralight(challenge: str, answer: str, proof: str = "<005A5A5A5A5A5A5A5A") -> Capture:
    return capture("ultralight", ">1A00", f"<AF{challenge}", f">AF{answer}", proof)


def password(value: str, answer: str = "<1234") -> Capture:
    return capture("ultralight", f">1B{value}", answer)


def code(*halves: str) -> Capture:
    """The commands to an SLE4442."""
    return through_reader(SLE4442_ATR, "FFA400000106", "9000", *halves)


def present(value: str, status: str) -> tuple[str, str]:
    return f"FF20000003{value}", status


READ_ONLY = code("FFB0002010", "00" * 16 + "9000")
WRONG = present("112233", "9003")
RIGHT = present("112233", "9007")
CASES = {
    "M07": (ultralight(*DELIVERED), ultralight(*OWN), "AF" + DELIVERED[1]),
    "M09": (desfire(*NATIVE), desfire(*OTHER), "AD517329DC6E33CF91AF"),
    "M06": (password("5EC2E700"), ultralight(*OWN), "5EC2E700"),
    "M15": (password("FFFFFFFF"), password("5EC2E700"), "FFFFFFFF"),
    "M16": (
        through_reader(CLASSIC_ATR, "FF82000006112233445566", "9000"),
        through_reader(CLASSIC_ATR, "FF82400006112233445566", "9000"),
        "112233445566",
    ),
    "M17": (code(*present("FFFFFF", "9007")), code(*RIGHT), "FFFFFF"),
    "M18": (code(*RIGHT), READ_ONLY, "112233"),
    "M19": (code(*WRONG, *WRONG), code(*WRONG, *RIGHT), "9003"),
}
# The honest capture that looks most like the fault.
NEAR = {
    "M06": ("an Ultralight C that answers a challenge", (ultralight(*DELIVERED),)),
    "M07": ("a key two bits away from that of delivery", (ultralight(*OWN),)),
    "M09": ("the zeros of delivery do not make this answer", (desfire(*OTHER),)),
    "M15": ("a password one bit away from that of delivery", (password("FFFFFFFE"),)),
    "M17": ("a code one bit away from that of delivery", (code(*present("FFFFFE", "9007")),)),
}


@pytest.mark.parametrize(
    ("rule", "half"),
    [
        ("M06", password("FFFFFFFF", "<00")),  # refused
        ("M15", password("FFFFFFFF", "<04")),
        ("M06", capture("ultralight", ">1BFFFF", "<1234")),  # half a password
        ("M07", ultralight(*DELIVERED, "<00")),
        ("M07", ultralight(DELIVERED[0], DELIVERED[1][:-2])),
        ("M09", desfire(*NATIVE[:2])),
        ("M09", desfire(*NATIVE[:3], "AE")),
        ("M09", desfire(*NATIVE[:2], "6A", "00")),
        ("M17", code(*present("FFFFFF", "9000"))),  # locked, although 9000 looks like success
        ("M17", code(*present("FFFFFF", "9003"))),
        ("M17", code("FF20000003", "9007")),  # without the code
        ("M16", through_reader(CLASSIC_ATR, "FF82000006112233445566", "6983")),
    ],
)
def test_what_was_not_accepted(rule: str, half: Capture) -> None:
    assert [finding.verdict for finding in judged(rule, half)] == ["not-applicable"]


def test_native_and_wrapped_are_the_same() -> None:
    """Authentication ISO of a new card, as the examples of ELMO Soft print it."""
    wrapped = desfire(
        "1A00", "AFB890047F2DC8D68B", "AF7C846A507B9B6E6864BC3372A306A8C1", "001122334455667788"
    )
    (finding,) = judged("M09", wrapped)
    assert finding.verdict == "fail"
    assert finding.detail == "the delivery key of NXP, zeros makes the answer of the reader"


def test_a_new_code_in_clear() -> None:
    bad = code("FFD2000103445566", "9000")
    (finding,) = judged("M18", bad)
    assert finding.verdict == "fail" and evidence(finding, bad) == ["445566"]


def test_no_code_seen_after_damage_says_nothing() -> None:
    broken = code("FFB0002010", "00" * 16 + "9000", "FFB0003010", "")
    assert [finding.verdict for finding in judged("M18", broken)] == ["not-enough-data"]


@pytest.mark.parametrize(
    ("halves", "verdict", "detail"),
    [
        (WRONG, "pass", "1 wrong"),
        (present("112233", "9000"), "fail", "1 wrong, the card is locked"),
        (WRONG + WRONG + RIGHT, "fail", "the right code after 2 wrong"),
        (RIGHT + RIGHT, "pass", "the right code after 0 wrong"),
    ],
)
def test_who_guesses(halves: tuple[str, ...], verdict: str, detail: str) -> None:
    finding, *_ = judged("M19", code(*halves))
    assert (finding.verdict, finding.detail) == (verdict, detail)


def test_a_code_of_an_sle4428() -> None:
    bad = through_reader("3B04922310", "FFA400000105", "9000", "FF20000002FFFF", "90FF")
    assert [finding.verdict for finding in judged("M17", bad)] == ["fail"]


def test_an_ultralight_with_aes_and_a_key_of_zeros() -> None:
    """Its numbers have 16 bytes; FIPS 197 in CBC mode, by the blocks of this project."""
    card, reader = bytes(range(16)), bytes(range(16, 32))
    challenge = aes_encrypt(bytes(16), card)
    first = aes_encrypt(bytes(16), xor(reader, challenge))
    answer = first + aes_encrypt(bytes(16), xor(card[1:] + card[:1], first))
    proof = "<00" + "5A" * 16
    assert judged("M07", ultralight(challenge.hex(), answer.hex(), proof))[0].verdict == "fail"
    other = answer[:-1] + bytes([answer[-1] ^ 1])
    assert judged("M07", ultralight(challenge.hex(), other.hex(), proof))[0].verdict == "pass"
