# SPDX-License-Identifier: MIT
"""A picture of bytes: every byte of an exchange in a grid, with the data element that it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.escape import cut, escape
from ...core.model import Exchange
from ...road.meaning import name
from ...share.masking import Shown, shown
from ..trees import node_title
from .style import BESIDE, CYCLE, HALO, HATCHES, axes, finish

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_LINES = 64  # of a half
MAX_LEGEND = 20
MAX_NAMES = 12  # in the alternative text
MAX_LABEL = 36
PLAIN = "header, length, status, other bytes"
GRID = "#00000028"


def byte_map(
    exchange: Exchange, ax: Axes | None = None, reveal: bool = False, width: int = 16
) -> Axes:
    """Every byte of command and answer in a grid, coloured by the data element that it belongs to."""
    views = shown(exchange, reveal)
    sizes = [min(len(view.node.buf), MAX_LINES * width) for view in views]
    rows = sum(sizes) / width + len(views)
    ax = axes(ax, (9, min(1.5 + 0.3 * rows, 12)))
    row = 0
    sides: list[float] = []
    styles = {PLAIN: 0}  # by data element, in the order of the bytes
    for view, size in zip(views, sizes, strict=True):
        owners = [view.remark(owner) for owner in _owners(view)]
        sides.append(row + 0.5)
        for place in range(size):
            style = styles.setdefault(owners[place], len(styles))
            digits = view.hex[2 * place : 2 * place + 2]
            _draw_cell(ax, place % width, row + place // width, style, digits)
        row += (size + width - 1) // width + 1
    ax.set_xlim(0, width)
    ax.set_ylim(max(row - 1, 1), 0)
    ax.set_xticks([])
    ax.set_yticks(sides, [view.side for view in views])
    for spine in ax.spines.values():
        spine.set_visible(False)
    _draw_legend(ax, styles)
    _, *elements = styles
    title = f"{name(exchange)}: {sum(sizes)} bytes, {len(elements)} data elements"
    alt = f"Byte map of exchange {exchange.index}, {title}"
    if elements:
        alt += f": {', '.join(elements[:MAX_NAMES])}"
    return finish(ax, title, f"{alt}.")


def _style(number: int) -> tuple[str, str]:
    """Colour and hatch of an element: the first is white and plain, the next 64 differ in one or the other."""
    if number == 0:
        return "#FFFFFF", ""
    place = number - 1
    return CYCLE[place % 8] + "66", HATCHES[(place + place // 8) % 8]


def _draw_cell(ax: Axes, x: int, y: int, style: int, digits: str) -> None:
    from matplotlib.patches import Rectangle

    colour, hatch = _style(style)
    cell = Rectangle((x, y), 1, 1, linewidth=0.4, facecolor=colour, hatch=hatch, edgecolor=GRID)
    ax.add_patch(cell)
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


def _draw_legend(ax: Axes, styles: dict[str, int]) -> None:
    from matplotlib.patches import Patch

    handles = []
    for element, style in list(styles.items())[:MAX_LEGEND]:
        colour, hatch = _style(style)
        label = escape(cut(element, MAX_LABEL), "plot")
        handles.append(Patch(facecolor=colour, hatch=hatch, edgecolor="#00000060", label=label))
    left = len(styles) - MAX_LEGEND
    if left > 0:
        handles.append(Patch(facecolor="none", label=f"... {left} more"))
    ax.legend(handles=handles, fontsize=6, **BESIDE)


def _owners(view: Shown) -> list[str]:
    """For each byte of a half, the innermost data element with a tag that it belongs to."""
    owners = [PLAIN] * len(view.node.buf)
    for _, node in view.node.walk():
        is_on_the_wire = node.buf is view.node.buf
        if is_on_the_wire and (node.tag or node.fact.sensitive):
            title = node_title(node)
            for place in range(node.start, node.stop):
                owners[place] = title
    return owners
