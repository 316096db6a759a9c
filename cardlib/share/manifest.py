# SPDX-License-Identifier: MIT
"""What a redaction did, for the reader of its output."""

from __future__ import annotations

from collections import Counter
from dataclasses import field

from ..core.model import record
from .known import Known
from .madeup import RANGES

# How a byte of the output came there; KEPT: as it was, because it was made up before.
DROPPED, COPIED, MADE, KEPT = range(4)
BESIDE = "when it was, who made it, notes, times beside"
STAYS = "amounts, dates and times, countries, counters, and the expiry date of a card"


@record
class Manifest:
    """What was done: bytes as they were, made up and blanked; how often what was replaced, and what could stay.

    `kept` counts values that were made up before, and why they stay; `unchecked` names what can no longer be checked.
    """

    frames: int
    copied: int
    made: int
    dropped: int
    replaced: tuple[tuple[str, int], ...]
    unchecked: tuple[str, ...]
    kept: tuple[tuple[str, int], ...] = ()

    def __str__(self) -> str:
        counts = f"{self.copied} bytes copied, {self.made} made up, {self.dropped} blank"
        rows = [
            f"{self.frames} frames: {counts}",
            f"  replaced: {_counted(self.replaced) or 'nothing'}",
            f"  stays: {STAYS}",
        ]
        if self.kept:
            rows.append(f"  stays, as nobody has it: {_counted(self.kept)}")
        rows.extend(f"  no longer: {text}" for text in self.unchecked)
        return "\n".join(rows)


def _counted(counts: tuple[tuple[str, int], ...]) -> str:
    return ", ".join(f"{title} {count} x" for title, count in counts)


@record
class Work:
    """The state of one redaction: the key, what must not come out, and what was done so far.

    `lost` has, in the order in which it was met, what can no longer be checked; `kept` counts values that are made up
    already, by what they are and how such values begin. `how` says for each frame how its bytes came there.
    """

    key: bytes = field(repr=False)
    secrets: Known = field(repr=False)
    replaced: Counter[str] = field(default_factory=Counter)
    lost: dict[str, None] = field(default_factory=dict)
    kept: Counter[str] = field(default_factory=Counter)
    how: list[bytes] = field(default_factory=list)

    def replace(self, title: str, before: bytes, after: bytes) -> int:
        """Count a value that something made up stands for, or that was made up before; how it comes there."""
        if before != after:
            self.replaced[title] += 1
            return MADE
        self.kept[f"{title} {RANGES.get(title, '')}".strip()] += 1
        return KEPT

    def manifest(self, frames: int, bytes_of: Counter[int]) -> Manifest:
        """What was done, with the bytes by how they came there."""
        return Manifest(
            frames,
            bytes_of[COPIED],
            bytes_of[MADE],
            bytes_of[DROPPED],
            tuple(sorted(self.replaced.items())),
            (*self.lost, BESIDE),
            tuple(sorted(self.kept.items())),
        )


def changes(before: bytes, after: bytes, first: bytes, last: bytes) -> Counter[int]:
    """How many bytes of a frame are as they were, how many were blanked, and how many made up.

    `first` and `last` say how each byte came there in the first round of a redaction and in the last one, which finds
    what was made up already.
    """
    counts: Counter[int] = Counter()
    for old, new, first_how, last_how in zip(before, after, first, last, strict=True):
        if last_how == DROPPED and old != new:
            counts[DROPPED] += 1
        elif last_how != DROPPED and first_how == MADE:
            counts[MADE] += 1
        else:
            counts[COPIED] += 1
    return counts
