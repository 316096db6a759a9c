# SPDX-License-Identifier: MIT
"""An algorithm as a session shows it, and what it is worth: rows of `strengths.toml`."""

from __future__ import annotations

import functools
from dataclasses import field
from pathlib import Path
from typing import Any, Literal

from ...core.model import Evidence, record
from ...core.registers import MEMORY_MARK, parse

_FILE = Path(__file__).with_name("strengths.toml")
How = Literal["used", "offered"]
UNKNOWN = "not known"


@record
class Use:
    """An algorithm at work, or on offer: what for, with how many bits of key (None where that cannot be seen)."""

    purpose: str
    algorithm: str
    bits: int | None
    evidence: Evidence = field(compare=False)
    how: How = "used"


@record
class Worth:
    """What an algorithm is worth with so many bits: `strength` as a power of two, and who trusts it until when.

    `nist` and `bsi` have a mark behind them where they were compared with no text.
    """

    strength: int | None
    nist: str
    bsi: str
    quantum: bool | None
    ref: str


@record
class Algorithm:
    """One row of the inventory: an algorithm in a session, how often it was seen, and what it is worth."""

    session: int
    use: Use
    count: int
    worth: Worth

    @property
    def title(self) -> str:
        """Algorithm and bits in words."""
        if self.use.bits is None:
            return self.use.algorithm
        return f"{self.use.algorithm} {self.use.bits}"


@functools.cache
def _rows() -> dict[str, Any]:
    rows: dict[str, Any] = parse(_FILE)["algorithms"]
    return rows


def worth_of(algorithm: str, bits: int | None) -> Worth:
    """What the tables say; without the length of the key only what holds for all lengths."""
    row = _rows().get(algorithm)
    if row is None:
        return Worth(None, UNKNOWN, UNKNOWN, None, "")
    quantum = bool(row.get("quantum"))
    reached = None
    if bits is None:
        reached = row["rows"][0] if len(row["rows"]) == 1 else None
    else:
        for entry in row["rows"]:
            if entry[0] <= bits:
                reached = entry
    if reached is None:
        return Worth(None, UNKNOWN, UNKNOWN, quantum, row["ref"])
    _, strength, nist, bsi = reached
    nist, bsi = _marked(row, "nist", nist), _marked(row, "bsi", bsi)
    return Worth(strength, nist, bsi, quantum, row["ref"])


def _marked(row: dict[str, Any], column: str, text: str) -> str:
    """What a column says, with its mark where it is from memory."""
    if column in row.get("memory", ()):
        return text + MEMORY_MARK
    return text
