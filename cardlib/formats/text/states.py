# SPDX-License-Identifier: MIT
"""A reading of a log up to one of its fields, and what its exchanges cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from ...core.model import record
from . import costs
from .fields import Field

HEADER = 5

HOLE = b""  # a half that nobody can read


class State(NamedTuple):
    """A reading up to a field; `base` is what its closed exchanges cost."""

    base: float
    command: bytes | None
    answer: bytes | None
    phase: str  # "P" behind a procedure byte, "N" behind a field that was left out, "S" behind a status word
    status: bytes  # of the last exchange
    trail: tuple[object, str] | None  # the trail before, and the role of the last field
    began: bool  # whether an exchange was read


Surroundings = Callable[[int, str], float]


@record
class Context:
    """What the search knows beside the fields."""

    fields: Sequence[Field]
    repeated: Sequence[int]
    twins: Sequence[bool]
    surroundings: Surroundings  # what it costs to give a field a role, by what stands around it
    no_answer: float = costs.NO_ANSWER


START = State(0.0, None, None, "", b"", None, False)


def passed(state: State, base: float, role: str, phase: str) -> State:
    """The reading after a field that adds nothing to the open exchange."""
    command, answer, began = state.command, state.answer, state.began
    return State(base, command, answer, phase, state.status, (state.trail, role), began)


def with_command(state: State, base: float, role: str, command: bytes) -> State:
    """The reading after a field that goes on with the open command."""
    trail = (state.trail, role)
    return State(base, command, state.answer, "", state.status, trail, state.began)


def with_answer(state: State, base: float, role: str, answer: bytes | None, phase: str) -> State:
    """The reading after a field that answers the open command, or goes on with its answer."""
    trail = (state.trail, role)
    return State(base, state.command, answer, phase, state.status, trail, state.began)


def open_cost(state: State) -> float:
    """What the open exchange costs as it stands."""
    cost = _halves_cost(state.command, state.answer, state.status, state.began)
    if state.command and state.answer is None:
        # A reading that waits for an answer must not look cheaper than one that has it.
        cost += 1.0
    return cost


@lru_cache(maxsize=4096)
def _halves_cost(command: bytes | None, answer: bytes | None, status: bytes, began: bool) -> float:
    """What the halves of an exchange cost after the status word of the last one."""
    cost = 0.0
    if command is not None:
        cost += _command_cost(command, status)
    if answer is not None:
        cost += _answer_cost(command, answer, began)
    return cost


def _command_cost(command: bytes, status: bytes) -> float:
    if not command:
        return costs.HOLE
    return costs.command(command) + costs.follows(status, command)


def _answer_cost(command: bytes | None, answer: bytes, began: bool) -> float:
    if command is None:
        penalty = costs.NO_COMMAND if began else costs.NO_COMMAND_AT_THE_BEGINNING
        if not answer:
            return penalty
        return penalty + max(0.0, costs.answer(answer))
    if not answer:
        return costs.HOLE
    cost = costs.answer(answer)
    if command:
        cost += costs.pair(command, answer)
    return cost


def closing(context: Context, state: State, ends: bool = False) -> float:
    """What the open exchange costs when nothing more comes to it."""
    cost = _halves_cost(state.command, state.answer, state.status, state.began)
    if state.command is not None and state.answer is None:
        cost += min(context.no_answer, costs.NO_ANSWER_AT_THE_END) if ends else context.no_answer
    return cost


def closed(context: Context, state: State) -> tuple[float, bytes]:
    """What is paid when the next exchange begins, and the status word that it follows."""
    status = state.status
    if state.answer is not None:
        status = state.answer[-2:]
    elif state.command is not None:
        status = b""
    return state.base + closing(context, state), status


def same_speaker(context: Context, index: int) -> bool:
    """Whether a field has the mark of the one before it."""
    return context.fields[index].pre == context.fields[index - 1].pre


def begun(
    context: Context,
    state: State,
    role: str,
    cost: float,
    command: bytes | None = None,
    answer: bytes | None = None,
) -> State:
    """The reading after a field that closes the open exchange and begins one of its own."""
    base, status = closed(context, state)
    began = state.began or command is not None
    return State(base + cost, command, answer, "", status, (state.trail, role), began)
