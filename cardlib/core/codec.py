# SPDX-License-Identifier: MIT
"""Bytes to text and back: hex, BCD, dates, character sets. Tiny, pure and total: what does not fit is None."""

from __future__ import annotations

import datetime


def to_hex(value: bytes) -> str:
    """Upper-case hex without separators."""
    return value.hex().upper()


def is_constructed(tag: str) -> bool:
    """Whether a tag in hex is that of a template (ISO/IEC 8825-1, 8.1.2.5)."""
    return bool(tag) and bool(int(tag[:2], 16) & 0x20)


def parse_hex(text: str) -> bytes | None:
    """Bytes of ASCII hex digits, perhaps with blanks between bytes; None if there is anything else or half a byte."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return None


def parse_bcd(value: bytes) -> str | None:
    """Decimal digits of format n (EMV Book 3, 4.3); None if a nibble is not a digit."""
    return _decimal(value.hex())


def _decimal(digits: str) -> str | None:
    """The digits, if they are all decimal; of nothing, nothing."""
    if digits.isdecimal() or not digits:
        return digits
    return None


def parse_cn(value: bytes) -> str | None:
    """Decimal digits of format cn: left-justified, padded with F (EMV Book 3, 4.3)."""
    return _decimal(value.hex().rstrip("f"))


def parse_semi(value: bytes) -> str | None:
    """Decimal digits with the nibbles of each byte swapped, filled up with F (ETSI TS 102 221, 13.2)."""
    digits = value.hex()
    swapped = ""
    for low, high in zip(digits[::2], digits[1::2], strict=True):
        swapped += high + low
    return _decimal(swapped.rstrip("f"))


def parse_date(value: bytes) -> datetime.date | None:
    """A date in BCD: YYMMDD with the years 50 to 99 in the 1900s, or YYYYMMDD (EMV Book 4, 6.7.3)."""
    digits = parse_bcd(value)
    if digits is None or len(digits) not in (6, 8):
        return None
    if len(digits) == 6:
        century = "19" if digits >= "50" else "20"
        digits = century + digits
    year, month, day = digits[:4], digits[4:6], digits[6:]
    try:
        return datetime.date(int(year), int(month), int(day))
    except ValueError:
        return None


def parse_time(value: bytes) -> datetime.time | None:
    """A time of day in BCD, HHMM or HHMMSS."""
    digits = parse_bcd(value)
    if digits is None or len(digits) not in (4, 6):
        return None
    hour, minute, second = digits[:2], digits[2:4], digits[4:] or "0"
    try:
        return datetime.time(int(hour), int(minute), int(second))
    except ValueError:
        return None


def parse_text(value: bytes, charset: str = "latin-1") -> str:
    """Text in a Python charset; bytes that do not fit become U+FFFD. Nothing is escaped here: sinks do that."""
    return value.decode(charset, errors="replace")


def luhn_ok(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit of the others (ISO/IEC 7812-1, annex B)."""
    if not digits.isdecimal():
        return False
    total = 0
    for digit in digits[-1::-2]:
        total += int(digit)
    for digit in digits[-2::-2]:
        total += _DOUBLED[int(digit)]
    return total % 10 == 0


_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)  # twice a digit, the digits of the result added up


def number_of_bits(value: bytes, first: int, last: int) -> bytes:
    """The number in bits `first` to `last` (not with it), of the bytes that they touch; as few bytes as hold it."""
    width = last - first
    number = int.from_bytes(value, "big") >> (-last % 8) & ((1 << width) - 1)
    return number.to_bytes((width + 7) // 8, "big")
