# SPDX-License-Identifier: MIT
"""Which blocks a command of ISO/IEC 15693 or FeliCa is about, and the blocks in an answer of FeliCa."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.codec import to_hex
from ..core.facts import Facts
from ..core.model import Command, Constant, Context, Fact, Node, Response
from .application import Nodes
from .fields import laid

ADDRESSED, OPTION = 0x20, 0x40  # of the request flags (ISO/IEC 15693-3, 7.3.1)
_UID = 8
_READ_MULTIPLE = 0x23
_READ_FELICA = 0x06
_BLOCK = 16  # bytes, of FeliCa
_BEFORE_BLOCKS = 13  # length, code, IDm, two status flags, number of blocks


def after_address(command: Command) -> int:
    """Where in a request of ISO/IEC 15693 the parameters begin: behind the UID, where it is addressed."""
    size = 2
    if command.raw and command.raw[0] & ADDRESSED:
        size += _UID
    return size


def has_option(command: Command) -> bool:
    """Whether a request asks for the security status of each block, too."""
    return bool(command.raw and command.raw[0] & OPTION)


def numbers_of(command: Command) -> tuple[int, int] | None:
    """The first block that a request of ISO/IEC 15693 is about, and how many."""
    at = after_address(command)
    parameters = command.raw[at : at + 2]
    if not parameters:
        return None
    if command.code != _READ_MULTIPLE:
        return parameters[0], 1
    if len(parameters) < 2:
        return None
    return parameters[0], parameters[1] + 1  # the number is one less (10.4.3)


def of_felica(context: Context, command: Command, response: Response, facts: Facts) -> Nodes:
    """The answer to Read Without Encryption: each block under the row of its service."""
    raw = response.raw
    if command.code != _READ_FELICA or response.status or len(raw) <= _BEFORE_BLOCKS:
        return ()
    fact = facts.native_answer("06", {})
    places = list(_asked_blocks(command))
    if fact is None or fact.layout is None or raw[12] != len(places):
        return ()
    if len(raw) != _BEFORE_BLOCKS + _BLOCK * len(places):
        return ()
    nodes: list[Node] = list(fact.layout.parse(raw, 2, _BEFORE_BLOCKS, {}))
    at = _BEFORE_BLOCKS
    for service, number in places:
        nodes += _block(service, number, raw, at, facts)
        at += _BLOCK
    return tuple(nodes)


def _block(service: int, number: int, raw: bytes, at: int, facts: Facts) -> Nodes:
    stop = at + _BLOCK
    fact = facts.file((f"service {service:04X}",), number)
    if fact is not None:
        return laid(fact, raw, at, stop, facts, {})
    name = f"service {service:04X}, block {number}"
    if not raw[at:stop].strip(b"\0"):
        return (Node(Fact("", name, Constant("blank, all 00"), share="all"), raw, at, at, stop),)
    return (Node(Fact("", name, to_hex, known=False), raw, at, at, stop),)


def _asked_blocks(command: Command) -> Iterator[tuple[int, int]]:
    """Service and number of each block that Read Without Encryption asks for (JIS X 6319-4)."""
    data = command.data[_UID:]
    count = data[0] if data else 0
    services = [int.from_bytes(data[at : at + 2], "little") for at in range(1, 1 + 2 * count, 2)]
    rest = data[1 + 2 * count :]
    wanted = rest[0] if rest else 0
    at = 1
    for _ in range(wanted):
        element = rest[at : at + 3]
        if len(element) < 2:
            return
        order = element[0] & 0x0F
        if order >= len(services):
            return
        if element[0] & 0x80:
            yield services[order], element[1]
            at += 2
        else:
            yield services[order], int.from_bytes(element[1:3], "little")
            at += 3
