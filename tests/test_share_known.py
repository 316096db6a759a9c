# SPDX-License-Identifier: MIT
"""Values that are known to be secret: malformed and hostile ones first, then each form, then the work that it costs."""

from __future__ import annotations

import random

import pytest
from counted import events, is_even
from hypothesis import given
from hypothesis import strategies as st

import cardlib
from cardlib.core.model import Sensitive
from cardlib.share.known import MOST_AT_ANCHOR, MOST_VALUES, Known
from cardlib.share.masking import hide, shown

PAN = "4761739001010119"


def known(kind: Sensitive, value: bytes, text: str = "") -> Known:
    values = Known()
    values.learn(kind, value, text)
    return values


@pytest.mark.parametrize("value", [b"", b"\0" * 40, b"\xff", b"\x11" * 8, b" " * 9, b"\x12\x34"])
def test_what_is_everywhere_is_looked_for_nowhere(value: bytes) -> None:
    for kind in ("key", "pan", "track", "name", "pin"):
        values = known(kind, value)
        text = value.hex().upper() * 3
        assert list(values.in_hex(text)) == []


def test_zeros_in_a_row_are_no_part_of_a_number_that_has_some() -> None:
    values = known("pan", bytes.fromhex("4761340000000050"))
    assert values.hide("denial 0000000000, online 0000000000") == (
        "denial 0000000000, online 0000000000"
    )
    assert values.hide("4761340000000050") == "476134******0050"


def test_a_short_pin_is_no_part_of_a_number() -> None:
    values = known("pin", b"1234")
    assert list(values.in_hex("0031323334353637")) == []
    assert values.is_whole(b"1234")


def test_of_values_that_are_alike_at_all_anchors_so_many_are_looked_for() -> None:
    """They differ between two anchors only, which stand 17 digits apart: a text meets no more forms than that."""
    values = Known()
    alike = [f"A1B2C3D4{number:08X}" + "9F8E7D6C5B4A39281706F5E4D3C2B1A0" for number in range(90)]
    for value in alike:
        values.learn("key", bytes.fromhex(value))
    first, last = alike[0], alike[-1]
    assert (0, len(first)) in set(values.in_hex(first))
    assert (0, len(last)) not in set(values.in_hex(last))
    anchors = 3
    assert 0 < len(list(values.in_hex(last))) <= anchors * MOST_AT_ANCHOR


@given(st.binary(max_size=40), st.binary(max_size=80))
def test_any_value_and_any_bytes(value: bytes, data: bytes) -> None:
    values = known("track", value, "text")
    values.learn("name", value, value.decode("latin-1"))
    values.learn("imsi", value, "12 34-5")
    text = data.hex().upper()
    for start, stop in values.in_hex(text):
        assert 0 <= start < stop <= len(text)
    assert len(values.hide(data.decode("latin-1"))) == len(data)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"FF{PAN}", "FF476173******0119"),
        (f"F{PAN}F", "F476173******0119F"),
        ("4761739", "4761739"),
        ("47617390FF01010119", "476173**FF****0119"),
        (PAN.encode().hex(), "343736313733************30313139"),
        ("4761739101010118", "4761739101010118"),
    ],
)
def test_a_card_number(text: str, expected: str) -> None:
    values = known("pan", bytes.fromhex(PAN), PAN)
    assert hide(text.upper(), values.in_hex(text.upper())) == expected


def test_an_identity_with_its_nibbles_swapped() -> None:
    values = known("iccid", bytes.fromhex("989910200000400310F0"), "8999010200000430010")
    assert hide("8999010200000430010F", values.in_hex("8999010200000430010F")).startswith("*" * 19)
    wide = "8999010200".encode("utf-16-be").hex().upper()
    assert hide(wide, values.in_hex(wide)) == "*" * len(wide)


def test_a_text_of_ours_is_not_starred_for_a_part_of_a_name() -> None:
    values = known("name", b"My number", "My number")
    assert values.hide("EF.MSISDN (own number) read") == "EF.MSISDN (own number) read"
    assert values.hide("'My number' and 4D 79 20 6E 75 6D 62 65 72") == (
        "'*********' and ** ** ** ** ** ** ** ** **"
    )


def test_many_numbers_that_begin_alike_are_all_found() -> None:
    values = Known()
    numbers = [f"47617390{number:08}" for number in range(17, 3000, 37)]
    for number in numbers:
        values.learn("pan", bytes.fromhex(number), number)
    assert all("*" in hide(number, values.in_hex(number)) for number in numbers)


def test_so_many_values_are_kept_of_a_kind() -> None:
    values = Known()
    for number in range(MOST_VALUES + 10):
        values.learn("id", number.to_bytes(3, "big"))
    assert values.is_whole((MOST_VALUES - 1).to_bytes(3, "big"))
    assert not values.is_whole(MOST_VALUES.to_bytes(3, "big"))
    values.learn("name", b"QUISPE MARISOL")  # another kind is not full
    assert "*" in values.hide("QUISPE MARISOL")


def test_work_grows_with_the_bytes_alone() -> None:
    """Twice as many exchanges, each with a secret of its own: twice the work, whatever is known."""

    def work(count: int) -> int:
        dice = random.Random(count)
        lines = []
        for _ in range(count):
            number = "4761739" + "".join(dice.choice("0123456789") for _ in range(9))
            lines += [f"> 00B2010C00\n< 700A5A08{number}9000\n> 80CA0F0100\n< {number}00009000\n"]
        capture = cardlib.read_text("".join(lines))
        return events(lambda: [shown(exchange) for exchange in capture.exchanges])

    work(10)
    assert is_even([work(200), work(400)])


def test_a_text_that_repeats_costs_no_more_for_it() -> None:
    values = known("key", bytes.fromhex("012012" * 80))

    def work(size: int) -> int:
        return events(lambda: list(values.in_hex("012" * size)))

    work(100)
    assert is_even([work(4000), work(8000)])


def test_a_part_that_is_nearly_all_zeros_tells_nothing() -> None:
    """The zeros of a serial number with a digit or two stand in an AID, too; the number itself is hidden."""
    serial = known("id", bytes.fromhex("4790014200000015"))
    assert serial.hide("name A000000151000000") == "name A000000151000000"
    assert serial.hide("chip 4790014200000015") == "chip ****************"
    assert serial.hide("chip 47900142") == "chip ********"
    assert known("birth", bytes.fromhex("40000001")).hide("born 40000001") == "born ********"


def test_a_name_in_a_record_that_is_secret_as_a_whole_is_hidden_alone() -> None:
    """A file of a purse without fields: the name and the number in it come again elsewhere."""
    holder = b"".join((b"\0\0QUISPE MARISOL", bytes(6), b"510103197408121234", bytes(2)))
    record = known("name", holder)
    assert record.hide("seen: QUISPE MARISOL") == "seen: **************"
    assert record.hide(f"data {b'MARISOL'.hex()}") == f"data {'*' * 14}"
    assert record.hide("number 510103197408121234") == "number ******************"
    chinese = known("name", b"\0\0" + "马丽索尔".encode("gbk") + b"\0\0\1")
    assert "*" * 12 in chinese.hide("马丽索尔".encode("gbk").hex())
    noise = known("key", b"\0\0SECRET OF A KEY\0\0")
    assert noise.hide("the word SECRET") == "the word SECRET"


def test_hex_that_was_written_as_wide_characters_is_hidden() -> None:
    place = known("location", bytes.fromhex("B0518813A0698F196A9CE8"))
    wide = "B0518813A0698F196A9CE8".encode("utf-16-be").hex().upper()
    assert place.hide(wide) == "*" * len(wide)
    assert known("id", b"\xfe\x01").hide("preferred references") == "preferred references"
