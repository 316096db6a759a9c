# SPDX-License-Identifier: MIT
"""MIFARE DESFire: what an ADDITIONAL FRAME goes on with, which application is selected, what a read asked for.

Rows say the rest. Of ADDITIONAL FRAME (AF), whose P1 and P2 are always 00, they may ask what it goes on with: there
`p1` is the code of that command, and `p2` which part it is.
"""

from __future__ import annotations

from dataclasses import replace

from ..core.addresses import parameters_of
from ..core.apdu import data_start
from ..core.codec import to_hex
from ..core.facts import Facts
from ..core.model import Command, Context, Fact, Node, Response, record
from . import files, iso7816
from .application import Nodes
from .fields import laid

APPLICATIONS = ("desfire", "ndef")
CLASS = 0x90
MORE, GET_VERSION, READ_DATA, SELECT_APPLICATION = 0xAF, 0x60, 0xBD, 0x5A
READS, WRITES = (0xBD, 0xBB, 0xAD, 0xAB), (0x3D, 0x3B, 0xDB, 0x8D, 0x8B)
AUTHENTICATIONS = (0x0A, 0x1A, 0xAA, 0x71, 0x77)
_MACS = (4, 8)  # bytes: of the first DESFire, and of EV1 and later
_PIECE = Fact("", "content of the file", to_hex, known=False)
_SEALED = Fact("", "content of the file, perhaps enciphered", to_hex, known=False)
_MAC = Fact("", "MAC", to_hex, "NXP MF3ICDx21_41_81 data sheet, 9.2", share="", fresh="always")
DONE, _MORE_FOLLOWS = 0x9100, 0x91AF
_OFFSET, _LENGTH = slice(1, 4), slice(4, 7)  # of READ DATA, behind the number of the file


@record
class State:
    """The command that goes on, how many parts it has had, and the authentication that holds."""

    command: int = 0
    part: int = 0
    secured: bool = False


def follow(context: Context, command: Command, response: Response | None) -> Context:
    """What an answer changes: the application, what goes on, whether an authentication is complete."""
    if command.cla != CLASS:
        return iso7816.follow(context, command, response)
    state = _state(context)
    begun, part = command.ins, 1
    if command.ins == MORE:
        begun, part = state.command, state.part + 1
    if response is None:
        return replace(context, state=None)
    if response.sw == _MORE_FOLLOWS:
        return replace(context, state=State(begun, part, state.secured))
    if response.sw != DONE:  # an error ends an authentication, too
        return replace(context, state=None)
    if command.ins == SELECT_APPLICATION:
        return replace(context, state=None, df=to_hex(command.data[::-1]))
    is_secured = state.secured or begun in AUTHENTICATIONS
    return replace(context, state=State(secured=is_secured))


def _state(context: Context) -> State:
    if isinstance(context.state, State):
        return context.state
    return State()


def decode(
    context: Context, command: Command | None, response: Response | None, facts: Facts
) -> tuple[Nodes, Nodes]:
    """The nodes of both data fields."""
    if command is None or command.cla != CLASS:
        return iso7816.decode(context, command, response, facts)
    return (
        command_data(context, command, facts),
        answer_data(context, command, response, facts),
    )


def parameters_in(context: Context, command: Command) -> dict[str, str]:
    """What conditions of rows can ask for of a command in its context."""
    parameters = parameters_of(command)
    state = _state(context)
    if command.ins == MORE and state.part:
        parameters["p1"] = f"{state.command:02X}"
        parameters["p2"] = f"{state.part:02X}"
    return parameters


def command_data(context: Context, command: Command, facts: Facts) -> Nodes:
    """The data field of a command, wrapped or native."""
    if not command.data:
        return ()
    parameters = parameters_in(context, command)
    row = facts.command(CLASS, command.ins, parameters)
    if row is None or row.data is None:
        return ()
    start = data_start(command)
    return laid(row.data, command.raw, start, start + len(command.data), facts, parameters)


def answer_data(
    context: Context, command: Command, response: Response | None, facts: Facts
) -> Nodes:
    """The data field of an answer, wrapped or native."""
    if response is None or not response.data or response.sw not in (DONE, _MORE_FOLLOWS):
        return ()
    start = 0
    if response.protocol == "desfire":
        start = 1  # behind the status
    stop = start + len(response.data)
    parameters = parameters_in(context, command)
    begun = command.ins
    if command.ins == MORE:
        begun = _state(context).command
    if begun == READ_DATA:
        return _content(context, command, response, start, stop, facts)
    fact = facts.answer(CLASS, command.ins, parameters)
    if fact is None:
        return ()
    return laid(fact, response.raw, start, stop, facts, parameters)


def _row_of_file(
    context: Context, command: Command, response: Response, facts: Facts
) -> Fact | None:
    """The row of a file that was read from its beginning in one answer."""
    is_one_answer = command.ins == READ_DATA and response.sw == DONE
    if not is_one_answer or any(command.data[_OFFSET]):
        return None
    return facts.file((*files.levels(context), to_hex(command.data[:1])))


def _fitting(nodes: Nodes) -> Nodes:
    """Nodes of a row that fits; nothing where any of them has an error, as when only a part was read."""
    has_error = any(part.error for node in nodes for _, part in node.walk())
    return () if has_error else nodes


def _content(
    context: Context, command: Command, response: Response, start: int, stop: int, facts: Facts
) -> Nodes:
    """What was read of a file: by its row, as many bytes as were asked for, and behind an authentication a MAC."""
    raw = response.raw
    if not _state(context).secured:
        fields: Nodes = ()
        row = _row_of_file(context, command, response, facts)
        if row:
            fields = _fitting(laid(row, raw, start, stop, facts, {}))
        return fields or (Node(_PIECE, raw, start, start, stop),)
    length = 0
    if command.ins == READ_DATA:
        length = int.from_bytes(command.data[_LENGTH], "little")
    for mac in _MACS:
        if length and stop - start == length + mac:
            return (
                Node(_PIECE, raw, start, start, stop - mac),
                Node(_MAC, raw, stop - mac, stop - mac, stop),
            )
    return (Node(_SEALED, raw, start, start, stop),)
