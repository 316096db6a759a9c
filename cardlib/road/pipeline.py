# SPDX-License-Identifier: MIT
"""The main road: a file to frames, frames to pairs, pairs to exchanges with their context, exchanges to meaning."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import BinaryIO

from ..apps import by_name, facts_of
from ..apps.iso7816 import SELECT
from ..core.apdu import command_nodes, name_of, response_nodes
from ..core.atr import classify
from ..core.blocks import Pair
from ..core.errors import CaptureError
from ..core.model import (
    Capture,
    Card,
    Clock,
    Context,
    Coverage,
    Exchange,
    Fact,
    Frame,
    Node,
    Problem,
    Session,
    Side,
)
from ..core.transport import pair
from ..formats import Format, choose, open_capture, title, unpack
from .follow import after, before, begin, lost, reset

Item = Session | Exchange | Frame | Problem
Watch = Callable[[Iterator[Item]], Iterable[Item]]
MAX_PROBLEMS, MAX_KINDS, MAX_ACTIVATION, MAX_LANES = 1000, 100, 1000, 256
BACKWARDS = "times out of order"
_NO_TIMES: tuple[None, None, None] = (None, None, None)
NO_COMMAND = "answer without a command"
COMMAND, RESPONSE = Fact("", "command"), Fact("", "response")


def read(
    path: str | os.PathLike[str],
    format: str | None = None,
    dictionaries: Iterable[str] = (),
    watch: Watch = iter,
) -> Capture:
    """Read a capture file whole; the format is recognised by its content unless it is named.

    Raises CaptureError where nothing can be read at all; everything else is in `problems`. `watch` passes on every
    item while it is read (to show progress).
    """
    with open_capture(path) as file:
        return _read(file, str(path), format, tuple(dictionaries), watch)


def read_text(text: str, format: str | None = None, dictionaries: Iterable[str] = ()) -> Capture:
    """Read a capture that was pasted as text."""
    file = unpack(io.BytesIO(text.encode("utf-8", "surrogateescape")))
    return _read(file, "(text)", format, tuple(dictionaries))


def stream(
    path: str | os.PathLike[str], format: str | None = None, dictionaries: Iterable[str] = ()
) -> Iterator[Item]:
    """Everything in a capture in its order, in bounded memory.

    The head of a session (a Session without exchanges) comes before what is in it; it comes again, with the same
    index, where a capture of several readers goes back to it.
    """
    with open_capture(path) as file:
        yield from _stream(file, choose(file, str(path), format), Coverage(), tuple(dictionaries))


def _read(
    file: BinaryIO, path: str, name: str | None, dictionaries: tuple[str, ...], watch: Watch = iter
) -> Capture:
    chosen, coverage = choose(file, path, name), Coverage()
    sessions: list[tuple[Session, list[Exchange], list[Frame]]] = []
    problems: list[Problem] = []
    at = 0
    for item in watch(_stream(file, chosen, coverage, dictionaries)):
        if item.__class__ is Exchange:
            sessions[item.session][1].append(item)
        elif isinstance(item, Frame):
            sessions[at][2].append(item)
        elif isinstance(item, Problem):
            problems.append(item)
        elif isinstance(item, Session):
            sessions += [(item, [], [])] if item.index == len(sessions) else []
            at = item.index
    if not sessions and not problems:
        raise CaptureError(f"nothing in it that {chosen.NAME} has a name for", path)
    whole = (
        replace(head, exchanges=tuple(held), frames=tuple(others))
        for head, held, others in sessions
    )
    return Capture(path, title(chosen), tuple(whole), tuple(problems), coverage)


def _stream(
    file: BinaryIO, chosen: Format, coverage: Coverage, dictionaries: tuple[str, ...]
) -> Iterator[Item]:
    """The fold over a file: number everything, open sessions, give each exchange the context before it."""
    fold = _Fold(chosen.CLOCK, dictionaries)
    for item in pair(chosen.frames(file, coverage)):
        if item.__class__ is Pair:
            if fold.session is None or fold.waiting:
                yield from fold.open(None)
            exchange = fold.exchange(item)
            if fold.fault:
                yield from fold.problem(fold.fault)
                fold.fault = None
            yield exchange
        elif isinstance(item, Problem):
            yield from fold.problem(item)
        elif isinstance(item, Session):
            if fold.waiting:
                yield from fold.open(None)
            yield from fold.enter(item)
        elif isinstance(item, Frame):
            yield from fold.frame(item)
    for fault in getattr(file, "faults", ()):
        yield from fold.problem(fault)
    yield from fold.end()


class _Fold:
    """Where the stream is: the session, the card, and what has been counted so far."""

    def __init__(self, clock: Clock, dictionaries: tuple[str, ...]) -> None:
        self.clock, self.dictionaries = clock, dictionaries
        self.card = begin(dictionaries)
        self.index, self.count = 0, 0  # of exchanges, of sessions
        self.session: Session | None = None
        self.waiting: Session | None = (
            None  # a head whose first items will show whether it has an ATR or ATS
        )
        self.held: list[Frame] = []  # its activation, in radio frames
        self.lane = ""  # of several readers in one capture, the one whose turn it is
        self.lanes: dict[str, tuple[Session | None, Card, int | None, int]] = {}
        self.origin: int | None = None  # the first stamp of the session
        self.last = 0  # the stamp before this one
        self.fault: Problem | None = None  # what is wrong with the times of the last exchange
        self.problems: dict[str, int] = {}

    def problem(self, item: Problem) -> Iterator[Item]:
        """The first thousand problems of a kind pass, the rest are counted; a gap costs what was known."""
        if item.gap:
            self.card = lost(self.card)
        kind = (
            item.kind
            if item.kind in self.problems or len(self.problems) < MAX_KINDS
            else "other kinds"
        )
        count = self.problems[kind] = self.problems.get(kind, 0) + 1
        if count <= MAX_PROBLEMS:
            yield item

    def enter(self, head: Session) -> Iterator[Item]:
        """Begin a session; or, where it names a lane that was left before, go on with that one."""
        if len(self.lanes) < MAX_LANES or self.lane in self.lanes:
            self.lanes[self.lane] = self.session, self.card, self.origin, self.last
        self.lane = dict(head.meta).get("lane", "")
        if self.lane and self.lane in self.lanes:
            self.session, self.card, self.origin, self.last = self.lanes[self.lane]
            yield from [self.session] if self.session else []
        else:
            self.waiting = head

    def open(self, frame: Frame | None) -> Iterator[Item]:
        """Open a session: with an ATR or ATS, after a head, or because there is none yet."""
        same = (
            replace(self.session, started=None)
            if self.session and self.lane
            else Session(0, clock=self.clock)
        )
        head, atr, index = self.waiting or same, frame.data if frame else None, self.count
        self.count += 1
        if frame and frame.kind == "ats":
            atr = frame.data[: frame.data[0]] if frame.data else b""  # a CRC may stand behind it
        if head.interface == "unknown":
            head = replace(
                head,
                interface="contactless"
                if frame and frame.kind == "ats"
                else classify(atr).interface,
            )
        if self.waiting or atr is not None:
            self.card = begin(self.dictionaries) if atr is None else reset(atr, self.dictionaries)
        self.session, self.waiting, self.origin = replace(head, index=index, atr=atr), None, None
        yield self.session
        held, self.held = self.held, []
        for item in held:
            yield from self.frame(item)

    def frame(self, item: Frame) -> Iterator[Item]:
        """A frame that is no half of an exchange; an ATR or ATS opens a session, with the activation before it."""
        if self.waiting and item.kind == "rf" and len(self.held) < MAX_ACTIVATION:
            self.held.append(item)
            return
        opens = item.kind in ("atr", "ats")
        if opens or self.session is None or self.waiting:
            yield from self.open(item if opens else None)
        if self.origin is None and item.time_ns is not None:
            self.origin = self.last = item.time_ns
        yield item

    def exchange(self, item: Pair) -> Exchange:
        """An exchange with the context that holds before it; `fault` says what is wrong with its times."""
        command, response = item.command, item.response
        start, end, took = (
            self._times(item) if item.end_ns is not None or item.start_ns is not None else _NO_TIMES
        )
        context = before(self.card, command)
        session = self.session.index if self.session else 0
        found = Exchange(
            self.index, session, command, response, start, end, took, item.frames, context
        )
        self.index += 1
        self.card = after(self.card, command, response, context)
        return found

    def _times(self, item: Pair) -> tuple[int | None, int | None, int | None]:
        """Start, end and duration from the first stamp of the session; none (and a `fault`) if the clock went back."""
        start, end = item.start_ns, item.end_ns
        first, final = (end if start is None else start) or 0, (start if end is None else end) or 0
        if self.origin is None:
            self.origin = self.last = first
        floor, self.last = max(self.last, self.origin), final
        if not floor <= first <= final:
            frame, back = item.frames[-1], max(floor, first) - min(first, final)
            detail = f"stamped {back} ns before what came earlier: no times here"
            self.fault = Problem(BACKWARDS, detail, frame.unit, frame.start, frame.stop, gap=False)
            return _NO_TIMES
        took = None if start is None or end is None else end - start
        return (
            None if start is None else start - self.origin,
            None if end is None else end - self.origin,
            took,
        )

    def end(self) -> Iterator[Item]:
        """A session that never had anything, and how many problems were not listed."""
        if self.waiting:
            yield from self.open(None)
        for kind, count in self.problems.items():
            if count > MAX_PROBLEMS:
                yield Problem(
                    kind,
                    f"{count - MAX_PROBLEMS} more of this kind are not listed",
                    0,
                    0,
                    0,
                    gap=False,
                )


def decode(exchange: Exchange, context: Context | None = None) -> Node:
    """The meaning of an exchange as a tree: below the root the command and the response, each tiling its bytes.

    Pure: the same exchange and context give an equal tree. Total: what cannot be decoded is bytes with an error.
    """
    command, response = exchange.command, exchange.response
    context = context or exchange.context
    if command and command.ins == SELECT:  # its answer is in the terms of what it selected
        context = before(after(Card(None, (context,)), command, response), command)
    facts, app = facts_of(context), by_name(context.application)
    error = ""
    try:
        asked, answered = app.decode(context, command, response, facts)
    except (
        Exception
    ) as fault:  # a decoder that breaks costs its own meaning, never the bytes or the neighbours
        asked, answered = (), ()
        error = f"the decoder of {app.name} broke ({type(fault).__name__}): bytes only"
    halves = []
    if command:
        nodes = command_nodes(command, facts, asked)
        halves.append(Node(COMMAND, command.raw, 0, 0, len(command.raw), nodes, "", command.error))
    if response:
        nodes = response_nodes(response, command.ins if command else None, answered)
        halves.append(
            Node(RESPONSE, response.raw, 0, 0, len(response.raw), nodes, "", response.error)
        )
    name = name_of(command, facts) if command else NO_COMMAND
    return Node(Fact("", name), b"", 0, 0, 0, tuple(halves), "", error)


def halves(exchange: Exchange, context: Context | None = None) -> Iterator[tuple[Side, Node]]:
    """The decoded halves with their names."""
    for node in decode(exchange, context).children:
        yield ("command" if node.fact is COMMAND else "response"), node


def name(exchange: Exchange) -> str:
    """What the command is called in its context."""
    return name_of(exchange.command, facts_of(exchange.context)) if exchange.command else NO_COMMAND
