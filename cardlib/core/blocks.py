# SPDX-License-Identifier: MIT
"""Blocks to command-response pairs: ISO/IEC 14443-4 and T=1, with chaining, repetition and waiting, and T=0 bytes.

A frame of kind block is a piece on the wire below the APDU, as it was sent. On a contact card the ATR, or the PPS,
tells the protocol. Pieces that are S- or R-blocks, repetitions and procedure bytes stay in the frames of the pair.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import reduce
from operator import xor

from .apdu import parse_command, parse_response
from .atr import parse_atr
from .model import Command, Frame, Piece, Problem, Response, Sender, Session, record

Item = Frame | Session | Problem

MAX_PARTS = 4096
MAX_BYTES = 1 << 20
NO_CRC = "CRC left out"  # in the note of a block whose last two bytes are data
WRONG_CHECK = "wrong check sum"
NATIVE = "native"  # in the note of a block that belongs to no APDU
CRC_A, CRC_B = (
    (0xC6C6, 0),
    (0xFFFF, 0x1D0F),
)  # registers before and after, bits turned round (14443-3, annex B)
_DESELECT = (0xC2, 0xCA)
MIRROR = bytes(
    int(f"{byte:08b}"[::-1], 2) for byte in range(256)
)  # each byte with its bits in the other order


@record
class Pair:
    """A command and its answer with the frames they came in; `pieces` of the halves count through `frames`."""

    command: Command | None
    response: Response | None
    frames: tuple[Frame, ...]
    start_ns: int | None = None
    end_ns: int | None = None


@record
class Block:
    """What the protocol bytes of a block say; `start:stop` is its information field."""

    kind: str  # "I", "R", "S", "deselect", or "" where it is none
    more: bool
    number: int
    start: int
    stop: int


def radio_block(data: bytes, crc: bool = True) -> Block:
    """A block of ISO/IEC 14443-4, 7.1: PCB, CID and NAD where the PCB says so, information, CRC."""
    pcb, stop = data[0] if data else 0, len(data) - 2 * crc
    start = 1 + (pcb >> 3 & 1) + (pcb >> 2 & 1 if pcb < 0x40 else 0)
    kind = ""
    if pcb & 0xE2 == 0x02:
        kind = "I"
    elif pcb & 0xE6 == 0xA2 and start == stop:
        kind = "R"
    elif pcb in (*_DESELECT, 0xF2, 0xFA) and stop - start < 2:
        kind = "deselect" if pcb in _DESELECT else "S"
    return Block(kind if 0 < start <= stop else "", bool(pcb & 0x10), pcb & 1, start, stop)


def contact_block(data: bytes) -> Block:
    """A block of T=1: node address, PCB, length, information, check (ISO/IEC 7816-3, 11.3)."""
    if len(data) < 4 or not 3 + data[2] < len(data) <= 5 + data[2]:
        return Block("", False, 0, 0, 0)
    pcb = data[1]
    return Block("IIRS"[pcb >> 6], bool(pcb & 0x20), pcb >> 6 & 1, 3, 3 + data[2])


def is_t1(data: bytes) -> bool:
    """Whether this is a block of T=1 by its length and its check."""
    stop = contact_block(data).stop
    return stop > 0 and data[stop:] in t1_checks(data[:stop])


def t1_checks(data: bytes) -> tuple[bytes, bytes, bytes]:
    """What may stand behind a T=1 block: LRC, CRC as drivers send it, complemented or not (ISO/IEC 7816-3, 11.3.4)."""
    crc = int(f"{crc_hqx(data.translate(MIRROR), 0xFFFF):016b}"[::-1], 2)
    return bytes((reduce(xor, data),)), crc.to_bytes(2, "big"), (crc ^ 0xFFFF).to_bytes(2, "little")


def joined(items: Iterable[Item]) -> Iterator[Pair | Item]:
    """Turn blocks into pairs; everything else passes in its place.

    A piece that is missing is an `error` of the half that it is missing from: its data are not to be believed.
    """
    wire = _Wire()
    for item in items:
        if item.__class__ is Frame and item.kind == "block" and item.sender in ("reader", "card"):
            yield from wire.take(item)
            continue
        if item.__class__ is Problem:
            wire.gap = wire.gap or item.gap
        elif item.__class__ is Frame and item.kind == "rf" and wire.waits():
            wire.frames.append(item)  # a damaged block, or the reader's attempt at something else
            continue
        else:
            if wire.frames:
                yield from wire.flush()
            if item.__class__ is Session or item.kind in ("atr", "ats", "pps"):  # type: ignore[union-attr]
                wire.learn(item)  # type: ignore[arg-type]
        yield item
    yield from wire.flush()


class _Wire:
    """The exchange that is on the wire, and what is known about the protocol."""

    def __init__(self) -> None:
        self.protocol, self.on_air, self.native = -1, False, False  # -1: ISO/IEC 14443-4
        self.is_told, self.lane, self.lanes = False, "", dict[str, tuple[int, bool]]()
        self._clear()

    def _clear(self) -> None:
        self.frames: list[Frame] = []
        self.pieces: dict[Sender, list[Piece]] = {"reader": [], "card": []}
        self.errors: dict[Sender, str] = {"reader": "", "card": ""}
        self.last: dict[Sender, tuple[Block, bytes]] = {}
        self.times: dict[Sender, int | None] = {"reader": None, "card": None}
        self.gap, self.size, self.owes = False, 0, 2  # of a status word two bytes
        self.header, self.moved, self.left = (
            b"",
            0,
            0,
        )  # T=0: the header so far, data bytes that went and that may go

    def learn(self, item: Session | Frame) -> None:
        """Which protocol the frames that follow use."""
        self.native = False
        if isinstance(item, Session):
            if len(self.lanes) < MAX_PARTS:
                self.lanes[self.lane] = self.protocol, self.is_told
            self.lane = dict(item.meta).get("lane", "")
            self.protocol, self.is_told = (
                self.lanes.get(self.lane, (-1, False)) if self.lane else (-1, False)
            )
            self.on_air, self.is_told = (
                item.clock == "rf",
                self.is_told or item.interface == "contactless",
            )
            self.protocol = (
                1 if item.interface == "contact" and self.protocol < 0 else self.protocol
            )
        elif item.kind == "ats":
            self.protocol, self.is_told = -1, True
        elif item.kind == "atr":
            self.protocol = parse_atr(item.data).protocols[0]
        elif item.sender == "card" and item.data[:1] == b"\xff" and len(item.data) > 1:
            self.protocol = item.data[1] & 15

    def waits(self) -> bool:
        """Whether the answer, or the rest of one, is still to come."""
        return 0 < len(self.frames) < MAX_PARTS and (
            "card" not in self.last or self.last["card"][0].more
        )

    def take(self, frame: Frame) -> Iterator[Pair | Item]:
        """Add a frame to the exchange, or begin a new one with it."""
        new = self.protocol < 1 and not self.is_told and not self.frames
        t0 = (
            new
            and self.protocol < 0
            and not self.on_air
            and (frame.sender, len(frame.data)) == ("reader", 5)
        )
        self.protocol = (
            1 if new and is_t1(frame.data) else 0 if t0 else self.protocol
        )  # the PPS or ATR is not there
        if self.protocol == 0:
            yield from self._bytes(frame)
            return
        block, problem = self._block(frame)
        if problem:
            yield problem
            self.gap = True
        inf, last = frame.data[block.start : block.stop], self.last.get(frame.sender)
        if block.kind == "I":
            if not self._is_again(frame.sender, block, inf):
                if not (last and last[0].more):
                    is_new = last or frame.sender == "reader" or self._is_of_another(block)
                    yield from self.flush() if is_new else ()
                elif last[0].number == block.number:
                    self.errors[frame.sender] = "a block is missing"
                self._add(frame, block.start, block.stop)
                self.last[frame.sender] = block, inf
                self.gap = False
        elif block.kind != "R" and block.kind != "S":
            yield from self.flush()
        if block.kind == "I" or self.frames:
            self.frames.append(frame)
        else:
            yield frame
        if len(self.frames) >= MAX_PARTS or self.size > MAX_BYTES:
            self.errors[frame.sender] = f"still not complete after {len(self.frames)} blocks"
            yield from self.flush()

    def _block(self, frame: Frame) -> tuple[Block, Problem | None]:
        """What a frame says; one whose check sum is wrong stays on the wire and is joined to nothing."""
        data, has_crc = frame.data, NO_CRC not in frame.note
        if self.protocol < 1:
            block, mirrored = radio_block(data, has_crc), data.translate(MIRROR)
            fits = not has_crc or any(
                crc_hqx(mirrored, first) == last for first, last in (CRC_A, CRC_B)
            )
        else:
            block, fits = contact_block(data), is_t1(data)
        if not block.kind or fits:
            return block, None
        detail = "the check sum of this block does not fit"
        return Block("S", False, 0, 0, 0), Problem(
            WRONG_CHECK, detail, frame.unit, frame.start, frame.stop, data[:256]
        )

    def _is_again(self, sender: Sender, block: Block, inf: bytes) -> bool:
        """Whether this repeats the last block of its sender; after a gap in a chain nobody can tell."""
        last = self.last.get(sender)
        if (
            last is None
            or (sender == "reader" and "card" in self.last)
            or (self.gap and last[0].more)
        ):
            return False
        return (last[0].number, last[1]) == (block.number, inf)

    def _is_of_another(self, block: Block) -> bool:
        """Whether the first block of an answer has not the number of its command (ISO/IEC 14443-4, 7.5.3)."""
        asked = self.last.get("reader") if self.protocol < 0 else None
        return bool(asked and not asked[0].more and asked[0].number != block.number)

    def _add(self, frame: Frame, start: int, stop: int) -> None:
        """Note bytes of the frame that is about to be added as the next part of its half, and when they were sent."""
        if frame.sender == "reader":
            self.times["reader"] = frame.end_ns if self.on_air else frame.time_ns
        elif not self.pieces["card"]:
            self.times["card"] = frame.time_ns
        self.size += stop - start
        if stop > start:
            self.pieces[frame.sender].append((len(self.frames), start, stop))

    def _bytes(self, frame: Frame) -> Iterator[Pair | Item]:
        """T=0: header, procedure bytes, data either way, status word (ISO/IEC 7816-3, 10.3)."""
        if (
            frame.sender == "reader"
            and len(self.header) == 5
            and (self.gap or not self.left or self.pieces["card"])
        ):
            yield from self.flush()
        self.gap = self.gap and bool(self.frames)
        at, size = 0, len(frame.data)
        while at < size:
            start, missing = at, 5 - len(self.header)
            if frame.sender != "card" and missing:
                self.header += frame.data[at : at + missing]
                at = min(at + missing, size)
            elif frame.sender != "card" or self.left:
                at = min(at + self.left, size) if frame.sender == "card" else size
                self.left, self.moved = max(self.left - (at - start), 0), self.moved + at - start
            else:
                at += 1
                if not self._procedure(frame.data[start]):
                    continue
            self._add(frame, start, at)
        self.frames.append(frame)
        if self.owes == 0 or len(self.frames) >= MAX_PARTS or self.size > MAX_BYTES:
            yield from self.flush()

    def _procedure(self, byte: int) -> bool:
        """Act on a byte of the card between data; whether it is part of the answer."""
        ins, p3 = (self.header[1], self.header[4]) if len(self.header) == 5 else (0, 0)
        if self.owes == 1 or byte >> 4 == 9 or (byte >> 4 == 6 and byte != 0x60):
            self.owes -= 1
            return True
        if byte in (ins, ins ^ 0xFF):
            self.left = max((p3 or 256) - self.moved, 0) if byte == ins else 1
        elif byte != 0x60:
            self.errors["card"] = f"{byte:02X} is no procedure byte"
        return False

    def flush(self) -> Iterator[Pair | Item]:
        """What is on the wire, as a pair; native commands and what carries nothing stay frames."""
        frames, errors = tuple(self.frames), self.errors
        if not frames:
            return
        for sender, (block, _) in self.last.items():
            if block.more and not errors[sender]:
                errors[sender] = "its last block is missing"
        asked, answered = (bytes_of(frames, self.pieces[sender]) for sender in ("reader", "card"))
        has_command, has_answer = (
            bool(asked or "reader" in self.last),
            bool(answered or "card" in self.last),
        )
        response = parse_response(answered, tuple(self.pieces["card"])) if has_answer else None
        one = has_answer and (
            len(answered) == 1 or (self.native and response and response.sw is None)
        )
        native = has_command and bool(one) and self.protocol < 0 and not errors["card"]
        self.native = self.native or native
        if native or (has_command and len(asked) < 4) or not (has_command or has_answer):
            yield from _natives(frames, asked, answered)
        else:
            command = parse_command(asked, tuple(self.pieces["reader"])) if has_command else None
            command = (
                replace(command, error=errors["reader"])
                if command and errors["reader"]
                else command
            )
            response = (
                replace(response, error=errors["card"]) if response and errors["card"] else response
            )
            yield Pair(command, response, frames, self.times["reader"], self.times["card"])
        self._clear()


def bytes_of(frames: Sequence[Frame], pieces: Iterable[Piece]) -> bytes:
    """What these pieces hold, one after the other."""
    return b"".join(frames[at].data[start:stop] for at, start, stop in pieces)


def _natives(frames: tuple[Frame, ...], asked: bytes, answered: bytes) -> Iterator[Frame]:
    """Commands that are no APDU (DESFire, MIFARE Plus): named by their first byte, the answer by its status byte."""
    words = {"reader": f"command {asked[0]:02X}" if asked else ""}
    words["card"] = f"answer, status {answered[0]:02X}" if answered else ""
    for frame in frames:
        said = words.get(frame.sender) if NATIVE not in frame.note else ""
        yield replace(frame, note=f"{frame.note}; {NATIVE} {said}".lstrip("; ")) if said else frame
