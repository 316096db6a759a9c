# SPDX-License-Identifier: MIT
"""A capture written to a file: into our own format, *.card.jsonl, or into one that others read.

Our own format holds every frame, in order, with its time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import merge
from operator import attrgetter, itemgetter

from ..core.blocks import WRONG_CHECK
from ..core.errors import CaptureError
from ..core.model import Capture, Exchange, Frame, Problem, Session
from ..formats import card_jsonl
from ..formats.writers import WRITERS
from ..road.pipeline import BACKWARDS, Item, stream
from .files import PathText, write_file

SHORT = "short command"  # a kind of problem of transport
# Problems that reading the written file will find again.
FOUND_AGAIN = (BACKWARDS, SHORT, WRONG_CHECK)
# Problems that are kept until the next exchange says where they belong.
MAX_KEPT = 1000


def convert(
    source: Capture | PathText,
    out: PathText,
    to: str = "card.jsonl",
) -> int:
    """Write a capture to `out`; returns the number of frames. Never overwrites its own input.

    `to` is "card.jsonl", which holds everything, or "hex" (returns lines), "csv" (rows) or "gsmtap"
    (packets).
    """
    if isinstance(source, Capture):
        path: PathText = source.path
        content = items(source)
    else:
        path = source
        content = stream(source)
    if to in WRITERS:
        return write_file(out, lambda file: WRITERS[to](file, content), [path])
    if to != card_jsonl.NAME:
        forms = ", ".join((card_jsonl.NAME, *WRITERS))
        raise CaptureError(f"no form to write is called {to!r}; there are {forms}")
    return write_file(out, lambda file: card_jsonl.write(file, written(content)), [path])


def items(capture: Capture) -> Iterator[Item]:
    """What `stream` would yield: sessions with their content, and problems at their place."""
    problems = sorted(capture.problems, key=attrgetter("start"))
    placed_problems = ((problem.start, problem) for problem in problems)
    by_place = merge(placed_problems, _placed(capture), key=itemgetter(0))
    return (item for _, item in by_place)


def _placed(capture: Capture) -> Iterator[tuple[int, Item]]:
    """Sessions, exchanges and frames, each with its place in the file."""
    for session in capture.sessions:
        content: list[Exchange | Frame] = [*session.exchanges, *session.frames]
        content.sort(key=lambda item: _frames(item)[0].index)
        session_start = 0
        if content:
            first = _frames(content[0])[0]
            session_start = first.start - 1
        yield session_start, session
        for item in content:
            last = _frames(item)[-1]
            yield last.start, item


def _frames(item: Exchange | Frame) -> tuple[Frame, ...]:
    if isinstance(item, Exchange):
        return item.frames
    return (item,)


def written(content: Iterable[Item]) -> Iterator[Frame | Session | Problem]:
    """Frames in place of exchanges, and problems between them at their place.

    Problems that reading will find again are left out.
    """
    kept: list[Frame | Problem] = []
    for item in content:
        if isinstance(item, Problem):
            if item.kind not in FOUND_AGAIN:
                kept.append(item)
            if len(kept) < MAX_KEPT:
                continue
        if isinstance(item, Exchange):
            kept.extend(item.frames)
        yield from sorted(kept, key=attrgetter("start"))
        kept = []
        if isinstance(item, Frame | Session):
            yield item
    yield from kept
