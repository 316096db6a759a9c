# SPDX-License-Identifier: MIT
"""Exchanges, data elements, times and findings as pandas tables, masked unless revealed.

Hex and status words are strings, times nullable Int64 nanoseconds. A path is streamed, everything
else iterated. Text is escaped so that a notebook may show a table and a spreadsheet may open its
CSV.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..core.escape import escape
from ..core.model import Capture, Command, Difference, Evidence, Exchange, Finding, Session
from ..road import sources
from ..road.meaning import name, status, with_views
from ..road.pipeline import stream
from ..road.sources import exchanges_of, path_of, sessions_of
from ..share.masking import shown
from ..share.ours import revealed
from .where import all_exchanges, filter_of, learn

if TYPE_CHECKING:
    import pandas as pd

    from ..acts.algorithms import Algorithm

Source = sources.Source | sources.File
Where = str | Callable[[Exchange], bool]
Row = tuple[Any, ...]
# File and clock of an exchange, and the exchange.
Item = tuple[str, str, Exchange]


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


KEYS = _names("file session exchange")
EXCHANGES = (
    *KEYS,
    *_names("channel application command_name cla ins p1 p2 lc le command response"),
    *_names("sw sw_text start_ns end_ns duration_ns clock problem"),
)
ELEMENTS = (*KEYS, *_names("side path tag name value_hex text start end ref checked"))
TIMINGS = (*KEYS, *_names("command_name start_ns end_ns duration_ns gap_ns clock"))
_SPOTS = (
    *_names("first_exchange first_side first_start first_end"),
    *_names("second_exchange second_side second_start second_end"),
)
DIFFERENCES = (*_names("kind where element first second"), *_SPOTS)
FINDINGS = (
    *_names("file exchange rule severity verdict title detail"),
    *_names("side start end source"),
)
ALGORITHMS = (
    *KEYS,
    *_names("purpose how algorithm bits strength nist bsi quantum count"),
    *_names("side start end ref"),
)
# Columns with text of a stranger, which is escaped.
TEXTS = {
    *_names("file command_name name path text sw_text problem title detail"),
    *_names("where element first second"),
}
_NUMBERS = {
    *_names("session exchange channel lc le start_ns end_ns duration_ns gap_ns start end"),
    *_names("first_exchange first_start first_end second_exchange second_start second_end"),
    *_names("bits strength count"),
}


@with_views
def exchanges(
    source: Source,
    limit: int | None = None,
    where: Where | None = None,
    reveal: bool | None = None,
) -> pd.DataFrame:
    """One row an exchange; `where` chooses them ("took > 50ms", docs/filter.md, or a function), `limit` stops early."""
    shows = revealed(source, reveal)
    rows = (exchange_row(item, shows) for item in _items(source, limit, where, shows))
    return _table(rows, EXCHANGES)


@with_views
def elements(
    source: Source,
    limit: int | None = None,
    where: Where | None = None,
    reveal: bool | None = None,
) -> pd.DataFrame:
    """One row a data element, with its path ("6F/A5/9F38") and its bytes in its half."""
    shows = revealed(source, reveal)
    items = _items(source, limit, where, shows)
    rows = (row for item in items for row in element_rows(item, shows))
    return _table(rows, ELEMENTS)


@with_views
def timings(
    source: Source,
    limit: int | None = None,
    where: Where | None = None,
) -> pd.DataFrame:
    """One row an exchange: how long the answer took, and the gap since the exchange before."""
    chooses = _chooses(source, where, revealed(source, None))
    rows = itertools.islice(_timing_rows(_all(source), chooses), limit)
    return _table(rows, TIMINGS)


def findings(found: Iterable[Finding]) -> pd.DataFrame:
    """One row a piece of evidence; a finding without evidence has one row too."""
    rows = (row for finding in found for row in finding_rows(finding))
    return _table(rows, FINDINGS)


def differences(found: Iterable[Difference]) -> pd.DataFrame:
    """One row a difference of a comparison, with the exchange and the bytes of either side."""
    return _table(map(_difference_row, found), DIFFERENCES)


def algorithm_rows(found: Iterable[Algorithm], file: str = "") -> pd.DataFrame:
    """One row an algorithm, its length and purpose in a session, with what it is worth."""
    return _table((_algorithm_row(row, file) for row in found), ALGORITHMS)


def _algorithm_row(row: Algorithm, file: str) -> Row:
    use, worth, place = row.use, row.worth, row.use.evidence
    quantum = None if worth.quantum is None else str(worth.quantum).lower()
    return (
        file,
        row.session,
        place.exchange,
        use.purpose,
        use.how,
        use.algorithm,
        use.bits,
        worth.strength,
        worth.nist,
        worth.bsi,
        quantum,
        row.count,
        place.side,
        place.start,
        place.stop,
        worth.ref,
    )


def _difference_row(difference: Difference) -> Row:
    return (
        difference.kind,
        difference.where,
        difference.element,
        difference.a,
        difference.b,
        *_spot(difference.in_a),
        *_spot(difference.in_b),
    )


def _spot(evidence: Evidence | None) -> Row:
    if evidence is None:
        return (None, None, None, None)
    return (evidence.exchange, evidence.side, evidence.start, evidence.stop)


def _items(source: Source, limit: int | None, where: Where | None, shows: bool) -> Iterator[Item]:
    """The exchanges that are asked for, each with its file and clock."""
    items = _chosen(_all(source), _chooses(source, where, shows), shows)
    return itertools.islice(items, limit)


def _chooses(source: Source, where: Where | None, shows: bool) -> Callable[[Exchange], bool]:
    """The function that says whether an exchange is asked for."""
    if where is None:
        return all_exchanges
    if isinstance(where, str):
        return filter_of(source, where, shows).matches
    return where


def _chosen(
    items: Iterable[Item], chooses: Callable[[Exchange], bool], shows: bool
) -> Iterator[Item]:
    for item in items:
        if not shows:
            learn(item[2])
        if chooses(item[2]):
            yield item


def _all(source: Source) -> Iterator[Item]:
    if isinstance(source, str | os.PathLike):
        yield from _streamed(source)
    elif isinstance(source, Capture | Session):
        for session in sessions_of(source):
            for exchange in session.exchanges:
                yield path_of(source), session.clock, exchange
    else:
        for exchange in exchanges_of(source):
            yield "", "none", exchange


def _streamed(path: str | os.PathLike[str]) -> Iterator[Item]:
    clock = "none"
    for item in stream(path):
        if isinstance(item, Exchange):
            yield str(path), clock, item
        elif isinstance(item, Session):
            clock = item.clock


def exchange_row(item: Item, reveal: bool) -> Row:
    file, clock, exchange = item
    hex_of = {view.side: view.hex for view in shown(exchange, reveal)}
    halves = (exchange.command, exchange.response)
    errors = [half.error for half in halves if half and half.error]
    return (
        file,
        exchange.session,
        exchange.index,
        exchange.context.channel,
        exchange.context.application,
        name(exchange),
        *_header(exchange.command),
        hex_of.get("command"),
        hex_of.get("response"),
        *_status(exchange),
        exchange.start_ns,
        exchange.end_ns,
        exchange.duration_ns,
        clock,
        "; ".join(errors),
    )


def _header(command: Command | None) -> Row:
    """CLA, INS, P1 and P2 in hex, then Lc and Le."""
    if command is None:
        return (None, None, None, None, None, None)
    if command.protocol != "apdu":  # it has no such fields
        return (None, None, None, None, len(command.data), None)
    header = (command.cla, command.ins, command.p1, command.p2)
    return (*(f"{value:02X}" for value in header), len(command.data), command.le)


def _status(exchange: Exchange) -> Row:
    """The status word in hex, and what it means."""
    if exchange.response is None or exchange.response.sw is None:
        return (None, None)
    meaning, _ = status(exchange)
    return (f"{exchange.response.sw:04X}", meaning)


def element_rows(item: Item, reveal: bool) -> Iterator[Row]:
    file, _, exchange = item
    for view in shown(exchange, reveal):
        for path, node in view.node.walk():
            if node.tag:
                yield (
                    file,
                    exchange.session,
                    exchange.index,
                    view.side,
                    view.remark(path),
                    node.tag,
                    node.name,
                    view.value_hex_of(node),
                    view.text_of(node),
                    node.start,
                    node.stop,
                    node.ref,
                    node.fact.checked if node.ref else "",
                )


def _timing_rows(items: Iterable[Item], chooses: Callable[[Exchange], bool]) -> Iterator[Row]:
    """A row for each exchange that is asked for; the gap is that since the exchange before, asked for or not."""
    previous: Exchange | None = None
    for file, clock, exchange in items:
        if chooses(exchange):
            yield (
                file,
                exchange.session,
                exchange.index,
                name(exchange),
                exchange.start_ns,
                exchange.end_ns,
                exchange.duration_ns,
                _gap(previous, exchange),
                clock,
            )
        previous = exchange


def _gap(previous: Exchange | None, exchange: Exchange) -> int | None:
    """The time between two exchanges of a session, where both its ends are known."""
    if previous is None or previous.session != exchange.session:
        return None
    if previous.end_ns is None or exchange.start_ns is None:
        return None
    return exchange.start_ns - previous.end_ns


def finding_rows(finding: Finding) -> Iterator[Row]:
    judgement = (
        finding.rule,
        finding.severity,
        finding.verdict,
        finding.title,
        finding.detail,
    )
    if not finding.evidence:
        yield "", None, *judgement, None, None, None, finding.source
    for evidence in finding.evidence:
        place = (evidence.side, evidence.start, evidence.stop)
        yield evidence.file, evidence.exchange, *judgement, *place, finding.source


def _table(rows: Iterable[Row], columns: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    by_column = list(zip(*rows, strict=True))
    if not by_column:
        by_column = [()] * len(columns)
    series = {}
    for column, cells in zip(columns, by_column, strict=True):
        values = list(cells)
        if column in TEXTS:
            values = [cell(text) for text in cells]
        dtype = "Int64" if column in _NUMBERS else "string"
        series[column] = pd.Series(values, dtype=dtype)
    return pd.DataFrame(series)


def nullable(table: Any) -> pd.DataFrame:
    """A table of pyarrow for pandas, in which a number that is missing stays missing and the others whole."""
    import pandas as pd

    types = {"int32": pd.Int32Dtype(), "int64": pd.Int64Dtype()}
    frame: pd.DataFrame = table.to_pandas(types_mapper=lambda kind: types.get(str(kind)))
    return frame


@lru_cache(maxsize=4096)
def cell(text: str | None) -> str | None:
    if not text:
        return text
    return escape(text, "cell")
