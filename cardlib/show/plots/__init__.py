# SPDX-License-Identifier: MIT
"""Pictures of time: data and an optional Axes in, Axes out; colour-blind-safe, with a sentence of alternative text.

Colours are those of Okabe and Ito, and every class of thing has a hatch too. No figure is shown and no setting changed.
"""

from __future__ import annotations

import base64
import io
import statistics
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from ...acts.emv.phases import TABLE
from ...acts.emv.transaction import transactions
from ...apps import emv, iso7816
from ...core.errors import CaptureError
from ...core.escape import escape
from ...core.model import Capture, Exchange
from ...measure.timing import alike, clocks_of, differ, measured
from ...measure.wire import waits_for
from ...road.pipeline import name
from ...road.sources import Source, exchanges_of
from ..lines import duration

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection

STYLES: dict[str, tuple[str, str]] = {
    "selection": ("#0072B2", ""),
    "reading": ("#56B4E9", "//"),
    "verification": ("#E69F00", "xx"),
    "cryptography": ("#D55E00", ".."),
    "other": ("#999999", "--"),
}
_CLASSES = {
    "selection": (iso7816.SELECT, iso7816.MANAGE_CHANNEL, emv.GPO),
    "reading": (0xB0, 0xB1, 0xB2, 0xB3, 0xCA, 0xCB, 0xC0),
    "verification": (0x20, 0x21, 0x24, 0x2C),
    "cryptography": (0x2A, *iso7816.CHALLENGES, emv.GENERATE_AC, emv.EXCHANGE_RELAY),
}
_KINDS: dict[int | None, str] = {ins: kind for kind, codes in _CLASSES.items() for ins in codes}
CYCLE = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#999999")
PHASES = [row.name for row in TABLE]
HALO = {"boxstyle": "square,pad=0.1", "facecolor": "#FFFFFFB0", "edgecolor": "none"}
MAX_LABELS = 60
HATCHES = ("", "//", "..", "xx", "\\\\", "--", "oo", "++")


def kind_of(exchange: Exchange) -> str:
    """The class of a command, by which pictures colour it."""
    ins = exchange.command.ins if exchange.command else None
    return _KINDS.get(ins, "other")


def axes(ax: Axes | None, size: tuple[float, float] = (8, 4)) -> Axes:
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    return plt.figure(figsize=size, dpi=80, layout="constrained").subplots()


def finish(ax: Axes, title: str, alt: str) -> Axes:
    ax.set_title(escape(title, "plot"))
    ax.set_gid(alt)
    return ax


def timeline(source: Source, ax: Axes | None = None) -> Axes:
    """When each exchange ran: a bar from command to answer, a row each, in the order of the capture.

    Raises CaptureError where the clock of the capture does not tell.
    """
    found = measured(source)
    if len({e.session for e in found}) > 1:
        raise CaptureError("a timeline shows one session: pass capture.sessions[n]")
    ax = axes(ax, (8, min(1.5 + 0.22 * len(found), 12)))
    for kind in STYLES:
        if own := [
            (place, exchange) for place, exchange in enumerate(found) if kind_of(exchange) == kind
        ]:
            ax.add_collection(_bars(kind, own))
    waits = [(at, place) for place, exchange in enumerate(found) for at in _waits(exchange)]
    if waits:
        ax.plot(
            *zip(*waits, strict=True), "v", color="black", markersize=5, label="asks for more time"
        )
    ax.set_ylim(len(found) - 0.4, -0.6)
    ax.autoscale_view(scaley=False)
    ax.set_xlim(left=(found[0].start_ns or 0) / 1e6)
    if len(found) <= MAX_LABELS:
        labels = [escape(f"{e.index} {name(e)}", "plot") for e in found]
        ax.set_yticks(range(len(found)), labels, fontsize=7)
    ax.set_xlabel(f"ms since the first stamp (clock: {', '.join(clocks_of(source)) or 'not said'})")
    ax.legend(fontsize=7, loc="lower left")  # what comes late stands on the right
    total, longest = (
        sum(e.duration_ns or 0 for e in found),
        max(found, key=lambda e: e.duration_ns or 0),
    )
    share = 100 * (longest.duration_ns or 0) / total if total else 0
    title = f"{name(longest)} takes {share:.0f} % of {duration(total)} of answering"
    alt = f"Timeline of {len(found)} exchanges; the longest is exchange {longest.index}, {name(longest)}, "
    alt += f"with {duration(longest.duration_ns)} of {duration(total)}."
    return finish(ax, title, alt + f" The card asks for more time {len(waits)} x." * bool(waits))


def _waits(exchange: Exchange) -> list[float]:
    """When the card asked for more time, in ms since the first stamp of the session."""
    first = exchange.frames[0] if exchange.frames else None
    if first is None or first.time_ns is None or exchange.start_ns is None:
        return []
    origin = (first.time_ns if first.end_ns is None else first.end_ns) - exchange.start_ns
    return [
        (f.time_ns - origin) / 1e6
        for f in exchange.frames
        if waits_for(f) and f.time_ns is not None
    ]


def _bars(kind: str, found: list[tuple[int, Exchange]]) -> PolyCollection:
    """The bars of one class of commands as one artist: ten thousand are drawn as fast as ten."""
    from matplotlib.collections import PolyCollection

    colour, hatch = STYLES[kind]
    times = [(place, (e.start_ns or 0) / 1e6, (e.end_ns or 0) / 1e6) for place, e in found]
    bars = [[(a, at - 0.4), (b, at - 0.4), (b, at + 0.4), (a, at + 0.4)] for at, a, b in times]
    told = hatch if len(found) <= MAX_LABELS else ""
    return PolyCollection(
        bars, facecolor=colour, edgecolor="black", linewidth=0.4, hatch=told, label=kind
    )


def latency(source: Source, ax: Axes | None = None) -> Axes:
    """How long answers took, by command: every exchange a dot, the median a line. Raises CaptureError without times."""
    found = measured(source)
    groups: dict[str, list[Exchange]] = {}
    for exchange in found:
        groups.setdefault(name(exchange), []).append(exchange)
    times = {key: [(e.duration_ns or 0) / 1e6 for e in own] for key, own in groups.items()}
    medians = {key: statistics.median(values) for key, values in times.items()}
    order = sorted(medians, key=lambda key: medians[key])[-20:]
    ax = axes(ax, (8, min(1.2 + 0.35 * len(order), 9)))
    for place, key in enumerate(order):
        heights = [place + 0.3 * ((i * 0.618 + 0.5) % 1 - 0.5) for i in range(len(groups[key]))]
        colour = STYLES[kind_of(groups[key][0])][0]
        ax.plot(times[key], heights, "o", color=colour, markersize=4, mec="black", mew=0.3)
        ax.plot([medians[key]] * 2, [place - 0.35, place + 0.35], color="black", linewidth=1.5)
    ax.set_yticks(
        range(len(order)),
        [escape(f"{key} (n={len(groups[key])})", "plot") for key in order],
        fontsize=8,
    )
    ax.set_xlabel(
        f"ms from command to answer (clock: {', '.join(clocks_of(source)) or 'not said'})"
    )
    ax.set_xlim(left=0)
    title = f"{order[-1]} has the longest median: {medians[order[-1]]:.1f} ms"
    alt = f"Durations of {len(found)} exchanges by command, {len(order)} of {len(medians)} commands shown; {title}, "
    alt += f"{order[0]} the shortest: {medians[order[0]]:.1f} ms."
    return finish(ax, title, alt)


def populations(first: Source, second: Source, command: str = "", ax: Axes | None = None) -> Axes:
    """Two captures: which share of answers took at most so long, `command` chooses by its name; see timing.alike.

    The title has the difference of the medians, or that there is not enough data. Raises CaptureError without times.
    """
    said, found = alike(first, second)
    one, other = (
        sorted(ns for part, ns in own if command in ("", name(part.exchange))) for own in found
    )
    if not one or not other:
        raise CaptureError(f"no answer to {command or 'any command'} with a time in both captures")
    ax = axes(ax, (8, 4))
    shift = differ(one, other)
    names = [Path(s.path).name if isinstance(s, Capture) else "" for s in (first, second)]
    labels = [
        escape(f"{which} {own}".strip(), "plot")
        for which, own in zip(("first", "second"), names, strict=True)
    ]
    for values, label, colour, line in zip(
        (one, other), labels, CYCLE[:4:3], ("-", "--"), strict=True
    ):
        median = statistics.median(values) / 1e6
        steps = [0.0, *(100 * place / len(values) for place in range(1, len(values) + 1))]
        xs = [value / 1e6 for value in (values[0], *values)]
        told = f"{label}: n = {len(values)}, median {median:.2f} ms"
        ax.step(xs, steps, where="post", color=colour, linestyle=line, linewidth=2, label=told)
        ax.plot([median], [50], "o", color=colour, markeredgecolor="black")
    ax.set_xlabel(
        f"ms {said} (clocks: {', '.join((*clocks_of(first), *clocks_of(second))) or 'not said'})"
    )
    ax.set_ylabel("% of answers")
    ax.set_ylim(0, 100)
    ax.grid(alpha=0.3)
    ax.legend(fontsize=8)
    what = command or "All commands"
    verdict = {None: "not enough data", True: "the medians differ", False: "no difference seen"}[
        shift.differs
    ]
    title = f"{what}: {verdict}, {shift.shift / 1e6:+.2f} ms"
    if shift.interval:
        title += f" (95 %: {shift.interval[0] / 1e6:+.2f} to {shift.interval[1] / 1e6:+.2f})"
    told = " and ".join(f"{statistics.median(values) / 1e6:.2f} ms" for values in (one, other))
    return finish(ax, title, f"Two distributions with the medians {told}. {what}: {shift}.")


def phase_shares(source: Source, ax: Axes | None = None) -> Axes:
    """How the answering time of each payment divides over its phases: a stacked bar a payment."""
    payments = [
        (one, [(p.name, p.exchanges) for p in one.phases])
        for one in transactions(exchanges_of(source))
    ]
    shares = [
        (one, {key: sum(e.duration_ns or 0 for e in own) for key, own in phases})
        for one, phases in payments
    ]
    if not (found := [(one, parts) for one, parts in shares if any(parts.values())]):
        raise CaptureError("no payment with times in this capture")
    ax = axes(ax, (9, 1.9 + 0.55 * len(found)))
    longest: tuple[float, str] = (0, "")
    for row, (_, parts) in enumerate(found):
        at, total = 0.0, sum(parts.values()) or 1
        for phase, ns in filter(itemgetter(1), parts.items()):
            number = PHASES.index(phase)
            colour, hatch = CYCLE[number % 8], HATCHES[number % 7]
            ax.barh(
                row,
                ns / 1e6,
                left=at,
                height=0.7,
                label=phase,
                color=colour,
                hatch=hatch,
                edgecolor="white",
            )
            if ns > 0.07 * total:
                share = f"{100 * ns / total:.0f} %"
                ax.text(at + ns / 2e6, row, share, ha="center", va="center", fontsize=8, bbox=HALO)
            longest = max(longest, (ns / total, phase))
            at += ns / 1e6
    ax.set_yticks(
        range(len(found)), [escape(f"{t.index} {t.name}", "plot") for t, _ in found], fontsize=8
    )
    ax.set_ylim(len(found) - 0.4, -0.6)
    ax.set_xlabel(f"ms of answering (clock: {', '.join(clocks_of(source)) or 'not said'})")
    labels = dict(zip(*ax.get_legend_handles_labels()[::-1], strict=True))
    swatch = {"handlelength": 3, "handleheight": 1.6}  # wide enough for a hatch
    ax.legend(
        labels.values(),
        labels,
        fontsize=7,
        loc="upper left",
        bbox_to_anchor=(1.01, 1),
        borderaxespad=0,
        **swatch,
    )
    title = f"{longest[1].capitalize()} takes {100 * longest[0]:.0f} % of answering"
    largest = [
        (t, max((ns, phase) for phase, ns in parts.items())[1], sum(parts.values()))
        for t, parts in found[:5]
    ]
    alt = "; ".join(
        f"{t.index} {t.name}: {duration(total)}, most of it {phase}" for t, phase, total in largest
    )
    return finish(ax, title, f"Answering time by phase, {len(found)} in all. {alt}. {title}.")


class Picture:
    """A figure as an <img> with its alt sentence: what an untrusted notebook still shows."""

    def __init__(self, png: bytes, alt: str) -> None:
        self.png, self.alt = png, alt

    def __repr__(self) -> str:
        return f"picture: {self.alt}"

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.png).decode("ascii")
        return f'<img alt="{escape(self.alt, "attribute")}" src="data:image/png;base64,{data}">'


def picture(ax: Axes) -> Picture:
    """The figure of these Axes with the sentence that the plot wrote for those who do not see it; closes the figure."""
    from matplotlib import pyplot as plt

    figure = ax.get_figure(root=True)
    buffer = io.BytesIO()
    if figure is not None:
        figure.savefig(buffer, format="png", metadata={"Software": None})
        plt.close(figure)
    return Picture(buffer.getvalue(), ax.get_gid() or ax.get_title())
