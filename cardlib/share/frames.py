# SPDX-License-Identifier: MIT
"""The frames of a redacted capture: rebuilt halves in their places, and what joins them."""

from __future__ import annotations

from ..core.activation import activation_node
from ..core.apdu import data_start, parse_response
from ..core.atr import MAX_ATR
from ..core.model import Command, Exchange, Frame, Response
from ..road.pipeline import halves
from .manifest import Work
from .rebuilding import Rebuilt, blank, rebuilt_half

# The provider of the historical bytes of a storage card; a number of its kind follows (PC/SC part 3, 3.1.3.2.3).
STORAGE_CARD = bytes.fromhex("804F0CA000000306")
HEADER = 5  # bytes of CLA, INS, P1, P2 and P3
SHORT_BLOCK = 5  # bytes of R and S blocks: they carry no data
MAX_PPS = 6


def rebuilt_exchange(exchange: Exchange, work: Work) -> list[Rebuilt]:
    """The frames of an exchange: what joins them, then the bytes of both halves in their places."""
    sides = {side: rebuilt_half(exchange, half, work) for side, half in halves(exchange)}
    frames = [_joining(frame, exchange, sides.get("command")) for frame in exchange.frames]
    for side, rebuilt in sides.items():
        half = exchange.command if side == "command" else exchange.response
        _spread(frames, half, rebuilt)
    _repeat(exchange, frames)
    return frames


def _spread(frames: list[Rebuilt], half: Command | Response | None, rebuilt: Rebuilt) -> None:
    """Write a half into the frames that it came in."""
    if half is None:
        return
    at = 0
    for number, start, stop in half.pieces:
        frames[number].take(start, rebuilt, at, at + stop - start)
        at += stop - start


def _repeat(exchange: Exchange, frames: list[Rebuilt]) -> None:
    """A block that is sent again is the same again."""
    first: dict[bytes, Rebuilt] = {}
    for frame, rebuilt in zip(exchange.frames, frames, strict=True):
        rebuilt.take(0, first.setdefault(frame.data, rebuilt), 0, len(frame.data))


def _joining(frame: Frame, exchange: Exchange, rebuilt_command: Rebuilt | None) -> Rebuilt:
    """What of a frame may be in no half: header, status word, a command sent again, what is around a block."""
    rebuilt = blank(len(frame.data))
    if frame.kind == "block":
        rebuilt.put(0, frame.data[: _prologue(frame, exchange)])
        return rebuilt
    if frame.sender in ("card", "both") and parse_response(frame.data).sw is not None:
        rebuilt.put(len(frame.data) - 2, frame.data[-2:])
    if frame.sender in ("reader", "both"):
        rebuilt.put(0, frame.data[:HEADER])
        if rebuilt_command and exchange.command:
            _put_again(frame, exchange.command, rebuilt_command, rebuilt)
    return rebuilt


def _prologue(frame: Frame, exchange: Exchange) -> int:
    """How many bytes of a block stand before its data; all of a block without data."""
    if len(frame.data) <= SHORT_BLOCK:
        return len(frame.data)
    starts = []
    for half in (exchange.command, exchange.response):
        if half is not None:
            starts += [
                start for number, start, _ in half.pieces if exchange.frames[number] is frame
            ]
    first = min(starts, default=0)
    return first if first <= SHORT_BLOCK else 0


def _put_again(frame: Frame, command: Command, source: Rebuilt, rebuilt: Rebuilt) -> None:
    """The data field and Le of a command that is sent again with the same header."""
    is_same = frame.data[:4] == command.raw[:4] and data_start(command) == HEADER
    stop = HEADER + len(command.data)
    if is_same and frame.data[HEADER:stop] == command.data:
        rebuilt.take(HEADER, source, HEADER, stop)
        rebuilt.put(stop, frame.data[stop : stop + 1])


def rebuilt_alone(frame: Frame) -> Rebuilt:
    """A frame that is in no exchange."""
    rebuilt = blank(len(frame.data))
    is_short_block = frame.kind == "block" and len(frame.data) <= SHORT_BLOCK
    if frame.kind == "pps" or is_short_block:
        rebuilt.put(0, frame.data[:MAX_PPS])
    elif frame.kind == "atr" and STORAGE_CARD in frame.data:
        rebuilt.put(0, frame.data[:MAX_ATR])
    elif frame.kind in ("atr", "ats"):
        _put_activation(frame, rebuilt)
    return rebuilt


def _put_activation(frame: Frame, rebuilt: Rebuilt) -> None:
    """What an ATR or ATS says by rows that may be shared; of other objects tag and length."""
    for _, node in activation_node(frame.kind, frame.data).walk():
        if node.fact.share and not node.error:
            rebuilt.put(node.start, node.raw)
        elif node.tag:
            rebuilt.put(node.start, frame.data[node.start : node.body])
