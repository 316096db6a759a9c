# SPDX-License-Identifier: MIT
"""The ladder: reader and card as two lines, time downwards to scale, an arrow as long as a message was on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...core.errors import CaptureError
from ...core.escape import escape
from ...core.model import Capture, Clock, Exchange, Frame, Session, record
from ...measure.timing import measured, speed_of
from ...measure.wire import Link, frame_ns, waits_for
from ...road.meaning import name
from ..lines import duration
from .style import STYLES, axes, finish, kind_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_RUNGS = 40  # exchanges
IDLE = 0.1  # of the time shown: a longer pause is drawn as long as that, and says so
TALKING = "#555555"
LINE = 0.17  # inches
READER, CARD = 0, 1  # where the two lines stand

Label = tuple[float, str]  # a text and where it belongs, in ms


@record
class Rung:
    """One message: from whom, when it began and ended, in ns."""

    frame: Frame
    start: int
    stop: int


@record
class Step:
    """An exchange with its messages."""

    exchange: Exchange
    rungs: tuple[Rung, ...]

    @property
    def start(self) -> int:
        return self.rungs[0].start

    @property
    def stop(self) -> int:
        return self.rungs[-1].stop

    @property
    def label(self) -> str:
        return f"{self.exchange.index} {name(self.exchange)}"

    @property
    def talking(self) -> int:
        """How long messages were on the wire, in ns."""
        return sum(rung.stop - rung.start for rung in self.rungs)


@record
class Work:
    """How long the card worked on an exchange, in ns, and where the middle of the longest part is drawn, in ms."""

    took: int
    middle: float
    label: str


def ladder(
    source: Capture | Session, first: int = 0, count: int = MAX_RUNGS, ax: Axes | None = None
) -> Axes:
    """Reader and card as two lines: an arrow a message, a bar where the card works; pauses of the reader are cut.

    Shows `count` exchanges from the exchange with number `first` on. Raises CaptureError without times.
    """
    session = _session(source)
    exchanges = [exchange for exchange in measured(session) if exchange.index >= first]
    steps = _steps(exchanges[: min(count, MAX_RUNGS)], session)
    if not steps:
        raise CaptureError(f"no exchange from number {first} on has messages with times")
    ax = axes(ax, (8, min(2.4 + 0.42 * len(steps), 14)))
    idle = IDLE * sum(step.stop - step.start for step in steps)
    names: list[Label] = []
    works: list[Work] = []
    at, last = 0, steps[0].start
    for step in steps:
        pause = step.start - last
        if pause > idle:
            _draw_pause(ax, (at + idle / 2) / 1e6, pause)
        at += round(min(pause, idle))
        names.append((at / 1e6, step.label))
        works.append(_draw_step(ax, step, at - step.start))
        at += step.stop - step.start
        last = step.stop
    times = [(work.middle, duration(work.took)) for work in works if work.took]
    _draw_frame(ax, names, times, at / 1e6 or 1.0, session)
    return _finish(ax, steps, works, len(exchanges) - len(steps))


def _session(source: Capture | Session) -> Session:
    if isinstance(source, Session):
        return source
    if len(source.sessions) != 1:
        raise CaptureError("a ladder shows one session: pass capture.sessions[n]", source.path)
    return source.sessions[0]


def _steps(exchanges: Sequence[Exchange], session: Session) -> list[Step]:
    """The exchanges of which all messages have a time."""
    speed = speed_of(session)
    steps = []
    for exchange in exchanges:
        rungs = _rungs(exchange, speed, session.clock)
        if rungs:
            steps.append(Step(exchange, tuple(rungs)))
    return steps


def _rungs(exchange: Exchange, speed: Link | None, clock: Clock) -> list[Rung]:
    """The messages of an exchange. A host stamps the beginning of a command and the end of an answer."""
    rungs: list[Rung] = []
    for frame in exchange.frames:
        if frame.time_ns is None:
            return []
        took = frame_ns(frame, speed) if speed else 0
        start = frame.time_ns
        if frame.sender == "card" and clock != "rf":
            start -= took
        earliest = rungs[-1].stop if rungs else start
        rungs.append(Rung(frame, max(start, earliest), max(start + took, earliest)))
    return rungs


def _draw_pause(ax: Axes, at: float, pause: int) -> None:
    text = f"{duration(pause)} pause, not to scale"
    ax.text(0.5, at, text, ha="center", va="center", fontsize=7)


def _draw_step(ax: Axes, step: Step, shift: int) -> Work:
    """The arrows and bars of one exchange, moved by so many ns; and how long the card worked."""
    works: list[tuple[int, int]] = []  # how long, and from when on
    before: Rung | None = None
    for rung in step.rungs:
        _draw_arrow(ax, rung, shift)
        if before and before.frame.sender == "reader" and rung.frame.sender == "card":
            works.append((rung.start - before.stop, before.stop))
        before = rung
    _draw_works(ax, works, shift, kind_of(step.exchange))
    longest, start = max(works, default=(0, 0))
    total = sum(took for took, _ in works)
    return Work(total, (start + longest / 2 + shift) / 1e6, step.label)


def _draw_arrow(ax: Axes, rung: Rung, shift: int) -> None:
    """A message on its way between the two lines; one that asks for more time says so."""
    start, stop = (rung.start + shift) / 1e6, (rung.stop + shift) / 1e6
    tail, head = (CARD, start), (READER, stop)
    if rung.frame.sender == "reader":
        tail, head = (READER, start), (CARD, stop)
    arrow = {"arrowstyle": "-|>", "color": TALKING, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", head, tail, arrowprops=arrow)
    if waits_for(rung.frame):
        ax.text(0.98, start, "asks for more time", fontsize=6, ha="right", va="bottom")


def _draw_works(ax: Axes, works: Sequence[tuple[int, int]], shift: int, kind: str) -> None:
    """A bar for each time that the card worked."""
    from matplotlib.patches import Rectangle

    colour, hatch = STYLES[kind]
    for took, start in works:
        bar = Rectangle(
            (CARD, (start + shift) / 1e6),
            0.05,
            took / 1e6,
            label=kind,
            facecolor=colour,
            hatch=hatch,
            edgecolor="black",
            linewidth=0.4,
        )
        ax.add_patch(bar)


def _draw_frame(
    ax: Axes,
    names: Sequence[Label],
    times: Sequence[Label],
    height: float,
    session: Session,
) -> None:
    """The two lines, with the names of the exchanges on the left and how long each took on the right."""
    line = LINE * height * ax.figure.dpi / ax.bbox.height
    for at, place, label in _apart(names, line, height):
        ax.plot([-0.08, -0.01], [place, at], color=TALKING, linewidth=0.5)
        ax.text(-0.09, place, escape(label, "plot"), fontsize=7, ha="right", va="center")
    for _, place, label in _apart(times, line, height):
        ax.text(1.07, place, label, fontsize=7, va="center")
    for x, who in ((READER, "reader"), (CARD, "card")):
        ax.plot([x, x], [0, height], color="black", linewidth=1.2)
        ax.text(x, -line, who, ha="center", va="bottom", fontsize=9, weight="bold")
    ax.set_xlim(-0.75, 1.4)
    ax.set_ylim(height, -3 * line)
    ax.set_xticks([])
    ax.set_yticks([tick for tick in ax.get_yticks() if 0 <= tick <= height])
    ax.set_ylabel(f"ms, pauses cut (clock: {session.clock})")
    _draw_legend(ax)
    for side in ("top", "right", "bottom"):
        ax.spines[side].set_visible(False)


def _draw_legend(ax: Axes) -> None:
    """Each class of command once, below the ladder."""
    bars = {str(patch.get_label()): patch for patch in ax.patches}
    below: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, 0), "ncols": 5}
    ax.legend(bars.values(), bars, fontsize=7, **below)


def _apart(labels: Sequence[Label], line: float, last: float) -> list[tuple[float, float, str]]:
    """Labels with a place each, a line from one another: as near to their own as is free, none behind the last."""
    places: list[float] = []
    for at, _ in labels:
        places.append(max(at, places[-1] + line) if places else at)
    for number in reversed(range(len(places))):
        places[number] = min(places[number], last)
        last = places[number] - line
    return [(at, place, label) for (at, label), place in zip(labels, places, strict=True)]


def _finish(ax: Axes, steps: Sequence[Step], works: Sequence[Work], hidden: int) -> Axes:
    """The title and the alternative text; `hidden` exchanges are not shown."""
    talked = sum(step.talking for step in steps)
    worked = sum(work.took for work in works)
    longest = max(works, key=lambda work: (work.took, work.middle, work.label))
    alt = f"Ladder of {len(steps)} exchanges between reader and card. "
    if talked:
        total = worked + talked
        title = f"The card side takes {100 * worked / total:.0f} % of {duration(total)}"
        alt += f"{title}; the rest are messages on the wire."
    else:
        title = f"Answers take {duration(worked)}; bytes are not told apart"
        alt += f"{title}."
    alt += f" The longest work is {longest.label}, {duration(longest.took)}."
    if hidden > 0:
        alt += f" {hidden} more exchanges are not shown."
    return finish(ax, title, alt)
