# SPDX-License-Identifier: MIT
"""A capture into our own format, *.card.jsonl: every frame of it, in order, with its time."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import TextIO

from ..core.blocks import WRONG_CHECK
from ..core.errors import CaptureError
from ..core.model import Capture, Exchange, Frame, Problem, Session
from ..formats import card_jsonl
from ..formats.writers import WRITERS
from ..road.pipeline import BACKWARDS, Item, stream

SHORT = "short command"  # of transport
MAX_HELD = 1000  # problems before an exchange


def convert(
    source: Capture | str | os.PathLike[str], out: str | os.PathLike[str], to: str = "card.jsonl"
) -> int:
    """Write a capture to `out`; returns the number of frames. Never overwrites its own input.

    `to` is "card.jsonl", which holds everything, or "hex" (returns lines), "csv" (rows) or "gsmtap" (packets).
    """
    found = items(source) if isinstance(source, Capture) else stream(source)
    own = source.path if isinstance(source, Capture) else source
    if to in WRITERS:
        return replace_file(own, out, lambda file: WRITERS[to](file, found))
    if to != card_jsonl.NAME:
        raise CaptureError(
            f"no form to write is called {to!r}; there are {card_jsonl.NAME}, {', '.join(WRITERS)}"
        )
    return replace_file(own, out, lambda file: card_jsonl.write(file, written(found)))


def replace_file(
    source: str | os.PathLike[str], out: str | os.PathLike[str], write: Callable[[TextIO], int]
) -> int:
    """Let `write` fill a new file at `out`, which appears whole or not at all; CaptureError if it is the source."""
    path, own = Path(out), Path(source)
    if path.exists() and own.exists() and path.samefile(own):
        raise CaptureError("is the capture itself: name another file to write to", str(path))
    try:
        return _write(path, write)
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise CaptureError(f"cannot be written: {reason}", str(path)) from None


def _write(path: Path, write: Callable[[TextIO], int]) -> int:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".cardlib-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            count = write(file)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return count


def items(capture: Capture) -> Iterator[Item]:
    """What `stream` would yield: sessions and what is in them, and between that the problems, by their place."""
    problems = (
        (problem.start, problem) for problem in sorted(capture.problems, key=attrgetter("start"))
    )
    return (item for _, item in merge(problems, _placed(capture), key=itemgetter(0)))


def _placed(capture: Capture) -> Iterator[tuple[int, Item]]:
    for session in capture.sessions:
        rows: list[tuple[tuple[Frame, ...], Exchange | Frame]] = [
            (held.frames, held) for held in session.exchanges
        ]
        found = sorted(
            [*rows, *(((frame,), frame) for frame in session.frames)],
            key=lambda row: row[0][0].index,
        )
        yield (found[0][0][0].start - 1 if found else 0), session
        for frames, item in found:
            yield frames[-1].start, item


def written(found: Iterable[Item]) -> Iterator[Frame | Session | Problem]:
    """Frames in place of exchanges, problems at their place between them; not those that reading will find again."""
    held: list[Frame | Problem] = []
    for item in found:
        if isinstance(item, Problem):
            held += [item] if item.kind not in (BACKWARDS, SHORT, WRONG_CHECK) else []
            if len(held) < MAX_HELD:
                continue
        yield from sorted(
            [*held, *(item.frames if isinstance(item, Exchange) else ())], key=attrgetter("start")
        )
        held = []
        if not isinstance(item, (Exchange, Problem)):
            yield item
    yield from held
