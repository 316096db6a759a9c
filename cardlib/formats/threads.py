# SPDX-License-Identifier: MIT
"""Logs of several threads, processes or readers: the lane that each line belongs to."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.model import Clock, Session

_MAX_THREADS = 1000


class Lanes:
    """Puts the head of a session before each frame of another lane; a known lane is resumed.

    A lane is a reader where the log has its number, else a thread. The thread of a daemon that logs
    an ATR and sends nothing stands for a card: who speaks first after it, or anybody if there is no
    other such thread, speaks to that card. With several such threads that is a `guess`.
    """

    def __init__(self, clock: Clock, resolution: str = "") -> None:
        self.clock = clock
        self.now = ""
        self.connections = 0
        self.guess = ""
        self.more_meta: tuple[tuple[str, str], ...] = ()
        if resolution:
            self.more_meta = (("resolution", resolution),)
        self.lanes: dict[str, str] = {}  # by thread
        self.cards: dict[str, bool] = {}  # by thread that logged an ATR: has anybody spoken to it?

    def go(self, lane: str) -> Iterator[Session]:
        """What comes next is of this lane."""
        if lane != self.now:
            yield Session(0, clock=self.clock, meta=(("lane", lane), *self.more_meta))
        self.now = lane

    def enter(self, who: str, is_atr: bool = False) -> Iterator[Session]:
        """What comes next is of this thread; where it has no name, the lane stays."""
        if len(self.lanes) > _MAX_THREADS:
            self.lanes.clear()
            self.cards.clear()
        if who and who not in self.lanes:
            if is_atr:
                self.lanes[who] = f"thread {who}"
            else:
                self.lanes[who] = self._card_for(who)
        lane = self.lanes.get(who, self.now)
        if not is_atr:
            self.cards.pop(who, None)
        elif lane == f"thread {who}":
            self.cards[who] = False
        yield from self.go(lane)

    def _card_for(self, who: str) -> str:
        """The lane of the card that a new thread speaks to."""
        threads = [thread for thread, is_used in self.cards.items() if not is_used]
        if not threads and len(self.cards) == 1:
            threads = list(self.cards)
        if not threads:
            return f"thread {who}"
        latest = threads[-1]
        self.cards[latest] = True
        if len(self.cards) > 1:
            self.guess = (
                f"which of {len(self.cards)} cards thread {who} speaks to is guessed: "
                "the log tells no (lun: ...)"
            )
        return self.lanes[latest]

    def back(self, who: str) -> Iterator[Session]:
        """What comes next concerns this thread, if it is known."""
        if who in self.lanes:
            yield from self.go(self.lanes[who])

    def begin(self, who: str, reader: str) -> Iterator[Session]:
        """A session begins: the thread is connected to a reader."""
        self.connections += 1
        self.now = ""
        meta: list[tuple[str, str]] = []
        if who:
            self.now = f"thread {who}, connection {self.connections}"
            self.lanes[who] = self.now
            meta.append(("lane", self.now))
        if reader:
            meta.append(("reader", reader))
        yield Session(0, clock=self.clock, meta=tuple(meta))
