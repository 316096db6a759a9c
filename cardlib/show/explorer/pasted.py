# SPDX-License-Identifier: MIT
"""The explorer where Python runs in a browser: a log that was pasted or dropped, and the chunks of it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from ...core.errors import CardlibError
from ...core.escape import escape
from ...core.model import Capture
from ...road.growing import Growing
from .growing import FIRST_ROWS, GrowingStore
from .store import Store

LONGEST_NAME = 60  # characters, of up to four bytes each
NAMELESS = "pasted.txt"


class Pasted:
    """The capture that a page shows. It has no file: one is written into the memory of the browser."""

    def __init__(self) -> None:
        self._store: GrowingStore | None = None
        self._folder: TemporaryDirectory[str] | None = None

    def open(self, name: str, content: bytes | memoryview) -> str:
        """Begin to read a log, in place of the one before. Gives what is wrong with it, or nothing."""
        folder = TemporaryDirectory()
        path = Path(folder.name, _file_name(name))
        path.write_bytes(content)
        try:
            growing = Growing(path, FIRST_ROWS)
        except CardlibError as fault:
            folder.cleanup()
            # The lines below the first say what could be done on a command line.
            [what_is_wrong, *_] = str(fault).splitlines()
            return escape(what_is_wrong.replace(str(path), path.name))
        if self._folder is not None:
            self._folder.cleanup()
        self._folder = folder  # it is there for as long as the log is being read
        self._store = GrowingStore(growing, False, _store_of)
        return ""

    def chunk(self, name: str) -> bytes | None:
        """The chunk of that name; None where there is none."""
        if self._store is None:
            return None
        return self._store.chunk(name)


def _store_of(capture: Capture) -> Store:
    return Store(capture)


def _file_name(name: str) -> str:
    """The name of a stranger as one of a file here; formats are known by content, not by name."""
    last = name.replace("\\", "/").rpartition("/")[2]
    letters = "".join(letter for letter in last if letter.isprintable())
    if letters.strip(". "):
        return letters[-LONGEST_NAME:]
    return NAMELESS
