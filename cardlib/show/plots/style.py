# SPDX-License-Identifier: MIT
"""What all pictures share: axes, titles, the colours of Okabe and Ito, and for every colour a hatch too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...apps import iso7816
from ...core.escape import escape
from ...core.model import Exchange
from ...measure.timing import clocks_of
from ...road.sources import Source

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Instructions of payments (EMV Book 3, 6.5; Book C-2): a colour each, wherever they are used
GET_PROCESSING_OPTIONS, GENERATE_AC, EXCHANGE_RELAY = 0xA8, 0xAE, 0xEA
# By class of command: colour, hatch.
STYLES: dict[str, tuple[str, str]] = {
    "selection": ("#0072B2", ""),
    "reading": ("#56B4E9", "//"),
    "verification": ("#E69F00", "xx"),
    "cryptography": ("#D55E00", ".."),
    "other": ("#999999", "--"),
}
CLASSES = {
    "selection": (iso7816.SELECT, iso7816.MANAGE_CHANNEL, GET_PROCESSING_OPTIONS),
    "reading": (0xB0, 0xB1, 0xB2, 0xB3, 0xCA, 0xCB, 0xC0),
    "verification": (0x20, 0x21, 0x24, 0x2C),
    "cryptography": (0x2A, *iso7816.CHALLENGES, GENERATE_AC, EXCHANGE_RELAY),
}
CLASS_OF_INS: dict[int | None, str] = {
    ins: kind for kind, codes in CLASSES.items() for ins in codes
}
CYCLE = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#999999")
HATCHES = ("", "//", "..", "xx", "\\\\", "--", "oo", "++")
HALO = {"boxstyle": "square,pad=0.1", "facecolor": "#FFFFFFB0", "edgecolor": "none"}
BESIDE: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.01, 1), "borderaxespad": 0}


def kind_of(exchange: Exchange) -> str:
    """The class of a command, by which pictures colour it."""
    ins = exchange.command.ins if exchange.command else None
    return CLASS_OF_INS.get(ins, "other")


def axes(ax: Axes | None, size: tuple[float, float] = (8, 4)) -> Axes:
    """The Axes to draw in: those of the caller, or new ones of this size in inches."""
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    return plt.figure(figsize=size, dpi=80, layout="constrained").subplots()


def finish(ax: Axes, title: str, alt: str) -> Axes:
    """The Axes with their title, and with the sentence for those who do not see the picture."""
    ax.set_title(escape(title, "plot"))
    ax.set_gid(alt)
    return ax


def clock_names(*sources: Source) -> str:
    """The clocks of captures, for the label of an axis."""
    clocks = [clock for source in sources for clock in clocks_of(source)]
    return ", ".join(clocks) or "not said"
