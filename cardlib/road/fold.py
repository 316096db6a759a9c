# SPDX-License-Identifier: MIT
"""Where a stream is: the session, the card, the clock, and what has been counted so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..core.atr import classify
from ..core.blocks import Pair
from ..core.model import Card, Clock, Exchange, Frame, Origin, Problem, Session, record
from ..crypto.keyring import Key
from .beginning import Assumed
from .follow import after, assume, before, begin, lost, met, noticed, reset

Item = Session | Exchange | Frame | Problem
MAX_PROBLEMS, MAX_KINDS, MAX_ACTIVATION, MAX_LANES = 1000, 100, 1000, 256
BACKWARDS = "times out of order"


@record
class Times:
    """Start, end and duration of an exchange, in nanoseconds from the first stamp of its session."""

    start: int | None = None
    end: int | None = None
    duration: int | None = None


NO_TIMES = Times()


class Lane:
    """One reader of a capture: its session, its card, the first stamp of the session and the last one."""

    def __init__(self, session: Session | None, card: Card) -> None:
        self.session = session
        self.card = card
        self.origin: int | None = None
        self.last = 0


class Fold:
    """The fold over what a file holds: numbers everything, opens sessions, gives each exchange its context."""

    def __init__(
        self,
        clock: Clock,
        dictionaries: tuple[str, ...],
        most_problems: int = MAX_PROBLEMS,
        keys: tuple[Key, ...] = (),
    ) -> None:
        self.clock = clock
        self.keys = keys
        self.most_problems = most_problems  # of a kind that are passed on
        self.dictionaries = dictionaries
        self.origin = Origin()
        self.exchanges = 0
        self.sessions = 0
        # A head; its first items will show an ATR, an ATS or none.
        self.waiting: Session | None = None
        self.activation: list[Frame] = []  # radio frames before the ATS
        self.lane = Lane(None, begin(dictionaries, keys))
        self.lane_name = ""  # of several readers in one capture, the one whose turn it is
        self.lanes: dict[str, Lane] = {}
        self.problems: dict[str, int] = {}

    def accept(self, item: Pair | Frame | Session | Problem | Assumed) -> Iterator[Item]:
        """What one more item of the file gives."""
        if isinstance(item, Pair):
            if self.lane.session is None or self.waiting:
                yield from self._open(None)
            yield from self._exchange(item)
        elif isinstance(item, Problem):
            yield from self.problem(item)
        elif isinstance(item, Session):
            if self.waiting:
                yield from self._open(None)
            yield from self._enter(item)
        elif isinstance(item, Frame):
            yield from self._frame(item)
        else:
            yield from self._ensure_session()
            self.lane.card = assume(self.lane.card, item.application)

    def problem(self, item: Problem) -> Iterator[Item]:
        """The first thousand problems of a kind pass, the rest are counted; a gap costs what was known."""
        if item.gap:
            self.lane.card = lost(self.lane.card)
        kind = item.kind
        if kind not in self.problems and len(self.problems) >= MAX_KINDS:
            kind = "other kinds"
        count = self.problems.get(kind, 0) + 1
        self.problems[kind] = count
        if count <= self.most_problems:
            yield item

    def end(self) -> Iterator[Item]:
        """A session that never had anything, and how many problems were not listed."""
        if self.waiting:
            yield from self._open(None)
        for kind, count in self.problems.items():
            if count > self.most_problems:
                detail = f"{count - self.most_problems} more of this kind are not listed"
                yield Problem(kind, detail, 0, 0, 0, gap=False)

    def _ensure_session(self) -> Iterator[Item]:
        if self.lane.session is None or self.waiting:
            yield from self._open(None)

    def _enter(self, head: Session) -> Iterator[Item]:
        """Begin a session; or, where it names a lane that was left before, go on with that one."""
        if len(self.lanes) < MAX_LANES or self.lane_name in self.lanes:
            self.lanes[self.lane_name] = self.lane
        self.lane_name = dict(head.meta).get("lane", "")
        if self.lane_name and self.lane_name in self.lanes:
            self.lane = self.lanes[self.lane_name]
            if self.lane.session:
                yield self.lane.session
            return
        self.lane = self._copy(self.lane)
        self.lane.card = begin(self.dictionaries, self.keys)
        self.waiting = head

    @staticmethod
    def _copy(lane: Lane) -> Lane:
        copy = Lane(lane.session, lane.card)
        copy.origin, copy.last = lane.origin, lane.last
        return copy

    def _open(self, frame: Frame | None) -> Iterator[Item]:
        """Open a session: with an ATR or ATS, after a head, or because there is none yet."""
        atr = _atr_of(frame)
        is_contactless = frame is not None and frame.kind == "ats"
        head = self.waiting or self._same_reader()
        if head.interface == "unknown":
            interface = "contactless" if is_contactless else classify(atr).interface
            head = replace(head, interface=interface)
        if atr is not None:
            self.lane.card = reset(atr, self.dictionaries, self.keys)
        session = replace(head, index=self.sessions, atr=atr)
        self.sessions += 1
        self.lane.session = session
        self.lane.origin = None
        self.waiting = None
        yield session
        activation, self.activation = self.activation, []
        for item in activation:
            yield from self._frame(item)

    def _same_reader(self) -> Session:
        """The head of a session without one: as the session before it in the same lane."""
        if self.lane.session and self.lane_name:
            return replace(self.lane.session, started=None)
        return Session(0, clock=self.clock)

    def _frame(self, item: Frame) -> Iterator[Item]:
        """A frame that is no half of an exchange; an ATR or ATS opens a session, with the activation before it."""
        if self.waiting and item.kind == "rf" and len(self.activation) < MAX_ACTIVATION:
            self.activation.append(item)
            return
        opens = item.kind in ("atr", "ats")
        if opens:
            yield from self._open(item)
        else:
            yield from self._ensure_session()
        if self.lane.origin is None and item.time_ns is not None:
            self.lane.origin = item.time_ns
            self.lane.last = item.time_ns
        if item.kind == "event":
            self.lane.card = noticed(self.lane.card, item)
        elif item.kind == "rf" and self.keys:
            self.lane.card = met(self.lane.card, item)
        yield item

    def _exchange(self, item: Pair) -> Iterator[Item]:
        """An exchange with the context that holds before it; what is wrong with its times stands before it."""
        lane = self.lane
        times = self._times(item)
        if isinstance(times, Problem):
            yield from self.problem(times)
            times = NO_TIMES
        context = before(lane.card, item.command, item.response)
        exchange = Exchange(
            self.exchanges,
            lane.session.index if lane.session else 0,
            item.command,
            item.response,
            times.start,
            times.end,
            times.duration,
            item.frames,
            context,
            self.origin,
        )
        self.exchanges += 1
        lane.card = after(lane.card, item.command, item.response, context)
        yield exchange

    def _times(self, item: Pair) -> Times | Problem:
        """Times from the first stamp of the session; a problem where the clock went back."""
        start, end = item.start_ns, item.end_ns
        first = start if start is not None else end
        final = end if end is not None else start
        if first is None or final is None:
            return NO_TIMES
        lane = self.lane
        if lane.origin is None:
            lane.origin = lane.last = first
        floor = max(lane.last, lane.origin)
        lane.last = final
        if not floor <= first <= final:
            frame, back = item.frames[-1], max(floor, first) - min(first, final)
            detail = f"stamped {back} ns before what came earlier: no times here"
            return Problem(BACKWARDS, detail, frame.unit, frame.start, frame.stop, gap=False)
        if start is None:
            return Times(end=final - lane.origin)
        if end is None:
            return Times(start - lane.origin)
        return Times(start - lane.origin, end - lane.origin, end - start)


def _atr_of(frame: Frame | None) -> bytes | None:
    """The ATR or ATS of the frame that opens a session; behind an ATS a CRC may stand."""
    if frame is None:
        return None
    if frame.kind != "ats":
        return frame.data
    return frame.data[: frame.data[0]] if frame.data else b""
