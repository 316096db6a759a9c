# SPDX-License-Identifier: MIT
"""The fields of the filter language: how the values of each are written, and how they are compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ..model import record

EQUALS = ("==", "!=", "in")
ORDERS = ("<", "<=", ">", ">=")
PART = ("~",)
UNITS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "min": 60_000_000_000}
ALL_BITS = -1
PREFIX = "0X"

_NUMBER = re.compile(r"[0-9]{1,15}")
_DURATION = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,9}))?(ns|us|ms|s|min)")
_HEX_OR_X = re.compile(r"[0-9A-FX]+")
_HEX = re.compile(r"(?:[0-9A-F]{2})+")


@record
class Number:
    """A number that is looked for; only the bits of `mask` count."""

    value: int
    mask: int = ALL_BITS


def _no_part(value: Any, sought: Any) -> bool:
    return False


@record
class Kind:
    """A kind of values: what may be done with them, and what an error says of text that is none of them.

    `read` makes what `equal` and `part` compare with the value of a row; None for text that is no such value.
    """

    operators: tuple[str, ...]
    wrong: str
    read: Callable[[str], Any]
    equal: Callable[[Any, Any], bool]
    part: Callable[[Any, Any], bool] = _no_part

    @property
    def has_order(self) -> bool:
        """Whether its values are numbers, which have an order and ranges."""
        return "<" in self.operators


def _number(text: str) -> Number | None:
    if not _NUMBER.fullmatch(text):
        return None
    return Number(int(text))


def _duration(text: str) -> Number | None:
    """A duration in nanoseconds, of a number and its unit; what is finer than a nanosecond is rounded."""
    match = _DURATION.fullmatch(text.lower())
    if match is None:
        return None
    whole, fraction, unit = match.groups(default="")
    scale = 10 ** len(fraction)
    units = int(whole + fraction) * UNITS[unit]
    return Number((2 * units + scale) // (2 * scale))


def _bare_hex(text: str) -> str:
    """Hex digits in upper case, without the prefix 0x; "0x" alone is a digit and any digit."""
    digits = text.upper()
    if len(digits) == len(PREFIX):
        return digits
    return digits.removeprefix(PREFIX)


def _digits(text: str, count: int) -> Number | None:
    """A number of so many hex digits, of which X is any."""
    digits = _bare_hex(text)
    if len(digits) != count or not _HEX_OR_X.fullmatch(digits):
        return None
    if "X" not in digits:
        return Number(int(digits, 16))
    mask = "".join("0" if digit == "X" else "F" for digit in digits)
    return Number(int(digits.replace("X", "0"), 16), int(mask, 16))


def _equal_numbers(value: int, sought: Number) -> bool:
    return value & sought.mask == sought.value


def _equal_texts(value: str, sought: str) -> bool:
    return value.lower() == sought


def _part_of_text(value: str, sought: str) -> bool:
    return sought in value.lower()


def _tag(text: str) -> str:
    return _bare_hex(text).lower()


def _equal_tags(element: tuple[str, str], sought: str) -> bool:
    """Whether the tag of an element is that one, of which x is any character."""
    tag = element[0].lower()
    if len(tag) != len(sought):
        return False
    return all(wish in ("x", digit) for digit, wish in zip(tag, sought, strict=True))


def _part_of_element(element: tuple[str, str], sought: str) -> bool:
    return sought in " ".join(element).lower()


def _equal_findings(finding: tuple[str, str, str, str], sought: str) -> bool:
    rule, severity, _, _ = finding
    return sought in (rule.lower(), severity.lower())


def _part_of_finding(finding: tuple[str, str, str, str], sought: str) -> bool:
    return sought in finding_text(finding).lower()


def finding_text(finding: tuple[str, str, str, str]) -> str:
    """A finding as it is searched."""
    rule, severity, title, detail = finding
    return f"{rule} {severity} {title}: {detail}"


def _hex(text: str) -> str | None:
    """Bytes as upper-case hex, which may be grouped by blanks."""
    digits = _bare_hex("".join(text.split()))
    return digits if _HEX.fullmatch(digits) else None


def _part_of_bytes(half: str, sought: str) -> bool:
    """Whether bytes stand in the hex of a half; its hidden digits are asterisks, which no digit equals."""
    at = half.find(sought)
    while at % 2 == 1:  # between two bytes; -1 ends it, too
        if at < 0:
            return False
        at = half.find(sought, at + 1)
    return True


def _never(value: Any, sought: Any) -> bool:
    return False


NUMBER = Kind((*EQUALS, *ORDERS), "is no number", _number, _equal_numbers)
BYTE = Kind(
    (*EQUALS, *ORDERS), "is not two hex digits", lambda text: _digits(text, 2), _equal_numbers
)
WORD = Kind(
    (*EQUALS, *ORDERS), "is not four hex digits", lambda text: _digits(text, 4), _equal_numbers
)
DURATION = Kind(
    (*EQUALS, *ORDERS), "is no time: 50ms, 1.5s (ns us ms s min)", _duration, _equal_numbers
)
TEXT = Kind((*EQUALS, *PART), "is no text", str.lower, _equal_texts, _part_of_text)
TAG = Kind((*EQUALS, *PART), "is no tag", _tag, _equal_tags, _part_of_element)
FINDING = Kind((*EQUALS, *PART), "is no text", str.lower, _equal_findings, _part_of_finding)
BYTES = Kind(PART, "is no hex of whole bytes", _hex, _never, _part_of_bytes)
FLAG = Kind((), "", str, _never)

FIELDS = {
    "n": NUMBER,
    "session": NUMBER,
    "channel": NUMBER,
    "command": TEXT,
    "cla": BYTE,
    "ins": BYTE,
    "p1": BYTE,
    "p2": BYTE,
    "sw": WORD,
    "aid": TEXT,
    "app": TEXT,
    "tag": TAG,
    "took": DURATION,
    "time": DURATION,
    "gap": DURATION,
    "lc": NUMBER,
    "lr": NUMBER,
    "text": TEXT,
    "value": TEXT,
    "finding": FINDING,
    "note": TEXT,
    "bytes": BYTES,
    "error": FLAG,
    "failed": FLAG,
}

# How much work the values of a field are, for the order in which the parts of an expression are looked at.
DECODED = ("tag", "text", "value", "note", "bytes", "error", "aid", "finding")
