# SPDX-License-Identifier: MIT
"""A capture written to a file: into our own format, *.card.jsonl, or into one that others read.

Our own format holds every frame, in order, with its time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge
from operator import attrgetter, itemgetter

from ..core.blocks import WRONG_CHECK, Pair
from ..core.errors import CaptureError
from ..core.model import Capture, Exchange, Frame, Problem, Session
from ..core.native import NATIVE_KINDS
from ..core.transport import pair
from ..formats import card_jsonl
from ..formats.writers import WRITERS
from ..road.pipeline import BACKWARDS, Item, stream
from .files import PathText, write_file

SHORT = "short command"  # a kind of problem of transport
# Problems that reading the written file will find again.
FOUND_AGAIN = (BACKWARDS, SHORT, WRONG_CHECK)
Written = Frame | Session | Problem

# What stands for a problem that nobody listed.
UNLISTED = Problem("not listed", "damage that is not listed lies here", 0, 0, 0)
HALVES = ("apdu", "tpdu", *NATIVE_KINDS)  # kinds of frames that are a half of an exchange
# Problems that are kept until the next exchange says where they belong.
MAX_KEPT = 1000
OPENINGS = ("atr", "ats", "pps")  # kinds of frames that say which card it is
LEFT_OUT = "left out"  # a kind of problem


def convert(
    source: Capture | PathText,
    out: PathText,
    to: str = "card.jsonl",
    chooses: Callable[[Exchange], bool] | None = None,
) -> int:
    """Write a capture to `out`; returns the number of frames. Never overwrites its own input.

    `to` is "card.jsonl", which holds everything, or "hex" (returns lines), "csv" (rows) or "gsmtap"
    (packets). `chooses` says which exchanges are written.
    """
    if isinstance(source, Capture):
        path: PathText = source.path
        content = items(source)
    else:
        path = source
        content = stream(source, every_problem=True)
    if chooses is not None:
        content = _chosen(content, chooses)
    if to in WRITERS:
        return write_file(out, lambda file: WRITERS[to](file, content), [path])
    if to != card_jsonl.NAME:
        forms = ", ".join((card_jsonl.NAME, *WRITERS))
        raise CaptureError(f"no form to write is called {to!r}; there are {forms}")
    return write_file(out, lambda file: card_jsonl.write(file, written(content)), [path])


def _chosen(content: Iterable[Item], chooses: Callable[[Exchange], bool]) -> Iterator[Item]:
    """The exchanges that are chosen, with what opens their sessions; where others stood, a problem says so."""
    left_out = 0
    for item in content:
        if isinstance(item, Exchange) and not chooses(item):
            left_out += 1
        elif not isinstance(item, Frame) or item.kind in OPENINGS:
            if isinstance(item, Exchange) and left_out:
                start = item.frames[0].start
                yield Problem(LEFT_OUT, f"{left_out} exchanges were not chosen", 0, start, start)
                left_out = 0
            yield item


def items(capture: Capture) -> Iterator[Item]:
    """What `stream` would yield: sessions with their content, and problems at their place."""
    problems = sorted(capture.problems, key=attrgetter("start"))
    placed_problems = ((problem.start, problem) for problem in problems)
    by_place = merge(placed_problems, _placed(capture), key=itemgetter(0))
    return (item for _, item in by_place)


def _placed(capture: Capture) -> Iterator[tuple[int, Item]]:
    """Sessions, exchanges and frames, each with its place in the file.

    Exchanges stay in their order: where a command waits long for its answer, that is not the order of their frames.
    """
    for session in capture.sessions:
        exchanges = _indexed(session.exchanges)
        frames = _indexed(session.frames)
        content = [item for _, item in merge(exchanges, frames, key=itemgetter(0))]
        session_start = 0
        if content:
            first = _frames(content[0])[0]
            session_start = first.start - 1
        yield session_start, session
        for item in content:
            last = _frames(item)[-1]
            yield last.start, item


def _indexed(content: Sequence[Exchange | Frame]) -> Iterator[tuple[int, Exchange | Frame]]:
    """Items with the highest index of a first frame up to each."""
    highest = 0
    for item in content:
        highest = max(highest, _frames(item)[0].index)
        yield highest, item


def _frames(item: Exchange | Frame) -> tuple[Frame, ...]:
    if isinstance(item, Exchange):
        return item.frames
    return (item,)


def written(content: Iterable[Item]) -> Iterator[Written]:
    """Frames in place of exchanges, and problems between them at their place.

    Problems that reading will find again are left out. What is read again has the same exchanges.
    """
    order = _Order()
    for item in content:
        if isinstance(item, Session):
            yield from order.begin(item)
        elif isinstance(item, Exchange):
            yield from order.exchange(item)
        elif isinstance(item, Frame) or item.kind not in FOUND_AGAIN:
            yield from order.keep(item)
    yield from order.flush()


class _Order:
    """What waits for the next exchange, which shows where it belongs."""

    def __init__(self) -> None:
        self.head: Session | None = None
        self.before: list[Frame | Problem] = []  # the head of the session
        self.behind: list[Frame | Problem] = []
        self.last: Exchange | None = None

    def keep(self, item: Frame | Problem) -> Iterator[Written]:
        """A frame or problem; a frame waits where it is not known yet whether a problem belongs before it."""
        if self.head:
            self.behind.append(item)
        else:
            self.before.append(item)
        is_frame = isinstance(item, Frame)
        is_settled = not (self.head and self.before)
        if (is_frame and is_settled) or len(self.before) + len(self.behind) >= MAX_KEPT:
            yield from self.flush()

    def begin(self, head: Session) -> Iterator[Written]:
        """The head of a session: what is in it shows whether a problem before it cost what was known in it."""
        if self.head:
            yield from self.flush()
        self.head = head

    def flush(self) -> Iterator[Written]:
        """What waits, in its order."""
        items = [*self.before, *self.behind]
        if any(isinstance(item, Problem) and item.gap for item in items):
            self.last = None
        yield from _by_place(self.before)
        if self.head:
            yield self.head
        yield from _by_place(self.behind)
        self.head = None
        self.before = []
        self.behind = []

    def exchange(self, item: Exchange) -> Iterator[Written]:
        """The frames of an exchange.

        Between halves nothing is hidden, or they would be none of one exchange: problems come before them. In
        between blocks they stand at their place.
        """
        if self.head and item.context.how == "unknown":
            self.behind = [*self.before, *self.behind]
            self.before = []
        waiting = self.behind if self.head else self.before
        inside: list[Frame | Problem] = []
        if any(frame.kind == "block" for frame in item.frames):
            start = item.frames[0].start
            inside = [other for other in waiting if other.start > start]
            waiting[:] = [other for other in waiting if other.start <= start]
        yield from self.flush()
        if self.last and _would_be_joined(self.last, item):
            yield UNLISTED
        yield from _by_place([*item.frames, *inside])
        self.last = item


def _by_place(content: Iterable[Frame | Problem]) -> list[Frame | Problem]:
    return sorted(content, key=attrgetter("start"))


def _would_be_joined(last: Exchange, item: Exchange) -> bool:
    """Whether two exchanges, written one behind the other, would be read as one: a gap between was not listed.

    A capture lists the first thousand problems of a kind.
    """
    if last.session != item.session:
        return False
    frames = (*last.frames, *item.frames)
    if any(frame.kind not in HALVES for frame in frames):
        return False
    pairs = sum(isinstance(part, Pair) for part in pair(frames))
    return pairs < 2
