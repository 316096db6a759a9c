# SPDX-License-Identifier: MIT
"""Everything as HTML that an untrusted notebook shows too: inline styles, <details>, <mark>, and nothing that runs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch
from itertools import count
from typing import Any

from ..core.escape import escape
from ..core.model import Capture, Exchange, Node, Session
from ..share.masking import Shown, revealed, shown
from . import text as display
from .text import FOLDED, MAX_NODES, MAX_ROWS, MAX_TEXT, lines_html, more

MAX_HTML = 2_000_000
MAX_DEPTH = 32
_MONO = "font-family:monospace"
_MARK = "background:#56B4E955;color:inherit;margin-right:2px"
_WRAP = "overflow-wrap:anywhere"


@singledispatch
def html(thing: Any, reveal: bool | None = None) -> str:
    """HTML of a capture, session, exchange, node or finding."""
    return lines_html(display.text(thing, reveal).split("\n"))


@html.register
def _(thing: Capture, reveal: bool | None = None) -> str:
    reveal = revealed(thing, reveal)
    return lines_html(filter(None, display.summary(thing))) + "".join(sessions(thing, reveal))


def sessions(capture: Capture, reveal: bool) -> Iterator[str]:
    """The sessions of a capture with their exchanges, cut off after so many exchanges or characters."""
    left, size = MAX_ROWS, MAX_HTML
    for number, session in enumerate(capture.sessions):
        if left <= 0 or size < 0:
            yield lines_html(more(len(capture.sessions) - number, "session"))
            return
        part, shows = _session(session, reveal, left, size)
        left, size = left - max(shows, 1), size - len(part)
        yield part


@html.register
def _(thing: Session, reveal: bool | None = None) -> str:
    return _session(thing, bool(reveal), MAX_ROWS, MAX_HTML)[0]


@html.register
def _(thing: Exchange, reveal: bool | None = None) -> str:
    return _exchange(thing, bool(reveal), thing.duration_ns is not None, " open")


def _session(session: Session, reveal: bool, limit: int, size: int) -> tuple[str, int]:
    """A session, cut off after so many exchanges or characters; and how many exchanges are shown."""
    timed = display.is_timed(session.exchanges)
    rows: list[str] = []
    for exchange in session.exchanges[:limit]:
        rows.append(_exchange(exchange, reveal, timed))
        size -= len(rows[-1])
        if size < 0:
            break
    left = lines_html(more(len(session.exchanges) - len(rows)))
    if not session.exchanges:
        rows = [lines_html(display.frame_line(frame, reveal) for frame in session.frames[:limit])]
    head = escape(display.session_line(session), "html")
    return f"<details open><summary>{head}</summary>{''.join(rows)}{left}</details>", len(rows)


def _exchange(exchange: Exchange, reveal: bool, timed: bool, state: str = "") -> str:
    head = escape(display.line(exchange, reveal, timed), "html")
    parts = [f'<details{state} style="margin-left:1em"><summary style="{FOLDED}">{head}</summary>']
    for view in shown(exchange, reveal):
        parts += [
            f'<div style="margin-left:1em;{_MONO}">',
            *_nodes(view, view.node, 0, count(1)),
            "</div>",
        ]
    return "".join(parts) + "</details>"


def _nodes(view: Shown, node: Node, depth: int, numbers: Iterator[int]) -> Iterator[str]:
    """A node as nested details: one with parts shows them marked in its bytes, before the parts themselves."""
    number = next(numbers)
    if number >= MAX_NODES:
        yield "<div>...</div>" if number == MAX_NODES else ""
        return
    head = escape(display.node_line(view, node), "html")
    if not node.children or display.in_one_line(node) or depth > MAX_DEPTH:
        yield f'<div style="{_WRAP}">{head}</div>'
        return
    marks = "".join(_marked(view, child) for child in node.children[:MAX_ROWS])
    yield f'<details open><summary>{head}</summary><div style="{_WRAP}">{marks}</div>'
    yield '<div style="margin-left:1.5em">'
    for child in node.children[:MAX_NODES]:
        yield from _nodes(view, child, depth + 1, numbers)
    yield "</div></details>"


def _marked(view: Shown, child: Node) -> str:
    title = escape(f"{child.tag} {child.name}".strip(), "attribute")
    return f'<mark style="{_MARK}" title="{title}">{view.hex_of(child)[:MAX_TEXT]}</mark>'
