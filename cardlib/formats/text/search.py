# SPDX-License-Identifier: MIT
"""The one dialogue that explains all fields of a log at the least cost: a search with a beam."""

from __future__ import annotations

from ...core.apdu import parse_command
from . import costs
from .fields import Field
from .going_on import add_continuations
from .prices import Prices, prices_of
from .repeats import PART
from .states import (
    HOLE,
    START,
    Context,
    State,
    begun,
    closing,
    open_cost,
    passed,
    same_speaker,
    with_answer,
)

# Roles. C and A begin a command and an answer, K goes on with the open half, S is a status word behind
# the answer, F data behind a status word that stood first, P a procedure byte, R an ATR, N is left out,
# D told again.

_WIDTH = 30

_MARGIN = 14.0  # nats behind the best at which a reading is given up

_MIN_HEADER = 4


def best_roles(context: Context, start: State = START, ends: bool = True) -> tuple[str, float]:
    """The roles of the cheapest reading, a letter a field, and what it costs."""
    states = [start]
    for index in range(len(context.fields)):
        states = _advanced(context, states, index)
    best = None
    best_cost = 0.0
    for state in states:
        cost = state.base + closing(context, state, ends)
        if best is None or cost < best_cost:
            best = state
            best_cost = cost
    roles: list[str] = []
    trail = best.trail if best else None
    while trail:
        before, role = trail
        roles.append(role)
        trail = before  # type: ignore[assignment]  # a trail holds a trail
    roles.reverse()
    return "".join(roles), best_cost


def _advanced(context: Context, states: list[State], index: int) -> list[State]:
    """The states after one more field, best first."""
    ranked: dict[tuple[bytes | None, bytes | None, str, bytes], tuple[float, State]] = {}
    best = float("inf")
    prices = prices_of(context, index)
    for state in states:
        for following in _expanded(context, state, index, prices):
            rank = following.base + open_cost(following)
            best = min(best, rank)
            key = (following.command, following.answer, following.phase, following.status)
            if key not in ranked or rank < ranked[key][0]:
                ranked[key] = (rank, following)
    kept = [entry for entry in ranked.values() if entry[0] <= best + _MARGIN]
    kept.sort(key=lambda entry: entry[0])
    return [state for _, state in kept[:_WIDTH]]


def _expanded(context: Context, state: State, index: int, prices: Prices) -> list[State]:
    """All that a field may be after a state."""
    field = context.fields[index]
    if field.kind in ("atr", "host"):
        return [_alone(context, state, field)]
    if field.kind.startswith("begins"):
        return [_spelt_out(context, state, field)]
    if field.kind == "piece":
        return [_piece_added(state, field.data or b"")]
    if field.is_whole_atr and not _waits(state):
        return [_after_reset(context, state)]
    states = [_left_out(context, state, index, prices)]
    if field.data is None:
        _add_holes(context, state, index, prices, states)
        return states
    if len(field.data) > 1:
        _add_beginnings(context, state, index, prices, states)
    elif _waits(state) and _may_be_short(field, prices):
        _add_answer(context, state, index, prices, states, 0.0)
    if state.command is not None or state.answer is not None:
        add_continuations(context, state, index, prices, states)
    return states


def _alone(context: Context, state: State, field: Field) -> State:
    """An ATR, or a frame of a PN53x: it ends the exchange before it."""
    if field.kind == "atr":
        return _after_reset(context, state)
    return begun(context, state, _host_role(field), 0.0)


def _after_reset(context: Context, state: State) -> State:
    following = begun(context, state, "R", 0.0)
    return following._replace(status=b"", began=False)


def _host_role(field: Field) -> str:
    """Who sends a frame of a PN53x: its first byte says it, of an acknowledgement the text in front."""
    data = field.data or b""
    if b"\xff" in data and b"\xd4" in data[:12]:
        return "C"
    if b"\xd5" in data[:12]:
        return "A"
    return field.direction or "A"


def _spelt_out(context: Context, state: State, field: Field) -> State:
    """A half that a log spells out by the names of its parts."""
    role = field.kind[-1]
    if role == "C":
        return begun(context, state, role, 0.0, command=field.data)
    if _waits(state):
        return with_answer(state, state.base, role, field.data, "")
    return begun(context, state, role, 0.0, answer=field.data)


def _waits(state: State) -> bool:
    """Whether a command waits for its answer."""
    return state.command is not None and state.answer is None


def _piece_added(state: State, data: bytes) -> State:
    trail = (state.trail, "K")
    if state.answer is not None:
        return state._replace(answer=state.answer + data, trail=trail)
    command = state.command or b""
    return state._replace(command=command + data, trail=trail)


def _add_beginnings(
    context: Context, state: State, index: int, prices: Prices, states: list[State]
) -> None:
    """The field begins a command, or an answer."""
    field = context.fields[index]
    data = field.data or b""
    cost = prices.beginning
    if context.repeated[index] == PART and not prices.is_status and not _is_expected(state, data):
        cost += costs.PART_AS_HALF
    may_be_cut = not field.is_bare and not prices.is_status
    if len(data) >= _MIN_HEADER or may_be_cut:
        states.append(begun(context, state, "C", cost + prices.command, command=data))
    _add_answer(context, state, index, prices, states, cost)


def _is_expected(state: State, data: bytes) -> bool:
    """Whether data have the length that the open command asks for."""
    command = state.command
    if not command or state.answer is not None or len(command) < _MIN_HEADER:
        return False
    expected = parse_command(command).le
    return expected in (len(data), len(data) - 2)


def _may_be_short(field: Field, prices: Prices) -> bool:
    """Whether one byte may be the data of an answer whose status word stands apart."""
    if field.kind == "number":
        return False
    return prices.answer <= prices.command or prices.rows < prices.command


def _add_answer(
    context: Context,
    state: State,
    index: int,
    prices: Prices,
    states: list[State],
    beginning: float,
) -> None:
    field = context.fields[index]
    data = field.data or b""
    cost = beginning + prices.answer + prices.begins_answer
    if field.kind == "status":
        cost += _status_cost(context, index)
    if _waits(state):
        states.append(_answered(context, state, index, cost))
        return
    if state.began and not field.is_bare:
        cost += costs.MARKED_ORPHAN + min(0.0, costs.answer(data))
    states.append(begun(context, state, "A", cost, answer=data))


def _status_cost(context: Context, index: int) -> float:
    """What it costs that a field that is called a status word is an answer of its own."""
    if index:
        above = context.fields[index - 1].data or b""
        status = context.fields[index].data or b""
        if len(above) > 1 and above.endswith(status):
            return costs.STATUS_TOLD_AGAIN
    return costs.STATUS_NAMED


def _answered(context: Context, state: State, index: int, cost: float) -> State:
    """The field answers the open command."""
    field = context.fields[index]
    data = field.data or b""
    command = state.command or b""
    phase = ""
    if field.kind == "status" and len(data) == 2:
        phase = "T"
    if state.phase == "N":
        cost += costs.BEHIND_SOMETHING
    if state.phase == "P":
        if not same_speaker(context, index):
            cost += costs.OTHER_WORD
        if costs.data_go(command) == "in" and len(data) == command[4]:
            cost += costs.WRONG_WAY
    return with_answer(state, state.base + cost, "A", data, phase)


def _left_out(context: Context, state: State, index: int, prices: Prices) -> State:
    """The field is no part of the dialogue, or tells again what another one said."""
    if _repeats_answer(context, state, index):
        return passed(state, state.base + prices.told_again, "D", "N")
    return passed(state, state.base + prices.left_out, prices.left_role, "N")


def _repeats_answer(context: Context, state: State, index: int) -> bool:
    """Whether a field tells the end of the open answer again, or what a protected one holds in clear."""
    field = context.fields[index]
    data = field.data
    answer = state.answer
    if not data or not answer:
        return False
    above = ""
    if index:
        above = context.fields[index - 1].pre
    if field.kind != "status" and above == field.pre:
        return False
    if len(data) == 2 and answer.endswith(data):
        return True
    return len(data) > 1 and costs.is_protected_answer(answer) and answer.endswith(data[-2:])


def _add_holes(
    context: Context, state: State, index: int, prices: Prices, states: list[State]
) -> None:
    """The field is a half, or a row of one, that nobody can read."""
    states.append(begun(context, state, "C", prices.command, command=HOLE))
    if _waits(state):
        states.append(with_answer(state, state.base + prices.answer, "A", HOLE, ""))
    else:
        states.append(begun(context, state, "A", prices.answer, answer=HOLE))
    if _may_be_row(context.fields[index]) and (state.answer or _waits(state)):
        # The rows below go on with the half.
        base = state.base + prices.rows + costs.BROKEN_ROW
        states.append(passed(state, base, "K", state.phase))


def _may_be_row(field: Field) -> bool:
    return field.is_bare and not field.label and field.gap != "text"
