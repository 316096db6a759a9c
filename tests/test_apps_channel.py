# SPDX-License-Identifier: MIT
"""The secure channel of card management in captures: what is no channel, wrong keys and damage first."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from managed import OWN, WARES, captured, default, keys_file, lines, nodes, profile, words

import cardlib
from cardlib.apps.channel import greeting_of, management_of, plain_command
from cardlib.core.apdu import parse_command, parse_response
from cardlib.crypto.channels import StaticKeys
from conftest import ROOT
from traces.makers.bureau import Bureau

VECTORS = tomllib.loads((ROOT / "tests/vectors/globalplatform.toml").read_text("utf-8"))
ANSWER02 = VECTORS["scp02"][3]["answer"]
INITIALIZE = "8050000008D31CC4DE5E586FBC00"
LEVELS = {2: (0x00, 0x03), 3: (0x01, 0x13, 0x33)}
WRONG_KEYS = StaticKeys(bytes(16), bytes(16), bytes(16))


def write(bureau: Bureau) -> None:
    bureau.install()
    bureau.personalise(WARES)
    bureau.registry()


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("8050000008D31CC4DE5E586FBC00", ANSWER02[:-2] + "9000"),
        ("8050000008D31CC4DE5E586FBC00", ANSWER02 + "009000"),
        ("8050000008D31CC4DE5E586FBC00", ANSWER02 + "6982"),
        ("8050000008D31CC4DE5E586FBC00", "9000"),
        ("8050000007D31CC4DE5E586F", ANSWER02 + "9000"),
        ("9050000008D31CC4DE5E586FBC00", ANSWER02 + "9000"),
        ("805000000B0100000064112233445566", "000003E80001000000010011223344" + "9000"),
        (INITIALIZE, ANSWER02[:22] + "04" + ANSWER02[24:] + "9000"),
        (INITIALIZE, ANSWER02[:22] + "03" + ANSWER02[24:] + "9000"),
    ],
)
def test_what_is_no_answer_to_initialize_update(command: str, answer: str) -> None:
    parsed = parse_command(bytes.fromhex(command))
    assert greeting_of(parsed, parse_response(bytes.fromhex(answer))) is None
    assert greeting_of(parsed, None) is None


def test_initialize_update_is_known_by_its_answer_in_an_application_that_nobody_knows() -> None:
    wire = ["00A4040005F001020304", "9000", INITIALIZE, ANSWER02 + "9000"]
    assert "INITIALIZE UPDATE" in words(captured(wire).exchanges[1])
    other = [*wire[:3], "112233449000"]
    assert "INITIALIZE UPDATE" not in words(captured(other).exchanges[1])


@pytest.mark.parametrize("protocol", [2, 3])
def test_every_level_opens_with_the_keys_and_stays_closed_without(
    protocol: int, tmp_path: Path
) -> None:
    for level in LEVELS[protocol]:
        wire = lines(write, profile(protocol), level)
        opened = captured(wire, (keys_file(tmp_path),))
        text = " ".join(words(exchange) for exchange in opened.exchanges)
        assert "verified with test key" in text
        assert "does not verify" not in text
        assert "record 1 of file 1" in text and "SELECTABLE" in text
        closed = " ".join(words(exchange) for exchange in captured(wire).exchanges)
        assert "verified" not in closed and "verify with" not in closed
        assert ("record 1 of file 1" in closed) is (level & 2 == 0)
        assert ("SELECTABLE" in closed) is (level & 0x20 == 0)


@pytest.mark.parametrize("protocol", [2, 3])
def test_wrong_keys_are_said_and_all_else_is_as_without_keys(protocol: int, tmp_path: Path) -> None:
    wire = lines(write, profile(protocol), 3)
    wrong = captured(wire, (keys_file(tmp_path, WRONG_KEYS),)).exchanges
    none = captured(wire).exchanges
    assert "MAC does not verify with the key given" in words(wrong[1])
    for place, exchange in enumerate(wrong):
        if place != 1:
            assert words(exchange) == words(none[place])


def test_published_keys_are_tried_and_said() -> None:
    opened = captured(lines(write, default(), 3))
    assert "verified with published default key 404142...4F" in words(opened.exchanges[1])
    assert "record 1 of file 1" in " ".join(map(words, opened.exchanges))


@pytest.mark.parametrize("protocol", [2, 3])
def test_a_changed_byte_is_said_at_its_command(protocol: int, tmp_path: Path) -> None:
    wire = lines(write, profile(protocol), 1)
    command = bytearray(bytes.fromhex(wire[10]))
    command[8] ^= 1
    wire[10] = command.hex()
    read = captured(wire, (keys_file(tmp_path),)).exchanges
    assert "MAC does not verify" not in words(read[4])
    assert "MAC does not verify with the key given" in words(read[5])


def test_after_a_gap_macs_are_not_judged(tmp_path: Path) -> None:
    wire = lines(write, profile(), 1)
    wire[9] = ""
    text = "\n".join(
        f"> {line}" if place % 2 == 0 else f"< {line}" for place, line in enumerate(wire)
    )
    read = cardlib.read_text(text.replace("< \n", ""), keys=[keys_file(tmp_path)])
    later = " ".join(map(words, read.exchanges[6:]))
    assert "not checkable: a part of the capture is missing" in later
    assert "does not verify" not in later


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("lost", [1, 6, 8, 30])
def test_after_a_command_that_is_cut_off_macs_are_not_judged(
    protocol: int, lost: int, tmp_path: Path
) -> None:
    wire = lines(write, profile(protocol), 1)
    wire[8] = wire[8][: max(10, len(wire[8]) - 2 * lost)]
    read = captured(wire, (keys_file(tmp_path),)).exchanges
    later = " ".join(map(words, read[5:]))
    assert "not checkable: a part of the capture is missing" in later
    assert "does not verify" not in later


@pytest.mark.parametrize("protocol", [2, 3])
def test_a_whole_command_that_is_too_short_for_a_mac_stops_nothing(
    protocol: int, tmp_path: Path
) -> None:
    wire = lines(write, profile(protocol), 1)
    wire[8] = "84E2000003AABBCC"
    read = captured(wire, (keys_file(tmp_path),)).exchanges
    assert "does not verify" in words(read[4]) and len(read) == len(wire) // 2


def test_a_selection_ends_the_channel(tmp_path: Path) -> None:
    wire = lines(write, profile(), 1)
    wire[8:8] = ["00A4040008A000000151000000", "9000"]
    read = captured(wire, (keys_file(tmp_path),))
    assert management_of(read.exchanges[4].context).channel is not None
    assert management_of(read.exchanges[5].context).channel is None


def test_a_refused_authentication_ends_the_channel() -> None:
    wire = ["00A4040000", "6F108408A000000151000000A5049F6501FF9000", INITIALIZE, ANSWER02 + "9000"]
    wire += ["8482000010" + "00" * 16, "6300", "84E2800010" + "00" * 16, "6982"]
    read = captured(wire)
    assert management_of(read.exchanges[3].context).channel is None
    assert "does not verify with the published default key" in words(read.exchanges[2])


def test_commands_in_clear_for_rules(tmp_path: Path) -> None:
    wire = lines(write, profile(), 0x33)
    read = captured(wire, (keys_file(tmp_path),))
    closed = captured(wire)
    install = read.exchanges[3]
    assert install.command is not None
    plain = plain_command(install.context, install.command)
    assert plain is not None and plain.cla == 0x80 and plain.data[:1] == b"\x08"
    other = closed.exchanges[3]
    assert other.command is not None and plain_command(other.context, other.command) is None


def test_no_key_is_printed_with_a_context(tmp_path: Path) -> None:
    read = captured(lines(write, profile()), (keys_file(tmp_path),))
    text = repr(read.exchanges[5].context).upper()
    assert OWN.enc.hex().upper() not in text
    channel = management_of(read.exchanges[5].context).channel
    assert channel is not None and channel.session.enc.hex().upper() not in text


def test_the_nodes_of_what_was_opened_say_how(tmp_path: Path) -> None:
    read = captured(lines(write, profile()), (keys_file(tmp_path),))
    clear = nodes(read, 5)["in clear"]
    assert clear.derived == "deciphered: SCP03, test key"
    wire = nodes(read, 5)["enciphered data"]
    assert wire.children == (clear,) and wire.buf is not clear.buf


def test_challenges_of_16_bytes() -> None:
    command = parse_command(bytes.fromhex("8050000010" + "11" * 16 + "00"))
    data = bytes(10) + bytes.fromhex("300301") + bytes(16) + bytes(range(16))
    for counter in (b"", b"\0\0\1"):
        greeting = greeting_of(command, parse_response(data + counter + b"\x90\0"))
        assert greeting is not None and greeting.cryptogram == bytes(range(16))
        assert greeting.counter == counter
    short = parse_command(bytes.fromhex("8050000008" + "11" * 8 + "00"))
    assert greeting_of(short, parse_response(data + b"\x90\0")) is None
