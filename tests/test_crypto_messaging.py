# SPDX-License-Identifier: MIT
"""Secure messaging of travel documents: the worked examples byte for byte, and what must not open."""

from __future__ import annotations

import pytest

from cardlib.core.apdu import parse_command, parse_response
from cardlib.core.errors import NotVerifiable
from cardlib.core.secure import written
from cardlib.crypto.messaging import (
    Channel,
    channel,
    encipher,
    message_mac,
    open_command,
    open_response,
    protect_command,
    protect_response,
)

# ICAO Doc 9303-11, appendix D.4: keys, counter, then command, answer, and both in clear.
ENC = bytes.fromhex("979EC13B1CBFE9DCD01AB0FED307EAE5")
MAC = bytes.fromhex("F1CB1F1FB5ADF208806B89DC579DC1F8")
COUNTER = bytes.fromhex("887022120C06C226")
BAC = [
    (
        "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800",
        "00A4020C02011E",
        "990290008E08FA855A5D4C50A8ED9000",
        "9000",
    ),
    (
        "0CB000000D9701048E08ED6705417E96BA5500",
        "00B0000004",
        "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000",
        "60145F019000",
    ),
    (
        "0CB000040D9701128E082EA28A70F3C7B53500",
        "00B0000412",
        "871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A990290008E08C8B2787EAEA07D749000",
        "04303130365F36063034303030305C0261759000",
    ),
]
# Made up: AES-128 after PACE, from a counter of zeros.
AES_ENC = bytes.fromhex("2430FF90CE58D25F297A5C5F61378B5D")
AES_MAC = bytes.fromhex("1C495F0B4B23E52EBD706D11B9379766")
PACE = [
    (
        "0CA4040C1D8711014349BBA342234DE16498DBDF5D4358318E08DB48D8645EC3461400",
        "00A4040C07A0000002471001",
        "990290008E085797253C96C1C50B9000",
        "9000",
    ),
]
CHANNELS = {
    "3DES": (channel("3DES", ENC, MAC, COUNTER), BAC),
    "AES": (channel("AES", AES_ENC, AES_MAC), PACE),
}


def refusal(state: Channel, raw: str) -> str:
    with pytest.raises(NotVerifiable) as error:
        open_command(state, parse_command(bytes.fromhex(raw)))
    return error.value.reason


@pytest.mark.parametrize("cipher", CHANNELS)
def test_the_worked_example_opens_and_closes_byte_for_byte(cipher: str) -> None:
    state, dialogue = CHANNELS[cipher]
    for command, plain, answer, plain_answer in dialogue:
        state = state.next
        assert open_command(state, parse_command(bytes.fromhex(command))).raw.hex().upper() == plain
        assert protect_command(state, bytes.fromhex(plain)).hex().upper() == command
        state = state.next
        opened = open_response(state, parse_response(bytes.fromhex(answer)))
        assert opened.raw.hex().upper() == plain_answer
        assert protect_response(state, bytes.fromhex(plain_answer)).hex().upper() == answer


def test_a_changed_bit_a_wrong_key_or_a_wrong_counter_does_not_verify() -> None:
    first = channel("3DES", ENC, MAC, COUNTER).next
    command = BAC[0][0]
    wrong = "MAC does not verify with the key given"
    assert refusal(first, command.replace("6375", "6374")) == wrong
    assert refusal(first, command.replace("A4020C", "A4000C")) == wrong
    assert refusal(first.next, command) == wrong
    assert refusal(channel("3DES", ENC, ENC, COUNTER).next, command) == wrong
    assert open_command(first, parse_command(bytes.fromhex(command)))


def test_without_a_mac_nothing_is_opened() -> None:
    state = channel("3DES", ENC, MAC, COUNTER).next
    assert refusal(state, "0CA4020C0B8709016375432908C044F600") == "no MAC stands here: not opened"


def sealed(state: Channel, objects: bytes) -> str:
    """A protected answer with the right MAC over any objects."""
    return (objects + written("8E", message_mac(state, objects))).hex()


@pytest.mark.parametrize("cipher", CHANNELS)
def test_wrong_padding_under_a_right_mac_is_said(cipher: str) -> None:
    state = CHANNELS[cipher][0].next
    size = state.block
    no_end = encipher(state, b"\x11" * size)
    with pytest.raises(NotVerifiable, match="padding is wrong"):
        answer = sealed(state, written("87", b"\1" + no_end)) + "9000"
        open_response(state, parse_response(bytes.fromhex(answer)))
    with pytest.raises(NotVerifiable, match="padding indicator"):
        answer = sealed(state, written("87", b"\2" + no_end)) + "9000"
        open_response(state, parse_response(bytes.fromhex(answer)))
    with pytest.raises(NotVerifiable, match="whole blocks"):
        answer = sealed(state, written("87", b"\1" + no_end[:-1])) + "9000"
        open_response(state, parse_response(bytes.fromhex(answer)))


def test_a_command_with_an_odd_instruction_has_no_padding_indicator() -> None:
    state = channel("AES", AES_ENC, AES_MAC).next
    plain = bytes.fromhex("00B10000045402000000")
    closed = protect_command(state, plain)
    assert closed[5:7].hex() == "8510"
    assert open_command(state, parse_command(closed)).raw == plain


@pytest.mark.parametrize("size", [0, 1, 15, 16, 255, 256, 4000])
def test_any_size_comes_back(size: int) -> None:
    state = channel("AES", AES_ENC, AES_MAC).next
    plain = bytes(range(256)) * 16
    answer = plain[:size] + b"\x90\0"
    assert open_response(state, parse_response(protect_response(state, answer))).raw == answer


@pytest.mark.parametrize(
    ("cipher", "enc", "counter"), [("3DES", 24, 0), ("AES", 8, 0), ("AES", 16, 8), ("3DES", 16, 16)]
)
def test_keys_and_counters_of_other_lengths_are_refused(
    cipher: str, enc: int, counter: int
) -> None:
    with pytest.raises(NotVerifiable):
        channel(cipher, bytes(enc), bytes(enc), bytes(counter))  # type: ignore[arg-type]
