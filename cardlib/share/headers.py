# SPDX-License-Identifier: MIT
"""Which headers of commands may be copied: of a command that rows know, and that is as long as it says.

After damage anything can stand where a header is expected: a PIN, a part of a key. What does not prove itself a header
is closed.
"""

from __future__ import annotations

from functools import cache

from ..apps import facts_of
from ..apps.instructions import GET_RESPONSE, READER
from ..core.addresses import parameters_of
from ..core.dictionary import load, shipped
from ..core.model import Command, Context

HEADER = 5  # bytes of CLA, INS, P1, P2 and P3
INCOMING = 3  # the case of a command that only sends data (ISO/IEC 7816-3, 12.1.2)
CLASS_AND_CHANNEL = 0xB3  # bits of CLA: 0X to 3X and 8X to BX, channels 0 to 3 (5.4.1)
CHAINED = 0x10  # the bit of CLA for a command that is continued (ISO/IEC 7816-4, 5.4.1)


def is_sure(command: Command, context: Context) -> bool:
    """Whether rows know a command, and its lengths fit."""
    if command.error:
        return False
    case = _case(command, context)
    # Where no Lc proves it, the class is a plain one: what is secured, or goes on, has data.
    is_plain = command.cla == READER or command.cla & ~CLASS_AND_CHANNEL == 0
    if case is None or not (command.data or is_plain):
        return False
    # Without data, P3 of such a command is the length of data that are missing.
    is_cut = case == INCOMING and not command.data and len(command.raw) == HEADER
    return not is_cut or command.raw[-1] == 0


def _case(command: Command, context: Context) -> int | None:
    """The case of a command by its row, 0 where the row does not say it; None where nobody knows the command."""
    row = facts_of(context).command(command.cla, command.ins, parameters_of(command))
    if row:
        return row.case
    if _place(command.cla, command.ins) in _instructions():
        return 0
    return None


def _place(cla: int, ins: int) -> tuple[int, int]:
    """Class and instruction, the class without channel, chaining and secure messaging."""
    if cla == READER:
        return cla, ins
    if cla < 0x80:
        return 0, ins
    return cla & 0xF0, ins


@cache
def _instructions() -> frozenset[tuple[int, int]]:
    """Classes and instructions that rows of any application know."""
    places = set()
    for name in shipped():
        for address, _ in load(name).of_kind("command"):
            place = bytes.fromhex(address.place)
            places.add(_place(place[0], place[1]))
    return frozenset(places)


def continues(header: bytes, command: Command) -> bool:
    """Whether a header sends a command again, goes on with it, or asks for the rest of its answer."""
    if len(header) < HEADER:
        return False
    if header[1:4] == bytes((GET_RESPONSE, 0, 0)):
        return True
    is_same = header[1:4] == command.raw[1:4]
    return is_same and (header[0] ^ command.cla) & ~CHAINED == 0
