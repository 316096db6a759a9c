# SPDX-License-Identifier: MIT
"""Frames to command-response pairs: halves brought together, GET RESPONSE, 6Cxx and command chaining joined.

Joining happens only between neighbours on one logical channel; every byte of a half says which frame it came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Literal

from .apdu import channel_of, data_start, is_chained, parse_command, parse_response
from .blocks import MAX_BYTES, MAX_PARTS, Item, Pair, joined
from .dictionary import instruction_case
from .model import Command, Exchange, Frame, Piece, Pieces, Problem, Response, Side

Role = Literal["first", "chain", "again", "more"]
Part = tuple[Role, Pair, int]  # the last: bytes of this and all parts before it
GET_RESPONSE = 0xC0


def pair(items: Iterable[Item]) -> Iterator[Pair | Item]:
    """Turn the frames that are halves of exchanges into pairs, joined where one follows from the other.

    Everything else is passed on in its place. An endless 61xx chain ends in an error after 4,096 parts or 1 MiB.
    """
    held: list[Part] = []  # of an exchange that asks for more
    for item in unjoined(joined(items)):
        role = _continues(held[-1], item) if held and isinstance(item, Pair) else None
        if (
            held and not role and (item.__class__ is not Problem or item.gap)
        ):  # what hides nothing parts nothing
            yield _join(held)
            held = []
        more = isinstance(item, Pair) and _asks_for_more(item)
        if not isinstance(item, Pair) or not (role or more):
            yield item
            continue
        held.append((role or "first", item, (held[-1][2] if held else 0) + _size(item)))
        if not more or _is_full(held):
            yield _join(held)
            held = []
    if held:
        yield _join(held)


def unjoined(items: Iterable[Pair | Item]) -> Iterator[Pair | Item]:
    """Pair each command with the answer right behind it; what has no partner stands alone."""
    waiting: Frame | None = None
    for item in items:
        half = item if item.__class__ is Frame and item.kind in ("tpdu", "apdu") else None
        if half and half.sender == "card":
            yield _paired(waiting, half)
            waiting = None
            continue
        if waiting and (item.__class__ is not Problem or item.gap):
            yield _paired(waiting, None)
            waiting = None
        if half is None or half.sender == "none":
            yield item
        elif half.sender == "both":
            if len(half.data) < 5:
                yield from _short(half, f"{len(half.data)} bytes: a T=0 unit has a header of 5")
            else:
                yield _both(half)
        elif len(half.data) >= 4:
            waiting = half
        elif half.data:
            yield from _short(
                half, f"{len(half.data)} bytes from the reader: a command has at least 4"
            )
        else:  # only a mark
            yield half
    if waiting:
        yield _paired(waiting, None)


def _short(frame: Frame, detail: str) -> Iterator[Item]:
    yield Problem("short command", detail, frame.unit, frame.start, frame.stop, frame.data)
    yield frame


def _paired(asked: Frame | None, answered: Frame | None) -> Pair:
    """Two frames that are a half each; one of them may be missing."""
    frames = tuple(frame for frame in (asked, answered) if frame)
    command = parse_command(asked.data, _whole(0, 0, len(asked.data))) if asked else None
    response = (
        parse_response(answered.data, _whole(len(frames) - 1, 0, len(answered.data)))
        if answered
        else None
    )
    return Pair(
        command,
        response,
        frames,
        asked.time_ns if asked else None,
        answered.time_ns if answered else None,
    )


def _both(frame: Frame) -> Pair:
    """One T=0 unit that holds command and answer: header, data of either side, status word (GSMTAP-SIM).

    The instruction tells which way the data went (ISO 7816-3, 12.2).
    """
    data, size = frame.data, len(frame.data)
    p3, incoming = data[4], _is_incoming(data[0], data[1])
    asked = answered = 5
    if size < 7:
        asked = answered = size
    elif size == 7:
        asked = 4 if incoming and p3 == 0 else 5
    elif incoming or (incoming is None and size - 7 == p3 and data[-2] in (0x61, 0x9F)):
        asked = answered = min(5 + p3, size - 2)
    command = parse_command(data[:asked], _whole(0, 0, asked))
    if size == 7 and incoming and p3:  # refused at the header: P3 was Lc (7816-3, 10.3.2)
        command = replace(command, le=None, error=f"Lc says {p3} bytes, 0 follow")
    response = (
        parse_response(data[answered:], _whole(0, answered, size)) if answered < size else None
    )
    return Pair(command, response, (frame,), None, frame.time_ns)


@lru_cache(maxsize=4096)
def _is_incoming(cla: int, ins: int) -> bool | None:
    case = instruction_case(cla, ins, "iso7816", "telecom")
    return None if case is None else case != 2


@lru_cache(maxsize=4096)
def _whole(frame: int, start: int, stop: int) -> Pieces:
    """One piece; the same shape is the same object, so that a million exchanges share a few."""
    return ((frame, start, stop),) if stop > start else ()


def _asks_for_more(item: Pair) -> bool:
    if item.command is None or item.response is None or item.response.sw is None:
        return False
    sw1 = item.response.sw >> 8
    if sw1 == 0x90:
        return is_chained(item.command.cla)
    return sw1 in (0x61, 0x6C) or (sw1 == 0x9F and item.command.cla == 0xA0)


def _size(item: Pair) -> int:
    return len(item.command.raw if item.command else b"") + len(
        item.response.raw if item.response else b""
    )


def _continues(held: Part, item: Pair) -> Role | None:
    """What `item` is to the exchange in progress, whose last part asks for more; None if it begins a new one."""
    role, last, _ = held
    before, after, sw = last.command, item.command, last.response.sw if last.response else None
    if before is None or after is None or sw is None:
        return None
    if sw >> 8 not in (0x6C, 0x90):
        follows = after.ins == GET_RESPONSE and channel_of(after.cla) == channel_of(before.cla)
        return "more" if follows else None
    same = (before.ins, before.p1, before.p2) == (after.ins, after.p1, after.p2)
    if sw >> 8 == 0x6C:
        if same and before.cla == after.cla and before.data == after.data:
            return "more" if role == "more" else "again"
        return None
    whole = before.data and not before.error and not after.error
    return "chain" if whole and same and after.cla | 0x10 == before.cla else None


def _join(held: list[Part]) -> Pair:
    """One pair out of parts: the command that was answered, all data of the answers, the last status word.

    A resent command takes the place of the one before; one without an answer leaves the whole without an answer.
    """
    frames: list[Frame] = []
    asked: list[tuple[Command, int]] = []
    answers: list[tuple[Response, int]] = []
    for role, part, _ in held:
        if role == "again":
            asked.pop()
            answers.pop()
        if part.command and role != "more":
            asked.append((part.command, len(frames)))
        if part.response:
            answers.append((part.response, len(frames)))
        elif role != "more":
            answers.clear()
        frames += part.frames
    first, last = held[0][1], held[-1][1]
    error = (
        f"still asks for more after {len(held)} parts"
        if _is_full(held) and _asks_for_more(last)
        else ""
    )
    response = _response_of(answers, error) if answers else None
    return Pair(_command_of(asked), response, tuple(frames), first.start_ns, last.end_ns)


def _is_full(held: list[Part]) -> bool:
    return len(held) >= MAX_PARTS or held[-1][2] > MAX_BYTES


def _command_of(asked: list[tuple[Command, int]]) -> Command:
    """The commands of a chain as one: header and Lc of the first, the data of all, Le of the last (7816-4, 5.3.3)."""
    (c, base), last = asked[0], asked[-1][0]
    if c is last and base == 0:
        return c
    pieces: list[Piece] = []
    for own, base in asked:
        start = data_start(own)
        stop = len(own.raw) if own is last else start + len(own.data)
        pieces += _cut(own.pieces, 0 if own is c else start, stop, base)
    data = b"".join(own.data for own, _ in asked)
    raw = c.raw[: data_start(c)] + data + last.raw[data_start(last) + len(last.data) :]
    return Command(raw, c.cla, c.ins, c.p1, c.p2, data, last.le, c.error, tuple(pieces))


def _response_of(answers: list[tuple[Response, int]], error: str) -> Response:
    """The data of all answers, and what stands behind the data in the last one."""
    last = answers[-1][0]
    pieces: list[Piece] = []
    for own, base in answers:
        if own is last or own.data:
            pieces += _cut(own.pieces, 0, len(own.raw if own is last else own.data), base)
    data = b"".join([own.data for own, _ in answers])
    return Response(
        data + last.raw[len(last.data) :],
        data,
        last.sw,
        last.extra,
        error or last.error,
        tuple(pieces),
    )


def _cut(pieces: Pieces, start: int, stop: int, base: int = 0) -> list[Piece]:
    """The pieces of bytes `start:stop` of a half, their frames counted from `base`."""
    cut = []
    for frame, a, b in pieces:
        low, high = max(a, a + start), min(b, a + stop)
        if low < high:
            cut.append((base + frame, low, high))
        start, stop = start - (b - a), stop - (b - a)
    return cut


def locate(exchange: Exchange, side: Side, start: int, stop: int) -> list[tuple[Frame, int, int]]:
    """The frames, and the bytes in each, that bytes `start:stop` of a half came from."""
    half = exchange.command if side == "command" else exchange.response
    if half is None:
        return []
    return [(exchange.frames[frame], a, b) for frame, a, b in _cut(half.pieces, start, stop)]
