# SPDX-License-Identifier: MIT
"""Bits with meanings: what one byte says, and a value byte by byte, with the bits that no row names."""

from __future__ import annotations

import re
from dataclasses import field
from typing import Any

from .codec import to_hex
from .errors import DictionaryError
from .model import record

_RANGE = re.compile(r"[1-8](-[1-8])?")


@record
class Bit:
    """A row about some bits of a byte: what they mean where they have a value, or as a number if that is None."""

    shift: int
    mask: int
    expected: int | None
    meaning: str

    def value(self, byte: int) -> int:
        """These bits of a byte as a number."""
        return byte >> self.shift & self.mask

    @property
    def place(self) -> int:
        """The bits that the row is about, in their place."""
        return self.mask << self.shift


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
    named = {row.place for row in bits if row.expected == row.value(byte)}
    texts = []
    unnamed = byte
    for row in bits:
        value = row.value(byte)
        is_number = row.expected is None and row.place not in named
        if is_number or row.expected == value:
            texts.append(row.meaning.replace("{n}", str(value)))
            unnamed &= ~row.place
    return "; ".join(filter(None, texts)), unnamed


@record
class Bits:
    """The meanings that hold, byte by byte, and which bits are set that no row names."""

    rows: tuple[tuple[int, ByteText], ...]

    def __call__(self, value: bytes) -> str:
        texts = []
        unnamed = bytearray(value)
        for place, row in self.rows:
            if place < len(value):
                text, unnamed[place] = row.read(value[place])
                texts.append(text)
        meanings = "; ".join(filter(None, texts))
        if any(unnamed):
            return f"{meanings} (not named: {to_hex(bytes(unnamed))})".lstrip()
        return meanings or "none set"


def bit(bits: Any, value: Any, meaning: Any) -> Bit:
    """One row about a byte: bits "8-7" or "4", a value or "INT", a meaning."""
    if not isinstance(bits, str) or not _RANGE.fullmatch(bits):
        raise DictionaryError(f"bits {bits!r} are not like 8-7 or 4")
    high, low = int(bits[0]), int(bits[-1])
    has_meaning = isinstance(meaning, str) and (value != "INT" or "{n}" in meaning)
    if high < low or not has_meaning:
        reason = "need the high bit first, and a meaning, for INT with {n} in it"
        raise DictionaryError(f"bits {bits!r} {reason}")
    mask = (1 << high - low + 1) - 1
    if value == "INT":
        return Bit(low - 1, mask, None, meaning)
    if type(value) is not int or not 0 <= value <= mask:
        raise DictionaryError(f"value {value!r} does not fit bits {bits}")
    return Bit(low - 1, mask, value, meaning)


def bytes_of(rows: Any) -> tuple[tuple[int, ByteText], ...]:
    """Rows about the bytes of a value, byte by byte, from 0."""
    by_place: dict[int, list[Bit]] = {}
    for place, bits, value, meaning in rows:
        if type(place) is not int or not 1 <= place <= 255:
            raise DictionaryError(f"byte {place!r} is not a number from 1")
        by_place.setdefault(place - 1, []).append(bit(bits, value, meaning))
    return tuple((place, ByteText(tuple(bits))) for place, bits in sorted(by_place.items()))
