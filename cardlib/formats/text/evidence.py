# SPDX-License-Identifier: MIT
"""What the lines show at one place, and what is decided from it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...core.model import record
from .loggers import Role
from .prefixes import Token
from .stamps import SECOND, UNITS

FRONTS = (
    "",
    "[",
    "(",
    "{",
    '"',
    "'",
    "|",
    "【",
    "#",
)  # what may stand before the first thing of a line
FEW = 3  # with fewer lines only what is unmistakable is taken
_COLON_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}:){3}[0-9A-Fa-f]{2}(?![:\w])")
_DOTTED_HEX = re.compile(r"(?<![\w.])(?:[0-9A-Fa-f]{2}\.){2}[0-9A-Fa-f]{2}(?!\w)")
_UNIT_OF_TIME = re.compile(
    r"(?i)\b(?:time(?:stamp)?|ts|t|elapsed|ticks?|clock)[ _]{0,2}[\[(]?"
    r"(ms|us|µs|μs|ns|msec|usec|sec|s)\b"
)


@record
class Judged:
    """A place that holds a stamp or a column: its pattern, what follows it, what it means."""

    place: str
    sort: str
    pattern: str
    role: Role
    phrase: str
    follow: str = ""
    unit: int = 0
    stamp: int = -1
    unpadded: bool = False
    base: str = ""
    resolution_ns: int = 0
    lines: int = 0
    grows: bool = False


@record
class Seen:
    """A token in its line, with its text and how the line goes on."""

    token: Token
    text: str
    line: str
    follow: str

    @property
    def rest(self) -> str:
        """What stands behind the token."""
        return self.line[self.token.stop :]


@record
class Head:
    """What the decisions about one place may ask of the whole head."""

    lines: int
    colon_hex: bool
    dotted_hex: bool
    unit: int  # in which the header says that times count, 0: it does not say
    comma_separates: bool


def head_of(lines: Sequence[str], comma_separates: bool) -> Head:
    """What holds of the head as a whole."""
    return Head(
        lines=len(lines),
        colon_hex=any(map(_COLON_HEX.search, lines)),
        dotted_hex=any(map(_DOTTED_HEX.search, lines)),
        unit=_unit_said(lines),
        comma_separates=comma_separates,
    )


def _unit_said(lines: Sequence[str]) -> int:
    """The unit that a header names: "time_ms", "Time [s]"."""
    for line in lines[:5]:
        match = _UNIT_OF_TIME.search(line[:500])
        if match is not None:
            return UNITS[match[1].lower()]
    return 0


def resolution_text(nanoseconds: int) -> str:
    for unit, name in ((SECOND, "s"), (10**6, "ms"), (1000, "µs"), (1, "ns")):
        if nanoseconds >= unit:
            return f"{nanoseconds // unit} {name}"
    return "1 ns"


def where(place: str) -> str:
    if place.strip() in FRONTS:
        return ", in front"
    columns = sum(sort in "TUPVFGNMsSw" for sort in place)
    return f" in column {columns + 1}"


def number_resolution(group: list[Seen], unit: int) -> int:
    digits = max(len(seen.text.partition(".")[2]) for seen in group)
    parts: int = 10**digits
    return max(1, unit // parts)


def follow(group: list[Seen]) -> str:
    """How lines go on behind a place, in any of the ways that were seen."""
    ways = sorted({seen.follow for seen in group if seen.follow})
    if not ways or len(ways) > 12:
        return ""
    return "|".join(ways)
