# SPDX-License-Identifier: MIT
"""The size column of a line."""

from __future__ import annotations

import re
from collections.abc import Collection

from .field import ALWAYS, Size

FORMS = "a size is like 4, 14b, .., ..-14, =NAME, =NAME-1, to D, to 0A or -, perhaps with ? or * behind it"
MOST = 1 << 20  # bytes, and repetitions

_TIMES = re.compile(r"(.+?)(?:\*=(.+)|\*(\d{1,7})?|(\?))?")
_FIXED = re.compile(r"(\d{1,7})(b?)")
_REST = re.compile(r"\.\.(?:-(\d{1,7}))?")
_UNTIL = re.compile(r"to ([0-9A-F]{1,2})")
_COUNTED = re.compile(r"(.+?)([+-]\d{1,7})?(?: (bytes|digits|septets|bits))?")


def parse_size(text: str, names: Collection[str]) -> Size:
    """The size of a field below fields with these names; ValueError says what may stand there."""
    if text in _PLAIN:
        return _PLAIN[text]
    match = _TIMES.fullmatch(text)
    if not match:
        raise ValueError(FORMS)
    base, times_name, times, optional = match.groups()
    size = _base(base, names)
    if times_name and times_name not in names:
        raise ValueError(f"no field {times_name!r} stands above that could say how often")
    if base == text:
        return size
    count = 1
    if times_name or (text.endswith("*") and base != text):
        count = ALWAYS
    if times:
        count = int(times)
    if times and not 1 <= count <= MOST:
        raise ValueError(f"a field is repeated 1 to {MOST} times")
    return Size(
        size.kind,
        size.bits,
        size.name,
        size.plus,
        size.unit,
        size.mark,
        count,
        times_name or "",
        bool(optional),
    )


def _base(text: str, names: Collection[str]) -> Size:
    if text == "-":
        return Size("parts")
    if match := _FIXED.fullmatch(text):
        return _fixed(int(match[1]), bool(match[2]))
    if match := _REST.fullmatch(text):
        return Size("rest", 8 * int(match[1] or 0))
    if match := _UNTIL.fullmatch(text):
        return Size("until", mark=match[1])
    if text.startswith("="):
        return _counted(text[1:], names)
    raise ValueError(f"no size {text!r}; {FORMS}")


def _fixed(number: int, of_bits: bool) -> Size:
    if not 1 <= number <= MOST:
        raise ValueError(
            f"a field has 1 to {MOST} bytes or bits; one that is not there is left out"
        )
    if of_bits:
        return Size("fixed", number)
    return Size("fixed", 8 * number)


def _counted(text: str, names: Collection[str]) -> Size:
    if text in names:  # a name may end like a number or a unit
        return Size("counted", name=text)
    match = _COUNTED.fullmatch(text)
    if not match or match[1] not in names:
        raise ValueError(
            f"no field {match[1] if match else text!r} stands above that could say how long this one is"
        )
    return Size("counted", name=match[1], plus=int(match[2] or 0), unit=match[3] or "bytes")


# The sizes that occur most
_PLAIN = {"..": Size("rest"), "-": Size("parts")}
_PLAIN |= {str(number): Size("fixed", 8 * number) for number in range(1, 33)}
_PLAIN |= {f"{number}b": Size("fixed", number) for number in range(1, 33)}
