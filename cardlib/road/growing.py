# SPDX-License-Identifier: MIT
"""A capture that is read piece by piece, as somebody asks for more of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from threading import RLock

from ..core.errors import CaptureError
from ..core.model import Capture, Exchange, Session
from ..formats import open_capture, title
from .pipeline import Collector, Reading


class Growing:
    """A capture file of which no more has been read than was asked for; `capture` reads the rest of it.

    Raises CaptureError as `read` does: at once, as far as the first `count` exchanges show it, else from what asks for
    more. A lock: a notebook asks from several threads.
    """

    def __init__(self, path: str | os.PathLike[str], count: int) -> None:
        self.path = str(path)
        self._lock = RLock()
        self._capture: Capture | None = None
        self._file = open_capture(path)
        with ExitStack() as opened:
            opened.enter_context(self._file)
            self._collector = Collector(Reading(self._file, self.path))
            opened.pop_all()
        self._steps = self._read()
        self.read(count)

    def _read(self) -> Iterator[None]:
        """Read on, an item a step."""
        with self._file:
            for item in self._collector.reading.items():
                self._collector.take(item)
                yield
            self._capture = self._collector.capture()

    def read(self, count: int) -> bool:
        """Read until so many exchanges are there; whether the file is read to its end."""
        with self._lock:
            if len(self.exchanges) < count:
                for _ in self._steps:
                    if len(self.exchanges) >= count:
                        break
            return self.is_read

    @property
    def exchanges(self) -> list[Exchange]:
        """Those so far, in the order of the file. What is secret in them is known when all is read, and not before."""
        return self._collector.exchanges

    @property
    def is_read(self) -> bool:
        """Whether the file is read to its end."""
        return self._capture is not None

    @property
    def format(self) -> str:
        """The name of the format; what is learned of a log stands in that of the capture."""
        return title(self._collector.reading.format)

    @property
    def capture(self) -> Capture:
        """The whole capture."""
        with self._lock:
            for _ in self._steps:
                pass
            if self._capture is None:
                raise CaptureError("could not be read to its end", self.path)
            return self._capture

    def session(self, index: int) -> Session:
        """The head of a session that has begun."""
        return self._collector.head(index)
