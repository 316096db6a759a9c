# SPDX-License-Identifier: MIT
"""Many captures on one page: a row each in one table, and what happened only where something fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..acts import acts
from ..core.escape import counted, escape
from ..core.model import Capture, Finding, Severity
from ..rules import Given
from ..share.ours import revealed
from ..share.veil import Veil, file_of
from .cases import COLOURS
from .exchanges import is_timed
from .findings import SEVERITIES
from .lines import lines_html, more, scrolling
from .links import Links, link, rule_id
from .sections import happened, pictures

COLUMNS = ("file", "format", "exchanges", "what happened", "rules that fail")
MAX_HEADLINES = 3
MAX_DETAILS = 10  # captures of which a page tells what happened
MAX_DRAWN = 20
WORTH_DETAILS: tuple[Severity, ...] = ("critical", "high", "medium")


def overview(
    captures: Sequence[Capture], findings: Sequence[Finding], reveal: bool | None
) -> Iterator[str]:
    """The table of all captures."""
    failing = rules_that_fail(findings)
    explained = set(worth_details(captures, findings)[:MAX_DETAILS])
    yield '<h2 id="captures">Captures</h2>'
    head = "".join(f"<th>{title}</th>" for title in COLUMNS)
    rows = [f"<tr>{head}</tr>"]
    for number, capture in enumerate(captures):
        veil = Veil(capture.exchanges, revealed(capture, reveal))
        name = escape(veil.over(Path(capture.path).name), "html")
        if number in explained:
            name = link(f"capture-{number}", name)
        rows.append(_row(capture, failing.get(file_of(capture), {}), veil, name))
    yield scrolling("".join(rows))


def rules_that_fail(findings: Sequence[Finding]) -> dict[str, dict[str, Severity]]:
    """By file the rules that fail there, each with the worst severity."""
    by_file: dict[str, dict[str, Severity]] = {}
    for finding in findings:
        if finding.verdict != "fail":
            continue
        for file in {place.file for place in finding.evidence}:
            rules = by_file.setdefault(file, {})
            worst = max(finding.severity, rules.get(finding.rule, "info"), key=SEVERITIES.index)
            rules[finding.rule] = worst
    return by_file


def _row(capture: Capture, failing: dict[str, Severity], veil: Veil, name: str) -> str:
    headlines = [escape(veil.over(act.headline), "html") for act in acts(capture)]
    shown = headlines[:MAX_HEADLINES] + more(len(headlines) - MAX_HEADLINES, "act")
    exchanges = str(len(capture.exchanges))
    file_format = escape(capture.format, "html")
    cells = (name, file_format, exchanges, "<br>".join(shown), failing_cell(failing))
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def failing_cell(rules: dict[str, Severity]) -> str:
    """How many rules fail, by severity, the worst first, with their numbers."""
    counts = Counter(rules.values())
    parts = []
    for severity in reversed(SEVERITIES):
        if counts[severity]:
            failing = [rule for rule, worst in rules.items() if worst == severity]
            names = ", ".join(
                link(rule_id(rule, severity), escape(rule, "html")) for rule in failing
            )
            colour = COLOURS[severity]
            parts.append(
                f'<div style="color:{colour}">{counts[severity]} {severity}: {names}</div>'
            )
    return "".join(parts) or "none"


def drawn(captures: Sequence[Capture], reveal: bool | None) -> Iterator[str]:
    """The pictures of the captures with times, so many of them."""
    timed = []
    for capture in captures:
        if any(is_timed(session.exchanges) for session in capture.sessions):
            timed.append(capture)
    for capture in timed[:MAX_DRAWN]:
        yield f"<h2>Time: {_name(capture, revealed(capture, reveal))}</h2>"
        yield from pictures(capture)
    yield lines_html(more(len(timed) - MAX_DRAWN, "capture with times"))


def _name(capture: Capture, shows_all: bool) -> str:
    name = Veil(capture.exchanges, shows_all).over(Path(capture.path).name)
    return escape(name, "html")


def worth_details(captures: Sequence[Capture], findings: Sequence[Finding]) -> list[int]:
    """The captures, by their place, in which a rule fails that is worth telling what happened."""
    failing = rules_that_fail(findings)
    numbers = []
    for number, capture in enumerate(captures):
        severities = set(failing.get(file_of(capture), {}).values())
        if not severities.isdisjoint(WORTH_DETAILS):
            numbers.append(number)
    return numbers


def details(
    captures: Sequence[Capture], findings: Sequence[Finding], given: Given, reveal: bool | None
) -> Iterator[str]:
    """What happened in the captures in which a rule fails that is worth it; in the first of them if they are many."""
    worth = worth_details(captures, findings)
    for number in worth[:MAX_DETAILS]:
        capture = captures[number]
        shows_all = revealed(capture, reveal)
        yield f'<h2 id="capture-{number}">What happened: {_name(capture, shows_all)}</h2>'
        yield from happened(capture, given, shows_all, Links())
    left_out = len(captures) - len(worth)
    if left_out:
        yield (
            f"<p>{counted(left_out, 'capture')} in which no rule of these severities fails: "
            "<code>cardlib report FILE</code> shows one with its times and exchanges.</p>"
        )
    if len(worth) > MAX_DETAILS:
        yield (
            f"<p>{counted(len(worth) - MAX_DETAILS, 'more capture')} in which a rule fails are in "
            "the table only: <code>cardlib report FILE</code> shows one.</p>"
        )
