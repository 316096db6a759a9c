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


def judge_numbers(
    place: str, sort: str, group: list[Seen], is_alone: bool, head: Head
) -> list[Judged]:
    """What numbers at one place are, the most certain first."""
    texts = [seen.text for seen in group]
    is_followed = all(seen.rest.strip() for seen in group)
    if place.endswith("+"):
        return _judge_deltas(place, sort, group)
    if not is_alone or not is_followed:
        return []
    units = {epoch_unit(text) for text in texts}
    if len(units) == 1 and 0 not in units and _is_epoch(place, group, head):
        return [_clock(place, sort, group, "epoch", units.pop())]
    if sort in "GM":
        return _judge_with_unit(place, sort, group)
    if any(_is_offset(seen) for seen in group):
        return []
    if sort == "F":
        return _judge_fractions(place, group, head)
    return _judge_integers(place, group, head)


def _is_epoch(place: str, group: list[Seen], head: Head) -> bool:
    """Whether numbers of the size of an epoch are no bytes: all in front, or on many lines."""
    if all(map(_may_go_on, group)):
        return False
    if len(group) < FEW:
        return place.strip() in FRONTS
    return len(group) * 4 >= head.lines


def _may_go_on(seen: Seen) -> bool:
    """Whether the digits and what follows may be one run of bytes in groups of one width."""
    match = re.match(r"[ \t]{1,4}([0-9A-Fa-f]{1,40})(?![0-9A-Za-z_])", seen.rest)
    return match is not None and len(match[1]) == len(seen.text)


def _is_decimal_row(group: list[Seen]) -> bool:
    """Whether numbers may be bytes in decimal: other small numbers follow them."""
    if any(len(seen.text) > 3 or int(seen.text) > 255 for seen in group):
        return False
    return sum(_is_decimals(seen.rest) for seen in group) * 2 >= len(group)


def _is_decimals(text: str) -> bool:
    """Whether a text is numbers of at most three digits without a zero in front."""
    numbers = text[:80].translate(_SEPARATORS).split()
    for number in numbers:
        digits = number.removeprefix("-")
        if not digits.isdigit() or len(digits) > 3 or (len(digits) > 1 and digits[0] == "0"):
            return False
    return bool(numbers)


def _is_offset(seen: Seen) -> bool:
    """Whether a number looks like the offset of a dump (`0010: 00 A4`, `00000010  00 A4`)."""
    is_padded = len(seen.text) in (4, 8) and seen.text.startswith("0")
    return is_padded and _PAIRS_AHEAD.match(seen.rest) is not None


def _judge_deltas(place: str, sort: str, group: list[Seen]) -> list[Judged]:
    unit = _unit_behind(group)
    is_fine = sort == "F" and all(len(seen.text.partition(".")[2]) >= 3 for seen in group)
    if unit == 0 and is_fine:
        unit = SECOND
    if unit == 0:
        return []
    return [_clock(place, sort, group, "delta", unit)]


_UNIT_BEHIND = re.compile(r" ?([mnuµμ]?s|[mu]sec|sec)\b")


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


def _judge_with_unit(place: str, sort: str, group: list[Seen]) -> list[Judged]:
    """Numbers with a unit in front of the line: ticks if they grow, else they are durations."""
    unit = _unit_behind(group)
    values = [nanoseconds_of(seen.text, unit) for seen in group]
    is_more = all(_UNIT_BEHIND.sub("", seen.rest, count=1).strip(" \t])>:") for seen in group)
    if unit == 0 or place.strip() not in FRONTS or not is_more or not never_falls(values):
        return []
    return [_clock(place, sort, group, "tick", unit)]


def _judge_fractions(place: str, group: list[Seen], head: Head) -> list[Judged]:
    unit = _unit_behind(group) or head.unit
    values = [nanoseconds_of(seen.text, unit or SECOND) for seen in group]
    is_fine = all(len(seen.text.partition(".")[2]) >= 3 for seen in group)
    if len(group) < FEW or not never_falls(values) or not (unit or is_fine):
        return []
    return [_clock(place, "F", group, "offset", unit or SECOND)]


def _clock(place: str, sort: str, group: list[Seen], role: Role, unit: int) -> Judged:
    resolution = number_resolution(group, unit)
    names = {
        "epoch": "seconds since 1970",
        "delta": "time since the last line",
        "tick": "ticks",
        "offset": "time since the start",
    }
    phrase = f"{names[role]}, {resolution_text(resolution)}{where(place)}"
    return Judged(
        place, sort, PIECES[sort], role, phrase, follow(group),
        unit=unit, base=role, resolution_ns=resolution, lines=len(group),
    )  # fmt: skip


def _judge_integers(place: str, group: list[Seen], head: Head) -> list[Judged]:
    texts = [seen.text for seen in group]
    values = [int(text) for text in texts]
    unit = _unit_behind(group)
    is_front = not any(sort in "wsSPU" for sort in place)
    if unit and is_front and len(group) > 1 and never_falls(values):
        if all(_UNIT_BEHIND.sub("", seen.rest, count=1).strip(" \t])>:") for seen in group):
            return [_clock(place, "N", group, "tick", unit)]
    if len(group) < FEW and not _is_in_brackets(place, group):
        return []
    if unit or sum(map(may_be_bytes, texts)) * 2 > len(texts):
        if not _is_counter_of_bytes(place, group, head):
            return []
    if _is_tick(place, group):
        return [_ticks(place, group, head)]
    if _is_counter(place, group, head) or _is_counter_of_bytes(place, group, head):
        return [_counter(place, group)]
    return _judge_threads(place, group, head)


def _is_in_brackets(place: str, group: list[Seen]) -> bool:
    """Whether a number stands in brackets behind a stamp, and text behind it, on both lines."""
    is_followed = all(seen.rest[:1] == "]" and seen.rest.strip("]: \t") for seen in group)
    return place.endswith("T [") and is_followed and len(group) > 1


def _is_tick(place: str, group: list[Seen]) -> bool:
    values = [int(seen.text) for seen in group]
    is_long = all(len(seen.text) > 5 for seen in group)
    if is_long and all(map(_may_go_on, group)):
        return False
    return is_long and never_falls(values)


def _ticks(place: str, group: list[Seen], head: Head) -> Judged:
    if head.unit and "w" not in place:
        return _clock(place, "N", group, "tick", head.unit)
    phrase = f"ticks of an unknown unit{where(place)}"
    return Judged(
        place, "N", PIECES["N"], "counter", phrase, follow(group), lines=len(group), grows=True
    )


def _is_counter(place: str, group: list[Seen], head: Head) -> bool:
    """Whether a first number never falls and cannot be a byte before bytes."""
    if any(sort in "wsSPUN" for sort in place) or len(group) * 10 < head.lines * 7:
        return False
    if any(map(_may_go_on, group)) or _is_decimal_row(group):
        return False
    if any(_HEX_AHEAD.match(seen.rest) and len(seen.text) % 2 == 0 for seen in group):
        return False
    values = [int(seen.text) for seen in group]
    return never_falls(values) and len(set(values)) * 4 >= len(values)


def _is_counter_of_bytes(place: str, group: list[Seen], head: Head) -> bool:
    """Whether a first number that might be a byte counts the lines."""
    if any(sort in "wsSPUN" for sort in place) or len(group) * 10 < head.lines * 7:
        return False
    if any(map(_may_go_on, group)) and any(len(seen.text) > 2 for seen in group):
        return False
    if _is_decimal_row(group):
        return False
    return len(group) >= 5 and counts_up([int(seen.text) for seen in group])


def _counter(place: str, group: list[Seen]) -> Judged:
    phrase = "counter at the line start"
    if place.strip() not in FRONTS:
        phrase = f"counter{where(place)}"
    return Judged(
        place, "N", PIECES["N"], "counter", phrase, follow(group), lines=len(group), grows=True
    )


def _judge_threads(place: str, group: list[Seen], head: Head) -> list[Judged]:
    """A number that is the same on all lines, or behind a stamp one of few."""
    texts = [seen.text for seen in group]
    is_short = any(len(text) < 3 for text in texts)
    is_short = is_short or all(int(text) < 256 for text in texts)
    if is_short or any(text.startswith("0") or may_be_bytes(text) for text in texts):
        return []
    if all(map(_may_go_on, group)) or len(group) * 10 < head.lines * 6:
        return []
    distinct = sorted(set(texts))
    if len(distinct) == 1:
        pattern = rf"({distinct[0]})(?!\w|\.\d)"
        phrase = f"thread {distinct[0]}{where(place)}"
        return [Judged(place, "N", pattern, "column", phrase, follow(group), lines=len(group))]
    if "T" in place and few_values(texts) and min(map(len, texts)) >= 4:
        phrase = f"thread{where(place)}"
        return [Judged(place, "N", PIECES["N"], "column", phrase, follow(group), lines=len(group))]
    return []
