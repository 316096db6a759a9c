# SPDX-License-Identifier: MIT
"""GSMTAP-SIM packets in pcapng: each a whole T=0 unit with the stamp of its end, or an ATR."""

from __future__ import annotations

from collections.abc import Iterable

UNIT, ATR = 0, 1  # sub-types of GSMTAP's type SIM
PACKET_BLOCK = 6
FIRST_INTERFACE = bytes(4)
LOW_HALF = 0xFFFFFFFF
GSMTAP = bytes.fromhex("020404000000000000000000")  # version 2, 4 words of header, type SIM
UDP_PORTS = bytes.fromhex("C0001279")  # from 49152 to 4729
NO_CHECKSUM = bytes(2)
UDP_HEAD, IP_HEAD = 8, 20
IP_BEGIN = bytes.fromhex("4500")  # version 4, header of 5 words
IP_END = bytes.fromhex("00004011")  # no fragments, 64 hops, UDP
LOCALHOST = bytes((127, 0, 0, 1))
ETHERNET = bytes(12) + bytes.fromhex("0800")
Packet = tuple[int, int, bytes]  # nanoseconds since 1970, sub-type, what was on the wire


def pcapng(packets: Iterable[Packet]) -> bytes:
    """A file with these packets."""
    file = SECTION + INTERFACE
    for number, (now, kind, unit) in enumerate(packets):
        packet = _packet(kind, unit, number)
        size = _little(len(packet))
        parts = (
            FIRST_INTERFACE,
            _little(now >> 32),
            _little(now & LOW_HALF),
            size,
            size,
            packet,
            bytes(-len(packet) % 4),
        )
        file += _block(PACKET_BLOCK, b"".join(parts))
    return file


def _little(value: int) -> bytes:
    """A number of 4 bytes, lowest first."""
    return value.to_bytes(4, "little")


def _short(value: int) -> bytes:
    """A number of 2 bytes, highest first."""
    return value.to_bytes(2)


def _packet(kind: int, unit: bytes, number: int) -> bytes:
    """Ethernet, IPv4, UDP to port 4729, GSMTAP version 2 of type SIM."""
    kind_word = bytes((kind, 0, 0, 0))
    payload = GSMTAP + kind_word + unit
    udp_size = UDP_HEAD + len(payload)
    size = IP_HEAD + udp_size
    begin = IP_BEGIN + _short(size) + _short(number) + IP_END
    addresses = LOCALHOST + LOCALHOST
    checksum = _checksum(begin + addresses)
    parts = (
        ETHERNET,
        begin,
        _short(checksum),
        addresses,
        UDP_PORTS,
        _short(udp_size),
        NO_CHECKSUM,
        payload,
    )
    return b"".join(parts)


def _checksum(head: bytes) -> int:
    """That of an IPv4 header (RFC 791, 3.1)."""
    total = 0
    for at in range(0, len(head), 2):
        total += int.from_bytes(head[at : at + 2])
    folded = total + (total >> 16)
    return ~folded & 0xFFFF


def _block(kind: int, body: bytes) -> bytes:
    size = _little(len(body) + 12)
    return _little(kind) + size + body + size


# Byte order, version 1.0, size not known
SECTION = _block(0x0A0D0D0A, bytes.fromhex("4D3C2B1A01000000FFFFFFFFFFFFFFFF"))
# Link type Ethernet; times in nanoseconds
INTERFACE = _block(1, bytes.fromhex("0100000000000000090001000900000000000000"))
