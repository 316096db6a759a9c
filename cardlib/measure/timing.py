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

from ..core.errors import CaptureError
from ..core.model import Capture, Clock, Exchange, Session, record
from ..road.meaning import name
from ..road.sources import Source, exchanges_of, path_of, sessions_of
from .wire import Link, link, waits_for, wire_ns

MEANING: dict[Clock, str] = {
    "rf": "true times on the air, at frame start and end",
    "host": "stamps of the host: they include reader, driver and scheduling",
    "round-trip": "one duration an exchange, nothing between exchanges",
    "modelled": "computed by a published model, not measured",
    "none": "no times, order only",
}
# Who took the time between an answer and the next command.
GAP: dict[Clock, str] = {
    "rf": "reader and terminal together",
    "host": "terminal (the program); the time of the reader is part of each duration",
    "modelled": "reader and terminal together",
}
HOSTS = ("host", "round-trip")  # clocks whose durations hold the way to the reader
ENOUGH = 20  # members of a group, below which nothing is concluded
FEW = 5  # exchanges with a command, below which none of them is called unusual
# Times the MAD, the standard deviation of a normal distribution (Rousseeuw and Croux 1993).
SPREAD = 1.4826
# Such spreads above the median are an outlier (Iglewicz and Hoaglin 1993).
UNUSUAL = 3.5
# A spread is taken as at least this part of the median: a MAD of 0 says nothing.
LEAST_SPREAD = 0.02
RESAMPLES = 2000
# The part of the answers that may be faster than the wire is computed to be.
MAX_TOO_FAST = 0.1


@record
class Durations:
    """The exchanges with one command, in ns.

    How many there are; median, median absolute deviation and 95th percentile; then the medians of
    what their bytes, the way and the card took, as in `Split`. `wire` is None where it is not known
    of all.
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

    `card_ns` of a host's clock includes reader and driver, but for `overhead_ns`, which the caller
    asked to take off. `gap_ns` is the time before the command. `waits` counts the extensions that
    the card asked for.
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
        if self.interval is None:
            return None
        low, high = self.interval
        return not low <= 0 <= high

    def __str__(self) -> str:
        first, second = self.counts
        shift = f"{self.shift / 1e6:+.2f} ms"
        text = f"difference of medians {shift} (n = {first} and {second})"
        if self.interval is None:
            return f"{text}: not enough data, {ENOUGH} in each are needed"
        low, high = self.interval
        verdict = "differ" if self.differs else "no difference seen"
        return f"{text}, 95 % interval {low / 1e6:+.2f} to {high / 1e6:+.2f} ms: {verdict}"


def clocks_of(source: Source) -> tuple[Clock, ...]:
    """The clocks of a capture's sessions; empty where the source does not say."""
    return tuple(dict.fromkeys(session.clock for session in sessions_of(source)))


def measured(source: Source) -> list[Exchange]:
    """The exchanges with a duration; CaptureError, with the reason, if there is none."""
    timed = _timed(exchanges_of(source))
    if not timed:
        clocks = _why_untimed(clocks_of(source))
        reason = f"this capture cannot tell how long an answer took (clock {clocks})"
        raise CaptureError(reason, path_of(source))
    return timed


def _timed(exchanges: Iterable[Exchange]) -> list[Exchange]:
    return [exchange for exchange in exchanges if exchange.duration_ns is not None]


def _why_untimed(clocks: Sequence[Clock]) -> str:
    meanings = "; ".join(f"{clock}: {MEANING[clock]}" for clock in clocks) or "not said"
    if "none" in clocks:
        return meanings
    return f"{meanings}; no exchange has a duration"


def durations(source: Source, overhead_ns: int = 0) -> list[Durations]:
    """Statistics by command, the longest median first; for `overhead_ns` see `splits`."""
    groups = _by_command(source, overhead_ns)
    rows = [_statistics(command, group) for command, group in groups.items()]
    return sorted(rows, key=lambda row: -row.median)


def _statistics(command: str, group: list[Split]) -> Durations:
    totals = sorted(split.total_ns for split in group)
    median, mad = robust(totals)
    nearest_rank = math.ceil(0.95 * len(totals))
    wires = [split.wire_ns for split in group if split.wire_ns is not None]
    wire = statistics.median(wires) if len(wires) == len(group) else None
    return Durations(
        command=command,
        count=len(group),
        median=median,
        mad=mad,
        p95=totals[nearest_rank - 1],
        wire=wire,
        way=statistics.median(split.overhead_ns for split in group),
        card=statistics.median(split.card_ns for split in group),
    )


def robust(values: Sequence[float]) -> tuple[float, float]:
    """Median, and median absolute deviation from it: neither is moved by a few wild values."""
    middle = statistics.median(values)
    return middle, statistics.median(abs(value - middle) for value in values)


def splits(source: Source, overhead_ns: int = 0) -> list[Split]:
    """Where the time went, by exchange; CaptureError where the clock does not tell.

    `overhead_ns` is what reader, driver and daemon take for each command that is sent: `overhead`
    measures it, and nothing is taken off unasked. CaptureError if it is negative, or the clock is
    not one of a computer.
    """
    measured(source)
    sessions = sessions_of(source)
    for clock in {session.clock for session in sessions if overhead_ns}:
        if overhead_ns < 0 or clock not in HOSTS:
            reason = f"clock {clock}: {MEANING[clock]}"
            raise CaptureError(f"no overhead of {overhead_ns} ns to take off ({reason})")
    return [split for session in sessions for split in _splits(session, overhead_ns)]


def overhead(calibration: Capture | Session) -> int:
    """What reader, driver and daemon take for one command, in ns.

    It is the median over answers that a card gave at once. `calibration` is captured on the same
    way, by the same clock; what its card took all the same is counted with it.
    """
    by_command = (split.card_ns / _trips(split.exchange) for split in splits(calibration))
    return round(statistics.median(by_command))


def _trips(exchange: Exchange) -> int:
    """How often the reader was asked: GET RESPONSE and a command that is sent again count too."""
    sent = sum(frame.sender == "reader" for frame in exchange.frames)
    return max(1, sent)


def alike(*sources: Source) -> tuple[str, list[list[tuple[Split, int]]]]:
    """The splits of captures to compare, each with its time in ns, and what that time is.

    The time of its bytes is taken off only where that is known in all captures.
    """
    groups = [splits(source) for source in sources]
    if all(_knows_wire(group) for group in groups):
        beside = [[(split, split.card_ns) for split in group] for group in groups]
        return "beside the wire", beside
    total = [[(split, split.total_ns) for split in group] for group in groups]
    return "with its bytes", total


def _knows_wire(group: list[Split]) -> bool:
    return any(split.wire_ns is not None for split in group)


def speed_of(session: Session) -> Link | None:
    """How fast bytes travelled.

    None where too many answers came faster than that: the true speed was another, and not seen.
    """
    if session.clock == "round-trip":
        return None
    if session.interface == "unknown" and not session.atr:
        return None
    speed = link(session)
    if session.clock == "rf":
        return speed
    timed = _timed(session.exchanges)
    too_fast = sum(wire_ns(exchange, speed) > (exchange.duration_ns or 0) for exchange in timed)
    if too_fast > len(timed) * MAX_TOO_FAST:
        return None
    return speed


def _splits(session: Session, overhead_ns: int) -> Iterator[Split]:
    speed = speed_of(session)
    wait_requests = [frame.index for frame in session.frames if waits_for(frame)]
    previous_end: int | None = None
    for exchange in session.exchanges:
        if exchange.duration_ns is not None:
            wire, card, way = _shares(exchange, session.clock, speed, overhead_ns)
            yield Split(
                exchange=exchange,
                total_ns=exchange.duration_ns,
                wire_ns=wire,
                card_ns=card,
                gap_ns=_gap(exchange, session.clock, previous_end),
                waits=_waits(exchange, wait_requests),
                overhead_ns=way,
            )
        previous_end = exchange.end_ns


def _shares(
    exchange: Exchange,
    clock: Clock,
    speed: Link | None,
    overhead_ns: int,
) -> tuple[int | None, int, int]:
    """What wire, card and way to the reader took of an exchange, in ns.

    The durations of an air clock hold neither wire nor way. Where wire and way are computed to have
    taken longer than there was, neither is believed.
    """
    total = exchange.duration_ns or 0
    wire = wire_ns(exchange, speed) if speed and _has_speed(exchange) else None
    way = overhead_ns * _trips(exchange)
    card = total if clock == "rf" else total - (wire or 0) - way
    if card < 0:
        return None, total, 0
    return wire, card, way


_AS_TYPE_A = ("apdu", "desfire", "mifare plus", "ultralight", "classic", "crypto1")


def _has_speed(exchange: Exchange) -> bool:
    """Whether its bytes travel as the session's link says; those of type F, V and PicoPass do not."""
    is_measured = all(frame.end_ns is not None for frame in exchange.frames)
    return is_measured or exchange.protocol in _AS_TYPE_A


def _gap(exchange: Exchange, clock: Clock, previous_end: int | None) -> int | None:
    """The time before a command, where this clock tells it."""
    if clock not in GAP or exchange.start_ns is None or previous_end is None:
        return None
    return exchange.start_ns - previous_end


def _waits(exchange: Exchange, wait_requests: list[int]) -> int:
    """How often a card asked for more time: in the exchange, and in frames beside that lie in it.

    `wait_requests` are the indices of such frames, in order.
    """
    within = sum(waits_for(frame) for frame in exchange.frames)
    first = bisect_right(wait_requests, exchange.frames[0].index)
    last = bisect_left(wait_requests, exchange.frames[-1].index)
    return within + last - first


def differ(first: Sequence[float], second: Sequence[float], seed: int = 0) -> Shift:
    """The difference of the medians of two groups of durations in ns.

    Its interval of 95 % is a bootstrap.
    """
    counts = (len(first), len(second))
    if 0 in counts:
        return Shift(counts, 0.0, None)
    shift = statistics.median(second) - statistics.median(first)
    if min(counts) < ENOUGH:
        return Shift(counts, shift, None)
    return Shift(counts, shift, _interval(sorted(first), sorted(second), seed))


def _interval(
    first: Sequence[float],
    second: Sequence[float],
    seed: int,
) -> tuple[float, float]:
    """The middle 95 % of the differences of medians of resampled groups (sorted)."""
    generator = Random(seed)  # noqa: S311 - statistics, not a secret
    shifts = []
    for _ in range(RESAMPLES):
        second_median = _resampled(second, generator)
        first_median = _resampled(first, generator)
        shifts.append(second_median - first_median)
    shifts.sort()
    low = round(0.025 * RESAMPLES)
    high = round(0.975 * RESAMPLES) - 1
    return shifts[low], shifts[high]


def _resampled(values: Sequence[float], generator: Random) -> float:
    """The median of as many values drawn with replacement from sorted ones.

    Its rank is that of a median of uniform numbers, which has a beta distribution.
    """
    half = (len(values) + 1) / 2
    rank = generator.betavariate(half, half)
    return values[int(rank * len(values))]


def _by_command(source: Source, overhead_ns: int = 0) -> dict[str, list[Split]]:
    groups: dict[str, list[Split]] = {}
    for split in splits(source, overhead_ns):
        group = groups.setdefault(name(split.exchange), [])
        group.append(split)
    return groups


def outliers(source: Capture | Session) -> list[tuple[Split, str]]:
    """Answers that took much longer than the others to the same command, with the likely reason."""
    rows: list[tuple[Split, str]] = []
    for group in _by_command(source).values():
        if len(group) >= FEW:
            rows.extend(_outliers(group))
    return sorted(rows, key=lambda row: row[0].exchange.index)


def _outliers(group: list[Split]) -> Iterator[tuple[Split, str]]:
    median, mad = robust([split.card_ns for split in group])
    spread = max(SPREAD * mad, LEAST_SPREAD * median)
    limit = median + UNUSUAL * spread
    median_size = statistics.median(_size(split) for split in group)
    for split in group:
        if split.card_ns > limit:
            yield split, _reason(split, median, median_size)


def _size(split: Split) -> int:
    """Bytes of the answer."""
    response = split.exchange.response
    if response is None:
        return 0
    return len(response.raw)


def _reason(split: Split, median: float, median_size: float) -> str:
    longer = (split.card_ns - median) / 1e6
    text = f"{longer:.1f} ms longer than the median of this command"
    size = _size(split)
    if split.waits:
        return f"{text}: the card asked for more time, {split.waits} x"
    if split.wire_ns is None and size > 2 * median_size:
        return f"{text}: its answer has {size} bytes, the median {median_size:.0f}"
    return f"{text}: the bytes do not explain it; card, reader or something between them"
