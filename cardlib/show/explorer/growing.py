# SPDX-License-Identifier: MIT
"""Answers about a capture of which not all is read: rows as they come, and everything else when all is read.

The rows show no byte. What is secret in the bytes of an exchange may follow from a later one, so these have to wait
until all of the capture is looked through, which is done part by part. Until then a line says no more than it would
say to others: nothing that no row explains, and no text that no row lets be shared.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from os import PathLike
from threading import RLock

from ...core.model import Capture
from ...road.growing import Growing
from ...road.meaning import views
from ...share.masking import handing_on
from ...share.survey import Surveyor
from .chunk import BLOCK, CONTRACT, ROWS, Data, packed, plain
from .halves import halves_of
from .rows import rows_chunk
from .store import Store, session_row
from .words import draft_chunk

READ_AT_ONCE = 5_000  # exchanges of a file that are read before anything is shown
FIRST_ROWS = 500  # what the page begins with; then it is given as many as it has
LOOKED_THROUGH = 500  # exchanges at once; meanwhile nothing else is answered
NAME = re.compile(r"(grow|draft|survey)-(\d{1,7})")


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
        """The chunk of that name.

        `grow-N` are rows from place N on, for which the file is read as far. `draft-N` is what the lines of block N of
        them say while not all is known. `survey-N` looks for what is secret in exchanges before N.
        """
        match = NAME.fullmatch(name)
        if match is not None:
            answers = {"grow": self._rows, "draft": self._draft, "survey": self._look_through}
            return packed(answers[match[1]](int(match[2])))
        with self._lock:
            store = self.store
        return store.chunk(name)

    @cached_property
    def surveyor(self) -> Surveyor:
        """What makes the survey of the whole capture."""
        return Surveyor(self.growing.capture.exchanges)

    def _look_through(self, place: int) -> Data:
        """Look through some more exchanges; how many are `known`, and whether there are `more`."""
        with self._lock:
            surveyor = self.surveyor
            if not self.reveal:
                surveyor.take(min(max(place - surveyor.count, 0), LOOKED_THROUGH))
            return {"known": surveyor.count, "more": not (self.reveal or surveyor.is_done)}

    def _draft(self, block: int) -> Data:
        """What the lines of exchanges say, each masked for others and for itself: their survey is not there yet."""
        exchanges = self.growing.exchanges[block * BLOCK : (block + 1) * BLOCK]
        alone = [replace(exchange, origin=None) for exchange in exchanges]
        with ExitStack() as reader:
            reader.enter_context(views())
            if not self.reveal:
                reader.enter_context(handing_on())
            return draft_chunk(alone, [halves_of(exchange, self.reveal) for exchange in alone])

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
            "block": BLOCK,
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
