# SPDX-License-Identifier: MIT
"""A session of PACE opened with the private key of one side; without it, or with another, it stays shut."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_crypto_messaging import PACE
from test_crypto_pace import CHIP

import cardlib
from cardlib.core.model import Capture
from cardlib.core.secure import written
from cardlib.road.meaning import halves
from cardlib.road.unlock import in_clear


def hexed(data: bytes) -> str:
    return data.hex().upper()


def step(cla: str, sent: bytes, answered: bytes) -> list[str]:
    """A step of GENERAL AUTHENTICATE."""
    command, answer = written("7C", sent), written("7C", answered)
    return [f"{cla}860000{len(command):02X}{hexed(command)}00", f"{hexed(answer)}9000"]


def dialogue(parameters: str = "84010D", changes: dict[str, bytes] | None = None) -> list[str]:
    row = {**CHIP, **(changes or {})}
    begin = f"800A{hexed(row['oid'])}830101{parameters}"
    return [
        f"0022C1A4{len(begin) // 2:02X}{begin}",
        "9000",
        *step("10", b"", written("80", row["encrypted_nonce"])),
        *step(
            "10", written("81", row["terminal_map_public"]), written("82", row["chip_map_public"])
        ),
        *step("10", written("83", row["terminal_public"]), written("84", row["chip_public"])),
        *step("00", written("85", row["T_terminal"]), written("86", row["T_chip"])),
        *(half for command, _, answer, _ in PACE for half in (command, answer)),
    ]


def opened(lines: list[str], private: bytes, folder: Path) -> Capture:
    keys = folder / "keys.toml"
    keys.write_text(f'[[key]]\nuse = "ephemeral"\nvalue = "{private.hex()}"\n', "utf-8")
    text = "".join(f"{'><'[place % 2]} {line}\n" for place, line in enumerate(lines))
    return cardlib.read_text(text, keys=[keys])


def remarks(capture: Capture, number: int) -> list[tuple[str, str]]:
    return [(half.note, half.error) for _, half in halves(capture.exchanges[number])]


@pytest.mark.parametrize("side", ["terminal", "chip"])
def test_a_private_key_of_one_side_opens_the_session(side: str, tmp_path: Path) -> None:
    capture = opened(dialogue(), CHIP[f"{side}_private"], tmp_path)
    assert remarks(capture, 4) == [("token verified", ""), ("token verified", "")]
    assert remarks(capture, 5) == [("MAC verified", ""), ("MAC verified", "")]
    select = in_clear(capture.exchanges[5]).command
    assert select and select.data == bytes.fromhex("A0000002471001")


def test_the_key_of_the_mapping_is_not_enough(tmp_path: Path) -> None:
    capture = opened(dialogue(), CHIP["chip_map_private"], tmp_path)
    assert "none of the private keys given" in remarks(capture, 4)[0][1]
    assert in_clear(capture.exchanges[5]) is capture.exchanges[5]


def test_what_the_capture_does_not_say_is_named(tmp_path: Path) -> None:
    for parameters, reason in (
        ("", "which domain parameters are used is not said here"),
        ("8401FF", "domain parameters 255 are not known here"),
    ):
        capture = opened(dialogue(parameters), CHIP["chip_private"], tmp_path)
        assert remarks(capture, 4)[0] == ("", reason)
    other = {"oid": bytes.fromhex("04007F00070202030202")}
    capture = opened(dialogue(changes=other), CHIP["chip_private"], tmp_path)
    assert "no method of PACE" in remarks(capture, 4)[0][1]


def test_a_wrong_token_of_the_card_is_said(tmp_path: Path) -> None:
    capture = opened(dialogue(changes={"T_chip": bytes(8)}), CHIP["chip_private"], tmp_path)
    assert remarks(capture, 4) == [
        ("token verified", ""),
        ("", "the token of the card does not verify"),
    ]
