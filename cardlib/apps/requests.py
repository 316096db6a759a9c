# SPDX-License-Identifier: MIT
"""Which blocks a request of ISO/IEC 15693 or FeliCa asks for."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.model import Command

ADDRESSED, OPTION = 0x20, 0x40  # of the request flags (ISO/IEC 15693-3, 7.3.1)
BEFORE_BLOCKS = 13  # in an answer of FeliCa: length, code, IDm, two status flags, number of blocks
_NUMBER_OF_CARD = 8  # bytes of a UID or IDm
_READ_MULTIPLE = 0x23
_SHORT_ELEMENT = 0x80  # of a block list: the block number has one byte (JIS X 6319-4)
_SERVICE = 0x0F  # which service of the list a block belongs to


def after_address(command: Command) -> int:
    """Where in a request of ISO/IEC 15693 the parameters begin: behind the UID, where it is addressed."""
    size = 2
    if command.raw and command.raw[0] & ADDRESSED:
        size += _NUMBER_OF_CARD
    return size


def has_option(command: Command) -> bool:
    """Whether a request asks for the security status of each block, too."""
    return bool(command.raw and command.raw[0] & OPTION)


def blocks_of(command: Command) -> range:
    """The blocks that a request of ISO/IEC 15693 reads or writes; empty where it does not say."""
    at = after_address(command)
    parameters = command.raw[at : at + 2]
    if not parameters:
        return range(0)
    first = parameters[0]
    if command.code != _READ_MULTIPLE:
        return range(first, first + 1)
    if len(parameters) < 2:
        return range(0)
    return range(first, first + parameters[1] + 1)  # the number is one less (10.4.3)


def felica_blocks(command: Command) -> Iterator[tuple[int, int]]:
    """Service and number of each block that Read Without Encryption asks for (JIS X 6319-4)."""
    data = command.data[_NUMBER_OF_CARD:]
    if not data:
        return
    stop = 1 + 2 * data[0]
    services = [int.from_bytes(data[at : at + 2], "little") for at in range(1, stop, 2)]
    block_list = data[stop:]
    count = int.from_bytes(block_list[:1])
    at = 1
    for _ in range(count):
        element = block_list[at : at + 3]
        order = int.from_bytes(element[:1]) & _SERVICE
        if len(element) < 2 or order >= len(services):
            return
        if element[0] & _SHORT_ELEMENT:
            yield services[order], element[1]
            at += 2
        else:
            yield services[order], int.from_bytes(element[1:3], "little")
            at += 3
