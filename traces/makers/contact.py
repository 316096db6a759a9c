# SPDX-License-Identifier: MIT
"""How a card of telecommunication speaks T=0: data wait for GET RESPONSE (ETSI TS 102 221, 7.3.1.1)."""

from __future__ import annotations

from abc import ABC, abstractmethod

from cardlib.core.apdu import parse_command
from cardlib.core.model import Command

Answer = tuple[bytes, int]
OK, WRONG_LENGTH, UNKNOWN = 0x9000, 0x6700, 0x6D00
GET_RESPONSE = 0xC0
SHORTEST, MOST_AT_ONCE = 4, 256


class Contact(ABC):
    """A card whose answers to commands with data wait, and come in pieces; `perform` does the work."""

    waiting = b""

    @abstractmethod
    def perform(self, command: Command) -> Answer:
        """Data and status word of a command that is whole."""

    def status_of(self, sw: int) -> int:
        """The status word as it is said when an answer is complete."""
        return sw

    def answer(self, raw: bytes) -> bytes:
        """What the card answers, with the status word."""
        if len(raw) < SHORTEST:
            return WRONG_LENGTH.to_bytes(2)
        command = parse_command(raw)
        if command.ins == GET_RESPONSE:
            return self._next_piece(command.le or 0)
        self.waiting = b""
        if command.error:
            return WRONG_LENGTH.to_bytes(2)
        data, sw = self.perform(command)
        if data and command.data and sw == OK:
            self.waiting = data
            return self._more()
        return data + self.status_of(sw).to_bytes(2)

    def _more(self) -> bytes:
        """How much waits; 00 is 256 bytes or more."""
        size = min(len(self.waiting), MOST_AT_ONCE)
        return bytes((0x61, size & 0xFF))

    def _next_piece(self, size: int) -> bytes:
        piece = self.waiting[:size]
        self.waiting = self.waiting[size:]
        if self.waiting:
            return piece + self._more()
        return piece + self.status_of(OK).to_bytes(2)
