# SPDX-License-Identifier: MIT
"""Cards that a log shows without anybody speaking to them."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.model import Coverage, Frame
from .delivery import MAX_WAITING, Delivery
from .lines import Item


class Sightings:
    """ATRs that a program saw while it waited for a card.

    They are given out at the end of a log that holds no other frame: nobody knows which of the
    connections that follow is to that card.
    """

    def __init__(self, delivery: Delivery, coverage: Coverage) -> None:
        self.delivery = delivery
        self.coverage = coverage
        self.frames: dict[bytes, tuple[Frame, str]] = {}  # by ATR; with the thread

    def see(self, frame: Frame, who: str) -> None:
        """An ATR is seen by this thread, perhaps again."""
        if frame.data in self.frames or len(self.frames) >= MAX_WAITING:
            self.coverage.skip("log text", frame.stop - frame.start)
        else:
            self.frames[frame.data] = (frame, who)

    def end(self) -> Iterator[Item]:
        """The ATRs, where they are all that the log holds."""
        has_traffic = self.delivery.index > 0
        for frame, who in self.frames.values():
            size = frame.stop - frame.start
            if has_traffic:
                self.coverage.skip("log text", size)
            else:
                self.coverage.used += size
                yield from self.delivery.give(frame, who, is_status=True)
