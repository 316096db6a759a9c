# SPDX-License-Identifier: MIT
"""What a field may add to the half that is open."""

from __future__ import annotations

from . import costs, words
from .fields import Field
from .not_bytes import is_status_word
from .states import HEADER, Context, State, same_speaker


def add_continuations(context: Context, state: State, index: int, states: list[State]) -> None:
    """What the field may add to the open half."""
    around = context.surroundings(index, "K")
    if state.answer is None and state.command:
        _add_to_command(context, state, index, states, around)
    if state.answer:
        _add_to_answer(context, state, index, states, around)


def _add_to_command(
    context: Context, state: State, index: int, states: list[State], around: float
) -> None:
    """A procedure byte, or more of the data of the command."""
    command = state.command or b""
    data = context.fields[index].data or b""
    base = state.base + around
    if _is_procedure_byte(command, data):
        trail = (state.trail, "P")
        cost = base + costs.PROCEDURE_BYTE
        states.append(state._replace(base=cost, phase="P", trail=trail))
        base += costs.LIKE_A_PROCEDURE_BYTE
    goes_out = len(command) == HEADER and costs.data_go(command[:2]) == "out"
    if state.phase == "P":
        cost = costs.AFTER_PROCEDURE_BYTE
        if same_speaker(context, index) and not context.fields[index].is_bare:
            cost += costs.CARD_GOES_ON
    else:
        is_complete = costs.is_complete_command(command) or costs.asks_only(command, data)
        cost = _row_cost(context, state, index, command, is_complete)
    if goes_out:
        cost += costs.WRONG_WAY
    trail = (state.trail, "K")
    states.append(state._replace(base=base + cost, command=command + data, phase="", trail=trail))


def _is_procedure_byte(command: bytes, data: bytes) -> bool:
    """Whether a byte behind a header is its INS or the complement (ISO/IEC 7816-3, 10.3.3)."""
    if len(command) != HEADER or len(data) != 1:
        return False
    instruction = command[1]
    return data[0] in (instruction, instruction ^ 0xFF)


def _add_to_answer(
    context: Context, state: State, index: int, states: list[State], around: float
) -> None:
    """A status word, data behind one that stood first, or more of the data of the answer."""
    field = context.fields[index]
    data = field.data or b""
    answer = state.answer or b""
    if is_status_word(field):
        _add_status(state, index, context, states, around)
    is_behind = field.place or (state.phase == "T" and _may_be_data(field))
    if field.kind != "number" and len(answer) == 2 and is_behind and data[-2:] != answer:
        _add_behind_status(state, field, states, around)
    elif state.phase == "F" and not field.place:
        trail = (state.trail, "F")
        cost = state.base + around + _row_gap(field)
        grown = answer[:-2] + data + answer[-2:]
        states.append(state._replace(base=cost, answer=grown, trail=trail))
    cost = _row_cost(context, state, index, answer, _is_complete(field, answer))
    if len(answer) == 2 and field.is_bare and not field.gap and cost > costs.ROW_ANNOUNCED:
        cost += costs.ONTO_STATUS - costs.ONTO_COMPLETE
    cost += state.base + around
    trail = (state.trail, "K")
    states.append(state._replace(base=cost, answer=answer + data, phase="", trail=trail))


def _add_behind_status(state: State, field: Field, states: list[State], around: float) -> None:
    """The data of an answer whose status word stood first."""
    cost = state.base + around + costs.STATUS_FIRST
    if not field.place:
        cost += costs.BELOW_BLANK
    data = field.data or b""
    answer = data + (state.answer or b"")
    trail = (state.trail, "F")
    states.append(state._replace(base=cost, answer=answer, phase="F", trail=trail))


def _is_complete(field: Field, answer: bytes) -> bool:
    """Whether an answer is complete; a row may end in what looks like a status word, a marked line does not."""
    if costs.is_complete_answer(answer):
        return True
    is_marked = not field.is_bare and field.kind != "status"
    return is_marked and len(answer) > 1 and costs.status(answer) == costs.USUAL_STATUS


def _may_be_data(field: Field) -> bool:
    """Whether a field below a status word may be the data of that answer."""
    if field.is_bare:
        return True
    text = field.pre.lower()
    return words.direction(text) == "A" or "data" in text or "dump" in text


def _add_status(
    state: State, index: int, context: Context, states: list[State], around: float
) -> None:
    """A status word behind the data of an answer, on its own."""
    field = context.fields[index]
    data = field.data or b""
    answer = state.answer or b""
    cost = costs.STATUS_APART
    if field.kind == "status":
        cost += costs.STATUS_NAMED
    if costs.is_complete_answer(answer) or answer.endswith(data):
        cost += costs.ONTO_COMPLETE
        if len(answer) == 2:
            cost += costs.ONTO_COMPLETE  # two status words are two answers
    elif _is_complete(field, answer):
        cost += costs.ONTO_STATUS
    if field.offset == 0:
        cost += costs.OFFSET_WRONG
    if state.phase == "N":
        cost += costs.BEHIND_LEFT_OUT
    base = state.base + around + cost
    trail = (state.trail, "S")
    states.append(state._replace(base=base, answer=answer + data, phase="S", trail=trail))


def _row_cost(context: Context, state: State, index: int, half: bytes, is_complete: bool) -> float:
    """What it costs that a field goes on with a half."""
    field = context.fields[index]
    above = None
    if index:
        above = context.fields[index - 1]
    is_row_of_dump = bool(field.offset) and field.offset == len(half)
    if is_row_of_dump or _is_announced(context, state, index, half):
        return costs.ROW_ANNOUNCED + _behind_comma(above)
    cost = _row_gap(field) + costs.goes_on(field.data or b"")
    is_below_full_row = False
    if above is not None:
        is_below_full_row = _is_below_full_row(field, above)
        cost = _below(field, above, cost)
    cost += _offset_cost(field, half)
    if is_complete and is_below_full_row and cost == costs.ROW_BELOW_FULL_ROW:
        cost += costs.ONTO_COMPLETE_ROWS
    elif is_complete:
        cost += costs.ONTO_COMPLETE
    if state.phase == "N":
        cost += costs.BEHIND_LEFT_OUT
    if state.phase == "S":
        cost += costs.ONTO_COMPLETE
    return cost


def _offset_cost(field: Field, half: bytes) -> float:
    """What the place that a row of a dump names says about the half before it."""
    if field.offset is None:
        return 0.0
    if field.offset == len(half):
        return costs.OFFSET_PROVES
    return costs.OFFSET_WRONG


def _behind_comma(above: Field | None) -> float:
    if above is not None and above.tail.rstrip().endswith(","):
        return costs.BEHIND_COMMA
    return 0.0


def _is_announced(context: Context, state: State, index: int, half: bytes) -> bool:
    """Whether a row lies within the length that the half before it declares."""
    field = context.fields[index]
    if field.label:
        return False
    if field.place or field.gap == "text" or state.phase == "N":
        return False
    has_mark_of_above = index > 0 and context.fields[index - 1].pre == field.pre
    if not field.is_bare and not has_mark_of_above:
        return False
    declared_end = costs.declared_end(half, state.answer is None)
    return len(half) + field.size <= declared_end


def _is_below_full_row(field: Field, above: Field) -> bool:
    return field.is_bare and above.is_full_row and not field.gap


def _below(field: Field, above: Field, cost: float) -> float:
    """What the line above says about a row that would cost so much by itself."""
    if _is_below_full_row(field, above):
        cost = costs.ROW_BELOW_FULL_ROW + costs.goes_on(field.data or b"")
    cost += _behind_comma(above)
    is_next_line = not field.place and not field.gap
    if is_next_line and not field.is_bare and above.pre == field.pre:
        cost += costs.SAME_MARK_BELOW - costs.BELOW_TEXT
    return cost


def _row_gap(field: Field) -> float:
    if field.place:
        return costs.SAME_LINE
    if not field.is_bare or field.gap == "text":
        return costs.BELOW_TEXT
    if field.gap == "blank":
        return costs.BELOW_BLANK
    return costs.ROW_BELOW
