# SPDX-License-Identifier: MIT
"""What the numbers at one place are: a clock, a counter, a thread, or perhaps bytes."""

from __future__ import annotations

import re

from .evidence import (
    FEW,
    FRONTS,
    Head,
    Judged,
    Seen,
    follow,
    number_resolution,
    resolution_text,
    where,
)
from .growth import counts_up, few_values, may_be_bytes, never_falls
from .loggers import Role
from .prefixes import PIECES
from .stamps import SECOND, UNITS, epoch_unit, nanoseconds_of

_SEPARATORS = str.maketrans(",;[]{}()", " " * 8)
_HEX_AHEAD = re.compile(r"(?:[ \t]{1,8}|[:,.-])(?:[0-9A-Fa-f]{2}(?![0-9A-Za-z_]))")
_PAIRS_AHEAD = re.compile(r"(?::[ \t]{0,4}|[ \t]{2})[0-9A-Fa-f]{2}(?:[ \t]|$|[0-9A-Fa-f]{2})")
_GROUP_AHEAD = re.compile(r"[ \t]{1,4}([0-9A-Fa-f]{1,40})(?![0-9A-Za-z_])")
_UNIT_BEHIND = re.compile(r" ?([mnuµμ]?s|[mu]sec|sec)\b")
_CLOCKS = {
    "epoch": "seconds since 1970",
    "delta": "time since the last line",
    "tick": "ticks",
    "offset": "time since the start",
}


def judge_numbers(
    place: str, sort: str, group: list[Seen], is_alone: bool, head: Head
) -> list[Judged]:
    """What numbers at one place are, the most certain first."""
    if place.endswith("+"):
        return _judge_deltas(place, sort, group)
    is_followed = all(seen.rest.strip() for seen in group)
    if not is_alone or not is_followed:
        return []
    units = {epoch_unit(seen.text) for seen in group}
    if len(units) == 1 and 0 not in units and _is_epoch(place, group, head):
        return [_clock(place, sort, group, "epoch", units.pop())]
    if sort in "GM":
        return _judge_with_unit(place, sort, group)
    if any(map(_is_offset, group)):
        return []
    if sort == "F":
        return _judge_fractions(place, group, head)
    return _judge_integers(place, group, head)


def _numbers(group: list[Seen]) -> list[int]:
    return [int(seen.text) for seen in group]


def _is_epoch(place: str, group: list[Seen], head: Head) -> bool:
    """Whether numbers of the size of an epoch are no bytes: all in front, or on many lines."""
    if all(map(_may_go_on, group)):
        return False
    if len(group) < FEW:
        return place.strip() in FRONTS
    return len(group) * 4 >= head.lines


def _may_go_on(seen: Seen) -> bool:
    """Whether the digits and what follows may be one run of bytes in groups of one width."""
    match = _GROUP_AHEAD.match(seen.rest)
    return match is not None and len(match[1]) == len(seen.text)


def _is_decimal_row(group: list[Seen]) -> bool:
    """Whether numbers may be bytes in decimal: other small numbers follow them."""
    if any(len(seen.text) > 3 or int(seen.text) > 255 for seen in group):
        return False
    rows = sum(_is_decimals(seen.rest) for seen in group)
    return rows * 2 >= len(group)


def _is_decimals(text: str) -> bool:
    """Whether a text is numbers of at most three digits without a zero in front."""
    numbers = text[:80].translate(_SEPARATORS).split()
    for number in numbers:
        digits = number.removeprefix("-")
        is_padded = len(digits) > 1 and digits[0] == "0"
        if not digits.isdigit() or len(digits) > 3 or is_padded:
            return False
    return bool(numbers)


def _is_offset(seen: Seen) -> bool:
    """Whether a number looks like the offset of a dump (`0010: 00 A4`, `00000010  00 A4`)."""
    is_padded = len(seen.text) in (4, 8) and seen.text.startswith("0")
    return is_padded and _PAIRS_AHEAD.match(seen.rest) is not None


def _judge_deltas(place: str, sort: str, group: list[Seen]) -> list[Judged]:
    unit = _unit_behind(group)
    if unit == 0 and sort == "F" and _is_fine(group):
        unit = SECOND
    if unit == 0:
        return []
    return [_clock(place, sort, group, "delta", unit)]


def _is_fine(group: list[Seen]) -> bool:
    """Whether fractions have three digits or more, as those of seconds have."""
    return all(len(seen.text.partition(".")[2]) >= 3 for seen in group)


def _unit_behind(group: list[Seen]) -> int:
    """The unit that stands behind all numbers, 0 if there is none."""
    units = set()
    for seen in group:
        match = _UNIT_BEHIND.match(seen.rest)
        if match is None:
            return 0
        units.add(UNITS[match[1]])
    if len(units) != 1:
        return 0
    return units.pop()


def _has_text_behind_unit(seen: Seen) -> bool:
    """Whether a line says more behind a number and its unit."""
    rest = _UNIT_BEHIND.sub("", seen.rest, count=1)
    return bool(rest.strip(" \t])>:"))


def _judge_with_unit(place: str, sort: str, group: list[Seen]) -> list[Judged]:
    """Numbers with a unit in front of the line: ticks if they grow, else they are durations."""
    unit = _unit_behind(group)
    if unit == 0 or place.strip() not in FRONTS:
        return []
    times = [nanoseconds_of(seen.text, unit) for seen in group]
    if not never_falls(times) or not all(map(_has_text_behind_unit, group)):
        return []
    return [_clock(place, sort, group, "tick", unit)]


def _judge_fractions(place: str, group: list[Seen], head: Head) -> list[Judged]:
    unit = _unit_behind(group) or head.unit
    if len(group) < FEW or not (unit or _is_fine(group)):
        return []
    unit = unit or SECOND
    times = [nanoseconds_of(seen.text, unit) for seen in group]
    if not never_falls(times):
        return []
    return [_clock(place, "F", group, "offset", unit)]


def _clock(place: str, sort: str, group: list[Seen], role: Role, unit: int) -> Judged:
    resolution = number_resolution(group, unit)
    phrase = f"{_CLOCKS[role]}, {resolution_text(resolution)}{where(place)}"
    return Judged(
        place, sort, PIECES[sort], role, phrase, follow(group),
        unit=unit, base=role, resolution_ns=resolution, lines=len(group),
    )  # fmt: skip


def _judge_integers(place: str, group: list[Seen], head: Head) -> list[Judged]:
    unit = _unit_behind(group)
    is_front = not any(sort in "wsSPU" for sort in place)
    is_measure = unit != 0 and is_front and all(map(_has_text_behind_unit, group))
    if is_measure and len(group) > 1 and never_falls(_numbers(group)):
        return [_clock(place, "N", group, "tick", unit)]
    if len(group) < FEW and not _is_in_brackets(place, group):
        return []
    like_bytes = sum(may_be_bytes(seen.text) for seen in group)
    is_unsure = bool(unit) or like_bytes * 2 > len(group)
    if is_unsure and not _is_counter_of_bytes(place, group, head):
        return []
    if _is_tick(group):
        return [_ticks(place, group, head)]
    if _is_counter(place, group, head) or _is_counter_of_bytes(place, group, head):
        return [_counter(place, group)]
    return _judge_threads(place, group, head)


def _is_in_brackets(place: str, group: list[Seen]) -> bool:
    """Whether a number stands in brackets behind a stamp, and text behind it, on both lines."""
    if not place.endswith("T [") or len(group) < 2:
        return False
    for seen in group:
        is_followed = seen.rest.strip("]: \t")
        if not seen.rest.startswith("]") or not is_followed:
            return False
    return True


def _is_tick(group: list[Seen]) -> bool:
    """Whether long numbers grow and are no bytes."""
    if any(len(seen.text) < 6 for seen in group) or all(map(_may_go_on, group)):
        return False
    return never_falls(_numbers(group))


def _ticks(place: str, group: list[Seen], head: Head) -> Judged:
    if head.unit and "w" not in place:
        return _clock(place, "N", group, "tick", head.unit)
    return _growing(place, group, f"ticks of an unknown unit{where(place)}")


def _is_first_of_most(place: str, group: list[Seen], head: Head) -> bool:
    """Whether the number is the first in its line, on at least 7 of 10 lines."""
    if any(sort in "wsSPUN" for sort in place):
        return False
    return len(group) * 10 >= head.lines * 7


def _is_counter(place: str, group: list[Seen], head: Head) -> bool:
    """Whether a first number never falls and cannot be a byte before bytes."""
    if not _is_first_of_most(place, group, head) or _is_decimal_row(group):
        return False
    if any(map(_may_go_on, group)) or any(map(_may_be_a_byte, group)):
        return False
    values = _numbers(group)
    return never_falls(values) and len(set(values)) * 4 >= len(values)


def _may_be_a_byte(seen: Seen) -> bool:
    """Whether an even number of digits stands before a byte."""
    is_whole = len(seen.text) % 2 == 0
    return is_whole and _HEX_AHEAD.match(seen.rest) is not None


def _is_counter_of_bytes(place: str, group: list[Seen], head: Head) -> bool:
    """Whether a first number that might be a byte counts the lines."""
    if not _is_first_of_most(place, group, head) or _is_decimal_row(group):
        return False
    is_long = any(len(seen.text) > 2 for seen in group)
    if is_long and any(map(_may_go_on, group)):
        return False
    return len(group) >= 5 and counts_up(_numbers(group))


def _counter(place: str, group: list[Seen]) -> Judged:
    if place.strip() in FRONTS:
        return _growing(place, group, "counter at the line start")
    return _growing(place, group, f"counter{where(place)}")


def _growing(place: str, group: list[Seen], phrase: str) -> Judged:
    """A number that grows, and is not known to be a time."""
    return Judged(
        place, "N", PIECES["N"], "counter", phrase, follow(group), lines=len(group), grows=True
    )


def _judge_threads(place: str, group: list[Seen], head: Head) -> list[Judged]:
    """A number that is the same on all lines, or behind a stamp one of few."""
    texts = [seen.text for seen in group]
    shortest = min(map(len, texts))
    if shortest < 3 or all(int(text) < 256 for text in texts):
        return []
    if any(text.startswith("0") or may_be_bytes(text) for text in texts):
        return []
    if all(map(_may_go_on, group)) or len(group) * 10 < head.lines * 6:
        return []
    if len(set(texts)) == 1:
        thread = texts[0]
        pattern = rf"({thread})(?!\w|\.\d)"
        phrase = f"thread {thread}{where(place)}"
    elif "T" in place and shortest >= 4 and few_values(texts):
        pattern = PIECES["N"]
        phrase = f"thread{where(place)}"
    else:
        return []
    return [Judged(place, "N", pattern, "column", phrase, follow(group), lines=len(group))]
