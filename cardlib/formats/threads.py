# SPDX-License-Identifier: MIT
"""Logs of several threads, processes or readers: the lane that each line belongs to, and the clock that it goes by."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.model import Clock, Session
from .lines import number_of, stamp_of

_MAX_THREADS = 1000
Groups = dict[str, str | None]  # what a rule found in a line, by name


class Lanes:
    """A head stands before a frame wherever the lane is another than before; one that is known is resumed.

    A lane is a reader where the log tells its number, else a thread. The thread of a daemon that tells an ATR and
    sends nothing stands for a card: who speaks first after it, or anybody if there is no other such thread, speaks to
    that card. With several such threads that is a `guess`.
    """

    def __init__(self, clock: Clock, resolution: str = "") -> None:
        self.clock, self.now, self.count, self.guess = clock, "", 0, ""
        self.more = (("resolution", resolution),) if resolution else ()
        self.lanes: dict[str, str] = {}  # by thread
        self.cards: dict[str, bool] = {}  # by thread that told an ATR: whether somebody spoke to this card

    def go(self, lane: str) -> Iterator[Session]:
        """What comes next is of this lane."""
        if lane != self.now:
            yield Session(0, clock=self.clock, meta=(("lane", lane), *self.more))
        self.now = lane

    def enter(self, who: str, is_atr: bool = False) -> Iterator[Session]:
        """What comes next was told by this thread; where it has no name, the lane stays."""
        if len(self.lanes) > _MAX_THREADS:
            self.lanes.clear()
            self.cards.clear()
        if who and who not in self.lanes:
            self.lanes[who] = f"thread {who}" if is_atr else self._card_for(who)
        lane = self.lanes.get(who, self.now)
        if is_atr and lane == f"thread {who}":
            self.cards[who] = False
        elif not is_atr:
            self.cards.pop(who, None)
        yield from self.go(lane)

    def _card_for(self, who: str) -> str:
        free = [thread for thread, used in self.cards.items() if not used]
        if not free and len(self.cards) == 1:
            free = list(self.cards)
        if not free:
            return f"thread {who}"
        self.cards[free[-1]] = True
        if len(self.cards) > 1:
            self.guess = (
                f"which of {len(self.cards)} cards thread {who} speaks to is guessed: the log tells no (lun: ...)"
            )
        return self.lanes[free[-1]]

    def back(self, who: str) -> Iterator[Session]:
        """What comes next concerns this thread, if it is known."""
        if who in self.lanes:
            yield from self.go(self.lanes[who])

    def begin(self, who: str, reader: str) -> Iterator[Session]:
        """A session begins: the thread is connected to a reader."""
        self.count += 1
        self.now = f"thread {who}, connection {self.count}" if who else ""
        if who:
            self.lanes[who] = self.now
        meta = (("lane", self.now) if who else ("", ""), ("reader", reader))
        yield Session(0, clock=self.clock, meta=tuple(one for one in meta if one[1]))


class Times:
    """The clock of a log: stamps, and sums of what has passed. Sums of round trips are those of each thread."""

    def __init__(self, clock: Clock, sticky: bool, saturated: str) -> None:
        self.is_sum, self.sticky, self.saturated = clock == "round-trip", sticky, saturated
        self.untimed = False
        self.sums: dict[str, int | None] = {}
        self.stamps: dict[str, int | None] = {}

    def tick(self, who: str, groups: Groups) -> bool:
        """Take the times of a line: `at_...` is a stamp, `plus_...` what has passed. False: it is saturated."""
        stamp: int | None = None
        self.untimed = self.untimed or groups.get("untimed") is not None
        for name, value in groups.items():
            mode, _, unit = name.partition("_")
            if value is None or mode not in ("at", "plus"):
                continue
            if value == self.saturated:
                self.sums[self._key(who)] = None
                return False
            if mode == "at":
                stamp = stamp_of(value) if unit == "clock" else number_of(value, unit) + (stamp or 0)
                if len(self.stamps) > _MAX_THREADS:
                    self.stamps.clear()
                self.stamps[who] = stamp
            elif (passed := self.sum(who)) is not None:
                self.sums[self._key(who)] = passed + number_of(value, unit)
        return True

    def _key(self, who: str) -> str:
        return who if self.is_sum else ""

    def sum(self, who: str) -> int | None:
        """What has passed until now; None: nobody knows."""
        return self.sums.get(self._key(who), 0)

    def last(self, who: str) -> int | None:
        """The time of the last line of a thread that has one."""
        return self.sum(who) if self.is_sum else self.stamps.get(who)

    def restart(self, who: str) -> bool:
        """Count from 0 again where nobody knows what has passed; whether that was so."""
        lost = self.sum(who) is None
        if lost:
            self.sums[self._key(who)] = 0
        return lost

    def now(self, who: str, groups: Groups) -> int | None:
        """The time of the line with these groups."""
        stamped = [name for name, value in groups.items() if value is not None and name.startswith(("at_", "plus_"))]
        if self.is_sum or any(name.startswith("plus_") for name in stamped):
            return self.sum(who)
        return self.stamps.get(who) if (stamped or self.sticky) and not self.untimed else None

    def end(self, groups: Groups) -> int | None:
        """When what a line tells was over (`end_UNIT`)."""
        ends = (number_of(value, name[4:]) for name, value in groups.items() if value and name.startswith("end_"))
        return None if self.untimed else next(ends, None)
