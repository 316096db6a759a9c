# SPDX-License-Identifier: MIT
"""Secured packets in short messages to the card: what they ask, what the card answered, checksums with keys given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...apps import facts_of
from ...core.apdu import name_of, parse_command
from ...core.errors import NotVerifiable
from ...core.facts import instruction_case
from ...core.model import ANY_CARD, Evidence, Exchange, Node, Proof, Side, record
from ...crypto import ota
from ...crypto.keyring import Key, KeyUse, fitting
from ...road.meaning import halves

MAX_COMMANDS = 20
_SESSION = re.compile(rb"\x81(?:\x81.|[^\x80-\xff])\x83", re.S)
_CIPHERED = {True: "ciphered", False: "not ciphered"}
_HEADER = 5  # bytes of a remote command before its data (ETSI TS 102 226, 5.1.1)
_DATA_COMES_BACK = 2


@record
class Packets:
    """The command packet of an exchange and the response packet of its answer, each with its place."""

    exchange: Exchange
    command: bytes
    command_at: Evidence
    response: bytes
    response_at: Evidence | None
    security: ota.Security

    @property
    def key_sets(self) -> tuple[int, int]:
        """The numbers of the key sets for ciphering and for checksums."""
        return self.security.kic >> 4, self.security.kid >> 4


def packets_of(exchange: Exchange) -> Packets | None:
    """The packets of an exchange; None where it brought none that is whole."""
    found: dict[str, tuple[bytes, Evidence]] = {}
    for side, half in halves(exchange):
        node = _packet(half)
        if node is not None:
            place = Evidence(exchange.index, side, node.start, node.stop)
            found[side] = (node.value, place)
    if "command" not in found:
        return None
    command, command_at = found["command"]
    response, response_at = found.get("response", (b"", None))
    try:
        security = ota.security_of(command)
    except NotVerifiable:
        return None
    return Packets(exchange, command, command_at, response, response_at, security)


def _packet(half: Node) -> Node | None:
    """The packet in a half, where it was divided."""
    for _, node in half.walk():
        if node.name == "packet" and node.children:
            return node
    return None


def sentence(packets: Packets) -> str:
    """What came, for which application of the card, how it is secured, and what the card answered."""
    security = packets.security
    check = str(security.integrity)
    if check == "none":
        check = "no checksum"
    cipher = _CIPHERED[security.is_ciphered]
    text = f"secured packet for {packets.command[7:10].hex().upper()} ({check}, {cipher})"
    response = packets.response
    if not response:
        return text
    if security.receipt_is_ciphered:
        return f"{text}; receipt ciphered"
    for _, half in halves(packets.exchange):
        for _, node in half.walk():
            if node.name == "response":
                return f"{text}; {node.text}"
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
        return name, (place,), security.integrity, security.is_ciphered
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
