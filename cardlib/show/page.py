# SPDX-License-Identifier: MIT
"""One page about captures: what they are, what happened, what is wrong and by which bytes, where time went.

The page is one file, runs no script, asks for nothing, prints well, and is masked like everything that is shown.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ..acts.emv.transaction import transactions
from ..core.errors import CaptureError
from ..core.escape import escape
from ..core.model import Capture, Evidence, Finding, Severity, record
from ..measure.timing import GAP, HOSTS, clocks_of, durations, outliers
from ..road.pipeline import halves, name
from ..rules import RULES, Given, Rule, check
from ..share.masking import revealed, shown
from .findings import SEVERITIES, digest, urgency
from .html import sessions
from .text import duration, explained, is_timed, lines_html, more, summary

MAX_CASES, MAX_PLACES, MAX_PAYMENTS, MAX_PICTURES, MAX_UNKNOWN, AROUND = 4, 4, 10, 3, 40, 12
_COLOURS = {
    "critical": "#B00020",
    "high": "#D55E00",
    "medium": "#7A5C00",
    "low": "#005B8F",
    "info": "#555555",
}
_STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
h2{border-bottom:1px solid #999;margin-top:2rem}img{max-width:100%}mark{background:#FFD54F}
code,pre{font-family:ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}
@media print{body{margin:0;max-width:none}article{break-inside:avoid}}"""
_TIMES = ("answer", "MAD", "95 %", "its bytes", "its way", "card")
_REST = "<p>A line unfolds. Everything: <code>cardlib show --nodes FILE</code>, <code>--exchange N</code> for one.</p>"
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@record
class Report:
    """A report: `body` is what a notebook shows, `page` a whole document."""

    title: str
    body: str

    @property
    def page(self) -> str:
        head = f"<title>{escape(self.title, 'html')}</title><style>{_STYLE}</style>"
        policy = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        meta = f'<meta charset="utf-8">{policy}<meta name="viewport" content="width=device-width">'
        return f'<!DOCTYPE html>\n<html lang="en"><head>{meta}{head}</head><body>{self.body}</body></html>\n'

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page; CaptureError where that is not possible."""
        try:
            Path(path).write_text(self.page, "utf-8")
        except OSError as fault:
            raise CaptureError(f"cannot be written: {fault.strerror}", str(path)) from None

    def _repr_html_(self) -> str:
        return self.body


def report(
    captures: Sequence[Capture],
    rules: Iterable[Rule] = RULES,
    given: Given = Given(),  # noqa: B008 - never changed
    reveal: bool | None = None,
    overhead_ns: int = 0,
) -> Report:
    """Everything about these captures on one page; bounded, whatever is in them. `overhead_ns`: see timing.splits."""
    rules = tuple(rules)
    found = sorted(check(captures, rules, given), key=urgency)
    title = f"Report: {', '.join(Path(capture.path).name for capture in captures) or 'nothing'}"
    parts = [f"<h1>{_said(title)}</h1>"]
    parts += [lines_html(filter(None, summary(capture))) for capture in captures]
    parts += _findings(found, {one.id: one.text for one in rules}, captures, reveal)
    for capture in captures:
        shows, of = revealed(capture, reveal), f": {Path(capture.path).name}" * (len(captures) > 1)
        parts += [f"<h2>Payments{_said(of)}</h2>", *_payments(capture, given, shows)]
        parts += [f"<h2>Time{_said(of)}</h2>", *_times(capture, overhead_ns), *_pictures(capture)]
        parts += [f"<h2>Exchanges{_said(of)}</h2>", "".join(sessions(capture, shows)), _REST]
        parts += [f"<h2>Not understood{_said(of)}</h2>", *_unknown(capture)]
    return Report(title, "\n".join(parts))


def _said(text: str) -> str:
    return escape(text, "html")


def _findings(
    found: list[Finding], texts: dict[str, str], captures: Sequence[Capture], reveal: bool | None
) -> Iterator[str]:
    """What fails, a rule at a time: its text once, below it each case; then what could not be judged, what passed."""
    failing: dict[tuple[Severity, str], list[Finding]] = {}
    for one in found:
        if one.verdict == "fail":
            failing.setdefault((one.severity, one.rule), []).append(one)
    counts = Counter(severity for severity, _ in failing)
    told = ", ".join(
        f"{counts[severity]} {severity}" for severity in reversed(SEVERITIES) if counts[severity]
    )
    yield f"<h2>Findings</h2><p>{f'Rules that fail: {told}' if told else 'No rule fails'}.</p>"
    for (severity, rule), own in failing.items():
        colour = _COLOURS[severity]
        head = f'<b style="color:{colour}">{severity.upper()}</b> <b>{_said(rule)} {_said(own[0].title)}</b>'
        what = f"<p>{_said(texts.get(rule, ''))}</p><p><small>Source: {_said(own[0].source)}</small></p>"
        cases = "".join(_case(one, captures, reveal) for one in own[:MAX_CASES])
        rest = lines_html(more(len(own) - MAX_CASES, "case"))
        style = f"border-left:4px solid {colour};padding-left:1em;margin:1em 0"
        yield f'<article style="{style}"><div>{head}</div>{what}{cases}{rest}</article>'
    yield lines_html(digest(one for one in found if one.verdict != "fail"))


def _case(one: Finding, captures: Sequence[Capture], reveal: bool | None) -> str:
    places = "".join(_place(place, captures, reveal) for place in one.evidence[:MAX_PLACES])
    rest = lines_html(more(len(one.evidence) - MAX_PLACES, "place"))
    return f'<div style="margin-top:1em">{_said(one.detail)}</div>{places}{rest}'


def _place(place: Evidence, captures: Sequence[Capture], reveal: bool | None) -> str:
    """The bytes of an evidence, marked, with some of those around them, masked."""
    among = ((one, e) for one in captures if place.file in ("", one.path) for e in one.exchanges)
    capture, exchange = next(
        (pair for pair in among if pair[1].index == place.exchange), (None, None)
    )
    views = shown(exchange, revealed(capture, reveal)) if exchange else []
    view = next((one for one in views if one.side == place.side), None)
    if exchange is None or view is None:
        return ""
    start, stop = max(place.start - AROUND, 0), place.stop + AROUND
    cuts = (view.hex[2 * start : 2 * place.start], view.hex[2 * place.start : 2 * place.stop][:400])
    after = view.hex[2 * place.stop : 2 * stop]
    where = f"exchange {place.exchange}, {name(exchange)}, {place.side}, bytes {place.start} to {place.stop}"
    marked = f"{'… ' * (start > 0)}{cuts[0]}<mark>{cuts[1]}</mark>{after}"
    return f"<div>{_said(where)}: <code>{marked}</code></div>"


def _payments(capture: Capture, given: Given, reveal: bool) -> Iterator[str]:
    """Each payment explained, phase by phase, folded under how it ended."""
    found = [replace(one, tac=given.tac, keys=given.keys) for one in transactions(capture)]
    for one in found[:MAX_PAYMENTS]:
        head = f"<summary>{_said(one.headline)}</summary>"
        yield f"<details>{head}{lines_html(list(explained(one, reveal))[1:])}</details>"
    yield (
        lines_html(more(len(found) - MAX_PAYMENTS, "payment"))
        if found
        else "<p>None in this capture.</p>"
    )


def _times(capture: Capture, overhead_ns: int) -> Iterator[str]:
    """By command, where the time went; and the answers that took much longer than their like, with why."""
    try:
        found = durations(capture, overhead_ns)
    except CaptureError as fault:
        yield f"<p>No times: {_said(fault.reason)}.</p>"
        return
    rows = [f"{'median time of':26} {'n':>4}" + "".join(f"{word:>11}" for word in _TIMES)]
    for row in found[:MAX_UNKNOWN]:
        times = (row.median, row.mad, row.p95, row.wire, row.way or None, row.card)
        rows.append(
            f"{row.command[:26]:26} {row.count:4}"
            + "".join(f"{duration(ns) or '-':>11}" for ns in times)
        )
    late = outliers(capture)[:MAX_UNKNOWN]
    rows += [f"{name(one.exchange)}, exchange {one.exchange.index}: {why}" for one, why in late]
    rows += [
        f"time between exchanges: {GAP[clock]}" for clock in clocks_of(capture) if clock in GAP
    ]
    yield lines_html(map(escape, rows))
    if set(clocks_of(capture)) & set(HOSTS) and not overhead_ns:
        yield "<p>What the card took holds the way through reader and driver; --calibration takes that off.</p>"


def _pictures(capture: Capture) -> Iterator[str]:
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


def _unknown(capture: Capture) -> Iterator[str]:
    """Data elements and bytes without a row, damaged places, and where the bytes of the file went."""
    unknown, size, total = Counter[str](), 0, 0
    for exchange in capture.exchanges:
        for side, half in halves(exchange):
            total += len(half.buf)
            for path, node in half.walk():
                bare = (
                    not (node.children or node.fact.known or node is half) and node.buf is half.buf
                )
                size += len(node.value) * bare
                if bare or node.error:
                    what = f"{name(exchange)}, {side}"
                    unknown[
                        f"{what}: {path if node.tag else 'bytes without a row'} {node.error}".rstrip()
                    ] += 1
    rows = [f"{count} x {what}" for what, count in unknown.most_common(MAX_UNKNOWN)]
    rows += more(len(unknown) - MAX_UNKNOWN, "kind")
    rows += [f"{one.kind}: {one.detail} ({one.place})" for one in capture.problems[:MAX_UNKNOWN]]
    rows += more(len(capture.problems) - MAX_UNKNOWN, "problem")
    yield lines_html(map(escape, rows))
    coverage = capture.coverage
    skipped = ", ".join(f"{count} {kind}" for kind, count in coverage.skipped.items())
    told = f"Bytes of commands and answers: {total}, no row says what {size} of them mean. Bytes of the file: "
    told += f"{coverage.used} used, {coverage.damaged} damaged, skipped: {skipped or 'none'}."
    yield f"<p>{_said(told)}</p>"
