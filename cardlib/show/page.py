# SPDX-License-Identifier: MIT
"""One page about captures: what they are, what happened, what is wrong and by which bytes, where time went.

The page is one file, runs no script, asks for nothing, prints well, and is masked like everything that is shown.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..acts.algorithms import algorithms
from ..core.escape import counted, escape
from ..core.model import Capture, Finding, record
from ..road.meaning import with_views
from ..rules import RULES, Given, Rule, check
from ..share.files import public_mode, write_file
from ..share.masking import closed_bytes, handing_on
from ..share.ours import revealed
from ..share.veil import Veil, file_of
from .algorithms import digest
from .cases import failing_rules, findings_section
from .findings import urgency
from .html import Look, sessions
from .lines import WIDTH, lines_html
from .links import Links, link, rule_id
from .overview import details, drawn, overview
from .sections import happened, pictures, times, unknown
from .summary import summary

STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
body{overflow-wrap:anywhere}h2{border-bottom:1px solid #999;margin-top:2rem}img{max-width:100%}
mark{background:#FFD54F}code mark{text-decoration:underline 2px}:target{outline:2px solid #0072B2}
nav{columns:24em;margin:1em 0}
table{border-collapse:collapse}td,th{padding:2px 8px;text-align:left;vertical-align:top;border-bottom:1px solid #ccc}
td{overflow-wrap:anywhere;min-width:5em}td:first-child,td:last-child{min-width:13em}th{white-space:nowrap}
code,pre{font-family:ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}
@page{margin:14mm}
@media print{div{overflow:visible!important}body{margin:0;padding:0;max-width:none;font-size:9.5pt}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
details::details-content{content-visibility:visible;block-size:auto;overflow:visible}
summary{list-style:none;break-after:avoid}h2{break-after:avoid}
table{width:100%}table,[style*="monospace"]{font-size:7pt!important}
[style*="monospace"] [style*="monospace"]{font-size:inherit!important}
article>div,tr,img{break-inside:avoid}a{color:inherit;text-decoration:none}}"""
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
MAX_NAMES = 3  # of captures in a title
SECTIONS = {
    "happened": "What happened",
    "findings": "Findings",
    "exchanges": "Exchanges",
    "time": "Time",
    "algorithms": "Algorithms",
    "unknown": "Not understood",
}
HOW_TO_SEE_MORE = (
    "<p>A line unfolds. Everything: <code>cardlib show --nodes FILE</code>, "
    "<code>--exchange N</code> for one.</p>"
)


@record
class Report:
    """A report: `body` is what a notebook shows, `page` a whole document; `sources`: the files that it is about."""

    title: str
    body: str
    sources: tuple[str, ...] = ()

    @property
    def page(self) -> str:
        head = [
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{escape(self.title, 'html')}</title>",
            f"<style>{STYLE}</style>",
        ]
        document = f"<head>{''.join(head)}</head><body>{self.body}</body>"
        return f'<!DOCTYPE html>\n<html lang="en">{document}</html>\n'

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page; CaptureError where that is not possible, or where it would be over a capture."""
        write_file(path, lambda file: file.write(self.page), self.sources, public_mode())

    def _repr_html_(self) -> str:
        return self.body


@with_views
def report(
    captures: Sequence[Capture],
    rules: Iterable[Rule] = RULES,
    given: Given = Given(),  # noqa: B008 - never changed
    reveal: bool | None = None,
    overhead_ns: int = 0,
    draw: bool = False,
) -> Report:
    """Everything about a capture on one page; of several a table, and what happened where something fails.

    Bounded, whatever is in them. `overhead_ns`: see timing.splits. `draw`: the pictures of several, too.
    """
    with handing_on():
        return _report(captures, tuple(rules), given, reveal, overhead_ns, draw)


def _report(
    captures: Sequence[Capture],
    rules: Sequence[Rule],
    given: Given,
    reveal: bool | None,
    overhead_ns: int,
    draw: bool,
) -> Report:
    findings = sorted(check(captures, rules, given), key=urgency)
    texts = {rule.id: rule.text for rule in rules}
    names = ", ".join(Path(capture.path).name for capture in captures[:MAX_NAMES])
    if len(captures) > MAX_NAMES:
        names = f"{len(captures)} captures"
    sources = tuple(capture.path for capture in captures)
    title = f"Report: {names or 'nothing'}"
    for capture in captures:
        title = Veil(capture.exchanges, revealed(capture, reveal)).over(title)
    head = f"<h1>{escape(title, 'html')}</h1>"
    if len(captures) == 1:
        parts = _page_of_one(captures[0], findings, texts, given, reveal, overhead_ns)
    else:
        parts = _page_of_several(captures, findings, texts, given, reveal, draw)
    return Report(title, "\n".join([head, *parts]), sources)


def _page_of_one(
    capture: Capture,
    findings: Sequence[Finding],
    texts: dict[str, str],
    given: Given,
    reveal: bool | None,
    overhead_ns: int,
) -> Iterator[str]:
    """What happened, then what is wrong, then the evidence: exchanges, times, what was not understood."""
    shows_all = revealed(capture, reveal)
    links = Links(findings, file_of(capture))
    exchanges = "".join(
        sessions(capture, shows_all, Look(WIDTH, links.about, ""))
    )  # first: the others lead to it
    yield lines_html(row for row in summary(capture, shows_all) if row)
    yield _closed(capture, shows_all)
    yield contents(SECTIONS, findings)
    yield '<h2 id="happened">What happened</h2>'
    yield from happened(capture, given, shows_all, links)
    yield from findings_section(findings, texts, [capture], reveal, links)
    yield '<h2 id="exchanges">Exchanges</h2>'
    yield exchanges
    yield HOW_TO_SEE_MORE
    yield '<h2 id="time">Time</h2>'
    yield from times(capture, overhead_ns, links)
    yield from pictures(capture)
    yield '<h2 id="algorithms">Algorithms</h2>'
    yield links.linked(lines_html(digest(algorithms(capture))))
    yield '<h2 id="unknown">Not understood</h2>'
    yield from unknown(capture, shows_all)


def _page_of_several(
    captures: Sequence[Capture],
    findings: Sequence[Finding],
    texts: dict[str, str],
    given: Given,
    reveal: bool | None,
    draw: bool,
) -> Iterator[str]:
    """A row each, then what is wrong, then what happened where something is."""
    yield contents({"captures": "Captures", "findings": "Findings"}, findings)
    yield from overview(captures, findings, reveal)
    yield from findings_section(findings, texts, captures, reveal, Links())
    yield from details(captures, findings, given, reveal)
    if draw:
        yield from drawn(captures, reveal)


def contents(sections: dict[str, str], findings: Sequence[Finding]) -> str:
    """The sections of the page, and the rules that fail, each as a link."""
    parts = [link(target, title) for target, title in sections.items()]
    rows = []
    for (severity, rule), cases in failing_rules(findings).items():
        title = escape(f"{severity}: {rule} {cases[0].title}", "html")
        times = f" ({len(cases)} cases)" if len(cases) > 1 else ""
        rows.append(f"{link(rule_id(rule, severity), title)}{times}")
    return f"<p>{' · '.join(parts)}</p><nav>{'<br>'.join(rows)}</nav>"


def _closed(capture: Capture, reveal: bool) -> str:
    """How much of a capture is closed because the page may be handed on."""
    count = 0 if reveal else closed_bytes(capture.exchanges)
    if not count:
        return ""
    return (
        f"<p>This page may be handed on: {counted(count, 'byte')} that no row explains, or lets be "
        "shared, are closed (<code>*</code>). <code>--reveal</code> opens them.</p>"
    )
