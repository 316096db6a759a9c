# SPDX-License-Identifier: MIT
"""Whether a PIN was checked before something in its session, and why that may not be seen."""

from __future__ import annotations

from collections.abc import Iterator

from ..apps.instructions import SECRET
from ..core.model import Exchange, record
from .engine import Case, Result, fails_if, incomplete, whole_half

SUCCESS = 0x9000


@record
class Earlier:
    """What the exchanges before one in its session tell: whether a PIN was checked, and why one may be missing."""

    pin: bool = False
    hole: str = ""


def earlier_in_session(case: Case) -> Iterator[Earlier]:
    """For each exchange of a capture, what came before it."""
    sessions: dict[int, Earlier] = {}
    damaged = case.hole(())
    for exchange in case.exchanges:
        before = sessions.get(exchange.session) or Earlier(hole=damaged)
        yield before
        pin = before.pin or pin_checked(exchange)
        hole = before.hole or incomplete(exchange)[0]
        if (pin, hole) != (before.pin, before.hole):
            before = Earlier(pin, hole)
        sessions[exchange.session] = before


def earlier_by_index(case: Case) -> dict[int, Earlier]:
    """What came before each exchange, by its index."""
    before_each = {}
    for exchange, before in zip(case.exchanges, earlier_in_session(case), strict=True):
        before_each[exchange.index] = before
    return before_each


def needs_pin(what: str, before: Earlier, *exchanges: Exchange) -> Result:
    """Whether a PIN was checked before these commands."""
    places = [whole_half(exchange) for exchange in exchanges]
    if before.pin:
        return fails_if(False, f"{what}, after a PIN", *places)
    if before.hole:
        return Result("not-enough-data", f"something may be hidden here: {before.hole}")
    return fails_if(True, f"{what}, without a PIN", *places)


def pin_checked(exchange: Exchange) -> bool:
    """Whether the card accepted a PIN."""
    command, response = exchange.command, exchange.response
    if command is None or response is None or command.ins not in SECRET:
        return False
    return response.sw == SUCCESS
