# SPDX-License-Identifier: MIT
"""The running clock of a log: midnights, lost dates, new years, and sums of what has passed."""

from __future__ import annotations

from .stamps import DAY

_BACK = 6 * 3600 * 10**9  # a time of day that falls by more than 6 hours is of the next day
_STRAGGLER = 23 * 3600 * 10**9
SATURATED = 99_999_999_000  # pcsc-lite, debuglog.c: so many microseconds, or more
_YEAR = 366 * DAY  # of the leap year that stands for an unknown one


class Running:
    """Puts the stamps of lines on one axis; what goes back by less than a midnight stays so."""

    def __init__(self) -> None:
        self._days = 0
        self._last: int | None = None
        self._years = 0
        self._last_in_year: int | None = None
        self._sum: int | None = 0

    def of_day(self, since_midnight: int) -> int:
        """The time of a line that has a time of day only."""
        at = self._days + since_midnight
        if self._last is not None:
            if at < self._last - _BACK:
                self._days += DAY
                at += DAY
            elif at > self._last + _STRAGGLER and self._days >= DAY:
                return at - DAY  # written late, behind a line of the next day
        self._last = at
        return at

    def dated(self, at: int) -> int:
        """The time of a line that has a date; later lines may lose it."""
        self._days = at - at % DAY
        self._last = at
        return at

    def without_year(self, at: int) -> int:
        """The time of a line whose date has no year."""
        if self._last_in_year is not None and at < self._last_in_year - _YEAR // 2:
            self._years += _YEAR
        self._last_in_year = at
        return self.dated(at + self._years)

    def add(self, passed: int) -> int | None:
        """The sum of what has passed since the first line; None from a saturated delta on."""
        if passed == SATURATED or self._sum is None:
            self._sum = None
            return None
        self._sum += passed
        return self._sum
