# SPDX-License-Identifier: MIT
"""What stands around halves is learned from the file: what it must not decide, and what it may."""

from __future__ import annotations

import pytest
from text_rows import read_rows, rows_of

from cardlib.formats.text.fields import Field
from cardlib.formats.text.hints import NO_HINTS, Hints
from cardlib.formats.text.learning import Counts, Reading, counted, features


def read(*lines: str, hints: Hints = NO_HINTS, counts: Counts | None = None) -> Reading:
    return read_rows(rows_of("\n".join(lines)), hints, counts)


SELECT = "00A4040007A000000003101000"
FCI = "6F098407A00000000310109000"
READ = "00B2010C00"
RECORD = "70035A01129000"


class TestFeatures:
    def test_from_the_whole_text_to_its_words(self) -> None:
        field = Field(0, 9, 11, b"\x00\xb2\x01\x0c\x00", "Zorb card #0: ")
        assert features(field) == ["=Zorb card #0: |0", "last zorb card", "word zorb", "word card"]

    def test_one_byte_and_status_words_have_their_own_first(self) -> None:
        for data, mark in ((b"\xb2", "#1"), (b"\x90\x00", "#2"), (b"\x50\x00", "")):
            names = features(Field(0, 9, 11, data, "Zorb "))
            assert names[0] == "=Zorb |0" + mark
            assert "word zorb" in names

    def test_a_bare_field_has_its_label_or_its_gap(self) -> None:
        data = b"\x00\xb2\x01\x0c\x00"
        assert features(Field(0, 0, 9, data, label="Zorb:"))[0] == "above=Zorb:|0"
        above = {features(Field(0, 0, 9, data, gap=gap))[0] for gap in ("", "blank", "text")}
        assert len(above) == 3

    def test_signs_alone_are_a_feature_as_a_whole(self) -> None:
        data = b"\x00\xb2\x01\x0c\x00"
        assert features(Field(0, 3, 9, data, ">> "))[1:] == ["signs >>|0"]

    def test_the_place_in_the_line_tells_fields_apart(self) -> None:
        data = b"\x00\xb2\x01\x0c\x00"
        first = features(Field(0, 3, 9, data, "; "))
        second = features(Field(0, 13, 19, data, "; ", place=1))
        assert not set(first) & set(second)


class TestCounts:
    NAMES = (("=> |0",), ("=< |0",), ("=> |0",), ("=x |0",))

    def test_groups_of_roles(self) -> None:
        counts = counted(self.NAMES, "CSCD")
        assert counts == {"=> |0": {"C": 2}, "=< |0": {"K": 1}, "=x |0": {"N": 1}}

    def test_an_answer_to_reset_teaches_nothing(self) -> None:
        assert counted((("=ATR: |0",),), "R") == {}

    def test_what_was_counted_before_stays(self) -> None:
        before: Counts = {"=> |0": {"C": 5}}
        counts = counted(self.NAMES, "CACN", before)
        assert counts["=> |0"] == {"C": 7}
        assert before == {"=> |0": {"C": 5}}


class TestReading:
    def test_nothing(self) -> None:
        assert read("") == Reading([], "", 0.0, {})

    def test_marks_that_mean_the_opposite_lose(self) -> None:
        lines = [f"recv: {SELECT}", f"send: {FCI}", f"recv: {READ}", f"send: {RECORD}"]
        assert read(*lines).roles == "CACA"

    def test_words_decide_where_bytes_say_nothing(self) -> None:
        """Class F0 and no known instruction: each line could be either half."""
        halves = ["F0FD019000", "F0FC029000", "F0FB039000", "F0FA049000"]
        assert (
            read(*[f"{mark} {half}" for mark, half in zip("><><", halves, strict=True)]).roles
            == "CACA"
        )
        assert (
            read(*[f"{mark} {half}" for mark, half in zip("<><>", halves, strict=True)]).roles[1]
            == "C"
        )

    def test_chinese_says_a_direction(self) -> None:
        halves = ["F0FD019000", "F0FC029000"]
        assert read(f"发送：{halves[0]}", f"接收：{halves[1]}").roles == "CA"
        assert read(f"接收：{halves[0]}", f"发送：{halves[1]}").roles[-1] == "C"

    def test_a_mark_that_was_learned_decides_a_doubtful_line(self) -> None:
        known = [f"Zorb {SELECT}", f"Blip {FCI}", f"Zorb {READ}", f"Blip {RECORD}"] * 3
        doubtful = ["Zorb F0FD019000", "Blip F0FC029000"]
        assert read(*known, *doubtful).roles == "CA" * 7

    def test_what_was_learned_before_a_window_holds_in_it(self) -> None:
        earlier = read(*[f"Zorb {SELECT}", f"Blip {FCI}", f"Zorb {READ}", f"Blip {RECORD}"] * 3)
        later = ["Blip F0FC029000", "Zorb F0FD019000", "Blip F0FC029000"]
        assert read(*later, counts=earlier.counts).roles == "ACA"

    def test_a_key_between_exchanges_is_left_out_each_time(self) -> None:
        key = "11 22 33 44 55 66 77 88 99 AA BB CC DD EE FF 00"
        lines = [f"> {SELECT}", f"< {FCI}", f"session key {key}", f"> {READ}", f"< {RECORD}"]
        assert read(*lines * 4).roles == "CANCA" * 4

    def test_reading_twice_is_the_same(self) -> None:
        lines = [f"a {SELECT}", f"b {FCI}", f"a {READ}", f"b {RECORD}"]
        assert read(*lines) == read(*lines)


class TestHints:
    LINES = ("Zorb: F0FD019000", "Blip: F0FC029000", "Zorb: F0FB039000", "Blip: F0FA049000")

    @pytest.mark.parametrize(
        ("hints", "roles"),
        [
            (Hints(to_card=("Zorb",)), "CACA"),
            (Hints(from_card=("Blip",)), "CACA"),
            (Hints(to_card=("Zorb",), from_card=("Blip",)), "CACA"),
        ],
    )
    def test_a_hint_decides(self, hints: Hints, roles: str) -> None:
        assert read(*self.LINES, hints=hints).roles == roles

    def test_a_hint_outweighs_words(self) -> None:
        lines = ["recv F0FD019000", "send F0FC029000", "recv F0FB039000", "send F0FA049000"]
        assert read(*lines).roles != "CACA"
        hints = Hints(to_card=("recv",), from_card=("send",))
        assert read(*lines, hints=hints).roles == "CACA"

    def test_bytes_that_are_no_command_do_not_become_one_by_a_hint(self) -> None:
        roles = read(f"Zorb: {SELECT}", "Blip: 9000", hints=Hints(to_card=("Blip",))).roles
        assert roles[1] != "C"

    def test_a_hint_of_no_line_changes_nothing(self) -> None:
        assert read(*self.LINES, hints=Hints(to_card=("Quux",))) == read(*self.LINES)


class TestSecondAnswers:
    """Where a command was lost, its answer stands alone: the first one belongs to the command above."""

    def test_the_first_of_two_equal_answers_counts(self) -> None:
        lines = [
            f"Qua -> {SELECT}",
            "Ves -> 6A82",
            f"Qua -> {SELECT[:-4]}DB00",
            "Ves -> 6A82",
            "Ves -> 6A82",
        ]
        assert read(*lines).roles == "CACAN"

    def test_the_first_counts_where_the_second_has_data(self) -> None:
        lines = [f"Qua - {SELECT}", "Ves - 9000", "Qua - 00A4020C02011E", "Ves - 9000"]
        lines += ["Ves - 60165F019000", "Qua - 00B0000404", "Ves - 313233349000"]
        assert read(*lines).roles == "CACANCA"

    def test_lines_with_another_mark_stay_left_out(self) -> None:
        lines = [f"> {SELECT}", f"< {FCI}", f"> {READ}", "result: 9000", f"< {RECORD}"]
        assert read(*lines).roles[-1] == "A"


class TestMarksThatMeanTheOpposite:
    def test_bytes_that_say_much_win(self) -> None:
        lines = [
            *("Rx [12]:", "00A4040C07A0000002471001", "Tx [2]:", "SW=9000"),
            *("Rx [5]:", "0084000008", "Tx [10]:", "0486333A203BC15D", "SW=9000"),
            *("Rx [46]:", "00820000280413B166567E0E642CA2CE", "447315DB582D96DB1091AC1E31F566A2"),
            *("5A894B6C4A60739FA0F50A954F28", "Tx [42]:", "248675998773394C94D30545791D8595"),
            *("AB6B44252B86A988B5F005383D9CB03E", "FEDD70F89AD072D9", "SW=9000"),
            *("Rx [27]:", "0CA4020C158709014949D4C039F8D032", "8E088C45C00B6909DF2E00"),
            *("Tx [16]:", "990290008E082ECE0CA6335A9CFF", "SW=9000"),
            *("Rx [19]:", "0CB000000D9701048E08D8CC1DFEB246", "8EF000"),
            *("Tx [27]:", "8709015C95E792773F0E8E990290008E", "08C7E06522FCA985D5", "SW=9000"),
            *("Rx [19]:", "0CB000040D9701048E08E07A96F5F1DF", "40E000"),
            *("Tx [43]:", "8719019AD664FB66425D6C1EB39C7F78", "41E781C4C35824393D3260990290008E"),
            *("08CD039010DC02BB18", "SW=9000"),
            *("Rx [27]:", "0CA4020C1587090147FC2F182B68E6E6", "8E0819407AC53132418800"),
            *("Tx [16]:", "990290008E0870842346F7DAD91E", "SW=9000"),
        ]
        assert read(*lines).roles == "CACASCKKAKKSCKASCKAKSCKAKKSCKAS"
