# SPDX-License-Identifier: MIT
"""The order in which the frames of a log are given out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..core.model import Frame, Problem
from .clocks import Times
from .lines import Item
from .threads import Lanes

MAX_WAITING = 64  # threads


class Delivery:
    """A command waits for its answer, so that those of other threads do not come between."""

    def __init__(self, lanes: Lanes, times: Times) -> None:
        self.lanes = lanes
        self.times = times
        self.index = 0  # of the next frame
        self.waiting: dict[str, Frame] = {}  # by thread
        self.atrs: dict[str, bytes] = {}  # by lane

    def give(self, frame: Frame, who: str, is_status: bool) -> Iterator[Item]:
        """A frame of a thread; `is_status`: an ATR that may have been given out before."""
        if is_status and frame.data == self.atrs.get(self.lanes.lanes.get(who, "")):
            return
        if frame.kind == "atr" and self.times.restart(who):
            frame = replace(frame, time_ns=0)
        if frame.index != self.index:
            frame = replace(frame, index=self.index)
        self.index += 1
        is_apdu = frame.kind == "apdu"
        if not is_apdu:
            yield from self.flush()
        elif who in self.waiting:
            yield from self._put(self.waiting.pop(who), who)
        if is_apdu and frame.sender == "reader" and len(self.waiting) < MAX_WAITING:
            self.waiting[who] = frame
        else:
            yield from self._put(frame, who)

    def flush(self) -> Iterator[Item]:
        """The commands that wait, of all threads."""
        for who in list(self.waiting):
            yield from self.flush_thread(who)

    def flush_thread(self, who: str) -> Iterator[Item]:
        """The command of a thread, if one waits."""
        if who in self.waiting:
            yield from self._put(self.waiting.pop(who), who)

    def _put(self, frame: Frame, who: str) -> Iterator[Item]:
        """A frame, in the lane of its thread."""
        is_atr = frame.kind == "atr"
        yield from self.lanes.enter(who, is_atr)
        if self.lanes.guess:
            detail = self.lanes.guess
            yield Problem("guess", detail, frame.unit, frame.start, frame.stop, gap=False)
            self.lanes.guess = ""
        if is_atr:
            self.atrs[self.lanes.now] = frame.data
        yield frame
