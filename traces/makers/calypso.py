# SPDX-License-Identifier: MIT
"""A Calypso card in software with records of Intercode, and the terminal with its SAM.

The signatures of sessions are made up: the algorithm is not public, so nothing here can be checked with a key. What is
true to a card is the order of commands, what a session allows, and that it counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from cardlib.core.facts import facts

AID = bytes.fromhex("A0000004040125090101")
STARTUP = bytes.fromhex("0A3C2005141001")
ENVIRONMENT, EVENTS, CONTRACTS = 0x07, 0x08, 0x1E
RECORD = 29
OK, NO_RECORD, NO_SESSION, UNKNOWN = "9000", "6A83", "6985", "6D00"
MOST = {ENVIRONMENT: 1, EVENTS: 3, CONTRACTS: 1}


def record(sfi: int, pairs: Iterable[Sequence[Any]]) -> bytes:
    """A record of Intercode from its fields."""
    row = facts("iso7816", "calypso", "intercode").file((f"sfi {sfi:02X}",))
    if row is None or row.layout is None:
        raise ValueError(f"no layout for file {sfi:02X}")
    built: bytes = row.layout.build(pairs)
    return built


@dataclass
class Card:
    """The card. A careless one lets records be written without a session."""

    serial: bytes
    files: dict[int, list[bytes]]
    seed: int
    counter: int = 0x00C350
    careless: bool = False
    in_session: bool = False
    kept: dict[int, list[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)

    def answer(self, command: bytes) -> bytes:
        """The R-APDU."""
        handlers = {
            0xA4: self._select,
            0xB2: self._read,
            0x8A: self._open,
            0xE2: self._append,
            0x8E: self._close,
        }
        handler = handlers.get(command[1])
        answer = handler(command) if handler else UNKNOWN
        return bytes.fromhex(answer)

    def _select(self, command: bytes) -> str:
        self.in_session = False
        inner = b"\xc7\x08" + self.serial + b"\x53\x07" + STARTUP
        inner = b"\xbf\x0c" + bytes([len(inner)]) + inner
        inside = b"\x84" + bytes([len(AID)]) + AID + b"\xa5" + bytes([len(inner)]) + inner
        return (b"\x6f" + bytes([len(inside)]) + inside).hex() + OK

    def _read(self, command: bytes) -> str:
        records = self.files.get(command[3] >> 3, [])
        if not 0 < command[2] <= len(records):
            return NO_RECORD
        return records[command[2] - 1].hex() + OK

    def _open(self, command: bytes) -> str:
        self.in_session = True
        self.kept = {sfi: list(records) for sfi, records in self.files.items()}
        self.counter -= 1
        fresh = self.random.randbytes(1)
        return (self.counter.to_bytes(3) + fresh + bytes.fromhex("00307900")).hex() + OK

    def _append(self, command: bytes) -> str:
        if not self.in_session and not self.careless:
            return NO_SESSION
        sfi = command[3] >> 3
        self.files[sfi] = [command[5:], *self.files[sfi]][: MOST[sfi]]
        return OK

    def _close(self, command: bytes) -> str:
        if not self.in_session:
            return NO_SESSION
        self.in_session = False
        if len(command) < 9:  # aborted: what was written is as before
            self.files = self.kept
            return OK
        return self.random.randbytes(4).hex() + OK


@dataclass
class Terminal:
    """A terminal with its SAM; a broken one gives the same challenge again."""

    seed: int
    repeats: bool = False

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.first = self.random.randbytes(4)

    def open(self) -> bytes:
        """OPEN SECURE SESSION with key 3, regular, no file."""
        challenge = self.first
        if not self.repeats:
            challenge = self.random.randbytes(4)
        return b"\x00\x8a\x03\x01\x04" + challenge + b"\x00"

    def close(self) -> bytes:
        """CLOSE SECURE SESSION, ratified at once."""
        return b"\x00\x8e\x80\x00\x04" + self.random.randbytes(4) + b"\x00"


def select() -> bytes:
    """SELECT of the application."""
    return b"\x00\xa4\x04\x00" + bytes([len(AID)]) + AID + b"\x00"


def read(sfi: int, number: int) -> bytes:
    """READ RECORD."""
    return bytes([0x00, 0xB2, number, sfi << 3 | 4, RECORD])


def append(sfi: int, content: bytes) -> bytes:
    """APPEND RECORD."""
    return bytes([0x00, 0xE2, 0x00, sfi << 3, len(content)]) + content
