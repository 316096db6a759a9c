# SPDX-License-Identifier: MIT
"""Cards that only store, as a PC/SC reader shows them: a MIFARE Classic 1K, an SLE4442 (PC/SC part 3; ACS manuals)."""

from __future__ import annotations

from dataclasses import dataclass, field

OK, FAILED, NOT_ALLOWED = "9000", "6300", "6982"
CLASSIC_ATR = "3B8F8001804F0CA000000306030001000000006A"
SLE4442_ATR = "3B04A2131091"
KEY_A, KEY_B = 0x60, 0x61
SECTOR, BLOCK = 4, 16
# Conditions C1 C2 C3 of blocks 0 to 2 and of the trailer (NXP MF1S50YYX_V1, 8.7)
DELIVERED = (0b000, 0b000, 0b000, 0b001)
PURSE = (0b110, 0b110, 0b100, 0b011)
RAISED_BY_B = 0b110


def access_bits(conditions: tuple[int, int, int, int]) -> bytes:
    """The three bytes of access conditions, each bit written twice."""
    bits = [0, 0, 0]
    for block, condition in enumerate(conditions):
        for place in range(3):
            bits[place] |= (condition >> 2 - place & 1) << block
    first, second, third = bits
    inverted = [15 - value for value in bits]
    return bytes([inverted[1] << 4 | inverted[0], first << 4 | inverted[2], third << 4 | second])


def value_block(value: int, address: int) -> bytes:
    """A value as it stands in its block: twice and once inverted, the address likewise."""
    number = value.to_bytes(4, "little", signed=True)
    inverse = bytes(byte ^ 0xFF for byte in number)
    place = bytes([address, address ^ 0xFF])
    return number + inverse + number + 2 * place


@dataclass
class Classic:
    """A MIFARE Classic through a reader, which has the keys at their numbers."""

    uid: bytes
    keys: dict[int, tuple[bytes, bytes]]
    conditions: dict[int, tuple[int, int, int, int]]
    blocks: dict[int, bytes]
    reader_keys: dict[int, bytes] = field(default_factory=dict)
    opened: tuple[int, int] = (-1, 0)

    def answer(self, command: bytes) -> str:
        """What the reader answers, in hex."""
        handlers = {
            0xCA: self._number,
            0x82: self._load,
            0x86: self._authenticate,
            0xB0: self._read,
            0xD7: self._change,
        }
        return handlers[command[1]](command)

    def _number(self, command: bytes) -> str:
        return self.uid.hex() + OK

    def _load(self, command: bytes) -> str:
        self.reader_keys[command[3]] = command[5:]
        return OK

    def _authenticate(self, command: bytes) -> str:
        block, kind, number = command[7], command[8], command[9]
        pair = self.keys[block // SECTOR]
        if self.reader_keys.get(number) != pair[kind - KEY_A]:
            self.opened = (-1, 0)
            return FAILED
        self.opened = (block // SECTOR, kind)
        return OK

    def _read(self, command: bytes) -> str:
        block = command[3]
        sector = block // SECTOR
        if sector != self.opened[0]:
            return NOT_ALLOWED
        if block % SECTOR != SECTOR - 1:
            return self.blocks.get(block, bytes(BLOCK)).hex() + OK
        conditions = self.conditions[sector]
        key_b = bytes(6)
        if conditions[3] == DELIVERED[3]:
            key_b = self.keys[sector][1]
        return (bytes(6) + access_bits(conditions) + b"\x69" + key_b).hex() + OK

    def _change(self, command: bytes) -> str:
        block, operation = command[3], command[5]
        condition = self.conditions[block // SECTOR][block % SECTOR]
        needs_b = operation == 1 and condition == RAISED_BY_B
        if block // SECTOR != self.opened[0] or (needs_b and self.opened[1] != KEY_B):
            return NOT_ALLOWED
        amount = int.from_bytes(command[6:])
        before = int.from_bytes(self.blocks[block][:4], "little")
        after = before + amount
        if operation == 2:
            after = before - amount
        self.blocks[block] = value_block(after, block)
        return OK


@dataclass
class MemoryCard:
    """An SLE4442: 256 bytes that everybody reads, a code of three bytes before they are written, three tries."""

    code: bytes
    tries: int = 3
    proved: bool = False
    memory: bytearray = field(default_factory=lambda: bytearray(b"\xff" * 256))

    COUNTERS = (0x00, 0x01, 0x03, 0x07)  # as bits, by the tries that are left

    def __post_init__(self) -> None:
        self.memory[:4] = bytes.fromhex("A2131091")

    def answer(self, command: bytes) -> str:
        """What the reader answers, in hex."""
        handlers = {
            0xA4: self._power_on,
            0xB0: self._read,
            0xB1: self._count,
            0xB2: self._protection,
            0x20: self._present,
            0xD0: self._write,
            0xD2: self._new_code,
        }
        return handlers[command[1]](command)

    def _power_on(self, command: bytes) -> str:
        self.proved = False
        return OK

    def _read(self, command: bytes) -> str:
        start, size = command[3], command[4]
        return self.memory[start : start + size].hex() + OK

    def _count(self, command: bytes) -> str:
        return bytes([self.COUNTERS[self.tries], 0xFF, 0xFF, 0xFF]).hex() + OK

    def _protection(self, command: bytes) -> str:
        return "F0FFFFFF" + OK

    def _present(self, command: bytes) -> str:
        if self.tries and command[5:] == self.code:
            self.tries, self.proved = 3, True
        else:
            self.tries = max(self.tries - 1, 0)
        return f"90{self.COUNTERS[self.tries]:02X}"

    def _write(self, command: bytes) -> str:
        if not self.proved:
            return FAILED
        self.memory[command[3] : command[3] + command[4]] = command[5:]
        return OK

    def _new_code(self, command: bytes) -> str:
        if not self.proved:
            return FAILED
        self.code = command[5:]
        return OK
