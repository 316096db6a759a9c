# SPDX-License-Identifier: MIT
"""How loggers write a moment or a duration, and how many nanoseconds it is."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence

from ...core.model import record
from ...core.patterns import lazy

SECOND = 10**9
DAY = 86_400 * SECOND
LEAP_YEAR = 1972  # stands for the year where a date has none, so that 29 February exists
_DAY_ONE = datetime.date(1970, 1, 1)
_FIRST_EPOCH = 946_684_800  # 2000-01-01
_LAST_EPOCH = 2_524_608_000  # 2050-01-01

_MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: index for index, name in enumerate(_MONTH_NAMES, 1)}
_MONTH = "(?:" + "|".join(_MONTH_NAMES) + ")"
_WEEKDAY = "(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?"
_TIME = r"\d\d?:\d\d:\d\d"
_GAP = r"[ ,;|\t_]{1,3}"
_ZONE = r"( ?(?:[AaPp]\.?[Mm]|Z|[+-]\d\d:?\d\d|UTC|GMT)(?!\w))?"
_HALF_OF_DAY = r"( ?(?:[AaPp]\.?[Mm]|Z)(?!\w))?"

# A comma begins a fraction only before exactly 3 or 6 digits: "12:00:00,80 A8" is a time and bytes.
_FRACTION = r"(?:(?:\.|[,:](?=\d{3}(?:\d{3})?(?![0-9A-Fa-f])))(\d{1,9})(?![0-9A-Fa-f]))?"
_FRACTION_AFTER_DOT = r"(?:\.(\d{1,9})(?![0-9A-Fa-f]))?"
_START = r"(?<![0-9A-Za-z_.:])"
_END = r"(?![0-9A-Za-z_]|\.\d|:[0-9A-Fa-f]{2}(?![0-9A-Za-z]))"  # "12:34:56:78" is hex


@record
class Stamp:
    """A way to write a moment; the groups of its pattern are moment, fraction and zone.

    `order` names the numbers of the moment: year, month, day, hour, minute, second.
    """

    name: str
    moment: str
    order: str
    is_dated: bool = True

    def pattern(self, comma_separates: bool = False) -> str:
        """The regular expression of the stamp in an outer group."""
        fraction = _FRACTION
        if comma_separates:
            fraction = _FRACTION_AFTER_DOT
        zone = _ZONE
        if not self.is_dated:
            zone = _HALF_OF_DAY
        return f"{_START}((?:{self.moment}){fraction}{zone}){_END}"


STAMPS = (
    Stamp("date and time", rf"(\d{{4}}[-/.]\d\d[-/.]\d\d(?:T|{_GAP}){_TIME})", "YMDhms"),
    Stamp("date and time", rf"(\d{{8}}(?:T|{_GAP}){_TIME})", "yhms"),
    Stamp("date and time", r"(\d{8}[T_-]\d{6})", "yt"),
    Stamp("date and time", rf"(\d\d?\.\d\d?\.\d{{4}}{_GAP}{_TIME})", "DMYhms"),
    Stamp("date and time", rf"(\d\d?/\d\d?/\d{{4}}{_GAP}{_TIME})", "slash"),
    Stamp("date and time", rf"(\d\d?[ /-]{_MONTH}[ /-]\d{{4}}[: ]{_TIME})", "name"),
    Stamp(
        "date and time",
        rf"({_WEEKDAY}{_MONTH} [ \d]?\d(?:,? \d{{4}})?,? {_TIME}(?: [A-Z]{{3,4}} \d{{4}})?)",
        "name",
    ),
    Stamp("date and time", rf"({_WEEKDAY}\d\d? {_MONTH} \d{{4}} {_TIME})", "name"),
    Stamp("date and time", rf"(\d\d-\d\d {_TIME})", "MDhms"),
    Stamp("date and time", rf"[IWEF](\d{{4}} {_TIME})", "dhms"),
    Stamp("time of day", rf"({_TIME})", "hms", is_dated=False),
)
TIME_OF_DAY = len(STAMPS) - 1
_PATTERNS = tuple(lazy(stamp.pattern()) for stamp in STAMPS)
_ANYWHERE = tuple(  # where nothing was learned, a time of day needs a fraction
    lazy(pattern)
    for pattern in [stamp.pattern() for stamp in STAMPS[:-1]]
    + [rf"{_START}(({_TIME})\.(\d{{3}}(?:\d{{3}}){{0,2}})(?!\d){_HALF_OF_DAY}){_END}"]
)
_DIGITS = lazy(r"\d+")
_LETTERS = lazy(r"[A-Z][a-z]{2}")
_MAX_MOMENTS = 4096


@record
class Written:
    """A stamp in a line: its place there, how it is written, its parts."""

    start: int
    stop: int
    stamp: int
    moment: str
    fraction: str
    zone: str


def stamp_at(
    text: str, start: int, patterns: Sequence[re.Pattern[str]] = _PATTERNS
) -> Written | None:
    """The stamp that begins at a place of a line; `patterns` has one for each of STAMPS."""
    return _first_moment(pattern.match(text, start) for pattern in patterns)


_TIME_SOMEWHERE = lazy(  # which is no part of hex joined by colons
    rf"(?:(?<![0-9A-Fa-f]:)|(?<=\d{{4}}:))(?<!\d){_TIME}(?!:[0-9A-Fa-f]{{2}}(?!\w))"
)


def find_stamp(text: str) -> Written | None:
    """The first stamp anywhere in a line that can be nothing else."""
    if _TIME_SOMEWHERE.search(text) is None:
        return None
    return _first_moment(pattern.search(text) for pattern in _ANYWHERE)


def _first_moment(matches: Iterable[re.Match[str] | None]) -> Written | None:
    """The first stamp of matches in the order of STAMPS; a date or time that cannot be is none."""
    for index, match in enumerate(matches):
        if match is None:
            continue
        written = _written(match, index)
        if moment_of(index, written.moment, written.zone) is not None:
            return written
    return None


def _written(match: re.Match[str], index: int) -> Written:
    moment, fraction, zone = match.group(2, 3, 4)
    start, stop = match.span(1)
    return Written(start, stop, index, moment, fraction or "", zone or "")


def moment_of(index: int, moment: str, zone: str) -> int | None:
    """Nanoseconds of a whole second: since 1970 with a date, since midnight without one."""
    stamp = STAMPS[index]
    numbers = _DIGITS.findall(moment)
    if stamp.order == "name":
        names = _LETTERS.findall(moment)
        months = [_MONTHS[name] for name in names if name in _MONTHS]
        parts = _named_parts(numbers, months[0])
    else:
        parts = _ordered_parts(numbers, stamp.order)
    return _nanoseconds(parts, zone)


def _named_parts(numbers: list[str], month: int) -> dict[str, int]:
    """A date with the name of its month: the year is the number of four digits, if any."""
    years = [int(number) for number in numbers if len(number) == 4]
    others = [int(number) for number in numbers if len(number) < 4]
    parts = dict(zip("Dhms", others, strict=False))
    parts["M"] = month
    if years:
        parts["Y"] = years[0]
    return parts


def _ordered_parts(numbers: list[str], order: str) -> dict[str, int]:
    if order in ("yhms", "yt"):
        date = numbers[0]
        numbers = [date[:4], date[4:6], date[6:], *_two_digits(numbers[1:])]
        order = "YMDhms"
    elif order == "dhms":
        date = numbers[0]
        numbers = [date[:2], date[2:], *numbers[1:]]
        order = "MDhms"
    elif order == "slash":
        order = "MDYhms"
        if int(numbers[0]) > 12:
            order = "DMYhms"
    return {name: int(number) for name, number in zip(order, numbers, strict=False)}


def _two_digits(numbers: list[str]) -> list[str]:
    joined = "".join(number.zfill(2) for number in numbers)
    return [joined[:2], joined[2:4], joined[4:6]]


def _nanoseconds(parts: dict[str, int], zone: str) -> int | None:
    hour = parts["h"]
    zone = zone.strip()
    if zone[:1] in ("A", "a", "P", "p"):
        if not 1 <= hour <= 12:
            return None
        hour %= 12
        if zone[0] in "Pp":
            hour += 12
    minute = parts["m"]
    second = parts["s"]
    if hour > 23 or minute > 59 or second > 60:  # ISO 8601, 4.2.1: 60 is a leap second
        return None
    seconds = hour * 3600 + minute * 60 + second - _zone_seconds(zone)
    if "D" not in parts:
        return seconds * SECOND
    try:
        date = datetime.date(parts.get("Y", LEAP_YEAR), parts["M"], parts["D"])
    except ValueError:
        return None
    return (date - _DAY_ONE).days * DAY + seconds * SECOND


def _zone_seconds(zone: str) -> int:
    """Seconds east of Greenwich."""
    if zone[:1] not in ("+", "-"):
        return 0
    seconds = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
    if zone[0] == "-":
        return -seconds
    return seconds


def has_year(index: int, moment: str) -> bool:
    """Whether a date has a year."""
    order = STAMPS[index].order
    if order == "name":
        return any(len(number) == 4 for number in _DIGITS.findall(moment))
    return order[0] in "Yys" or "Y" in order


class Moments:
    """`moment_of`, which remembers the last seconds: the lines of a log share them."""

    def __init__(self) -> None:
        self._seconds: dict[tuple[int, str, str], tuple[int | None, bool]] = {}

    def of(self, index: int, moment: str, zone: str) -> tuple[int | None, bool]:
        """Nanoseconds of a whole second, and whether its date has a year."""
        key = (index, moment, zone)
        second = self._seconds.get(key)
        if second is None:
            if len(self._seconds) >= _MAX_MOMENTS:
                self._seconds.clear()
            second = moment_of(index, moment, zone), has_year(index, moment)
            self._seconds[key] = second
        return second


def fraction_of(fraction: str, is_unpadded: bool) -> int:
    """Nanoseconds of the digits behind the point; unpadded, ".7" is 7 ms as ykman writes it."""
    if not fraction:
        return 0
    if is_unpadded and len(fraction) < 3:
        return int(fraction) * 10**6
    return int(fraction.ljust(9, "0"))


def is_unpadded(fractions: list[str]) -> bool:
    """Whether these fractions are milliseconds that were not padded with zeros.

    Their width differs then, and none but "0" begins with a zero. A few of equal width are
    not enough to tell tenths from milliseconds: they count as milliseconds.
    """
    short = [fraction for fraction in fractions if 0 < len(fraction) < 3]
    if not short or max(map(len, fractions)) > 3:
        return False
    if any(len(fraction) > 1 and fraction.startswith("0") for fraction in fractions):
        return False
    widths = {len(fraction) for fraction in fractions if fraction}
    return len(widths) > 1 or len(fractions) < 3


# ---- numbers with a unit ----
UNITS = {
    "s": SECOND, "sec": SECOND, "secs": SECOND, "second": SECOND, "seconds": SECOND,
    "ms": 10**6, "msec": 10**6, "msecs": 10**6, "millis": 10**6, "milliseconds": 10**6,
    "us": 1000, "µs": 1000, "μs": 1000, "usec": 1000, "usecs": 1000, "micros": 1000,
    "microseconds": 1000, "ns": 1, "nsec": 1, "nanoseconds": 1,
}  # fmt: skip
_LONG_FIRST = sorted(UNITS, key=len, reverse=True)
UNIT = "(?:" + "|".join(_LONG_FIRST) + r")(?![^\W_])"
_SMALL_UNIT = "(?:" + "|".join(unit for unit in _LONG_FIRST if UNITS[unit] < SECOND)
_SMALL_UNIT += r")(?![^\W_])"
_NUMBER = r"(?<![\w.+])(\d{1,15}(?:[.,]\d{1,9})?) ?"
_DURATION = lazy(rf"{_NUMBER}({_SMALL_UNIT})")
_DURATION_IN_SECONDS = lazy(
    rf"(?:^\s{{0,40}}|\(|\[|(?:took|time|elapsed|duration|in)[:= ]{{1,3}}){_NUMBER}({UNIT})"
)
_SIGNS_OF_DURATION = ("ms", "us", "µs", "μs", "sec", "s)", "s]", "mic", "mil", "nanos", "ns)")


def may_state_duration(text: str) -> bool:
    """Whether a line holds the letters of a unit of time: cheaper than to look for a number."""
    if "s" not in text:
        return False
    for sign in _SIGNS_OF_DURATION:
        if sign in text:
            return True
    return text.endswith("s")


def find_duration(text: str) -> tuple[int, int, int] | None:
    """Nanoseconds of a duration in a line, and its place: "(12ms)", "took 0.5 s"."""
    match = _DURATION.search(text) or _DURATION_IN_SECONDS.search(text)
    if match is None:
        return None
    number = match[1].replace(",", ".")
    return nanoseconds_of(number, UNITS[match[2]]), match.start(1), match.end(2)


def nanoseconds_of(number: str, unit: int) -> int:
    """Nanoseconds of a decimal number in a unit of so many nanoseconds."""
    integer, _, fraction = number.partition(".")
    power: int = 10 ** len(fraction)
    return int(integer or "0") * unit + int(fraction or "0") * unit // power


_EPOCH_UNITS = {10: SECOND, 13: 10**6, 16: 1000, 19: 1}  # by the digits of the integer


def epoch_unit(number: str) -> int:
    """The unit in which a number counts from 1970, 0 if it is no moment of this age."""
    integer = number.partition(".")[0]
    unit = _EPOCH_UNITS.get(len(integer), 0)
    if unit == 0:
        return 0
    seconds = int(integer) * unit // SECOND
    if _FIRST_EPOCH <= seconds < _LAST_EPOCH:
        return unit
    return 0
