# SPDX-License-Identifier: MIT
"""What a redaction did, for the reader of its output."""

from __future__ import annotations

from collections import Counter
from dataclasses import field

from ..core.model import record
from .known import Known

DROPPED, COPIED, MADE = 0, 1, 2  # how a byte of the output came there
BESIDE = "when it was, who made it, notes, times beside"
STAYS = "amounts, dates and times, countries, counters, and the expiry date of a card"


@record
class Manifest:
    """What was done: bytes copied, made up and dropped; how often what was replaced; what can no longer be checked."""

    frames: int
    copied: int
    made: int
    dropped: int
    replaced: tuple[tuple[str, int], ...]
    unchecked: tuple[str, ...]

    def __str__(self) -> str:
        replaced = ", ".join(f"{title} {count} x" for title, count in self.replaced)
        counts = f"{self.copied} bytes copied, {self.made} made up, {self.dropped} blank"
        rows = [
            f"{self.frames} frames: {counts}",
            f"  replaced: {replaced or 'nothing'}",
            f"  stays: {STAYS}",
        ]
        rows.extend(f"  no longer: {text}" for text in self.unchecked)
        return "\n".join(rows)


@record
class Work:
    """The state of one redaction: the key, what must not come out, and what was done so far.

    `lost` has, in the order in which it was met, what can no longer be checked.
    """

    key: bytes = field(repr=False)
    secrets: Known = field(repr=False)
    replaced: Counter[str] = field(default_factory=Counter)
    lost: dict[str, None] = field(default_factory=dict)
    bytes_of: Counter[int] = field(default_factory=Counter)

    def manifest(self, frames: int) -> Manifest:
        """What was done."""
        counts = self.bytes_of
        return Manifest(
            frames,
            counts[COPIED],
            counts[MADE],
            counts[DROPPED],
            tuple(sorted(self.replaced.items())),
            (*self.lost, BESIDE),
        )
