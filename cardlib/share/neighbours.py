# SPDX-License-Identifier: MIT
"""Secrets that are split over two reads or writes that follow each other."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.apdu import data_start
from ..core.codec import to_hex
from ..core.model import Command, Exchange, Response, Side
from .encodings import Span
from .known import Known

# Hex digits at the end of one and at the beginning of the next that are looked at together.
BORDER = 128


def spans_across(exchange: Exchange, side: Side, secrets: Known) -> list[Span]:
    """What to hide in the hex of a half because a secret begins in the half before or ends in the next one."""
    data = _data(exchange, side)
    if not secrets or not data:
        return []
    first = _first(exchange, side)
    spans = []
    before = _data(_neighbour(exchange, -1), side)[-BORDER:]
    for _, stop in _over_border(before, data[:BORDER], secrets):
        spans.append((first, first + stop))
    tail = data[-BORDER:]
    tail_start = first + len(data) - len(tail)
    after = _data(_neighbour(exchange, 1), side)[:BORDER]
    for start, _ in _over_border(tail, after, secrets):
        spans.append((tail_start + start, first + len(data)))
    return spans


def _over_border(left: str, right: str, secrets: Known) -> Iterator[Span]:
    """Secrets over the border of two texts in hex: where each begins in the left one, and ends in the right one."""
    if not left or not right:
        return
    for start, stop in secrets.in_hex(left + right):
        if start < len(left) < stop:
            yield start, stop - len(left)


def _neighbour(exchange: Exchange, step: int) -> Exchange | None:
    """The exchange before or behind this one, where it is the same command in the same session and channel."""
    origin, place = exchange.origin, exchange.index + step
    if origin is None or not 0 <= place < len(origin.exchanges):
        return None
    neighbour = origin.exchanges[place]
    if exchange.command is None or neighbour.command is None or neighbour.index != place:
        return None
    has_same_command = neighbour.command.ins == exchange.command.ins
    is_on_same_channel = neighbour.context.channel == exchange.context.channel
    if has_same_command and is_on_same_channel and neighbour.session == exchange.session:
        return neighbour
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
