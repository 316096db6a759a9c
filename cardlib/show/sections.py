# SPDX-License-Identifier: MIT
"""The sections of a page about one capture: payments, times, pictures, and what was not understood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ..acts import acts, informed
from ..core.errors import CaptureError
from ..core.escape import escape
from ..core.model import Capture, Exchange, Node
from ..measure.timing import GAP, HOSTS, Durations, clocks_of, durations, outliers
from ..road.meaning import halves, name
from ..rules import Given
from ..share.veil import Veil
from .acts import explained
from .exchanges import is_timed
from .lines import duration, lines_html, more, scrolling
from .links import Links

MAX_ACTS = 20
MAX_PICTURES = 3
MAX_LINES = 40
NUMERIC = "text-align:right;white-space:nowrap"
TIMES = ("answer", "MAD", "95 %", "its bytes", "its way", "card")


def happened(capture: Capture, given: Given, reveal: bool, links: Links) -> Iterator[str]:
    """Each act explained, step by step, folded under how it ended."""
    in_order = acts(capture)
    if not in_order:
        yield "<p>Nothing in this capture.</p>"
        return
    for act in in_order[:MAX_ACTS]:
        act = informed(act, given)
        headline = Veil(act.exchanges, reveal).over(act.headline)
        summary = f"<summary>{escape(headline, 'html')}</summary>"
        _, *rows = explained(act, reveal)  # the first is the headline
        yield f"<details>{summary}{links.linked(lines_html(rows))}</details>"
    yield lines_html(more(len(in_order) - MAX_ACTS, "act"))


def times(capture: Capture, overhead_ns: int, links: Links) -> Iterator[str]:
    """By command, where the time went; and the answers that took much longer than their like, with why."""
    try:
        statistics = durations(capture, overhead_ns)
    except CaptureError as fault:
        yield f"<p>No times: {escape(fault.reason, 'html')}.</p>"
        return
    clocks = clocks_of(capture)
    yield _times_table(statistics[:MAX_LINES])
    rows = []
    for split, reason in outliers(capture)[:MAX_LINES]:
        rows.append(f"{name(split.exchange)}, exchange {split.exchange.index}: {reason}")
    rows += [f"time between exchanges: {GAP[clock]}" for clock in clocks if clock in GAP]
    yield links.linked(lines_html(escape(row) for row in rows))
    if set(clocks) & set(HOSTS) and not overhead_ns:
        yield (
            "<p>What the card took holds the way through reader and driver; "
            "--calibration takes that off.</p>"
        )


def _times_table(statistics: Sequence[Durations]) -> str:
    titles = "".join(f'<th style="{NUMERIC}">{title}</th>' for title in ("n", *TIMES))
    rows = "".join(_times_row(row) for row in statistics)
    return scrolling(f"<tr><th>median time of</th>{titles}</tr>{rows}")


def _times_row(row: Durations) -> str:
    times = (row.median, row.mad, row.p95, row.wire, row.way or None, row.card)
    texts = (str(row.count), *(duration(ns) or "-" for ns in times))
    cells = "".join(f'<td style="{NUMERIC}">{text}</td>' for text in texts)
    return f"<tr><td>{escape(row.command, 'html')}</td>{cells}</tr>"


def pictures(capture: Capture) -> Iterator[str]:
    """The latencies and a timeline a session, where the clock tells; or what to install."""
    timed = [session for session in capture.sessions if is_timed(session.exchanges)]
    if not timed:
        return
    try:
        from . import plots

        yield plots.picture(plots.latency(capture))._repr_html_()
        for session in timed[:MAX_PICTURES]:
            yield plots.picture(plots.timeline(session))._repr_html_()
        yield lines_html(more(len(timed) - MAX_PICTURES, "session"))
    except ImportError:
        yield "<p>Pictures need matplotlib: pip install matplotlib.</p>"


def unknown(capture: Capture, reveal: bool) -> Iterator[str]:
    """Data elements and bytes without a row, damaged places, and where the bytes of the file went."""
    veil = Veil(capture.exchanges, reveal)
    kinds: Counter[str] = Counter()
    size = total = 0
    for exchange in capture.exchanges:
        for side, half in halves(exchange):
            total += len(half.buf)
            for path, node in half.walk():
                unexplained = _is_unexplained(node, half)
                if unexplained:
                    size += len(node.value)
                if unexplained or node.error:
                    kinds[_kind(exchange, side, path, node)] += 1
    yield lines_html(escape(row) for row in _unknown_rows(capture, kinds, veil))
    yield f"<p>{escape(_where_bytes_went(capture, total, size), 'html')}</p>"


def _is_unexplained(node: Node, half: Node) -> bool:
    """Whether a node is bytes of the wire of which no row says what they mean."""
    explained = node.children or node.fact.known
    return not explained and node is not half and node.buf is half.buf


def _kind(exchange: Exchange, side: str, path: str, node: Node) -> str:
    what = path if node.tag else "bytes without a row"
    return f"{name(exchange)}, {side}: {what} {node.error}".rstrip()


def _unknown_rows(capture: Capture, kinds: Counter[str], veil: Veil) -> Iterator[str]:
    for kind, count in kinds.most_common(MAX_LINES):
        yield veil.over(f"{count} x {kind}")
    yield from more(len(kinds) - MAX_LINES, "kind")
    for problem in capture.problems[:MAX_LINES]:
        yield veil.problem(problem)
    yield from more(len(capture.problems) - MAX_LINES, "problem")


def _where_bytes_went(capture: Capture, total: int, unexplained: int) -> str:
    coverage = capture.coverage
    skipped = ", ".join(f"{count} {kind}" for kind, count in coverage.skipped.items())
    parts = [
        f"Bytes of commands and answers: {total}, no row says what {unexplained} of them mean.",
        f"Bytes of the file: {coverage.used} used, {coverage.damaged} damaged,",
        f"skipped: {skipped or 'none'}.",
    ]
    return " ".join(parts)
