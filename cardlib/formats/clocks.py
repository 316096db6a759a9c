# SPDX-License-Identifier: MIT
"""The times of a log: stamps of a host, sums of what has passed, and how they are written."""

from __future__ import annotations

import datetime
import re

from ..core.model import Clock

Groups = dict[str, str | None]  # what a rule matched in a line, by name

_MAX_THREADS = 1000
_NS_PER_UNIT = {  # as a fraction; a cycle is that of 13.56 MHz
    "s": (10**9, 1),
    "ms": (10**6, 1),
    "us": (1000, 1),
    "cycles": (100_000, 1356),
}
_TIME_OF_DAY = re.compile(
    r"(?:(\d{4})-(\d\d)-(\d\d)[T ])?(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,:](\d{1,9}))?"
)
_WRITTEN = ("clock", "date")  # two names, for two places in one pattern
_NS_PER_FRACTION = {  # by digits; one or two are milliseconds that were not padded
    0: 0,
    1: 10**6,
    2: 10**6,
    3: 10**6,
    6: 1000,
    9: 1,
}
_EPOCH = datetime.datetime(1970, 1, 1)
_SECOND = datetime.timedelta(seconds=1)


def number_of(text: str, unit: str) -> int:
    """Nanoseconds of a decimal number in a unit."""
    integer, _, fraction = text.partition(".")
    numerator, denominator = _NS_PER_UNIT[unit]
    power: int = 10 ** len(fraction)
    return int(integer + fraction) * numerator // (denominator * power)


def stamp_of(text: str) -> int | None:
    """Nanoseconds of a time of day, since 1970 if it has a date; None if there is no such time."""
    match = _TIME_OF_DAY.fullmatch(text)
    if match is None:
        return None
    fraction = match[7] or ""
    ns_per_fraction = _NS_PER_FRACTION.get(len(fraction))
    if ns_per_fraction is None:
        return None
    year, month, day = match.group(1, 2, 3)
    if year is None:
        year, month, day = "1970", "1", "1"
    hour, minute, second = map(int, match.group(4, 5, 6))
    try:
        moment = datetime.datetime(int(year), int(month), int(day), hour, minute, second)
    except ValueError:
        return None
    seconds = (moment - _EPOCH) // _SECOND
    return seconds * 10**9 + int(fraction or "0") * ns_per_fraction


class Times:
    """The clock of a log: stamps, and sums of what has passed; those of round trips by thread."""

    def __init__(self, clock: Clock, sticky: bool, saturated: str) -> None:
        self.is_sum = clock == "round-trip"
        self.sticky = sticky
        self.saturated = saturated
        self.untimed = False
        self.sums: dict[str, int | None] = {}
        self.stamps: dict[str, int | None] = {}

    def tick(self, who: str, groups: Groups) -> bool:
        """Take the times of a line; False: its time is saturated.

        `at_UNIT` is a stamp, `plus_UNIT` what has passed; several in a line add up.
        """
        stamp: int | None = None
        if groups.get("untimed") is not None:
            self.untimed = True
        for name, value in groups.items():
            mode, _, unit = name.partition("_")
            if value is None or mode not in ("at", "plus"):
                continue
            if value == self.saturated:
                self.sums[self._key(who)] = None
                return False
            if mode == "plus":
                self._add(who, number_of(value, unit))
            elif unit in _WRITTEN:
                stamp = stamp_of(value)
                self._set_stamp(who, stamp)
            else:
                stamp = number_of(value, unit) + (stamp or 0)
                self._set_stamp(who, stamp)
        return True

    def _add(self, who: str, passed: int) -> None:
        before = self.sum(who)
        if before is not None:
            self.sums[self._key(who)] = before + passed

    def _set_stamp(self, who: str, stamp: int | None) -> None:
        if len(self.stamps) > _MAX_THREADS:
            self.stamps.clear()
        self.stamps[who] = stamp

    def _key(self, who: str) -> str:
        if self.is_sum:
            return who
        return ""

    def sum(self, who: str) -> int | None:
        """What has passed until now; None: nobody knows."""
        return self.sums.get(self._key(who), 0)

    def last(self, who: str) -> int | None:
        """The time of the last line of a thread that has one."""
        if self.is_sum:
            return self.sum(who)
        return self.stamps.get(who)

    def restart(self, who: str) -> bool:
        """Count from 0 again where nobody knows what has passed; whether that was so."""
        is_lost = self.sum(who) is None
        if is_lost:
            self.sums[self._key(who)] = 0
        return is_lost

    def now(self, who: str, groups: Groups) -> int | None:
        """The time of the line with these groups."""
        if self.is_sum:
            return self.sum(who)
        is_stamped = self.sticky
        for name, value in groups.items():
            if value is None:
                continue
            if name.startswith("plus_"):
                return self.sum(who)
            if name.startswith("at_"):
                is_stamped = True
        if is_stamped and not self.untimed:
            return self.stamps.get(who)
        return None

    def end(self, groups: Groups) -> int | None:
        """When what a line holds was over (`end_UNIT`)."""
        if self.untimed:
            return None
        for name, value in groups.items():
            if value and name.startswith("end_"):
                return number_of(value, name.removeprefix("end_"))
        return None
