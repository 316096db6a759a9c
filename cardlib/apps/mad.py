# SPDX-License-Identifier: MIT
"""The application directory of MIFARE Classic (MAD), which blocks 1 and 2 hold together (NXP AN10787)."""

from __future__ import annotations

BLOCKS = (1, 2)
SIZE = 32  # bytes: check sum, publisher, an application for each of the sectors 1 to 15
_POLYNOMIAL, _FIRST = 0x1D, 0xC7


def check_sum(data: bytes) -> int:
    """CRC-8 of the bytes behind it, the highest bit first."""
    value = _FIRST
    for byte in data:
        value ^= byte
        for _ in range(8):
            value <<= 1
            if value & 0x100:
                value ^= 0x100 | _POLYNOMIAL
    return value


def fits(directory: bytes) -> bool:
    """Whether these are both blocks of a directory."""
    return len(directory) == SIZE and directory[0] == check_sum(directory[1:])
