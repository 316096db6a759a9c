# SPDX-License-Identifier: MIT
"""An NTAG213 in software: pages, a counter of reads, a password (NXP NTAG213_215_216 data sheet)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import xor

PAGES, PAGE = 45, 4
VERSION = bytes.fromhex("0004040201000F03")
NDEF_AT, LOCKS, PROTECTION, ACCESS, PASSWORD, PACK = 4, 0x28, 0x29, 0x2A, 0x2B, 0x2C
COUNTER_ON = 0x10  # of the access byte: each first READ counts
ACK, NAK = b"\x0a", b"\x00"


@dataclass
class Ntag213:
    """The tag; `first_protected` is the page from which on a password is needed to write, 255 for none."""

    uid: bytes
    message: bytes
    password: bytes
    pack: bytes
    first_protected: int = 0xFF
    locked: bool = False
    tries: int = 0  # wrong passwords at most; 0 for no limit
    count: int = 0
    proved: bool = False
    counted: bool = False

    def __post_init__(self) -> None:
        self.memory = bytearray(PAGES * PAGE)
        first = self.uid[:3] + bytes([reduce(xor, b"\x88" + self.uid[:3])])
        last = bytes([reduce(xor, self.uid[3:])]) + b"\x48"
        lock = b"\xff\xff" if self.locked else b"\x00\x00"
        container = b"\xe1\x10\x12" + (b"\x0f" if self.locked else b"\x00")
        self._put(0, first + self.uid[3:] + last + lock + container)
        self._put(NDEF_AT, b"\x03" + bytes([len(self.message)]) + self.message + b"\xfe")
        dynamic = b"\xff\x0f\x00" if self.locked else bytes(3)
        self._put(LOCKS, dynamic + b"\xbd")
        self._put(PROTECTION, b"\x04\x00\x00" + bytes([self.first_protected]))
        self._put(ACCESS, bytes([COUNTER_ON | self.tries]) + bytes(3))

    def _put(self, page: int, data: bytes) -> None:
        self.memory[page * PAGE : page * PAGE + len(data)] = data

    def power_on(self) -> None:
        """The tag comes into the field."""
        self.proved = self.counted = False

    def answer(self, command: bytes) -> bytes:
        """What the tag answers; ACK and NAK are four bits."""
        code = command[0]
        if code == 0x60:
            return VERSION
        if code == 0x30:
            return self._read(command[1])
        if code == 0x3A:
            first, last = command[1] * PAGE, (command[2] + 1) * PAGE
            return bytes(self.memory[first:last])
        if code == 0x39:
            return self.count.to_bytes(3, "little")
        if code == 0x1B:
            return self._authenticate(command[1:])
        if code == 0xA2:
            return self._write(command[1], command[2:])
        return NAK

    def _read(self, page: int) -> bytes:
        if not self.counted:
            self.count += 1
            self.counted = True
        twice = self.memory + self.memory
        return bytes(twice[page * PAGE : page * PAGE + 4 * PAGE])

    def _authenticate(self, password: bytes) -> bytes:
        if password != self.password:
            return NAK
        self.proved = True
        return self.pack

    def _write(self, page: int, data: bytes) -> bytes:
        is_closed = self.locked or (page >= self.first_protected and not self.proved)
        if is_closed:
            return NAK
        self._put(page, data)
        return ACK
