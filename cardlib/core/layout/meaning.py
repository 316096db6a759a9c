# SPDX-License-Identifier: MIT
"""The format column of a line and the names of its values or bits."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

from .field import Size
from .format import Format
from .formats import FORMATS, format_named
from .near import near
from .reading import HEX, Lookup, coded, flags, named, prefixed

SHARED = ("countries", "currencies", "languages")

# Formats that say nothing without names, and what these are
_BITS = "the names of its bits, like {8 valid, 1 disabled}"
_OF_NAMES = {
    "flags": _BITS,
    "notflags": _BITS,
    "prefixed": "the beginnings by their code, like {01 http://www.}",
}
_KEY = re.compile(r"[0-9A-F]+")
_FLAG = re.compile(r"([1-9][0-9]{0,3})(?:\.([1-8]))?")


def split_format(columns: tuple[str, ...]) -> tuple[str, str]:
    """The format and the list of names of the columns behind the size; ValueError where there are too many."""
    if not columns:
        return "", ""
    if len(columns) == 1 and "@" not in columns[0]:
        return columns[0], ""
    formats = []
    lists = []
    for column in columns:
        word, at, name = column.partition("@")
        if word.strip():
            formats.append(word.strip())
        if at:
            lists.append(name.strip())
    if len(formats) > 1 or len(lists) > 1:
        raise ValueError(
            "a line has a name, a size, one format and one list of names, parted by two spaces"
        )
    return (formats or [""])[0], (lists or [""])[0]


def inline_names(text: str) -> dict[str, str]:
    """The names in braces: `00 plain, 01 gzip`."""
    table = {}
    for item in text.split(","):
        key, _, name = item.strip().partition(" ")
        if not name:
            raise ValueError(
                f"{item.strip()!r} is not a value and its name, like {{00 plain, 01 gzip}}"
            )
        if key in table:
            raise ValueError(f"the value {key} has two names")
        table[key] = name.strip()
    return table


def listed_names(name: str, lists: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    """The names of a list; ValueError where there is no such list."""
    if name not in lists:
        raise ValueError(f"no list of names @{name}; {near(name, lists)}")
    return lists[name]


def find_format(text: str, table: Mapping[str, str] | None, size: Size, inline: bool) -> Format:
    """The format that a column names, with the names of its values or bits; ValueError says what may stand there."""
    name, _, argument = text.partition(":")
    if name in _OF_NAMES:
        return _format_of_names(name, argument, table, size, inline)
    if not text and table is None:
        return HEX
    if not text:
        return named(None, _values(table or {}, size))
    if name not in FORMATS:
        raise ValueError(f"no format {name!r}; {near(name, FORMATS)}")
    format_ = format_named(name, argument)
    if size.kind == "fixed" and format_.sizes and (size.bits + 7) // 8 not in format_.sizes:
        allowed = " or ".join(map(str, format_.sizes))
        raise ValueError(f"{format_.what or name} has {allowed} bytes")
    if table is None:
        return format_
    return named(format_, _values(table, size))


def _format_of_names(
    name: str, argument: str, table: Mapping[str, str] | None, size: Size, inline: bool
) -> Format:
    """A format that says nothing without names."""
    if table is None:
        raise ValueError(f"{name} needs {_OF_NAMES[name]}")
    if name == "prefixed":
        return prefixed(_values(table, size))
    numbers = _bits(table, size, inline)
    if argument:
        numbers = _from_bit(_bit_number(argument), numbers, size)
    return flags(numbers, name == "notflags")


def shared_format(name: str, lookup: Lookup) -> Format:
    """The format of a code of countries, currencies or languages."""
    return coded(name, lookup)


def _values(table: Mapping[str, str], size: Size) -> Mapping[str, str]:
    for key in table:
        if not _KEY.fullmatch(key):
            raise ValueError(f"the value {key!r} is not upper-case hex")
        if size.kind == "fixed" and len(key) != (size.bits + 3) // 4:
            raise ValueError(
                f"the value {key} has {len(key)} hex digits, the field {(size.bits + 3) // 4}"
            )
        if size.kind != "fixed" and len(key) % 2:
            raise ValueError(f"the value {key} is not whole bytes")
    return table


def _bits(table: Mapping[str, str], size: Size, inline: bool) -> dict[int, str]:
    """Bits by number; a list that several fields share may have more of them than this field."""
    numbers = {}
    for key, name in table.items():
        number = _bit_number(key)
        if inline and size.kind == "fixed" and number > _highest_bit(size.bits):
            raise ValueError(f"bit {key} lies behind the field of {size.bits} bits")
        numbers[number] = name
    return numbers


@functools.lru_cache(maxsize=4096)
def _bit_number(key: str) -> int:
    """The number of a bit, counted through the bytes; ValueError where the key is no bit."""
    match = _FLAG.fullmatch(key)
    if not match:
        raise ValueError(f"{key!r} is not a bit, like 8, or like 2.1 for the lowest bit of byte 2")
    byte_or_bit, bit = match.groups()
    if bit:
        return 8 * (int(byte_or_bit) - 1) + int(bit)
    return int(byte_or_bit)


def _highest_bit(width: int) -> int:
    """The number of the last bit in a field; a field of less than a byte has only its own."""
    if width < 8:
        return width
    return width + -width % 8


def _from_bit(first: int, numbers: dict[int, str], size: Size) -> dict[int, str]:
    """The bits of a field whose lowest bit is the number `first` of the list, as `flags:9` or `flags:2.1` says."""
    last = max(numbers, default=0)
    if size.kind == "fixed":
        last = first + _highest_bit(size.bits) - 1
    shifted = {}
    for number, name in numbers.items():
        if first <= number <= last:
            shifted[number - first + 1] = name
    return shifted
