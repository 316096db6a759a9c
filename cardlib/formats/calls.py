# SPDX-License-Identifier: MIT
"""Calls of a program to PC/SC: what their lines say about the lines that follow."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from ..core.model import Sender
from .clocks import Groups
from .rules import Rule

_MAX_THREADS = 1000
_LINES_OF_COMMAND = 6  # in a call of SCardTransmit, what comes later is the answer


class Calls:
    """The call that each thread is in, and the size that it announced."""

    def __init__(self) -> None:
        self.senders: dict[str, Sender] = {}
        self.line_counts: Counter[str] = Counter()
        self.sizes: dict[str, int] = {}
        self.announced: int | None = None  # by the line before, of the same thread

    def next_line(self, who: str) -> None:
        """A line of this thread comes."""
        self.announced = self.sizes.pop(who, None)
        if who in self.line_counts:
            self.line_counts[who] += 1

    def sender(self, who: str) -> Sender:
        """Whose bytes stand in this call; those of no call are traffic."""
        return self.senders.get(who, "reader")

    def begin(self, who: str, sender: Sender) -> None:
        """A call begins."""
        self.senders[who] = sender
        self.line_counts[who] = 0

    def announce(self, who: str, groups: Groups) -> None:
        """The next rows have this size."""
        size = int(groups.get("size") or 0)
        self.sizes[who] = size or int(groups.get("xsize") or "0", 16)

    def forget_many(self) -> None:
        """Of too many threads nothing is known."""
        if len(self.line_counts) + len(self.sizes) > _MAX_THREADS:
            self.line_counts.clear()
            self.senders.clear()
            self.sizes.clear()

    def rule_here(self, who: str, rule: Rule) -> Rule:
        """A rule as it counts in the call that its thread is in."""
        call = self.sender(who)
        if rule.kind == "tpdu":  # a unit that holds both
            return rule
        if rule.kind == "block" and rule.sender == "both":
            return replace(rule, sender=call)
        if call == "reader":
            if rule.sender != "both":
                return rule
            if self.line_counts[who] > _LINES_OF_COMMAND:
                return replace(rule, sender="card")
            return replace(rule, sender="reader")
        if rule.kind != "apdu":
            return rule
        # Bytes of another call than one that transmits.
        if call == "card":
            return replace(rule, sender=call, kind="status")
        return replace(rule, sender=call, kind="skip")
