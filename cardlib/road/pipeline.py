# SPDX-License-Identifier: MIT
"""The main road: a file to frames, frames to pairs, pairs to exchanges with their context; whole or as a stream."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from ..core.dictionary import load
from ..core.errors import CaptureError, DictionaryError
from ..core.model import Capture, Coverage, Exchange, Frame, Problem, Session
from ..core.transport import pair
from ..crypto.keyring import Key, load_keys
from ..formats import Format, choose, counts_lines, open_capture, title, unpack
from ..formats.quotes import Quotes, bytes_at
from ..formats.refusal import WHAT_TO_DO, first_lines
from ..formats.style import HEAD
from ..formats.text.hints import NO_HINTS, Hints
from .beginning import look_ahead
from .fold import BACKWARDS, MAX_PROBLEMS, Fold, Item

__all__ = [
    "BACKWARDS",
    "MAX_PROBLEMS",
    "Collector",
    "Item",
    "Reading",
    "collected",
    "hints_of",
    "opening_keys",
    "read",
    "read_text",
    "stream",
]

_MAX_KINDS = 5  # of skipped bytes, in an error
UNNAMED = "(a file)"
WRONG_ROW = "dictionary"  # a row of a caller's file that is left out
Watch = Callable[[Iterator[Item]], Iterable[Item]]
Texts = str | Iterable[str]
Files = Iterable[str | os.PathLike[str]]


def read(
    path: str | os.PathLike[str] | BinaryIO,
    format: str | None = None,
    dictionaries: Iterable[str] = (),
    watch: Watch = iter,
    to_card: Texts = (),
    from_card: Texts = (),
    keys: Files = (),
    name: str = "",
) -> Capture:
    """Read a capture file whole; the format is recognised by its content unless it is named.

    A file that is open for reading bytes is read too, and stays open; `name` is what the capture is called then.

    `to_card` and `from_card` are texts that stand in the lines of a log that go to the card, or come from it: they
    decide where the log alone does not show it. Raises CaptureError where nothing can be read at all, DictionaryError
    for a file of `dictionaries` that is no TOML; everything else is in `problems`, also rows of those files. `watch`
    passes on every item while it is read (to show progress). `keys` are files of keys that open secure messaging.
    """
    hints = hints_of(to_card, from_card)
    ring = opening_keys(keys)
    if isinstance(path, str | os.PathLike):
        opened: AbstractContextManager[BinaryIO] = open_capture(path)
        name = name or str(path)
    else:
        opened = _kept_open(path)
        name = name or str(getattr(path, "name", UNNAMED))
    with opened as file:
        reading = Reading(file, name, format, tuple(dictionaries), hints, ring)
        return collected(reading, watch(reading.items()))


def _kept_open(file: BinaryIO) -> AbstractContextManager[BinaryIO]:
    """What is packed in an open file, from where it stands on; in memory if one cannot go back in it."""
    if not isinstance(file.read(0), bytes):
        raise CaptureError("is open as text: open it for reading bytes", UNNAMED)
    if not file.seekable() or file.tell():
        file = io.BytesIO(file.read())
    return nullcontext(unpack(file))


def read_text(
    text: str,
    format: str | None = None,
    dictionaries: Iterable[str] = (),
    to_card: Texts = (),
    from_card: Texts = (),
    keys: Files = (),
) -> Capture:
    """Read a capture that was pasted as text; the arguments are those of `read`."""
    hints = hints_of(to_card, from_card)
    file = unpack(io.BytesIO(text.encode("utf-8", "surrogateescape")))
    reading = Reading(file, "(text)", format, tuple(dictionaries), hints, opening_keys(keys))
    return collected(reading, reading.items())


def stream(
    path: str | os.PathLike[str],
    format: str | None = None,
    dictionaries: Iterable[str] = (),
    to_card: Texts = (),
    from_card: Texts = (),
    every_problem: bool = False,
    keys: Files = (),
) -> Iterator[Item]:
    """Everything in a capture in its order, in bounded memory; the arguments are those of `read`.

    The head of a session (a Session without exchanges) comes before what is in it; it comes again, with the same
    index, where a capture of several readers goes back to it. `every_problem`: also those beyond the first thousand
    of a kind.
    """
    hints = hints_of(to_card, from_card)
    most_problems = sys.maxsize if every_problem else MAX_PROBLEMS
    with open_capture(path) as file:
        reading = Reading(file, str(path), format, tuple(dictionaries), hints, opening_keys(keys))
        yield from reading.items(most_problems)


def opening_keys(files: Files) -> tuple[Key, ...]:
    """The keys of these files, which may open secure messaging."""
    keys: list[Key] = []
    for file in files:
        keys.extend(load_keys(file))
    return tuple(keys)


def hints_of(to_card: Texts, from_card: Texts) -> Hints:
    """What the caller says about a log; CaptureError for texts that cannot tell one side from the other."""
    hints = Hints(_texts(to_card), _texts(from_card))
    if not all(hints.to_card + hints.from_card):
        raise CaptureError("to_card and from_card are texts that stand in lines, never empty ones")
    for text in hints.to_card:
        if text in hints.from_card:
            raise CaptureError(f"{text!r} cannot stand both to the card and from it")
    return hints


def _texts(texts: Texts) -> tuple[str, ...]:
    if isinstance(texts, str):
        return (texts,)
    return tuple(texts)


class Reading:
    """A capture file that is being read: its format, its items, and where its bytes went so far.

    CaptureError where there is no format for it.
    """

    def __init__(
        self,
        file: BinaryIO,
        path: str,
        name: str | None = None,
        dictionaries: tuple[str, ...] = (),
        hints: Hints = NO_HINTS,
        keys: tuple[Key, ...] = (),
    ) -> None:
        self.file = file
        self.keys = keys
        self.path = path
        self.dictionaries = dictionaries
        self.format = choose(file, path, name, hints)
        self.coverage = Coverage()

    @property
    def learned(self) -> str:
        """What the reader of a log learned of its layout; empty until all is read, and for other formats."""
        learned: str = getattr(self.format, "learned", "")
        return learned

    @property
    def title(self) -> str:
        """The name of the format, and what was learned."""
        if self.learned:
            return f"{title(self.format)}: {self.learned}"
        return title(self.format)

    def items(self, most_problems: int = MAX_PROBLEMS) -> Iterator[Item]:
        """The items in their order; they can be read once. `most_problems`: of a kind that are passed on."""
        return _stream(
            self.file, self.format, self.coverage, self.dictionaries, most_problems, self.keys
        )


def _stream(
    file: BinaryIO,
    chosen: Format,
    coverage: Coverage,
    dictionaries: tuple[str, ...],
    most_problems: int = MAX_PROBLEMS,
    keys: tuple[Key, ...] = (),
) -> Iterator[Item]:
    """The items of a file, numbered, with sessions and contexts; problems of a text quote their line."""
    fold = Fold(chosen.CLOCK, dictionaries, most_problems, keys)
    if not counts_lines(chosen):
        yield from _items(file, chosen, coverage, fold)
        return
    quotes = Quotes(file)
    for item in _items(file, chosen, coverage, fold):
        if isinstance(item, Problem):
            yield quotes.add(item)
        else:
            yield item


def _items(
    file: BinaryIO,
    chosen: Format,
    coverage: Coverage,
    fold: Fold,
) -> Iterator[Item]:
    """The same, problems without their lines; what is wrong in the caller's files comes first."""
    for dictionary in fold.dictionaries:
        for row in load(dictionary).faults:
            yield from fold.problem(_problem(row))
    for item in look_ahead(pair(chosen.frames(file, coverage)), fold.dictionaries):
        yield from fold.accept(item)
    for fault in getattr(file, "faults", ()):
        yield from fold.problem(fault)
    yield from fold.end()


def collected(reading: Reading, items: Iterable[Item]) -> Capture:
    """The capture that these items of a reading are; CaptureError where there is nothing in it."""
    collector = Collector(reading)
    for item in items:
        collector.take(item)
    return collector.capture()


class Collector:
    """The items of a reading, put together to a capture; `exchanges` are those so far, in the order of the file."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.exchanges: list[Exchange] = []
        self._sessions: list[_Open] = []
        self._problems: list[Problem] = []
        self._current = 0

    def take(self, item: Item) -> None:
        """Take in the next item."""
        if isinstance(item, Exchange):
            self._sessions[item.session].exchanges.append(item)
            self.exchanges.append(item)
        elif isinstance(item, Frame):
            self._sessions[self._current].frames.append(item)
        elif isinstance(item, Problem):
            self._problems.append(item)
        else:
            if item.index == len(self._sessions):
                self._sessions.append(_Open(item))
            self._current = item.index

    def head(self, index: int) -> Session:
        """The head of a session that was begun."""
        return self._sessions[index].head

    def capture(self) -> Capture:
        """The capture, once all items are taken; CaptureError where there is nothing in it."""
        reading = self.reading
        problems = tuple(self._problems)
        if not self._sessions and all(problem.kind == WRONG_ROW for problem in problems):
            raise _empty(reading)
        closed = tuple(session.close() for session in self._sessions)
        capture = Capture(reading.path, reading.title, closed, problems, reading.coverage)
        exchanges = capture.exchanges
        if exchanges and exchanges[0].origin:
            exchanges[0].origin.exchanges = exchanges
        return capture


def _empty(reading: Reading) -> CaptureError:
    """The error that a file is in which the format finds nothing."""
    detail = f"nothing in it that {reading.format.NAME} has a name for"
    skipped = reading.coverage.skipped
    if skipped:
        detail += ", only " + ", ".join(list(skipped)[:_MAX_KINDS])
    details = [*first_lines(bytes_at(reading.file, 0, HEAD)), *WHAT_TO_DO]
    return CaptureError(detail, reading.path, details=details)


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
