# SPDX-License-Identifier: MIT
"""USB CCID in pcap or pcapng: what goes between a computer and a card reader.

A reader works with APDUs, with T=0 units or with T=1 blocks. A block is recognised by its length
and its check byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from itertools import count
from operator import xor
from typing import BinaryIO

from ..core.blocks import is_t1
from ..core.model import Clock, Coverage, Frame, FrameKind, Problem, Sender, Session
from .pcap import Packet, first_packets, packets, resolution
from .threads import Lanes
from .usb_transfer import LINKS, Transfer, transfer_of

NAME = "USB CCID"
CLOCK: Clock = "host"
PROVEN = False

# Message types (CCID 1.1, 6.1 and 6.2).
_POWER_ON, _TRANSFER, _DATA = 0x62, 0x6F, 0x80
_OTHER_MESSAGES = {
    0x61: "SetParameters",
    0x63: "IccPowerOff",
    0x65: "GetSlotStatus",
    0x69: "Secure",
    0x6A: "T0APDU",
    0x6B: "Escape",
    0x6C: "GetParameters",
    0x6D: "ResetParameters",
    0x6E: "IccClock",
    0x71: "Mechanical",
    0x72: "Abort",
    0x73: "SetDataRate",
    0x81: "SlotStatus",
    0x82: "Parameters",
    0x83: "Escape",
    0x84: "DataRate",
}
_MESSAGES = frozenset((_POWER_ON, _TRANSFER, _DATA, *_OTHER_MESSAGES))

_HEADER = 10
_MAX_MESSAGE = 65_544 + _HEADER  # an extended APDU with the header
_MAX_READERS = 64

# wLevelParameter of a command, bChainParameter of an answer (CCID 1.1, 6.1.4 and 6.2.1).
_MORE_FOLLOWS = (1, 3)
_ASKS_FOR_MORE = 0x10

_TIME_EXTENSION = 2  # bmCommandStatus; 1: the command failed


def recognises(head: bytes) -> float:
    """Sure where messages of readers go over USB; unsure of other captures of USB."""
    transfers = [item for item in map(_transfer, first_packets(head)) if isinstance(item, Transfer)]
    if any(_missing(transfer.frame.data) >= 0 for transfer in transfers):
        return 0.95
    if transfers:
        return 0.1
    return 0.0


def frames(file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
    """ATRs and halves of exchanges; each command stands directly before its answer."""
    bus = _Bus(coverage, resolution(file))
    for packet in packets(file, coverage):
        if isinstance(packet, Problem):
            yield packet
            continue
        unit, start, stop, _, _, data = packet
        transfer = _transfer(packet)
        if isinstance(transfer, Transfer):
            yield from bus.take(transfer, stop - start)
        elif transfer:
            coverage.damaged += stop - start
            yield Problem("damaged packet", transfer, unit, start, stop, data[:256])
        else:
            coverage.skip("other USB", stop - start)
    yield from bus.end()


def _transfer(packet: Packet) -> Transfer | str:
    """The bytes of a bulk transfer, else what is wrong with the packet; empty if nothing is."""
    link = packet[4]
    if link in LINKS:
        return transfer_of(packet, link)
    # Where the header of the file is damaged, the link type shows in the messages.
    for guess in LINKS:
        transfer = transfer_of(packet, guess)
        if isinstance(transfer, Transfer) and _missing(transfer.frame.data) >= 0:
            return transfer
    return ""


def message_body(data: bytes) -> bytes:
    """What stands behind the header of a message; ValueError: its length does not fit."""
    body = data[_HEADER:]
    declared_size = int.from_bytes(data[1:5], "little")
    if len(data) < _HEADER or declared_size != len(body):
        raise ValueError("the length in this CCID message does not fit")
    return body


def _missing(data: bytes) -> int:
    """How many bytes of a message are still to come; below 0 where this is no message."""
    if len(data) < _HEADER or data[0] not in _MESSAGES:
        return -1
    size = _HEADER + int.from_bytes(data[1:5], "little")
    if size > _MAX_MESSAGE:
        return -1
    return size - len(data)


class _Bus:
    """The devices that speak CCID, their unfinished messages, and commands without an answer yet."""

    def __init__(self, coverage: Coverage, resolution: str) -> None:
        self.coverage = coverage
        self.index = count()
        self.lanes = Lanes(CLOCK, resolution)
        self.readers: set[str] = set()
        # Messages of which some transfers are here, by device and sender.
        self.partial_messages: dict[tuple[str, Sender], Frame] = {}
        # APDUs of which some messages are here, by lane and sender.
        self.partial_apdus: dict[tuple[str, Sender], Frame] = {}
        # Commands that wait for their answer, by lane; None: the power was switched on.
        self.pending: dict[str, Frame | None] = {}

    def take(self, transfer: Transfer, size: int) -> Iterator[Frame | Session | Problem]:
        """One transfer of `size` bytes in the file: a message, a part of one, or another device's."""
        device, frame = transfer.device, transfer.frame
        key = device, frame.sender
        part = self.partial_messages.pop(key, None)
        if part and _missing(frame.data) == 0:
            yield _cut_off(part)
        elif part:
            frame = _append(part, frame)
        missing = _missing(frame.data)
        is_full = len(self.readers) >= _MAX_READERS
        if device not in self.readers and (missing < 0 or is_full):
            self.coverage.skip("other USB", size)
            return
        if missing < 0:
            self.coverage.damaged += size
            yield _problem(frame, "damaged message", "not a message of CCID")
            return
        self.readers.add(device)
        if missing:
            self.coverage.used += size
            self.partial_messages[key] = frame
            return
        slot = frame.data[5]
        yield from self._message(f"{device} slot {slot}", frame, size)

    def _message(self, lane: str, frame: Frame, size: int) -> Iterator[Frame | Session | Problem]:
        """A complete message."""
        data = frame.data
        kind = data[0]
        status = 0
        if kind == _DATA:
            status = data[7] >> 6
        if kind in _OTHER_MESSAGES:
            self.coverage.skip(_OTHER_MESSAGES[kind], size)
        elif status == _TIME_EXTENSION:
            self.coverage.skip("time extension", size)
        elif status:
            self.coverage.used += size
            yield from self._release(lane)
            yield _problem(frame, "reader error", f"error {data[8]:02X} of the reader", gap=False)
        else:
            self.coverage.used += size
            yield from self._content(lane, kind, frame)

    def _content(self, lane: str, kind: int, frame: Frame) -> Iterator[Frame | Session | Problem]:
        """What a message carries: power, a half of an exchange, or a part of one."""
        chaining = _chain_parameter(frame.data)
        if chaining != _ASKS_FOR_MORE:
            yield from self._drop_partial(lane, _other(frame.sender))
        if kind == _POWER_ON:
            yield from self._release(lane)
            self.pending[lane] = None
            return
        key = lane, frame.sender
        body = replace(frame, data=frame.data[_HEADER:])
        part = self.partial_apdus.get(key)
        if part:
            body = _append(part, body)
        if chaining == _ASKS_FOR_MORE or chaining in _MORE_FOLLOWS:
            self.partial_apdus[key] = body
            return
        self.partial_apdus.pop(key, None)
        if kind == _TRANSFER:
            yield from self._release(lane)
            self.pending[lane] = replace(body, kind=kind_of(body.data))
        else:
            yield from self._answer(lane, body)

    def _drop_partial(self, lane: str, sender: Sender) -> Iterator[Problem]:
        """What a side sent in part has no end."""
        part = self.partial_apdus.pop((lane, sender), None)
        if part and part.data:
            yield _cut_off(part)

    def _answer(self, lane: str, frame: Frame) -> Iterator[Frame | Session]:
        """An answer, with the command that waited for it before it."""
        kind = kind_of(frame.data)
        if lane in self.pending:
            command = self.pending[lane]
            if command is None:
                kind = "atr"
            elif command.kind == "apdu":
                kind = "apdu"
        yield from self._release(lane)
        yield from self._emit(lane, replace(frame, kind=kind))

    def _release(self, lane: str) -> Iterator[Frame | Session]:
        """The command that waits at a slot, if one does."""
        command = self.pending.pop(lane, None)
        if command:
            yield from self._emit(lane, command)

    def _emit(self, lane: str, frame: Frame) -> Iterator[Frame | Session]:
        yield from self.lanes.go(lane)
        yield replace(frame, index=next(self.index))

    def end(self) -> Iterator[Frame | Session | Problem]:
        """Commands without an answer when the capture ends, and messages without an end."""
        for lane in list(self.pending):
            yield from self._release(lane)
        for part in self.partial_messages.values():
            yield _cut_off(part)
        for part in self.partial_apdus.values():
            if part.data:
                yield _cut_off(part)


def _chain_parameter(data: bytes) -> int:
    """Whether more of an APDU follows a message, or is asked for."""
    if data[0] == _DATA:
        return data[9]
    if data[0] == _TRANSFER:
        return int.from_bytes(data[8:10], "little")
    return 0


def _other(sender: Sender) -> Sender:
    if sender == "reader":
        return "card"
    return "reader"


def _append(part: Frame, rest: Frame) -> Frame:
    """A part with what follows it; it stands from where the part begins."""
    data = part.data[:_MAX_MESSAGE] + rest.data
    return replace(rest, data=data, start=part.start)


def _cut_off(part: Frame) -> Problem:
    return _problem(part, "damaged message", "its end is missing")


def _problem(frame: Frame, kind: str, detail: str, gap: bool = True) -> Problem:
    return Problem(kind, detail, frame.unit, frame.start, frame.stop, frame.data[:256], gap)


def kind_of(data: bytes) -> FrameKind:
    """A PPS or a block of T=1, by its length and check byte; anything else is a command or an answer."""
    if data[:1] == b"\xff" and 3 <= len(data) <= 6 and not reduce(xor, data):
        return "pps"
    if is_t1(data):
        return "block"
    return "apdu"
