# SPDX-License-Identifier: MIT
"""The findings of a page: each rule that fails, with its text, and each case of it, with the bytes that show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..core.escape import escape
from ..core.model import Capture, Evidence, Exchange, Finding, Severity
from ..road.meaning import name
from ..share.masking import shown
from ..share.ours import revealed
from ..share.veil import file_of
from .findings import SEVERITIES, digest
from .lines import lines_html, more
from .links import Links, rule_id

MAX_CASES = 4  # of a rule
MAX_PLACES = 4  # of a case
MAX_MARKED = 400  # hex digits
AROUND = 12  # bytes before and behind those that show a finding
COLOURS: dict[Severity, str] = {
    "critical": "#B00020",
    "high": "#D55E00",
    "medium": "#7A5C00",
    "low": "#005B8F",
    "info": "#555555",
}


Files = Mapping[str, Capture]


def files_of(captures: Sequence[Capture]) -> Files:
    """Captures by what findings call them; no name is the first."""
    files: dict[str, Capture] = {}
    for capture in captures:
        for file in ("", capture.path, file_of(capture)):
            files.setdefault(file, capture)
    return files


def findings_section(
    findings: Sequence[Finding],
    texts: dict[str, str],
    captures: Sequence[Capture],
    reveal: bool | None,
    links: Links,
) -> Iterator[str]:
    """What fails, a rule at a time: its text once, below it each case; then what could not be judged, what passed.

    `links` leads to the exchanges of a single capture.
    """
    files = files_of(captures)
    failing = failing_rules(findings)
    rest = [finding for finding in findings if finding.verdict != "fail"]
    yield f'<h2 id="findings">Findings</h2><p>{how_many_fail(findings)}.</p>'
    for (_, rule), cases in failing.items():
        yield _article(cases, texts.get(rule, ""), files, reveal, links)
    yield lines_html(digest(rest))


def failing_rules(findings: Sequence[Finding]) -> dict[tuple[Severity, str], list[Finding]]:
    """What fails, by severity and rule, in the order of the findings."""
    failing: dict[tuple[Severity, str], list[Finding]] = {}
    for finding in findings:
        if finding.verdict == "fail":
            failing.setdefault((finding.severity, finding.rule), []).append(finding)
    return failing


def how_many_fail(findings: Sequence[Finding]) -> str:
    """How many rules fail, by severity, the worst first."""
    counts = Counter(severity for severity, _ in failing_rules(findings))
    worst_first = reversed(SEVERITIES)
    parts = [f"{counts[severity]} {severity}" for severity in worst_first if counts[severity]]
    if not parts:
        return "No rule fails"
    return f"Rules that fail: {', '.join(parts)}"


def _article(
    cases: Sequence[Finding], text: str, files: Files, reveal: bool | None, links: Links
) -> str:
    """A rule that fails, and its cases."""
    rule = cases[0]
    colour = COLOURS[rule.severity]
    title = f"{escape(rule.rule, 'html')} {escape(rule.title, 'html')}"
    parts = [
        f'<article id="{rule_id(rule.rule, rule.severity)}" style="border-left:4px solid {colour};'
        'padding-left:1em;margin:1em 0">',
        f'<div><b style="color:{colour}">{rule.severity.upper()}</b> <b>{title}</b></div>',
        f"<p>{escape(text, 'html')}</p>",
        f"<p><small>Source: {escape(rule.source, 'html')}</small></p>",
    ]
    parts += [_case(case, files, reveal, links) for case in cases[:MAX_CASES]]
    parts.append(lines_html(more(len(cases) - MAX_CASES, "case")))
    parts.append("</article>")
    return "".join(parts)


def _case(case: Finding, files: Files, reveal: bool | None, links: Links) -> str:
    detail = links.linked(escape(case.detail, "html"))
    parts = [f'<div style="margin-top:1em">{detail}</div>']
    parts += [_place(place, files, reveal, links) for place in case.evidence[:MAX_PLACES]]
    parts.append(lines_html(more(len(case.evidence) - MAX_PLACES, "place")))
    return "".join(parts)


def _place(place: Evidence, files: Files, reveal: bool | None, links: Links) -> str:
    """The bytes of an evidence, marked, with some of those around them, masked."""
    pair = _exchange_of(place, files)
    if pair is None:
        return ""
    capture, exchange = pair
    for view in shown(exchange, revealed(capture, reveal)):
        if view.side == place.side:
            code = _marked_bytes(view.hex, place.start, place.stop)
            stretch = f"bytes {place.start} to {place.stop}"
            number = links.to(place.exchange, f"exchange {place.exchange}")
            if len(set(map(id, files.values()))) > 1:
                number = f"{escape(Path(place.file).name, 'html')}, {number}"
            where = escape(f", {name(exchange)}, {place.side}, {stretch}", "html")
            return f"<div>{number}{where}: <code>{code}</code></div>"
    return ""


def _exchange_of(place: Evidence, files: Files) -> tuple[Capture, Exchange] | None:
    """The exchange that an evidence is about, in its file, or in the first capture if it names none."""
    capture = files.get(place.file)
    if capture is None:
        return None
    for exchange in capture.exchanges:
        if exchange.index == place.exchange:
            return capture, exchange
    return None


def _marked_bytes(digits: str, start: int, stop: int) -> str:
    """The bytes `start:stop` of a half marked, between some of their neighbours."""
    first = max(start - AROUND, 0)
    before = digits[2 * first : 2 * start]
    marked = digits[2 * start : 2 * stop][:MAX_MARKED]
    after = digits[2 * stop : 2 * (stop + AROUND)]
    ellipsis = "… " if first > 0 else ""
    return f"{ellipsis}{before}<mark>{marked}</mark>{after}"
