# SPDX-License-Identifier: MIT
"""Secured packets in short messages to the card: what they ask, what the card answered, checksums with keys given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ...apps import facts_of, messages
from ...core.apdu import name_of, parse_command
from ...core.errors import NotVerifiable
from ...core.facts import instruction_case
from ...core.model import ANY_CARD, Evidence, Exchange, Node, Proof, Side, record
from ...crypto import ota
from ...crypto.keyring import Key, KeyUse, fitting
from ...road.meaning import halves
from .parts import Part, Parts

MAX_COMMANDS = 20
_SESSION = re.compile(rb"\x81(?:\x81.|[^\x80-\xff])\x83", re.S)
_CIPHERED = {True: "ciphered", False: "not ciphered"}
_HEADER = 5  # bytes of a remote command before its data (ETSI TS 102 226, 5.1.1)
_DATA_COMES_BACK = 2


@record
class Packets:
    """The command packet of an exchange and the response packet of its answer, each with its place.

    A command packet that came in several messages has the exchange and place of its last part; `earlier`: the places
    of the others.
    """

    exchange: Exchange
    command: bytes
    command_at: Evidence
    response: bytes
    response_at: Evidence | None
    security: ota.Security
    earlier: tuple[Evidence, ...] = ()

    @property
    def key_sets(self) -> tuple[int, int]:
        """The numbers of the key sets for ciphering and for checksums."""
        return self.security.kic >> 4, self.security.kid >> 4


def packets_in(exchanges: Iterable[Exchange]) -> Iterator[Packets]:
    """The packets of these exchanges, in order; one in several messages where its last part came."""
    parts = Parts()
    for exchange in exchanges:
        packets = packets_of(exchange) or _of_parts(exchange, parts.add(exchange))
        if packets is not None:
            yield packets


def packets_of(exchange: Exchange) -> Packets | None:
    """The packets of an exchange; None where it brought none that is whole."""
    for side, half in halves(exchange):
        node = _packet(half)
        if side == "command" and node is not None and node.children:
            place = Evidence(exchange.index, side, node.start, node.stop)
            return _packets(exchange, node.value, place, ())
    return None


def _of_parts(exchange: Exchange, parts: Sequence[Part]) -> Packets | None:
    """The packet of all parts; None where there are none yet."""
    if not parts:
        return None
    command = b"".join(part.content for part in parts)
    earlier = tuple(part.place for part in parts if part.place.exchange != exchange.index)
    last = next(part.place for part in parts if part.place.exchange == exchange.index)
    return _packets(exchange, command, last, earlier)


def _packets(
    exchange: Exchange, command: bytes, command_at: Evidence, earlier: tuple[Evidence, ...]
) -> Packets | None:
    """A command packet with the response packet in the answer; None where its head is not whole."""
    response, response_at = b"", None
    for side, half in halves(exchange):
        node = _packet(half)
        if side == "response" and node is not None:
            response = node.value
            response_at = Evidence(exchange.index, side, node.start, node.stop)
    try:
        security = ota.security_of(command)
    except NotVerifiable:
        return None
    return Packets(exchange, command, command_at, response, response_at, security, earlier)


def _packet(half: Node) -> Node | None:
    """The packet in a half."""
    for _, node in half.walk():
        if node.name == "packet":
            return node
    return None


def receipt_code(packets: Packets) -> Node | None:
    """The response code of the card's packet; None where there is none in clear."""
    place = packets.response_at
    if place is None or packets.security.receipt_is_ciphered:
        return None
    response = packets.exchange.response
    if response is None:
        return None
    layout = messages.layout("response packet", messages.PACKET_REF)
    for node in layout.parse(response.raw, place.start, place.stop):
        for _, part in node.walk():
            if part.name == "response" and not part.error:
                return part
    return None


def sentence(packets: Packets) -> str:
    """What came, for which application of the card, how it is secured, and what the card answered."""
    security = packets.security
    check = str(security.integrity)
    if check == "none":
        check = "no checksum"
    cipher = _CIPHERED[security.is_ciphered]
    text = f"secured packet for {packets.command[7:10].hex().upper()} ({check}, {cipher})"
    if packets.earlier:
        text += f" in {len(packets.earlier) + 1} messages"
    if packets.response and security.receipt_is_ciphered:
        return f"{text}; receipt ciphered"
    code = receipt_code(packets)
    if code is not None:
        return f"{text}; {code.text}"
    return text


def proofs(packets: Packets, keys: Sequence[Key]) -> Iterator[Proof]:
    """The checksums of both packets computed again."""
    yield _proof(packets, "command", keys)
    if packets.response:
        yield _proof(packets, "response", keys)


def _proof(packets: Packets, side: Side, keys: Sequence[Key]) -> Proof:
    """One checksum with every pair of keys that may make it; without a checksum, the packet in clear."""
    name, evidence, integrity, is_ciphered = _about(packets, side)
    if integrity == "none" and not is_ciphered:
        return Proof(name, "not checkable", "the packet has no checksum", evidence=evidence)
    reasons = []
    was_tried = False
    for kic in _candidates(keys, "ota-kic", packets.key_sets[0], is_ciphered):
        for kid in _candidates(keys, "ota-kid", packets.key_sets[1], _needs_key(integrity)):
            try:
                packet = _open(packets, side, kic)
                if integrity == "none":
                    reason = "no checksum shows that the key is right"
                    return Proof(name, "not checkable", reason, evidence=evidence)
                computed = ota.checksum(integrity, packets.security.kid, kid, packet.covered)
            except ota.Unfit:
                was_tried = True
                continue
            except NotVerifiable as error:
                reasons.append(error.reason)
                continue
            was_tried = True
            if computed == packet.checksum:
                facts = (("secured data", packet.data), ("counter", packet.counter))
                return Proof(name, "verified", _in_clear(packets, side, packet), facts, evidence)
    if was_tried:
        return Proof(name, "failed", f"no key given makes this {integrity}", evidence=evidence)
    reasons.append(_missing(is_ciphered, integrity))
    return Proof(name, "not checkable", reasons[0], evidence=evidence)


def _about(packets: Packets, side: Side) -> tuple[str, tuple[Evidence, ...], ota.Integrity, bool]:
    """Name and place of a packet, and how it is secured."""
    security = packets.security
    if side == "command":
        name, place = "command packet", packets.command_at
        places = (*packets.earlier, place)
        return name, places, security.integrity, security.is_ciphered
    places = (packets.response_at,) if packets.response_at else ()
    return "response packet", places, security.receipt_integrity, security.receipt_is_ciphered


def _needs_key(integrity: ota.Integrity) -> bool:
    return integrity in ("cryptographic checksum", "digital signature")


def _candidates(keys: Sequence[Key], use: KeyUse, key_set: int, is_needed: bool) -> list[bytes]:
    """The keys of a key set, then those of any; one that is empty where none is needed."""
    if not is_needed:
        return [b""]
    fit = [*fitting(keys, use, index=f"{key_set:02X}"), *fitting(keys, use)]
    return [key.value for key in fit]


def _missing(is_ciphered: bool, integrity: ota.Integrity) -> str:
    uses = []
    if is_ciphered:
        uses.append("for ciphering (ota-kic)")
    if _needs_key(integrity):
        uses.append("for checksums (ota-kid)")
    return f"no key given {' and '.join(uses)}"


def _open(packets: Packets, side: Side, kic: bytes) -> ota.Opened:
    if side == "command":
        return ota.open_command(packets.command, kic)
    return ota.open_response(packets.response, packets.security, kic)


def _in_clear(packets: Packets, side: Side, packet: ota.Opened) -> str:
    """What a packet says in clear, without its data."""
    if side == "command":
        if _SESSION.match(packet.data):
            return "in clear: trigger of an administration session (SCP81)"
        names = remote_commands(packets.exchange, packet.data)
        return f"in clear: {', '.join(names)}" if names else ""
    code = packet.response.hex().upper()
    if packet.response == b"\0" and len(packet.data) >= 3:
        return f"in clear: done, {packet.data[0]} commands, last {packet.data[1:3].hex().upper()}"
    return f"in clear: response {code}"


def remote_commands(exchange: Exchange, data: bytes) -> list[str]:
    """The names of the commands in the data of a packet, in the compact form (ETSI TS 102 226, 5.1.1)."""
    facts = facts_of(exchange.context)
    names: list[str] = []
    at = 0
    while at + _HEADER <= len(data) and len(names) < MAX_COMMANDS:
        case = instruction_case(data[at], data[at + 1], ANY_CARD, "telecom")
        stop = at + _HEADER
        if case != _DATA_COMES_BACK:
            stop += data[at + 4]
        command = parse_command(data[at:stop])
        if command.error or stop > len(data):
            return []
        names.append(name_of(command, facts))
        at = stop
    return names
