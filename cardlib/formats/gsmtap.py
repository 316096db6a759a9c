# SPDX-License-Identifier: MIT
"""GSMTAP-SIM: T=0 units in UDP port 4729, in pcap or pcapng, from SIMtrace2, pySim-trace and others.

Each packet is a whole unit (header, data, status word) stamped when it was complete: no response time can be derived.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from typing import BinaryIO

from ..core.model import Clock, Coverage, Frame, FrameKind, Problem, Sender, Session
from .pcap import Packet, is_pcap, packets, resolution

NAME = "GSMTAP-SIM"
CLOCK: Clock = "host"
PROVEN = True

_PORT = b"\x12\x79"  # 4729
_SIM = 4
_SIGN = b"\x02\x04\x04\0\0\0"  # how the header of a SIM packet begins
_HEADERS = struct.Struct(">12x3sxH5xB12x2sH2x3s9xB").unpack_from  # types, lengths and port of the quick way
_OFFSETS = (14, 16, 18, 20, 0, 4)  # where IP stands behind Ethernet, Linux "any", VLAN, "any" 2, nothing, loopback
_KINDS: dict[int, tuple[FrameKind, Sender]] = {
    0: ("tpdu", "both"),
    1: ("atr", "card"),
    2: ("pps", "reader"),
    3: ("pps", "card"),
    4: ("event", "reader"),
    5: ("event", "reader"),
    6: ("event", "card"),
    7: ("event", "card"),
}


def recognises(head: bytes) -> float:
    """Sure where the packet port occurs in a capture of packets; unsure of other captures of packets."""
    if not is_pcap(head):
        return 0.0
    return 0.9 if _PORT in head else 0.05


def frames(file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
    """A frame for each GSMTAP packet of type SIM, a head before each ATR; other packets are counted and skipped."""
    count, tick = itertools.count(), resolution(file)
    head = Session(0, clock=CLOCK, meta=(("resolution", tick),) if tick else ())
    due = True
    for packet in packets(file, coverage):
        if packet.__class__ is Problem:
            yield packet
            continue
        unit, start, stop, time_ns, link, data = packet  # type: ignore[misc]
        # The quick way: Ethernet, IPv4 without options, UDP, GSMTAP 2 with a header of 4 words, type SIM, an APDU.
        size = len(data)
        quick = b"\x08\0E", size - 14, 17, _PORT, size - 34, b"\2\4\4", 0
        if link == 1 and size >= 58 and _HEADERS(data) == quick and not _wrong_sum(data, 14, 34, size):
            coverage.used += stop - start
            if due:
                yield head
                due = False
            yield Frame(next(count), time_ns, "both", "tpdu", data[58:], unit, start, stop)
            continue
        for item in _frame(packet, coverage, count):  # type: ignore[arg-type]
            if isinstance(item, Frame) and (due or item.kind == "atr"):
                yield head
                due = False
            yield item


def _frame(packet: Packet, coverage: Coverage, count: Iterator[int]) -> Iterator[Frame | Problem]:
    unit, start, stop, time_ns, _, data = packet
    found = _payload(data)
    if found is None:
        coverage.skip("other packet", stop - start)
        return
    body = found if isinstance(found, bytes) else b""
    size = body[1] * 4 if len(body) >= 16 and body[0] == 2 else 0
    if not 16 <= size <= len(body):
        coverage.damaged += stop - start
        detail = "not a GSMTAP header of version 2" if isinstance(found, bytes) else found
        yield Problem("damaged packet", detail, unit, start, stop, data[:256])
        return
    if body[2] != _SIM:
        coverage.skip("GSMTAP of another type", stop - start)
        return
    kind, sender = _KINDS.get(body[12], ("event", "none"))
    note = "" if kind != "event" else f"GSMTAP SIM sub-type {body[12]}"
    coverage.used += stop - start
    yield Frame(next(count), time_ns, sender, kind, body[size:], unit, start, stop, note)
    if kind == "event":
        yield Problem("unread unit", f"{note} is kept as an event", unit, start, stop, data[:256])


def _payload(data: bytes) -> bytes | str | None:
    """What UDP port 4729 carries, or what is wrong with it; None: another packet. No link type needs to be believed."""
    found = next((body for body in (_udp(data, at) for at in _OFFSETS) if body is not None), None)
    if found is None and any(_SIGN in (data[at + 28 : at + 34], data[at + 48 : at + 54]) for at in _OFFSETS):
        return "GSMTAP stands where it would in UDP, but this is no packet to its port"
    return found


def _udp(data: bytes, at: int) -> bytes | str | None:
    version = data[at] >> 4 if len(data) > at else 0
    if version == 4:
        size, protocol, length = (data[at] & 15) * 4, data[at + 9 : at + 10], data[at + 2 : at + 4]
    elif version == 6:
        size, protocol, length = 40, data[at + 6 : at + 7], data[at + 4 : at + 6]
    else:
        return None
    udp = at + size
    if size < 20 or protocol != b"\x11" or _PORT not in (data[udp : udp + 2], data[udp + 2 : udp + 4]):
        return None
    stop = (udp if version == 6 else at) + int.from_bytes(length, "big")
    if not udp + 8 <= stop <= len(data) or int.from_bytes(data[udp + 4 : udp + 6], "big") != stop - udp:
        return "the lengths in its headers do not agree with its size: cut off, a fragment, or damaged"
    return _wrong_sum(data, at, udp, stop) or data[udp + 8 : stop]


def _wrong_sum(data: bytes, at: int, udp: int, stop: int) -> str:
    """Which check sum is wrong, if one is (RFC 791, 768; a sum of 16-bit words is the number modulo 65535).

    A sum of 0 was not computed. A network card was to finish one that covers addresses, protocol and length alone.
    """
    four = data[at] >> 4 == 4
    if four and int.from_bytes(data[at:udp], "big") % 65535 and data[at + 10 : at + 12] != b"\0\0":
        return "the check sum of its IP header is wrong"
    field, size = data[udp + 6] << 8 | data[udp + 7], stop - udp
    if field:
        addresses = data[at + 12 : at + 20] if four else data[at + 8 : at + 40]
        words = int.from_bytes(addresses + data[udp:stop], "big") << 8 * (size & 1)
        if (words + 17 + size) % 65535 and field != (int.from_bytes(addresses, "big") + 17 + size) % 65535:
            return "the check sum of its UDP packet is wrong"
    return ""
