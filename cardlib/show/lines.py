# SPDX-License-Identifier: MIT
"""Lines for people: how they are counted, marked, cut, and folded where the page ends."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

from ..core.escape import counted, cut, escape
from ..core.model import Evidence

MAX_ROWS = 200
MAX_TEXT = 400
MAX_PLACES = 8
WIDTH = 110  # columns of a page or a pipe
NOTEBOOK = 88  # columns of a print in JupyterLab, in a window of 1280 pixels
HANGING = (
    "font:90% monospace;white-space:pre-wrap;overflow-wrap:anywhere;"
    "padding-left:4em;text-indent:-4em"
)
# What stands before the text of a line, and below which nothing of its text hangs: a mark, a verdict.
_MARK = re.compile(
    r"^ {0,9}(=>|!!|ok|-|card: |[A-Z-]{4,15} {1,12})  ?(?=\S)"
    r"|^[A-Z-]{4,16} {1,12}(?=\S)"
)


def duration(ns: float | None) -> str:
    """A duration for a person: "12.3 ms"; empty where the clock does not know."""
    if ns is None:
        return ""
    if ns < 1_000_000_000:
        return f"{ns / 1e6:.1f} ms"
    return f"{ns / 1e9:.2f} s"


def more(count: int, noun: str = "exchange", how: str = "") -> list[str]:
    """A last line that says how many there are that are not shown, and how to see them; none if all are."""
    if count <= 0:
        return []
    return [f"  ... {counted(count, f'more {noun}')}{how}"]


def marked(mark: str, text: str) -> str:
    """A line of escaped text behind its mark."""
    return mark + escape(cut(text, MAX_TEXT))


def places(evidence: Sequence[Evidence]) -> str:
    """Where a claim can be seen: " [exchange 3 response 2..4]", with files where there are several."""
    names_files = len({place.file for place in evidence}) > 1
    bytes_of: dict[str, list[str]] = {}
    for place in sorted(set(evidence), key=_place_order)[:MAX_PLACES]:
        half = f"exchange {place.exchange} {place.side}"
        if names_files:
            half = f"{place.file} {half}"
        stretches = bytes_of.setdefault(half, [])
        if place.stop > place.start:
            stretches.append(f"{place.start}..{place.stop}")
    if not bytes_of:
        return ""
    halves = [" ".join([half, *stretches]) for half, stretches in bytes_of.items()]
    return f" [{', '.join(halves)}]"


def _place_order(place: Evidence) -> tuple[str, int, str, int]:
    return place.file, place.exchange, place.side, place.start


def folded(row: str, width: int = WIDTH) -> list[str]:
    """A line as several that fit, all but the first hanging under what stands behind its mark."""
    if len(row) <= width:
        return [row]
    indent = " " * _hang(row)
    return textwrap.wrap(row, width, subsequent_indent=indent, break_on_hyphens=False)


def _hang(row: str) -> int:
    """The column under which the rest of a line hangs: behind its mark, or a little further in than its beginning."""
    mark = _MARK.match(row)
    if mark:
        return mark.end()
    return len(row) - len(row.lstrip()) + 4


def fold(rows: Iterable[str], width: int = WIDTH) -> str:
    """Lines as one text, each folded where the page ends."""
    return "\n".join(part for row in rows for part in folded(row, width))


def scrolling(rows: str) -> str:
    """A table of these rows, which scrolls in itself where it is too wide."""
    return f'<div style="overflow-x:auto"><table>{rows}</table></div>'


def lines_html(rows: Iterable[str]) -> str:
    """Lines for HTML, folded where the page ends, each hanging under its beginning."""
    divisions = [f"<div>{escape(row, 'html') or '<br>'}</div>" for row in rows]
    if not divisions:
        return ""
    return f'<div style="{HANGING}">{"".join(divisions)}</div>'
