# SPDX-License-Identifier: MIT
"""The frames of a redacted capture: rebuilt halves in their places, and what joins them."""

from __future__ import annotations

from functools import reduce
from operator import xor

from ..core.activation import activation_node
from ..core.apdu import data_start, parse_response
from ..core.atr import parse_atr
from ..core.blocks import NO_CRC
from ..core.model import Command, Exchange, Frame, Pieces
from ..core.native import NATIVE_KINDS
from ..formats.radio import crc_fits
from ..road.meaning import halves
from .control import PART_FOLLOWS, prologue, put_bytes
from .headers import HEADER, continues, is_sure
from .manifest import Work
from .rebuilding import Rebuilt, blank, rebuilt_command, rebuilt_response

# The provider of the historical bytes of a storage card; a number of its kind follows (PC/SC part 3, 3.1.3.2.3).
STORAGE_CARD = bytes.fromhex("804F0CA000000306")
STATUS = 2  # bytes of a status word
JOINING = (*PART_FOLLOWS, 0x90)  # SW1 of what is not the last answer of an exchange
PPSS = 0xFF  # of a contact card (ISO/IEC 7816-3, 9.2)
SHORTEST_PPS, LONGEST_PPS = 3, 6
RADIO_PPS = 0xD0  # the upper half byte (ISO/IEC 14443-4, 5.3.1)
LONGEST_RADIO_PPS = 5  # with its CRC
ATR_BEGINS = (b"\x3b", b"\x3f")


def rebuilt_exchange(exchange: Exchange, work: Work) -> list[Rebuilt]:
    """The frames of an exchange: what joins them, then the bytes of both halves in their places."""
    sides = {}
    for side, half in halves(exchange):
        rebuild = rebuilt_command if side == "command" else rebuilt_response
        sides[side] = rebuild(exchange, half, work)
    command = sides.get("command")
    response = sides.get("response")
    frames = _joining(exchange, command)
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


def _joining(exchange: Exchange, rebuilt_half: Rebuilt | None) -> list[Rebuilt]:
    """What of the frames of an exchange is in no half, as far as it joins them; nothing around a damaged command."""
    frames = [blank(len(frame.data)) for frame in exchange.frames]
    command = exchange.command
    is_known = is_sure(exchange)
    places = _places(exchange)
    is_t0 = any(start == 0 for start, _ in places.values())
    for number, (frame, rebuilt) in enumerate(zip(exchange.frames, frames, strict=True)):
        if frame.kind == "block" and not is_t0:
            rebuilt.copy(frame.data, 0, prologue(frame, places.get(number)))
        elif command is None or rebuilt_half is None or not is_known:
            continue
        elif frame.kind == "block":
            put_bytes(frame, command, rebuilt)
        elif frame.kind != "rf" and frame.kind not in NATIVE_KINDS:  # these have neither
            _put_header(frame, command, rebuilt_half, rebuilt)
            _put_status(frame, rebuilt)
    return frames


def _places(exchange: Exchange) -> dict[int, tuple[int, int]]:
    """Where in each block its first piece of a half stands."""
    places: dict[int, tuple[int, int]] = {}
    for half in (exchange.command, exchange.response):
        for number, start, stop in half.pieces if half else ():
            if exchange.frames[number].kind == "block":
                places.setdefault(number, (start, stop))
    return places


def _put_header(frame: Frame, command: Command, half: Rebuilt, rebuilt: Rebuilt) -> None:
    """The header of a command that is sent again, goes on, or asks for the rest of the answer."""
    if frame.sender in ("reader", "both") and continues(frame.data, command):
        rebuilt.copy(frame.data, 0, HEADER)
        _put_again(frame, command, half, rebuilt)


def _put_again(frame: Frame, command: Command, source: Rebuilt, rebuilt: Rebuilt) -> None:
    """The data field and Le of a command that is sent again with the same header."""
    is_short = data_start(command) == HEADER
    has_same_header = frame.data[:4] == command.raw[:4]
    stop = HEADER + len(command.data)
    has_same_data = frame.data[HEADER:stop] == command.data
    if is_short and has_same_header and has_same_data:
        rebuilt.take(HEADER, source, HEADER, stop)
        rebuilt.copy(frame.data, stop, stop + 1)


def _put_status(frame: Frame, rebuilt: Rebuilt) -> None:
    """The status word of an answer that is not the last one."""
    if frame.sender not in ("card", "both"):
        return
    sw = parse_response(frame.data).sw
    if sw is not None and sw >> 8 in JOINING:
        size = len(frame.data)
        rebuilt.copy(frame.data, size - STATUS, size)


def rebuilt_alone(frame: Frame) -> Rebuilt:
    """A frame that is in no exchange."""
    size = len(frame.data)
    rebuilt = blank(size)
    if frame.kind == "block":
        rebuilt.copy(frame.data, 0, prologue(frame))
    elif (frame.kind == "pps" and _is_pps(frame)) or (
        frame.kind == "atr" and _is_storage_card(frame.data)
    ):
        rebuilt.copy(frame.data, 0, size)
    elif frame.kind in ("atr", "ats"):
        _put_activation(frame, rebuilt)
    return rebuilt


def _is_pps(frame: Frame) -> bool:
    """Whether the check of a PPS fits; without a check it is as short as one is."""
    data = frame.data
    if not data:
        return False
    if data[0] == PPSS:
        return SHORTEST_PPS <= len(data) <= LONGEST_PPS and not reduce(xor, data)
    if data[0] & 0xF0 != RADIO_PPS or len(data) > LONGEST_RADIO_PPS:
        return False
    return len(data) == 1 or NO_CRC in frame.note or crc_fits("A", data)


def _is_storage_card(data: bytes) -> bool:
    atr = parse_atr(data)
    return not atr.errors and atr.historical.startswith(STORAGE_CARD)


def _put_activation(frame: Frame, rebuilt: Rebuilt) -> None:
    """What an ATR or ATS says by rows that may be shared; of other objects tag and length."""
    activation = activation_node(frame.kind, frame.data)
    is_atr = frame.kind == "atr"
    if (is_atr and frame.data[:1] not in ATR_BEGINS) or (activation.error and not is_atr):
        return
    for _, node in activation.walk():
        if node.error:
            continue
        if node.fact.share:
            rebuilt.copy(frame.data, node.start, node.stop)
        elif node.tag:
            rebuilt.copy(frame.data, node.start, node.body)
