# SPDX-License-Identifier: MIT
"""What the clock of a capture can answer: durations, wire and card time, differences, outliers.

A question that the clock cannot answer is refused. Wire time is computed, never measured.
"""

from __future__ import annotations

import math
import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from random import Random

from ..acts.emv.transaction import exchanges_of
from ..core.errors import CaptureError
from ..core.model import Capture, Clock, Exchange, Session, record
from ..road.pipeline import name
from .wire import Link, link, waits_for, wire_ns

MEANING: dict[Clock, str] = {
    "rf": "true times on the air, at frame start and end",
    "host": "stamps of the host: they include reader, driver and scheduling",
    "round-trip": "one duration an exchange, nothing between exchanges",
    "modelled": "computed by a published model, not measured",
    "none": "no times, order only",
}
GAP: dict[Clock, str] = {  # who took the time between an answer and the next command
    "rf": "reader and terminal together",
    "host": "terminal (the program); the time of the reader is part of each duration",
    "modelled": "reader and terminal together",
}
HOSTS = ("host", "round-trip")  # clocks whose durations hold the way to the reader
ENOUGH = 20  # members of a group, below which nothing is concluded
SPREAD = 1.4826  # the MAD of a normal distribution is its standard deviation by this (Rousseeuw and Croux 1993)
UNUSUAL = 3.5  # such spreads above the median are an outlier (Iglewicz and Hoaglin 1993)
RESAMPLES = 2000
MAX_WRONG = 0.1  # of the answers may be faster than the wire is computed to be
FEW = 5  # exchanges with a command, below which none of them is called unusual

Source = Capture | Session | Iterable[Exchange]


@record
class Durations:
    """The exchanges with one command, in ns: how many, median, median absolute deviation and 95th percentile.

    Then the medians of what their bytes, the way and the card took, as in `Split`; None where that is not known of all.
    """

    command: str
    count: int
    median: float
    mad: float
    p95: float
    wire: float | None
    way: float
    card: float


@record
class Split:
    """Where the time of an exchange went, in ns; None where the clock does not tell.

    `card_ns` of a host's clock includes reader and driver, but for `overhead_ns`, which the caller had taken off.
    `gap_ns` is the time before the command; `waits` counts the extensions that the card asked for.
    """

    exchange: Exchange
    total_ns: int
    wire_ns: int | None
    card_ns: int
    gap_ns: int | None
    waits: int
    overhead_ns: int = 0


@record
class Shift:
    """Two groups in ns: sizes, difference of the medians (second less first) with its 95 % interval.

    None where a group has fewer than 20 members: not enough data.
    """

    counts: tuple[int, int]
    shift: float
    interval: tuple[float, float] | None

    @property
    def differs(self) -> bool | None:
        """Whether the interval leaves 0 out; None: not enough data."""
        return None if self.interval is None else not self.interval[0] <= 0 <= self.interval[1]

    def __str__(self) -> str:
        told = f"difference of medians {self.shift / 1e6:+.2f} ms (n = {self.counts[0]} and {self.counts[1]})"
        if self.interval is None:
            return f"{told}: not enough data, {ENOUGH} in each are needed"
        low, high = (end / 1e6 for end in self.interval)
        verdict = "differ" if self.differs else "no difference seen"
        return f"{told}, 95 % interval {low:+.2f} to {high:+.2f} ms: {verdict}"


def clocks_of(source: Source) -> tuple[Clock, ...]:
    """The clocks of a capture's sessions; empty where the source does not say."""
    if isinstance(source, Capture):
        return tuple(dict.fromkeys(session.clock for session in source.sessions))
    return (source.clock,) if isinstance(source, Session) else ()


def measured(source: Source) -> list[Exchange]:
    """The exchanges with a duration; CaptureError, with the reason, if there is none."""
    found = [exchange for exchange in exchanges_of(source) if exchange.duration_ns is not None]
    if not found:
        said = "; ".join(f"{clock}: {MEANING[clock]}" for clock in clocks_of(source)) or "not said"
        said += "" if "none" in clocks_of(source) else "; no exchange has a duration"
        file = source.path if isinstance(source, Capture) else ""
        raise CaptureError(f"this capture cannot tell how long an answer took (clock {said})", file)
    return found


def durations(source: Source, overhead_ns: int = 0) -> list[Durations]:
    """Statistics by command, the longest median first; for `overhead_ns` see `splits`."""
    found = [_statistics(command, own) for command, own in _by_command(source, overhead_ns).items()]
    return sorted(found, key=lambda row: -row.median)


def _statistics(command: str, own: list[Split]) -> Durations:
    totals = sorted(one.total_ns for one in own)
    p95 = totals[math.ceil(0.95 * len(totals)) - 1]  # the nearest rank
    wires = [one.wire_ns for one in own if one.wire_ns is not None]
    wire = statistics.median(wires) if len(wires) == len(own) else None
    way, card = (
        statistics.median(one.overhead_ns for one in own),
        statistics.median(one.card_ns for one in own),
    )
    return Durations(command, len(own), *robust(totals), p95, wire, way, card)


def robust(values: Sequence[float]) -> tuple[float, float]:
    """Median, and median absolute deviation from it: neither is moved by a few wild values."""
    middle = statistics.median(values)
    return middle, statistics.median(abs(value - middle) for value in values)


def splits(source: Source, overhead_ns: int = 0) -> list[Split]:
    """Where the time went, by exchange; CaptureError where the clock does not tell.

    `overhead_ns` is what reader, driver and daemon take for each command that is sent: `overhead` measures it, and
    nothing is taken off unasked. CaptureError if it is negative, or the clock is not one of a computer.
    """
    measured(source)
    whole = (
        source.sessions
        if isinstance(source, Capture)
        else (source,)
        if isinstance(source, Session)
        else ()
    )
    for clock in {session.clock for session in whole if overhead_ns}:
        if overhead_ns < 0 or clock not in HOSTS:
            raise CaptureError(
                f"no overhead of {overhead_ns} ns to take off (clock {clock}: {MEANING[clock]})"
            )
    return [split for session in whole for split in _splits(session, overhead_ns)]


def overhead(calibration: Capture | Session) -> int:
    """What reader, driver and daemon take for one command, in ns: the median over answers that a card gave at once.

    `calibration` is captured on the same way, by the same clock; what its card took all the same is counted with it.
    """
    return round(
        statistics.median(one.card_ns / _trips(one.exchange) for one in splits(calibration))
    )


def _trips(exchange: Exchange) -> int:
    """How often the reader was asked: GET RESPONSE and a command that is sent again count too."""
    return max(1, sum(frame.sender == "reader" for frame in exchange.frames))


def alike(*sources: Source) -> tuple[str, list[list[tuple[Split, int]]]]:
    """The splits of captures to compare, each with its time in ns: less its bytes only where that is known of all."""
    found = [splits(source) for source in sources]
    known = all(any(one.wire_ns is not None for one in own) for own in found)
    times = [[(one, one.card_ns if known else one.total_ns) for one in own] for own in found]
    return "beside the wire" if known else "with its bytes", times


def speed_of(session: Session) -> Link | None:
    """How fast bytes travelled; None where too many answers came faster than that: the speed was another, unseen."""
    if session.clock == "round-trip" or (session.interface == "unknown" and not session.atr):
        return None
    speed, timed = link(session), [e for e in session.exchanges if e.duration_ns is not None]
    wrong = sum(wire_ns(e, speed) > (e.duration_ns or 0) for e in timed)
    return speed if session.clock == "rf" or wrong <= len(timed) * MAX_WRONG else None


def _splits(session: Session, overhead_ns: int) -> Iterator[Split]:
    speed = speed_of(session)
    asked = [frame.index for frame in session.frames if waits_for(frame)]
    last: int | None = None
    for e in session.exchanges:
        if e.duration_ns is not None:
            wire, way = wire_ns(e, speed) if speed else None, overhead_ns * _trips(e)
            card = e.duration_ns - (wire or 0) - way if session.clock != "rf" else e.duration_ns
            if card < 0:  # what was computed cannot be
                wire, way, card = None, 0, e.duration_ns
            gap = None
            if session.clock in GAP and e.start_ns is not None and last is not None:
                gap = e.start_ns - last
            first, final = e.frames[0].index, e.frames[-1].index
            waits = (
                sum(map(waits_for, e.frames))
                + bisect_left(asked, final)
                - bisect_right(asked, first)
            )
            yield Split(e, e.duration_ns, wire, card, gap, waits, way)
        last = e.end_ns


def differ(first: Sequence[float], second: Sequence[float], seed: int = 0) -> Shift:
    """Two groups of durations in ns: the difference of their medians, with a bootstrap interval of 95 %."""
    if not first or not second:
        return Shift((len(first), len(second)), 0.0, None)
    shift = statistics.median(second) - statistics.median(first)
    interval = None
    if min(len(first), len(second)) >= ENOUGH:
        rng, a, b = Random(seed), sorted(first), sorted(second)  # noqa: S311 - statistics, not a secret
        shifts = sorted(_resampled(b, rng) - _resampled(a, rng) for _ in range(RESAMPLES))
        interval = shifts[round(0.025 * RESAMPLES)], shifts[round(0.975 * RESAMPLES) - 1]
    return Shift((len(first), len(second)), shift, interval)


def _resampled(values: Sequence[float], rng: Random) -> float:
    """The median of as many values drawn with replacement: its rank is that of a median of uniform numbers (a beta)."""
    half = (len(values) + 1) / 2
    return values[int(rng.betavariate(half, half) * len(values))]


def _by_command(source: Source, overhead_ns: int = 0) -> dict[str, list[Split]]:
    groups: dict[str, list[Split]] = {}
    for one in splits(source, overhead_ns):
        groups.setdefault(name(one.exchange), []).append(one)
    return groups


def outliers(source: Capture | Session) -> list[tuple[Split, str]]:
    """Answers that took much longer than the others to the same command, each with the likely reason."""
    found = []
    for group in _by_command(source).values():
        middle, mad = robust([one.card_ns for one in group])
        limit = middle + UNUSUAL * max(SPREAD * mad, 0.02 * middle)
        sizes = statistics.median(_size(one) for one in group)
        found += [
            (one, _reason(one, middle, sizes))
            for one in group
            if len(group) >= FEW and one.card_ns > limit
        ]
    return sorted(found, key=lambda item: item[0].exchange.index)


def _size(one: Split) -> int:
    return len(one.exchange.response.raw) if one.exchange.response else 0


def _reason(one: Split, middle: float, sizes: float) -> str:
    told = f"{(one.card_ns - middle) / 1e6:.1f} ms longer than the median of this command"
    if one.waits:
        return f"{told}: the card asked for more time, {one.waits} x"
    if one.wire_ns is None and _size(one) > 2 * sizes:
        return f"{told}: its answer has {_size(one)} bytes, the median {sizes:.0f}"
    return f"{told}: the bytes do not explain it; card, reader or something between them"
