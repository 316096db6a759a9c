# SPDX-License-Identifier: MIT
"""STORE DATA of an eSIM: what is longer than a command comes in blocks, and is read as one (GSMA SGP.22, 5.7.2)."""

from __future__ import annotations

from dataclasses import replace

from ..core import tlv
from ..core.addresses import parameters_of
from ..core.apdu import data_start, is_secure
from ..core.codec import to_hex
from ..core.facts import Facts
from ..core.model import Command, Context, Fact, Node, Response
from . import fields, iso7816
from .application import Nodes
from .files import Content, joined
from .instructions import accepted

STORE_DATA = 0xE2
_LAST = 0x80  # of P1 (GlobalPlatform Card Specification 2.3.1, 11.11.2.1)
_REF = "GSMA SGP.22, 5.7.2"
MAX_BLOCKS, MAX_SIZE = 128, 1 << 14
_BEGINNING = 16  # bytes that conditions of rows can ask for
# The objects of a bound profile package whose content comes in commands of its own (SGP.22, 2.5.5)
_IN_SEGMENTS = ("BF36", "A0", "A1", "A2", "A3")
GOES_ON = "goes on in the next segments"
IN_NEXT_BLOCK = "goes on in the next block"
NO_BEGINNING = "its first blocks are not known"
AT_THE_END = "read with the last block"
# What is longer is read once, with its last block: else each block would cost as much as all before it.
MAX_READ_AGAIN = 1 << 12
_LONE_BLOCK = Fact(
    "",
    "block of an object",
    to_hex,
    _REF,
    "seen",
    sensitive="iccid",
    known=False,
)


def is_store_data(command: Command) -> bool:
    """Whether a command is STORE DATA without secure messaging."""
    return command.ins == STORE_DATA and command.cla >= 0x80 and not is_secure(command.cla)


def follow(context: Context, command: Command, response: Response | None) -> Context:
    """What an accepted block adds to the object that comes in blocks; any other command ends it."""
    without_blocks = replace(context, state=None)
    if not is_store_data(command):
        return iso7816.follow(without_blocks, command, response)
    if is_last(command) or response is None or not accepted(response):
        return without_blocks
    blocks = _continued(context.state, command)
    return replace(context, state=blocks)


def _continued(before: Content | None, command: Command) -> Content | None:
    """The blocks so far with one more; None where it does not go on from the first one."""
    data = command.data
    if command.p2 == 0:
        return Content(None, data, len(data), 1)
    if before is None or before.pieces != command.p2:
        return None
    size = before.size + len(data)
    if before.pieces >= MAX_BLOCKS or size > MAX_SIZE:
        return None
    return Content(before, data, size, before.pieces + 1)


def object_of(context: Context, command: Command) -> bytes | None:
    """The object that a block belongs to, as far as it came; None where its first blocks are not known."""
    chain = _continued(context.state, command)
    if chain is None:
        return None
    return joined(chain)


def is_last(command: Command) -> bool:
    """Whether a block is the last one of its object."""
    return bool(command.p1 & _LAST)


def decode(
    context: Context, command: Command | None, response: Response | None, facts: Facts
) -> tuple[Nodes, Nodes]:
    """The nodes of both data fields; a block is seen as a window of the object that it belongs to."""
    if command is None or not is_store_data(command):
        return fields.decode(context, command, response, facts)
    data = object_of(context, command)
    if data is None:
        nodes = _hidden_block(command, NO_BEGINNING)
        return nodes, _answer(command, response, facts, command.data)
    if len(data) > MAX_READ_AGAIN and not is_last(command):
        return _hidden_block(command, AT_THE_END), _answer(command, response, facts, data)
    nodes = _block(command, facts, data, len(data) - len(command.data))
    return nodes, _answer(command, response, facts, data)


def _hidden_block(command: Command, note: str) -> Nodes:
    """A block that is not divided: nothing says what is in it, so it stays hidden."""
    if not command.data:
        return ()
    start = data_start(command)
    stop = start + len(command.data)
    return (Node(_LONE_BLOCK, command.raw, start, start, stop, (), note),)


def _block(command: Command, facts: Facts, data: bytes, offset: int) -> Nodes:
    """One block of an object: its nodes as far as they lie in it."""
    parameters = _parameters(command, data)
    row = facts.command(command.cla, command.ins, parameters)
    start = data_start(command)
    stop = start + len(command.data)
    if row is None or row.data is None or not row.data.layout:
        return fields.as_tlv(command.raw, start, stop, facts)
    objects = row.data.layout.parse(data)
    whole_objects = _without_cuts(objects, len(data), is_last(command))
    return tlv.window(whole_objects, offset, command.raw, start, stop)


def _parameters(command: Command, data: bytes) -> dict[str, str]:
    """What conditions ask of a command, with the beginning of the object for that of the block."""
    return parameters_of(command) | {"data": to_hex(data[:_BEGINNING])}


def _without_cuts(nodes: Nodes, size: int, is_whole: bool) -> Nodes:
    """Nodes without an error where they are cut off only because the object goes on."""
    if not nodes or nodes[-1].stop != size:
        return nodes
    last = nodes[-1]
    if not is_whole:
        last = _open_ended(last, size)
    elif last.tag in _IN_SEGMENTS and last.error:
        last = replace(last, error="", note=GOES_ON)
    return (*nodes[:-1], last)


def _open_ended(node: Node, size: int) -> Node:
    """A node that reaches to the end of the blocks so far, and its last parts likewise."""
    if node.stop != size:
        return node
    if node.children:
        last = _open_ended(node.children[-1], size)
        node = replace(node, children=(*node.children[:-1], last))
    if not node.error:
        return node
    return replace(node, error="", note=IN_NEXT_BLOCK)


def _answer(command: Command, response: Response | None, facts: Facts, data: bytes) -> Nodes:
    """The answer to the object as a whole."""
    if response is None or not response.data:
        return ()
    stop = len(response.data)
    parameters = _parameters(command, data)
    fact = facts.answer(command.cla, command.ins, parameters)
    if fact is None or fact.layout is None or not accepted(response):
        return fields.as_tlv(response.raw, 0, stop, facts)
    nodes: Nodes = fact.layout.parse(response.raw, 0, stop)
    return nodes
