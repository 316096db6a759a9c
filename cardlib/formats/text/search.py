# SPDX-License-Identifier: MIT
"""The one dialogue that explains all fields of a log at the least cost: a search with a beam."""

from __future__ import annotations

from ...core.apdu import LEGAL_SW1, parse_command
from . import costs
from .fields import Field
from .going_on import add_continuations
from .repeats import PART
from .states import HEADER, HOLE, START, Context, State, begun, closing, open_cost, same_speaker

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
    for state in states:
        for following in _expanded(context, state, index):
            rank = following.base + open_cost(following)
            best = min(best, rank)
            key = (following.command, following.answer, following.phase, following.status)
            if key not in ranked or rank < ranked[key][0]:
                ranked[key] = (rank, following)
    kept = [entry for entry in ranked.values() if entry[0] <= best + _MARGIN]
    kept.sort(key=lambda entry: entry[0])
    return [state for _, state in kept[:_WIDTH]]


def _expanded(context: Context, state: State, index: int) -> list[State]:
    """All that a field may be after a state."""
    field = context.fields[index]
    if field.kind in ("atr", "host"):
        return [_alone(context, state, field)]
    if field.kind.startswith("begins"):
        return [_spelt_out(context, state, field)]
    if field.kind == "piece":
        return [_piece_added(state, field.data or b"")]
    states = [_left_out(context, state, index)]
    if field.data is None:
        _add_holes(context, state, index, states)
        return states
    if len(field.data) > 1:
        _add_beginnings(context, state, index, states)
    elif _waits(state) and _may_be_short(context, index):
        _add_answer(context, state, index, states, 0.0)
    if state.command is not None or state.answer is not None:
        add_continuations(context, state, index, states)
    return states


def _alone(context: Context, state: State, field: Field) -> State:
    """An ATR, or a frame of a PN53x: it ends the exchange before it."""
    if field.kind == "atr":
        following = begun(context, state, "R", 0.0)
        return following._replace(status=b"", began=False)
    return begun(context, state, _host_role(field), 0.0)


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
        return state._replace(answer=field.data, phase="", trail=(state.trail, role))
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


def _add_beginnings(context: Context, state: State, index: int, states: list[State]) -> None:
    """The field begins a command, or an answer."""
    field = context.fields[index]
    data = field.data or b""
    cost = _beginning(field)
    is_status = len(data) == 2 and data[0] in LEGAL_SW1
    if context.repeated[index] == PART and not is_status and not _is_expected(state, data):
        cost += costs.PART_AS_HALF
    may_be_cut = not field.is_bare and not is_status
    if len(data) >= _MIN_HEADER or may_be_cut:
        of_command = cost + context.surroundings(index, "C")
        states.append(begun(context, state, "C", of_command, command=data))
    _add_answer(context, state, index, states, cost)


def _beginning(field: Field) -> float:
    """What the place of a field says about a beginning."""
    cost = 0.0
    if field.offset:
        cost += costs.OFFSET_GOES_ON
    size = len(field.data or b"")
    if size in field.counts or size - 2 in field.counts:
        cost += costs.COUNT_AGREES
    return cost


def _is_expected(state: State, data: bytes) -> bool:
    """Whether data have the length that the open command asks for."""
    command = state.command
    if not command or state.answer is not None or len(command) < _MIN_HEADER:
        return False
    expected = parse_command(command).le
    return expected in (len(data), len(data) - 2)


def _may_be_short(context: Context, index: int) -> bool:
    """Whether one byte may be the data of an answer whose status word stands apart."""
    if context.fields[index].kind == "number":
        return False
    around = context.surroundings
    of_command = around(index, "C")
    return around(index, "A") <= of_command or around(index, "K") < of_command


def _add_answer(
    context: Context, state: State, index: int, states: list[State], beginning: float
) -> None:
    field = context.fields[index]
    data = field.data or b""
    cost = beginning + context.surroundings(index, "A") + costs.begins_answer(data)
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
    trail = (state.trail, "A")
    return state._replace(base=state.base + cost, answer=data, phase=phase, trail=trail)


def _left_out(context: Context, state: State, index: int) -> State:
    """The field is no part of the dialogue, or tells again what another one said."""
    field = context.fields[index]
    role = "N"
    cost = _cost_left_out(field)
    if context.repeated[index] and cost > costs.TOLD_AGAIN:
        role = "D"
        cost = costs.TOLD_AGAIN
    if context.twins[index]:
        role = "D"
        cost = costs.PLAIN_TWIN
    if _repeats_answer(context, state, index):
        role = "D"
        cost = costs.TOLD_AGAIN
    if role == "N" and field.direction and field.kind != "number":
        cost += costs.WORD_LEFT_OUT
    cost += context.surroundings(index, "N")
    return state._replace(base=state.base + cost, phase="N", trail=(state.trail, role))


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


def _add_holes(context: Context, state: State, index: int, states: list[State]) -> None:
    """The field is a half, or a row of one, that nobody can read."""
    of_command = context.surroundings(index, "C")
    of_answer = context.surroundings(index, "A")
    states.append(begun(context, state, "C", of_command, command=HOLE))
    if _waits(state):
        trail = (state.trail, "A")
        base = state.base + of_answer
        states.append(state._replace(base=base, answer=HOLE, phase="", trail=trail))
    else:
        states.append(begun(context, state, "A", of_answer, answer=HOLE))
    if _may_be_row(context.fields[index]) and (state.answer or _waits(state)):
        # The rows below go on with the half.
        trail = (state.trail, "K")
        base = state.base + context.surroundings(index, "K") + costs.BROKEN_ROW
        states.append(state._replace(base=base, trail=trail))


def _may_be_row(field: Field) -> bool:
    return field.is_bare and not field.label and field.gap != "text"
