# SPDX-License-Identifier: MIT
"""Commands to a reader that carry those to the card: the ACR122 hands them to its PN53x chip.

ACS ACR122U API 2.04, 6.1; NXP UM0701-02, 7.3.8 and 7.3.9.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..core.apdu import parse_command, parse_response
from ..core.block import radio_block
from ..core.facts import instruction_case
from ..core.model import (
    ANY_CARD,
    Command,
    Context,
    Exchange,
    Fact,
    Node,
    Protocol,
    Response,
    record,
)
from ..core.native import application_of, native_command, native_response

Decode = Callable[[Exchange, Context], Node]
Nodes = tuple[Node, ...]

_DIRECT_TRANSMIT = b"\xff\x00\x00\x00"
_IN_DATA_EXCHANGE = b"\xd4\x40"
_IN_COMMUNICATE_THRU = b"\xd4\x42"
_ANSWERED = {_IN_DATA_EXCHANGE: b"\xd5\x41", _IN_COMMUNICATE_THRU: b"\xd5\x43"}
_MIN_APDU = 4
_MEMORY_COMMANDS = frozenset((0x30, 0x39, 0x3A, 0x60, 0x61, 0xA2, 0xC0, 0xC1, 0xC2, 0x1A, 0x1B))
_CLASSIC_AUTHENTICATION = (b"\x60", b"\x61")
_AUTHENTICATION_SIZE = 12  # code, block, key, UID (NXP UM0701-02, 7.3.8)
# Codes of type 2 tags with the length of their commands, as far as no other chip has the same
_TYPE_2_SIZES = {0x1B: 5, 0x3A: 3, 0x39: 2, 0xA2: 6}
_GET_VERSION, _VERSION_SIZE = b"\x60", 8
_REF = "NXP UM0701-02, 7.3.8"
_TO_CARD = Fact("", "command to the card", ref=_REF, known=False)
_FROM_CARD = Fact("", "answer of the card", ref=_REF, known=False)


@record
class Inner:
    """A command inside a command, and where it begins in it; the same of the answer."""

    command: Command
    command_at: int
    response: Response | None
    response_at: int


def inner_of(exchange: Exchange) -> Inner | None:
    """The command to the card in a command to the reader; None: there is none that is an APDU."""
    command = exchange.command
    if command is None or not command.raw.startswith(_DIRECT_TRANSMIT) or command.error:
        return None
    code = command.data[:2]
    if code not in _ANSWERED:
        return None
    data_at = command.raw.find(code, len(_DIRECT_TRANSMIT))
    start = 3  # behind the code: the number of the target, or the PCB of a block
    body = command.data[start:]
    answer, answer_at = _answer_bytes(exchange.response, code)
    protocol = _chip_of(body, answer)
    if protocol and code == _IN_DATA_EXCHANGE:
        native = None
        if answer is not None:
            native = native_response(protocol, answer, ())
        return Inner(native_command(protocol, body, ()), data_at + start, native, answer_at)
    if code == _IN_COMMUNICATE_THRU and not _is_whole_block(command.data[2:]):
        return None
    if len(body) < _MIN_APDU or not _is_apdu(body):
        return None
    inner = parse_command(body)
    response, response_at = _answer(exchange.response, code)
    return Inner(inner, data_at + start, response, response_at)


def _chip_of(body: bytes, answer: bytes | None) -> Protocol | None:
    """Whose command this is, where only one family of chips has it in this length.

    The chip of the reader itself authenticates to a MIFARE Classic: block, key and UID stand behind the code.
    """
    if body[:1] in _CLASSIC_AUTHENTICATION and len(body) == _AUTHENTICATION_SIZE:
        return "classic"
    if (
        body == _GET_VERSION
    ):  # DESFire has the same command; the version of a type 2 tag begins with 00
        is_of_tag = answer is not None and answer[:1] == b"\0" and len(answer) == _VERSION_SIZE
        return "ultralight" if is_of_tag else None
    if body and _TYPE_2_SIZES.get(body[0]) == len(body):
        return "ultralight"
    return None


def _is_whole_block(data: bytes) -> bool:
    """Whether this is an I-block of ISO/IEC 14443-4 with one byte before its information."""
    block = radio_block(data, crc=False)
    return block.kind == "I" and not block.more and block.start == 1


def _is_apdu(data: bytes) -> bool:
    """Whether these bytes are a command of a smart card rather than one of a memory card."""
    if data[0] in _MEMORY_COMMANDS or parse_command(data).error:
        return False
    return instruction_case(data[0], data[1], ANY_CARD, "telecom", "emv") is not None


def _answer(response: Response | None, code: bytes) -> tuple[Response | None, int]:
    """The answer of the card in that of the reader, and where it begins."""
    data, start = _answer_bytes(response, code)
    if data is None:
        return None, 0
    if code == _IN_COMMUNICATE_THRU:
        if not _is_whole_block(data):
            return None, 0
        data = data[1:]
        start += 1
    if len(data) < 2:
        return None, 0
    return parse_response(data), start


def _answer_bytes(response: Response | None, code: bytes) -> tuple[bytes | None, int]:
    """What follows the code and the status of the chip, 00 where all is well; and where it begins."""
    start = 3
    if response is None:
        return None, 0
    data = response.data
    is_complete = data[:2] == _ANSWERED[code] and data[2:3] == b"\0"
    if not is_complete:
        return None, 0
    return data[start:], start


def opened(
    exchange: Exchange, context: Context, command: Nodes, response: Nodes, decode: Decode
) -> tuple[Nodes, Nodes]:
    """The nodes of both data fields, with the halves of the card's exchange opened in them."""
    inner = inner_of(exchange)
    if inner is None or exchange.command is None:
        return command, response
    shown = decode(
        replace(exchange, command=inner.command, response=inner.response, frames=()),
        replace(context, application=application_of(inner.command.protocol) or ANY_CARD),
    )
    halves = [half.children for half in shown.children]
    raw = exchange.command.raw
    there = _Half(_TO_CARD, halves[0], inner.command.raw, raw, inner.command_at)
    command = there.put_into(command)
    if inner.response and exchange.response:
        raw = exchange.response.raw
        back = _Half(_FROM_CARD, halves[1], inner.response.raw, raw, inner.response_at)
        response = back.put_into(response)
    return command, response


@record
class _Half:
    """A half of the card's exchange: its nodes, its bytes, those around it, and where it begins."""

    fact: Fact
    nodes: Nodes
    inner: bytes
    raw: bytes
    start: int

    def put_into(self, nodes: Nodes) -> Nodes:
        """These nodes, with this half in the place of what holds its bytes."""
        stop = self.start + len(self.inner)
        result: list[Node] = []
        for node in nodes:
            if node.stop <= self.start or node.start >= stop:
                result.append(node)
            elif node.children:
                result.append(replace(node, children=self.put_into(node.children)))
            else:
                result += self._split(node, stop)
        return tuple(result)

    def _split(self, node: Node, stop: int) -> list[Node]:
        """A node without parts as what stands before the half, the half, and what follows it."""
        children = tuple(_moved(part, self.inner, self.raw, self.start) for part in self.nodes)
        parts = [Node(self.fact, self.raw, self.start, self.start, stop, children)]
        if node.start < self.start:
            parts.insert(0, replace(node, body=node.start, stop=self.start))
        if stop < node.stop:
            parts.append(replace(node, start=stop, body=stop))
        return parts


def _moved(node: Node, inner: bytes, raw: bytes, offset: int) -> Node:
    """A node of the inner half as one of the half around it."""
    children = tuple(_moved(child, inner, raw, offset) for child in node.children)
    if node.buf is not inner:
        return replace(node, children=children)
    return replace(
        node,
        buf=raw,
        start=node.start + offset,
        body=node.body + offset,
        stop=node.stop + offset,
        children=children,
    )
