# SPDX-License-Identifier: MIT
"""The main road: a file to frames, frames to pairs, pairs to exchanges with their context; whole or as a stream."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from ..core.dictionary import load
from ..core.errors import CaptureError, DictionaryError
from ..core.model import Capture, Coverage, Exchange, Frame, Problem, Session
from ..core.transport import pair
from ..formats import Format, choose, open_capture, title, unpack
from .beginning import look_ahead
from .fold import BACKWARDS, MAX_PROBLEMS, Fold, Item

__all__ = ["BACKWARDS", "MAX_PROBLEMS", "Item", "read", "read_text", "stream"]

_MAX_KINDS = 5  # of skipped bytes, in an error
WRONG_ROW = "dictionary"  # a row of a caller's file that is left out
Watch = Callable[[Iterator[Item]], Iterable[Item]]


def read(
    path: str | os.PathLike[str],
    format: str | None = None,
    dictionaries: Iterable[str] = (),
    watch: Watch = iter,
) -> Capture:
    """Read a capture file whole; the format is recognised by its content unless it is named.

    Raises CaptureError where nothing can be read at all, DictionaryError for a file of `dictionaries` that is no TOML;
    everything else is in `problems`, also rows of those files. `watch` passes on every item while it is read (to show
    progress).
    """
    with open_capture(path) as file:
        return _read(file, str(path), format, tuple(dictionaries), watch)


def read_text(text: str, format: str | None = None, dictionaries: Iterable[str] = ()) -> Capture:
    """Read a capture that was pasted as text."""
    file = unpack(io.BytesIO(text.encode("utf-8", "surrogateescape")))
    return _read(file, "(text)", format, tuple(dictionaries))


def stream(
    path: str | os.PathLike[str],
    format: str | None = None,
    dictionaries: Iterable[str] = (),
    every_problem: bool = False,
) -> Iterator[Item]:
    """Everything in a capture in its order, in bounded memory.

    The head of a session (a Session without exchanges) comes before what is in it; it comes again, with the same
    index, where a capture of several readers goes back to it. `every_problem`: also those beyond the first thousand
    of a kind.
    """
    most = sys.maxsize if every_problem else MAX_PROBLEMS
    with open_capture(path) as file:
        chosen = choose(file, str(path), format)
        yield from _stream(file, chosen, Coverage(), tuple(dictionaries), most)


def _read(
    file: BinaryIO, path: str, name: str | None, dictionaries: tuple[str, ...], watch: Watch = iter
) -> Capture:
    chosen = choose(file, path, name)
    coverage = Coverage()
    sessions: list[_Open] = []
    problems: list[Problem] = []
    current = 0
    for item in watch(_stream(file, chosen, coverage, dictionaries)):
        if isinstance(item, Exchange):
            sessions[item.session].exchanges.append(item)
        elif isinstance(item, Frame):
            sessions[current].frames.append(item)
        elif isinstance(item, Problem):
            problems.append(item)
        else:
            if item.index == len(sessions):
                sessions.append(_Open(item))
            current = item.index
    if not sessions and all(problem.kind == WRONG_ROW for problem in problems):
        detail = f"nothing in it that {chosen.NAME} has a name for"
        if coverage.skipped:
            detail += ", only " + ", ".join(list(coverage.skipped)[:_MAX_KINDS])
        raise CaptureError(detail, path)
    closed = tuple(session.close() for session in sessions)
    capture = Capture(path, title(chosen), closed, tuple(problems), coverage)
    exchanges = capture.exchanges
    if exchanges and exchanges[0].origin:
        exchanges[0].origin.exchanges = exchanges
    return capture


def _problem(row: DictionaryError) -> Problem:
    """A row that breaks the rules, with the name of its file and its line."""
    place = f"{Path(row.file).name}:{row.line}"
    return Problem(WRONG_ROW, f"{place}: {row.row}: {row.reason}", 0, 0, 0, gap=False)


class _Open:
    """A session that is still being read."""

    def __init__(self, head: Session) -> None:
        self.head = head
        self.exchanges: list[Exchange] = []
        self.frames: list[Frame] = []

    def close(self) -> Session:
        return replace(self.head, exchanges=tuple(self.exchanges), frames=tuple(self.frames))


def _stream(
    file: BinaryIO,
    chosen: Format,
    coverage: Coverage,
    dictionaries: tuple[str, ...],
    most_problems: int = MAX_PROBLEMS,
) -> Iterator[Item]:
    """The items of a file, numbered, with sessions and contexts; what is wrong in the caller's files comes first."""
    fold = Fold(chosen.CLOCK, dictionaries, most_problems)
    for dictionary in dictionaries:
        for row in load(dictionary).faults:
            yield from fold.problem(_problem(row))
    for item in look_ahead(pair(chosen.frames(file, coverage)), dictionaries):
        yield from fold.accept(item)
    for fault in getattr(file, "faults", ()):
        yield from fold.problem(fault)
    yield from fold.end()
