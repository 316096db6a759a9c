# SPDX-License-Identifier: MIT
"""A picture of bytes: every byte of an exchange in a grid, with the data element that it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.escape import cut, escape
from ...core.model import Exchange
from ...road.meaning import name
from ...share.masking import Shown, shown
from ..trees import node_title
from .style import CYCLE, HALO, HATCHES, axes, finish

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_LINES = 64  # of a half
MAX_LABEL = 34
COLUMNS = 3  # of names beside a row of bytes
IN_COLUMN = 2
COLUMN_WIDTH = 11.0  # in bytes
PLAIN = "header, length, status, other bytes"
GRID = "#00000028"


def byte_map(
    exchange: Exchange, ax: Axes | None = None, reveal: bool = False, width: int = 16
) -> Axes:
    """Every byte of command and answer in a grid, coloured by the data element that it belongs to."""
    views = shown(exchange, reveal)
    sizes = [min(len(view.node.buf), MAX_LINES * width) for view in views]
    rows = sum(sizes) / width + len(views)
    ax = axes(ax, (12, min(1.0 + 0.3 * rows, 12)))
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
        for line, names in _beginning(owners[:size], width).items():
            _draw_names(ax, width, row + line, {name: styles[name] for name in names})
        row += (size + width - 1) // width + 1
    ax.set_xlim(0, width + COLUMNS * COLUMN_WIDTH)
    ax.set_ylim(max(row - 1, 1), 0)
    ax.set_xticks([])
    ax.set_yticks(sides, [view.side for view in views])
    for spine in ax.spines.values():
        spine.set_visible(False)
    _, *elements = styles
    title = f"{name(exchange)}: {sum(sizes)} bytes, {len(elements)} data elements"
    alt = f"Byte map of exchange {exchange.index}, {title}"
    if elements:
        alt += f": {', '.join(elements)}"
    return finish(ax, title, f"{alt}.")


def _style(number: int) -> tuple[str, str]:
    """Colour and hatch of an element: the first is white and plain, the next 64 differ in one or the other."""
    if number == 0:
        return "#FFFFFF", ""
    place = number - 1
    return CYCLE[place % 8] + "66", HATCHES[(place + 3 * (place // 8)) % 8]


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


def _beginning(owners: list[str], width: int) -> dict[int, list[str]]:
    """The data elements that begin in each row of bytes, in their order."""
    rows: dict[int, list[str]] = {}
    before = PLAIN
    for place, owner in enumerate(owners):
        if owner not in (before, PLAIN):
            rows.setdefault(place // width, []).append(owner)
        before = owner
    return rows


def _draw_names(ax: Axes, left: float, row: int, styles: dict[str, int]) -> None:
    """The names of the data elements that begin in a row, beside it, each with its colour."""
    names = list(styles.items())
    room = COLUMNS * IN_COLUMN
    if len(names) > room:
        names = [*names[: room - 1], (f"... {len(names) - room + 1} more", 0)]
    for place, (element, style) in enumerate(names):
        column, line = divmod(place, IN_COLUMN)
        x = left + 0.4 + column * COLUMN_WIDTH
        y = row + (line + 0.5) / IN_COLUMN
        _draw_swatch(ax, x, y, style)
        label = escape(cut(element, MAX_LABEL), "plot")
        ax.text(x + 0.7, y, label, ha="left", va="center", fontsize=7)


def _draw_swatch(ax: Axes, x: float, y: float, style: int) -> None:
    from matplotlib.patches import Rectangle

    colour, hatch = _style(style)
    size = 0.8 / IN_COLUMN
    ax.add_patch(
        Rectangle(
            (x, y - size / 2),
            0.5,
            size,
            linewidth=0.4,
            facecolor=colour,
            hatch=hatch,
            edgecolor="#00000060",
        )
    )


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
