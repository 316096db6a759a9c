# SPDX-License-Identifier: MIT
"""Which cells of the memory of a chip a command reads or writes: pages, blocks, blocks of a service.

`cells_of` gives the cells in a half of an exchange. Most commands say which cell is the first, and the size of the
answer says how many there are.
"""

from __future__ import annotations

from collections.abc import Callable

from ..core.apdu import data_start
from ..core.model import Command, Context, Protocol, Response, record
from . import desfire, requests
from .instructions import READ_BINARY, READER, UPDATE_BINARY

PAGE = 4  # bytes, of a type 2 tag
CLASSIC_BLOCK = FELICA_BLOCK = 16
_PICO_BLOCK = 8


@record
class Cells:
    """Cells in a half: what one is called, its size, the number of the first, where they stand in the half.

    service: of FeliCa, the code of the service that the blocks belong to.
    """

    unit: str
    size: int
    first: int
    start: int
    stop: int
    service: int = 0

    @property
    def numbers(self) -> range:
        """The numbers of the cells."""
        return range(self.first, self.first + (self.stop - self.start) // self.size)

    def place(self, number: int) -> int:
        """Where in the half a cell begins; it may be one that is not there."""
        return self.start + (number - self.first) * self.size


_Find = Callable[[Command, Response], Cells | None]
_FindWritten = Callable[[Command], Cells | None]


def _of_answer(unit: str, size: int) -> _Find:
    """Cells that fill an answer; the first byte behind the code says which is the first."""

    def find(command: Command, response: Response) -> Cells | None:
        if not command.data or len(response.raw) % size:
            return None
        return Cells(unit, size, command.data[0], 0, len(response.raw))

    return find


def _page_written(command: Command) -> Cells | None:
    if len(command.data) != 1 + PAGE:
        return None
    return Cells("page", PAGE, command.data[0], 2, len(command.raw))


def _vicinity_read(command: Command, response: Response) -> Cells | None:
    """Blocks of ISO/IEC 15693-3, 10.4: how many were asked for says how large one is."""
    numbers = requests.blocks_of(command)
    if not numbers or not response.data:
        return None
    size, rest = divmod(len(response.data), len(numbers))
    if rest or requests.has_option(command):  # a security status stands before each block
        return None
    return Cells("block", size, numbers[0], 1, len(response.raw))


def _vicinity_written(command: Command) -> Cells | None:
    numbers = requests.blocks_of(command)
    start = requests.after_address(command) + 1
    if not numbers or start >= len(command.raw):
        return None
    return Cells("block", len(command.raw) - start, numbers[0], start, len(command.raw))


def _felica_read(command: Command, response: Response) -> Cells | None:
    """Blocks of one service that follow each other; others are no row of cells."""
    asked = list(requests.felica_blocks(command))
    start = requests.BEFORE_BLOCKS
    if not asked or len(response.raw) != start + FELICA_BLOCK * len(asked):
        return None
    service, first = asked[0]
    if asked != [(service, first + count) for count in range(len(asked))]:
        return None
    return Cells("block", FELICA_BLOCK, first, start, len(response.raw), service)


_READS: dict[tuple[Protocol, int], _Find] = {
    ("ultralight", 0x30): _of_answer("page", PAGE),
    ("ultralight", 0x3A): _of_answer("page", PAGE),
    ("classic", 0x30): _of_answer("block", CLASSIC_BLOCK),
    ("picopass", 0x0C): _of_answer("block", _PICO_BLOCK),
    ("picopass", 0x06): _of_answer("block", _PICO_BLOCK),
    ("picopass", 0x88): _of_answer("block", _PICO_BLOCK),
    ("iso15693", 0x20): _vicinity_read,
    ("iso15693", 0x23): _vicinity_read,
    ("felica", 0x06): _felica_read,
}
_WRITES: dict[tuple[Protocol, int], _FindWritten] = {
    ("ultralight", 0xA2): _page_written,
    ("iso15693", 0x21): _vicinity_written,
}
# What a reader reads and writes with FF B0 and FF D6 (PC/SC part 3, 3.2.2)
_THROUGH_READER = {"classic": ("block", CLASSIC_BLOCK), "ultralight": ("page", PAGE)}


def cells_read(context: Context, command: Command, response: Response) -> Cells | None:
    """The cells that an answer holds."""
    if command.cla == READER and command.ins == READ_BINARY:
        return _through_reader(context, command, 0, len(response.data))
    find = _READS.get((command.protocol, command.code))
    if find is None or response.status:
        return None
    return find(command, response)


def cells_written(context: Context, command: Command) -> Cells | None:
    """The cells that a command writes."""
    if command.cla == READER and command.ins == UPDATE_BINARY:
        return _through_reader(context, command, data_start(command), len(command.data))
    find = _WRITES.get((command.protocol, command.code))
    if find is None:
        return None
    return find(command)


def _through_reader(context: Context, command: Command, start: int, size: int) -> Cells | None:
    unit, cell = _THROUGH_READER.get(context.application, ("", 1))
    if not unit or not size or size % cell:
        return None
    first = command.p1 << 8 | command.p2
    return Cells(unit, cell, first, start, start + size)


@record
class Subject:
    """What a command is about: pages, blocks or files of a chip, which, and whether they are written."""

    unit: str
    numbers: tuple[int, ...]
    is_write: bool


def subject_of(context: Context, command: Command, response: Response | None) -> Subject | None:
    """What a command of a chip reads or writes; None for those that do neither, and where it cannot be told."""
    if command.cla == desfire.CLASS:
        return _file_of_desfire(context, command)
    written = cells_written(context, command)
    if written:
        return Subject(written.unit, tuple(written.numbers), True)
    if response is None:
        return None
    read = cells_read(context, command, response)
    if read is None:
        return None
    return Subject(read.unit, tuple(read.numbers), False)


def _file_of_desfire(context: Context, command: Command) -> Subject | None:
    is_write = command.ins in desfire.WRITES
    is_of_file = is_write or command.ins in desfire.READS
    if not is_of_file or not command.data or context.application not in desfire.APPLICATIONS:
        return None
    return Subject("file", (command.data[0],), is_write)
