# SPDX-License-Identifier: MIT
"""Keys, passwords and codes that everybody knows, by kind of chip or card: rows of `default_keys.toml`."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from ..core.codec import to_hex
from ..core.registers import parse

FILE = Path(__file__).parent / "default_keys.toml"


@functools.cache
def _tables() -> dict[str, Any]:
    return parse(FILE)


@functools.cache
def published(kind: str) -> dict[bytes, str]:
    """The values of a kind, each with the name under which it is called; none of a kind that has no table."""
    values = {}
    for value, name in _rows(kind).items():
        values[bytes.fromhex(value)] = name
    return values


def _rows(kind: str) -> dict[str, str]:
    rows: dict[str, str] = _tables().get(kind, {})
    return rows


def name_of(kind: str, value: bytes) -> str:
    """What a published value is called; empty where it is not published."""
    rows = _rows(kind)
    return rows.get(to_hex(value), "")


def is_meant_for_all(key: bytes, sector: int) -> bool:
    """Whether all readers are meant to know this key A of a sector of MIFARE Classic."""
    rows = _rows("classic for all")
    sectors = rows.get(to_hex(key), "").split()
    return "*" in sectors or str(sector) in sectors
