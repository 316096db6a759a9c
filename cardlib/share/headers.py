# SPDX-License-Identifier: MIT
"""Which headers of commands may be copied: of a command that rows know, and that is as long as it says.

After damage anything can stand where a header is expected: a PIN, a part of a key. What does not prove itself a header
is closed.
"""

from __future__ import annotations

from functools import cache

from ..apps import chips, facts_of
from ..apps.instructions import GET_RESPONSE, READER
from ..core.addresses import parameters_of
from ..core.facts import Facts, named_instructions
from ..core.model import Command, Exchange

HEADER = 5  # bytes of CLA, INS, P1, P2 and P3
MOST_OF_QUESTION = 1  # P1 of VERIFY, ENABLE and DISABLE (ISO/IEC 7816-4, 11.5.6 to 11.5.9)
OUTGOING = 2  # the case of a command that only asks for data
INCOMING = 3  # the case of a command that only sends data (ISO/IEC 7816-3, 12.1.2)
RESERVED, RESERVED_CLASS = 0xE0, 0x20  # classes 2X and 3X (5.4.1)
FURTHER, FURTHER_CLASS = 0xC0, 0x40  # classes 4X to 7X, channels 4 to 19 (5.4.1)
CLASS_AND_CHANNEL = 0xB3  # bits of CLA: 0X to 3X and 8X to BX, channels 0 to 3 (5.4.1)
CHAINED = 0x10  # the bit of CLA for a command that is continued (ISO/IEC 7816-4, 5.4.1)


def is_sure(exchange: Exchange) -> bool:
    """Whether rows know a command, and its lengths fit."""
    command = exchange.command
    if command is None or command.error:
        return False
    facts = facts_of(exchange.context)
    if command.protocol != "apdu":
        return _is_native(command, facts)
    if command.cla & RESERVED == RESERVED_CLASS or not _is_known(command, facts):
        return False
    if command.data:
        return has_fitting_data(exchange) and not _is_stray_unit(exchange)
    # No Lc proves this header: its class, its case and its answer must fit.
    row = facts.command(command.cla, command.ins, parameters_of(command))
    if row is not None and row.case == INCOMING and not _is_question(command):
        return False
    is_plain = command.cla == READER or command.cla & ~CLASS_AND_CHANNEL == 0
    return is_plain and _has_fitting_answer(exchange)


def _is_native(command: Command, facts: Facts) -> bool:
    """Whether a row knows the command of a chip; one that has no data has none, or it is a part of something else."""
    row = chips.row_of(command, facts)
    return row is not None and not (row.case == OUTGOING and command.data)


def _is_known(command: Command, facts: Facts) -> bool:
    """Whether a row of the application names a command or its answer; with data, a row of any application will do."""
    parameters = parameters_of(command)
    if facts.command(command.cla, command.ins, parameters) is not None:
        return True
    if facts.answer(command.cla, command.ins, parameters) is not None:
        return True
    return bool(command.data) and _place(command.cla, command.ins) in _named_places()


def _is_question(command: Command) -> bool:
    """Whether a command that sends data may have none: one about a PIN, to ask how many tries are left (11.5.6)."""
    has_length = len(command.raw) == HEADER and command.raw[-1] != 0
    return not has_length and command.p1 <= MOST_OF_QUESTION


def _has_fitting_answer(exchange: Exchange) -> bool:
    """Whether the answer to a command without data has a status word, and no more data than were asked for."""
    command, response = exchange.command, exchange.response
    if command is None or response is None:
        return True
    if response.sw is None:
        return False
    size = len(response.data)
    if command.le is None or len(response.pieces) > 1:
        return True
    if _is_unit(exchange) and size and command.raw[-1]:
        return size == command.le  # T=0: P3 says how many bytes come (ISO/IEC 7816-3, 12.2.3)
    return size <= command.le


def _is_unit(exchange: Exchange) -> bool:
    """Whether command and answer came as one unit of T=0, which has data one way."""
    return len(exchange.frames) == 1 and exchange.frames[0].sender == "both"


def _is_stray_unit(exchange: Exchange) -> bool:
    """Whether a unit of T=0 is for a channel from 4 on on which nothing was selected: its Lc fits by chance."""
    command = exchange.command
    if command is None or not _is_unit(exchange):
        return False
    return command.cla & FURTHER == FURTHER_CLASS and exchange.context.how != "selected"


def has_fitting_data(exchange: Exchange) -> bool:
    """Whether a command has data, as many as its Lc says."""
    command, response = exchange.command, exchange.response
    if command is None or command.error or not command.data:
        return False
    if command.protocol != "apdu":
        return _is_native(command, facts_of(exchange.context))
    return not (_is_unit(exchange) and response and response.data)


def _place(cla: int, ins: int) -> tuple[int, int]:
    """Class and instruction, the class without channel, chaining and secure messaging."""
    if cla == READER:
        return cla, ins
    if cla < 0x80:
        return 0, ins
    return cla & 0xF0, ins


@cache
def _named_places() -> frozenset[tuple[int, int]]:
    """Classes and instructions that rows of any application know."""
    return frozenset(_place(cla, ins) for cla, ins in named_instructions())


def continues(header: bytes, command: Command) -> bool:
    """Whether a header sends a command again, goes on with it, or asks for the rest of its answer."""
    if len(header) < HEADER:
        return False
    if header[1:4] == bytes((GET_RESPONSE, 0, 0)):
        return True
    is_same = header[1:4] == command.raw[1:4]
    return is_same and (header[0] ^ command.cla) & ~CHAINED == 0
