# SPDX-License-Identifier: MIT
"""Bytes in a line: what only looks like bytes first, then each spelling."""

from __future__ import annotations

from itertools import pairwise

import pytest

from cardlib.formats.text.runs import Spelling

NO_BYTES = [
    "",
    "0",
    "de",
    "cafe and babe",
    "1.5 ms",
    "version 12.34",
    "SELECT",
    "0x",
    "(12)",
    "[7]",
    "(0, 164, 4)",  # counts, where no list of the file is decimal
    "[300, 4]",
    "[0, -192, 4]",
    "a00",
    "x12y",
    "word_90",
    "b''",
    "0x00, 0xA4, 0x4",  # of bytes with zeros in front, one lost a digit
    "٩٠٠٠",
]


@pytest.mark.parametrize("text", NO_BYTES)
def test_what_is_no_bytes(text: str) -> None:
    assert Spelling().runs(text) == []


SELECT = "00A40400"
SPELLINGS = [  # a line that holds 00A40400 once, and the spelling
    ("00A40400", "blanks"),
    ("00a40400", "blanks"),
    ("00 A4 04 00", "blanks"),
    ("00 A4  04 00", "blanks"),
    ("00A4 0400", "blanks"),
    ("0x00A40400", "blanks"),
    ("00:A4:04:00", "joined"),
    ("00-A4-04-00", "joined"),
    ("00,A4,04,00", "joined"),
    ("00, A4, 04, 00", "joined"),
    ("00.A4.04.00", "joined"),
    ("0x00, 0xA4, 0x04, 0x00", "prefixed"),
    ("0x00,0xA4,0x04,0x00,", "prefixed"),
    ("0x00 0xA4 0x04 0x00", "prefixed"),
    ("0x0, 0xA4, 0x4, 0x0", "prefixed"),
    ("(byte) 0x00, (byte)0xA4, 0x04, 0x00", "prefixed"),
    ("00h A4h 04h 00h", "suffixed"),
    ("00H,A4H,04H,00H", "suffixed"),
    (r"\x00\xa4\x04\x00", "escaped"),
    (r"b'\x00\xa4\x04\x00'", "literal"),
    (r'b"\x00\xa4\x04\x00"', "literal"),
    ("[0x00, 0xA4, 0x04, 0x00]", "list"),
    ("{ 0x00, 0xA4, 0x04, 0x00 }", "list"),
    ("[00 A4 04 00]", "list"),
    ("[00, A4, 04, 00]", "list"),
    ("[0, 164, 4, 0]", "list"),
    ("[0, -92, 4, 0]", "list"),
]


@pytest.mark.parametrize(("text", "spelling"), SPELLINGS)
@pytest.mark.parametrize(("before", "behind"), [("", ""), ("> ", " "), ("send: ", "  // x")])
def test_each_spelling(text: str, spelling: str, before: str, behind: str) -> None:
    line = before + text + behind
    (run,) = Spelling().runs(line)
    assert (run.data.hex().upper(), run.spelling, run.hidden) == (SELECT, spelling, 0)
    assert line[run.start : run.stop] == text.rstrip(",")


def test_blanks_of_a_web_page_are_blanks() -> None:
    (run,) = Spelling().runs("> 00\u00a0A4\u00a004\u00a000")
    assert (run.data.hex().upper(), run.start, run.stop) == (SELECT, 2, 13)


def test_letters_in_a_literal_of_python() -> None:
    (run,) = Spelling().runs(r"tx b'\x00\xa4\t\n1PAY\\'")
    assert run.data == b"\x00\xa4\t\n1PAY\\"


def test_runs_stand_from_left_to_right() -> None:
    line = "send: 00 B2 01 0C 00 recv: 0x6A, 0x83 sw 9000"
    runs = Spelling().runs(line)
    assert [run.data.hex() for run in runs] == ["00b2010c00", "6a83", "9000"]
    assert all(before.stop <= after.start for before, after in pairwise(runs))


def test_a_sign_is_the_same_in_one_run() -> None:
    runs = Spelling().runs("00:A4:04-00-07")
    assert [run.data.hex() for run in runs] != ["00a4040007"]


@pytest.mark.parametrize("text", ["de ad", "fade", "BEEF", "decade"])
def test_short_words_of_hex_letters_are_words(text: str) -> None:
    assert Spelling().runs(f"the {text} here") == []


@pytest.mark.parametrize("text", ["FF", "ffff", "FF FF", "DEADBEEF", "ABCDEFABCDEF"])
def test_long_runs_of_letters_and_ff_are_bytes(text: str) -> None:
    (run,) = Spelling().runs(f"> {text}")
    assert run.data.hex().upper() == text.replace(" ", "").upper()


@pytest.mark.parametrize(
    ("text", "plain", "hidden"),
    [
        ("00 20 00 80 04 XX XX XX XX", "002000800400000000", 4),
        ("00 20 00 80 04 ** ** ** **", "002000800400000000", 4),
        ("00 20 00 80 02 ?? ##", "0020008002" + "0000", 2),
        ("0020008004XXXXXXXX", "002000800400000000", 4),
        ("0x00, 0x20, 0x00, 0x80, 0x01, 0xXX", "002000800100", 1),
        ("00:20:00:80:02:XX:XX", "00200080020000", 2),
        ("00 20 00 80 03 .. .. .. 00", "002000800300000000", 3),
    ],
)
def test_hidden_bytes_keep_their_place(text: str, plain: str, hidden: int) -> None:
    (run,) = Spelling().runs(text)
    assert (run.data.hex(), run.hidden) == (plain, hidden)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("[-0x200, -0x5c]", []),
        ("[-0x5c]", []),  # a count, perhaps
        ("[-0x5c, -0x80]", ["A480"]),
        ("{-0x1, 0x04}", ["FF04"]),
    ],
)
def test_a_sign_in_front_of_a_hex_number(text: str, data: list[str]) -> None:
    spelling = Spelling()
    spelling.learn([text])
    assert [run.data.hex().upper() for run in spelling.runs(text)] == data


class TestWhatTheFileShows:
    @pytest.mark.parametrize("proof", ["[111, 16]", "[0, -92]", "{200, 1, 2}"])
    def test_one_decimal_list_makes_all_lists_decimal(self, proof: str) -> None:
        spelling = Spelling()
        spelling.learn([proof])
        assert spelling.runs("[10, 20, 30]")[0].data == bytes((10, 20, 30))
        assert spelling.runs("{10, 20}")[0].data == bytes((10, 20))

    def test_a_count_is_no_decimal_list(self) -> None:
        spelling = Spelling()
        spelling.learn(["[144]", "(0x90, 0x00)", "[0x100, 0x01]"])
        assert not spelling.is_decimal

    def test_bytes_without_zeros_in_front(self) -> None:
        spelling = Spelling()
        spelling.learn(["> 0 A4 4 0 7 A0"])
        (run,) = spelling.runs("< 6F 1 84 7 90 0")
        assert run.data == bytes.fromhex("6F0184079000")
        assert Spelling().runs("< 6F 1 84 7") != [run]

    @pytest.mark.parametrize("text", ["> 00 A4 04 00", "1 2 3 4", "a b", "[0 A4 4 0 7]"])
    def test_what_does_not_show_bytes_without_zeros(self, text: str) -> None:
        spelling = Spelling()
        spelling.learn([text])
        assert not spelling.is_unpadded

    def test_two_bytes_with_a_comma_need_others_in_the_file(self) -> None:
        spelling = Spelling()
        assert spelling.runs("< 90,00") == []
        spelling.learn(["> 00,A4,04,00,07"])
        assert spelling.runs("< 90,00")[0].data == b"\x90\x00"
