# SPDX-License-Identifier: MIT
"""Exchanges, data elements, times and findings as pandas tables, masked unless revealed.

Hex and status words are strings, times nullable Int64 nanoseconds. A path is streamed, everything else iterated.
Text is escaped so that a notebook may show a table and a spreadsheet may open its CSV.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..core.dictionary import status_text
from ..core.escape import escape
from ..core.model import Capture, Difference, Evidence, Exchange, Finding, Session
from ..road.pipeline import name, stream
from ..share.masking import revealed, shown

if TYPE_CHECKING:
    import pandas as pd

Source = Capture | Session | Iterable[Exchange] | str | os.PathLike[str]
Where = Callable[[Exchange], bool]
KEYS = ("file", "session", "exchange")
EXCHANGES = (
    *KEYS,
    *(
        "channel",
        "application",
        "command_name",
        "cla",
        "ins",
        "p1",
        "p2",
        "lc",
        "le",
        "command",
        "response",
    ),
    *("sw", "sw_text", "start_ns", "end_ns", "duration_ns", "clock", "problem"),
)
ELEMENTS = (*KEYS, "side", "path", "tag", "name", "value_hex", "text", "start", "end", "ref")
TIMINGS = (*KEYS, "command_name", "start_ns", "end_ns", "duration_ns", "gap_ns", "clock")
_SPOTS = tuple(
    f"{side}_{end}" for side in ("first", "second") for end in ("exchange", "side", "start", "end")
)
DIFFERENCES = ("kind", "where", "element", "first", "second", *_SPOTS)
FINDINGS = (
    "file",
    "exchange",
    "rule",
    "severity",
    "verdict",
    "title",
    "detail",
    "side",
    "start",
    "end",
    "source",
)
_TEXTS = frozenset(
    (
        "file",
        "command_name",
        "name",
        "path",
        "text",
        "sw_text",
        "problem",
        "title",
        "detail",
        *DIFFERENCES[1:5],
    )
)
_NUMBERS = frozenset(
    (
        "session",
        "exchange",
        "channel",
        "lc",
        "le",
        "start_ns",
        "end_ns",
        "duration_ns",
        "gap_ns",
        "start",
        "end",
    )
) | {spot for spot in _SPOTS if not spot.endswith("side")}


def exchanges(
    source: Source, limit: int | None = None, where: Where | None = None, reveal: bool | None = None
) -> pd.DataFrame:
    """One row an exchange; `where` chooses exchanges, `limit` stops early."""
    shows = revealed(source, reveal)
    return _table((_exchange(*item, shows) for item in _items(source, limit, where)), EXCHANGES)


def elements(
    source: Source, limit: int | None = None, where: Where | None = None, reveal: bool | None = None
) -> pd.DataFrame:
    """One row a data element, with its path ("6F/A5/9F38") and its bytes in the half that it stands in."""
    shows = revealed(source, reveal)
    rows = (row for item in _items(source, limit, where) for row in _elements(*item, shows))
    return _table(rows, ELEMENTS)


def timings(source: Source, limit: int | None = None, where: Where | None = None) -> pd.DataFrame:
    """One row an exchange: how long the answer took, and the gap since the end of the exchange before."""
    return _table(_timings(_items(source, limit, where)), TIMINGS)


def findings(found: Iterable[Finding]) -> pd.DataFrame:
    """One row a piece of evidence; a finding without evidence has one row too."""
    return _table(_findings(found), FINDINGS)


def differences(found: Iterable[Difference]) -> pd.DataFrame:
    """One row a difference of a comparison, with the exchange and the bytes of either side."""
    rows = ((d.kind, d.where, d.element, d.a, d.b, *_spot(d.in_a), *_spot(d.in_b)) for d in found)
    return _table(rows, DIFFERENCES)


def _spot(e: Evidence | None) -> tuple[Any, ...]:
    return (e.exchange, e.side, e.start, e.stop) if e else (None,) * 4


def _items(
    source: Source, limit: int | None, where: Where | None
) -> Iterator[tuple[str, str, Exchange]]:
    """(file, clock, exchange) of those that are wanted."""
    wanted = ((file, clock, e) for file, clock, e in _all(source) if where is None or where(e))
    return itertools.islice(wanted, limit)


def _all(source: Source) -> Iterator[tuple[str, str, Exchange]]:
    if isinstance(source, str | os.PathLike):
        clock = "none"
        for item in stream(source):
            if isinstance(item, Exchange):
                yield str(source), clock, item
            elif isinstance(item, Session):
                clock = item.clock
    elif isinstance(source, Capture | Session):
        file, sessions = (
            (source.path, source.sessions) if isinstance(source, Capture) else ("", (source,))
        )
        yield from (
            (file, session.clock, exchange)
            for session in sessions
            for exchange in session.exchanges
        )
    else:
        yield from (("", "none", exchange) for exchange in source)


def _exchange(file: str, clock: str, e: Exchange, reveal: bool) -> tuple[Any, ...]:
    told = {view.side: view.hex for view in shown(e, reveal)}
    c, r = e.command, e.response
    header = [f"{value:02X}" for value in (c.cla, c.ins, c.p1, c.p2)] if c else [None] * 4
    sw = r.sw if r else None
    status = (None, None) if sw is None else (f"{sw:04X}", status_text(sw, c.ins if c else None)[0])
    problem = "; ".join(half.error for half in (c, r) if half and half.error)
    return (
        *(file, e.session, e.index, e.context.channel, e.context.application, name(e), *header),
        *(
            len(c.data) if c else None,
            c.le if c else None,
            told.get("command"),
            told.get("response"),
        ),
        *(*status, e.start_ns, e.end_ns, e.duration_ns, clock, problem),
    )


def _elements(file: str, clock: str, exchange: Exchange, reveal: bool) -> Iterator[tuple[Any, ...]]:
    for view in shown(exchange, reveal):
        for path, node in view.node.walk():
            if node.tag:
                yield (
                    *(file, exchange.session, exchange.index, view.side, path, node.tag, node.name),
                    *(view.value_hex_of(node), view.text_of(node), node.start, node.stop, node.ref),
                )


def _timings(items: Iterable[tuple[str, str, Exchange]]) -> Iterator[tuple[Any, ...]]:
    last: Exchange | None = None
    for file, clock, e in items:
        known = (
            last is not None
            and last.session == e.session
            and last.end_ns is not None
            and e.start_ns is not None
        )
        gap = e.start_ns - last.end_ns if known and last else None  # type: ignore[operator]
        yield file, e.session, e.index, name(e), e.start_ns, e.end_ns, e.duration_ns, gap, clock
        last = e


def _findings(found: Iterable[Finding]) -> Iterator[tuple[Any, ...]]:
    for f in found:
        told = (f.rule, f.severity, f.verdict, f.title, f.detail)
        for e in f.evidence:
            yield e.file, e.exchange, *told, e.side, e.start, e.stop, f.source
        if not f.evidence:
            yield "", None, *told, None, None, None, f.source


def _table(rows: Iterable[tuple[Any, ...]], columns: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    data = list(zip(*rows, strict=True)) or [()] * len(columns)
    series = {}
    for column, values in zip(columns, data, strict=True):
        safe = map(_cell, values) if column in _TEXTS else values
        series[column] = pd.Series(list(safe), dtype="Int64" if column in _NUMBERS else "string")
    return pd.DataFrame(series)


@lru_cache(maxsize=4096)
def _cell(text: str | None) -> str | None:
    return text and escape(text, "cell")
