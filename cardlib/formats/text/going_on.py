# SPDX-License-Identifier: MIT
"""What a field may add to the half that is open."""

from __future__ import annotations

from . import costs, words
from .fields import Field
from .not_bytes import is_status_word
from .prices import Prices, row_gap
from .states import HEADER, Context, State, passed, same_speaker, with_answer, with_command


def add_continuations(
    context: Context, state: State, index: int, prices: Prices, states: list[State]
) -> None:
    """What the field may add to the open half."""
    if state.answer is None and state.command:
        _add_to_command(context, state, index, prices, states)
    if state.answer:
        _add_to_answer(context, state, index, prices, states)


def _add_to_command(
    context: Context, state: State, index: int, prices: Prices, states: list[State]
) -> None:
    """A procedure byte, or more of the data of the command."""
    field = context.fields[index]
    command = state.command or b""
    data = field.data or b""
    base = state.base + prices.rows
    if _is_procedure_byte(command, data):
        following = passed(state, base + costs.PROCEDURE_BYTE, "P", "P")
        states.append(following)
        base += costs.LIKE_A_PROCEDURE_BYTE
    cost = _command_row_cost(context, state, index, prices)
    if _is_length_expected(field, state, command):
        cost = costs.ROW_BELOW
    goes_out = len(command) == HEADER and costs.data_go(command[:2]) == "out"
    if goes_out:
        cost += costs.WRONG_WAY
    following = with_command(state, base + cost, "K", command + data)
    states.append(following)


def _command_row_cost(context: Context, state: State, index: int, prices: Prices) -> float:
    """What it costs that a field goes on with the open command."""
    field = context.fields[index]
    if state.phase == "P":
        cost = costs.AFTER_PROCEDURE_BYTE
        if not field.is_bare and same_speaker(context, index):
            cost += costs.CARD_GOES_ON
        return cost
    command = state.command or b""
    data = field.data or b""
    is_complete = costs.is_complete_command(command)
    if not is_complete:
        is_complete = costs.asks_only(command, data)
    return _row_cost(field, state, prices, command, is_complete)


def _is_length_expected(field: Field, state: State, command: bytes) -> bool:
    """Whether a zero below a command with its data is its Le (ISO/IEC 7816-3, 12.1.3)."""
    if field.data != b"\0" or state.phase:
        return False
    if field.gap or field.label or not field.is_bare:
        return False
    return costs.is_complete_command(command)


def _is_procedure_byte(command: bytes, data: bytes) -> bool:
    """Whether a byte behind a header is its INS or the complement (ISO/IEC 7816-3, 10.3.3)."""
    if len(command) != HEADER or len(data) != 1:
        return False
    instruction = command[1]
    return data[0] in (instruction, instruction ^ 0xFF)


def _add_to_answer(
    context: Context, state: State, index: int, prices: Prices, states: list[State]
) -> None:
    """A status word, data behind one that stood first, or more of the data of the answer."""
    field = context.fields[index]
    data = field.data or b""
    answer = state.answer or b""
    base = state.base + prices.rows
    if is_status_word(field):
        _add_status(state, field, base, states)
    if _is_behind_status(field, state, answer):
        _add_behind_status(state, field, base, states)
    elif state.phase == "F" and not field.place:
        grown = answer[:-2] + data + answer[-2:]
        cost = row_gap(field)
        following = with_answer(state, base + cost, "F", grown, state.phase)
        states.append(following)
    is_complete = _is_complete(field, answer)
    cost = _row_cost(field, state, prices, answer, is_complete)
    is_row = field.is_bare and not field.gap and not is_status_word(field)
    if len(answer) == 2 and is_row and cost > costs.ROW_ANNOUNCED:
        cost += costs.ONTO_STATUS
        cost -= costs.ONTO_COMPLETE
    following = with_answer(state, base + cost, "K", answer + data, "")
    states.append(following)


def _is_behind_status(field: Field, state: State, answer: bytes) -> bool:
    """Whether a field may be the data of an answer that has its status word so far."""
    if field.kind == "number" or len(answer) != 2:
        return False
    data = field.data or b""
    if data[-2:] == answer:
        return False
    if field.place:
        return True
    return state.phase == "T" and _may_be_data(field)


def _add_behind_status(state: State, field: Field, base: float, states: list[State]) -> None:
    """The data of an answer whose status word stood first."""
    data = field.data or b""
    cost = costs.STATUS_FIRST + costs.goes_on(data)
    if field.is_bare and field.gap == "text":
        cost += costs.BELOW_TEXT
    elif not field.place:
        cost += costs.BELOW_BLANK
    status_word = state.answer or b""
    following = with_answer(state, base + cost, "F", data + status_word, "F")
    states.append(following)


def _is_complete(field: Field, answer: bytes) -> bool:
    """Whether an answer is complete; a row may end in what looks like a status word, a marked line does not."""
    if costs.is_complete_answer(answer):
        return True
    if field.is_bare or field.kind == "status":
        return False
    if len(answer) < 2:
        return False
    return costs.status(answer) == costs.USUAL_STATUS


def _may_be_data(field: Field) -> bool:
    """Whether a field below a status word may be the data of that answer."""
    if field.is_bare:
        return True
    text = field.pre.lower()
    return words.direction(text) == "A" or "data" in text or "dump" in text


def _add_status(state: State, field: Field, base: float, states: list[State]) -> None:
    """A status word behind the data of an answer, on its own."""
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
        cost += costs.ONTO_LIKE_STATUS
    if field.offset == 0:
        cost += costs.OFFSET_WRONG
    if state.phase == "N":
        cost += costs.BEHIND_LEFT_OUT
    if state.phase == "S":
        cost += costs.ONTO_COMPLETE  # two status words are two answers
    following = with_answer(state, base + cost, "S", answer + data, "S")
    states.append(following)


def _row_cost(field: Field, state: State, prices: Prices, half: bytes, is_complete: bool) -> float:
    """What it costs that a field goes on with a half."""
    is_row_of_dump = bool(field.offset) and field.offset == len(half)
    if is_row_of_dump or _is_announced(field, state, prices, half):
        return costs.ROW_ANNOUNCED + prices.comma
    cost = prices.row + _offset_cost(field, half)
    if is_complete and prices.is_next_row and cost == costs.ROW_BELOW_FULL_ROW:
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


def _is_announced(field: Field, state: State, prices: Prices, half: bytes) -> bool:
    """Whether a row lies within the length that the half before it declares."""
    if not prices.may_be_announced or state.phase == "N":
        return False
    return len(half) + field.size <= costs.declared_end(half, state.answer is None)
