# SPDX-License-Identifier: MIT
"""The one dialogue that explains all fields of a log at the least cost: a search with a beam."""

from __future__ import annotations

from ...core.apdu import LEGAL_SW1, parse_command
from . import costs
from .fields import Field
from .going_on import add_continuations
from .repeats import PART
from .states import HEADER, HOLE, START, Context, State, closed, closing, open_cost, same_speaker

# Roles. C and A begin a command and an answer, K goes on with the open half, S is a status word behind
# the answer, F data behind a status word that stood first, P a procedure byte, X both halves in one run,
# R an ATR, N is left out, D told again.

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
        return [_begun(context, state, field)]
    if field.kind == "piece":
        return [_piece_added(state, field.data or b"")]
    states = [_left_out(context, state, index)]
    if field.data is None:
        _add_holes(context, state, index, states)
        return states
    if len(field.data) > 1:
        _add_beginnings(context, state, index, states)
    elif state.command is not None and state.answer is None and _may_be_short(context, index):
        _add_answer(context, state, index, states, 0.0)
    if state.command is not None or state.answer is not None:
        add_continuations(context, state, index, states)
    return states


def _alone(context: Context, state: State, field: Field) -> State:
    """An ATR, or a frame of a PN53x: it ends the exchange before it."""
    base, status = closed(context, state)
    if field.kind == "atr":
        return State(base, None, None, "", b"", (state.trail, "R"), False)
    trail = (state.trail, _host_role(field))
    return State(base, None, None, "", status, trail, state.began)


def _add_beginnings(context: Context, state: State, index: int, states: list[State]) -> None:
    """The field begins a command, or an answer."""
    field = context.fields[index]
    data = field.data or b""
    begins = _beginning(field)
    is_status = len(data) == 2 and data[0] in LEGAL_SW1
    if context.repeated[index] == PART and not is_status and not _is_expected(state, data):
        begins += costs.PART_AS_HALF
    if len(data) >= _MIN_HEADER or not field.is_bare:
        base, status = closed(context, state)
        cost = base + context.surroundings(index, "C") + begins
        states.append(State(cost, data, None, "", status, (state.trail, "C"), True))
    _add_answer(context, state, index, states, begins)


def _is_expected(state: State, data: bytes) -> bool:
    """Whether data have the length that the open command asks for."""
    if not state.command or state.answer is not None or len(state.command) < _MIN_HEADER:
        return False
    return parse_command(state.command).le in (len(data), len(data) - 2)


def _host_role(field: Field) -> str:
    """Who sends a frame of a PN53x: its first byte says it, of an acknowledgement the text in front."""
    data = field.data or b""
    if b"\xff" in data and b"\xd4" in data[:12]:
        return "C"
    if b"\xd5" in data[:12]:
        return "A"
    return field.direction or "A"


def _may_be_short(context: Context, index: int) -> bool:
    """Whether one byte may be the data of an answer whose status word stands apart."""
    field = context.fields[index]
    if field.kind == "number":
        return False
    around = context.surroundings
    of_command = around(index, "C")
    return around(index, "A") <= of_command or around(index, "K") < of_command


def _begun(context: Context, state: State, field: Field) -> State:
    """A half that a log spells out by the names of its parts."""
    role = field.kind[-1]
    if role == "A" and state.command is not None and state.answer is None:
        return state._replace(answer=field.data, phase="", trail=(state.trail, role))
    base, status = closed(context, state)
    if role == "A":
        return State(base, None, field.data, "", status, (state.trail, role), state.began)
    return State(base, field.data, None, "", status, (state.trail, role), True)


def _piece_added(state: State, data: bytes) -> State:
    trail = (state.trail, "K")
    if state.answer is not None:
        return state._replace(answer=state.answer + data, trail=trail)
    return state._replace(command=(state.command or b"") + data, trail=trail)


def _beginning(field: Field) -> float:
    """What the place of a field says about a beginning."""
    cost = 0.0
    if field.offset:
        cost += costs.OFFSET_GOES_ON
    size = len(field.data or b"")
    if field.counts and (size in field.counts or size - 2 in field.counts):
        cost += costs.COUNT_AGREES
    return cost


def _left_out(context: Context, state: State, index: int) -> State:
    field = context.fields[index]
    size = len(field.data or b"")
    role = "N"
    most = costs.LEFT_OUT_MOST if field.is_bare else costs.LEFT_OUT_NAMED
    cost = min(costs.LEFT_OUT + costs.LEFT_OUT_BYTE * size, most)
    if field.kind == "number":
        cost = costs.NUMBER
    elif field.data and size >= HEADER and costs.is_sound_command(field.data):
        cost += costs.SOUND_LEFT_OUT
    if context.repeated[index] and cost > costs.TOLD_AGAIN:
        role, cost = "D", costs.TOLD_AGAIN
    if context.twins[index]:
        role, cost = "D", costs.PLAIN_TWIN
    above = context.fields[index - 1].pre if index else ""
    is_other_mark = field.kind == "status" or above != field.pre
    if state.answer and field.data and is_other_mark and _tells_again(state.answer, field.data):
        role, cost = "D", costs.TOLD_AGAIN
    if role == "N" and field.kind != "number" and field.direction:
        cost += costs.WORD_LEFT_OUT
    cost += context.surroundings(index, "N")
    return state._replace(base=state.base + cost, phase="N", trail=(state.trail, role))


def _tells_again(answer: bytes, data: bytes) -> bool:
    """Whether data repeat the status word of an answer, or are what a protected one holds in clear."""
    if len(data) == 2 and answer.endswith(data):
        return True
    return costs.is_protected_answer(answer) and len(data) > 1 and answer[-2:] == data[-2:]


def _add_holes(context: Context, state: State, index: int, states: list[State]) -> None:
    around = context.surroundings
    base, status = closed(context, state)
    trail = (state.trail, "C")
    states.append(State(base + around(index, "C"), HOLE, None, "", status, trail, True))
    trail = (state.trail, "A")
    if state.command is not None and state.answer is None:
        cost = state.base + around(index, "A")
        states.append(state._replace(base=cost, answer=HOLE, phase="", trail=trail))
    else:
        cost = base + around(index, "A")
        states.append(State(cost, None, HOLE, "", status, trail, state.began))
    _add_broken_row(context, state, index, states)


def _add_broken_row(context: Context, state: State, index: int, states: list[State]) -> None:
    """A row that nobody can read, among rows of the open half: the others go on behind it."""
    field = context.fields[index]
    is_row = field.is_bare and field.gap != "text" and not field.label
    if is_row and (state.answer or (state.command and state.answer is None)):
        cost = state.base + context.surroundings(index, "K") + costs.BROKEN_ROW
        states.append(state._replace(base=cost, trail=(state.trail, "K")))


def _add_answer(
    context: Context, state: State, index: int, states: list[State], begins: float
) -> None:
    data = context.fields[index].data
    cost = context.surroundings(index, "A") + begins + costs.begins_answer(data or b"")
    trail = (state.trail, "A")
    if context.fields[index].kind == "status":
        above = context.fields[index - 1].data or b"" if index else b""
        if len(above) > 1 and above.endswith(data or b"-"):
            cost += costs.STATUS_TOLD_AGAIN
        else:
            cost += costs.STATUS_NAMED
    if state.command is not None and state.answer is None:
        phase = "T" if context.fields[index].kind == "status" and len(data or b"") == 2 else ""
        is_asked_for = state.phase == "P" and costs.data_go(state.command) == "in"
        if state.phase == "N":
            cost += costs.BEHIND_SOMETHING
        if state.phase == "P" and not same_speaker(context, index):
            cost += costs.OTHER_WORD
        if is_asked_for and len(data or b"") == state.command[4]:
            cost += costs.WRONG_WAY
        states.append(state._replace(base=state.base + cost, answer=data, phase=phase, trail=trail))
    else:
        if not context.fields[index].is_bare:
            cost += costs.MARKED_ORPHAN + min(0.0, costs.answer(data or b""))
        base, status = closed(context, state)
        states.append(State(base + cost, None, data, "", status, trail, state.began))
