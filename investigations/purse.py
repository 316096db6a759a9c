# SPDX-License-Identifier: MIT
"""The purse that grew: nine sessions of two purses; one of them began from a state that was already past."""

from __future__ import annotations

from copy import deepcopy
from importlib import import_module
from random import Random
from typing import Any

import cardlib
from traces.makers.purse import Module, Purse

from .engine import Case, Place, Truth

AID = bytes.fromhex("A00000000386980701")
PREFIX = "0001200000000000" + "0101"
SUFFIX = "20250101203501010000"
PURSES = ("2000000000041701", "2000000000041702")
SHOP, GATE = "202600000011", "202600000042"
SESSIONS = 9
ONE_CLOCK = "20260314121500"  # both tills, at one moment
GAP_US = 41_000
LETTER = """# The purse that grew

*From the clearing house of a city card.*

Two purses were used in two shops on one day, nine sessions in all: `s1` to `s9`, in their order. The shops sent us
their logs, some as hex, some as the log of a daemon. At the end of the day one of the purses had paid more than it had
ever been loaded with. The shops got good check values each time, and want their money.

Somebody may have **brought a chip back to an earlier state**. Or a payment was torn, and counted twice. Or a check
value of one payment was used for another.

Which session is it, what happened in it, and which *earlier* session does its beginning repeat? There was a load on the
way, a payment whose answer was lost, and two tills whose clocks stood at the same second: these things happen.

```
verdict("purse", culprit="session 4", mechanism="...", evidence=[("s4.hex.txt", 1, "response", 0, 6), ...],
        excluded={"lost answer": [...], "load": [...], "same second": [...]}, cannot_say=["..."])
```
"""
HINTS = (
    "the answer to 80 50 is the purse's own book: its balance, then a counter of two bytes",
    "put the balance and the counter of each session in a table, a column for each purse",
    "a counter of payments only rises: where does one come again?",
)


def make(seed: str) -> Case:
    """The case for a seed: which purse, and where it was brought back."""
    return _Day(Random(f"purse {seed}")).case()


class _Day:
    """The sessions of the day, one tape each."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.tapes: Any = import_module("purses")
        self.cards = [self._card(number) for number in PURSES]
        self.shop, self.gate = Module(bytes.fromhex(SHOP)), Module(bytes.fromhex(GATE))
        self.guilty = random.randrange(2)
        order = [self.guilty] * 5 + [1 - self.guilty] * 4
        random.shuffle(order)
        self.order = order
        own = [place for place, card in enumerate(order) if card == self.guilty]
        self.kept, self.back = own[1], own[3]  # the state after `kept` begins comes again in `back`
        others = [place for place, card in enumerate(order) if card != self.guilty]
        self.load, self.lost = others[1], others[2]
        self.same_second = (own[2], others[3])
        self.files: dict[str, bytes] = {}

    def _card(self, number: str) -> Purse:
        information = bytes.fromhex(PREFIX + "0000" + number + SUFFIX)
        return Purse(
            AID,
            information,
            b"",
            seed=self.random.randrange(1000),
            balance=self.random.randrange(60, 90) * 100,
        )

    def case(self) -> Case:
        """All sessions in their order."""
        state = deepcopy(self.cards[self.guilty])
        for place, number in enumerate(self.order):
            if place == self.kept:
                state = deepcopy(self.cards[number])
            if place == self.back:
                self.cards[number] = state
                state.random.seed(self.random.randrange(1 << 30))
            self._session(place, self.cards[number])
        return Case("novice", LETTER, self.files, HINTS, self._truth())

    def _session(self, place: int, card: Purse) -> None:
        tape = self.tapes.Tape(f"session {place + 1}", card)
        module = (self.shop, self.gate)[place % 2]
        moment = f"20260314{8 + place:02}{self.random.randrange(60):02}00"
        if place in self.same_second:
            moment = ONE_CLOCK
        tape.select()
        if place == self.load:
            tape.load(2000, moment)
        tape.pay(self.random.randrange(3, 15) * 100, moment, module, lost=place == self.lost)
        if place == self.lost:
            tape.send(f"805A000602{card.offline:04X}")
            tape.send("805C000204")
        name = f"s{place + 1}.hex.txt"
        data = tape.file()
        if place % 3 == 2:
            name, data = f"s{place + 1}.pcscd.log", _as_daemon(tape.lines)
        self.files[name] = data

    def _truth(self) -> Truth:
        def begun(place: int) -> tuple[Place, ...]:
            return tuple(found for found in self._places(place) if found[3:] == (0, 6))

        def all_of(*places: int) -> tuple[Place, ...]:
            return tuple(found for place in places for found in self._places(place))

        leads = {
            "load": all_of(self.load),
            "lost answer": all_of(self.lost),
            "same second": all_of(*self.same_second),
        }
        return Truth(
            frozenset({f"session {self.back + 1}"}),
            (
                ("earlier", "old", "back", "copy", "restored", "roll"),
                ("state", "counter", "balance", "chip"),
            ),
            (begun(self.back), begun(self.kept)),
            leads,
            ("who", "holder", "how", "chip or", "copy or"),
        )

    def _places(self, place: int) -> list[Place]:
        """The telling answers of a session: how it was begun, and every other answer with data."""
        name = next(file for file in self.files if file.startswith(f"s{place + 1}."))
        found: list[Place] = []
        for exchange in cardlib.read_text(self.files[name].decode()).exchanges:
            command, response = exchange.command, exchange.response
            if command is None or response is None:
                continue
            stop = len(response.raw)
            if command.ins == 0x50 and command.p1 == 1:
                stop = 6  # balance and counter
            found.append((name, exchange.index, "response", 0, stop))
            found.append((name, exchange.index, "command", 0, len(command.raw)))
        return found


def _as_daemon(lines: list[str]) -> bytes:
    """The lines of a tape as the daemon of PC/SC writes them."""
    rows = []
    for line in lines[1:]:
        label = "APDU: " if line[0] == ">" else "SW: "
        rows.append(f"{GAP_US:08} {label}{bytes.fromhex(line[2:]).hex(' ').upper()} ")
    return ("\n".join(rows) + "\n").encode()
