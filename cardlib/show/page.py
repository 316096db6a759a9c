# SPDX-License-Identifier: MIT
"""One page about captures: what they are, what happened, what is wrong and by which bytes, where time went.

The page is one file, runs no script, asks for nothing, prints well, and is masked like everything that is shown.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..core.escape import counted, escape
from ..core.model import Capture, record
from ..road.meaning import with_views
from ..rules import RULES, Given, Rule, check
from ..share.files import public_mode, write_file
from ..share.masking import closed_bytes, handing_on
from ..share.ours import revealed
from ..share.veil import Veil
from .cases import findings_section
from .findings import urgency
from .html import sessions
from .lines import lines_html
from .overview import details, drawn, overview
from .sections import happened, pictures, times, unknown
from .summary import summary

STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
h2{border-bottom:1px solid #999;margin-top:2rem}img{max-width:100%}mark{background:#FFD54F}
table{border-collapse:collapse}td,th{padding:2px 8px;text-align:left;vertical-align:top;border-bottom:1px solid #ccc}
code,pre{font-family:ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}
@media print{body{margin:0;max-width:none}article{break-inside:avoid}}"""
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
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
    names = ", ".join(Path(capture.path).name for capture in captures)
    sources = tuple(capture.path for capture in captures)
    title = f"Report: {names or 'nothing'}"
    for capture in captures:
        title = Veil(capture.exchanges, revealed(capture, reveal)).over(title)
    parts = [f"<h1>{escape(title, 'html')}</h1>"]
    if len(captures) > 1:
        parts += overview(captures, findings, reveal)
        parts += findings_section(findings, texts, captures, reveal)
        parts += details(captures, findings, given, reveal)
        if draw:
            parts += drawn(captures, reveal)
        return Report(title, "\n".join(parts), sources)
    for capture in captures:
        shows_all = revealed(capture, reveal)
        parts.append(lines_html(row for row in summary(capture, shows_all) if row))
        parts.append(_closed(capture, shows_all))
    parts += findings_section(findings, texts, captures, reveal)
    for capture in captures:
        parts += _about_capture(capture, given, reveal, overhead_ns)
    return Report(title, "\n".join(parts), sources)


def _closed(capture: Capture, reveal: bool) -> str:
    """How much of a capture is closed because the page may be handed on."""
    count = 0 if reveal else closed_bytes(capture.exchanges)
    if not count:
        return ""
    return (
        f"<p>This page may be handed on: {counted(count, 'byte')} that no row explains, or lets be "
        "shared, are closed (<code>*</code>). <code>--reveal</code> opens them.</p>"
    )


def _about_capture(
    capture: Capture, given: Given, reveal: bool | None, overhead_ns: int
) -> Iterator[str]:
    """The sections about one capture."""
    shows_all = revealed(capture, reveal)
    yield "<h2>What happened</h2>"
    yield from happened(capture, given, shows_all)
    yield "<h2>Time</h2>"
    yield from times(capture, overhead_ns)
    yield from pictures(capture)
    yield "<h2>Exchanges</h2>"
    yield "".join(sessions(capture, shows_all))
    yield HOW_TO_SEE_MORE
    yield "<h2>Not understood</h2>"
    yield from unknown(capture, shows_all)
