# SPDX-License-Identifier: MIT
"""What one rule concluded, folded while it is made: a long capture repeats itself, the memory does not."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from ..core.model import Finding, Severity, Verdict

MOST_ALIKE = 32

Key = tuple[str, Verdict, Severity]  # the file is empty where no bytes show it


class Folded:
    """The findings of one rule in the order in which they were made.

    Of those with one verdict and severity about one file, the first few stand for themselves. Each of those that
    follow is counted in the one with the same text, or in the first of the others.
    """

    def __init__(self) -> None:
        self._findings: list[Finding] = []
        self._counts: list[int] = []
        self._alike: Counter[Key] = Counter()
        self._places: dict[tuple[Key, str], int] = {}
        self._rest: dict[Key, int] = {}

    def counts(self, key: Key, detail: str) -> bool:
        """Whether a finding was counted in another; else it has to be kept."""
        if self._alike[key] < MOST_ALIKE:
            return False
        place = self._places.get((key, detail), self._rest.get(key))
        if place is None:
            return False
        self._counts[place] += 1
        return True

    def keep(self, key: Key, finding: Finding) -> None:
        """Let a finding stand for itself."""
        place = len(self._findings)
        self._findings.append(finding)
        self._counts.append(1)
        if self._alike[key] < MOST_ALIKE:
            self._alike[key] += 1
            self._places.setdefault((key, finding.detail), place)
        else:
            self._rest[key] = place

    @property
    def findings(self) -> list[Finding]:
        """All of them, each with how often it was made."""
        pairs = zip(self._findings, self._counts, strict=True)
        return [replace(finding, count=count) for finding, count in pairs]
