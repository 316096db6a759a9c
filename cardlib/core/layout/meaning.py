# SPDX-License-Identifier: MIT
"""The format column of a line and the names of its values or bits."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .field import Size
from .format import Format
from .formats import FORMATS, format_named
from .near import near
from .reading import HEX, Lookup, coded, flags, named

SHARED = ("countries", "currencies", "languages")

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
    if name in ("flags", "notflags"):
        if table is None:
            raise ValueError(f"{name} needs the names of its bits, like {{8 valid, 1 disabled}}")
        return flags(_bits(table, size, inline), name == "notflags")
    if not text:
        return named(None, _values(table, size)) if table is not None else HEX
    if name not in FORMATS:
        raise ValueError(f"no format {name!r}; {near(name, FORMATS)}")
    format_ = format_named(name, argument)
    if size.kind == "fixed" and format_.sizes and (size.bits + 7) // 8 not in format_.sizes:
        allowed = " or ".join(map(str, format_.sizes))
        raise ValueError(f"{format_.what or name} has {allowed} bytes")
    return named(format_, _values(table, size)) if table is not None else format_


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
        match = _FLAG.fullmatch(key)
        if not match:
            raise ValueError(
                f"{key!r} is not a bit, like 8, or like 2.1 for the lowest bit of byte 2"
            )
        number = int(match[1])
        if match[2]:
            number = 8 * (number - 1) + int(match[2])
        if (
            inline
            and size.kind == "fixed"
            and number > (size.bits + 7) // 8 * 8 - (-size.bits % 8 if size.bits < 8 else 0)
        ):
            raise ValueError(f"bit {key} lies behind the field of {size.bits} bits")
        numbers[number] = name
    return numbers


def _highest_bit(width: int) -> int:
    """The number of the last bit in a field; a field of less than a byte has only its own."""
    return width if width < 8 else width + -width % 8
