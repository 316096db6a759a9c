# SPDX-License-Identifier: MIT
"""Secrets that are split over two reads or writes that follow each other."""

from __future__ import annotations

from ..core.apdu import data_start
from ..core.codec import to_hex
from ..core.model import Command, Exchange, Response, Side
from .known import Known
from .marked import Span

BORDER = (
    128  # hex digits at the end of one and at the beginning of the next that are looked at together
)


def spans_across(exchange: Exchange, side: Side, known: Known) -> list[Span]:
    """What to hide in the hex of a half because a secret begins in the half before or ends in the next one."""
    own = _data(exchange, side)
    if not known or not own:
        return []
    first = _first(exchange, side)
    size = len(own)
    spans = []
    before = _data(_beside(exchange, -1), side)[-BORDER:]
    if before:
        shift = len(before)
        for start, stop in known.in_hex(before + own[:BORDER]):
            if start < shift < stop:
                spans.append((first, first + stop - shift))
    after = _data(_beside(exchange, 1), side)[:BORDER]
    if after:
        tail = own[-BORDER:]
        for start, stop in known.in_hex(tail + after):
            if start < len(tail) < stop:
                spans.append((first + size - len(tail) + start, first + size))
    return spans


def _beside(exchange: Exchange, step: int) -> Exchange | None:
    """The exchange before or behind this one, where it is the same command in the same session and channel."""
    origin, place = exchange.origin, exchange.index + step
    if origin is None or not 0 <= place < len(origin.exchanges):
        return None
    other = origin.exchanges[place]
    if exchange.command is None or other.command is None or other.index != place:
        return None
    is_same = other.command.ins == exchange.command.ins and other.session == exchange.session
    if is_same and other.context.channel == exchange.context.channel:
        return other
    return None


def _data(exchange: Exchange | None, side: Side) -> str:
    """The data field of a half in hex."""
    if exchange is None:
        return ""
    half: Command | Response | None = exchange.response
    if side == "command":
        half = exchange.command
    return to_hex(half.data) if half else ""


def _first(exchange: Exchange, side: Side) -> int:
    """The hex digit of a half at which its data field begins."""
    if side == "command" and exchange.command:
        return 2 * data_start(exchange.command)
    return 0
