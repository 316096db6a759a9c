# SPDX-License-Identifier: MIT
"""Which captures are the project's own: made up, and so shown in clear."""

from __future__ import annotations

import hashlib
import os
import tomllib
from functools import lru_cache
from pathlib import Path

from ..core.model import Capture

TRACES = Path(__file__).resolve().parent.parent.parent / "traces"


@lru_cache(maxsize=8)
def _ours(folder: Path) -> dict[str, str]:
    """File names and check sums of the traces that this project made itself."""
    try:
        table = tomllib.loads((folder / "traces.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    sums = {}
    for name, row in table.items():
        if isinstance(row, dict):
            sums[str(name)] = str(row.get("sha256", ""))
    return sums


def revealed(source: object, reveal: bool | None) -> bool:
    """Whether to show all: as the caller says, else only for the traces that this project made itself."""
    return is_ours(source) if reveal is None else reveal


def is_ours(source: object, folder: Path = TRACES) -> bool:
    """Whether a capture is one of the shipped traces, byte for byte."""
    if isinstance(source, Capture):
        path = Path(source.path)
    elif isinstance(source, str | os.PathLike):
        path = Path(source)
    else:
        return False
    expected = _ours(folder).get(path.name)
    if not expected:
        return False
    try:
        content = path.read_bytes()
    except OSError:
        return False
    return hashlib.sha256(content).hexdigest() == expected
