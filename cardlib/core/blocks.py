# SPDX-License-Identifier: MIT
"""Blocks to command-response pairs: ISO/IEC 14443-4, T=1 and the bytes of T=0.

Chains are joined; repetitions and requests for time are seen through. A frame of kind block is a
piece on the wire below the APDU, as it was sent. On a contact card the ATR or the PPS says which
protocol is used. S- and R-blocks, repetitions and procedure bytes stay in the frames of the pair.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from .apdu import parse_command, parse_response
from .atr import parse_atr
from .block import (
    CRC_A,
    CRC_B,
    MIRROR,
    NO_CRC,
    Block,
    contact_block,
    is_t1,
    radio_block,
    radio_crc_fits,
    t1_checks,
)
from .model import Command, Frame, Piece, Problem, Protocol, Response, Sender, Session, record
from .native import native_command, native_protocol, native_response
from .t0 import HEADER, T0

__all__ = [
    "CRC_A",
    "CRC_B",
    "MAX_BYTES",
    "MAX_PARTS",
    "MIRROR",
    "NATIVE",
    "NO_CRC",
    "WRONG_CHECK",
    "Block",
    "Item",
    "Pair",
    "bytes_of",
    "contact_block",
    "is_t1",
    "joined",
    "radio_block",
    "t1_checks",
]

Item = Frame | Session | Problem

MAX_PARTS = 4096
MAX_BYTES = 1 << 20
WRONG_CHECK = "wrong check sum"
NATIVE = "native"  # in the note of a block that belongs to no APDU

_RADIO, _T0, _T1 = -1, 0, 1  # protocols: ISO/IEC 14443-4, and numbers of T
_DAMAGED = Block("S", False, 0, 0, 0)  # stays on the wire and is joined to nothing


@record
class Pair:
    """A command and its answer with their frames; `pieces` of the halves count through `frames`."""

    command: Command | None
    response: Response | None
    frames: tuple[Frame, ...]
    start_ns: int | None = None
    end_ns: int | None = None


def joined(items: Iterable[Item]) -> Iterator[Pair | Item]:
    """Turn blocks into pairs; everything else passes in its place.

    A missing piece is an `error` of the half that it is missing from: its data are not to be
    believed.
    """
    wire = _Wire()
    for item in items:
        if isinstance(item, Frame):
            if item.kind == "block" and item.sender in ("reader", "card"):
                yield from wire.take(item)
                continue
            if item.kind == "rf" and wire.is_waiting():
                # A damaged block, or the reader's attempt at something else.
                wire.frames.append(item)
                continue
        if isinstance(item, Problem):
            wire.gap = wire.gap or item.gap
        else:
            if wire.frames:
                yield from wire.flush()
            wire.learn(item)
        yield item
    yield from wire.flush()


class _Wire:
    """The exchange that is on the wire, and what is known about the protocol."""

    def __init__(self) -> None:
        self.protocol = _RADIO
        self.is_certain = False  # the capture says which protocol is used
        self.on_air = False
        self.native = False  # this card has answered a native command
        self.lane = ""
        self.lanes: dict[str, tuple[int, bool]] = {}  # protocol and certainty by lane
        self._clear()

    def _clear(self) -> None:
        """Begin a new exchange."""
        self.frames: list[Frame] = []
        self.pieces: dict[Sender, list[Piece]] = {"reader": [], "card": []}
        self.errors: dict[Sender, str] = {"reader": "", "card": ""}
        # The last block of each sender, with its information.
        self.last: dict[Sender, tuple[Block, bytes]] = {}
        self.times: dict[Sender, int | None] = {"reader": None, "card": None}
        self.size = 0
        self.gap = False  # something may be missing here
        self.t0 = T0()

    def learn(self, item: Session | Frame) -> None:
        """Which protocol the frames that follow use."""
        if isinstance(item, Session):
            self._enter(item)
        elif item.kind == "ats":
            self.protocol = _RADIO
            self.is_certain = True
        elif item.kind == "atr":
            self.protocol = parse_atr(item.data).protocols[0]
        elif item.kind == "pps":
            is_answer = item.sender == "card" and item.data[:1] == b"\xff"
            if is_answer and len(item.data) > 1:
                pps0 = item.data[1]
                self.protocol = pps0 & 15
        else:
            return
        self.native = False

    def _enter(self, session: Session) -> None:
        """Go on with the protocol of the session's lane, or begin without knowing one."""
        if len(self.lanes) < MAX_PARTS:
            self.lanes[self.lane] = self.protocol, self.is_certain
        self.protocol, self.is_certain = _RADIO, False
        self.lane = dict(session.meta).get("lane", "")
        if self.lane in self.lanes and self.lane:
            self.protocol, self.is_certain = self.lanes[self.lane]
        self.on_air = session.clock == "rf"
        if session.interface == "contactless":
            self.is_certain = True
        if session.interface == "contact" and self.protocol == _RADIO:
            self.protocol = _T1

    def is_waiting(self) -> bool:
        """Whether the answer, or the rest of one, is still to come."""
        if not 0 < len(self.frames) < MAX_PARTS:
            return False
        if "card" not in self.last:
            return True
        block, _ = self.last["card"]
        return block.more

    def take(self, frame: Frame) -> Iterator[Pair | Item]:
        """Add a frame to the exchange, or begin a new one with it."""
        self._guess_protocol(frame)
        if self.protocol == _T0:
            yield from self._take_bytes(frame)
            return
        block = self._block(frame)
        if block is _DAMAGED:
            yield _wrong_check(frame)
            self.gap = True
        if block.kind == "I":
            if not self._is_repeated(frame, block):
                yield from self._take_information(frame, block)
            self.frames.append(frame)
        else:
            if block.kind not in ("R", "S"):
                yield from self.flush()
            if self.frames:
                self.frames.append(frame)
            else:
                yield frame
        if self._is_full():
            self.errors[frame.sender] = f"still not complete after {len(self.frames)} blocks"
            yield from self.flush()

    def _guess_protocol(self, frame: Frame) -> None:
        """Where neither ATR nor PPS were captured, the first frame shows the protocol."""
        if self.protocol > _T0 or self.is_certain or self.frames:
            return
        if is_t1(frame.data):
            self.protocol = _T1
            return
        is_header = frame.sender == "reader" and len(frame.data) == HEADER
        is_header = is_header and NO_CRC not in frame.note  # only blocks in the air have one
        if self.protocol == _RADIO and is_header and not self.on_air:
            self.protocol = _T0

    def _block(self, frame: Frame) -> Block:
        """What a frame says; a block whose check sum is wrong is `_DAMAGED`."""
        data = frame.data
        if self.protocol == _RADIO:
            has_crc = NO_CRC not in frame.note
            block = radio_block(data, has_crc)
            fits = not has_crc or radio_crc_fits(data)
        else:
            block = contact_block(data)
            fits = is_t1(data)
        if block.kind and not fits:
            return _DAMAGED
        return block

    def _is_repeated(self, frame: Frame, block: Block) -> bool:
        """Whether this repeats the last block of its sender.

        After a gap in a chain nobody can tell.
        """
        if frame.sender not in self.last:
            return False
        if frame.sender == "reader" and "card" in self.last:
            return False
        last_block, last_information = self.last[frame.sender]
        if self.gap and last_block.more:
            return False
        information = frame.data[block.start : block.stop]
        return last_block.number == block.number and last_information == information

    def _take_information(self, frame: Frame, block: Block) -> Iterator[Pair | Item]:
        """Add a block that carries a part of an APDU."""
        sender = frame.sender
        last = self.last.get(sender)
        if last and last[0].more:
            if last[0].number == block.number:
                self.errors[sender] = "a block is missing"
        elif last or sender == "reader" or self._answers_another(block):
            yield from self.flush()
        self._add(frame, block.start, block.stop)
        self.last[sender] = block, frame.data[block.start : block.stop]
        self.gap = False

    def _answers_another(self, block: Block) -> bool:
        """Whether the first block of an answer lacks the number of its command (14443-4, 7.5.3)."""
        if self.protocol != _RADIO or "reader" not in self.last:
            return False
        command, _ = self.last["reader"]
        return not command.more and command.number != block.number

    def _add(self, frame: Frame, start: int, stop: int) -> None:
        """Note the next bytes of a half, in the frame about to be added, and when they were sent."""
        if frame.sender == "reader":
            self.times["reader"] = frame.time_ns
            if self.on_air:
                self.times["reader"] = frame.end_ns
        elif not self.pieces["card"]:
            self.times["card"] = frame.time_ns
        self.size += stop - start
        if stop > start:
            self.pieces[frame.sender].append((len(self.frames), start, stop))

    def _take_bytes(self, frame: Frame) -> Iterator[Pair | Item]:
        """Add bytes of T=0 to the exchange, or begin a new one with them."""
        if frame.sender == "reader" and len(self.t0.header) == HEADER:
            may_send_data = self.t0.data_left and not self.pieces["card"] and not self.gap
            if not may_send_data:
                yield from self.flush()
        if not self.frames:
            self.gap = False
        for start, stop in self.t0.parts(frame.sender, frame.data):
            self._add(frame, start, stop)
        self.errors["card"] = self.t0.error
        self.frames.append(frame)
        if self.t0.is_complete or self._is_full():
            yield from self.flush()

    def _is_full(self) -> bool:
        return len(self.frames) >= MAX_PARTS or self.size > MAX_BYTES

    def flush(self) -> Iterator[Pair | Item]:
        """What is on the wire, as a pair.

        Native commands of an unknown protocol, and frames that carry nothing, stay frames.
        """
        frames = tuple(self.frames)
        if not frames:
            return
        for sender, (block, _) in self.last.items():
            if block.more and not self.errors[sender]:
                self.errors[sender] = "its last block is missing"
        command_bytes = bytes_of(frames, self.pieces["reader"])
        response_bytes = bytes_of(frames, self.pieces["card"])
        protocol = self._native_protocol(command_bytes, response_bytes)
        if protocol:
            self.native = True
            yield self._native_pair(protocol, command_bytes, response_bytes)
            self._clear()
            return
        has_command = bool(command_bytes) or "reader" in self.last
        has_response = bool(response_bytes) or "card" in self.last
        response = None
        if has_response:
            response = self._response(response_bytes)
        is_native = has_command and response is not None and self._is_native(response)
        if is_native:
            self.native = True
        is_short = has_command and len(command_bytes) < 4
        if is_native or is_short or not (has_command or has_response):
            yield from _natives(frames, command_bytes, response_bytes)
        else:
            command = None
            if has_command:
                command = self._command(command_bytes)
            yield Pair(command, response, frames, self.times["reader"], self.times["card"])
        self._clear()

    def _native_protocol(self, command: bytes, answer: bytes) -> Protocol | None:
        """Whose native command this is; None for APDUs, and where nothing shows it."""
        if self.protocol != _RADIO or self.errors["card"] or self.errors["reader"]:
            return None
        # An APDU has a header of four bytes and is answered with two at least (ISO/IEC 7816-3, 12.1).
        if not (self.native or len(command) < 4 or len(answer) == 1):
            return None
        return native_protocol(command, answer)

    def _native_pair(self, protocol: Protocol, command: bytes, answer: bytes) -> Pair:
        return Pair(
            native_command(protocol, command, tuple(self.pieces["reader"])),
            native_response(protocol, answer, tuple(self.pieces["card"])),
            tuple(self.frames),
            self.times["reader"],
            self.times["card"],
        )

    def _is_native(self, response: Response) -> bool:
        """Whether an answer is that of a native command: one byte, or no status word after such."""
        if self.protocol != _RADIO or self.errors["card"]:
            return False
        return len(response.raw) == 1 or (self.native and response.sw is None)

    def _command(self, data: bytes) -> Command:
        command = parse_command(data, tuple(self.pieces["reader"]))
        if self.errors["reader"]:
            return replace(command, error=self.errors["reader"])
        return command

    def _response(self, data: bytes) -> Response:
        response = parse_response(data, tuple(self.pieces["card"]))
        if self.errors["card"]:
            return replace(response, error=self.errors["card"])
        return response


def _wrong_check(frame: Frame) -> Problem:
    detail = "the check sum of this block does not fit"
    raw = frame.data[:256]
    return Problem(WRONG_CHECK, detail, frame.unit, frame.start, frame.stop, raw)


def bytes_of(frames: Sequence[Frame], pieces: Iterable[Piece]) -> bytes:
    """What these pieces hold, one after the other."""
    return b"".join(frames[at].data[start:stop] for at, start, stop in pieces)


def _natives(frames: tuple[Frame, ...], command: bytes, answer: bytes) -> Iterator[Frame]:
    """Commands that are no APDU and of no protocol that is known.

    A command is named by its first byte, an answer by its status byte.
    """
    names: dict[Sender, str] = {}
    if command:
        names["reader"] = f"command {command[0]:02X}"
    if answer:
        names["card"] = f"answer, status {answer[0]:02X}"
    for frame in frames:
        if frame.sender not in names or NATIVE in frame.note:
            yield frame
            continue
        note = f"{frame.note}; {NATIVE} {names[frame.sender]}"
        yield replace(frame, note=note.lstrip("; "))
