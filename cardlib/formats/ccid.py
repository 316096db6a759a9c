# SPDX-License-Identifier: MIT
"""USB CCID in pcap or pcapng: what goes between a computer and a card reader, by usbmon (189, 220) or USBPcap (249).

A reader works with APDUs, with T=0 units or with T=1 blocks; a block is told by its length and its check byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from itertools import count
from operator import xor
from typing import BinaryIO

from ..core.blocks import is_t1
from ..core.model import Clock, Coverage, Frame, FrameKind, Problem, Sender, Session, record
from .pcap import Packet, first_packets, packets, resolution
from .threads import Lanes

NAME = "USB CCID"
CLOCK: Clock = "host"
PROVEN = False

_USBMON = {189: 48, 220: 64}  # link type and size of the header
_USBPCAP = 249
_BULK = 3
_POWER_ON, _TRANSFER, _DATA = 0x62, 0x6F, 0x80
_NAMES = (
    "SetParameters IccPowerOff GetSlotStatus Secure Mechanical Escape GetParameters ResetParameters IccClock T0APDU"
)
_NAMES += " Abort SetDataRate SlotStatus Parameters Escape DataRate"
_OTHERS = dict(zip(bytes.fromhex("616365696A6B6C6D6E71727381828384"), _NAMES.split(), strict=True))
_TYPES = frozenset((_POWER_ON, _TRANSFER, _DATA, *_OTHERS))
_MAX = 65_544 + 10  # the longest message of a reader: an extended APDU with its header
_MAX_READERS = 64
_MORE = (1, 3)  # of a level or chain parameter: more follows
_ASKS = 0x10  # of the same: the other side is to go on


@record
class Transfer:
    """Bytes that one bulk transfer carried, or that several did: to or from which device, and where they stand."""

    device: str
    frame: Frame


def recognises(head: bytes) -> float:
    """Sure where messages of readers go over USB; unsure of other captures of USB."""
    found = [one for one in map(_transfer, first_packets(head)) if isinstance(one, Transfer)]
    return 0.95 if any(_missing(one.frame.data) >= 0 for one in found) else 0.1 if found else 0.0


def frames(file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
    """ATRs and halves of exchanges; each command directly before its answer, whichever reader it went through."""
    bus = _Bus(coverage, resolution(file))
    for packet in packets(file, coverage):
        if isinstance(packet, Problem):
            yield packet
            continue
        unit, start, stop, _, _, data = packet
        found = _transfer(packet)
        if isinstance(found, Transfer):
            yield from bus.take(found, stop - start)
        elif found:
            coverage.damaged += stop - start
            yield Problem("damaged packet", found, unit, start, stop, data[:256])
        else:
            coverage.skip("other USB", stop - start)
    yield from bus.end()


def _transfer(packet: Packet) -> Transfer | str:
    """The bytes of a bulk transfer, or what is wrong with the packet; empty if it is no bulk transfer with bytes."""
    unit, start, stop, time_ns, link, data = packet
    if link not in (*_USBMON, _USBPCAP):  # where the header of the file is damaged, the messages tell
        guesses = (_transfer((*packet[:4], one, data)) for one in (*_USBMON, _USBPCAP))
        return next((one for one in guesses if isinstance(one, Transfer) and _missing(one.frame.data) >= 0), "")
    head, size = _USBMON.get(link, 0), len(data)
    if head and size >= head:
        bulk, endpoint = data[9] == _BULK, data[10]
        device = f"bus {int.from_bytes(data[12:14], 'little')} device {data[11]}"
        bulk = bulk and data[8:9] == (b"C" if endpoint & 0x80 else b"S")
        length = int.from_bytes(data[36:40], "little")
    elif link == _USBPCAP and size >= 27:
        head, bulk, endpoint = int.from_bytes(data[:2], "little"), data[22] == _BULK, data[21]
        device = f"bus {int.from_bytes(data[17:19], 'little')} device {int.from_bytes(data[19:21], 'little')}"
        length = int.from_bytes(data[23:27], "little")
    else:
        return "shorter than the header of its link type" if head or link == _USBPCAP else ""
    if not bulk or not length:
        return ""
    if head + length != size or head < 27:
        return f"the lengths say {head} and {length} bytes, {size} are here"
    sender: Sender = "card" if endpoint & 0x80 else "reader"
    return Transfer(device, Frame(0, time_ns, sender, "apdu", data[head:], unit, start, stop))


def _missing(data: bytes) -> int:
    """How many bytes of a message are still to come; below 0 where this is none."""
    size = 10 + int.from_bytes(data[1:5], "little")
    return size - len(data) if len(data) >= 10 and data[0] in _TYPES and size <= _MAX else -1


def _longer(before: Frame | None, more: Frame) -> Frame:
    """What came in part with more of it: it stands from where the first part begins."""
    return replace(more, data=before.data[:_MAX] + more.data, start=before.start) if before else more


def _cut_off(part: Frame) -> Problem:
    return Problem("damaged message", "its end is missing", part.unit, part.start, part.stop, part.data[:256])


class _Bus:
    """The devices that speak CCID, what came in part, and the commands that wait for their answers."""

    def __init__(self, coverage: Coverage, resolution: str) -> None:
        self.coverage, self.index, self.lanes = coverage, count(), Lanes(CLOCK, resolution)
        self.readers: set[str] = set()
        self.parts: dict[tuple[str, Sender], Frame] = {}  # messages that take several transfers
        self.long: dict[tuple[str, str], Frame] = {}  # APDUs that take several messages
        self.asked: dict[str, Frame | None] = {}  # by reader and slot; None: its power was switched on

    def take(self, got: Transfer, size: int) -> Iterator[Frame | Session | Problem]:
        """One transfer of `size` bytes in the file: a message, a part of one, or another device's."""
        key, frame = (got.device, got.frame.sender), got.frame
        before = self.parts.pop(key, None)
        if before and _missing(frame.data) == 0:  # a whole message: what came in part has no end
            yield _cut_off(before)
        elif before:
            frame = _longer(before, frame)
        missing = _missing(frame.data)
        if missing < 0 or (len(self.readers) >= _MAX_READERS and got.device not in self.readers):
            if got.device not in self.readers:
                self.coverage.skip("other USB", size)
                return
            self.coverage.damaged += size
            place = frame.unit, frame.start, frame.stop
            yield Problem("damaged message", "not a message of CCID", *place, frame.data[:256])
            return
        self.readers.add(got.device)
        if missing:
            self.coverage.used += size
            self.parts[key] = frame
            return
        yield from self._message(f"{got.device} slot {frame.data[5]}", frame, size)

    def _message(self, lane: str, frame: Frame, size: int) -> Iterator[Frame | Session | Problem]:
        data, key = frame.data, (lane, frame.sender)
        kind, body = data[0], replace(frame, data=data[10:])
        if kind not in (_POWER_ON, _TRANSFER, _DATA) or (kind == _DATA and data[7] >> 6 == 2):
            self.coverage.skip(_OTHERS.get(kind, "time extension"), size)
            return
        self.coverage.used += size
        if kind == _DATA and data[7] >> 6:
            yield from self._command(lane)
            detail = f"error {data[8]:02X} of the reader"
            yield Problem("reader error", detail, frame.unit, frame.start, frame.stop, data[:256], gap=False)
            return
        parameter = data[9] if kind == _DATA else int.from_bytes(data[8:10], "little") if kind == _TRANSFER else 0
        yield from self._half(lane, frame, parameter)
        if kind == _POWER_ON:
            yield from self._command(lane)
            self.asked[lane] = None
        elif parameter == _ASKS or parameter in _MORE:
            self.long[key] = _longer(self.long.get(key), body)
        else:
            whole = _longer(self.long.pop(key, None), body)
            if kind == _TRANSFER:
                yield from self._command(lane)
                self.asked[lane] = replace(whole, kind=kind_of(whole.data))
            else:
                yield from self._answer(lane, whole)

    def _half(self, lane: str, frame: Frame, parameter: int) -> Iterator[Problem]:
        """What the other side sent in part has no end, unless this message asks for it."""
        other = (lane, "card" if frame.sender == "reader" else "reader")
        if parameter != _ASKS and (held := self.long.pop(other, None)) and held.data:
            yield _cut_off(held)

    def _answer(self, lane: str, frame: Frame) -> Iterator[Frame | Session]:
        asked, kind = self.asked.get(lane), kind_of(frame.data)
        if lane in self.asked and (asked is None or asked.kind == "apdu"):
            kind = "apdu" if asked else "atr"
        yield from self._command(lane)
        yield from self._out(lane, replace(frame, kind=kind))

    def _command(self, lane: str) -> Iterator[Frame | Session]:
        """The command that waits at a slot, if one does."""
        asked = self.asked.pop(lane, None)
        if asked:
            yield from self._out(lane, asked)

    def _out(self, lane: str, frame: Frame) -> Iterator[Frame | Session]:
        yield from self.lanes.go(lane)
        yield replace(frame, index=next(self.index))

    def end(self) -> Iterator[Frame | Session | Problem]:
        """Commands that have no answer when the capture ends, and messages that have no end."""
        for lane in list(self.asked):
            yield from self._command(lane)
        yield from map(_cut_off, (*self.parts.values(), *(one for one in self.long.values() if one.data)))


def kind_of(data: bytes) -> FrameKind:
    """A PPS or a block of T=1, told by length and check byte; everything else is a command or an answer."""
    if data[:1] == b"\xff" and 3 <= len(data) <= 6 and not reduce(xor, data):
        return "pps"
    return "block" if is_t1(data) else "apdu"
