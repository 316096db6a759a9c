# SPDX-License-Identifier: MIT
"""Formats of dates and times: BCD, ASCII digits, counts since an epoch, packed bits."""

from __future__ import annotations

import datetime
from collections.abc import Callable

from ..codec import parse_bcd, parse_date, parse_time
from .format import Format, Table, unsigned
from .numbers import little, swapped

_DAY = datetime.timedelta(days=1)
_SECOND = datetime.timedelta(seconds=1)
_NEGATIVE = 0x08  # the bit of a sign in a time zone
_SIGNS = {0: "+", _NEGATIVE: "-"}


def _digits(value: bytes, ascii_sizes: tuple[int, ...]) -> bytes:
    """The BCD bytes of a value, which may be ASCII digits instead where it has one of these sizes."""
    if len(value) not in ascii_sizes:
        return value
    digits = value.decode("ascii")
    return bytes.fromhex(digits)


def _coded(digits: str, size: int, ascii_sizes: tuple[int, ...]) -> bytes:
    """Digits in BCD, without the century where the size has no room for it; in ASCII where the size says so."""
    is_ascii = size in ascii_sizes
    room = 2 * size
    if is_ascii:
        room = size
    if room and room < len(digits):
        digits = digits[len(digits) - room :]
    if is_ascii:
        return digits.encode()
    return bytes.fromhex(digits)


def _only_digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


def _date(value: bytes) -> str | None:
    bcd = _digits(value, (6, 8))
    date = parse_date(bcd)
    if date is None:
        return None
    return date.isoformat()


def _from_date(text: str, size: int) -> bytes:
    return _coded(_only_digits(text), size, (6, 8))


def _time(value: bytes) -> str | None:
    bcd = _digits(value, (4, 6))
    time = parse_time(bcd)
    if time is None:
        return None
    return time.isoformat()


def _from_time(text: str, size: int) -> bytes:
    digits = _only_digits(text)
    if size in (2, 4):
        digits = digits[:4]
    return _coded(digits, size, (4, 6))


def _date_time(value: bytes) -> str | None:
    bcd = _digits(value, (12, 14))
    date = parse_date(bcd[:-3])
    time = parse_time(bcd[-3:])
    if date is None or time is None:
        return None
    return f"{date} {time}"


def _from_date_time(text: str, size: int) -> bytes:
    return _coded(_only_digits(text), size, (12, 14))


def _month(value: bytes) -> str | None:
    if len(value) != 2:
        return None
    first_day = parse_date(value + b"\x01")
    if first_day is None:
        return None
    return f"{first_day:%Y-%m}"


def _from_month(text: str, size: int) -> bytes:
    return bytes.fromhex(_only_digits(text)[2:])


def _year_day(value: bytes) -> str | None:
    """Last digit of the year and day of it, as in the CPLC; the decade is not told."""
    digits = parse_bcd(value)
    if not digits:
        return None
    day = int(digits[1:])
    if not 1 <= day <= 366:
        return None
    return f"year ...{digits[0]}, day {day}"


def _from_year_day(text: str, size: int) -> bytes:
    year, _, day = text.removeprefix("year ...").partition(", day ")
    return bytes.fromhex(year + day.zfill(3))


def _swapped_time(value: bytes) -> str | None:
    """A time in swapped digits; there were no messages before 2000 that are still read (3GPP TS 23.040, 9.2.3.11)."""
    digits = swapped(value)
    return _date_time(b"\x20" + digits)


def _from_swapped_time(text: str, size: int) -> bytes:
    digits = _only_digits(text)
    return swapped(bytes.fromhex(digits[2:]))


def _zone(value: bytes) -> str | None:
    """Quarters of an hour in swapped digits, with the sign in bit 4 (3GPP TS 23.040, 9.2.3.11)."""
    byte = value[0]
    tens = byte & 0x07
    units = byte >> 4
    if units > 9:
        return None
    hours, quarters = divmod(10 * tens + units, 4)
    minutes = 15 * quarters
    sign = _SIGNS[byte & _NEGATIVE]
    return f"{sign}{hours:02}:{minutes:02}"


def _from_zone(text: str, size: int) -> bytes:
    hours, _, minutes = text[1:].partition(":")
    quarters = 4 * int(hours) + int(minutes) // 15
    tens, units = divmod(quarters, 10)
    sign = 0
    if text[0] == _SIGNS[_NEGATIVE]:
        sign = _NEGATIVE
    return bytes([units << 4 | sign | tens])


def _stamp(value: bytes) -> str | None:
    """The service centre time stamp: date, time, zone (3GPP TS 23.040, 9.2.3.11)."""
    time = _swapped_time(value[:6])
    zone = _zone(value[6:])
    if time is None or zone is None:
        return None
    return f"{time} {zone}"


def _from_stamp(text: str, size: int) -> bytes:
    time, _, zone = text.rpartition(" ")
    digits = _from_swapped_time(time, 6)
    return digits + _from_zone(zone, 1)


def _since(unit: datetime.timedelta, number: Callable[[bytes], int], argument: str) -> Format:
    """A count of days or seconds since midnight of a date."""
    epoch = datetime.datetime.fromisoformat(argument or "1970-01-01")
    if epoch.tzinfo:
        raise ValueError("an epoch is a date like 1997-01-01")

    def read(value: bytes) -> str | None:
        if len(value) > 8:
            return None
        count = number(value)
        moment = epoch + unit * count
        if unit == _DAY:
            return f"{moment:%Y-%m-%d}"
        return moment.isoformat(" ")

    def write(text: str, size: int) -> bytes:
        moment = datetime.datetime.fromisoformat(text)
        count = (moment - epoch) // unit
        coded = count.to_bytes(size or 4, "big")
        if number is little:
            return coded[::-1]
        return coded

    what = "a time"
    if unit == _DAY:
        what = "a date"
    return Format(read, write, what)


def _since_format(
    unit: datetime.timedelta, number: Callable[[bytes], int]
) -> Callable[[str], Format]:
    return lambda argument: _since(unit, number, argument)


def _minutes(value: bytes) -> str | None:
    hours, minutes = divmod(unsigned(value), 60)
    if hours >= 24:
        return None
    return f"{hours:02}:{minutes:02}"


def _from_minutes(text: str, size: int) -> bytes:
    hours, _, minutes = text.partition(":")
    count = 60 * int(hours) + int(minutes)
    return count.to_bytes(size or 2, "big")


def _dos_date(value: bytes) -> str:
    """Seven bits of years since 1980, four of months, five of days."""
    bits = unsigned(value)
    year = 1980 + (bits >> 9)
    month = bits >> 5 & 0x0F
    day = bits & 0x1F
    return datetime.date(year, month, day).isoformat()


def _from_dos_date(text: str, size: int) -> bytes:
    date = datetime.date.fromisoformat(text)
    years = date.year - 1980
    bits = years << 9 | date.month << 5 | date.day
    return bits.to_bytes(2, "big")


def _dos_time(value: bytes) -> str:
    """Five bits of hours, six of minutes, five of pairs of seconds."""
    bits = unsigned(value)
    hours = bits >> 11
    minutes = bits >> 5 & 0x3F
    seconds = 2 * (bits & 0x1F)
    return datetime.time(hours, minutes, seconds).isoformat()


def _from_dos_time(text: str, size: int) -> bytes:
    time = datetime.time.fromisoformat(text)
    pairs = time.second // 2
    bits = time.hour << 11 | time.minute << 5 | pairs
    return bits.to_bytes(2, "big")


# The validity period of a message (3GPP TS 23.040, 9.2.3.12.1): up to which code, from how many minutes, in what steps
_VALIDITY = ((143, 5, 5), (167, 750, 30), (196, 2880, 1440), (255, 50400, 10080))


def _validity(value: bytes) -> str:
    code = value[0]
    first = 0
    for last, least, step in _VALIDITY:
        if code <= last:
            minutes = least + (code - first) * step
            return f"{minutes} minutes"
        first = last + 1
    return ""


_VALIDITY_CODES = {_validity(bytes([code])): code for code in range(256)}


def _from_validity(text: str, size: int) -> bytes:
    return bytes([_VALIDITY_CODES[text]])


def _unpacked_date(value: bytes) -> str | None:
    """A date of one digit a byte (BSI TR-03110-3, D.2.1.3)."""
    if any(byte > 9 for byte in value):
        return None
    return _date(bytes.fromhex("".join(map(str, value))))


def _from_unpacked_date(text: str, size: int) -> bytes:
    return bytes(map(int, _only_digits(text)[-6:]))


TIMES: Table = {
    "date": Format(_date, _from_date, "a date", (3, 4, 6, 8)),
    "udate": Format(_unpacked_date, _from_unpacked_date, "a date", (6,)),
    "yymm": Format(_month, _from_month, "a month", (2,)),
    "yddd": Format(_year_day, _from_year_day, "a day of a year", (2,)),
    "time": Format(_time, _from_time, "a time", (2, 3, 4, 6)),
    "datetime": Format(_date_time, _from_date_time, "a date and time", (6, 7, 12, 14)),
    "sdatetime": Format(_swapped_time, _from_swapped_time, "a date and time", (6,)),
    "zone": Format(_zone, _from_zone, "a time zone", (1,)),
    "scts": Format(_stamp, _from_stamp, "a time stamp", (7,)),
    "vp": Format(_validity, _from_validity, "", (1,)),
    "unix": _since_format(_SECOND, unsigned),
    "unixle": _since_format(_SECOND, little),
    "days": _since_format(_DAY, unsigned),
    "daysle": _since_format(_DAY, little),
    "minutes": Format(_minutes, _from_minutes, "a time of day"),
    "dosdate": Format(_dos_date, _from_dos_date, "a date", (2,)),
    "dostime": Format(_dos_time, _from_dos_time, "a time", (2,)),
}
