# SPDX-License-Identifier: MIT
"""What a field costs in each role before anything is read."""

from __future__ import annotations

from cardlib.formats.text import costs
from cardlib.formats.text.fields import Field
from cardlib.formats.text.prices import is_below_full_row, prices_of, row_gap
from cardlib.formats.text.states import Context

ROW = bytes(range(16))


def context_of(*fields: Field) -> Context:
    flags = [0] * len(fields)
    return Context(fields, flags, [False] * len(fields), lambda index, group: 0.0)


def test_a_row_below_a_full_one_is_cheap() -> None:
    fields = (Field(0, 0, 32, ROW), Field(1, 0, 8, b"\xff\x77\x77\x77"))
    assert is_below_full_row(fields[1], fields[0])
    assert prices_of(context_of(*fields), 1).row == costs.ROW_BELOW_FULL_ROW
    assert not is_below_full_row(Field(1, 0, 8, b"\1\2", gap="blank"), fields[0])


def test_text_between_makes_a_row_dear() -> None:
    assert row_gap(Field(1, 0, 8, ROW, gap="text")) == costs.BELOW_TEXT
    assert row_gap(Field(1, 0, 8, ROW)) < row_gap(Field(1, 0, 8, ROW, gap="blank"))


def test_a_length_that_agrees_makes_a_beginning_cheap() -> None:
    fields = (Field(0, 0, 32, ROW, counts=(16,)), Field(1, 0, 32, ROW, counts=(7,)))
    context = context_of(*fields)
    assert prices_of(context, 0).beginning == costs.COUNT_AGREES
    assert prices_of(context, 1).beginning == 0
