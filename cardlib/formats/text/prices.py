# SPDX-License-Identifier: MIT
"""What a field costs in each role, whatever came before it: worked out once for all readings."""

from __future__ import annotations

from ...core.apdu import LEGAL_SW1
from ...core.model import record
from . import costs
from .fields import Field
from .states import HEADER, Context


@record
class Prices:
    """The costs of a field that no reading changes.

    command     what stands around it, where it begins a command
    answer      likewise, where it begins an answer
    rows        likewise, where it goes on with a half
    beginning   what its own place says about a beginning
    begins_answer  what its bytes say about the beginning of an answer
    left_out    where it is no part of the dialogue, or told again: with its role
    row         where it goes on with a half that announces nothing
    is_next_row whether it stands directly below a full row
    """

    command: float
    answer: float
    rows: float
    beginning: float
    begins_answer: float
    left_out: float
    told_again: float
    left_role: str
    row: float
    is_next_row: bool
    comma: float
    may_be_announced: bool
    is_status: bool


def prices_of(context: Context, index: int) -> Prices:
    """The costs of a field by its bytes, its place and what stands around it."""
    field = context.fields[index]
    above = context.fields[index - 1] if index else None
    data = field.data or b""
    of_none = context.surroundings(index, "N")
    left_role, left_out = _left_out(context, index)
    is_next_row = above is not None and is_below_full_row(field, above)
    return Prices(
        command=context.surroundings(index, "C"),
        answer=context.surroundings(index, "A"),
        rows=context.surroundings(index, "K"),
        beginning=_beginning(field),
        begins_answer=costs.begins_answer(data),
        left_out=left_out + of_none,
        told_again=costs.TOLD_AGAIN + of_none,
        left_role=left_role,
        row=_row(field, above, is_next_row),
        is_next_row=is_next_row,
        comma=_behind_comma(above),
        may_be_announced=_may_be_announced(field, above),
        is_status=len(data) == 2 and data[0] in LEGAL_SW1,
    )


def _beginning(field: Field) -> float:
    """What the place of a field says about a beginning."""
    cost = 0.0
    if field.offset:
        cost += costs.OFFSET_GOES_ON
    if field.size in field.counts or field.size - 2 in field.counts:
        cost += costs.COUNT_AGREES
    return cost


def _left_out(context: Context, index: int) -> tuple[str, float]:
    """The role of a field that is no part of the dialogue or tells again what was told, and its cost."""
    field = context.fields[index]
    role = "N"
    cost = _cost_left_out(field)
    if context.repeated[index] and cost > costs.TOLD_AGAIN:
        role = "D"
        cost = costs.TOLD_AGAIN
    if context.twins[index]:
        role = "D"
        cost = costs.PLAIN_TWIN
    if role == "N" and field.direction and field.kind != "number":
        cost += costs.WORD_LEFT_OUT
    return role, cost


def _cost_left_out(field: Field) -> float:
    if field.kind == "number":
        return costs.NUMBER
    data = field.data or b""
    most = costs.LEFT_OUT_NAMED
    if field.is_bare:
        most = costs.LEFT_OUT_MOST
    cost = min(costs.LEFT_OUT + costs.LEFT_OUT_BYTE * len(data), most)
    if len(data) >= HEADER and costs.is_sound_command(data):
        cost += costs.SOUND_LEFT_OUT
    return cost


def _row(field: Field, above: Field | None, is_next_row: bool) -> float:
    """What its lines say about a field that goes on with a half."""
    cost = row_gap(field)
    if is_next_row:
        cost = costs.ROW_BELOW_FULL_ROW
    cost += costs.goes_on(field.data or b"") + _behind_comma(above)
    is_next_line = above is not None and not field.place and not field.gap
    if is_next_line and above is not None and not field.is_bare and above.pre == field.pre:
        cost += costs.SAME_MARK_BELOW - costs.BELOW_TEXT
    return cost


def row_gap(field: Field) -> float:
    """What is between a row and the half that it goes on with."""
    if field.place:
        return costs.SAME_LINE
    if not field.is_bare or field.gap == "text":
        return costs.BELOW_TEXT
    if field.gap == "blank":
        return costs.BELOW_BLANK
    return costs.ROW_BELOW


def is_below_full_row(field: Field, above: Field) -> bool:
    """Whether a field stands directly below a row as long as those of dumps and wrapped lines."""
    return field.is_bare and above.is_full_row and not field.gap


def _behind_comma(above: Field | None) -> float:
    if above is not None and above.tail.rstrip().endswith(","):
        return costs.BEHIND_COMMA
    return 0.0


def _may_be_announced(field: Field, above: Field | None) -> bool:
    """Whether a row may lie within the length that the half before it declares."""
    if field.label or field.place or field.gap == "text":
        return False
    return field.is_bare or (above is not None and above.pre == field.pre)
