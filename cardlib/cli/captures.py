# SPDX-License-Identifier: MIT
"""The captures that a command is called with: the options about them, standard input, reading whole or as a stream."""

from __future__ import annotations

import argparse
import io
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ..core.errors import CaptureError
from ..core.model import Capture
from ..formats import FORMATS, open_capture, unpack
from ..formats.unpack import Unpacked
from ..road.pipeline import Item, Reading, collected, hints_of, opening_keys
from .decode import refuse_bare
from .output import out
from .progress import watched

STANDARD_INPUT = "-"
PASTED = "(text)"  # the name of what came from standard input
PASTE = "cardlib: paste the capture, then end it with Ctrl-D on a line of its own"

# Bytes of a file from which on it is read piece by piece where that is enough: some ten thousand lines and more.
LARGE = 4 << 20
# How much smaller a log is when it is packed.
PACKED = 8


def add_options(
    parser: argparse.ArgumentParser,
    files: str | int = "+",
    reveals: bool = True,
) -> None:
    """The options of every command that reads captures; `files` is the number of them."""
    parser.add_argument("files", nargs=files, metavar="FILE", help="a capture; - is standard input")
    add_reading(parser)
    if reveals:
        parser.add_argument(
            "--reveal",
            action="store_true",
            default=None,
            help="show what is hidden: PAN, PIN, names",
        )


def add_reading(parser: argparse.ArgumentParser) -> None:
    """The options that say how a capture is read."""
    parser.add_argument(
        "--format",
        metavar="NAME",
        choices=[format.NAME for format in FORMATS],
        help="instead of recognising it",
    )
    parser.add_argument(
        "--to-card",
        action="append",
        default=[],
        metavar="TEXT",
        help="lines with this text go to the card",
    )
    parser.add_argument(
        "--from-card",
        action="append",
        default=[],
        metavar="TEXT",
        help="lines with this text come from the card",
    )
    parser.add_argument(
        "--dictionary",
        action="append",
        default=[],
        metavar="FILE",
        help="your own tags, in TOML",
    )


class Input:
    """A capture by the name that the caller gave; it can be opened again, standard input too."""

    def __init__(self, file: str) -> None:
        self.path = file
        self.pasted: bytes | None = None
        self.descriptor: int | None = None
        if file == STANDARD_INPUT:
            self.path = PASTED
            self._take_standard_input()

    def _take_standard_input(self) -> None:
        """Remember what is pasted or piped; a file that stands there whole is read where it is."""
        stdin = sys.stdin.buffer
        if _is_whole_file(stdin):
            self.descriptor = stdin.fileno()
            return
        if sys.stdin.isatty():
            out([PASTE], sys.stderr)
        self.pasted = stdin.read()

    def open(self) -> BinaryIO:
        """The capture from its beginning, unpacked; CaptureError says why not."""
        if self.pasted is not None:
            return unpack(io.BytesIO(self.pasted))
        if self.descriptor is None:
            return open_capture(self.path)
        file = os.fdopen(os.dup(self.descriptor), "rb")
        file.seek(0)
        return unpack(file)

    @property
    def size(self) -> int:
        """Bytes of the file as it stands there, packed or not; 0 where there is none."""
        if self.pasted is not None:
            return len(self.pasted)
        try:
            if self.descriptor is not None:
                return os.fstat(self.descriptor).st_size
            return Path(self.path).stat().st_size
        except (OSError, ValueError):
            return 0

    def is_large(self, limit: int) -> bool:
        """Whether there are more bytes than that in the capture; in a packed one they are more than in its file."""
        if self.size > limit:
            return True
        if self.size * PACKED <= limit:
            return False
        with self.open() as file:
            return isinstance(file, Unpacked)

    def reading(self, file: BinaryIO, options: argparse.Namespace) -> Reading:
        """The capture in this file as the options say that it is read; BareString if it is none."""
        refuse_bare(file, self.path, options)
        hints = hints_of(options.to_card, options.from_card)
        dictionaries = tuple(options.dictionary)
        keys = opening_keys(getattr(options, "keys", ()))
        return Reading(file, self.path, options.format, dictionaries, hints, keys)

    def load(self, options: argparse.Namespace) -> Capture:
        """The whole capture."""
        with self.open() as file:
            reading = self.reading(file, options)
            return collected(reading, watched(reading.items(), self.path))

    def items(self, options: argparse.Namespace) -> Iterator[Item]:
        """What is in the capture, in bounded memory."""
        with self.open() as file:
            yield from watched(self.reading(file, options).items(), self.path)


def _is_whole_file(stdin: BinaryIO) -> bool:
    """Whether standard input is a regular file of which nothing was read."""
    try:
        return stat.S_ISREG(os.fstat(stdin.fileno()).st_mode) and stdin.tell() == 0
    except (OSError, ValueError):
        return False


def inputs(files: list[str]) -> list[Input]:
    """The captures of a call, in order; standard input can be read once only."""
    if files.count(STANDARD_INPUT) > 1:
        raise CaptureError("standard input can be read once: name - once")
    return [Input(file) for file in files]


def load_all(options: argparse.Namespace) -> list[Capture]:
    """All captures of a call, whole."""
    return [capture.load(options) for capture in inputs(options.files)]
