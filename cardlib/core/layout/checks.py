# SPDX-License-Identifier: MIT
"""Check digits and check sums that a layout can name with `!check=`: a closed list.

A check gets the value of its field, the value of the field before it, and all bytes of the record before it.
"""

from __future__ import annotations

from collections.abc import Callable

from ..codec import luhn_ok, parse_cn

Check = Callable[[bytes, bytes, bytes], bool]

_WEIGHTS = (7, 3, 1)


def _luhn(value: bytes, before: bytes, record: bytes) -> bool:
    """The last digit of the value itself (ISO/IEC 7812-1, annex B)."""
    return luhn_ok(parse_cn(value) or "")


def _eid(value: bytes, before: bytes, record: bytes) -> bool:
    """The last two digits of the value itself: as a number it is 1 modulo 97 (GSMA SGP.02, 2.2.2)."""
    return len(value) == 16 and int(value.hex()) % 97 == 1


def _exclusive_or(value: bytes, before: bytes, record: bytes) -> bool:
    """All bytes before it, as the check byte of an ATR or of a card's first block."""
    result = 0
    for byte in record:
        result ^= byte
    return value == bytes([result])


def _column_parity(value: bytes, before: bytes, record: bytes) -> bool:
    """Characters of five bits: each column of the four data bits is even (TIG SCEPACS, 4.3)."""
    bits = format(int.from_bytes(record, "big"), "b")
    bits = bits.zfill(len(bits) + -len(bits) % 5)
    columns = 0
    for at in range(0, len(bits), 5):
        columns ^= int(bits[at : at + 4], 2)
    return value[0] >> 1 == columns


def _sum16(value: bytes, before: bytes, record: bytes) -> bool:
    """The sum of all bytes before it (JIS X 6319-4 attribute block)."""
    return int.from_bytes(value, "big") == sum(record) & 0xFFFF


def _crc16(value: bytes, before: bytes, record: bytes) -> bool:
    """CRC-16 with polynomial 1021 and start FFFF, in bytes or in ASCII hex (EMV QR Code, 4.7.3)."""
    crc = 0xFFFF
    for byte in record:
        crc ^= byte << 8
        for _ in range(8):
            crc = crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1
            crc &= 0xFFFF
    return value in (crc.to_bytes(2, "big"), f"{crc:04X}".encode())


def mrz_digit(characters: bytes) -> bytes:
    """The check digit of characters of a machine-readable zone (ICAO Doc 9303-3, 4.9)."""
    total = 0
    for place, character in enumerate(characters):
        if character != ord("<"):
            total += int(chr(character), 36) * _WEIGHTS[place % 3]
    return str(total % 10).encode()


def _mrz(value: bytes, before: bytes, record: bytes) -> bool:
    """The field before it; a filler stands for the digit of an empty field."""
    return value == mrz_digit(before) or (value == b"<" and not before.strip(b"<"))


# What the composite digit covers, by what stands before it (ICAO Doc 9303-4 to -6, 4.2.4): TD3, TD2, TD1
_COMPOSITE = {
    87: ((44, 54), (57, 64), (65, 87)),
    71: ((36, 46), (49, 56), (57, 71)),
    59: ((5, 30), (30, 37), (38, 45), (48, 59)),
}


def _mrz_composite(value: bytes, before: bytes, record: bytes) -> bool:
    covered = b"".join(record[start:stop] for start, stop in _COMPOSITE[len(record)])
    return value == mrz_digit(covered)


CHECKS: dict[str, Check] = {
    "luhn": _luhn,
    "eid": _eid,
    "xor": _exclusive_or,
    "lrc": _column_parity,
    "sum16": _sum16,
    "crc16": _crc16,
    "mrz": _mrz,
    "mrz-composite": _mrz_composite,
}

OF_THE_FIELD = (
    "luhn",
    "eid",
    "mrz",
)  # the others read the record: in a repeated field that would take quadratic time


def check_holds(check: Check, value: bytes, before: bytes, record: bytes) -> bool:
    """Whether a check holds; a value on which it fails does not hold."""
    try:
        return check(value, before, record)
    except Exception:  # wild bytes, in any way
        return False
