# SPDX-License-Identifier: MIT
"""UDP packets in captures of any link type, with their lengths and check sums verified (RFC 768, 791)."""

from __future__ import annotations

# Where IP stands behind Ethernet, Linux "any", VLAN, "any" 2, nothing and loopback.
IP_PLACES = (14, 16, 18, 20, 0, 4)

_UDP = b"\x11"  # as a protocol of IP
_UDP_HEADER = 8
_IP4_HEADER, _IP6_HEADER = 20, 40
_WRONG_LENGTHS = (
    "the lengths in its headers do not agree with its size: cut off, a fragment, or damaged"
)


def payload_of(data: bytes, port: bytes) -> bytes | str | None:
    """What a packet to or from this port carries, or what is wrong with it; None: another packet.

    No link type needs to be believed.
    """
    for at in IP_PLACES:
        payload = _payload_at(data, at, port)
        if payload is not None:
            return payload
    return None


def _payload_at(data: bytes, at: int, port: bytes) -> bytes | str | None:
    """The same for a packet in which IP begins at this place."""
    header = _ip_header(data, at)
    if header is None:
        return None
    udp, stop, protocol = header
    source, destination = data[udp : udp + 2], data[udp + 2 : udp + 4]
    if protocol != _UDP or port not in (source, destination):
        return None
    fits = udp + _UDP_HEADER <= stop <= len(data)
    if not fits or _number(data, udp + 4) != stop - udp:
        return _WRONG_LENGTHS
    fault = wrong_sum(data, at, udp, stop)
    return fault or data[udp + _UDP_HEADER : stop]


def _ip_header(data: bytes, at: int) -> tuple[int, int, bytes] | None:
    """Where IP ends and its packet does, and the protocol in it; None if no IP begins here."""
    if at >= len(data):
        return None
    version = data[at] >> 4
    if version == 4:
        size = (data[at] & 15) * 4
        if size < _IP4_HEADER:
            return None
        stop = at + _number(data, at + 2)
        return at + size, stop, data[at + 9 : at + 10]
    if version == 6:
        body = at + _IP6_HEADER
        stop = body + _number(data, at + 4)
        return body, stop, data[at + 6 : at + 7]
    return None


def _number(data: bytes, at: int) -> int:
    """The 16-bit number at this place."""
    return int.from_bytes(data[at : at + 2], "big")


def wrong_sum(data: bytes, at: int, udp: int, stop: int) -> str:
    """Which check sum is wrong, if one is; IP begins at `at`, the UDP packet is `udp:stop`.

    A sum of 16-bit words in ones' complement is the number modulo 65535. A sum of 0 was not
    computed.
    """
    if data[at] >> 4 == 4:
        has_sum = data[at + 10 : at + 12] != b"\0\0"
        if has_sum and int.from_bytes(data[at:udp], "big") % 65535:
            return "the check sum of its IP header is wrong"
        addresses = data[at + 12 : at + 20]
    else:
        addresses = data[at + 8 : at + 40]
    udp_sum = data[udp + 6] << 8 | data[udp + 7]
    if not udp_sum:
        return ""
    size = stop - udp
    words = int.from_bytes(addresses + data[udp:stop], "big")
    if size & 1:
        words <<= 8
    pseudo = 17 + size  # protocol and length, which are summed up too
    if (words + pseudo) % 65535 == 0:
        return ""
    # A network card was to finish a sum that covers addresses, protocol and length alone.
    unfinished = (int.from_bytes(addresses, "big") + pseudo) % 65535
    if udp_sum == unfinished:
        return ""
    return "the check sum of its UDP packet is wrong"
