# SPDX-License-Identifier: MIT
"""PUT KEY: cut commands first, then keys in clear, enciphered, with right and wrong check values."""

from __future__ import annotations

from pathlib import Path

import pytest
from managed import OWN, captured, keys_file, lines, profile, words

from cardlib.apps.put_key import AES, DES, IN_CLEAR, RIGHT, WRONG, check_value
from traces.makers.bureau import Bureau
from traces.makers.managed import of_one_key

KEY = "404142434445464748494A4B4C4D4E4F"
ISD = ["00A4040008A000000151000000", "6F108408A000000151000000A5049F6501FF9000"]
NEW = of_one_key(bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"))


def put(data: str) -> str:
    wire = [*ISD, f"80D80081{len(data) // 2:02X}{data}", "9000"]
    return words(captured(wire).exchanges[1])


@pytest.mark.parametrize("size", [1, 2, 3, 10, 18, 19, 20, 21])
def test_cut_keys_are_marked_and_hidden(size: int) -> None:
    data = f"018010{KEY}038BAF47"[: 2 * size]
    text = put(data)
    assert KEY[:8] not in text and "decoder of" not in text
    assert "left" in text or "declared" in text or size == 1


def test_check_values_of_what_has_none() -> None:
    assert check_value(DES, bytes(7)) == b"" and check_value(AES, bytes(7)) == b""
    assert check_value(0xA1, bytes(16)) == b""
    assert check_value(DES, bytes.fromhex(KEY)).hex().upper() == "8BAF47"
    assert check_value(AES, bytes.fromhex(KEY)).hex().upper() == "504A77"


def test_a_key_in_clear_is_said() -> None:
    assert IN_CLEAR in put(f"018010{KEY}038BAF47")
    assert IN_CLEAR in put(f"01881110{KEY}03504A77")
    assert IN_CLEAR not in put(f"018010{KEY}038BAF48")
    assert IN_CLEAR not in put(f"01881110{KEY}038BAF47")
    assert IN_CLEAR not in put(f"018010{KEY}00")


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("wrong", [False, True])
def test_enciphered_keys_with_the_keys_of_the_card(
    protocol: int, wrong: bool, tmp_path: Path
) -> None:
    def story(bureau: Bureau) -> None:
        bureau.put_keys(0x31, NEW, wrong)

    wire = lines(story, profile(protocol, accepts_anything=True), 3)
    text = words(captured(wire, (keys_file(tmp_path),)).exchanges[-1])
    assert text.count(WRONG if wrong else RIGHT) == 3
    assert NEW.enc.hex().upper() not in text
    assert RIGHT not in words(captured(wire).exchanges[-1])


def test_an_rsa_key_is_divided() -> None:
    text = put("01A108" + "C1" * 8 + "A00301000100")
    assert "RSA modulus" in text and "RSA public exponent" in text


def test_the_answer_of_a_careful_card() -> None:
    def story(bureau: Bureau) -> None:
        assert bureau.put_keys(0x31, NEW, wrong_kcv=True)[-2:] == b"\x6a\x80"

    lines(story, profile(3, OWN), 1)
