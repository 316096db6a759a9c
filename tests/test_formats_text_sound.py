# SPDX-License-Identifier: MIT
"""How sound a reading is: texts that are no dialogue first."""

from __future__ import annotations

import pytest
from text_rows import read_rows, rows_of

from cardlib.formats.text.sound import MOST_OF_LITTLE, MOST_SURE, sound_share


def share(*lines: str) -> float:
    return sound_share(read_rows(rows_of("\n".join(lines))))


NO_DIALOGUE = {
    "nothing": [""],
    "prose": ["hello world", "> said the reader", "out: of order"],
    "status words alone": ["9000", "6A82", "9000"],
    "hashes": [f"{number:064x}" for number in (3**100, 5**80, 7**70, 11**60)],
    "names and numbers": ["id = 4711", "key = 112233445566778899AABBCC", "count = 12"],
    "a disassembly": [
        "  401000: 55 push rbp",
        "  401001: 48 89 e5 mov rbp,rsp",
        "  401004: b8 00 00 00 00 mov eax,0x0",
        "  401009: 5d pop rbp",
    ],
    "identifiers": [
        "550e8400-e29b-41d4-a716-446655440000",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
    ],
    "a bus of a car": ["can0 123 [8] 11 22 33 44 55 66 77 88", "can0 124 [4] 11 22 33 44"] * 3,
    "colours": ["--main: #336699;", "--back: #ffffff;", "--text: #112233;"],
}


@pytest.mark.parametrize("name", NO_DIALOGUE)
def test_no_dialogue(name: str) -> None:
    assert share(*NO_DIALOGUE[name]) == 0


SELECT, FCI = "00A4040007A000000003101000", "6F098407A00000000310109000"
READ, RECORD = "00B2010C00", "70035A01129000"
DIALOGUES = {
    "marks": [f"> {SELECT}", f"< {FCI}", f"> {READ}", f"< {RECORD}"],
    "marks that nobody knows": [f"Zorb {SELECT}", f"Blip {FCI}", f"Zorb {READ}", f"Blip {RECORD}"],
    "bare": [SELECT, FCI, READ, RECORD],
    "one pair": [f"> {SELECT}", f"< {FCI}"],
    "one command": [SELECT],
    "commands alone": [SELECT, READ, "00B2020C00"],
    "both in a line": [f"{SELECT} -> {FCI}", f"{READ} -> {RECORD}"],
    "words between": ["select the application", f"> {SELECT}", "it says", f"< {FCI}", "done"],
}


LITTLE = ("one pair", "one command", "commands alone", "words between")  # a source may hold as much


@pytest.mark.parametrize("name", DIALOGUES)
def test_dialogues(name: str) -> None:
    expected = MOST_SURE
    if name in LITTLE:
        expected = MOST_OF_LITTLE
    assert share(*DIALOGUES[name]) == pytest.approx(expected)


def test_damage_makes_a_dialogue_less_sound() -> None:
    lines = [f"> {SELECT}", f"< {FCI}", f"> {READ}", f"< {RECORD}"]
    damaged = [*lines, "> 00A4040033", "< 1234"]
    assert 0 < share(*damaged) < share(*lines)


def test_commands_that_nobody_knows_need_marks_or_fit_all() -> None:
    pairs = ["80FD0000021122", "12349000", "80FC0000021122", "9000"]
    marked = [f"{mark} {half}" for mark, half in zip("><><", pairs, strict=True)]
    assert share(*marked) > 0
    assert share(*pairs) > 0
    assert share("B0FD000000", "1234") == 0


def test_answer_to_reset_alone_is_a_little_sure() -> None:
    assert 0 < share("ATR: 3B 65 00 00 20 63 CB 6F 00") < MOST_SURE
    assert share("3B 65 00 00 20 63 CB 6F 00") == 0


def test_frames_of_a_reader_chip_are_sure() -> None:
    """PN532 user manual, 6.2.1.1."""
    assert share("> 0000ff02fed4022a00", "< 0000ff00ff00") == MOST_SURE


def test_bytes_that_are_not_explained_make_it_no_dialogue() -> None:
    noise = [f"digest {number:040x}" for number in (5**69, 7**57, 11**46, 13**43)]
    assert share(SELECT, FCI) > 0
    assert share(SELECT, FCI, *noise) == 0
