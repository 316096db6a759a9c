# SPDX-License-Identifier: MIT
"""Secured packets that come in several short messages, put together (3GPP TS 23.040, 9.2.3.24.1; TS 31.115, 4.1)."""

from __future__ import annotations

from dataclasses import field

from ...apps.messages import ENVELOPE, named
from ...core.model import Evidence, Exchange, Node, record
from ...road.meaning import halves

MAX_WAITING = 64  # messages whose parts are not all there
_PACKET = b"\x70"  # the element that announces a command packet; in the first part only
_CONTENTS = ("packet", "data")
Key = tuple[int, bytes, bytes, bytes]


@record
class Part:
    """One part of a message: whose it is, which one, how many there are, its bytes and their place."""

    key: Key
    number: int
    count: int
    content: bytes = field(repr=False)
    place: Evidence
    announces_packet: bool

    @property
    def text(self) -> str:
        return f"part {self.number} of {self.count}"


class Parts:
    """The parts of messages that are not whole yet."""

    def __init__(self) -> None:
        self.waiting: dict[Key, dict[int, Part]] = {}

    def add(self, exchange: Exchange) -> tuple[Part, ...]:
        """All parts of a packet in their order, once an exchange brings the last one; before that, none."""
        part = part_of(exchange)
        if part is None:
            return ()
        parts = self.waiting.setdefault(part.key, {})
        parts[part.number] = part
        if len(parts) == part.count:
            del self.waiting[part.key]
            if parts[1].announces_packet:
                return tuple(parts[number] for number in sorted(parts))
        if len(self.waiting) > MAX_WAITING:
            del self.waiting[next(iter(self.waiting))]
        return ()


def part_of(exchange: Exchange) -> Part | None:
    """The part of a message that a phone hands to its card; None where it hands over no part, or a broken one."""
    command = exchange.command
    if command is None or command.ins != ENVELOPE:
        return None
    for side, half in halves(exchange):
        if side == "command":
            return _part(exchange, half)
    return None


def _part(exchange: Exchange, half: Node) -> Part | None:
    for _, node in half.walk():
        header = next((part for part in node.children if part.name == "header"), None)
        content = node.children[-1] if node.children else None
        if header is None or content is None or content.name not in _CONTENTS:
            continue
        number = int.from_bytes(named(header, "part"))
        count = named(header, "parts")
        if not 0 < number <= int.from_bytes(count) or count == b"\1":
            return None
        key = (exchange.session, named(half, "sender"), named(header, "reference"), count)
        place = Evidence(exchange.index, "command", content.start, content.stop)
        is_packet = _PACKET in _identifiers(header)
        return Part(key, number, int.from_bytes(count), content.value, place, is_packet)
    return None


def _identifiers(header: Node) -> list[bytes]:
    return [node.value for _, node in header.walk() if node.name == "identifier"]
