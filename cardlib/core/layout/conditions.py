# SPDX-License-Identifier: MIT
"""Conditions of a switch: how they are written, and whether they hold."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..codec import to_hex
from ..model import record
from .field import UNITS, Block, Condition, Field, Pattern, Size
from .format import unsigned
from .numbers import MOST

GIVEN = ("p1", "p2", "cla", "ins", "app", "record")
LONGEST = 512  # half bytes in a pattern

_PATTERN = re.compile(r"(?:(?:[0-9A-F.]|\[[0-9A-F-]+\])(?:\{[0-9]{1,3}\})?)+")
_TERM = re.compile(r"([0-9A-F.]|\[[0-9A-F-]+\])(?:\{([0-9]+)\})?")
_RANGE = re.compile(r"([0-9]{1,5})(?:\.\.([0-9]{1,5}))?")
_FORM = re.compile(r"^(.+?) ([=&]) (.+)")


@record
class Known:
    """The value of a field that lines below may speak of."""

    value: bytes
    width: int
    field: Field | None = None

    @property
    def digits(self) -> str:
        """The value in hex, with as many digits as its bits need."""
        return to_hex(self.value)[(8 * len(self.value) - self.width) // 4 :]

    @property
    def number(self) -> int | None:
        """What it counts; None where it is no number, or too large for one."""
        if len(self.value) > MOST:
            return None
        try:
            if self.field is None:
                return unsigned(self.value)
            return self.field.reading.format.number(self.value)
        except ValueError:  # not decimal digits
            return None


Scope = Mapping[str, Known]


def pattern(text: str) -> Pattern:
    """A pattern of half bytes; ValueError where it is none."""
    if not _PATTERN.fullmatch(text):
        raise ValueError(f"{text!r} is not hex, with . for any half byte and [89AB] for some")
    source = []
    digits = 0
    for term, times in _TERM.findall(text):
        count = int(times or 1)
        digits += count
        digit = term.replace(".", "[0-9A-F]")
        source.append(f"{digit}{{{count}}}")
    if digits > LONGEST:
        raise ValueError(f"a pattern has at most {LONGEST} half bytes")
    try:
        return Pattern(re.compile("".join(source)), digits)
    except re.error:
        raise ValueError(f"{text!r} is not a pattern of half bytes") from None


def parse_condition(text: str) -> Condition:
    """What stands behind `when`; ValueError says what may stand there."""
    if text.startswith("starts "):
        return Condition("starts", "", _patterns(text[7:]))
    match = _FORM.fullmatch(text)
    if not match:
        raise ValueError(
            "a condition is like: when NAME = 01 02, when NAME & 08, when length = 4, when starts 0F."
        )
    name, operator, values = match.groups()
    if name == "length" and operator == "=":
        return Condition("length", ranges=_ranges(values))
    if operator == "=":
        return Condition("equals", name, _patterns(values))
    try:
        return Condition("bits", name, mask=int(values, 16))
    except ValueError:
        raise ValueError(
            f"{values!r} is not hex digits: the bits of which one must be set"
        ) from None


def _patterns(text: str) -> tuple[Pattern, ...]:
    return tuple(pattern(word) for word in text.split())


def _ranges(text: str) -> tuple[tuple[int, int], ...]:
    ranges = []
    for word in text.split():
        match = _RANGE.fullmatch(word)
        if not match:
            raise ValueError(f"{word!r} is not a number of bytes like 28, or 29..32")
        low, high = match.groups()
        ranges.append((int(low), int(high or low)))
    return tuple(ranges)


def beginning(condition: Condition) -> int:
    """How many half bytes a condition must see."""
    return max((each.digits for each in condition.patterns), default=0)


def holds(condition: Condition, scope: Scope, left: int, begins: str) -> bool:
    """Whether a condition holds, with `left` bits left of which `begins` are the first half bytes."""
    if condition.kind == "length":
        return any(8 * low <= left <= 8 * high for low, high in condition.ranges)
    if condition.kind == "starts":
        return any(each.regex.match(begins) for each in condition.patterns)
    known = scope.get(condition.name)
    if known is None:
        return False
    if condition.kind == "bits":
        return bool(int.from_bytes(known.value, "big") & condition.mask)
    return any(_equals(each, known) for each in condition.patterns)


def _equals(each: Pattern, known: Known) -> bool:
    if (known.width + 3) // 4 != each.digits:
        return False
    return each.regex.fullmatch(known.digits) is not None


def times(size: Size, scope: Scope) -> int | None:
    """How often a field stands; None for as often as there is room."""
    if not size.times_name:
        return size.times or None
    counter = scope.get(size.times_name)
    if counter is None:
        return 0
    return counter.number or 0


def counted_bits(size: Size, scope: Scope) -> int | None:
    """The bits that an earlier field says; None where it is not there or says no number."""
    counter = scope.get(size.name)
    if counter is None or counter.number is None:
        return None
    return counter.number * UNITS[size.unit] + 8 * size.plus


def whole_bytes(bits: int, unit: str) -> int:
    """The bits that a count of this unit takes up."""
    if unit == "bits":
        return bits
    return bits + -bits % 8


def forget(block: Block, known: dict[str, Known]) -> None:
    """Before a field stands again: what its parts were the last time is no longer known."""
    if not known:
        return
    for item in block:
        if isinstance(item, Field):
            known.pop(item.name, None)
            forget(item.parts, known)
        else:
            for _, branch in item.branches:
                forget(branch, known)


def given_values(given: Mapping[str, int | str]) -> dict[str, Known]:
    """What the command says, as values that conditions can ask for; raises ValueError for another name."""
    known = {}
    for name, value in given.items():
        if name not in GIVEN:
            raise ValueError(f"{name!r} is none of {', '.join(GIVEN)}")
        if isinstance(value, int):
            size = max(1, (value.bit_length() + 7) // 8)
            coded = value.to_bytes(size, "big")
        else:
            coded = bytes.fromhex(value)
        known[name] = Known(coded, 8 * len(coded))
    return known
