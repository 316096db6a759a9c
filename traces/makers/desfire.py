# SPDX-License-Identifier: MIT
"""A MIFARE DESFire EV1 in software with one application, and the reader of a gate.

The card knows what the stories ask: its version, the authentications with AES and of the first DESFire, settings, a
standard file and a value file, MACs and cryptograms of EV1. Keys and numbers are made up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from cardlib.crypto.blocks import aes_decrypt, aes_encrypt, decrypt, encrypt, xor
from cardlib.crypto.desfire import MAC_SIZE, Ev1, crc32, ev1_key, turned

OK, MORE = b"\x00", b"\xaf"
NO_FILE, NO_APPLICATION, DENIED, WRONG_KEY, ILLEGAL = b"\xf0", b"\xa0", b"\x9d", b"\xae", b"\x1c"
PLAIN, MAC, ENCIPHERED = 0, 1, 3
FREE = 0xE
VALUE, STANDARD = 2, 0
HARDWARE, SOFTWARE = bytes.fromhex("04010101001805"), bytes.fromhex("04010101041805")
BATCH = bytes.fromhex("BA000000000126")  # batch, week 01 of 2026
AES_AUTHENTICATION, LEGACY_AUTHENTICATION = 0xAA, 0x0A


@dataclass
class File:
    """A file of the application: rights to read, to write, for both, and to change the settings."""

    kind: int
    protection: int
    rights: tuple[int, int, int, int]
    content: bytes = b""
    value: int = 0
    pending: int = 0

    def settings(self) -> bytes:
        """What GET FILE SETTINGS answers."""
        read, write, both, change = self.rights
        head = bytes([self.kind, self.protection, both << 4 | change, read << 4 | write])
        if self.kind == VALUE:
            limits = (0).to_bytes(4, "little") + (20_000).to_bytes(4, "little")
            return head + limits + bytes(4) + b"\x00"
        return head + len(self.content).to_bytes(3, "little")


@dataclass
class Card:
    """The card: commands and answers are those of the chip, code or status first."""

    uid: bytes
    application: bytes
    key: bytes
    files: dict[int, File]
    seed: int
    session: Ev1 | None = None
    waiting: bytes = b""
    selected: bool = False
    proved: bool = False
    parts: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)

    def answer(self, command: bytes) -> bytes:
        """What the card answers."""
        if command[0] == 0xAF:
            return self._more(command[1:])
        handlers = {
            0x60: self._version,
            0x5A: self._select,
            AES_AUTHENTICATION: self._begin,
            LEGACY_AUTHENTICATION: self._begin_legacy,
            0xF5: self._settings,
            0xBD: self._read,
            0x6C: self._value,
            0x0C: self._change,
            0xDC: self._change,
            0xC7: self._commit,
        }
        handler = handlers.get(command[0])
        if handler is None:
            return ILLEGAL
        return handler(command)

    def _version(self, command: bytes) -> bytes:
        self.parts = [SOFTWARE, self.uid + BATCH]
        return MORE + HARDWARE

    def _more(self, data: bytes) -> bytes:
        if self.parts:
            part = self.parts.pop(0)
            return (MORE if self.parts else OK) + part
        if len(self.waiting) == 16:
            return self._prove(data)
        return self._prove_legacy(data)

    def _select(self, command: bytes) -> bytes:
        self.session, self.proved = None, False
        self.selected = command[1:] == self.application
        return OK if self.selected else NO_APPLICATION

    def _begin(self, command: bytes) -> bytes:
        self.number = self.random.randbytes(16)
        self.waiting = aes_encrypt(self.key, self.number, bytes(16))
        return MORE + self.waiting

    def _prove(self, data: bytes) -> bytes:
        numbers = aes_decrypt(self.key, data, self.waiting)
        if numbers[16:] != turned(self.number):
            return WRONG_KEY
        reader = numbers[:16]
        self.session = Ev1("AES", ev1_key("AES", self.key, reader, self.number))
        self.proved = True
        return OK + aes_encrypt(self.key, turned(reader), data[-16:])

    def _begin_legacy(self, command: bytes) -> bytes:
        self.number = self.random.randbytes(8)
        self.waiting = encrypt(self.key, self.number)
        return MORE + self.waiting

    def _prove_legacy(self, data: bytes) -> bytes:
        reader = encrypt(self.key, data[:8])
        if xor(encrypt(self.key, data[8:]), data[:8]) != turned(self.number):
            return WRONG_KEY
        self.proved = True
        return OK + encrypt(self.key, turned(reader))

    def _settings(self, command: bytes) -> bytes:
        file = self.files.get(command[1])
        if file is None:
            return NO_FILE
        return self._sent(command, file.settings(), PLAIN)

    def _read(self, command: bytes) -> bytes:
        file = self.files[command[1]]
        return self._sent(command, file.content, file.protection)

    def _value(self, command: bytes) -> bytes:
        file = self.files[command[1]]
        return self._sent(command, file.value.to_bytes(4, "little"), file.protection)

    def _sent(self, command: bytes, data: bytes, protection: int) -> bytes:
        """An answer with its MAC or enciphered, in a session; in clear without one."""
        if self.session is None:
            return OK + data
        _, state = self.session.mac(command)
        if protection == ENCIPHERED:
            plain = data + crc32(data + OK)
            cryptogram, self.session = state.encipher(plain + bytes(-len(plain) % 16))
            return OK + cryptogram
        mac, self.session = state.mac(data + OK)
        return OK + data + mac

    def _change(self, command: bytes) -> bytes:
        """CREDIT or DEBIT: the amount may be enciphered; it counts from COMMIT TRANSACTION on."""
        file = self.files[command[1]]
        if not self.proved and FREE not in file.rights[:3]:
            return DENIED
        amount, state = command[2:], self.session
        if state is not None:
            plain, state = state.decipher(command[2:])
            amount = plain[:4]
            if plain[4:8] != crc32(command[:2] + amount):
                return WRONG_KEY
        sign = 1 if command[0] == 0x0C else -1
        file.pending += sign * int.from_bytes(amount, "little")
        return self._done(state)

    def _commit(self, command: bytes) -> bytes:
        for file in self.files.values():
            file.value += file.pending
            file.pending = 0
        state = self.session
        if state is not None:
            _, state = state.mac(command)
        return self._done(state)

    def _done(self, state: Ev1 | None) -> bytes:
        if state is None:
            return OK
        mac, self.session = state.mac(OK)
        return OK + mac


@dataclass
class Gate:
    """The reader's side of an authentication, and its session."""

    key: bytes
    seed: int
    session: Ev1 | None = None

    def __post_init__(self) -> None:
        self.number = Random(self.seed).randbytes(16)

    def proof(self, challenge: bytes) -> bytes:
        """The answer to the challenge of AUTHENTICATE AES; the session begins."""
        card = aes_decrypt(self.key, challenge, bytes(16))
        self.session = Ev1("AES", ev1_key("AES", self.key, self.number, card))
        return aes_encrypt(self.key, self.number + turned(card), challenge)

    def legacy_proof(self, challenge: bytes) -> bytes:
        """The answer to the challenge of the first DESFire: the reader deciphers."""
        first = decrypt(self.key, self.number[:8])
        second = decrypt(self.key, xor(turned(decrypt(self.key, challenge)), first))
        return first + second

    def follow(self, command: bytes, answer: bytes) -> None:
        """Keep the initial value of the session at pace with what was sent and answered in clear."""
        if self.session is None:
            return
        _, state = self.session.mac(command)
        self.session = self._behind(state, answer[1:])

    def _behind(self, state: Ev1, data: bytes) -> Ev1:
        mac, after = state.mac(data[:-MAC_SIZE] + OK)
        if mac == data[-MAC_SIZE:]:
            return after
        return state.behind(data)

    def amount(self, head: bytes, cents: int) -> bytes:
        """The data of CREDIT or DEBIT behind `head`, enciphered."""
        if self.session is None:
            return cents.to_bytes(4, "little")
        number = cents.to_bytes(4, "little")
        plain = number + crc32(head + number) + bytes(8)
        cryptogram, self.session = self.session.encipher(plain)
        return cryptogram

    def accept(self, answer: bytes) -> None:
        """Follow the MAC of an answer to an enciphered command."""
        if self.session is not None:
            self.session = self._behind(self.session, answer[1:])
