# SPDX-License-Identifier: MIT
"""One page about captures: what they are, what happened, what is wrong and by which bytes, where time went.

The page is one file, runs no script, asks for nothing, prints well, and is masked like everything that is shown.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from . import display
from .checks import RULES, Given, Rule, check
from .display_findings import SEVERITIES, digest, urgency
from .display_html import html
from .errors import CaptureError
from .escape import escape
from .masking import revealed, shown
from .model import Capture, Evidence, Finding, record
from .pipeline import halves, name

MAX_FINDINGS, MAX_PLACES, MAX_UNKNOWN, AROUND = 100, 4, 40, 12
_COLOURS = {"critical": "#B00020", "high": "#D55E00", "medium": "#7A5C00", "low": "#005B8F", "info": "#555555"}
_STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
h2{border-bottom:1px solid #999;margin-top:2rem}img{max-width:100%}mark{background:#FFD54F}
code,pre{font-family:ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}
@media print{body{margin:0;max-width:none}article{break-inside:avoid}}"""
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
) -> Report:
    """Everything about these captures on one page; bounded, whatever is in them."""
    rules = tuple(rules)
    found = sorted(check(captures, rules, given), key=urgency)
    parts = [f"<h1>{_said(', '.join(capture.path for capture in captures))}</h1>"]
    parts += [_lines(row for row in display.summary(capture) if row) for capture in captures]
    parts += _findings(found, {one.id: one.text for one in rules}, captures, reveal)
    for capture in captures:
        parts += ["<h2>Time</h2>", *_pictures(capture)]
        parts += ["<h2>Exchanges</h2>", html(capture, revealed(capture, reveal))]
        parts += ["<h2>Not understood</h2>", *_unknown(capture)]
    return Report(f"{captures[0].path if captures else 'nothing'}: report", "\n".join(parts))


def _said(text: str) -> str:
    return escape(text, "html")


def _lines(rows: Iterable[str]) -> str:
    return f'<pre style="white-space:pre-wrap">{display.escape_lines(chr(10).join(rows))}</pre>'


def _findings(
    found: list[Finding], texts: dict[str, str], captures: Sequence[Capture], reveal: bool | None
) -> Iterator[str]:
    failing = [one for one in found if one.verdict == "fail"]
    counts = Counter(one.severity for one in failing)
    told = ", ".join(f"{counts[severity]} {severity}" for severity in reversed(SEVERITIES) if counts[severity])
    yield f"<h2>Findings</h2><p>{_said(told or 'No rule fails')}.</p>"
    for one in failing[:MAX_FINDINGS]:
        yield _finding(one, texts.get(one.rule, ""), captures, reveal)
    if len(failing) > MAX_FINDINGS:
        yield f"<p>{len(failing) - MAX_FINDINGS} more failing findings are not shown.</p>"
    yield _lines(digest(one for one in found if one.verdict != "fail"))


def _finding(one: Finding, text: str, captures: Sequence[Capture], reveal: bool | None) -> str:
    colour = _COLOURS[one.severity]
    head = f'<b style="color:{colour}">{one.severity.upper()}</b> <b>{_said(one.rule)} {_said(one.title)}</b>'
    what = f"<p>{_said(one.detail)}</p><p>{_said(text)}</p><p><small>Source: {_said(one.source)}</small></p>"
    places = "".join(_place(place, captures, reveal) for place in one.evidence[:MAX_PLACES])
    style = f"border-left:4px solid {colour};padding-left:1em;margin:1em 0"
    return f'<article style="{style}"><div>{head}</div>{what}{places}</article>'


def _place(place: Evidence, captures: Sequence[Capture], reveal: bool | None) -> str:
    """The bytes of an evidence, marked, with some of those around them, masked."""
    capture = next((one for one in captures if place.file in ("", one.path)), None)
    exchange = next((e for e in capture.exchanges if e.index == place.exchange), None) if capture else None
    if capture is None or exchange is None:
        return ""
    view = next((one for one in shown(exchange, revealed(capture, reveal)) if one.side == place.side), None)
    if view is None:
        return ""
    start, stop = max(place.start - AROUND, 0), place.stop + AROUND
    cuts = (view.hex[2 * start : 2 * place.start], view.hex[2 * place.start : 2 * place.stop][:400])
    after = view.hex[2 * place.stop : 2 * stop]
    where = f"exchange {place.exchange}, {name(exchange)}, {place.side}, bytes {place.start} to {place.stop}"
    marked = f"{'… ' * (start > 0)}{cuts[0]}<mark>{cuts[1]}</mark>{after}"
    return f"<div>{_said(where)}: <code>{marked}</code></div>"


def _pictures(capture: Capture) -> Iterator[str]:
    """A timeline a session and the latencies; or why the clock does not tell, or what to install."""
    try:
        from . import plots

        for session in capture.sessions[:3]:
            yield plots.picture(plots.timeline(session))._repr_html_()
        yield plots.picture(plots.latency(capture))._repr_html_()
    except ImportError:
        yield "<p>Pictures need matplotlib: pip install matplotlib.</p>"
    except CaptureError as fault:
        yield f"<p>No picture: {_said(fault.reason)}.</p>"


def _unknown(capture: Capture) -> Iterator[str]:
    """Data elements without a row, damaged places, and where the bytes of the file went."""
    unknown: Counter[str] = Counter()
    for exchange in capture.exchanges:
        for side, half in halves(exchange):
            for path, node in half.walk():
                if (node.tag and not node.fact.known) or node.error:
                    unknown[f"{name(exchange)}, {side}: {path} {node.error}".rstrip()] += 1
    rows = [f"{count} x {what}" for what, count in unknown.most_common(MAX_UNKNOWN)]
    rows += [f"{len(unknown) - MAX_UNKNOWN} more"] * (len(unknown) > MAX_UNKNOWN)
    rows += [f"{one.kind}: {one.detail} ({one.place})" for one in capture.problems[:MAX_UNKNOWN]]
    rows += [f"{len(capture.problems) - MAX_UNKNOWN} more problems"] * (len(capture.problems) > MAX_UNKNOWN)
    yield _lines(escape(row) for row in rows) if rows else "<p>Every data element has a row, nothing is damaged.</p>"
    coverage = capture.coverage
    skipped = ", ".join(f"{size} {kind}" for kind, size in coverage.skipped.items())
    told = f"Bytes of the file: {coverage.used} used, {coverage.damaged} damaged, skipped: {skipped or 'none'}."
    yield f"<p>{_said(told)}</p>"
