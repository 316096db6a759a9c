# SPDX-License-Identifier: MIT
"""Frames that carry those of a card: CCID, NCI, PN53x, opened one after the other."""

from __future__ import annotations

from dataclasses import replace

from ..core.model import Coverage, Frame, Problem, Sender
from .rules import Unwrap

_MAX_BYTES = 1 << 17  # twice the longest APDU


class Carrier:
    """Opens frames, and keeps what came of a message in several of them."""

    def __init__(self, unwrap: Unwrap, coverage: Coverage) -> None:
        self.unwrap = unwrap
        self.coverage = coverage
        # By thread and sender: the bytes that came, and where the first of them stands.
        self.parts: dict[tuple[str, Sender], tuple[bytes, int]] = {}

    def open(self, frame: Frame, who: str) -> Frame | Problem | None:
        """What a frame holds; None: nothing of the card, or not all of it."""
        key = (who, frame.sender)
        earlier, start = self.parts.pop(key, (b"", frame.start))
        if len(earlier) > _MAX_BYTES:
            earlier = b""
        size = frame.stop - frame.start
        try:
            content = self.unwrap(frame.sender, earlier, frame.data)
        except ValueError as fault:
            move_to_damaged(self.coverage, size)
            raw = frame.data[:256]
            return Problem("damaged frame", str(fault), frame.unit, frame.start, frame.stop, raw)
        if isinstance(content, tuple):
            note = frame.note
            if len(content) == 4:
                note = content[3]
            sender, kind, data = content[:3]
            return replace(frame, sender=sender, kind=kind, data=data, start=start, note=note)
        self.coverage.used -= size
        if content is None:
            self.parts[key] = (earlier + frame.data, start)
            self.coverage.skip("part of a message", size)
            return None
        if earlier:
            self.parts[key] = (earlier, start)
        self.coverage.skip(content, size)
        return None

    def end(self, who: str, sender: Sender) -> Problem | None:
        """The message of which the rest will not come, if there is one."""
        part = self.parts.pop((who, sender), None)
        if part is None:
            return None
        data, start = part
        return Problem("damaged frame", "its end is missing", 0, start, start, data[:256])


def move_to_damaged(coverage: Coverage, size: int) -> None:
    """Bytes that were counted as used, or will be, are damaged."""
    coverage.used -= size
    coverage.damaged += size
