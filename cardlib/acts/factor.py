# SPDX-License-Identifier: MIT
"""A factor of authentication that a session showed: who or what proved itself, how, and on whose word."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from ..core.model import Evidence, record

FactorKind = Literal["card", "knowledge", "biometric", "device"]
# "proved": it stands under a key; "claimed": an answer in clear, the terminal or the device says so
FactorOutcome = Literal["proved", "claimed", "failed"]


@record
class Factor:
    """One statement about one factor; `tries` are those that the card has left, None where it does not say."""

    session: int
    kind: FactorKind
    outcome: FactorOutcome
    text: str
    evidence: tuple[Evidence, ...] = field(default=(), repr=False)
    tries: int | None = None

    @property
    def place(self) -> int:
        """The exchange that shows it first."""
        return self.evidence[0].exchange if self.evidence else 0
