# SPDX-License-Identifier: MIT
"""Registers that belong to no application: status words, names of AIDs, codes of countries, currencies, languages."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import Any

from .errors import DictionaryError

TABLES = Path(__file__).parent / "tables"
UNKNOWN_STATUS = "unknown status word"
MEMORY_MARK = " (from memory)"  # behind what nothing confirms


def parse(path: Path) -> dict[str, Any]:
    """A file of TOML, or a DictionaryError of one line."""
    return parse_text(read_text(path), path)


def read_text(path: Path) -> str:
    """The text of a data file with plain line ends; a DictionaryError says why it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}"
        raise DictionaryError(reason, str(path)) from None
    except UnicodeDecodeError as error:
        raise DictionaryError(f"not TOML: {error}", str(path)) from None


def parse_text(text: str, path: Path) -> dict[str, Any]:
    """The tables of a text of TOML."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DictionaryError(f"not TOML: {error}", str(path)) from None


@functools.cache
def register(name: str) -> dict[str, Any]:
    """A register as it stands in its file."""
    return parse(TABLES / f"{name}.toml")


@functools.lru_cache(maxsize=4096)
def status_text(sw: int, ins: int | None = None) -> tuple[str, str]:
    """What a status word says after that instruction, and what it means for a person.

    For any card; an application may say something else (`Facts.status`). ISO/IEC 7816-4, 5.6.
    """
    return status_of(register("status"), sw, ins) or (UNKNOWN_STATUS, "")


def status_of(rows: dict[str, Any], sw: int, ins: int | None) -> tuple[str, str] | None:
    """The closest of these rows for a status word; what its X stand for is the number {n}.

    A row from memory has its mark behind the text.
    """
    if not 0 <= sw <= 0xFFFF:
        return None
    code = f"{sw:04X}"
    for fixed in range(4, 0, -1):
        key = code[:fixed].ljust(4, "X")
        if key not in rows:
            continue
        row = rows[key]
        text, advice = _words(row, ins)
        number = ""
        if fixed < 4:
            number = str(int(code[fixed:], 16))
        text = text.replace("{n}", number) + mark_of(row)
        return text, advice.replace("{n}", number)
    return None


def _words(row: dict[str, Any], ins: int | None) -> tuple[str, str]:
    """The text and advice of a row; after some instructions it may have others."""
    text, advice = row["text"], row.get("advice", "")
    for instructions, special in row.get("in", {}).items():
        if ins is not None and f"{ins:02X}" in instructions.split():
            if isinstance(special, str):
                text = special
            else:
                text, advice = special
    return text, advice


def mark_of(row: dict[str, Any]) -> str:
    """What stands behind the words of a row that nothing confirms."""
    if row.get("checked") == "memory":
        return MEMORY_MARK
    return ""


def _row_of(aid: str, key: str) -> dict[str, Any]:
    """The row of the longest known prefix of an AID that has this key; empty if none has."""
    aids = register("aids")
    for length in range(min(len(aid) & ~1, 32), 3, -2):
        row: dict[str, Any] = aids.get(aid[:length].upper(), {})
        if key in row:
            return row
    return {}


def aid_name(aid: str) -> str:
    """The application, or at least its provider, marked if nothing confirms it; empty if it is not known."""
    row = _row_of(aid, "name")
    if not row:
        return ""
    return str(row["name"]) + mark_of(row)


def card_numbers(aid: str) -> tuple[str, ...]:
    """How card numbers of this scheme begin, where no other scheme uses its application; empty if not known."""
    return tuple(str(_row_of(aid, "numbers").get("numbers", "")).split())


def issuing_schemes(number: str) -> tuple[str, ...]:
    """The names of the schemes whose card numbers begin as this one does; empty where none is known to."""
    names = []
    for row in register("aids").values():
        if number.startswith(tuple(row.get("numbers", "").split())):
            names.append(str(row["name"]))
    return tuple(names)


def lookup(table: str, key: str) -> str | None:
    """A code of ISO 3166-1 (countries), ISO 4217 (currencies) or ISO 639 (languages), or None."""
    text = register("iso_codes").get(table, {}).get(key)
    return text if isinstance(text, str) else None


def country_of_network(code: str) -> str:
    """The country of a mobile country code (ITU-T E.212); empty where it has no row."""
    countries: dict[str, str] = register("mobile_countries").get("countries", {})
    return countries.get(code, "")
