# SPDX-License-Identifier: MIT
"""How a travel document was opened, and which of its files were read, from the exchanges as keys opened them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...apps import facts_of, files
from ...apps.instructions import (
    AGREE,
    EXTERNAL_AUTHENTICATE,
    INTERNAL_AUTHENTICATE,
    MANAGE_SECURITY,
    READ_BINARY,
    accepted,
)
from ...core import tlv
from ...core.errors import NotVerifiable
from ...core.model import Exchange, record
from ...core.secure import is_protected
from ...crypto.bac import AUTHENTICATION_SIZE
from ...crypto.pace import method_of
from ...road.agree import SET_AT
from ...road.unlock import in_clear

COM, SOD, KEY_FILE = "EF.COM", "EF.SOD", "EF.DG15"
_DONE = 0x9000  # a chip refuses with 6300, which is a warning elsewhere


@record
class Access:
    """How the chip was opened: the protocol, its exchanges, whether the chip accepted it."""

    protocol: str
    exchanges: tuple[Exchange, ...]
    went_well: bool


@record
class FileRead:
    """A file as far as it was read in one go: its name, its bytes, how many it says it has, its exchanges."""

    name: str
    content: bytes
    declared: int
    exchanges: tuple[Exchange, ...]

    @property
    def is_whole(self) -> bool:
        return 0 < self.declared <= len(self.content)

    @property
    def value(self) -> bytes:
        """The file without what was read behind its end."""
        return self.content[: self.declared]

    @property
    def duration_ns(self) -> int | None:
        """How long its exchanges took; None where one has no times."""
        total = 0
        for exchange in self.exchanges:
            if exchange.duration_ns is None:
                return None
            total += exchange.duration_ns
        return total


def group_of(name: str) -> int:
    """The number of a data group by the name of its file; 0 for other files."""
    digits = name.removeprefix("EF.DG")
    if digits == name or not digits.isdecimal():
        return 0
    return int(digits)


class _Reading:
    """A file while it is read, from its beginning on."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.content = bytearray()
        self.exchanges: list[Exchange] = []

    def add(self, data: bytes, exchange: Exchange) -> None:
        self.content += data
        self.exchanges.append(exchange)

    def result(self) -> FileRead:
        content = bytes(self.content)
        return FileRead(self.name, content, _declared(content), tuple(self.exchanges))


def file_reads(exchanges: Iterable[Exchange]) -> list[FileRead]:
    """The files that were read, in the order of time; a file that is begun again counts again."""
    readings: list[_Reading] = []
    for exchange in exchanges:
        clear = in_clear(exchange)
        command, response = clear.command, clear.response
        if command is None or response is None or command.ins != READ_BINARY:
            continue
        if is_protected(command) or not accepted(response):
            continue
        place = files.place_of(exchange.context, command)
        if place is None:
            continue
        fact = facts_of(exchange.context).file(place.path)
        name = fact.name.partition(" (")[0] if fact else f"file {place.path[-1]}"
        if place.offset == 0:
            readings.append(_Reading(name))
        elif not readings or not _goes_on(readings[-1], name, place.offset):
            continue
        readings[-1].add(response.data, exchange)
    return [reading.result() for reading in readings]


def _goes_on(reading: _Reading, name: str, offset: int) -> bool:
    """Whether a piece of a file is the one that follows what was read."""
    return reading.name == name and len(reading.content) == offset


def _declared(content: bytes) -> int:
    """The size of a file by the tag and length that it begins with; 0 where they are not whole."""
    if len(content) < 2:
        return 0
    first = content[1]
    if first < 0x80:
        return 2 + first
    size = first & 0x7F
    head = content[2 : 2 + size]
    if not 0 < size <= 4 or len(head) < size:
        return 0
    return 2 + size + int.from_bytes(head)


def access_of(exchanges: Sequence[Exchange], before: Iterable[Exchange]) -> Access | None:
    """The last protocol that opened the chip, or tried to: in the act, or just before it."""
    return _basic_access(exchanges) or _pace([*before, *exchanges])


def _basic_access(exchanges: Iterable[Exchange]) -> Access | None:
    found = None
    for exchange in exchanges:
        command, response = exchange.command, exchange.response
        if command is None or is_protected(command) or command.ins != EXTERNAL_AUTHENTICATE:
            continue
        if len(command.data) == AUTHENTICATION_SIZE:
            went_well = response is not None and response.sw == _DONE
            found = Access("basic access control", (exchange,), went_well)
    return found


def _pace(exchanges: Iterable[Exchange]) -> Access | None:
    """PACE: the method that was set, and whether the chip gave its token."""
    found = None
    steps: list[Exchange] = []
    protocol = ""
    for exchange in exchanges:
        command, response = exchange.command, exchange.response
        if command is None or is_protected(command):
            continue
        if command.ins == MANAGE_SECURITY and (command.p1, command.p2) == SET_AT:
            protocol = _title(command.data)
            steps = [exchange]
        elif command.ins == AGREE and protocol:
            steps.append(exchange)
            gave_token = response is not None and bool(tlv.first(response.data, "86"))
            found = Access(protocol, tuple(steps), gave_token)
    return found


def _title(data: bytes) -> str:
    try:
        return method_of(tlv.first(data, "80").get("80", b"")).title
    except NotVerifiable:
        return "an unknown method of mutual authentication"


def challenges(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """The exchanges of active authentication that the chip answered, as they are in clear."""
    answered = []
    for exchange in exchanges:
        clear = in_clear(exchange)
        command, response = clear.command, clear.response
        if command is None or response is None or command.ins != INTERNAL_AUTHENTICATE:
            continue
        if not is_protected(command) and accepted(response) and response.data:
            answered.append(exchange)
    return answered


def shut(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """The exchanges under secure messaging that no key opened."""
    closed = []
    for exchange in exchanges:
        command = in_clear(exchange).command
        if command is not None and is_protected(command):
            closed.append(exchange)
    return closed
