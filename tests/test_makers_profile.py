# SPDX-License-Identifier: MIT
"""A profile with a wrong field: one line with file, key and reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from traces.makers.card import Card
from traces.makers.profile import PROFILES, ProfileError, load

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"pan": "4761739001010118"}, "pan: its check digit is wrong"),
    ({"pan": 4761739001010010}, "pan: 13 to 19 digits"),
    ({"psn": "1"}, "psn: 2 digits"),
    ({"pin": "12"}, "pin: 4 to 12 digits"),
    ({"pin": "١٢٣٤"}, "pin: 4 to 12 digits"),
    ({"aip": "2O00"}, "aip: bytes in hex"),
    ({"aip": 2000}, "aip: bytes in hex"),
    ({"protocol": "T=2"}, "protocol: one of T=0, T=1, contactless"),
    ({"cvn": 18}, "cvn: one of 10, 18, 22, M/Chip"),
    ({"atc": -1}, "atc: a whole number, not negative"),
    ({"tries": True}, "tries: a whole number, not negative"),
    ({"tries": "3"}, "tries: a whole number, not negative"),
    ({"holder": "Ärger"}, "holder: text in ASCII"),
    ({"expiry": "2812"}, "expiry: a date as YYMMDD"),
    ({"relay": 3}, "relay: a table"),
    ({"relay": {"min": "8"}}, "relay: min: a whole number, not negative"),
    ({"data": {"8E": "0"}}, "data: 8E: bytes in hex"),
    ({"data": {"8E": ["00"]}}, "data: 8E: bytes in hex"),
    ({"records": {"1.1": "5A5"}}, "records: 1.1: tags in hex, with blanks between"),
    ({"master": {"ac": "00"}}, "master: ac: 16 bytes in hex"),
    ({"rsa": []}, "rsa: a table"),
    ({"colour": "red"}, "colour: is no field of a card"),
]


@pytest.mark.parametrize(("changes", "line"), WRONG)
def test_a_wrong_field_is_told_in_one_line(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(ProfileError) as caught:
        load("visa_tap", changes)
    assert str(caught.value) == f"visa_tap.toml: {line}"


def test_a_missing_field_and_a_file_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    for text, line in (
        ("", "mine.toml: afl: is missing"),
        ("what = ", "mine.toml: Invalid value (at end of document)"),
        ("data = 3", "mine.toml: afl: is missing"),
    ):
        file.write_text(text, "utf-8")
        with pytest.raises(ProfileError) as caught:
            load(str(file))
        assert str(caught.value) == line
    with pytest.raises(ProfileError, match=r"^none\.toml: No such file or directory$"):
        load("none")


def test_a_profile_of_ones_own_makes_a_card(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        (PROFILES / "wallet.toml").read_text("utf-8").replace("TEST WALLET", "MY WALLET"), "utf-8"
    )
    one = Card(load(str(file)))
    assert b"MY WALLET" in one.answer(bytes.fromhex("00A404000E325041592E5359532E444446303100"))


def test_a_key_that_is_not_written_down_is_refused() -> None:
    with pytest.raises(ProfileError, match=r"^visa_tap\.toml: rsa: card: one of Visa-like CA, "):
        load("visa_tap", {"rsa": {"card": "mine"}})


def test_changes_are_merged_into_tables() -> None:
    changed = load("visa_contact", {"data": {"8E": "0103"}, "atc": 3})
    assert (
        changed.data["8E"].hex() == "0103" and changed.data["8F"].hex() == "f9" and changed.atc == 3
    )
