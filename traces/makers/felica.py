# SPDX-License-Identifier: MIT
"""A FeliCa transport card in software, like Suica: polling, and a history that everybody may read (JIS X 6319-4)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

SYSTEM, HISTORY = 0x0003, 0x090F
MOST = 20  # blocks of the history
DONE, REFUSED, WRONG_SERVICE = b"\x00\x00", b"\xff", b"\xa6"
POLLING, REQUEST_SERVICE, READ, WRITE = 0x00, 0x02, 0x06, 0x08
ONE_SERVICE = b"\x01" + HISTORY.to_bytes(2, "little")
SHOP, MACHINE, GATE = 0xC7, 0x08, 0x16
RIDE, LOAD, PURCHASE = 0x01, 0x02, 0x46


@dataclass(frozen=True)
class Entry:
    """A record of the history: what happened, where, and what is left."""

    terminal: int
    process: int
    day: tuple[int, int, int]  # year from 2000 on, month, day
    places: bytes  # line and station of entry and exit, or the time and the till
    balance: int
    serial: int

    def block(self) -> bytes:
        """The record in 16 bytes."""
        year, month, day = self.day
        date = year << 9 | month << 5 | day
        block = bytes([self.terminal, self.process, 0, 0])
        block += date.to_bytes(2)
        block += self.places
        block += self.balance.to_bytes(2, "little")
        block += b"\0"
        block += self.serial.to_bytes(2)
        return block + b"\0"


@dataclass
class Card:
    """The card; `open_to_all` lets anyone write the history, as no card of this kind does."""

    idm: bytes
    pmm: bytes
    history: list[Entry] = field(default_factory=list)  # the newest first
    open_to_all: bool = False

    def ride(self, entry: Entry) -> None:
        """A record more."""
        self.history = [entry, *self.history][:MOST]

    def answer(self, command: bytes) -> bytes:
        """What the card answers; command and answer begin with their length."""
        body = self._body(command[1], command[2:])
        return with_length(body)

    def _body(self, code: int, data: bytes) -> bytes:
        if code == POLLING:
            return self._polled(data[2] == 1)
        if code == REQUEST_SERVICE:
            return b"\x03" + self.idm + b"\x01\x01\x00"
        if code == READ:
            return b"\x07" + self.idm + self._read(data[8:])
        return b"\x09" + self.idm + self._write(data[8:])

    def _polled(self, asks_system: bool) -> bytes:
        answer = b"\x01" + self.idm + self.pmm
        if asks_system:
            answer += SYSTEM.to_bytes(2)
        return answer

    def _read(self, asked: bytes) -> bytes:
        if asked[1:3] != HISTORY.to_bytes(2, "little"):
            return REFUSED + WRONG_SERVICE
        numbers = asked[5::2]
        blocks = b"".join(self.history[number].block() for number in numbers)
        return DONE + bytes([len(numbers)]) + blocks

    def _write(self, asked: bytes) -> bytes:
        if not self.open_to_all:
            return REFUSED + WRONG_SERVICE
        number = asked[5]
        balance = asked[16:18]  # of the block, which begins at 6
        left = int.from_bytes(balance, "little")
        entry = self.history[number]
        self.history[number] = replace(entry, balance=left)
        return DONE


def polling(asks_system: bool) -> bytes:
    """Polling for the system of the card."""
    return b"\x06\x00" + SYSTEM.to_bytes(2) + bytes([asks_system, 0])


def with_length(body: bytes) -> bytes:
    """A command or answer with its length, which counts itself."""
    return bytes([len(body) + 1]) + body


def request_service(idm: bytes) -> bytes:
    """Whether the card has the history."""
    return with_length(b"\x02" + idm + ONE_SERVICE)


def read(idm: bytes, first: int, count: int) -> bytes:
    """Read Without Encryption of blocks of the history."""
    body = b"\x06" + idm + ONE_SERVICE + bytes([count])
    for number in range(first, first + count):
        body += bytes([0x80, number])
    return with_length(body)


def write(idm: bytes, number: int, block: bytes) -> bytes:
    """Write Without Encryption of a block of the history."""
    body = b"\x08" + idm + ONE_SERVICE + bytes([1, 0x80, number])
    return with_length(body + block)
