# SPDX-License-Identifier: MIT
"""The access conditions of a MIFARE Classic sector: three bits a block, each written twice (NXP MF1S50YYX_V1, 8.7)."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.codec import to_hex

_BLOCKS = 4
# C1 C2 C3: who may read, write, increment, decrement (table 8)
_DATA = {
    0b000: "all with either key",
    0b010: "read with either key",
    0b100: "read with either key, write with B",
    0b110: "read and decrement with either key, write and increment with B",
    0b001: "read and decrement with either key",
    0b011: "read and write with B",
    0b101: "read with B",
    0b111: "nothing",
}
# The same of the trailer: keys and conditions (table 7)
_TRAILER = {
    0b000: "A writes the keys, and reads key B",
    0b010: "A reads key B",
    0b100: "B writes the keys",
    0b110: "keys and conditions fixed",
    0b001: "A writes keys and conditions, and reads key B",
    0b011: "B writes keys and conditions",
    0b101: "B writes conditions",
    0b111: "keys and conditions fixed",
}
READABLE_KEY_B = (0b000, 0b010, 0b001)  # conditions of the trailer
RAISED_WITH_EITHER = (0b000,)  # conditions of a block whose value key A may raise
INVALID = "not valid: the copies do not agree, the sector is locked for good"


def conditions(value: bytes) -> list[int] | None:
    """C1 C2 C3 of the blocks 0 to 3 (3 is the trailer); None where a copy is not the inverse of its bit."""
    if len(value) != 3:
        return None
    second, third = value[1], value[2]
    # C1, C2, C3 of the blocks, the lowest bit is block 0
    bits = (second >> 4, third & 15, third >> 4)
    inverted = (value[0] & 15, value[0] >> 4, second & 15)
    if any(bit ^ copy != 15 for bit, copy in zip(bits, inverted, strict=True)):
        return None
    first, middle, last = bits
    return [
        (first >> block & 1) << 2 | (middle >> block & 1) << 1 | (last >> block & 1)
        for block in range(_BLOCKS)
    ]


def describe(value: bytes) -> str:
    """What the three bytes allow, in words; blocks that are alike together."""
    return _in_words(value, "block", ("0", "1", "2"))


def describe_large(value: bytes) -> str:
    """The same in a sector of 16 blocks, where each condition is of five (NXP MF1S70YYX_V1, 8.7)."""
    return _in_words(value, "blocks", ("0 to 4", "5 to 9", "10 to 14"))


def _in_words(value: bytes, unit: str, blocks: Sequence[str]) -> str:
    if len(value) != 3:
        return to_hex(value)
    codes = conditions(value)
    if codes is None:
        return INVALID
    *data, trailer = codes
    groups: dict[int, list[str]] = {}
    for block, code in zip(blocks, data, strict=True):
        groups.setdefault(code, []).append(block)
    words = []
    for code, names in groups.items():
        words.append(f"{unit} {', '.join(names)}: {_DATA[code]}")
    return "; ".join([*words, f"trailer: {_TRAILER[trailer]}"])
