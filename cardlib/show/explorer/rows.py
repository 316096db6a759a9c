# SPDX-License-Identifier: MIT
"""Exchanges as columns of numbers: what the list shows of each at once, without decoding anything."""

from __future__ import annotations

from collections.abc import Sequence

from ...apps.application import title_of
from ...core.model import Exchange
from ...road.meaning import name
from ..exchanges import is_unsure
from ..where import failed
from .chunk import Data, Table, plain

NOTHING = -1  # a number that is not there; times are null


def rows_chunk(exchanges: Sequence[Exchange]) -> Data:
    """Number, session, times, status word, names and lengths of exchanges.

    Columns: `i` number, `s` session, `t` start and `d` duration in ns or null, `e` the end in ns, null where start and
    duration say it, `sw`, `n` and `a` places in the tables of names and applications, `lc` and `lr` lengths of the data
    fields, `ch` channel, `u` 1 where what is selected is not known, `x` 1 where the card refused or did not answer.
    """
    names, applications = Table(), Table()
    columns: dict[str, list[int | None]] = {}
    for exchange in exchanges:
        context = exchange.context
        values = {
            "i": exchange.index,
            "s": exchange.session,
            "t": exchange.start_ns,
            "e": _other_end(exchange),
            "d": exchange.duration_ns,
            "sw": _status_word(exchange),
            "n": names.place(plain(name(exchange))),
            "a": applications.place((context.application, plain(title_of(context)))),
            "lc": len(exchange.command.data) if exchange.command else NOTHING,
            "lr": len(exchange.response.data) if exchange.response else NOTHING,
            "ch": context.channel,
            "u": int(is_unsure(exchange)),
            "x": int(failed(exchange)),
        }
        for key, value in values.items():
            columns.setdefault(key, []).append(value)
    return {**columns, "names": names.items, "applications": applications.items}


def _other_end(exchange: Exchange) -> int | None:
    """The end, where it is not the start and the duration together: of a long capture, these are many digits."""
    start, took = exchange.start_ns, exchange.duration_ns
    if start is not None and took is not None and exchange.end_ns == start + took:
        return None
    return exchange.end_ns


def _status_word(exchange: Exchange) -> int:
    response = exchange.response
    if response is None or response.sw is None:
        return NOTHING
    return response.sw
