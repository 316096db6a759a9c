# SPDX-License-Identifier: MIT
"""What all tokens in software share: chained commands, long answers in pieces, PINs with a counter (ISO/IEC 7816-4)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import reduce
from operator import xor

from cardlib.core.apdu import is_chained, parse_command
from cardlib.core.model import Command

OK, WRONG_LENGTH, NO_RIGHT, BLOCKED = 0x9000, 0x6700, 0x6982, 0x6983
WRONG_DATA, NOT_FOUND, WRONG_PARAMETERS, WRONG_REFERENCE = 0x6A80, 0x6A82, 0x6A86, 0x6A88
BEYOND, UNKNOWN, NO_CLASS = 0x6B00, 0x6D00, 0x6E00
PIN_WRONG, MORE = 0x63C0, 0x6100
GET_RESPONSE = 0xC0
SHORT_ANSWER = 256  # bytes that an answer to a short command has room for
CHAINED = 0x10  # in the class: more of the data field follows (ISO/IEC 7816-4, 5.3.3)
Answer = tuple[bytes, int]


@dataclass
class Secret:
    """A PIN: its value as it is sent, how many tries are left, and whether it was given."""

    value: bytes
    limit: int = 3
    left: int = 3
    given: bool = False

    def verify(self, value: bytes) -> int:
        """The status word for a try (ISO/IEC 7816-4, 11.6.6)."""
        self.given = False
        if not self.left:
            return BLOCKED
        if value != self.value:
            self.left -= 1
            return PIN_WRONG | self.left
        self.left = self.limit
        self.given = True
        return OK

    def asked(self) -> int:
        """The status word for VERIFY without data: given, or how many tries are left."""
        if self.given:
            return OK
        if not self.left:
            return BLOCKED
        return PIN_WRONG | self.left


class Token(ABC):
    """A card that is asked a command at a time; `handle` of a kind of token says what it does."""

    atr = b""

    def __init__(self) -> None:
        self.before = b""  # data of a chain that is not complete
        self.waiting = b""  # the rest of a long answer

    def power_on(self) -> bytes:
        """Begin a session."""
        self.before, self.waiting = b"", b""
        self.reset()
        return self.atr

    def reset(self) -> None:  # noqa: B027 - a token without a state has nothing to forget
        """Forget what the session before has selected and verified."""

    @abstractmethod
    def handle(self, command: Command) -> Answer:
        """The whole answer to a whole command, and its status word."""

    def answer(self, raw: bytes) -> bytes:
        """What goes over the wire: chained data are put together, long answers are cut."""
        command = parse_command(raw)
        if command.error:
            return status(WRONG_LENGTH)
        if command.ins == GET_RESPONSE:
            return self._piece(command.le or SHORT_ANSWER)
        self.waiting = b""
        if is_chained(command.cla):
            self.before += command.data
            return status(OK)
        whole = replace(command, data=self.before + command.data)
        self.before = b""
        self.waiting, word = self.handle(whole)
        if word != OK or not self.waiting:
            answered, self.waiting = self.waiting, b""
            return answered + status(word)
        return self._piece(command.le or SHORT_ANSWER)

    def _piece(self, size: int) -> bytes:
        """The next bytes of the answer; 61xx says that more are waiting."""
        piece, self.waiting = self.waiting[:size], self.waiting[size:]
        if not self.waiting:
            return piece + status(OK)
        return piece + status(MORE | min(len(self.waiting), SHORT_ANSWER) & 0xFF)


def status(word: int) -> bytes:
    """The two bytes of a status word."""
    return word.to_bytes(2)


def answer_to_reset(historical: bytes) -> bytes:
    """An ATR that offers T=1 alone, with its check byte (ISO/IEC 7816-3, 8.2)."""
    body = bytes((0x80 | len(historical), 0x01)) + historical
    return b"\x3b" + body + bytes((reduce(xor, body),))
