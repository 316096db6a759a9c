# SPDX-License-Identifier: MIT
"""The rows that one capture gives to each table, masked as for others unless all is revealed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from typing import Any

from ..acts import Act, acts
from ..core.escape import escape
from ..core.model import Capture, Exchange, Finding, Problem
from ..core.quoting import STAR
from ..road.meaning import views
from ..rules import RULES, check
from ..share.masking import handing_on
from ..share.veil import Veil
from ..show.tables import (
    ELEMENTS,
    EXCHANGES,
    FINDINGS,
    TEXTS,
    cell,
    element_rows,
    exchange_row,
    finding_rows,
)

Row = tuple[Any, ...]
Rows = dict[str, list[Row]]

# Each table with its columns; the bytes of a half or a value stand in the first of two columns if none is hidden, else
# their hex stands in the second, with an asterisk for each hidden digit.
_BYTES = {"command": "command_shown", "response": "response_shown", "value_hex": "value_shown"}
_NAMES = {"value_hex": "value"}


def _columns(names: Iterable[str]) -> tuple[str, ...]:
    """The columns of a table of pandas as a dataset has them."""
    columns = []
    for name in names:
        columns.append(_NAMES.get(name, name))
        if name in _BYTES:
            columns.append(_BYTES[name])
    return tuple(columns)


ACTS = (
    *("file", "session", "act", "kind", "application", "title", "subject", "headline", "outcome"),
    *("first_exchange", "last_exchange", "exchanges", "start_ns", "end_ns"),
)
PROBLEMS = ("file", "kind", "detail", "unit", "start", "end", "gap")
COLUMNS: dict[str, tuple[str, ...]] = {
    "exchanges": _columns(EXCHANGES),
    "elements": _columns(ELEMENTS),
    "acts": ACTS,
    "findings": (*FINDINGS, "count"),
    "problems": PROBLEMS,
}


def rows_of(capture: Capture, name: str, reveal: bool = False) -> Rows:
    """The rows of one capture, by table; `name` is what the dataset calls its file."""
    closing = nullcontext() if reveal else handing_on()
    with views(), closing:
        veil = Veil(capture.exchanges, reveal)
        file = cell(veil.over(name))
        found = check(capture, RULES)
        return {
            "exchanges": [_exchange_row(item, file, reveal) for item in _timed(capture)],
            "elements": [row for item in _timed(capture) for row in _elements(item, file, reveal)],
            "acts": [_act_row(act, file, veil) for act in acts(capture)],
            "findings": [row for finding in found for row in _findings(finding, file)],
            "problems": [_problem_row(problem, file, veil) for problem in capture.problems],
        }


def _timed(capture: Capture) -> Iterator[tuple[str, Exchange]]:
    for session in capture.sessions:
        for exchange in session.exchanges:
            yield session.clock, exchange


def _exchange_row(item: tuple[str, Exchange], file: str | None, reveal: bool) -> Row:
    clock, exchange = item
    row = exchange_row(("", clock, exchange), reveal)
    return (file, *_opened(row, EXCHANGES)[1:])


def _elements(item: tuple[str, Exchange], file: str | None, reveal: bool) -> Iterator[Row]:
    clock, exchange = item
    for row in element_rows(("", clock, exchange), reveal):
        yield (file, *_opened(row, ELEMENTS)[1:])


def _opened(row: Row, names: tuple[str, ...]) -> list[Any]:
    """The cells of a row; hex becomes bytes, text is made harmless."""
    cells: list[Any] = []
    for name, value in zip(names, row, strict=True):
        if name in _BYTES:
            cells.extend(_bytes_or_shown(value))
        elif name in TEXTS:
            cells.append(cell(value))
        else:
            cells.append(value)
    return cells


def _bytes_or_shown(text: str | None) -> tuple[bytes | None, str | None]:
    if text is None:
        return None, None
    if STAR in text:
        return None, text
    return bytes.fromhex(text), None


def _act_row(act: Act, file: str | None, veil: Veil) -> Row:
    texts = (act.title, act.subject, act.headline)
    first = last = start_ns = end_ns = None
    if act.exchanges:
        first, last = act.exchanges[0].index, act.exchanges[-1].index
        start_ns, end_ns = act.exchanges[0].start_ns, act.exchanges[-1].end_ns
    return (
        file,
        act.session,
        act.index,
        act.kind,
        act.application,
        *(cell(veil.over(text)) for text in texts),
        act.outcome,
        first,
        last,
        len(act.exchanges),
        start_ns,
        end_ns,
    )


def _findings(finding: Finding, file: str | None) -> Iterator[Row]:
    """The rows of a finding that says something of the capture."""
    if finding.verdict == "not-applicable":
        return
    for row in finding_rows(finding):
        cells = zip(FINDINGS, row, strict=True)
        texts = [cell(value) if name in TEXTS else value for name, value in cells]
        yield (file, *texts[1:], finding.count)


def _problem_row(problem: Problem, file: str | None, veil: Veil) -> Row:
    text = escape(veil.problem(problem), "cell")
    return (file, problem.kind, text, problem.unit, problem.start, problem.stop, problem.gap)
