# SPDX-License-Identifier: MIT
"""Logs of modems: what they say of channels, applications and files becomes events and lanes.

A table of rules puts it into the notes of frames; here the notes become event frames that the fold
knows (core/notices), before the command that they are about. A channel that a log names has a lane
of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..core.apdu import LEFT_OUT
from ..core.codec import parse_hex
from ..core.facts import instruction_case
from ..core.model import ANY_CARD, Clock, Frame, Session
from ..core.notices import CLOSED, FILE, OPENED
from .lines import Item
from .numbers import EVENTS

_WRITES = 3  # the case of a command with data for the card only (ISO/IEC 7816-3, 12.1)
_WORDS = re.compile(r"(channel|aid|file) (\w{1,64})(?:, |$)")


def with_events(items: Iterable[Item]) -> Iterator[Item]:
    """The frames of a table, with an event before each command that needs one."""
    return _Noticing().read(items)


def by_channel(items: Iterable[Item], clock: Clock) -> Iterator[Item]:
    """The same, of a log whose sessions are its channels; all of them have this clock."""
    return _Noticing(clock).read(items)


class _Noticing:
    """Knows the lane, the application that was asked for, and what each lane was told last."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock  # of the sessions that channels open; None: they open none
        self.index = 0
        self.lane = ""
        self.asked: Frame | None = None
        self.latest_ns = 0
        self.is_write = False  # the last command has data, and its answer none
        self.last: dict[tuple[str, str], str] = {}  # by lane, and name of what was told

    def read(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items with events and lanes, the frames numbered anew."""
        for item in items:
            if isinstance(item, Session):
                yield from self._head(item)
            elif isinstance(item, Frame):
                yield from self._frame(item)
            else:
                if item.gap:  # what was told may not hold any more
                    self.last.clear()
                yield item
        yield from self._unanswered()

    def _head(self, head: Session) -> Iterator[Item]:
        if self.clock is None:
            self.lane = dict(head.meta).get("lane", "")
            yield head

    def _frame(self, frame: Frame) -> Iterator[Item]:
        words = dict(_WORDS.findall(frame.note))
        if self.clock is not None:
            frame = self._in_turn(self._complete(frame))
            if frame.sender != "card":
                yield from self._enter(words.get("channel", ""), self.clock)
        if frame.note.startswith(EVENTS["asked"]):
            yield from self._unanswered()
            self.asked = frame
        elif frame.note.startswith((EVENTS["granted"], EVENTS["closed"])):
            yield from self._opened_or_closed(frame, words)
        else:
            yield from self._unanswered()
            if frame.sender == "reader":
                yield from self._announce(frame, "aid", words, OPENED)
                yield from self._announce(frame, "file", words, FILE)
            yield self._numbered(frame)

    def _complete(self, frame: Frame) -> Frame:
        """A frame; the answer to a write lacks nothing where the log shows no data."""
        if frame.sender == "reader":
            self.is_write = _is_write(frame.data)
        elif self.is_write and frame.note == LEFT_OUT:
            return replace(frame, note="")
        return frame

    def _in_turn(self, frame: Frame) -> Frame:
        """A frame; a command that was waiting while others went has no time of its own."""
        if frame.time_ns is None:
            return frame
        if frame.time_ns < self.latest_ns:
            return replace(frame, time_ns=None)
        self.latest_ns = frame.time_ns
        return frame

    def _enter(self, channel: str, clock: Clock) -> Iterator[Item]:
        """Go on with the lane of a channel; the basic one has no number."""
        lane = "basic channel"
        if channel:
            lane = f"channel {channel}"
        if lane != self.lane:
            self.lane = lane
            yield Session(0, clock=clock, meta=(("lane", lane),))

    def _opened_or_closed(self, frame: Frame, words: dict[str, str]) -> Iterator[Item]:
        """The event of a channel; that it was opened stands with the AID that was asked for."""
        asked = self.asked
        self.asked = None
        for key in list(self.last):
            if key[0] == self.lane:
                del self.last[key]
        if frame.note.startswith(EVENTS["closed"]):
            yield self._numbered(replace(frame, data=b"", note=CLOSED))
        elif asked is None:
            yield self._numbered(frame)
        else:
            opened = replace(frame, data=asked.data, note=OPENED, start=asked.start)
            yield self._numbered(opened)

    def _unanswered(self) -> Iterator[Item]:
        """A channel that was asked for and not granted."""
        if self.asked:
            yield self._numbered(self.asked)
            self.asked = None

    def _announce(
        self, frame: Frame, name: str, words: dict[str, str], note: str
    ) -> Iterator[Item]:
        """An event for what a command says of its application or file, if the lane was not told."""
        value = words.get(name, "")
        data = parse_hex(value)
        if not data or self.last.get((self.lane, name)) == value:
            return
        self.last[self.lane, name] = value
        event = replace(frame, sender="none", kind="event", data=data, note=note, end_ns=None)
        yield self._numbered(event)

    def _numbered(self, frame: Frame) -> Frame:
        numbered = replace(frame, index=self.index)
        self.index += 1
        return numbered


def _is_write(command: bytes) -> bool:
    if len(command) < 2:
        return False
    return instruction_case(command[0], command[1], ANY_CARD, "telecom") == _WRITES
