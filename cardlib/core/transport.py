# SPDX-License-Identifier: MIT
"""Frames to command-response pairs: GET RESPONSE, 6Cxx and command chaining are joined.

Only neighbours on one logical channel are joined. Every byte of a half says which frame it came
from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Literal

from .apdu import (
    HIDDEN,
    LEFT_OUT,
    channel_of,
    data_start,
    is_chained,
    lengths_fit,
    parse_command,
    parse_response,
)
from .blocks import MAX_BYTES, MAX_PARTS, Item, Pair, joined
from .facts import instruction_case
from .model import (
    ANY_CARD,
    Command,
    Exchange,
    Frame,
    Piece,
    Pieces,
    Problem,
    Response,
    Side,
    record,
)
from .native import NATIVE_KINDS
from .native_pairs import can_answer, is_native, native_pair

Role = Literal["first", "chain", "again", "more"]
GET_RESPONSE = 0xC0
_HALVES = frozenset(("tpdu", "apdu")) | NATIVE_KINDS
_HEADER = 5  # of T=0: CLA, INS, P1, P2, P3


@record
class Part:
    """A pair that is part of a longer exchange; `size` counts the bytes up to its end."""

    role: Role
    pair: Pair
    size: int


def pair(items: Iterable[Item]) -> Iterator[Pair | Item]:
    """Turn the frames that are halves of exchanges into pairs, joined where one follows from another.

    Everything else is passed on in its place. An endless 61xx chain ends in an error after 4,096
    parts or 1 MiB.
    """
    parts: list[Part] = []  # of an exchange that asks for more
    for item in unjoined(joined(items)):
        if not isinstance(item, Pair):
            if parts and _separates(item):
                yield _join(parts)
                parts = []
            yield item
            continue
        role: Role | None = None
        if parts:
            role = _continues(parts[-1], item)
            if role is None:
                yield _join(parts)
                parts = []
        asks_for_more = _asks_for_more(item)
        if role is None and not asks_for_more:
            yield item
            continue
        parts.append(_part(role or "first", item, parts))
        if not asks_for_more or _is_full(parts):
            yield _join(parts)
            parts = []
    if parts:
        yield _join(parts)


def _part(role: Role, item: Pair, before: list[Part]) -> Part:
    size = 0
    if before:
        size = before[-1].size
    if item.command:
        size += len(item.command.raw)
    if item.response:
        size += len(item.response.raw)
    return Part(role, item, size)


def _separates(item: Pair | Item) -> bool:
    """Whether an exchange ends before this item: not before a problem that hides nothing."""
    return not isinstance(item, Problem) or item.gap


def unjoined(items: Iterable[Pair | Item]) -> Iterator[Pair | Item]:
    """Pair each command with the answer right behind it; what has no partner stands alone."""
    waiting: Frame | None = None
    for item in items:
        if not isinstance(item, Frame) or item.kind not in _HALVES:
            if waiting and _separates(item):
                yield _paired(waiting, None)
                waiting = None
            yield item
            continue
        if waiting and not can_answer(item, waiting):
            yield _paired(waiting, None)
            waiting = None
        if item.sender == "card":
            yield _paired(waiting, item)
            waiting = None
        elif item.sender == "both" and _has_header(item):
            yield _both(item)
        elif item.sender == "reader" and (len(item.data) >= 4 or is_native(item)):
            waiting = item
        else:
            yield from _incomplete(item)
    if waiting:
        yield _paired(waiting, None)


def _has_header(frame: Frame) -> bool:
    """Whether a frame can be a unit of T=0, which is header, data and status word in one."""
    return not is_native(frame) and len(frame.data) >= _HEADER


def _incomplete(frame: Frame) -> Iterator[Item]:
    """A frame that is no half of an exchange, with the reason if it should be one."""
    size = len(frame.data)
    detail = ""
    if frame.sender == "both":
        detail = f"{size} bytes: a T=0 unit has a header of 5"
    elif frame.sender == "reader" and size:  # without bytes it is only a mark
        detail = f"{size} bytes from the reader: a command has at least 4"
    if detail:
        yield Problem("short command", detail, frame.unit, frame.start, frame.stop, frame.data)
    yield frame


def _paired(command_frame: Frame | None, response_frame: Frame | None) -> Pair:
    """Two frames that are a half each; one of them may be missing."""
    first = command_frame or response_frame
    if first and is_native(first):
        return native_pair(command_frame, response_frame)
    frames: tuple[Frame, ...] = ()
    command = response = None
    start_ns = end_ns = None
    if command_frame:
        frames = (command_frame,)
        data = command_frame.data
        command = parse_command(data, _whole(0, 0, len(data)))
        if command_frame.note.startswith(HIDDEN):
            command = replace(command, error=command_frame.note)
        missing = _left_out(command_frame)
        if missing:
            command = replace(command, le=None, error=missing)
        start_ns = command_frame.time_ns
    if response_frame:
        data = response_frame.data
        response = parse_response(data, _whole(len(frames), 0, len(data)))
        if response_frame.note.startswith(HIDDEN):
            response = replace(response, error=response_frame.note)
        missing = _left_out(response_frame)
        if missing:
            response = replace(response, error=missing)
        frames = (*frames, response_frame)
        end_ns = response_frame.time_ns
    return Pair(command, response, frames, start_ns, end_ns)


def _left_out(frame: Frame) -> str:
    """That bytes of a frame are not in the log, and how many where it says so."""
    _, mark, count = frame.note.partition(LEFT_OUT)
    return mark + count


def _both(frame: Frame) -> Pair:
    """One T=0 unit that holds command and answer: header, data of either side, status word."""
    data, size = frame.data, len(frame.data)
    incoming = _is_incoming(data[0], data[1])
    command_stop, response_start = _t0_places(data, incoming)
    command = parse_command(data[:command_stop], _whole(0, 0, command_stop))
    p3 = data[4]
    if size == _HEADER + 2 and incoming and p3:
        # Refused at the header: P3 was Lc (ISO/IEC 7816-3, 10.3.2).
        command = replace(command, le=None, error=f"Lc says {p3} bytes, 0 follow")
    response = None
    if response_start < size:
        response = parse_response(data[response_start:], _whole(0, response_start, size))
    return Pair(command, response, (frame,), None, frame.time_ns)


def _t0_places(data: bytes, incoming: bool | None) -> tuple[int, int]:
    """Where the command ends in a T=0 unit, and where the answer begins (GSMTAP-SIM).

    The instruction says which way the data went (ISO/IEC 7816-3, 12.2).
    """
    size, p3 = len(data), data[4]
    data_size = size - _HEADER - 2
    if data_size < 0:  # no status word
        return size, size
    if data_size == 0:
        if incoming and p3 == 0:
            return 4, _HEADER  # a command without data has no P3
        return _HEADER, _HEADER
    if incoming is None:  # a status word that says "more to read" stands behind incoming data
        incoming = data_size == p3 and data[-2] in (0x61, 0x9F)
    if not incoming:
        return _HEADER, _HEADER
    stop = min(_HEADER + p3, size - 2)
    return stop, stop


@lru_cache(maxsize=4096)
def _is_incoming(cla: int, ins: int) -> bool | None:
    case = instruction_case(cla, ins, ANY_CARD, "telecom")
    if case is None:
        return None
    return case != 2


@lru_cache(maxsize=4096)
def _whole(frame: int, start: int, stop: int) -> Pieces:
    """One piece; the same shape is the same object, so that a million exchanges share a few."""
    if stop <= start:
        return ()
    return ((frame, start, stop),)


def _asks_for_more(item: Pair) -> bool:
    if item.command is None or item.response is None or item.response.sw is None:
        return False
    if item.command.protocol != "apdu":
        return False
    sw1 = item.response.sw >> 8
    if sw1 == 0x90:
        # A part of a chain is answered without data (ISO/IEC 7816-4, 5.3.3); some cards use class 90 for all.
        has_data = bool(item.response.data or item.response.error)
        return is_chained(item.command.cla) and not has_data
    return sw1 in (0x61, 0x6C) or (sw1 == 0x9F and item.command.cla == 0xA0)


def _continues(last: Part, item: Pair) -> Role | None:
    """What `item` is to the exchange whose last part asks for more; None if it begins a new one."""
    before, after = last.pair.command, item.command
    answer = last.pair.response
    if before is None or after is None or answer is None or answer.sw is None:
        return None
    if after.protocol != before.protocol:
        return None
    sw1 = answer.sw >> 8
    same = (before.ins, before.p1, before.p2) == (after.ins, after.p1, after.p2)
    if sw1 == 0x6C:
        if not same or before.cla != after.cla or before.data != after.data:
            return None
        if last.role == "more":
            return "more"
        return "again"
    if sw1 == 0x90:
        is_complete = before.data and lengths_fit(before) and lengths_fit(after)
        if is_complete and same and after.cla | 0x10 == before.cla:
            return "chain"
        return None
    if after.ins == GET_RESPONSE and channel_of(after.cla) == channel_of(before.cla):
        return "more"
    return None


def _join(parts: list[Part]) -> Pair:
    """One pair out of parts: the command that was answered, all data, the last status word.

    A resent command takes the place of the one before. One without an answer leaves the exchange
    without an answer.
    """
    frames: list[Frame] = []
    # Commands and answers, each with the number of frames before its own.
    commands: list[tuple[Command, int]] = []
    answers: list[tuple[Response, int]] = []
    for part in parts:
        command, response = part.pair.command, part.pair.response
        if part.role == "again":
            commands.pop()
            answers.pop()
        if command and part.role != "more":
            commands.append((command, len(frames)))
        if response:
            answers.append((response, len(frames)))
        elif part.role != "more":
            answers.clear()
        frames += part.pair.frames
    first, last = parts[0].pair, parts[-1].pair
    error = ""
    if _is_full(parts) and _asks_for_more(last):
        error = f"still asks for more after {len(parts)} parts"
    joined_response = None
    if answers:
        joined_response = _joined_response(answers, error, _earlier(parts))
    joined_command = _joined_command(commands)
    return Pair(joined_command, joined_response, tuple(frames), first.start_ns, last.end_ns)


def _earlier(parts: list[Part]) -> tuple[int, ...]:
    """The status words that asked for more; 9000 inside a chain of commands asks for nothing."""
    status_words = []
    for part in parts[:-1]:
        response = part.pair.response
        if response and response.sw is not None and response.sw != 0x9000:
            status_words.append(response.sw)
    return tuple(status_words)


def _is_full(parts: list[Part]) -> bool:
    return len(parts) >= MAX_PARTS or parts[-1].size > MAX_BYTES


def _joined_command(commands: list[tuple[Command, int]]) -> Command:
    """The commands of a chain as one (ISO/IEC 7816-4, 5.3.3).

    Header and Lc are of the first, Le is of the last.
    """
    first, first_frame = commands[0]
    last, _ = commands[-1]
    if first is last and first_frame == 0:
        return first
    pieces: list[Piece] = []
    for command, frame in commands:
        start = data_start(command)
        stop = start + len(command.data)
        if command is first:
            start = 0
        if command is last:
            stop = len(command.raw)
        pieces += _cut(command.pieces, start, stop, frame)
    data = b"".join(command.data for command, _ in commands)
    header = first.raw[: data_start(first)]
    le = last.raw[data_start(last) + len(last.data) :]
    raw = header + data + le
    error = next((command.error for command, _ in commands if command.error), "")
    return replace(first, raw=raw, data=data, le=last.le, error=error, pieces=tuple(pieces))


def _joined_response(
    answers: list[tuple[Response, int]], error: str, earlier: tuple[int, ...]
) -> Response:
    """The data of all answers, and what stands behind the data in the last one."""
    last, _ = answers[-1]
    pieces: list[Piece] = []
    for answer, frame in answers:
        if answer is last:
            pieces += _cut(answer.pieces, 0, len(answer.raw), frame)
        elif answer.data:
            pieces += _cut(answer.pieces, 0, len(answer.data), frame)
    data = b"".join(answer.data for answer, _ in answers)
    raw = data + last.raw[len(last.data) :]
    for answer, _ in answers:
        if answer.error.startswith((LEFT_OUT, HIDDEN)):
            error = answer.error
    return Response(raw, data, last.sw, last.extra, error or last.error, tuple(pieces), earlier)


def _cut(pieces: Pieces, start: int, stop: int, base: int = 0) -> list[Piece]:
    """The pieces of bytes `start:stop` of a half, their frames counted from `base`."""
    cut = []
    for frame, low, high in pieces:
        first, last = max(low, low + start), min(high, low + stop)
        if first < last:
            cut.append((base + frame, first, last))
        start -= high - low
        stop -= high - low
    return cut


def locate(exchange: Exchange, side: Side, start: int, stop: int) -> list[tuple[Frame, int, int]]:
    """The frames, and the bytes in each, that bytes `start:stop` of a half came from."""
    half: Command | Response | None = exchange.response
    if side == "command":
        half = exchange.command
    if half is None:
        return []
    cut = _cut(half.pieces, start, stop)
    return [(exchange.frames[frame], first, last) for frame, first, last in cut]
