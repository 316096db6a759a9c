# SPDX-License-Identifier: MIT
"""Batch 0417: forty cards of a bureau; from one card on they took longer, and something worse happened."""

from __future__ import annotations

from functools import reduce
from importlib import import_module
from operator import xor
from random import Random
from typing import Any

import cardlib
from cardlib.core.model import Frame, Sender, Session
from cardlib.crypto.blocks import kcv
from cardlib.crypto.channels import diversified
from cardlib.measure.wire import link
from traces.makers import middle
from traces.makers.bureau import Bureau, Wares
from traces.makers.managed import ManagedCard, Profile
from traces.makers.rsa_keys import BUREAU_KEY
from traces.makers.shop import card_number
from traces.makers.times import Tape

from .engine import Case, Place, Truth

CARDS = 40
READERS = 4
SLOW_READER, READER_MS = 2, 6
LOGGED = 5  # each fifth card
STORE_DATA = 0xE2
CHECK_VALUES = bytes.fromhex("900009")  # the data grouping of three check values, and its length
FAST_PPS, PLAIN_PPS = bytes.fromhex("FF1196"), bytes.fromhex("FF01")
LETTER = """# Batch 0417

*From the owner of a small bureau.*

Forty cards in an afternoon, and the line is paid by the hour. **From some card on each took much longer**, and nobody
knows why: the operator says that the fast chips were used up, the buyer of the readers says that reader 2 is bad, the
programmer says that it is the day's keys. Card 1 went into reader 1, card 2 into reader 2, 1 to 4 and again.

While you look: our auditor says that a batch is checked for **something worse** than time. He would not say what. If
there is anything of that kind in these logs, tell us which cards must be called back.

All keys are under the bureau's channel; you have none of them, and you need none. `card_07.card.jsonl` is card 7;
each fifth was logged by another program, which writes no PPS down.

```
verdict("batch", culprit=["from card 9", "card 3", "card 4"], mechanism="...",
        evidence=[("card_03.card.jsonl", 9, "command", 5, 20), ...],
        excluded={"bad reader": [...], "keys of the day": [...]}, cannot_say=["..."])
```
"""
HINTS = (
    "cardlib.card_times shares out the seconds of a card: which share grew?",
    "before the first command a reader may ask for another speed: see what each card answered to that",
    "a check value is three bytes that tell two keys apart without betraying them: are all of them different?",
)


def make(seed: str) -> Case:
    """The case for a seed: from which card on, and which two."""
    return _Batch(Random(f"batch {seed}")).case()


def atr() -> bytes:
    """An ATR that offers 223 kbit/s (TA1 96) and T=1."""
    body = bytes.fromhex("989601") + b"CARDLIB2"
    return b"\x3b" + body + bytes((reduce(xor, body),))


def _name(number: int) -> str:
    """The file of a card: some were logged by the daemon of PC/SC, which does not write down the PPS."""
    if number % LOGGED == 0:
        return f"card_{number:02}.pcscd.log"
    return f"card_{number:02}.card.jsonl"


class _Batch:
    """The cards of the afternoon."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.slow_from = random.randrange(18, 27)
        first = random.randrange(5, 15)
        second = random.randrange(28, CARDS + 1)
        self.twins = (first, second)
        self.files: dict[str, bytes] = {}

    def case(self) -> Case:
        """All cards in their order."""
        keys = {number: self.random.randbytes(48) for number in range(1, CARDS + 1)}
        keys[self.twins[1]] = keys[self.twins[0]]
        for number in range(1, CARDS + 1):
            self._make(number, keys[number])
        return Case("expert", LETTER, self.files, HINTS, self._truth(keys))

    def _make(self, number: int, keys: bytes) -> None:
        seed = self.random.randrange(1 << 20)
        card_data = bytes.fromhex("000047900142") + number.to_bytes(4)
        own = diversified("emv", bytes.fromhex(BUREAU_KEY), card_data)
        profile = Profile(own, 2, 0x01, card_data, bytes.fromhex("0142") + number.to_bytes(2))
        card = ManagedCard(profile, seed)
        tape = Tape(f"card {number}", seed, "T=1")
        tape.power_on(atr())
        self._agree_on_speed(tape, number)
        answer = card.answer
        if number % READERS == SLOW_READER:
            answer = middle.relay(tape.wait, READER_MS)(answer)
        bureau = Bureau(tape.over(answer), profile.keys, seed)
        bureau.select(profile.aid)
        bureau.authenticate(0x01)
        pan = card_number("476173900103", number)
        bureau.personalise(Wares(pan, keys, bytes.fromhex("241234FFFFFFFFFF")))
        spellings: Any = import_module("spellings")
        written = spellings.card(tape, "line 1")
        if number % LOGGED == 0:
            written = spellings.pcscd(tape)
        self.files[_name(number)] = written

    def _agree_on_speed(self, tape: Tape, number: int) -> None:
        """PPS (ISO/IEC 7816-3, 9): a card that does not echo PPS1 stays at 9600 bit/s."""
        answers = FAST_PPS
        if number >= self.slow_from:
            answers = PLAIN_PPS
        said: tuple[tuple[Sender, bytes], ...] = (("reader", FAST_PPS), ("card", answers))
        for sender, body in said:
            data = body + bytes((reduce(xor, body),))
            tape.items.append(Frame(len(tape.items), tape.now, sender, "pps", data, 0, 0, 0))
        tape.speed = link(Session(0, atr(), "contact", frames=tuple(tape.frames)))
        tape.wait(5)

    def _truth(self, keys: dict[int, bytes]) -> Truth:
        def check_values(number: int) -> tuple[Place, ...]:
            return tuple(self._places(number, kcv(keys[number][:16])))

        on_reader = [
            number for number in range(1, self.slow_from) if number % READERS == SLOW_READER
        ]
        fast_and_slow = [1, *range(self.slow_from, CARDS + 1)]
        return Truth(
            frozenset(
                {f"from card {self.slow_from}", *(f"card {number}" for number in self.twins)}
            ),
            (
                ("pps", "speed", "9600", "baud"),
                ("same key", "one key", "kcv", "check value", "keys twice"),
            ),
            tuple(check_values(number) for number in self.twins),
            {
                "bad reader": tuple(
                    place for number in on_reader for place in self._places(number)
                ),
                "keys of the day": tuple(
                    place for number in fast_and_slow for place in self._places(number)
                ),
            },
            ("why", "who", "how", "order", "generator"),
        )

    def _places(self, number: int, wanted: bytes = b"") -> list[Place]:
        """The commands of a card; only the one with these check values, if there are any."""
        name = _name(number)
        found: list[Place] = []
        for exchange in cardlib.read_text(self.files[name].decode()).exchanges:
            raw = exchange.command.raw if exchange.command else b""
            at = raw.find(CHECK_VALUES + wanted)
            if not wanted:
                found.append((name, exchange.index, "command", 0, len(raw)))
            elif at >= 0:
                found.append((name, exchange.index, "command", at, at + len(CHECK_VALUES) + 9))
        return found
