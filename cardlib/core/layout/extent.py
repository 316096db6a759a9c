# SPDX-License-Identifier: MIT
"""How far a field goes. Places are in bits."""

from __future__ import annotations

from ..model import record
from .conditions import Scope, counted_bits, whole_bytes
from .field import Field
from .piece import quantity

SEPTET = 7


@record
class Extent:
    """Where a field ends, what is wrong with that, and the spare bits of packed characters (`_spare_bits`)."""

    stop: int
    error: str = ""
    spare: int = 0


def extent_of(item: Field, buf: bytes, at: int, end: int, known: Scope) -> Extent:
    """How far a field goes that begins at `at`, of a block that ends at `end`."""
    size = item.size
    if size.kind == "fixed":
        return _cut(at, size.bits, end, "expected")
    if size.kind == "rest":
        return Extent(max(at, end - size.bits))
    if size.kind == "until":
        return _until(size.mark, buf, at, end)
    if size.kind == "parts":
        return Extent(end)
    bits = counted_bits(size, known)
    if bits is None:
        return Extent(end, f"the field {size.name} does not say how long this one is")
    if bits < 0:
        return Extent(at, f"a length of {bits} bits")
    width = whole_bytes(bits, size.unit)
    extent = _cut(at, width, end, "declared")
    if item.reading.format.packed:
        return Extent(extent.stop, extent.error, _spare_bits(bits, width, size.unit))
    return extent


def _spare_bits(bits: int, width: int, unit: str) -> int:
    """The spare bits of packed characters: those after them, plus eight times those before them.

    Where 7 bits are spare, a whole character more would fit: it is padding (3GPP TS 23.038, 6.1.2.1). After a user
    data header, bits fill up to a multiple of 7 from its first byte (3GPP TS 23.040, 9.2.3.24).
    """
    over = bits % SEPTET
    spare = width - bits
    if unit == "septets" and over:
        return spare + 8 * over
    if spare + over >= SEPTET:
        return SEPTET
    return 0


def _cut(at: int, bits: int, end: int, word: str) -> Extent:
    """The end of so many bits, as far as there are as many."""
    if at + bits <= end:
        return Extent(at + bits)
    left = quantity(end - at)
    return Extent(end, f"{quantity(bits)} {word}, {left} here")


def _until(mark: str, buf: bytes, at: int, end: int) -> Extent:
    """The place of a byte or of a half byte."""
    if len(mark) == 2 and at % 8 == 0:
        place = buf.find(bytes.fromhex(mark), at // 8, end // 8)
        if place >= 0:
            return Extent(8 * place)
    elif len(mark) == 1 and at % 4 == 0:
        digit = int(mark, 16)
        for place in range(at, end - 3, 4):
            shift = 4 - place % 8
            if buf[place // 8] >> shift & 0x0F == digit:
                return Extent(place)
    return Extent(end, f"no {mark} behind it")
