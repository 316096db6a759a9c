# SPDX-License-Identifier: MIT
"""Everything as HTML that an untrusted notebook shows too: inline styles, <details>, <mark>, and nothing that runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import singledispatch
from itertools import count
from typing import Any

from ..bare.model import Explanation
from ..core.escape import escape
from ..core.model import Capture, Exchange, Node, Session, record
from ..road.meaning import with_views
from ..share.masking import Shown, shown
from ..share.ours import revealed
from .bare import explanation_lines, head_lines, views
from .exchanges import frame_line, is_timed, line, session_line
from .lines import HANGING, MAX_ROWS, MAX_TEXT, NOTEBOOK, lines_html, more
from .summary import summary
from .text import SEE_CAPTURE, SEE_SESSION, text
from .trees import MAX_NODES, in_one_line, node_line, node_title

MAX_HTML = 2_000_000  # characters
MAX_DEPTH = 32
INDENTED = "margin-left:1em"
MONOSPACE = "font-family:monospace"
WRAPPED = "overflow-wrap:anywhere"
MARKED = "background:#56B4E955;color:inherit;margin-right:2px"
About = Callable[[Exchange], Iterable[str]]


def nothing_more(exchange: Exchange) -> Iterable[str]:
    """What is said about an exchange where nothing is beside its bytes."""
    return ()


@record
class Look:
    """How exchanges look: the columns of their lines, what is said beside their bytes, how to see the rest."""

    width: int = NOTEBOOK
    about: About = nothing_more
    rest: str = SEE_CAPTURE


IN_A_NOTEBOOK = Look()


@singledispatch
def html(thing: Any, reveal: bool | None = None) -> str:
    """HTML of a capture, session, exchange, node or finding."""
    return lines_html(text(thing, reveal, NOTEBOOK).split("\n"))


@html.register
@with_views
def _(thing: Capture, reveal: bool | None = None) -> str:
    shows_all = revealed(thing, reveal)
    head = [row for row in summary(thing, shows_all) if row]
    return lines_html(head) + "".join(sessions(thing, shows_all))


@html.register
@with_views
def _(thing: Session, reveal: bool | None = None) -> str:
    return _session(thing, bool(reveal), MAX_ROWS, MAX_HTML, Look(rest=SEE_SESSION))[0]


@html.register
@with_views
def _(thing: Exchange, reveal: bool | None = None) -> str:
    return _exchange(thing, bool(reveal), is_timed([thing]), is_open=True)


@html.register
def _(thing: Explanation, reveal: bool | None = None) -> str:
    if thing.parts:
        return "".join(html(part, reveal) for part in thing.parts)
    if not thing.readings:
        return lines_html(explanation_lines(thing, False))
    parts = [lines_html(head_lines(thing))]
    for reading in thing.readings:
        parts.append(lines_html(f"!! {remark}" for remark in reading.remarks))
        parts.append(f'<div style="{INDENTED};{MONOSPACE}">')
        numbers = count(1)
        for view in views(reading, bool(reveal)):
            parts += _nodes(view, view.node, 0, numbers)
        parts.append("</div>")
    return "".join(parts)


def sessions(capture: Capture, reveal: bool, look: Look = IN_A_NOTEBOOK) -> Iterator[str]:
    """The sessions of a capture with their exchanges, cut off after so many exchanges or characters."""
    rows_left, size_left = MAX_ROWS, MAX_HTML
    for number, session in enumerate(capture.sessions):
        if rows_left <= 0 or size_left < 0:
            yield lines_html(more(len(capture.sessions) - number, "session"))
            return
        part, shows = _session(session, reveal, rows_left, size_left, look)
        rows_left -= max(shows, 1)
        size_left -= len(part)
        yield part


def _session(session: Session, reveal: bool, limit: int, size: int, look: Look) -> tuple[str, int]:
    """A session, cut off after so many exchanges or characters; and how many exchanges are shown."""
    if session.exchanges:
        rows = _exchanges(session, reveal, limit, size, look)
    else:
        rows = [lines_html(frame_line(frame, reveal) for frame in session.frames[:limit])]
    head = escape(session_line(session), "html")
    rest = lines_html(more(len(session.exchanges) - len(rows), how=look.rest))
    return f"<details open><summary>{head}</summary>{''.join(rows)}{rest}</details>", len(rows)


def _exchanges(session: Session, reveal: bool, limit: int, size: int, look: Look) -> list[str]:
    timed = is_timed(session.exchanges)
    rows: list[str] = []
    for exchange in session.exchanges[:limit]:
        row = _exchange(exchange, reveal, timed, look)
        rows.append(row)
        size -= len(row)
        if size < 0:
            break
    return rows


def _exchange(
    exchange: Exchange,
    reveal: bool,
    timed: bool,
    look: Look = IN_A_NOTEBOOK,
    is_open: bool = False,
) -> str:
    state = " open" if is_open else ""
    head = escape(line(exchange, reveal, timed, look.width), "html")
    parts = [f'<details{state} style="{INDENTED}"><summary style="{HANGING}">{head}</summary>']
    parts += look.about(exchange)
    for view in shown(exchange, reveal):
        parts.append(f'<div style="{INDENTED};{MONOSPACE}">')
        parts += _nodes(view, view.node, 0, count(1))
        parts.append("</div>")
    parts.append("</details>")
    return "".join(parts)


def _nodes(view: Shown, node: Node, depth: int, numbers: Iterator[int]) -> Iterator[str]:
    """A node as nested details: one with parts shows them marked in its bytes, before the parts themselves."""
    number = next(numbers)
    if number >= MAX_NODES:
        if number == MAX_NODES:
            yield "<div>...</div>"
        return
    head = escape(node_line(view, node), "html")
    if not node.children or in_one_line(node) or depth > MAX_DEPTH:
        yield f'<div style="{WRAPPED}">{head}</div>'
        return
    marks = "".join(_mark(view, child) for child in node.children[:MAX_ROWS])
    yield f'<details open><summary>{head}</summary><div style="{WRAPPED}">{marks}</div>'
    yield '<div style="margin-left:1.5em">'
    for child in node.children[:MAX_NODES]:
        yield from _nodes(view, child, depth + 1, numbers)
    yield "</div></details>"


def _mark(view: Shown, node: Node) -> str:
    title = escape(node_title(node), "attribute")
    return f'<mark style="{MARKED}" title="{title}">{view.hex_of(node)[:MAX_TEXT]}</mark>'
