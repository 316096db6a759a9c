# SPDX-License-Identifier: MIT
"""An electronic purse in software, the module of a terminal, the issuer (PBOC 2.0 Part 2, JT/T 978).

Keys are made up. The card checks every MAC; what it answers is built from the same functions that check it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from cardlib.crypto import purse

from .rsa_keys import PURSE_KEYS

OK = "9000"
MAC_WRONG, TOO_LITTLE, NO_RECORD, NO_MAC, UNKNOWN = "9302", "9401", "6A83", "9406", "6D00"
LOAD_MASTER, PURCHASE_MASTER, TAC_MASTER = map(bytes.fromhex, PURSE_KEYS.values())
VERSION = "0100"  # key version 01, triple DES
RECORDS = {"log": 10, "rides": 30}


def number(value: int, size: int) -> bytes:
    """A number of so many bytes, highest first."""
    return value.to_bytes(size, "big")


@dataclass
class Running:
    """A transaction that was begun: its random number, counter and terms."""

    kind: int
    random: bytes
    counter: int
    amount: bytes
    terminal: bytes
    ride: bytes = b""


@dataclass
class Purse:
    """A card with one purse. `information` is its file 15, whose bytes 12 to 20 its keys come from."""

    aid: bytes
    information: bytes
    region: bytes
    seed: int
    pin: bytes = bytes.fromhex("1234")
    balance: int = 0
    online: int = 0
    offline: int = 0
    log: list[bytes] = field(default_factory=list)
    rides: list[bytes] = field(default_factory=list)
    running: Running | None = None
    proof: tuple[int, int, bytes, bytes] | None = None

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        identity = self.information[12:20]
        self.load_key = purse.diversified(LOAD_MASTER, identity)
        self.purchase_key = purse.diversified(PURCHASE_MASTER, identity)
        self.tac_key = purse.diversified(TAC_MASTER, identity)

    def answer(self, command: bytes) -> str:
        """What the card answers, in hex."""
        handlers = {
            0xA4: self._select,
            0xB0: self._read_file,
            0xB2: self._read_record,
            0x20: self._verify,
            0x5C: self._tell_balance,
            0x50: self._initialize,
            0x52: self._credit,
            0xDC: self._cache,
            0x54: self._debit,
            0x5A: self._prove,
        }
        handler = handlers.get(command[1])
        if handler is None:
            return UNKNOWN
        return handler(command)

    def _select(self, command: bytes) -> str:
        self.running = None
        proprietary = bytes.fromhex("9F0801029F0C") + number(len(self.information), 1)
        proprietary += self.information
        name = b"\x84" + number(len(self.aid), 1) + self.aid
        inside = name + b"\xa5" + number(len(proprietary), 1) + proprietary
        return (b"\x6f" + number(len(inside), 1) + inside).hex() + OK

    def _read_file(self, command: bytes) -> str:
        file = {0x95: self.information, 0x97: self.region}.get(command[2])
        if file is None:
            return "6A82"
        return file.hex() + OK

    def _read_record(self, command: bytes) -> str:
        records = {0xC4: self.log, 0xF4: self.rides}.get(command[3], [])
        if command[2] > len(records):
            return NO_RECORD
        return records[-command[2]].hex() + OK

    def _verify(self, command: bytes) -> str:
        if command[5:] == self.pin:
            return OK
        return "63C2"

    def _tell_balance(self, command: bytes) -> str:
        if command[2] in (0, 3):
            return number(self.balance, 4).hex() + OK
        return number(0, 4).hex() + OK

    def _initialize(self, command: bytes) -> str:
        kind = {0: 2, 1: 6, 3: 9}[command[2]]
        fresh = self.random.randbytes(4)
        amount, terminal = command[6:10], command[10:16]
        counter = self.offline
        if kind == 2:
            counter = self.online
        if kind != 2 and int.from_bytes(amount, "big") > self.balance:
            return TOO_LITTLE
        self.running = Running(kind, fresh, counter, amount, terminal)
        begin = number(self.balance, 4) + number(counter, 2)
        if kind != 2:
            return begin.hex() + "000000" + VERSION + fresh.hex() + OK
        key = purse.load_session_key(self.load_key, fresh, number(counter, 2))
        terms = purse.Terms(amount, kind, terminal)
        mac1 = purse.load_mac1(key, number(self.balance, 4), terms)
        return begin.hex() + VERSION + fresh.hex() + mac1.hex() + OK

    def _credit(self, command: bytes) -> str:
        running = self.running
        if running is None or running.kind != 2:
            return "6985"
        date, time, mac2 = command[5:9], command[9:12], command[12:16]
        terms = purse.Terms(running.amount, running.kind, running.terminal, date, time)
        counter = number(running.counter, 2)
        key = purse.load_session_key(self.load_key, running.random, counter)
        if purse.load_mac2(key, terms) != mac2:
            return MAC_WRONG
        self.balance += int.from_bytes(running.amount, "big")
        self.online += 1
        self._write_log(running, self.online, date + time)
        tac = purse.load_tac(self.tac_key, number(self.balance, 4), counter, terms)
        self.running = None
        return tac.hex() + OK

    def _cache(self, command: bytes) -> str:
        if self.running is None or self.running.kind != 9:
            return "6985"
        self.running.ride = command[5:]
        return OK

    def _debit(self, command: bytes) -> str:
        running = self.running
        if running is None or running.kind == 2:
            return "6985"
        terminal_counter, date, time = command[5:9], command[9:13], command[13:16]
        terms = purse.Terms(running.amount, running.kind, running.terminal, date, time)
        counter = number(running.counter, 2)
        key = purse.purchase_session_key(
            self.purchase_key, running.random, counter, terminal_counter
        )
        if not self._accepts(purse.purchase_mac1(key, terms), command[16:20]):
            return MAC_WRONG
        self.balance -= int.from_bytes(running.amount, "big")
        self.offline += 1
        if any(running.amount):
            self._write_log(running, self.offline, date + time)
        if running.ride:
            self.rides.append(running.ride)
            self.rides = self.rides[-RECORDS["rides"] :]
        tac = purse.purchase_tac(self.tac_key, terms, terminal_counter)
        mac2 = purse.purchase_mac2(key, running.amount)
        self.proof = (running.kind, self.offline, mac2, tac)
        self.running = None
        return (tac + mac2).hex() + OK

    def _accepts(self, expected: bytes, mac1: bytes) -> bool:
        return expected == mac1

    def _prove(self, command: bytes) -> str:
        asked = int.from_bytes(command[5:7], "big")
        if self.proof is None or self.proof[:2] != (command[3], asked):
            return NO_MAC
        return (self.proof[2] + self.proof[3]).hex() + OK

    def _write_log(self, running: Running, counter: int, moment: bytes) -> None:
        kind = number(running.kind, 1)
        entry = number(counter, 2) + bytes(3) + running.amount + kind + running.terminal + moment
        self.log = [*self.log, entry][-RECORDS["log"] :]


class Credulous(Purse):
    """A card that accepts any MAC1 and gives the same random number each time."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.random = Constant()  # type: ignore[assignment]

    def _accepts(self, expected: bytes, mac1: bytes) -> bool:
        return True


class Constant:
    """What such a card takes for random numbers."""

    def randbytes(self, size: int) -> bytes:
        """The same each time."""
        return b"\x5a" * size


@dataclass
class Module:
    """The module of a terminal: it makes MAC1 and checks MAC2."""

    terminal: bytes
    counter: int = 0
    expected: bytes = b""

    def answer(self, command: bytes) -> str:
        """What the module answers, in hex."""
        if command[1] == 0x72:
            if command[5:9] == self.expected:
                return OK
            return MAC_WRONG
        data = command[5:]
        fresh, counter, amount, kind = data[:4], data[4:6], data[6:10], data[10]
        date, time, identity = data[11:15], data[15:18], data[20:28]
        self.counter += 1
        terminal_counter = number(self.counter, 4)
        card_key = purse.diversified(PURCHASE_MASTER, identity)
        key = purse.purchase_session_key(card_key, fresh, counter, terminal_counter)
        terms = purse.Terms(amount, kind, self.terminal, date, time)
        self.expected = purse.purchase_mac2(key, amount)
        return (terminal_counter + purse.purchase_mac1(key, terms)).hex() + OK


def issuer_mac2(card: Purse, answer: bytes, terms: purse.Terms) -> bytes:
    """MAC2 of a load, as the issuer makes it from the card's answer."""
    key = purse.load_session_key(card.load_key, answer[8:12], answer[4:6])
    return purse.load_mac2(key, terms)
