# SPDX-License-Identifier: MIT
"""Rules about secured packets and the toolkit of a SIM: packets made here, told apart by one bit of their header."""

from __future__ import annotations

import pytest
from dialogue import captured, judged

from cardlib import Capture

USIM = ("00A4040007A0000000871002", "9000")
TAR, COUNTER = "B00010", "0000000001"
REMOTE = "A0A40000023F00"
# The first byte of the SPI (ETSI TS 102 225, 5.1.1): counter in bits 5 and 4, ciphering in bit 3, integrity in 2 and 1.
OPEN, CHECKED, CIPHERED = "00", "02", "04"
RISING, CIPHERED_RISING = "12", "16"
TRIPLE = "15"  # key set 1, triple DES with two keys
DONE, FAILED = "00", "01"


def packet(spi: str, kic: str = TRIPLE, kid: str = TRIPLE, receipt: str = "01") -> str:
    """A command packet; the checksum is not a real one, and ciphered data are only called so."""
    has_checksum = int(spi, 16) & 3 == 2
    checksum = "C5" * 8 * has_checksum
    header = f"{spi}{receipt}{kic}{kid}{TAR}"
    rest = f"{COUNTER}00{checksum}"
    size = len(header + rest) // 2
    secured = f"{size:02X}{header}{rest}{REMOTE}"
    return f"{len(secured) // 2:04X}{secured}"


def answer(code: str, checksum: str = "") -> str:
    """A response packet in clear."""
    header = f"{TAR}{COUNTER}00{code}{checksum}"
    secured = f"{len(header) // 2:02X}{header}019000"
    return f"027100{len(secured) // 2:04X}{secured}"


def envelope(content: str, response: str = "", sw: str = "9000") -> tuple[str, str]:
    """A short message to the card, with a packet in it."""
    data = f"027000{content}"
    message = f"400881214365877FF622705200000000{len(data) // 2:02X}{data}"
    objects = f"820283818B{len(message) // 2:02X}{message}"
    body = f"D1{len(objects) // 2:02X}{objects}"
    return f"80C20000{len(body) // 2:02X}{body}", response + sw


def sent(content: str, code: str = DONE, checksum: str = "") -> Capture:
    return captured([*USIM, *envelope(content, answer(code, checksum))])


def fetched(kind: str, more: str = "") -> tuple[str, str]:
    body = f"810301{kind}0082028182{more}"
    return "8012000000", f"D0{len(body) // 2:02X}{body}9000"


def reported(kind: str) -> tuple[str, str]:
    return f"801400000C810301{kind}00820282818301 00".replace(" ", ""), "9000"


def after_message(*halves: str) -> Capture:
    return captured([*USIM, *envelope(packet(RISING), "", "910F"), *halves])


SILENT_TEXT, TEXT = "8500", "85024869"
LOCATE = (*fetched("26"), *reported("26"))
SEND = (*fetched("13", f"{SILENT_TEXT}8B0101"), *reported("13"))
SHOW = (*fetched("21", "8D03044869"), *reported("21"))
EVENT = ("80C2000009D607990104820282 81".replace(" ", ""), "9000")
CHECKSUM = "5C" * 8
TWICE = (*envelope(packet(CHECKED), answer(DONE)), *envelope(packet(CHECKED), answer(DONE)))
ONCE = (*envelope(packet(RISING), answer(DONE)), *envelope(packet(RISING), answer("02")))

CASES = {
    "S08": (sent(packet(OPEN)), sent(packet(CHECKED)), packet(OPEN)),
    "S29": (sent(packet(CIPHERED)), sent(packet(CIPHERED_RISING)), packet(CIPHERED)),
    "S30": (sent(packet(RISING)), sent(packet(CIPHERED_RISING)), packet(RISING)),
    "S09": (
        sent(packet(RISING, kid="11")),
        sent(packet(RISING, kid="12")),
        packet(RISING, kid="11"),
    ),
    "S10": (
        sent(packet(RISING, kid="11", receipt="0A"), FAILED, CHECKSUM),
        sent(packet(RISING, kid="12", receipt="0A"), FAILED, CHECKSUM),
        answer(FAILED, CHECKSUM)[6:],
    ),
    "S11": (sent(packet(CHECKED)), sent(packet(RISING)), packet(CHECKED)),
    "S31": (captured([*USIM, *TWICE]), captured([*USIM, *ONCE]), packet(CHECKED)),
    "S12": (after_message(*LOCATE, *SEND), after_message(*LOCATE), SEND[1]),
    "S13": (
        captured([*USIM, *fetched("10", SILENT_TEXT)]),
        captured([*USIM, *fetched("10", TEXT)]),
        SILENT_TEXT,
    ),
}
NEAR = {
    "S08": ("neither ciphered nor proved, and refused", (sent(packet(OPEN), "0A"),)),
    "S29": ("ciphered alone, and refused", (sent(packet(CIPHERED), "0A"),)),
    "S09": ("triple DES", (sent(packet(RISING)),)),
    "S10": (
        "a refusal that is not signed",
        (sent(packet(RISING, kid="11", receipt="02"), FAILED),),
    ),
    "S11": ("no counter, and refused", (sent(packet(CHECKED), "06"),)),
    "S31": ("the same packet, refused for its counter", (captured([*USIM, *ONCE]),)),
    "S12": (
        "the same commands, and a text that the user saw",
        (after_message(*LOCATE, *SHOW, *SEND),),
    ),
}


@pytest.mark.parametrize(
    ("rule", "half"),
    [
        ("S08", captured([*USIM, "80C2000003D10182", "6F00"])),
        ("S08", captured([*USIM, *envelope("0001")])),  # no header
        ("S30", sent(packet(CIPHERED))),  # S29 is about these
        ("S09", sent(packet(RISING, kid="10"))),  # an algorithm that only both sides know
        ("S09", sent(packet(OPEN, kic="11", kid="11"))),  # keys that are not used
        ("S10", sent(packet(RISING, kid="11", receipt="0A"), DONE, CHECKSUM)),
        ("S12", captured([*USIM, *LOCATE, *SEND])),  # no message came
        ("S13", captured([*USIM, *fetched("10")])),  # without a text the phone decides
        ("S13", captured([*USIM, *fetched("26", SILENT_TEXT)])),
        ("S13", captured([*USIM, "8012000000", "D003810101" + "9000"])),
    ],
)
def test_what_says_nothing(rule: str, half: Capture) -> None:
    assert [finding.verdict for finding in judged(rule, half)] == ["not-applicable"]


@pytest.mark.parametrize("rule", ["S08", "S11"])
def test_a_card_that_does_not_tell(rule: str) -> None:
    """9000 without a receipt says that the message arrived; a proactive command shows that it was done."""
    silent = captured([*USIM, *envelope(packet(OPEN))])
    assert [finding.verdict for finding in judged(rule, silent)] == ["not-enough-data"]
    proactive = captured([*USIM, *envelope(packet(OPEN), "", "910F")])
    assert [finding.verdict for finding in judged(rule, proactive)] == ["fail"]


def test_what_the_user_does_ends_what_a_message_began() -> None:
    capture = after_message(*LOCATE, *EVENT, *SEND)
    assert [finding.verdict for finding in judged("S12", capture)] == ["pass"]


def test_one_packet_is_too_few() -> None:
    assert judged("S31", sent(packet(RISING)))[0].verdict == "not-enough-data"


def test_the_same_packet_may_be_hidden() -> None:
    hidden = captured([*USIM, *ONCE, "00B0000010", ""])
    assert {finding.verdict for finding in judged("S31", hidden)} == {"not-enough-data"}
