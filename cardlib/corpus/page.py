# SPDX-License-Identifier: MIT
"""One page about many captures: top findings, what was slow, a line a capture, and details only where a rule fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from ..core.escape import counted, escape
from ..rules import RULES, Given
from ..share.masking import handing_on
from ..show.cases import findings_section
from ..show.findings import SEVERITIES, urgency
from ..show.lines import duration, lines_html, more, scrolling
from ..show.links import Links, link, rule_id
from ..show.overview import COLUMNS, MAX_DETAILS, WORTH_DETAILS, details, failing_cell
from ..show.page import Report
from .inputs import Where, inputs_of
from .judging import FileVerdict, Judged
from .tasks import READ, capture_of

_MOST_RULES = 20
_MOST_SLOW = 20
_MOST_ROWS = 5000


def page_of(verdicts: Judged, where: Where, given: Given, keys: Sequence[str] = ()) -> Report:
    """The page; the captures of which it shows bytes, the worst ten, are read once more."""
    with handing_on():
        findings = sorted(verdicts.findings, key=urgency)
        read = [file for file in verdicts.files if file.status == READ]
        title = f"Report: {counted(len(read), 'capture')}"
        shown = _worst(read)
        places = {item.name: item for item in inputs_of(where)}
        captures = []
        for file in shown:
            capture = capture_of(places[file.name], keys)
            captures.append(replace(capture, path=file.name))
        texts = {rule.id: rule.text for rule in RULES}
        numbers = {file.name: number for number, file in enumerate(shown)}
        parts = [
            f"<h1>{escape(title, 'html')}</h1>",
            *_top_findings(verdicts.files),
            lines_html(verdicts.gaps()),
            *_slow(read),
            *_captures(verdicts.files, numbers),
            *findings_section(findings, texts, captures, None, Links()),
            *details(captures, findings, given, None),
        ]
    sources = tuple(item.place for item in places.values())
    return Report(title, "\n".join(parts), sources)


def _worst(files: Sequence[FileVerdict]) -> list[FileVerdict]:
    """The captures in which the most severe rules fail, the first of them if they are many."""
    ranked = []
    for file in files:
        severities = [SEVERITIES.index(severity) for _, severity in file.failing]
        worth = [place for place in severities if SEVERITIES[place] in WORTH_DETAILS]
        if worth:
            ranked.append((sorted(worth, reverse=True), file))
    ranked.sort(key=lambda pair: pair[0], reverse=True)
    return [file for _, file in ranked[:MAX_DETAILS]]


def _top_findings(files: Sequence[FileVerdict]) -> Iterator[str]:
    """The rules that fail, the worst first, with the number of captures in which they do."""
    counts: Counter[tuple[str, Any]] = Counter()
    for file in files:
        counts.update(file.failing)
    titles = {rule.id: rule.title for rule in RULES}
    ranked = sorted(counts.items(), key=lambda item: (-SEVERITIES.index(item[0][1]), -item[1]))
    rows = ["<tr><th>rule</th><th>severity</th><th>captures</th></tr>"]
    for (rule, severity), count in ranked[:_MOST_RULES]:
        name = escape(f"{rule} {titles.get(rule, '')}", "html")
        cells = (link(rule_id(rule, severity), name), severity, str(count))
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    yield '<h2 id="top">Rules that fail</h2>'
    yield scrolling("".join(rows)) if ranked else "<p>No rule fails.</p>"
    yield lines_html(more(len(ranked) - _MOST_RULES, "rule"))


def _slow(files: Sequence[FileVerdict]) -> Iterator[str]:
    """The answers that took longest beside others to the same command in their capture."""
    outliers = [(ns, file.label, text) for file in files for ns, text in file.slow]
    outliers.sort(key=lambda row: -row[0])
    yield '<h2 id="slow">Slow answers</h2>'
    if not outliers:
        yield "<p>None took much longer than its like, or there are no times.</p>"
    rows = [f"{duration(ns)}: {escape(name)}: {text}" for ns, name, text in outliers[:_MOST_SLOW]]
    yield lines_html(rows)
    yield lines_html(more(len(outliers) - _MOST_SLOW, "slow answer"))


def _captures(files: Sequence[FileVerdict], numbers: dict[str, int]) -> Iterator[str]:
    """A line a capture, with a link where there are details."""
    head = "".join(f"<th>{title}</th>" for title in COLUMNS)
    rows = [f"<tr>{head}</tr>"]
    for file in files[:_MOST_ROWS]:
        name = escape(file.label, "html")
        if file.name in numbers:
            name = link(f"capture-{numbers[file.name]}", name)
        rows.append(f"<tr><td>{name}</td>{_row(file)}</tr>")
    yield '<h2 id="captures">Captures</h2>'
    yield scrolling("".join(rows))
    yield lines_html(more(len(files) - _MOST_ROWS, "capture"))


def _row(file: FileVerdict) -> str:
    if file.status != READ:
        return f'<td colspan="4">{escape(f"{file.status}: {file.detail}", "html")}</td>'
    happened = "<br>".join(escape(line, "html") for line in file.headlines)
    cells = (
        escape(file.format, "html"),
        str(file.exchanges),
        happened,
        failing_cell(dict(file.failing)),
    )
    return "".join(f"<td>{cell}</td>" for cell in cells)
