# SPDX-License-Identifier: MIT
"""What the explorer's page is given: compressed JSON, the same bytes in every host, and tables of words for it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

from ...core.escape import cut, escape

CONTRACT = 1  # the version of the chunks; the front end refuses any other
ROWS = 4096  # exchanges in a chunk of rows
WORDS = 512  # exchanges in a chunk of words
BLOCK = 64  # exchanges in a chunk of details
MAX_WORD = 400  # characters of a text
LEVEL = 6  # of compression

Data = dict[str, Any]
Say = Callable[[str], str]  # a text as it may be shown


def packed(data: Any) -> bytes:
    """Data as compressed ASCII JSON; equal data give equal bytes."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return gzip.compress(text.encode("ascii"), LEVEL, mtime=0)


def unpacked(chunk: bytes) -> Any:
    """The data of a chunk."""
    return json.loads(gzip.decompress(chunk))


def plain(text: str) -> str:
    """A text made harmless, and cut."""
    return escape(cut(text, MAX_WORD))


class Table:
    """Texts or rows that come again and again, each once, in the order in which they first came."""

    def __init__(self) -> None:
        self._places: dict[Any, int] = {}

    def place(self, item: Any) -> int:
        """The number under which an item stands in the table."""
        return self._places.setdefault(item, len(self._places))

    @property
    def items(self) -> list[Any]:
        return list(self._places)
