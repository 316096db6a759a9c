# SPDX-License-Identifier: MIT
"""How numbers at one place of many lines grow: what tells a clock from a counter and from bytes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

_MAY_FALL = 20  # of so many steps one may go back


def never_falls(values: Sequence[int]) -> bool:
    """Whether numbers rise or stay, but for one step in 20 of a long series, and rise at all."""
    is_growing = len(set(values)) > 1
    falls = sum(after < before for before, after in pairwise(values))
    return is_growing and falls * _MAY_FALL <= len(values) - 1


def counts_up(values: Sequence[int]) -> bool:
    """Whether each number is the last one or its successor, and most are new."""
    steps = [after - before for before, after in pairwise(values)]
    if not steps or not set(steps) <= {0, 1}:
        return False
    return sum(steps) * 3 >= len(steps)


def few_values(texts: Sequence[str]) -> bool:
    """Whether few different texts take turns, as the numbers of threads do."""
    most = max(2, len(texts) // 5)
    return len(texts) >= 5 and len(set(texts)) <= most


_CLASSES = frozenset(
    (*range(0x10), *range(0x80, 0x90), *bytes.fromhex("90 94 A0 A4 B0 C0 E0 F0 FF"))
)
_INSTRUCTIONS = frozenset(
    bytes.fromhex(
        "04 0E 10 12 14 16 18 1A 1E 20 21 22 24 26 28 2A 2C 30 32 34 36 38 40 42 44 46 48 4A 4C 4E"
        "50 52 54 56 58 5A 5C 60 6A 70 72 76 78 7A 7C 7E 82 84 86 87 88 8A 8C 8E A0 A1 A2 A4 A8 AA"
        "AE AF B0 B1 B2 B3 BA BD C0 C2 C3 CA CB D0 D1 D2 D6 D7 D8 DA DB DC DD E0 E2 E4 E6 E8 F0 F1"
        "F2 F8 FA FE"
    )
)


def may_be_bytes(digits: str) -> bool:
    """Whether digits may be the front of a usual command (ISO/IEC 7816-4, 5.4) or a status word."""
    if len(digits) % 2:
        return False
    front = int(digits[:2], 16)
    if len(digits) == 2:
        return front in _CLASSES
    if len(digits) == 4 and (front in (0x90, 0x91, 0x9F) or 0x60 <= front <= 0x6F):
        return True
    instruction = int(digits[2:4], 16)
    return front in _CLASSES and instruction in _INSTRUCTIONS
