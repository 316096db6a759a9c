# SPDX-License-Identifier: MIT
"""Pictures: timeline, latency, byte map. Data and an optional Axes in, Axes out; colour-blind-safe, with an alt text.

Colours are those of Okabe and Ito, and every class of thing has a hatch too. No figure is shown and no setting changed.
"""

from __future__ import annotations

import base64
import io
import statistics
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .apps import emv, iso7816
from .display import duration
from .errors import CaptureError
from .escape import cut, escape
from .masking import Shown, shown
from .model import Capture, Exchange, Session
from .pipeline import name
from .timing import clocks_of, measured

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection

Source = Capture | Session | Iterable[Exchange]
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
    "cryptography": (0x2A, 0x82, 0x84, 0x86, 0x87, 0x88, emv.GENERATE_AC, emv.EXCHANGE_RELAY),
}
_KINDS: dict[int | None, str] = {ins: kind for kind, codes in _CLASSES.items() for ins in codes}
_CYCLE = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#999999")
MAX_LABELS, MAX_LINES, MAX_LEGEND = 60, 64, 20
PLAIN = "header, length, status, other bytes"
_HALO = {"boxstyle": "square,pad=0.1", "facecolor": "#FFFFFFB0", "edgecolor": "none"}
_HATCHES = ("", "//", "..", "xx", "\\\\", "--", "oo", "++")


def kind_of(exchange: Exchange) -> str:
    """The class of a command, by which pictures colour it."""
    ins = exchange.command.ins if exchange.command else None
    return _KINDS.get(ins, "other")


def _axes(ax: Axes | None, size: tuple[float, float] = (8, 4)) -> Axes:
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    return plt.figure(figsize=size, dpi=80, layout="constrained").subplots()


def _finish(ax: Axes, title: str, alt: str) -> Axes:
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
    ax = _axes(ax, (8, min(1.5 + 0.22 * len(found), 12)))
    groups: dict[str, list[tuple[int, Exchange]]] = {kind: [] for kind in STYLES}
    for place, exchange in enumerate(found):
        groups[kind_of(exchange)].append((place, exchange))
    for kind, own in groups.items():
        if own:
            ax.add_collection(_bars(kind, own))
    ax.set_ylim(len(found) - 0.4, -0.6)
    ax.autoscale_view(scaley=False)
    ax.set_xlim(left=0)
    if len(found) <= MAX_LABELS:
        labels = [escape(f"{e.index} {name(e)}", "plot") for e in found]
        ax.set_yticks(range(len(found)), labels, fontsize=7)
    ax.set_xlabel(f"ms since the first stamp (clock: {', '.join(clocks_of(source)) or 'not said'})")
    ax.legend(fontsize=7, loc="upper right")
    total, longest = sum(e.duration_ns or 0 for e in found), max(found, key=lambda e: e.duration_ns or 0)
    share = 100 * (longest.duration_ns or 0) / total if total else 0
    title = f"{name(longest)} takes {share:.0f} % of {duration(total)} of answering"
    alt = (
        f"Timeline of {len(found)} exchanges; the longest is exchange {longest.index}, {name(longest)}, "
        f"with {duration(longest.duration_ns)} of {duration(total)}."
    )
    return _finish(ax, title, alt)


def _bars(kind: str, found: list[tuple[int, Exchange]]) -> PolyCollection:
    """The bars of one class of commands as one artist: ten thousand are drawn as fast as ten."""
    from matplotlib.collections import PolyCollection

    colour, hatch = STYLES[kind]
    times = [(place, (e.start_ns or 0) / 1e6, (e.end_ns or 0) / 1e6) for place, e in found]
    bars = [[(a, at - 0.4), (b, at - 0.4), (b, at + 0.4), (a, at + 0.4)] for at, a, b in times]
    told = hatch if len(found) <= MAX_LABELS else ""
    return PolyCollection(bars, facecolor=colour, edgecolor="black", linewidth=0.4, hatch=told, label=kind)


def latency(source: Source, ax: Axes | None = None) -> Axes:
    """How long answers took, by command: every exchange a dot, the median a line. Raises CaptureError without times."""
    found = measured(source)
    groups: dict[str, list[float]] = {}
    colours: dict[str, str] = {}
    for exchange in found:
        key = name(exchange)
        groups.setdefault(key, []).append((exchange.duration_ns or 0) / 1e6)
        colours.setdefault(key, STYLES[kind_of(exchange)][0])
    medians = {key: statistics.median(values) for key, values in groups.items()}
    order = sorted(medians, key=lambda key: medians[key])[-20:]
    ax = _axes(ax, (8, min(1.2 + 0.35 * len(order), 9)))
    for place, key in enumerate(order):
        heights = [place + 0.3 * ((i * 0.618) % 1 - 0.5) for i in range(len(groups[key]))]
        ax.plot(
            groups[key], heights, "o", color=colours[key], markersize=4, markeredgecolor="black", markeredgewidth=0.3
        )
        ax.plot([medians[key]] * 2, [place - 0.35, place + 0.35], color="black", linewidth=1.5)
    ax.set_yticks(range(len(order)), [escape(f"{key} (n={len(groups[key])})", "plot") for key in order], fontsize=8)
    ax.set_xlabel(f"ms from command to answer (clock: {', '.join(clocks_of(source)) or 'not said'})")
    ax.set_xlim(left=0)
    title = f"{order[-1]} has the longest median: {medians[order[-1]]:.1f} ms"
    alt = f"Durations of {len(found)} exchanges in {len(order)} groups; {title}."
    return _finish(ax, title, alt)


def byte_map(exchange: Exchange, ax: Axes | None = None, reveal: bool = False, width: int = 16) -> Axes:
    """Every byte of command and answer in a grid, coloured by the data element that it belongs to."""
    views = shown(exchange, reveal)
    sizes = [min(len(view.node.buf), MAX_LINES * width) for view in views]
    ax = _axes(ax, (9, min(1.5 + 0.3 * (sum(sizes) / width + len(views)), 12)))
    row, sides, legend = 0, [], {PLAIN: 0}
    for view, size in zip(views, sizes, strict=True):
        owners = _owners(view)
        sides.append(row + 0.5)
        for at in range(size):
            style = legend.setdefault(owners[at], len(legend))
            _cell(ax, at % width, row + at // width, style, view.hex[2 * at : 2 * at + 2])
        row += (size + width - 1) // width + 1
    ax.set_xlim(0, width)
    ax.set_ylim(max(row - 1, 1), 0)
    ax.set_xticks([])
    ax.set_yticks(sides, [view.side for view in views])
    for spine in ax.spines.values():
        spine.set_visible(False)
    _legend(ax, legend)
    title = f"{name(exchange)}: {sum(sizes)} bytes, {len(legend) - 1} data elements"
    names = ", ".join(list(legend)[1:13])
    return _finish(ax, title, f"Byte map of exchange {exchange.index}, {title}{f': {names}' if names else ''}.")


def _style(number: int) -> tuple[str, str]:
    """Colour and hatch of an element: the first is white and plain, the next 64 differ in one or the other."""
    if number == 0:
        return "#FFFFFF", ""
    place = number - 1
    return _CYCLE[place % 8] + "66", _HATCHES[(place + place // 8) % 8]


def _cell(ax: Axes, x: float, y: float, style: int, digits: str) -> None:
    from matplotlib.patches import Rectangle

    colour, hatch = _style(style)
    ax.add_patch(Rectangle((x, y), 1, 1, linewidth=0.4, facecolor=colour, hatch=hatch, edgecolor="#00000028"))
    ax.text(x + 0.5, y + 0.5, digits, ha="center", va="center", fontsize=7, family="monospace", bbox=_HALO)


def _legend(ax: Axes, legend: dict[str, int]) -> None:
    from matplotlib.patches import Patch

    handles = []
    for label, number in list(legend.items())[:MAX_LEGEND]:
        colour, hatch = _style(number)
        told = escape(cut(label, 36), "plot")
        handles.append(Patch(facecolor=colour, hatch=hatch, edgecolor="#00000060", label=told))
    if len(legend) > MAX_LEGEND:
        handles.append(Patch(facecolor="none", label=f"... {len(legend) - MAX_LEGEND} more"))
    ax.legend(handles=handles, fontsize=6, loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0)


def _owners(view: Shown) -> list[str]:
    """For each byte of a half, the innermost data element with a tag that it belongs to."""
    owners: list[str] = [PLAIN] * len(view.node.buf)
    for _, node in view.node.walk():
        if node.buf is view.node.buf and (node.tag or node.fact.sensitive):
            owners[node.start : node.stop] = [f"{node.tag} {node.name}".strip()] * (node.stop - node.start)
    return owners


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
