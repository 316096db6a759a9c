# SPDX-License-Identifier: MIT
"""Short messages in toolkit objects, and secured packets in short messages: layouts inside values of other layouts.

The bytes do not say which layout fits: a message in a proactive command goes to the network, any other comes from
it (3GPP TS 23.040, 9.2.3.1); whether a response packet is ciphered stands in the command packet (TS 102 225, 5.1.1).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import replace

from ..core.dictionary import load
from ..core.facts import Facts
from ..core.layout import Layout, compile_layout
from ..core.model import Command, Constant, Context, Node, Response
from . import fields
from .application import Nodes

FETCH, TERMINAL_RESPONSE, ENVELOPE = 0x12, 0x14, 0xC2
_TOOLKIT = (FETCH, TERMINAL_RESPONSE, ENVELOPE)
_STORED_MESSAGES = "6F3C"
_DIRECTIONS = {"D0": "message from a phone"}
_MESSAGE_TAGS = ("0B", "8B")
# By the state of a stored message (3GPP TS 51.011, 10.5.3)
_RECEIVED, _SENT = (0x01, 0x03), (0x05, 0x07, 0x0D, 0x15, 0x1D)
_STORED = dict.fromkeys(_RECEIVED, "stored message to a phone")
_STORED |= dict.fromkeys(_SENT, "stored message from a phone")
_IN_A_FILE = {"ins": "B2"}
_PACKETS = {b"\x70": "command packet", b"\x71": "response packet"}
MESSAGE_REF, PACKET_REF = "3GPP TS 23.040, 9.2.2", "ETSI TS 102 225, 5"


def decode(
    context: Context, command: Command | None, response: Response | None, facts: Facts
) -> tuple[Nodes, Nodes]:
    """The nodes of both data fields, with the messages and packets in them opened."""
    command_nodes, response_nodes = fields.decode(context, command, response, facts)
    if command is None:
        return command_nodes, response_nodes
    nodes = command_nodes or response_nodes
    is_of_file = bool(nodes) and nodes[0].tag == _STORED_MESSAGES
    if command.ins not in _TOOLKIT and not is_of_file:
        return command_nodes, response_nodes
    command_nodes = opened(command_nodes)
    if any(_is_part(node) for node in command_nodes):
        return command_nodes, response_nodes  # another part says whether the receipt is ciphered
    is_ciphered = _asks_for_ciphered_receipt(command_nodes)
    return command_nodes, opened(response_nodes, is_ciphered)


def opened(nodes: Nodes, is_ciphered: bool = False) -> Nodes:
    """Nodes with short messages and packets divided; `is_ciphered`: whether response packets are."""
    return tuple(_opened(node, "", is_ciphered) for node in nodes)


def _opened(node: Node, template: str, is_ciphered: bool) -> Node:
    if node.tag in _MESSAGE_TAGS and template and not node.error:
        name = _DIRECTIONS.get(template, "message to a phone")
        node = _divided(node, name, MESSAGE_REF)
    if not node.children:
        return node
    parts = _stored_divided(node.children)
    children = tuple(_opened(part, node.tag or template, is_ciphered) for part in parts)
    return replace(node, children=_packets_divided(children, is_ciphered))


def _stored_divided(nodes: Nodes) -> Nodes:
    """The parts of a record of EF.SMS, with the message after its state divided."""
    first = nodes[0]
    last = nodes[-1]
    is_record = first.name == "state" and last.name == "message"
    if not is_record or len(first.value) != 1:
        return nodes
    kind = _STORED.get(first.value[0])
    if kind is None:
        return nodes
    message = _divided(last, kind, MESSAGE_REF, _IN_A_FILE)
    return (*nodes[:-1], message)


def _packets_divided(nodes: Nodes, is_ciphered: bool) -> Nodes:
    """The parts of user data, with the packet after its header divided; a wrong length is marked."""
    kind = _kind_of_packet(nodes)
    if is_ciphered and kind == "response packet":
        kind = "ciphered response packet"
    parts = []
    for node in nodes:
        if node.name == "packet" and kind:
            node = _divided(node, kind, PACKET_REF)
        parts.append(node)
    return _length_checked(parts)


def _kind_of_packet(nodes: Nodes) -> str:
    """The kind of packet that the header of user data announces; empty where none follows, or only a part of one."""
    for node in nodes:
        if node.name == "header":
            identifier = named(node, "identifier")
            if not _is_part(node):
                return _PACKETS.get(identifier, "")
    return ""


def _length_checked(nodes: list[Node]) -> Nodes:
    """User data, with an error at its length where that is not how many bytes follow.

    The layout cuts texts by that length; 8-bit data are all bytes up to the end.
    """
    first = nodes[0]
    last = nodes[-1]
    is_data = last.name in ("data", "packet")
    if first.name != "length of user data" or not is_data:
        return tuple(nodes)
    declared = first.value[0]
    here = last.stop - first.stop
    rest = last.buf[first.stop + declared : last.stop]
    is_filled_up = declared < here and not rest.strip(b"\xff")
    if declared == here or is_filled_up:
        return tuple(nodes)
    error = f"{declared} declared, {here} bytes here"
    return (replace(first, error=error), *nodes[1:])


def _divided(node: Node, name: str, ref: str, given: Mapping[str, str] | None = None) -> Node:
    """A node whose value a layout divides; what is secret in it has marks of its own."""
    children = layout(name, ref).parse(node.buf, node.body, node.stop, given or {})
    fact = replace(node.fact, describe=Constant(), opens="parts", sensitive="", holds="text")
    return replace(node, fact=fact, children=children)


@functools.cache
def layout(name: str, ref: str) -> Layout:
    """A layout of short messages or packets."""
    dictionary = load("sms")
    resources = dictionary.resources
    return compile_layout(
        resources.layouts[name],
        names=resources.names,
        layouts=resources.layouts,
        ref=ref,
        checked=dictionary.head["checked"],
    )


def named(node: Node | None, name: str) -> bytes:
    """The value of the last part of that name; empty where there is none."""
    value = b""
    if node is not None:
        for _, part in node.walk():
            if part.name == name:
                value = part.value
    return value


def _is_part(node: Node) -> bool:
    """Whether a message says that it is one of several."""
    return named(node, "parts") > b"\1"


def _asks_for_ciphered_receipt(nodes: Iterable[Node]) -> bool:
    return any(named(node, "receipt ciphered") == b"\1" for node in nodes)
