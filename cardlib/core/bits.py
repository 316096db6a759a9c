# SPDX-License-Identifier: MIT
"""Bits with meanings: what one byte says, and a value byte by byte, with the bits that no row names."""

from __future__ import annotations

import re
from dataclasses import field
from typing import Any

from .codec import to_hex
from .errors import DictionaryError
from .model import record

Bit = tuple[int, int, int | None, str]  # shift, mask, value (None: any, shown as a number), meaning
_RANGE = re.compile(r"[1-8](-[1-8])?")


@record
class ByteText:
    """What one byte means (of a value, or P1, P2); empty where the rows say nothing. Each byte is read once."""

    bits: tuple[Bit, ...]
    memo: dict[int, tuple[str, int]] = field(default_factory=dict, compare=False, repr=False)

    def __call__(self, byte: int) -> str:
        return self.read(byte)[0]

    def read(self, byte: int) -> tuple[str, int]:
        """The meanings that hold, and those bits that are set and that no row is about."""
        if byte not in self.memo:
            self.memo[byte] = _read(self.bits, byte)
        return self.memo[byte]


def _read(bits: tuple[Bit, ...], byte: int) -> tuple[str, int]:
    """A number is shown where no other row of the same bits names its value."""
    named = {(shift, mask) for shift, mask, wanted, _ in bits if wanted == byte >> shift & mask}
    texts, left = [], byte
    for shift, mask, wanted, meaning in bits:
        value = byte >> shift & mask
        if wanted == value or (wanted is None and (shift, mask) not in named):
            texts.append(meaning.replace("{n}", str(value)))
            left &= ~(mask << shift)
    return "; ".join(filter(None, texts)), left


@record
class Bits:
    """The meanings that hold, byte by byte, and which bits are set that no row names."""

    rows: tuple[tuple[int, ByteText], ...]

    def __call__(self, value: bytes) -> str:
        texts, left = [], bytearray(value)
        for place, row in self.rows:
            if place < len(value):
                text, left[place] = row.read(value[place])
                texts.append(text)
        said = "; ".join(filter(None, texts))
        return (
            f"{said} (not named: {to_hex(bytes(left))})".lstrip()
            if any(left)
            else said or "none set"
        )


def bit(bits: Any, value: Any, meaning: Any) -> Bit:
    """One row about a byte: bits "8-7" or "4", a value or "INT", a meaning."""
    if not isinstance(bits, str) or not _RANGE.fullmatch(bits):
        raise DictionaryError(f"bits {bits!r} are not like 8-7 or 4")
    high, low = int(bits[0]), int(bits[-1])
    mask = (1 << high - low + 1) - 1 if high >= low else 0
    if not isinstance(meaning, str) or not mask or (value == "INT" and "{n}" not in meaning):
        raise DictionaryError(
            f"bits {bits!r} need the high bit first, and a meaning, for INT with {{n}} in it"
        )
    if value != "INT" and not (type(value) is int and 0 <= value <= mask):
        raise DictionaryError(f"value {value!r} does not fit bits {bits}")
    return (low - 1, mask, None if value == "INT" else value, meaning)


def bytes_of(rows: Any) -> tuple[tuple[int, ByteText], ...]:
    found: dict[int, list[Bit]] = {}
    for place, bits, value, meaning in rows:
        if type(place) is not int or not 1 <= place <= 255:
            raise DictionaryError(f"byte {place!r} is not a number from 1")
        found.setdefault(place - 1, []).append(bit(bits, value, meaning))
    return tuple((place, ByteText(tuple(bits))) for place, bits in sorted(found.items()))
