# SPDX-License-Identifier: MIT
"""From roles to frames and problems: damage first, then where each half stands."""

from __future__ import annotations

import pytest
from text_rows import fields_in, read_rows, rows_of

from cardlib.core.apdu import HIDDEN
from cardlib.core.model import Frame, Problem
from cardlib.formats.lines import Item
from cardlib.formats.text.fields import Field
from cardlib.formats.text.halves import Writer, is_named
from cardlib.formats.text.learning import Reading, counted, features


def written(text: str, roles: str | None = None, atr: bytes = b"") -> tuple[list[Item], Writer]:
    """What a log gives, with roles that are given or those of the best reading."""
    rows = rows_of(text)
    if roles is None:
        reading = read_rows(rows)
    else:
        fields = fields_in(rows)
        assert len(fields) == len(roles)
        counts = counted([features(field) for field in fields], roles)
        reading = Reading(fields, roles, 0.0, counts)
    writer = Writer(rows, reading, atr, 7)
    return list(writer.items()), writer


def halves(items: list[Item]) -> list[tuple[str, str, str]]:
    return [
        (item.kind, item.sender, item.data.hex().upper())
        for item in items
        if isinstance(item, Frame)
    ]


def problems(items: list[Item]) -> list[tuple[str, int, str]]:
    return [(item.kind, item.unit, item.detail) for item in items if isinstance(item, Problem)]


class TestProblems:
    def test_nothing(self) -> None:
        assert written("")[0] == []

    def test_going_on_with_nothing(self) -> None:
        items, writer = written("12345678\n> 00B2010C00", "KC")
        assert halves(items) == [("apdu", "reader", "00B2010C00")]
        assert problems(items) == [
            ("unreadable line", 1, "bytes that go on with what cannot be read")
        ]
        assert writer.fates == {0: "damaged", 1: "used"}

    def test_bytes_of_no_role(self) -> None:
        items, writer = written("> 00B2010C00\n112233445566\n< 6A83", "CNA")
        assert problems(items) == [("unreadable line", 2, "bytes that are no part of the dialogue")]
        assert writer.fates == {0: "used", 1: "damaged", 2: "used"}

    def test_a_hole_tells_what_is_wrong(self) -> None:
        items, writer = written("> 00B2010C00\n< 6A8", "CA")
        assert halves(items) == [("apdu", "reader", "00B2010C00")]
        assert [problem[1:] for problem in problems(items)] == [
            (2, "hex digits that are no whole bytes")
        ]
        assert writer.fates == {0: "used", 1: "damaged"}

    @pytest.mark.parametrize(
        "roles",
        [
            "NN",
            "KN",
            "KK",
        ],
    )
    def test_a_line_is_one_problem(self, roles: str) -> None:
        items, writer = written("112233445566 | 112233445567", roles)
        assert len(problems(items)) == 1
        assert writer.fates == {0: "damaged"}

    def test_hidden_bytes(self) -> None:
        items, _ = written("> 0020008004XXXXXXXX\n< 9000")
        assert halves(items) == [
            ("apdu", "reader", "002000800400000000"),
            ("apdu", "card", "9000"),
        ]
        assert [problem[:2] for problem in problems(items)] == [("hidden bytes", 1)]
        frame = next(item for item in items if isinstance(item, Frame))
        assert frame.note.startswith(HIDDEN)
        assert "4 bytes" in frame.note


class TestFrames:
    def test_frames_are_numbered_on(self) -> None:
        items, writer = written("> 00B2010C00\n< 6A83")
        assert [item.index for item in items if isinstance(item, Frame)] == [7, 8]
        assert writer.index == 9

    def test_places_are_those_of_the_lines(self) -> None:
        text = "> 00B2010C00\n# remark\n< 7003\n5A0112\n9000\n"
        items, _ = written(text, "CAKS")
        command, answer = items
        assert isinstance(command, Frame) and isinstance(answer, Frame)
        assert (command.unit, text[command.start : command.stop]) == (1, "> 00B2010C00\n")
        assert (answer.unit, text[answer.start : answer.stop]) == (3, "< 7003\n5A0112\n9000\n")

    def test_halves_of_one_line_share_it(self) -> None:
        text = "send: 00B2010C00 recv: 6A83\n"
        items, _ = written(text, "CA")
        places = [(item.start, item.stop) for item in items if isinstance(item, Frame)]
        at = text.index("6A83")
        assert places == [(0, at), (at, len(text))]

    def test_places_count_bytes_of_utf_8(self) -> None:
        text = "发送: 00B2010C00 接收: 6A83\n"
        items, _ = written(text, "CA")
        answer = items[1]
        assert isinstance(answer, Frame)
        assert text.encode()[answer.start : answer.stop] == b"6A83\n"

    @pytest.mark.parametrize(
        ("text", "roles", "answer"),
        [
            ("> 00B2010C00\n< 7003\n5A0112\nSW 9000", "CAKS", "70035A01129000"),
            ("> 00B2010C00\nSW 9000\ndata 70035A0112", "CAF", "70035A01129000"),
            ("> 00B2010C00\nSW 9000\ndata 7003\ndata 5A0112", "CAFF", "70035A01129000"),
            ("> 00B2010C00\n< 70035A01129000\nSW 9000", "CAD", "70035A01129000"),
        ],
    )
    def test_answers_in_parts(self, text: str, roles: str, answer: str) -> None:
        assert halves(written(text, roles)[0]) == [
            ("apdu", "reader", "00B2010C00"),
            ("apdu", "card", answer),
        ]

    def test_procedure_byte_is_no_data(self) -> None:
        items, writer = written("> 0020008004\n< 20\n> 31323334\n< 9000", "CPKA")
        assert halves(items) == [("apdu", "reader", "002000800431323334"), ("apdu", "card", "9000")]
        assert set(writer.fates.values()) == {"used"}

    def test_mark_alone_is_an_empty_half(self) -> None:
        rows = rows_of("> 00B2010C00\n<")
        mark = Field(1, 1, 1, None, "< ", kind="mark")
        reading = Reading([*rows[0].fields, mark], "CA", 0.0, {})
        items = list(Writer(rows, reading, b"", 0).items())
        assert halves(items) == [("apdu", "reader", "00B2010C00"), ("apdu", "card", "")]
        assert problems(items) == []


class TestToldAgain:
    def test_data_of_an_answer(self) -> None:
        items, writer = written("> 00B2010C00\n< 70035A01129000\ndata 70035A0112", "CAD")
        assert len(items) == 2
        assert writer.fates[2] == "told again"

    def test_named_values(self) -> None:
        items, writer = written("> 00B2010C00\n< 6A83\nsession key = 112233445566", "CAN")
        assert len(items) == 2
        assert writer.fates[2] == "named values"

    ATR = "3B6500002063CB6F00"

    def test_answer_to_reset_opens_once(self) -> None:
        text = f"ATR: {self.ATR}\nATR again: {self.ATR}\n> 00B2010C00"
        items, writer = written(text, "RRC")
        assert halves(items) == [("atr", "card", self.ATR), ("apdu", "reader", "00B2010C00")]
        assert writer.fates == {0: "used", 1: "told again", 2: "used"}

    def test_answer_to_reset_behind_a_command_opens_again(self) -> None:
        text = f"ATR: {self.ATR}\n> 00B2010C00\n< 6A83\nATR: {self.ATR}"
        kinds = [kind for kind, _, _ in halves(written(text, "RCAR")[0])]
        assert kinds == ["atr", "apdu", "apdu", "atr"]

    def test_the_last_one_before_this_text_is_known(self) -> None:
        items, writer = written(f"ATR: {self.ATR}", "R", bytes.fromhex(self.ATR))
        assert items == []
        assert writer.fates == {0: "told again"}


@pytest.mark.parametrize(
    ("field", "named"),
    [
        (Field(0, 0, 4, b"\x11\x22", ""), False),
        (Field(0, 0, 4, b"\x11\x22", "> "), False),
        (Field(0, 0, 4, b"\x11\x22", "Zorb: "), False),  # it might be a mark
        (Field(0, 0, 4, b"\x11\x22", "session key: "), True),
        (Field(0, 0, 4, b"\x11\x22", "key="), True),
        (Field(0, 0, 4, b"\x11\x22", "", kind="number"), True),
        (Field(0, 0, 4, b"\x90\x00", "", kind="status"), True),
        (Field(0, 9, 13, b"\x11\x22", ", ", place=1), True),
        (Field(0, 0, 2, b"\x11", "n "), True),
        (Field(0, 0, 2, b"\x11", ""), True),
        (Field(0, 0, 2, b"\x11", "> "), False),
    ],
)
def test_which_bytes_have_a_name(field: Field, named: bool) -> None:
    assert is_named(field) is named
