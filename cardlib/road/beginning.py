# SPDX-License-Identifier: MIT
"""Captures that begin in the middle: what follows may show which application was selected before.

Evidence that comes later counts too: a log that begins with READ RECORD is of a payment when GENERATE AC follows. The
first exchanges of a session are held back, a bounded number, until a command says whose they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..apps import claimed_by
from ..apps.instructions import SELECT
from ..core.blocks import Pair
from ..core.model import Context, Frame, Problem, Session, record

MAX_HELD = 64  # items that are held back

Item = Pair | Frame | Session | Problem


@record
class Assumed:
    """Before the first exchange of a session: the application that is assumed from what follows."""

    application: str


def look_ahead(items: Iterable[Item], dictionaries: tuple[str, ...]) -> Iterator[Item | Assumed]:
    """The same items; where a session begins without SELECT and a later command is claimed, an Assumed before them."""
    context = Context(dictionaries=dictionaries)
    waiting = True
    pending: list[Item] = []
    for item in items:
        if _begins_session(item):
            yield from pending
            pending, waiting = [], True
            yield item
            continue
        if not waiting:
            yield item
            continue
        pending.append(item)
        application = _claim(item, context)
        if application and len(pending) > 1:
            yield Assumed(application)
        if application or _decides(item) or len(pending) >= MAX_HELD:
            yield from pending
            pending, waiting = [], False
    yield from pending


def _begins_session(item: Item) -> bool:
    return isinstance(item, Session) or (isinstance(item, Frame) and item.kind in ("atr", "ats"))


def _claim(item: Item, context: Context) -> str:
    if not isinstance(item, Pair) or item.command is None:
        return ""
    return claimed_by(item.command, context)


def _decides(item: Item) -> bool:
    """Whether nothing that follows can tell about what stands before: a SELECT, a hole."""
    if isinstance(item, Problem):
        return item.gap
    return isinstance(item, Pair) and (item.command is None or item.command.ins == SELECT)
