# SPDX-License-Identifier: MIT
"""A picture of bytes: every byte of an exchange in a grid, with the data element that it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.escape import cut, escape
from ...core.model import Exchange
from ...road.pipeline import name
from ...share.masking import Shown, shown
from . import CYCLE, HALO, HATCHES, axes, finish

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_LINES, MAX_LEGEND = 64, 20
PLAIN = "header, length, status, other bytes"


def byte_map(
    exchange: Exchange, ax: Axes | None = None, reveal: bool = False, width: int = 16
) -> Axes:
    """Every byte of command and answer in a grid, coloured by the data element that it belongs to."""
    views = shown(exchange, reveal)
    sizes = [min(len(view.node.buf), MAX_LINES * width) for view in views]
    ax = axes(ax, (9, min(1.5 + 0.3 * (sum(sizes) / width + len(views)), 12)))
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
    return finish(
        ax, title, f"Byte map of exchange {exchange.index}, {title}{f': {names}' if names else ''}."
    )


def _style(number: int) -> tuple[str, str]:
    """Colour and hatch of an element: the first is white and plain, the next 64 differ in one or the other."""
    if number == 0:
        return "#FFFFFF", ""
    place = number - 1
    return CYCLE[place % 8] + "66", HATCHES[(place + place // 8) % 8]


def _cell(ax: Axes, x: float, y: float, style: int, digits: str) -> None:
    from matplotlib.patches import Rectangle

    colour, hatch = _style(style)
    ax.add_patch(
        Rectangle((x, y), 1, 1, linewidth=0.4, facecolor=colour, hatch=hatch, edgecolor="#00000028")
    )
    ax.text(
        x + 0.5,
        y + 0.5,
        digits,
        ha="center",
        va="center",
        fontsize=7,
        family="monospace",
        bbox=HALO,
    )


def _legend(ax: Axes, legend: dict[str, int]) -> None:
    from matplotlib.patches import Patch

    handles = []
    for label, number in list(legend.items())[:MAX_LEGEND]:
        colour, hatch = _style(number)
        told = escape(cut(label, 36), "plot")
        handles.append(Patch(facecolor=colour, hatch=hatch, edgecolor="#00000060", label=told))
    if len(legend) > MAX_LEGEND:
        handles.append(Patch(facecolor="none", label=f"... {len(legend) - MAX_LEGEND} more"))
    ax.legend(
        handles=handles, fontsize=6, loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0
    )


def _owners(view: Shown) -> list[str]:
    """For each byte of a half, the innermost data element with a tag that it belongs to."""
    owners: list[str] = [PLAIN] * len(view.node.buf)
    for _, node in view.node.walk():
        if node.buf is view.node.buf and (node.tag or node.fact.sensitive):
            owners[node.start : node.stop] = [f"{node.tag} {node.name}".strip()] * (
                node.stop - node.start
            )
    return owners
