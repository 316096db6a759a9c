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
from ...road.pipeline import name
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
    a, b = _times(first_splits, command), _times(second_splits, command)
    if not a or not b:
        raise CaptureError(f"no answer to {command or 'any command'} with a time in both captures")
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
    medians = " and ".join(f"{statistics.median(values) / 1e6:.2f} ms" for values in (a, b))
    alt = f"Two distributions with the medians {medians}. {what}: {shift}."
    return finish(ax, _title(what, shift), alt)


def _times(splits: Sequence[tuple[Split, int]], command: str) -> list[int]:
    """The times of answers to a command, or to all, in ns, the shortest first."""
    return sorted(ns for split, ns in splits if command in ("", name(split.exchange)))


def _label(order: str, source: Source) -> str:
    file = Path(path_of(source)).name
    return escape(f"{order} {file}".strip(), "plot")


def _draw_steps(ax: Axes, values: Sequence[int], label: str, colour: str, style: str) -> None:
    """The share of values up to each value as a staircase, with a dot at the median."""
    size = len(values)
    median = statistics.median(values) / 1e6
    xs = [value / 1e6 for value in (values[0], *values)]
    percents = [0.0, *(100 * place / size for place in range(1, size + 1))]
    label = f"{label}: n = {size}, median {median:.2f} ms"
    ax.step(xs, percents, where="post", color=colour, linestyle=style, linewidth=2, label=label)
    ax.plot([median], [50], "o", color=colour, markeredgecolor="black")


def _title(what: str, shift: Shift) -> str:
    title = f"{what}: {VERDICTS[shift.differs]}, {shift.shift / 1e6:+.2f} ms"
    if shift.interval:
        low, high = shift.interval
        title += f" (95 %: {low / 1e6:+.2f} to {high / 1e6:+.2f})"
    return title
