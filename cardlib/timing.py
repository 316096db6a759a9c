# SPDX-License-Identifier: MIT
"""What the clock of a capture can answer, and durations by command. A question that it cannot answer is refused."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable

from .errors import CaptureError
from .model import Capture, Clock, Exchange, Session, record
from .payment.transaction import exchanges_of
from .pipeline import name

MEANING: dict[Clock, str] = {
    "rf": "true times on the air, at frame start and end",
    "host": "stamps of the host: they include reader, driver and scheduling",
    "round-trip": "one duration an exchange, nothing between exchanges",
    "modelled": "computed by a published model, not measured",
    "none": "no times, order only",
}


@record
class Durations:
    """Durations of the exchanges with one command, in ns: how many, median, 95th percentile, least and most."""

    command: str
    count: int
    median: float
    p95: float
    least: int
    most: int


def clocks_of(source: Capture | Session | Iterable[Exchange]) -> tuple[Clock, ...]:
    """The clocks of a capture's sessions; empty where the source does not say."""
    if isinstance(source, Capture):
        return tuple(dict.fromkeys(session.clock for session in source.sessions))
    return (source.clock,) if isinstance(source, Session) else ()


def measured(source: Capture | Session | Iterable[Exchange]) -> list[Exchange]:
    """The exchanges with a duration; CaptureError, with the reason, if there is none."""
    clocks = clocks_of(source)
    found = [exchange for exchange in exchanges_of(source) if exchange.duration_ns is not None]
    if not found:
        said = "; ".join(f"{clock}: {MEANING[clock]}" for clock in clocks) or "no exchange has a duration"
        file = source.path if isinstance(source, Capture) else ""
        raise CaptureError(f"this capture cannot tell how long an answer took (clock {said})", file)
    return found


def durations(source: Capture | Session | Iterable[Exchange]) -> list[Durations]:
    """Statistics by command, the longest median first."""
    groups: dict[str, list[int]] = {}
    for exchange in measured(source):
        groups.setdefault(name(exchange), []).append(exchange.duration_ns or 0)
    found = [_statistics(command, sorted(values)) for command, values in groups.items()]
    return sorted(found, key=lambda row: -row.median)


def _statistics(command: str, values: list[int]) -> Durations:
    p95 = values[math.ceil(0.95 * len(values)) - 1]  # the nearest rank
    return Durations(command, len(values), statistics.median(values), p95, values[0], values[-1])
