# SPDX-License-Identifier: MIT
"""The check sums of radio frames, by technology."""

from __future__ import annotations

from binascii import crc_hqx

from .block import CRC_A, CRC_B, MIRROR

# Registers before and after. That of PicoPass (P) was found to fit in real captures.
_REGISTERS = {"A": CRC_A, "B": CRC_B, "V": CRC_B, "P": (0x4807, 0)}


def crc_fits(technology: str, data: bytes) -> bool:
    """Whether the last two bytes are the check sum of the others."""
    if len(data) <= 2:
        return False
    if technology == "F":  # the length, which is summed up too, does not count the check sum
        return data[0] == len(data) - 2 and crc_hqx(data, 0) == 0
    first, last = _REGISTERS[technology]
    return crc_hqx(data.translate(MIRROR), first) == last


def crc_of(technology: str, data: bytes) -> bytes:
    """The check sum that belongs behind these bytes."""
    if technology == "F":
        return crc_hqx(data, 0).to_bytes(2, "big")
    first, last = _REGISTERS[technology]
    value = crc_hqx(data.translate(MIRROR), first)
    if last:  # the check sum is sent inverted
        value ^= 0xFFFF
    return value.to_bytes(2, "big").translate(MIRROR)
