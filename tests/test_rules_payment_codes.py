# SPDX-License-Identifier: MIT
"""Rules about payment codes on a tag: each with a tag on which it fails and one on which it passes."""

from __future__ import annotations

import binascii

import pytest
from chip_captures import capture
from dialogue import judged, payment

from cardlib import Capture

HTTP, HTTPS, NONE = 0x03, 0x04, 0x00  # prefixes of an address (NFC Forum URI RTD)


def tag(kind: bytes, payload: bytes) -> Capture:
    """An NTAG with one record, read from its capability container on, four pages at a time."""
    head = b"\xd1\x01" + bytes([len(payload)]) + kind
    record = head + payload
    size = bytes([len(record)])
    memory = bytes.fromhex("E1106D00") + b"\x03" + size + record + b"\xfe"
    memory += bytes(-len(memory) % 16)
    halves = []
    for place in range(0, len(memory), 16):
        halves += [f">30{3 + place // 4:02X}", f"<{memory[place : place + 16].hex()}"]
    return capture("ultralight", *halves)


def address(prefix: int, rest: str) -> Capture:
    return tag(b"U", bytes([prefix]) + rest.encode())


def words(text: str) -> Capture:
    return tag(b"T", b"\x02en" + text.encode())


def merchant(check_sum: str = "", amount: str = "") -> Capture:
    """A merchant's code of UnionPay, made up; its check sum by the rule of ISO/IEC 13239."""
    text = "00020101021115312660034400020344123456789012345520458125303156"
    text += f"{amount}5802CN5909TEST CAFE6008SHANGHAI6304"
    computed = f"{binascii.crc_hqx(text.encode(), 0xFFFF):04X}"
    return words(text + (check_sum or computed))


def transfer(iban: str) -> Capture:
    return words(f"BCD\n002\n1\nSCT\n\nA SHOP\n{iban}\nEUR12.50")


CASES = {
    "Q01": (merchant("0000"), merchant()),
    "Q02": (transfer("DE89370400440532013001"), transfer("DE89370400440532013000")),
    "Q03": (
        address(HTTPS, "qr.alipay.com.example.net/pay"),
        address(HTTPS, "qr.alipay.com/fkx12345"),
    ),
    "Q04": (address(HTTP, "qr.alipay.com/fkx12345"), address(HTTPS, "qr.alipay.com/fkx12345")),
}
NEAR = {
    "Q01": (
        "the same code with an amount, and a check sum of its own",
        (merchant(amount="54041.50"),),
    ),
    "Q02": ("the right check digits", (transfer("DE89370400440532013000"),)),
    "Q03": ("the wallet's own host", (address(HTTPS, "qr.alipay.com/fkx12345"),)),
}


@pytest.mark.parametrize("rule", CASES)
def test_fails_on_one_and_passes_on_the_other(rule: str) -> None:
    bad, good = CASES[rule]
    (failing,) = judged(rule, bad)
    assert failing.verdict == "fail" and failing.evidence
    assert [finding.verdict for finding in judged(rule, good)] == ["pass"]


@pytest.mark.parametrize("rule", CASES)
@pytest.mark.parametrize(
    "capture",
    [
        payment(),
        words("good morning"),
        address(HTTPS, "example.org/alip"),
        address(NONE, ""),
        words("BCD\n002"),
    ],
)
def test_says_nothing_of_others(rule: str, capture: Capture) -> None:
    assert [finding.verdict for finding in judged(rule, capture)] == ["not-applicable"]


def test_a_code_over_several_answers_points_at_each() -> None:
    (finding,) = judged("Q01", merchant("0000"))
    assert len({place.exchange for place in finding.evidence}) > 5
    assert finding.detail == "the check sum (63) is wrong: the code was changed or copied badly"


def test_a_code_that_is_cut_off_is_no_right_one() -> None:
    whole = merchant()
    missing = capture(
        "ultralight", ">3003", "<E1106D00037FD1017B5402656E303030", ">3007", "<" + "32" * 16
    )
    assert judged("Q01", whole)[0].verdict == "pass"
    assert judged("Q01", missing)[0].verdict != "pass"
