# SPDX-License-Identifier: MIT
"""Everything as text, through one escape function and one mask. Output is bounded, a line of a dialogue is cut to fit.

Whatever a card says is text written by a stranger: `escape` is the only way out.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import singledispatch
from typing import Any

from ..acts import Act, Transaction, payment_act
from ..bare.model import Explanation
from ..core.activation import activation_node
from ..core.escape import cut, escape
from ..core.model import Capture, Exchange, Finding, Node, Proof, Session
from ..core.sequences import Listed
from ..road.meaning import with_views
from ..share.masking import Shown, shown, shown_node
from ..share.ours import revealed
from .acts import explained
from .bare import explanation_lines
from .exchanges import frame_line, is_timed, line, session_line
from .lines import MAX_ROWS, MAX_TEXT, NOTEBOOK, WIDTH, fold, more, places
from .summary import summary
from .trees import tree_rows

NO_EXCHANGE = "no exchange"
# How to see what a print leaves out
SEE_CAPTURE = ": capture[200:400], or cardlib.exchanges(capture)"
SEE_SESSION = ": cardlib.exchanges(session)"
SEE_SLICE = ": a shorter slice shows them"
BELOW = "      "  # the indent of a tree that stands below a line


@singledispatch
def text(thing: Any, reveal: bool | None = None, width: int = WIDTH) -> str:
    """Plain text of a capture, session, exchange, node, finding or transaction."""
    return escape(cut(str(thing), MAX_TEXT))


@text.register
@with_views
def _(thing: Capture, reveal: bool | None = None, width: int = WIDTH) -> str:
    return fold(rows(thing, revealed(thing, reveal), MAX_ROWS, width=width), width)


@text.register
@with_views
def _(thing: Session, reveal: bool | None = None, width: int = WIDTH) -> str:
    timed = is_timed(thing.exchanges)
    lines = [session_line(thing)]
    for exchange in thing.exchanges[:MAX_ROWS]:
        lines.append(line(exchange, bool(reveal), timed, width))
    lines += more(len(thing.exchanges) - MAX_ROWS, how=SEE_SESSION)
    return "\n".join(lines)


@text.register
@with_views
def _(thing: Listed, reveal: bool | None = None, width: int = WIDTH) -> str:  # type: ignore[type-arg]  # of any one
    timed = is_timed(thing)
    lines = [line(exchange, bool(reveal), timed, width) for exchange in thing[:MAX_ROWS]]
    lines += more(len(thing) - MAX_ROWS, how=SEE_SLICE)
    return "\n".join(lines) or NO_EXCHANGE


@text.register
@with_views
def _(thing: Exchange, reveal: bool | None = None, width: int = WIDTH) -> str:
    lines = [line(thing, bool(reveal), is_timed([thing]), width)]
    for view in shown(thing, bool(reveal)):
        lines += _below(view)
    return "\n".join(lines)


@text.register
def _(thing: Node, reveal: bool | None = None, width: int = WIDTH) -> str:
    return "\n".join(tree_rows(shown_node(thing, bool(reveal))))


@text.register
def _(thing: Finding, reveal: bool | None = None, width: int = WIDTH) -> str:
    head = f"{thing.verdict.upper():16} {thing.severity:8} {thing.rule:5} {thing.title}"
    return escape(f"{head}: {cut(thing.detail, MAX_TEXT)}{places(thing.evidence)}")


@text.register
def _(thing: Proof, reveal: bool | None = None, width: int = WIDTH) -> str:
    reason = f": {cut(thing.reason, MAX_TEXT)}" if thing.reason else ""
    return escape(f"{thing.verdict.upper():13} {thing.name}{reason}{places(thing.evidence)}")


@text.register
@with_views
def _(thing: Act, reveal: bool | None = None, width: int = WIDTH) -> str:
    return fold(explained(thing, bool(reveal), width), width)


@text.register
@with_views
def _(thing: Transaction, reveal: bool | None = None, width: int = WIDTH) -> str:
    return fold(explained(payment_act(thing), bool(reveal), width), width)


@text.register
def _(thing: Explanation, reveal: bool | None = None, width: int = WIDTH) -> str:
    return fold(explanation_lines(thing, bool(reveal)), width)


def printed(thing: Any, reveal: bool | None = None) -> str:
    """The text of a thing for a notebook: no line is longer than a cell of it is wide."""
    return fold(text(thing, reveal, NOTEBOOK).split("\n"), NOTEBOOK)


def rows(
    capture: Capture, reveal: bool, limit: int, trees: bool = False, width: int = WIDTH
) -> Iterator[str]:
    """A capture line by line: what matters first, then its exchanges, as lines or trees; about `limit` lines."""
    yield from summary(capture, reveal)
    hidden = yield from dialogue(capture, reveal, limit, trees, width)
    yield from more(hidden, how=SEE_CAPTURE)


def dialogue(
    capture: Capture, reveal: bool, limit: int, trees: bool = False, width: int = WIDTH
) -> Generator[str, None, int]:
    """The exchanges of a capture, as lines or trees, about `limit` lines; returns how many are left out."""
    timed = is_timed(capture.exchanges)
    has_heads = trees or len(capture.sessions) > 1
    has_frames = not capture.exchanges  # then they are all there is to show
    left, hidden = limit, 0
    for session in capture.sessions:
        if has_heads and left > 0:
            yield from _head(session, reveal, trees)
            left -= 1
        exchanges = session.exchanges[: max(left, 0)]
        for exchange in exchanges:
            yield text(exchange, reveal) if trees else line(exchange, reveal, timed, width)
        left -= len(exchanges)
        hidden += len(session.exchanges) - len(exchanges)
        if has_frames:
            frames = session.frames[: max(left, 0)]
            yield from (frame_line(frame, reveal) for frame in frames)
            left -= len(frames)
    return hidden


def _head(session: Session, reveal: bool, trees: bool) -> Iterator[str]:
    """A session in one line; with trees, the ATR or ATS that opened it too."""
    yield session_line(session)
    if not trees:
        return
    for frame in session.frames:
        if frame.kind in ("atr", "ats", "pps"):
            activation = activation_node(frame.kind, frame.data)
            yield from _below(shown_node(activation, reveal))


def _below(view: Shown) -> Iterator[str]:
    """A tree that stands below a line."""
    for row in tree_rows(view):
        yield BELOW + row
