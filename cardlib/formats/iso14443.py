# SPDX-License-Identifier: MIT
"""ISO 14443 frames in pcap or pcapng, link type 264: NFCGate, Flipper Zero, Proxmark3 through text2pcap, Wireshark."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import BinaryIO

from ..core.model import Clock, Coverage, Frame, Problem, Sender, Session
from .pcap import Packet, first_packets, packets, resolution
from .radio import Radio, crc_fits

NAME = "ISO 14443 pcap"
CLOCK: Clock = "host"
PROVEN = False

_LINKS = (264, -1)
_EVENTS: dict[int, tuple[Sender, bool]] = {  # direction, and whether the CRC is in the capture
    0xFE: ("reader", True),
    0xFF: ("card", True),
    0xFA: ("reader", False),
    0xFB: ("card", False),
}
_FIELD = {1: "field off", 2: "field on"}


def recognises(head: bytes) -> float:
    """Sure where packets have this link type, or look like it."""
    found = first_packets(head)
    return 0.95 if found and sum(_fault(one) == "" for one in found) * 2 > len(found) else 0.0


def frames(file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
    """The frames with their names; a Session where the reader begins anew."""
    radio, index, has_crc = Radio(CLOCK, resolution(file)), count(), False
    for packet in packets(file, coverage):
        if isinstance(packet, Problem):
            yield packet
            continue
        unit, start, stop, time_ns, link, data = packet
        fault = _fault(packet)
        if fault and link not in _LINKS:  # where the header of the file is damaged, the packets tell
            coverage.skip("other packet", stop - start)
        elif fault:
            coverage.damaged += stop - start
            yield Problem("damaged packet", fault, unit, start, stop, data[:256])
        else:
            coverage.used += stop - start
            frame = Frame(next(index), time_ns, "none", "event", data[4:], unit, start, stop, _FIELD.get(data[1], ""))
            if data[1] in _FIELD:
                radio.field_off()
                yield frame
                continue
            sender, crc = _EVENTS[data[1]]
            frame = Frame(frame.index, time_ns, sender, "rf", data[4:], unit, start, stop)
            # NFCGate writes blocks without a CRC where there should be one: until a CRC fits, none is asked for.
            has_crc = has_crc or (crc and (crc_fits("A", frame.data) or crc_fits("B", frame.data)))
            yield from radio.take(frame, crc=crc and (has_crc or frame.data[:1] != b"\x02"))


def _fault(packet: Packet) -> str:
    """What is wrong with the four bytes before a frame: version 0, event, length; empty if nothing is."""
    data = packet[5]
    if len(data) < 4 or data[0]:
        return "not a pseudo-header of version 0"
    if data[1] not in _EVENTS and data[1] not in _FIELD:
        return f"event {data[1]:02X} is not known"
    size = int.from_bytes(data[2:4], "big")
    return "" if size == len(data) - 4 else f"the length says {size} bytes, {len(data) - 4} are here"
