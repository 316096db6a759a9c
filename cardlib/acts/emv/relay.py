# SPDX-License-Identifier: MIT
"""Relay resistance recomputed: how long an exchange took, against what the card says of itself.

The time of the bytes on the wire is taken off first (Book C-2, 3.10; C-8).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...core.model import Exchange, record
from ...road.meaning import halves

UNIT_NS = 100_000
# The settings of a default terminal. Times are in units of 100 us: DF8134, DF8135, DF8132, DF8133
# and DF8136; the mismatch is in per cent (DF8137).
COMMAND_TIME = 18
ANSWER_TIME = 24
MIN_GRACE = 20
MAX_GRACE = 50
ACCURACY = 300
MISMATCH = 50


@record
class Relay:
    """One exchange of relay resistance data, in units of 100 us.

    `least` and `most` are what the card says it needs.
    """

    exchange: Exchange
    measured: float
    least: int
    most: int
    verdict: str


def relay(exchanges: Iterable[Exchange]) -> Iterator[Relay]:
    """What a default terminal would find, for each answer with relay data and a duration."""
    for exchange in exchanges:
        times = _card_times(exchange)
        if len(times) != 3 or exchange.duration_ns is None:
            continue
        least, most, answer_time = times
        duration = exchange.duration_ns / UNIT_NS
        measured = duration - COMMAND_TIME - min(answer_time, ANSWER_TIME)
        measured = max(0.0, measured)
        verdict = _verdict(measured, least, most, answer_time)
        yield Relay(exchange, measured, least, most, verdict)


def _card_times(exchange: Exchange) -> list[int]:
    """Least and most processing time, and how long the card says that its answer takes."""
    times = []
    for side, half in halves(exchange):
        if side != "response":
            continue
        for tag in ("DF8303", "DF8304", "DF8305"):
            node = half.find(tag)
            if node and not node.error:
                times.append(int.from_bytes(node.value, "big"))
    return times


def _verdict(measured: float, least: int, most: int, answer_time: int) -> str:
    if measured > most + MAX_GRACE:
        return "time limit exceeded"
    if measured < max(least - MIN_GRACE, 0):
        return "faster than the card can be: data wrong"
    shorter, longer = sorted((answer_time, ANSWER_TIME))
    is_mismatch = 100 * shorter < MISMATCH * longer
    if measured - least > ACCURACY or is_mismatch:
        return "threshold exceeded"
    return "within the limits"
