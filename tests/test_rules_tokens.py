# SPDX-License-Identifier: MIT
"""Rules about PIV and OpenPGP tokens, each with a session on which it fails and one on which it passes."""

from __future__ import annotations

import pytest
from dialogue import captured, judged

from cardlib import Capture

PIV = ("00A4040009A0000003080000100000", "61114F0600001000010079074F05A0000003089000")
OPENPGP = ("00A4040006D2760001240100", "9000")
PIN = ("0020008008313233343536FFFF", "9000")
OWN_PIN = ("0020008008393837363534FFFF", "9000")
SECURED_PIN = ("0C20008010" + "5A" * 16, "9000")
SIGNED = ("0087119C267C2482008120" + "11" * 32 + "00", "7C04820201029000")
# What the delivery key makes of these numbers, by openssl: des-ecb with 01 to 08 (three times the same is single DES),
# and aes-192-ecb.
NUMBER, CIPHERED = "1122334455667788", "6C5E94DCADD39F1D"
LONG, LONG_CIPHERED = "112233445566778899AABBCCDDEEFF00", "E2681915416E89A2FEDBD0779E9247F4"


def piv(*halves: str) -> Capture:
    return captured([*PIV, *halves])


def openpgp(*halves: str) -> Capture:
    return captured([*OPENPGP, *halves])


def managed(number: str, answer: str, algorithm: str = "03") -> Capture:
    """The token asks with a number, the answer is the same enciphered."""
    size = len(number) // 2
    return piv(
        f"0087{algorithm}9B047C02810000",
        f"7C{size + 2:02X}81{size:02X}{number}9000",
        f"0087{algorithm}9B{size + 4:02X}7C{size + 2:02X}82{size:02X}{answer}",
        "9000",
    )


CASES = {
    "V01": (piv(*PIN), piv(*SECURED_PIN), "313233343536FFFF"),
    "V02": (piv(*PIN), piv(*OWN_PIN), "313233343536FFFF"),
    "V03": (
        managed(NUMBER, CIPHERED),
        managed(NUMBER, CIPHERED[:-1] + "C"),
        f"7C0A8108{NUMBER}9000",
    ),
    "V04": (piv(*SIGNED), piv(*OWN_PIN, *SIGNED), SIGNED[0]),
    "V05": (
        piv(OWN_PIN[0], "63C2", OWN_PIN[0], "63C1"),
        piv(OWN_PIN[0], "63C2", *OWN_PIN),
        "63C1",
    ),
    "V07": (
        piv("00240080103131313131313131323232323232 3232".replace(" ", ""), "9000"),
        piv("0C24008010" + "5A" * 16, "9000"),
        "31313131313131313232323232323232",
    ),
}
NEAR = {
    "V01": ("a PIN under secure messaging", (piv(*SECURED_PIN),)),
    "V02": (
        "a PIN one digit away from that of delivery",
        (piv("0020008008313233343537FFFF", "9000"),),
    ),
    "V03": ("an answer one bit away", (managed(NUMBER, CIPHERED[:-1] + "C"),)),
    "V04": ("signed after a PIN", (piv(*OWN_PIN, *SIGNED),)),
    "V07": ("a new PIN under secure messaging", (CASES["V07"][1],)),
}


@pytest.mark.parametrize(
    ("rule", "half"),
    [
        ("V01", piv("0020008000", "63C3")),  # asks how many tries are left
        ("V02", piv(PIN[0], "63C2")),  # refused
        ("V02", piv("0020000008313233343536FFFF", "9000")),  # another PIN than the token's own
        ("V02", openpgp("0020008206313233343536", "6983")),
        ("V03", managed(NUMBER, CIPHERED[:-2])),
        ("V03", piv("0087039B047C02810000", f"7C0A8108{NUMBER}9000")),
        ("V04", piv(SIGNED[0], "6982")),
        ("V04", piv(SIGNED[0].replace("9C", "9E", 1), SIGNED[1])),  # the key that wants no PIN
        ("V04", openpgp("002A9E9A02" + "5A5A" + "00", "6985")),
        ("V05", piv("0020008000", "63C1")),
        ("V05", piv(OWN_PIN[0], "6700")),  # the token did not look at the PIN
        ("V07", piv("0024008000", "9000")),
    ],
)
def test_what_says_nothing(rule: str, half: Capture) -> None:
    assert [finding.verdict for finding in judged(rule, half)] == ["not-applicable"]


@pytest.mark.parametrize(
    "capture",
    [
        openpgp("0020008206313233343536", "9000"),
        openpgp("00200083083132333435363738", "9000"),
        piv("002C0080103132333435363738393837363534FFFF", "9000"),
    ],
)
def test_factory_pins_of_each_kind(capture: Capture) -> None:
    assert [finding.verdict for finding in judged("V02", capture)] == ["fail"]


def test_the_factory_key_with_aes_and_with_a_witness() -> None:
    assert judged("V03", managed(LONG, LONG_CIPHERED, "0A"))[0].verdict == "fail"
    assert judged("V03", managed(LONG, LONG_CIPHERED, "03"))[0].verdict == "pass"
    witness = piv(
        "0087039B047C02800000",
        f"7C0A8008{CIPHERED}9000",
        f"0087039B167C148008{NUMBER}8108{NUMBER}",
        f"7C0A8208{CIPHERED}9000",
    )
    assert judged("V03", witness)[0].verdict == "fail"


def test_a_signature_after_a_gap_says_nothing() -> None:
    (finding,) = judged("V04", piv("00CB3FFF055C035FC10200", "", *SIGNED))
    assert finding.verdict == "not-enough-data" and "without an answer" in finding.detail


def test_an_openpgp_signature() -> None:
    signature = ("002A9E9A025A5A00", "22" * 8 + "9000")
    assert judged("V04", openpgp(*signature))[0].verdict == "fail"
    pin = ("0020008106393837363534", "9000")
    assert judged("V04", openpgp(*pin, *signature))[0].verdict == "pass"


def test_a_right_pin_forgives_the_wrong_ones() -> None:
    wrong = (OWN_PIN[0], "63C2")
    findings = judged("V05", piv(*wrong, *OWN_PIN, *wrong, *OWN_PIN))
    assert {finding.verdict for finding in findings} == {"pass"}
    assert judged("V05", piv(OWN_PIN[0], "6983"))[0].verdict == "fail"


def test_a_blocked_pin_is_not_compared() -> None:
    findings = judged("V05", piv(*(OWN_PIN[0], "63C1"), *(OWN_PIN[0], "63C0"), OWN_PIN[0], "6983"))
    assert findings[-1].detail == "2 wrong, the last answer 6983"


def test_a_signature_in_a_session_that_begins_in_the_middle() -> None:
    """Without a selection nobody knows that this is PIV: no rule about tokens is asked."""
    (finding,) = judged("V04", captured(["00CB3FFF055C035FC10200", "53009000", *SIGNED]))
    assert finding.verdict == "not-applicable"
