# SPDX-License-Identifier: MIT
"""ISO 14443 frames in pcap or pcapng, link type 264.

NFCGate, Flipper Zero, Proxmark3 through text2pcap, and Wireshark write it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import BinaryIO

from ..core.model import Clock, Coverage, Frame, Problem, Sender, Session
from .pcap import UNKNOWN_LINK, Packet, first_packets, packets, resolution
from .radio import Radio, crc_fits

NAME = "ISO 14443 pcap"
CLOCK: Clock = "host"
PROVEN = False

_LINKS = (264, UNKNOWN_LINK)

# The pseudo-header of a frame: version, event, length in two bytes.
_HEADER = 4
_FRAMES: dict[int, tuple[Sender, bool]] = {  # by event: sender, and whether the CRC was captured
    0xFE: ("reader", True),
    0xFF: ("card", True),
    0xFA: ("reader", False),
    0xFB: ("card", False),
}
_FIELD = {1: "field off", 2: "field on"}  # by event


def recognises(head: bytes) -> float:
    """Sure where packets have this link type, or look like it."""
    first = first_packets(head)
    fitting = sum(not _fault(packet[5]) for packet in first)
    if fitting * 2 > len(first):
        return 0.95
    return 0.0


def frames(file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
    """The frames with their names; a session where the reader starts again."""
    capture = _Capture(Radio(CLOCK, resolution(file)))
    for packet in packets(file, coverage):
        if isinstance(packet, Problem):
            yield packet
            continue
        unit, start, stop, _, link, data = packet
        fault = _fault(data)
        if not fault:
            coverage.used += stop - start
            yield from capture.take(packet)
        elif link in _LINKS:  # also where the header of the file is damaged: the packets show it
            coverage.damaged += stop - start
            yield Problem("damaged packet", fault, unit, start, stop, data[:256])
        else:
            coverage.skip("other packet", stop - start)


class _Capture:
    """The frames of one capture, and whether a CRC was seen in it."""

    def __init__(self, radio: Radio) -> None:
        self.radio = radio
        self.index = count()
        self.has_crc = False

    def take(self, packet: Packet) -> Iterator[Frame | Session | Problem]:
        """The frame in a packet with a pseudo-header that fits."""
        unit, start, stop, time_ns, _, data = packet
        event, content = data[1], data[_HEADER:]
        index = next(self.index)
        if event in _FIELD:
            self.radio.field_off()
            note = _FIELD[event]
            yield Frame(index, time_ns, "none", "event", content, unit, start, stop, note)
            return
        sender, crc = _FRAMES[event]
        # NFCGate writes blocks without a CRC where there should be one: none is expected in a
        # block until a CRC has fitted.
        if crc and not self.has_crc:
            self.has_crc = crc_fits("A", content) or crc_fits("B", content)
        if content[:1] == b"\x02" and not self.has_crc:
            crc = False
        frame = Frame(index, time_ns, sender, "rf", content, unit, start, stop)
        yield from self.radio.take(frame, crc=crc)


def _fault(data: bytes) -> str:
    """What is wrong with the pseudo-header of a frame; empty if nothing is."""
    if len(data) < _HEADER or data[0] != 0:
        return "not a pseudo-header of version 0"
    event = data[1]
    if event not in _FRAMES and event not in _FIELD:
        return f"event {event:02X} is not known"
    size = int.from_bytes(data[2:4], "big")
    here = len(data) - _HEADER
    if size != here:
        return f"the length says {size} bytes, {here} are here"
    return ""
