# SPDX-License-Identifier: MIT
"""How the answering time of payments divides over their phases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...acts import PAYMENT_PHASES, Transaction, transactions
from ...core.errors import CaptureError
from ...core.escape import escape
from ...core.model import record
from ...road.sources import Source
from ..lines import duration
from .style import BESIDE, CYCLE, HALO, HATCHES, axes, clock_names, finish

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PHASES = PAYMENT_PHASES
LEAST_SHARE = 0.07  # of a bar: below that no text fits
MAX_TOLD = 5  # payments in the alternative text
SWATCH: dict[str, Any] = {"handlelength": 3, "handleheight": 1.6}  # wide enough for a hatch


@record
class Shares:
    """A payment, and the answering time of each of its phases in ns."""

    payment: Transaction
    times: dict[str, int]

    @property
    def title(self) -> str:
        return f"{self.payment.index} {self.payment.name}"

    @property
    def total(self) -> int:
        return sum(self.times.values())

    @property
    def longest(self) -> tuple[int, str]:
        """The time and the name of the phase that took longest."""
        return max((ns, phase) for phase, ns in self.times.items())


def phase_shares(source: Source, ax: Axes | None = None) -> Axes:
    """How the answering time of each payment divides over its phases: a stacked bar a payment."""
    shares = [_shares(payment) for payment in transactions(source)]
    shares = [row for row in shares if row.total]
    if not shares:
        raise CaptureError("no payment with times in this capture")
    ax = axes(ax, (9, 1.9 + 0.55 * len(shares)))
    for place, row in enumerate(shares):
        _draw_bar(ax, place, row)
    labels = [escape(row.title, "plot") for row in shares]
    ax.set_yticks(range(len(shares)), labels, fontsize=8)
    ax.set_ylim(len(shares) - 0.4, -0.6)
    ax.set_xlabel(f"ms of answering (clock: {clock_names(source)})")
    _draw_legend(ax)
    return _finish(ax, shares)


def _shares(payment: Transaction) -> Shares:
    times = {}
    for phase in payment.phases:
        times[phase.name] = sum(exchange.duration_ns or 0 for exchange in phase.exchanges)
    return Shares(payment, times)


def _draw_bar(ax: Axes, place: int, row: Shares) -> None:
    """The phases of a payment, one behind the other; the long ones with their share."""
    start = 0.0
    for phase, ns in row.times.items():
        if not ns:
            continue
        number = PHASES.index(phase)
        ax.barh(
            place,
            ns / 1e6,
            left=start,
            height=0.7,
            label=phase,
            color=CYCLE[number % 8],
            hatch=HATCHES[number % 7],  # with 8 colours: 56 phases that differ
            edgecolor="white",
        )
        if ns > LEAST_SHARE * row.total:
            share = f"{100 * ns / row.total:.0f} %"
            middle = start + ns / 2e6
            ax.text(middle, place, share, ha="center", va="center", fontsize=8, bbox=HALO)
        start += ns / 1e6


def _draw_legend(ax: Axes) -> None:
    """Each phase once, in the order in which they were drawn first."""
    handles, labels = ax.get_legend_handles_labels()
    handle_of = dict(zip(labels, handles, strict=True))
    ax.legend(handle_of.values(), handle_of, fontsize=7, **BESIDE, **SWATCH)


def _finish(ax: Axes, shares: Sequence[Shares]) -> Axes:
    fractions = [(ns / row.total, phase) for row in shares for phase, ns in row.times.items()]
    fraction, phase = max(fractions)
    title = f"{phase.capitalize()} takes {100 * fraction:.0f} % of answering"
    payments = []
    for row in shares[:MAX_TOLD]:
        payments.append(f"{row.title}: {duration(row.total)}, most of it {row.longest[1]}")
    alt = f"Answering time by phase, {len(shares)} in all. {'; '.join(payments)}. {title}."
    return finish(ax, title, alt)
