# SPDX-License-Identifier: MIT
"""GSMTAP-SIM: T=0 units in UDP port 4729, in pcap or pcapng, from SIMtrace2, pySim-trace and others.

Each packet is a whole unit (header, data, status word), stamped when it was complete: no response
time can be derived.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from typing import BinaryIO

from ..core.model import Clock, Coverage, Frame, FrameKind, Problem, Sender, Session
from .pcap import Packet, is_pcap, packets, resolution
from .udp import IP_PLACES, payload_of, wrong_sum

NAME = "GSMTAP-SIM"
CLOCK: Clock = "host"
PROVEN = True

_PORT = b"\x12\x79"  # 4729
_VERSION = 2
_MIN_HEADER = 16
_TYPE_SIM = 4
_HEADER_BEGINS = b"\x02\x04\x04\0\0\0"  # version, words in the header, type; no time slot, no ARFCN
_UNITS: dict[int, tuple[FrameKind, Sender]] = {  # by sub-type
    0: ("tpdu", "both"),
    1: ("atr", "card"),
    2: ("pps", "reader"),
    3: ("pps", "card"),
    4: ("event", "reader"),
    5: ("event", "reader"),
    6: ("event", "card"),
    7: ("event", "card"),
}

# The quick way: Ethernet, IPv4 without options, UDP, GSMTAP 2 with a header of 4 words, type SIM,
# an APDU. These fields are EtherType and version, IP length, protocol, port, UDP length, the
# beginning of the GSMTAP header, sub-type.
_quick_fields = struct.Struct(">12x3sxH5xB12x2sH2x3s9xB").unpack_from
_ETHERNET = 1
_IP_AT, _UDP_AT, _UNIT_AT = 14, 34, 58


def recognises(head: bytes) -> float:
    """Sure where the packet port occurs in a capture of packets; unsure of other captures of packets."""
    if not is_pcap(head):
        return 0.0
    if _PORT in head:
        return 0.9
    return 0.05


def frames(file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
    """A frame for each GSMTAP packet of type SIM, and a session before each ATR."""
    index = itertools.count()
    session = _session(resolution(file))
    is_due = True
    for packet in packets(file, coverage):
        if packet.__class__ is Problem:
            yield packet
            continue
        unit, start, stop, time_ns, link, data = packet  # type: ignore[misc]
        size = len(data)
        if (
            link == _ETHERNET
            and size >= _UNIT_AT
            and _quick_fields(data)
            == (b"\x08\0E", size - _IP_AT, 17, _PORT, size - _UDP_AT, b"\2\4\4", 0)
            and not wrong_sum(data, _IP_AT, _UDP_AT, size)
        ):
            coverage.used += stop - start
            if is_due:
                yield session
                is_due = False
            yield Frame(next(index), time_ns, "both", "tpdu", data[_UNIT_AT:], unit, start, stop)
            continue
        for item in _items(packet, coverage, index):  # type: ignore[arg-type]
            if isinstance(item, Frame) and (is_due or item.kind == "atr"):
                yield session
                is_due = False
            yield item


def _session(tick: str) -> Session:
    if not tick:
        return Session(0, clock=CLOCK)
    return Session(0, clock=CLOCK, meta=(("resolution", tick),))


def _items(packet: Packet, coverage: Coverage, index: Iterator[int]) -> Iterator[Frame | Problem]:
    """What a packet holds, whatever carries it."""
    unit, start, stop, time_ns, _, data = packet
    payload = _gsmtap(data)
    if payload is None:
        coverage.skip("other packet", stop - start)
        return
    fault = _fault_of(payload)
    if fault or isinstance(payload, str):
        coverage.damaged += stop - start
        yield Problem("damaged packet", fault, unit, start, stop, data[:256])
        return
    if payload[2] != _TYPE_SIM:
        coverage.skip("GSMTAP of another type", stop - start)
        return
    coverage.used += stop - start
    subtype = payload[12]
    kind, sender = _UNITS.get(subtype, ("event", "none"))
    content = payload[_header_size(payload) :]
    if kind != "event":
        yield Frame(next(index), time_ns, sender, kind, content, unit, start, stop)
        return
    note = f"GSMTAP SIM sub-type {subtype}"
    yield Frame(next(index), time_ns, sender, kind, content, unit, start, stop, note)
    detail = f"{note} is kept as an event"
    yield Problem("unread unit", detail, unit, start, stop, data[:256])


def _fault_of(payload: bytes | str) -> str:
    """What is wrong with a payload, empty if nothing is."""
    if isinstance(payload, str):
        return payload
    if not _MIN_HEADER <= _header_size(payload) <= len(payload):
        return "not a GSMTAP header of version 2"
    return ""


def _header_size(payload: bytes) -> int:
    """The size of a GSMTAP header; 0 if there is none."""
    if len(payload) < _MIN_HEADER or payload[0] != _VERSION:
        return 0
    return payload[1] * 4  # counted in words


def _gsmtap(data: bytes) -> bytes | str | None:
    """What UDP port 4729 carries, or what is wrong with it; None: another packet."""
    payload = payload_of(data, _PORT)
    if payload is None and _is_gsmtap_elsewhere(data):
        return "GSMTAP stands where it would in UDP, but this is no packet to its port"
    return payload


def _is_gsmtap_elsewhere(data: bytes) -> bool:
    """Whether GSMTAP begins where it would stand behind IPv4 or IPv6 and UDP."""
    for at in IP_PLACES:
        behind_ip4 = data[at + 28 : at + 34]
        behind_ip6 = data[at + 48 : at + 54]
        if _HEADER_BEGINS in (behind_ip4, behind_ip6):
            return True
    return False
