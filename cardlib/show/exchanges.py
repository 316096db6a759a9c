# SPDX-License-Identifier: MIT
"""An exchange, a frame, a session: each in one aligned line."""

from __future__ import annotations

from collections.abc import Iterable

from ..apps import iso7816
from ..core.atr import describe_card
from ..core.codec import to_hex
from ..core.escape import counted, cut, escape
from ..core.model import Exchange, Frame, Session
from ..road.meaning import name
from ..share.masked_frames import frame_note
from ..share.masking import shown
from .gist import gist
from .lines import NOTEBOOK, WIDTH, duration

LEAST_WIDTH = 80
NAME_WIDTH = 24
NOTE_WIDTH = 44
ASKED_WIDTH = {True: 26, False: 38}  # beside a time, and without; at the usual width
# In a notebook, and on whatever is narrower than a page
NARROW_NAME_WIDTH = 22
NARROW_ASKED_WIDTH = {True: 18, False: 24}
MOST_INDENT = 4  # of a line in an act
MAX_FRAME = 24  # bytes of a frame
# How the notes of radio frames begin that say what kind of card it is, and nothing of a single card
IMPERSONAL = ("REQA", "WUPA", "ATQA", "SAK", "HLTA", "RATS", "REQB", "ACTALL", "IDENTIFY")


def line(exchange: Exchange, reveal: bool = False, timed: bool = True, width: int = WIDTH) -> str:
    """An exchange in one aligned line: number, time if asked for, command, what it asks, status, what came."""
    width = max(width, LEAST_WIDTH)
    name_width = NAME_WIDTH
    asked_width = ASKED_WIDTH[timed] + (width - WIDTH) * 2 // 5
    if width < WIDTH - MOST_INDENT:
        name_width = NARROW_NAME_WIDTH
        asked_width = NARROW_ASKED_WIDTH[timed] + (width - NOTEBOOK) * 2 // 5
    asked, answered = gist(exchange, shown(exchange, reveal))
    columns = [
        f"{cut(name(exchange), name_width):{name_width}}",
        f"{cut(asked, asked_width):{asked_width}}",
        _status_word(exchange),
        answered,
    ]
    if timed:
        columns.insert(0, f"{duration(exchange.duration_ns):>8}")
    mark = "?" if is_unsure(exchange) else " "
    row = f"{exchange.index:>5}{mark} {'  '.join(columns)}"
    return cut(escape(row).rstrip(), width)


def is_timed(exchanges: Iterable[Exchange]) -> bool:
    """Whether there is a duration to show."""
    return any(exchange.duration_ns is not None for exchange in exchanges)


def is_unsure(exchange: Exchange) -> bool:
    """Whether the meaning of a command depends on what is not known; that of SELECT by name never does."""
    if exchange.command is not None and exchange.command.ins == iso7816.SELECT:
        return False
    return exchange.context.how in ("unknown", "assumed")


def _status_word(exchange: Exchange) -> str:
    response = exchange.response
    if response and response.sw is None and response.protocol != "apdu":
        return f"{response.status or 'ok':4}"
    if response is None or response.sw is None:
        return "----"
    return f"{response.sw:04X}"


def frame_line(frame: Frame, reveal: bool) -> str:
    """A frame that belongs to no exchange in one line; its bytes if all may be seen, or none can tell whose it is."""
    content = counted(len(frame.data), "byte")
    if reveal or frame.note.startswith(IMPERSONAL):
        content = to_hex(frame.data[:MAX_FRAME])
    note = cut(frame_note(frame, reveal) or frame.kind, NOTE_WIDTH)
    return escape(f"       {frame.sender:6}  {note:{NOTE_WIDTH}}  {content}")


def session_line(session: Session) -> str:
    """A session in one line."""
    return f"{session_name(session)}, {counted(len(session.exchanges), 'exchange')}"


def session_name(session: Session) -> str:
    """The head of a session of which the exchanges are not counted yet."""
    return f"session {session.index}: {describe_card(session.atr)}, clock {session.clock}"
