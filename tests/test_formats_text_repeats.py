# SPDX-License-Identifier: MIT
"""Bytes that a log tells again: what only looks so first."""

from __future__ import annotations

import pytest

from cardlib.formats.text.fields import Field
from cardlib.formats.text.repeats import AGAIN, NO, PART, plain_twins, repeated

SELECT = "00A4040007A0000000031010"
ANSWER = "6F09 8407A0000000031010 9000"


def fields(*rows: str) -> list[Field]:
    """A field for each text of a mark and bytes: `> 00A4`; `/` as a mark: none."""
    made = []
    for line, text in enumerate(rows):
        mark, _, digits = text.partition(" ")
        pre = "" if mark == "/" else mark + " "
        made.append(Field(line, 0, 1, None if digits == "?" else bytes.fromhex(digits), pre))
    return made


NOTHING_AGAIN = {
    "nothing": (),
    "two halves": (f"> {SELECT}", f"< {ANSWER}"),
    "the same command twice": (f"> {SELECT}", "< 9000", f"> {SELECT}", "< 9000"),
    "the same answer twice": ("> 00B2010C00", "< 9000", "> 00B2020C00", "< 9000"),
    "single bytes": (f"> {SELECT}", "< A0", "< 00"),
    "a hole": (f"> {SELECT}", "log ?"),
    "status word of another answer": (f"> {SELECT}", f"< {ANSWER}", "> 00B2010C00", "< 9000"),
}


@pytest.mark.parametrize("name", NOTHING_AGAIN)
def test_what_is_not_told_again(name: str) -> None:
    flags = repeated(fields(*NOTHING_AGAIN[name]))
    assert flags == [NO] * len(flags)


def test_the_same_bytes_under_two_marks() -> None:
    assert repeated(fields(f"> {SELECT}", f"raw {SELECT}")) == [AGAIN, AGAIN]


def test_the_end_of_a_longer_half_below() -> None:
    assert repeated(fields("data 84 07 A0 00 00", f"< {ANSWER}")) == [AGAIN, NO]


def test_a_part_of_a_clearly_longer_half_above() -> None:
    assert repeated(fields(f"< {ANSWER}", "data 8407A0000000031010")) == [NO, PART]


def test_the_beginning_of_a_half_above_is_a_part() -> None:
    assert repeated(fields("< 6F0284009000", "data 6F028400")) == [NO, PART]


def test_lines_of_a_printed_tree() -> None:
    flags = repeated(fields(f"< {ANSWER}", "6F 8407A0000000031010", "84 A0000000031010"))
    assert flags == [NO, PART, PART]


def test_what_is_far_is_told_again_only_if_it_is_clearly_longer() -> None:
    between = [f"x {number:04X}" for number in range(0x1000, 0x1014)]
    assert repeated(fields(f"< {ANSWER}", *between, "data 8407A0000000031010"))[-1] == PART
    assert repeated(fields("< 8407A00000009000", *between, "data 8407A0000000"))[-1] == NO
    far = [f"x {number:04X}" for number in range(0x1000, 0x1040)]
    assert repeated(fields(f"< {ANSWER}", *far, "data 8407A0000000031010"))[-1] == NO


def test_rows_below_a_mark_are_one_block() -> None:
    rows = fields("< 6F09 8407", "/ A0000000", "/ 031010 9000", "raw 6F098407A00000000310109000")
    assert repeated(rows) == [AGAIN] * 4


def test_a_status_word_on_top_of_a_block_changes_nothing_for_its_rows() -> None:
    assert repeated(fields("< 9000", "/ 0102030405", "raw 0102030405")) == [NO, NO, AGAIN]
    assert repeated(fields("< 9000", "/ 0102030405", "raw 90000102030405")) == [NO, AGAIN, AGAIN]


def test_a_row_is_not_told_again_by_a_shorter_block() -> None:
    flags = repeated(fields("< 6F09 8407", "/ A0000000", "/ 031010 9000", "aid A0000000"))
    assert flags == [NO, NO, NO, PART]


PLAIN = "00B0000002"
PROTECTED = "0CB000000D 970102 8E081122334455667788 00"


def test_the_clear_form_of_a_protected_command_is_a_twin() -> None:
    assert plain_twins(fields(f"plain {PLAIN}", f"> {PROTECTED}")) == [True, False]
    assert plain_twins(fields(f"> {PROTECTED}", f"plain {PLAIN}")) == [False, True]


NO_TWINS = {
    "nothing": (),
    "two clear commands": (f"> {PLAIN}", f"> {PLAIN}"),
    "two protected commands": (f"> {PROTECTED}", f"> {PROTECTED}"),
    "other place in the file": ("> 00B0000202", f"> {PROTECTED}"),
    "other instruction": ("> 00B2000002", f"> {PROTECTED}"),
    "no length that fits": (f"> {PLAIN}", "> 0CB00000FF970102"),
    "far apart": (f"> {PLAIN}", *["< 1122"] * 7, f"> {PROTECTED}"),
    "holes": ("> ?", f"> {PROTECTED}"),
    "three bytes": ("> 00B000", f"> {PROTECTED}"),
}


@pytest.mark.parametrize("name", NO_TWINS)
def test_what_is_no_twin(name: str) -> None:
    assert not any(plain_twins(fields(*NO_TWINS[name])))
