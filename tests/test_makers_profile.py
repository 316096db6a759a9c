# SPDX-License-Identifier: MIT
"""A profile with a wrong field: one line with file, key and reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from traces.makers.card import Card
from traces.makers.profile import PROFILES, ProfileError, load

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"pan": "4761739001010118"}, "visa_tap.toml: pan: its check digit is wrong"),
    ({"pan": 4761739001010010}, "visa_tap.toml: pan: 13 to 19 digits"),
    ({"psn": "1"}, "visa_tap.toml: psn: 2 to 2 digits"),
    ({"pin": "12"}, "visa_tap.toml: pin: 4 to 12 digits"),
    ({"pin": "١٢٣٤"}, "visa_tap.toml: pin: 4 to 12 digits"),
    ({"aip": "2O00"}, "visa_tap.toml: aip: non-hexadecimal number found in fromhex() arg at position 1"),
    ({"aip": 2000}, "visa_tap.toml: aip: fromhex() argument must be str, not int"),
    ({"protocol": "T=2"}, "visa_tap.toml: protocol: one of 'T=0', 'T=1', 'contactless'"),
    ({"cvn": 18}, "visa_tap.toml: cvn: one of '10', '18', '22', 'M/Chip'"),
    ({"atc": -1}, "visa_tap.toml: atc: a whole number, not negative"),
    ({"tries": True}, "visa_tap.toml: tries: a whole number, not negative"),
    ({"holder": "Ärger"}, "visa_tap.toml: holder: text in ASCII"),
    ({"relay": [1, 2]}, "visa_tap.toml: relay: three whole numbers"),
    ({"data": {"8E": "0"}}, "visa_tap.toml: data: 8E: non-hexadecimal number found in fromhex() arg at position 1"),
    ({"records": {"1.1": "5A"}}, "visa_tap.toml: records: 1.1: a list of tags in hex"),
    ({"records": {"1.1": ["5"]}}, "visa_tap.toml: records: 1.1: a list of tags in hex"),
    ({"master": {"ac": "00"}}, "visa_tap.toml: master: ac: 16 bytes"),
    ({"rsa": {"card": "mine"}}, "visa_tap.toml: rsa: card: no key of keys.toml"),
    ({"colour": "red"}, "visa_tap.toml: colour: is no field of a card"),
]


@pytest.mark.parametrize(("changes", "line"), WRONG)
def test_a_wrong_field_is_told_in_one_line(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(ProfileError) as caught:
        load("visa_tap", changes)
    assert str(caught.value) == line


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
    file.write_text((PROFILES / "wallet.toml").read_text("utf-8").replace("TEST WALLET", "MY WALLET"), "utf-8")
    one = Card(load(str(file)))
    assert b"MY WALLET" in one.answer(bytes.fromhex("00A404000E325041592E5359532E444446303100"))


def test_changes_are_merged_into_tables() -> None:
    changed = load("visa_contact", {"data": {"8E": "0103"}, "atc": 3})
    assert changed.data["8E"].hex() == "0103" and changed.data["8F"].hex() == "f9" and changed.atc == 3
