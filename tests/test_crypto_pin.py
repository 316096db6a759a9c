# SPDX-License-Identifier: MIT
"""PIN blocks, against the vectors of psec 1.3.0 (tests/test_pinblock.py); the wrong ones first."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.crypto import pin
from cardlib.crypto.blocks import aes_decrypt, xor

PAN = "5555555551234567"
OTHER = "5544332211009966"
KEY = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
CHALLENGE = bytes.fromhex("1122334455667788")
REFUSED: list[tuple[str, Callable[[], object], str]] = [
    ("three digits", lambda: pin.block2("123"), "a PIN has 4 to 12 digits"),
    ("thirteen digits", lambda: pin.block0("1234567890123", PAN), "a PIN has 4 to 12 digits"),
    ("a letter", lambda: pin.block2("12A4"), "a PIN has 4 to 12 digits"),
    ("digits of another script", lambda: pin.block2("١٢٣٤"), "a PIN has 4 to 12 digits"),
    (
        "a short PAN",
        lambda: pin.block0("1234", "123456789012"),
        "the PAN of a PIN block has 13 to 19 digits",
    ),
    (
        "a fill of digits",
        lambda: pin.block3("1234", PAN, "1111111111"),
        "the fill of this format is 10 digits or more",
    ),
    (
        "a short fill",
        lambda: pin.block3("1234", PAN, "A"),
        "the fill of this format is 10 digits or more of ABCDEF",
    ),
    (
        "a short fill of format 4",
        lambda: pin.block4(KEY, "1234", PAN, b""),
        "the fill of format 4 has 8 bytes",
    ),
    ("seven bytes", lambda: pin.read_block(bytes(7)), "a PIN block has 8 bytes, this one 7"),
    (
        "format 1",
        lambda: pin.read_block(bytes.fromhex("141234FFFFFFFFFF")),
        "a PIN block of format 1: formats",
    ),
    (
        "length 3",
        lambda: pin.read_block(bytes.fromhex("23123FFFFFFFFFFF")),
        "no PIN block of format 2",
    ),
    (
        "length 13",
        lambda: pin.read_block(bytes.fromhex("2D1234567890123F")),
        "no PIN block of format 2",
    ),
    (
        "a letter inside",
        lambda: pin.read_block(bytes.fromhex("2412A4FFFFFFFFFF")),
        "no PIN block of format 2",
    ),
    (
        "wrong fill",
        lambda: pin.read_block(bytes.fromhex("241234FFFFFFFFF0")),
        "no PIN block of format 2",
    ),
    (
        "another PAN",
        lambda: pin.read_block(pin.block0("1234", PAN), OTHER),
        "no PIN block of format 0",
    ),
    ("another key", lambda: pin.read_block4(bytes(16), KEY, PAN), "no PIN block of format 4"),
    (
        "no header",
        lambda: pin.read_pin_data(bytes(17), CHALLENGE),
        "no deciphered PIN data: header 7F",
    ),
    (
        "cut off",
        lambda: pin.read_pin_data(b"\x7f" + bytes(15), CHALLENGE),
        "no deciphered PIN data: header 7F",
    ),
    (
        "another challenge",
        lambda: pin.read_pin_data(pin.plain_pin_data("1234", CHALLENGE, bytes(79)), bytes(8)),
        "the challenge in the PIN data is not the one the card gave",
    ),
    (
        "half a challenge",
        lambda: pin.plain_pin_data("1234", bytes(4), b""),
        "the challenge of a card has 8 bytes",
    ),
]


@pytest.mark.parametrize(
    ("call", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_refused(call: Callable[[], object], reason: str) -> None:
    with pytest.raises(NotVerifiable) as caught:
        call()
    assert caught.value.reason.startswith(reason)


BLOCKS: list[tuple[str, bytes, str]] = [
    ("format 0", pin.block0("1234", PAN), "041261AAAAEDCBA9"),
    ("format 0, twelve digits", pin.block0("123456789012", PAN), "0C1261032D8226A9"),
    ("format 0, another PAN", pin.block0("1234", OTHER), "041277CDDEEFF669"),
    ("format 2", pin.block2("1234"), "241234FFFFFFFFFF"),
    ("format 2, nine digits", pin.block2("123456789"), "29123456789FFFFF"),
    ("format 3", pin.block3("1234", OTHER, "DDDDDDDDDD"), "341277EFFCCDD44B"),
    (
        "format 4, account number",
        pin.account_field("112233445566778899"),
        "61122334455667788990000000000000",
    ),
    ("format 4, short account number", pin.account_field("1"), "00000000000010000000000000000000"),
    # pyemv 1.5.0, example of format_vis_pin_block
    (
        "Visa",
        pin.vis_block(bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"), "1234"),
        "041234FF76543210",
    ),
]


@pytest.mark.parametrize(
    ("got", "wanted"), [row[1:] for row in BLOCKS], ids=[row[0] for row in BLOCKS]
)
def test_blocks(got: bytes, wanted: str) -> None:
    assert got.hex().upper() == wanted


def test_reading() -> None:
    assert pin.read_block(bytes.fromhex("041261AAAAEDCBA9"), PAN) == "1234"
    assert pin.read_block(bytes.fromhex("0C1261032D8226A9"), PAN) == "123456789012"
    assert pin.read_block(bytes.fromhex("341277EEEFCCB43C"), OTHER) == "1234"
    assert pin.read_block(bytes.fromhex("29123456789FFFFF")) == "123456789"
    assert (
        pin.read_block4(KEY, bytes.fromhex("E4BE5B623AF7E006AC319E5B93544564"), "1234567890123456")
        == "1234"
    )


def test_format_4_there_and_back() -> None:
    block = pin.block4(KEY, "1234", PAN, bytes.fromhex("548ED7FD65495950"))
    field = aes_decrypt(KEY, xor(aes_decrypt(KEY, block), pin.account_field(PAN)))
    assert field.hex().upper() == "441234AAAAAAAAAA548ED7FD65495950"
    assert pin.read_block4(KEY, block, PAN) == "1234"
    changed = bytes((block[0] ^ 1,)) + block[1:]
    with pytest.raises(NotVerifiable):
        pin.read_block4(KEY, changed, PAN)


def test_pin_of_verify_there_and_back() -> None:
    data = pin.plain_pin_data("1234", CHALLENGE, bytes(79))
    assert len(data) == 96
    assert pin.read_pin_data(data, CHALLENGE) == "1234"
