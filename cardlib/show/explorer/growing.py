# SPDX-License-Identifier: MIT
"""Answers about a capture of which not all is read: rows as they come, and everything else when all is read.

The rows show no byte. What is secret in the bytes of an exchange may follow from a later one, so these have to wait.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from os import PathLike
from threading import RLock

from ...core.model import Capture
from ...road.growing import Growing
from .chunk import CONTRACT, ROWS, Data, packed, plain
from .rows import rows_chunk
from .store import Store, session_row

READ_AT_ONCE = 5_000  # exchanges of a file that are read before anything is shown
FIRST_ROWS = 500  # what the page begins with; then it is given as many as it has
NAME = re.compile(r"grow-(\d{1,7})")


def begun(path: str | PathLike[str]) -> Capture | Growing:
    """The capture in a file; of a long one, the beginning."""
    growing = Growing(path, READ_AT_ONCE)
    return growing.capture if growing.is_read else growing


class GrowingStore:
    """What the page may ask about a capture of which not all is read; `whole` makes the store of all of it."""

    def __init__(self, growing: Growing, reveal: bool, whole: Callable[[Capture], Store]) -> None:
        self.growing = growing
        self.reveal = reveal
        self._whole = whole
        self._lock = RLock()

    @cached_property
    def store(self) -> Store:
        """The store of the whole capture."""
        return self._whole(self.growing.capture)

    def chunk(self, name: str) -> bytes | None:
        """The chunk of that name; `grow-N` are rows from place N on, for which the file is read as far."""
        match = NAME.fullmatch(name)
        if match is not None:
            return packed(self._rows(int(match[1])))
        with self._lock:
            store = self.store
        return store.chunk(name)

    def _rows(self, first: int) -> Data:
        """Rows, the heads of the sessions that begin in them, and whether there are `more`.

        `inOrder`: whether the places of the rows stay; where several readers take turns, sessions are put together.
        """
        growing = self.growing
        last = first + min(max(first, FIRST_ROWS), ROWS)
        growing.read(last)
        exchanges = growing.exchanges[first:last]
        before = {exchange.session for exchange in growing.exchanges[:first]}
        begun = dict.fromkeys(exchange.session for exchange in exchanges)
        return {
            **rows_chunk(exchanges),
            "contract": CONTRACT,
            "format": plain(growing.format),
            "masked": not self.reveal,
            "sessions": [
                session_row(growing.session(index)) for index in begun if index not in before
            ],
            "more": self._has_more(last),
            "inOrder": self._is_in_order(),
        }

    def _has_more(self, last: int) -> bool:
        return not self.growing.is_read or last < len(self.growing.exchanges)

    def _is_in_order(self) -> bool:
        """Whether the exchanges so far stand as they will in the capture, session after session."""
        sessions = [exchange.session for exchange in self.growing.exchanges]
        return sessions == sorted(sessions)
