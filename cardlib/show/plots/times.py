# SPDX-License-Identifier: MIT
"""When each exchange ran, and how long answers took, by command."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...core.errors import CaptureError
from ...core.escape import escape
from ...core.model import Exchange
from ...measure.timing import measured
from ...measure.wire import waits_for
from ...road.meaning import name
from ...road.sources import Source
from ..lines import duration
from .style import STYLES, axes, clock_names, finish, kind_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection

MAX_LABELS = 60  # rows, above which labels and hatches are only noise
MAX_COMMANDS = 20
GOLDEN = 0.618  # the golden ratio: its multiples, less their integers, fill an interval evenly

Placed = tuple[int, Exchange]  # an exchange and its row


def timeline(source: Source, ax: Axes | None = None) -> Axes:
    """When each exchange ran: a bar from command to answer, a row each, in the order of the capture.

    Raises CaptureError where the clock of the capture does not tell.
    """
    exchanges = measured(source)
    if len({exchange.session for exchange in exchanges}) > 1:
        raise CaptureError("a timeline shows one session: pass capture.sessions[n]")
    ax = axes(ax, (8, min(1.5 + 0.22 * len(exchanges), 12)))
    for kind in STYLES:
        placed = [item for item in enumerate(exchanges) if kind_of(item[1]) == kind]
        if placed:
            ax.add_collection(_bars(kind, placed))
    waits = _draw_waits(ax, exchanges)
    ax.set_ylim(len(exchanges) - 0.4, -0.6)
    ax.autoscale_view(scaley=False)
    ax.set_xlim(left=(exchanges[0].start_ns or 0) / 1e6)
    if len(exchanges) <= MAX_LABELS:
        labels = [escape(f"{exchange.index} {name(exchange)}", "plot") for exchange in exchanges]
        ax.set_yticks(range(len(exchanges)), labels, fontsize=7)
    ax.set_xlabel(f"ms since the first stamp (clock: {clock_names(source)})")
    ax.legend(fontsize=7, loc="lower left")  # what comes late stands on the right
    return _finish_timeline(ax, exchanges, waits)


def _finish_timeline(ax: Axes, exchanges: Sequence[Exchange], waits: int) -> Axes:
    total = sum(_took(exchange) for exchange in exchanges)
    longest = max(exchanges, key=_took)
    share = 100 * _took(longest) / (total or 1)
    title = f"{name(longest)} takes {share:.0f} % of {duration(total)} of answering"
    alt = (
        f"Timeline of {len(exchanges)} exchanges; "
        f"the longest is exchange {longest.index}, {name(longest)}, "
        f"with {duration(longest.duration_ns)} of {duration(total)}."
    )
    if waits:
        alt += f" The card asks for more time {waits} x."
    return finish(ax, title, alt)


def _took(exchange: Exchange) -> int:
    return exchange.duration_ns or 0


def _draw_waits(ax: Axes, exchanges: Sequence[Exchange]) -> int:
    """A mark where the card asked for more time; how many marks there are."""
    moments: list[float] = []
    rows: list[int] = []
    for row, exchange in enumerate(exchanges):
        for moment in _waits(exchange):
            moments.append(moment)
            rows.append(row)
    if moments:
        ax.plot(moments, rows, "v", color="black", markersize=5, label="asks for more time")
    return len(moments)


def _waits(exchange: Exchange) -> list[float]:
    """When the card asked for more time, in ms since the first stamp of the session."""
    if not exchange.frames or exchange.start_ns is None:
        return []
    first = exchange.frames[0]
    if first.time_ns is None:
        return []
    command_end = first.time_ns if first.end_ns is None else first.end_ns
    origin = command_end - exchange.start_ns
    stamps = [frame.time_ns for frame in exchange.frames if waits_for(frame)]
    return [(stamp - origin) / 1e6 for stamp in stamps if stamp is not None]


def _bars(kind: str, placed: Sequence[Placed]) -> PolyCollection:
    """The bars of one class of commands as one artist: ten thousand are drawn as fast as ten."""
    from matplotlib.collections import PolyCollection

    bars = []
    for row, exchange in placed:
        start = (exchange.start_ns or 0) / 1e6
        end = (exchange.end_ns or 0) / 1e6
        top = row - 0.4
        bottom = row + 0.4
        bars.append([(start, top), (end, top), (end, bottom), (start, bottom)])
    colour, hatch = STYLES[kind]
    return PolyCollection(
        bars,
        facecolor=colour,
        edgecolor="black",
        linewidth=0.4,
        hatch=hatch if len(placed) <= MAX_LABELS else "",
        label=kind,
    )


def latency(source: Source, ax: Axes | None = None) -> Axes:
    """How long answers took, by command: every exchange a dot, the median a line. Raises CaptureError without times."""
    exchanges = measured(source)
    groups: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        groups.setdefault(name(exchange), []).append(exchange)
    medians = {command: _median_ms(group) for command, group in groups.items()}
    shown = sorted(medians, key=lambda command: medians[command])[-MAX_COMMANDS:]
    ax = axes(ax, (8, min(1.2 + 0.35 * len(shown), 9)))
    for row, command in enumerate(shown):
        _draw_dots(ax, row, groups[command], medians[command])
    titles = [f"{command} (n={len(groups[command])})" for command in shown]
    labels = [escape(title, "plot") for title in titles]
    ax.set_yticks(range(len(shown)), labels, fontsize=8)
    ax.set_xlabel(f"ms from command to answer (clock: {clock_names(source)})")
    ax.set_xlim(left=0)
    shortest, longest = shown[0], shown[-1]
    title = f"{longest} has the longest median: {medians[longest]:.1f} ms"
    alt = (
        f"Durations of {len(exchanges)} exchanges by command, "
        f"{len(shown)} of {len(medians)} commands shown; {title}, "
        f"{shortest} the shortest: {medians[shortest]:.1f} ms."
    )
    return finish(ax, title, alt)


def _median_ms(exchanges: Sequence[Exchange]) -> float:
    return statistics.median(_took(exchange) / 1e6 for exchange in exchanges)


def _draw_dots(ax: Axes, row: int, exchanges: Sequence[Exchange], median: float) -> None:
    """A row of dots, an exchange each, with a line at their median."""
    times = [_took(exchange) / 1e6 for exchange in exchanges]
    heights = [row + _spread(number) for number in range(len(times))]
    colour, _ = STYLES[kind_of(exchanges[0])]
    ax.plot(times, heights, "o", color=colour, markersize=4, mec="black", mew=0.3)
    ax.plot([median, median], [row - 0.35, row + 0.35], color="black", linewidth=1.5)


def _spread(number: int) -> float:
    """How far a dot stands from the middle of its row: neighbours far from each other, none by more than 0.15."""
    return 0.3 * ((number * GOLDEN + 0.5) % 1 - 0.5)
