# SPDX-License-Identifier: MIT
"""The ladder: reader and card as two lines, time downwards to scale, an arrow as long as a message was on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.errors import CaptureError
from ...core.escape import escape
from ...core.model import Capture, Clock, Exchange, Frame, Session, record
from ...measure.timing import measured, speed_of
from ...measure.wire import Link, frame_ns, waits_for
from ...road.pipeline import name
from ..lines import duration
from . import STYLES, axes, finish, kind_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_RUNGS = 40
IDLE = 0.1  # of the time shown: a longer pause is drawn as long as that, and says so
TALKING = "#555555"
LINE = 0.17  # inches


@record
class Rung:
    """One message: from whom, when it began and ended, in ns."""

    frame: Frame
    start: int
    stop: int


def ladder(
    source: Capture | Session, first: int = 0, count: int = MAX_RUNGS, ax: Axes | None = None
) -> Axes:
    """Reader and card as two lines: an arrow a message, a bar where the card works; pauses of the reader are cut.

    Shows `count` exchanges from the exchange with number `first` on. Raises CaptureError without times.
    """
    session = _session(source)
    found = [e for e in measured(session) if e.index >= first][: min(count, MAX_RUNGS)]
    speed = speed_of(session)
    rungs = [(exchange, _rungs(exchange, speed, session.clock)) for exchange in found]
    rungs = [(exchange, own) for exchange, own in rungs if own]
    if not rungs:
        raise CaptureError(f"no exchange from number {first} on has messages with times")
    ax = axes(ax, (8, min(2.4 + 0.42 * len(rungs), 14)))
    at, talks, last, names = 0, 0, rungs[0][1][0].start, []
    works: list[tuple[int, float, str]] = []
    idle = IDLE * sum(own[-1].stop - own[0].start for _, own in rungs)
    for exchange, own in rungs:
        pause = own[0].start - last
        if pause > idle:
            told = f"{duration(pause)} pause, not to scale"
            ax.text(0.5, (at + idle / 2) / 1e6, told, ha="center", va="center", fontsize=7)
        at += round(min(pause, idle))
        names.append((at / 1e6, f"{exchange.index} {name(exchange)}"))
        works.append((*_draw(ax, exchange, own, at - own[0].start), names[-1][1]))
        talks += sum(rung.stop - rung.start for rung in own)
        at += own[-1].stop - own[0].start
        last = own[-1].stop
    _frame(
        ax,
        names,
        [(middle, duration(took)) for took, middle, _ in works if took],
        at / 1e6 or 1.0,
        session,
    )
    worked, (longest, _, which) = sum(took for took, _, _ in works), max(works)
    title = (
        f"The card side takes {100 * worked / (worked + talks):.0f} % of {duration(worked + talks)}"
        if talks
        else ""
    )
    title = title or f"Answers take {duration(worked)}; bytes are not told apart"
    left = sum(e.index >= first for e in measured(session)) - len(rungs)
    alt = f"Ladder of {len(rungs)} exchanges between reader and card. {title}"
    alt += "; the rest are messages on the wire." if talks else "."
    alt += (
        f" The longest work is {which}, {duration(longest)}."
        + f" {left} more exchanges are not shown." * (left > 0)
    )
    return finish(ax, title, alt)


def _session(source: Capture | Session) -> Session:
    if isinstance(source, Session):
        return source
    if len(source.sessions) != 1:
        raise CaptureError("a ladder shows one session: pass capture.sessions[n]", source.path)
    return source.sessions[0]


def _rungs(exchange: Exchange, speed: Link | None, clock: Clock) -> list[Rung]:
    """The messages of an exchange. A host stamps the beginning of a command and the end of an answer."""
    found: list[Rung] = []
    for frame in exchange.frames:
        if frame.time_ns is None:
            return []
        took = frame_ns(frame, speed) if speed else 0
        start = frame.time_ns - (took if frame.sender == "card" and clock != "rf" else 0)
        earliest = found[-1].stop if found else start
        found.append(Rung(frame, max(start, earliest), max(start + took, earliest)))
    return found


def _draw(ax: Axes, exchange: Exchange, rungs: list[Rung], shift: float) -> tuple[int, float]:
    """The arrows and bars of one exchange; how long the card worked, in ns, and where the longest of it is, in ms."""
    from matplotlib.patches import Rectangle

    works: list[tuple[int, int]] = []
    before: Rung | None = None
    for rung in rungs:
        a, b = ((moment + shift) / 1e6 for moment in (rung.start, rung.stop))
        ends = (0, 1) if rung.frame.sender == "reader" else (1, 0)
        arrow = {
            "arrowstyle": "-|>",
            "color": TALKING,
            "linewidth": 0.8,
            "shrinkA": 0,
            "shrinkB": 0,
        }
        ax.annotate("", (ends[1], b), (ends[0], a), arrowprops=arrow)
        if before and before.frame.sender == "reader" and rung.frame.sender == "card":
            works.append((rung.start - before.stop, before.stop))
        if waits_for(rung.frame):
            ax.text(0.98, a, "asks for more time", fontsize=6, ha="right", va="bottom")
        before = rung
    kind = kind_of(exchange)
    style = {
        "facecolor": STYLES[kind][0],
        "hatch": STYLES[kind][1],
        "edgecolor": "black",
        "linewidth": 0.4,
    }
    for took, start in works:
        ax.add_patch(Rectangle((1, (start + shift) / 1e6), 0.05, took / 1e6, label=kind, **style))  # type: ignore[arg-type]
    took, start = max(works, default=(0, 0))
    return sum(took for took, _ in works), (start + took / 2 + shift) / 1e6


def _frame(
    ax: Axes,
    names: list[tuple[float, str]],
    times: list[tuple[float, str]],
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
    for x, who in ((0, "reader"), (1, "card")):
        ax.plot([x, x], [0, height], color="black", linewidth=1.2)
        ax.text(x, -line, who, ha="center", va="bottom", fontsize=9, weight="bold")
    ax.set_xlim(-0.75, 1.4)
    ax.set_ylim(height, -3 * line)
    ax.set_xticks([])
    ax.set_yticks([tick for tick in ax.get_yticks() if 0 <= tick <= height])
    kinds = {str(patch.get_label()): patch for patch in ax.patches}
    ax.legend(
        kinds.values(), kinds, fontsize=7, loc="upper center", bbox_to_anchor=(0.5, 0), ncols=5
    )
    ax.set_ylabel(f"ms, pauses cut (clock: {session.clock})")
    for side in ("top", "right", "bottom"):
        ax.spines[side].set_visible(False)


def _apart(
    labels: list[tuple[float, str]], line: float, last: float
) -> list[tuple[float, float, str]]:
    """Labels with a place each, a line from one another: as near to their own as is free, none behind the last."""
    places: list[float] = []
    for at, _ in labels:
        places.append(max(at, places[-1] + line) if places else at)
    for number in reversed(range(len(places))):
        places[number] = min(places[number], last)
        last = places[number] - line
    return [(at, place, label) for (at, label), place in zip(labels, places, strict=True)]
