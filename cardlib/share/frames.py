# SPDX-License-Identifier: MIT
"""The frames of a redacted capture: rebuilt halves in their places, and what joins them."""

from __future__ import annotations

from ..core.activation import activation_node
from ..core.apdu import data_start, parse_response
from ..core.atr import MAX_ATR
from ..core.model import Command, Exchange, Frame, Pieces
from ..road.meaning import halves
from .manifest import Work
from .rebuilding import Rebuilt, blank, rebuilt_half

# The provider of the historical bytes of a storage card; a number of its kind follows (PC/SC part 3, 3.1.3.2.3).
STORAGE_CARD = bytes.fromhex("804F0CA000000306")
STATUS = 2  # bytes of a status word
HEADER = 5  # bytes of CLA, INS, P1, P2 and P3
SHORT_BLOCK = 5  # bytes of R and S blocks: they carry no data
MAX_PPS = 6


def rebuilt_exchange(exchange: Exchange, work: Work) -> list[Rebuilt]:
    """The frames of an exchange: what joins them, then the bytes of both halves in their places."""
    sides = {}
    for side, half in halves(exchange):
        sides[side] = rebuilt_half(exchange, half, work)
    command = sides.get("command")
    response = sides.get("response")
    frames = [_joining(frame, exchange, command) for frame in exchange.frames]
    if exchange.command and command:
        _spread(frames, exchange.command.pieces, command)
    if exchange.response and response:
        _spread(frames, exchange.response.pieces, response)
    _repeat(exchange, frames)
    return frames


def _spread(frames: list[Rebuilt], pieces: Pieces, rebuilt: Rebuilt) -> None:
    """Write a half into the frames that it came in."""
    at = 0
    for number, start, stop in pieces:
        end = at + stop - start
        frames[number].take(start, rebuilt, at, end)
        at = end


def _repeat(exchange: Exchange, frames: list[Rebuilt]) -> None:
    """A block that is sent again is the same again."""
    first: dict[bytes, Rebuilt] = {}
    for frame, rebuilt in zip(exchange.frames, frames, strict=True):
        same = first.setdefault(frame.data, rebuilt)
        rebuilt.take(0, same, 0, len(frame.data))


def _joining(frame: Frame, exchange: Exchange, rebuilt_command: Rebuilt | None) -> Rebuilt:
    """What of a frame may be in no half: header, status word, a command sent again, what is around a block."""
    data = frame.data
    size = len(data)
    rebuilt = blank(size)
    if frame.kind == "block":
        rebuilt.copy(data, 0, _prologue(frame, exchange))
        return rebuilt
    if (
        frame.kind == "rf"
    ):  # of an activation or a card without APDUs: it has neither header nor status word
        return rebuilt
    is_answer = frame.sender in ("card", "both")
    if is_answer and parse_response(data).sw is not None:
        rebuilt.copy(data, size - STATUS, size)
    is_command = frame.sender in ("reader", "both")
    if is_command:
        rebuilt.copy(data, 0, HEADER)
    if is_command and rebuilt_command and exchange.command:
        _put_again(frame, exchange.command, rebuilt_command, rebuilt)
    return rebuilt


def _prologue(frame: Frame, exchange: Exchange) -> int:
    """How many bytes of a block stand before its data; all of a block without data."""
    size = len(frame.data)
    if size <= SHORT_BLOCK:
        return size
    starts = []
    for half in (exchange.command, exchange.response):
        pieces = half.pieces if half else ()
        for number, start, _ in pieces:
            if exchange.frames[number] is frame:
                starts.append(start)
    first = min(starts, default=0)
    if first > SHORT_BLOCK:
        return 0
    return first


def _put_again(frame: Frame, command: Command, source: Rebuilt, rebuilt: Rebuilt) -> None:
    """The data field and Le of a command that is sent again with the same header."""
    is_short = data_start(command) == HEADER
    has_same_header = frame.data[:4] == command.raw[:4]
    stop = HEADER + len(command.data)
    has_same_data = frame.data[HEADER:stop] == command.data
    if is_short and has_same_header and has_same_data:
        rebuilt.take(HEADER, source, HEADER, stop)
        rebuilt.copy(frame.data, stop, stop + 1)


def rebuilt_alone(frame: Frame) -> Rebuilt:
    """A frame that is in no exchange."""
    size = len(frame.data)
    rebuilt = blank(size)
    kind = frame.kind
    is_short_block = kind == "block" and size <= SHORT_BLOCK
    if kind == "pps" or is_short_block:
        rebuilt.copy(frame.data, 0, MAX_PPS)
    elif kind == "atr" and STORAGE_CARD in frame.data:
        rebuilt.copy(frame.data, 0, MAX_ATR)
    elif kind in ("atr", "ats"):
        _put_activation(frame, rebuilt)
    return rebuilt


def _put_activation(frame: Frame, rebuilt: Rebuilt) -> None:
    """What an ATR or ATS says by rows that may be shared; of other objects tag and length."""
    activation = activation_node(frame.kind, frame.data)
    for _, node in activation.walk():
        if node.fact.share and not node.error:
            rebuilt.copy(frame.data, node.start, node.stop)
        elif node.tag:
            rebuilt.copy(frame.data, node.start, node.body)
