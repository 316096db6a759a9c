# SPDX-License-Identifier: MIT
"""Relay resistance recomputed: the time of an exchange less that of its bytes, against what the card said of itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...core.model import Exchange, record
from ...road.pipeline import halves

UNIT_NS = 100_000
# Of a default terminal, in that unit and in per cent: DF8134, DF8135, DF8132, DF8133, DF8136, DF8137
COMMAND_TIME, ANSWER_TIME, MIN_GRACE, MAX_GRACE, ACCURACY, MISMATCH = 18, 24, 20, 50, 300, 50


@record
class Relay:
    """One exchange of relay resistance data, in units of 100 us; `least` and `most` are what the card said."""

    exchange: Exchange
    measured: float
    least: int
    most: int
    verdict: str


def relay(exchanges: Iterable[Exchange]) -> Iterator[Relay]:
    """What a default terminal would find, for each answer with relay data and a duration (C-2, 3.10; C-8)."""
    for exchange in exchanges:
        values = _values(exchange)
        if len(values) == 3 and exchange.duration_ns is not None:
            least, most, estimate = values
            took = max(
                0.0, exchange.duration_ns / UNIT_NS - COMMAND_TIME - min(estimate, ANSWER_TIME)
            )
            yield Relay(exchange, took, least, most, _verdict(took, least, most, estimate))


def _values(exchange: Exchange) -> list[int]:
    """Least and most processing time, and how long the card says that its answer takes."""
    answers = (half for side, half in halves(exchange) if side == "response")
    nodes = [half.find(tag) for half in answers for tag in ("DF8303", "DF8304", "DF8305")]
    return [int.from_bytes(node.value, "big") for node in nodes if node and not node.error]


def _verdict(took: float, least: int, most: int, estimate: int) -> str:
    near, far = sorted((estimate, ANSWER_TIME))
    if took > most + MAX_GRACE:
        return "time limit exceeded"
    if took < max(least - MIN_GRACE, 0):
        return "faster than the card can be: data wrong"
    if took - least > ACCURACY or 100 * near < MISMATCH * far:
        return "threshold exceeded"
    return "within the limits"
