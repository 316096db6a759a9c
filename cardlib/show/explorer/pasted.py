# SPDX-License-Identifier: MIT
"""The explorer where Python runs in a browser: a log that was pasted or dropped, and the chunks of it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from ...core.errors import CardlibError
from ...core.escape import escape
from ...road.pipeline import read
from .store import Store

LONGEST_NAME = 60  # characters, of up to four bytes each
NAMELESS = "pasted.txt"


class Pasted:
    """The capture that a page shows. It has no file: one is written into the memory of the browser."""

    def __init__(self) -> None:
        self._store: Store | None = None

    def open(self, name: str, content: bytes | memoryview) -> str:
        """Read a log, in place of the one before. Gives what is wrong with it, or nothing."""
        with TemporaryDirectory() as folder:
            path = Path(folder, _file_name(name))
            path.write_bytes(content)
            try:
                self._store = Store(read(path))
            except CardlibError as fault:
                return escape(str(fault).replace(str(path), path.name))
        return ""

    def chunk(self, name: str) -> bytes | None:
        """The chunk of that name; None where there is none."""
        if self._store is None:
            return None
        return self._store.chunk(name)


def _file_name(name: str) -> str:
    """The name of a stranger as one of a file here; formats are known by content, not by name."""
    last = name.replace("\\", "/").rpartition("/")[2]
    letters = "".join(letter for letter in last if letter.isprintable())
    if letters.strip(". "):
        return letters[-LONGEST_NAME:]
    return NAMELESS
