# SPDX-License-Identifier: MIT
"""Two captures: how their answering times are distributed, and whether the medians differ."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.errors import CaptureError
from ...core.escape import escape
from ...measure.timing import Shift, Split, alike, differ
from ...road.meaning import name
from ...road.sources import Source, path_of
from .style import CYCLE, axes, clock_names, finish

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VERDICTS = {None: "not enough data", True: "the medians differ", False: "no difference seen"}


def populations(first: Source, second: Source, command: str = "", ax: Axes | None = None) -> Axes:
    """Two captures: which share of answers took at most so long, `command` chooses by its name; see timing.alike.

    The title has the difference of the medians, or that there is not enough data. Raises CaptureError without times.
    """
    kind, (first_splits, second_splits) = alike(first, second)
    a = _times(first_splits, command)
    b = _times(second_splits, command)
    if not a or not b:
        what = command or "any command"
        raise CaptureError(f"no answer to {what} with a time in both captures")
    ax = axes(ax, (8, 4))
    _draw_steps(ax, a, _label("first", first), CYCLE[0], "-")
    _draw_steps(ax, b, _label("second", second), CYCLE[3], "--")
    ax.set_xlabel(f"ms {kind} (clocks: {clock_names(first, second)})")
    ax.set_ylabel("% of answers")
    ax.set_ylim(0, 100)
    ax.grid(alpha=0.3)
    ax.legend(fontsize=8)
    shift = differ(a, b)
    what = command or "All commands"
    alt = (
        f"Two distributions with the medians {_median_ms(a):.2f} ms and {_median_ms(b):.2f} ms. "
        f"{what}: {shift}."
    )
    return finish(ax, _title(what, shift), alt)


def _times(splits: Sequence[tuple[Split, int]], command: str) -> list[int]:
    """The times of answers to a command, or to all, in ns, the shortest first."""
    times = []
    for split, ns in splits:
        if command in ("", name(split.exchange)):
            times.append(ns)
    return sorted(times)


def _median_ms(times: Sequence[int]) -> float:
    return statistics.median(times) / 1e6


def _label(order: str, source: Source) -> str:
    file = Path(path_of(source)).name
    return escape(f"{order} {file}".strip(), "plot")


def _draw_steps(ax: Axes, times: Sequence[int], label: str, colour: str, style: str) -> None:
    """The share of answers that took at most so long as a staircase, with a dot at the median."""
    size = len(times)
    median = _median_ms(times)
    xs = [times[0] / 1e6]  # the first step stands on the axis
    percents = [0.0]
    for place, ns in enumerate(times, 1):
        xs.append(ns / 1e6)
        percents.append(100 * place / size)
    ax.step(
        xs,
        percents,
        where="post",
        color=colour,
        linestyle=style,
        linewidth=2,
        label=f"{label}: n = {size}, median {median:.2f} ms",
    )
    ax.plot([median], [50], "o", color=colour, markeredgecolor="black")


def _title(what: str, shift: Shift) -> str:
    verdict = VERDICTS[shift.differs]
    title = f"{what}: {verdict}, {_signed_ms(shift.shift)} ms"
    if shift.interval:
        low, high = shift.interval
        title += f" (95 %: {_signed_ms(low)} to {_signed_ms(high)})"
    return title


def _signed_ms(ns: float) -> str:
    return f"{ns / 1e6:+.2f}"
