# SPDX-License-Identifier: MIT
"""Fields with what stands around them, and the parts of an APDU that are spelled out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from cardlib.formats.text.columns import COLUMN, STAMP
from cardlib.formats.text.fields import (
    Field,
    common_prefix,
    counts_in,
    shape_of,
    with_odd_tails_as_holes,
    with_parts_joined,
    with_surroundings,
)


def field(pre: str, data: bytes | None = b"\x90\x00", line: int = 0, **more: str) -> Field:
    return Field(line, len(pre), len(pre) + 4, data, pre, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("", ""),
        ("send: ", "send: "),
        ("send #12 (345): ", "send #0 (0): "),
        ("a \t\u00a0 b", "a b"),
        (STAMP * 8 + " " + COLUMN * 4 + "> ", " > "),
        ("    > ", " > "),
        ("発送 3：", "発送 0："),
    ],
)
def test_shapes_have_no_digits_and_stamps(text: str, shape: str) -> None:
    assert shape_of(text) == shape


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("", ()),
        ("apdu", ()),
        ("TX 5: ", (5,)),
        ("len=16, of 256 ", (16, 256)),
        ("a1 1.5 x2 ", ()),
        ("123456", ()),
    ],
)
def test_numbers_that_may_be_lengths(text: str, counts: tuple[int, ...]) -> None:
    assert counts_in(text) == counts


class TestCommonPrefix:
    @pytest.mark.parametrize(
        "texts",
        [
            [],
            ["DEBUG card > "] * 3,  # too few
            ["> "] * 8,  # an arrow may be all there is
            ["send: ", "recv: "] * 4,
            ["DEBUG > ", "INFO < ", "WARN > ", "ERROR < "],
            [""] * 8,
        ],
    )
    def test_none(self, texts: Sequence[str]) -> None:
        assert common_prefix(texts) == ""

    def test_what_most_lines_begin_with(self) -> None:
        assert common_prefix(["DEBUG card: send ", "DEBUG card: recv "] * 4) == "DEBUG card: "

    def test_one_line_in_five_may_be_without(self) -> None:
        texts = ["DEBUG card: send ", "DEBUG card: recv "] * 2
        assert common_prefix([*texts, "x"]) == "DEBUG card: "
        assert common_prefix([*texts, "x", "y"]) == ""


@pytest.mark.parametrize(
    ("data", "size", "is_full"),
    [(None, 0, False), (b"", 0, False), (bytes(15), 15, False), (bytes(16), 16, True)],
)
def test_a_row_that_may_go_on_below(data: bytes | None, size: int, is_full: bool) -> None:
    row = field("", data)
    assert (row.size, row.is_full_row) == (size, is_full)


class TestSurroundings:
    def test_text_above_is_the_label_of_a_bare_field(self) -> None:
        rows = [("Command:", []), ("", [field("", line=1)]), ("", [field("", line=2)])]
        first, second = with_surroundings(rows)
        assert (first.label, first.gap) == ("Command:", "text")
        assert (second.label, second.gap) == ("", "")

    def test_a_marked_field_takes_no_label(self) -> None:
        (only,) = with_surroundings([("Command:", []), ("", [field("> ", line=1)])])
        assert (only.label, only.gap) == ("", "text")

    def test_gaps(self) -> None:
        rows = [("", [field("> ")]), ("", []), ("", [field("> ", line=2)])]
        assert [item.gap for item in with_surroundings(rows)] == ["", "blank"]
        rows.insert(2, ("wait", []))
        assert [item.gap for item in with_surroundings(rows)] == ["", "text"]

    def test_second_field_of_a_line_keeps_its_own(self) -> None:
        second = Field(0, 10, 14, b"\x6a\x83", "<- ", place=1)
        rows = [("Sent", []), ("", [field(""), second])]
        fields = with_surroundings(rows)
        assert [item.label for item in fields] == ["Sent", ""]
        assert fields[1] == second

    def test_a_line_that_comes_as_often_as_bytes_says_nothing(self) -> None:
        rows: list[tuple[str, list[Field]]] = []
        for line in range(5):
            rows += [("DEBUG transmit", []), ("", [field("", line=line)])]
        assert {item.label for item in with_surroundings(rows)} == {""}
        assert {item.gap for item in with_surroundings(rows)} == {""}
        assert {item.label for item in with_surroundings(rows[:6])} == {"DEBUG transmit"}

    def test_what_most_lines_begin_with_is_taken_off(self) -> None:
        rows = [("", [field(f"DEBUG card: {mark} ", line=at)]) for at, mark in enumerate("><><")]
        assert [item.pre for item in with_surroundings(rows)] == ["> ", "< ", "> ", "< "]

    def test_prefix_that_the_label_has_too_is_none_of_the_field(self) -> None:
        rows = [("log: Command", []), ("log: 9000", [field("log: ", line=1)])]
        (only,) = with_surroundings(rows)
        assert (only.pre, only.label) == (" ", "Command")


class TestOddTails:
    def test_words_that_follow_no_other_are_damage(self) -> None:
        fields = [field("> ", tail="") for _ in range(4)] + [field("> ", tail=" and more")]
        checked = with_odd_tails_as_holes(fields)
        assert checked[:4] == fields[:4]
        assert checked[4].data is None
        assert "words behind the bytes" in checked[4].detail

    @pytest.mark.parametrize("tail", ["", " // x", ", 3 ms", " SW", " status", "\tSELECT"])
    def test_what_is_no_word_that_sticks(self, tail: str) -> None:
        fields = [field("> ") for _ in range(4)] + [field("> ", tail=tail)]
        assert with_odd_tails_as_holes(fields) == fields

    def test_what_follows_often_is_in_order(self) -> None:
        fields = [field("> ", tail=" ok") for _ in range(2)] + [field("> ") for _ in range(2)]
        assert with_odd_tails_as_holes(fields) == fields

    def test_a_line_without_others_of_its_kind_is_in_order(self) -> None:
        fields = [field("> "), field("< ", tail=" and more")]
        assert with_odd_tails_as_holes(fields) == fields


def part(name: str, data: str, gap: str = "") -> Field:
    return Field(0, 0, 2, bytes.fromhex(data), name + ":", kind=name, gap=gap)


class TestParts:
    def test_without_a_class_byte_names_are_words(self) -> None:
        fields = [part("DATA", "6F02"), part("SW1", "90")]
        assert [item.kind for item in with_parts_joined(fields)] == ["", ""]

    def test_parts_of_a_command_are_pieces_of_one_half(self) -> None:
        names = ["CLA", "INS", "P1", "P2", "LC", "DATA", "LE"]
        joined = with_parts_joined([part(name, "00") for name in names])
        assert [item.kind for item in joined] == ["begins C"] + ["piece"] * 6

    def test_answer_behind_a_command(self) -> None:
        fields = [part("CLA", "00"), part("INS", "B0"), part("P1", "00"), part("P2", "00")]
        fields += [part("LE", "02"), part("DATA", "1234"), part("SW1", "90"), part("SW2", "00")]
        kinds = [item.kind for item in with_parts_joined(fields)]
        assert kinds == ["begins C"] + ["piece"] * 4 + ["begins A"] + ["piece"] * 2

    def test_answer_without_data(self) -> None:
        fields = [part("CLA", "00"), part("INS", "B0"), part("SW1", "90"), part("SW2", "00")]
        kinds = [item.kind for item in with_parts_joined(fields)]
        assert kinds == ["begins C", "piece", "begins A", "piece"]

    def test_another_field_stays_as_it_is(self) -> None:
        fields = [part("CLA", "00"), field("> "), part("CLA", "80")]
        kinds = [item.kind for item in with_parts_joined(fields)]
        assert kinds == ["begins C", "", "begins C"]


def test_bare_means_that_nothing_but_blanks_stands_in_front() -> None:
    assert Field(0, 0, 4, b"").is_bare
    assert Field(0, 2, 4, b"", "  ").is_bare
    assert not Field(0, 2, 4, b"", "> ").is_bare
    assert not Field(0, 9, 13, b"", " ", place=1).is_bare
