# SPDX-License-Identifier: MIT
"""What the caller says about a log before it is read."""

from __future__ import annotations

from ...core.model import Sender, record


@record
class Hints:
    """Texts in front of halves: lines that hold one of them go to the card, or come from it."""

    to_card: tuple[str, ...] = ()
    from_card: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.to_card or self.from_card)

    def mark_in(self, text: str) -> tuple[Sender, str] | None:
        """Who sends what stands behind the first of these texts in a line, and what that is."""
        best: tuple[int, Sender, str] | None = None
        senders: tuple[tuple[Sender, tuple[str, ...]], ...] = (
            ("reader", self.to_card),
            ("card", self.from_card),
        )
        for sender, hints in senders:
            for hint in hints:
                at = text.find(hint)
                if at >= 0 and (best is None or at < best[0]):
                    best = (at, sender, text[at + len(hint) :].lstrip(" :=\t"))
        if best is None:
            return None
        return best[1], best[2]


NO_HINTS = Hints()
