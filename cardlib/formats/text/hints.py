# SPDX-License-Identifier: MIT
"""What the caller says about a log before it is read."""

from __future__ import annotations

from ...core.model import record


@record
class Hints:
    """Texts in front of halves: lines that hold one of them go to the card, or come from it."""

    to_card: tuple[str, ...] = ()
    from_card: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.to_card or self.from_card)


NO_HINTS = Hints()
