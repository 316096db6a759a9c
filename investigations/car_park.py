# SPDX-License-Identifier: MIT
"""Roaming in the car park: six captures of one SIM; in one of them a stranger asked."""

from __future__ import annotations

from importlib import import_module
from random import Random
from typing import Any

import cardlib
from traces.makers.applets import Toolkit
from traces.makers.phone import Phone
from traces.makers.rsa_keys import SIM_KEYS
from traces.makers.subscriber import Network, Subscriber
from traces.makers.times import Tape
from traces.makers.uicc import Uicc

from .engine import Case, Place, Truth

K, OPC = (bytes.fromhex(value) for value in SIM_KEYS)
SQN = 0x4100
AUTHENTICATE = 0x88
WRONG_PIN = "39393939FFFFFFFF"
SPELLINGS = ("pcapng", "at.txt", "card.jsonl")
LETTER = """# Roaming in the car park

*From the lawyer of a journalist.*

My client's phone lost its network six times on one afternoon, in and around a car park. We have what its SIM was asked,
`c1` to `c6` in their order, recorded with three programs. One of us says that *somebody with a false base station was
there*; the operator says *the card was out of step*, *the radio was bad*, or *she mistyped her PIN*. All of these may
be true of some of the captures.

In **which capture** did a stranger ask, who had heard something before? From which capture did he have it? And above
all: what did he learn from the card's answer, and what did he *not* learn?

A card answers a challenge with `DB` (it believed and proves itself), with `DC` (the counter is old; it tells its own,
masked), or with the status word `9862` (the proof is wrong).

```
verdict("car_park", culprit="c3", mechanism="...", evidence=[("c3.pcapng", 40, "command", 6, 22), ...],
        excluded={"out of step": [...], "bad radio": [...], "wrong PIN": [...]}, cannot_say=["..."])
```
"""
HINTS = (
    "look at AUTHENTICATE (INS 88) alone: RAND is 16 bytes behind a length, and new each time",
    "an honest network that hears DC counts on and comes back with another RAND",
    "compare the RANDs of all six captures: which one comes again?",
)


def make(seed: str) -> Case:
    """The case for a seed: the order of what happened, and in which capture the stranger asked."""
    return _Afternoon(Random(f"car park {seed}")).case()


class _Afternoon:
    """One card and its home network, six captures."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.card = Uicc(Subscriber(K, OPC, SQN), Toolkit())
        self.network = Network(K, OPC, SQN, random.randrange(1 << 30))
        self.heard = b""
        kinds = ["out of step", "bad radio", "wrong PIN", "replay"]
        random.shuffle(kinds)
        self.kinds = ["heard", *kinds, "plain"]
        self.files: dict[str, bytes] = {}

    def case(self) -> Case:
        """The captures in their order."""
        for number, kind in enumerate(self.kinds, 1):
            self._capture(number, kind)
        return Case("apprentice", LETTER, self.files, HINTS, self._truth())

    def _capture(self, number: int, kind: str) -> None:
        tape = Tape(f"capture {number}", self.random.randrange(1 << 30), "T=0")
        phone = Phone(tape.over(self.card.answer))
        tape.power_on(self.card.power_on())
        if kind == "wrong PIN":
            phone.select("3F00")
            phone.select("A0000000871002")
            phone.enter_code(WRONG_PIN)
        phone.start()
        self._authenticate(phone, kind)
        phone.send("80F2010C00")
        ending = SPELLINGS[number % len(SPELLINGS)]
        self.files[f"c{number}.{ending}"] = _spelled(tape, ending)

    def _authenticate(self, phone: Phone, kind: str) -> None:
        if kind == "replay":
            for _ in range(2):
                phone.authenticate(self.heard)
            return
        if kind == "out of step":
            self.network.sqn -= 0x20
            challenge = self.network.challenge()
            answer, _ = phone.authenticate(challenge)
            self.network.resynchronise(challenge, answer[2:])
        challenge = self.network.challenge()
        if kind == "bad radio":
            spoiled = challenge[:-1] + bytes((challenge[-1] ^ 0x10,))
            phone.authenticate(spoiled)
        if kind == "heard":
            self.heard = challenge
        phone.authenticate(challenge)

    def _truth(self) -> Truth:
        replay = self.kinds.index("replay") + 1
        leads = {kind: tuple(self._places(kind)) for kind in ("out of step", "bad radio")}
        leads["wrong PIN"] = tuple(self._places("wrong PIN", 0x20))
        return Truth(
            frozenset({f"c{replay}"}),
            (
                ("replay", "again", "played back", "repeat", "recorded"),
                ("challenge", "rand", "auth"),
            ),
            (tuple(self._places("replay")), tuple(self._places("heard"))),
            leads,
            ("who", "imsi", "identity", "listen", "where"),
        )

    def _places(self, kind: str, ins: int = AUTHENTICATE) -> list[Place]:
        """The commands of that kind of capture with an instruction, and their answers."""
        number = self.kinds.index(kind) + 1
        name = next(file for file in self.files if file.startswith(f"c{number}."))
        found: list[Place] = []
        for exchange in _read(name, self.files[name]).exchanges:
            command, response = exchange.command, exchange.response
            if command is None or response is None or command.ins != ins:
                continue
            found.append((name, exchange.index, "command", 0, len(command.raw)))
            found.append((name, exchange.index, "response", 0, len(response.raw)))
        return found


def _spelled(tape: Tape, ending: str) -> bytes:
    spellings: Any = import_module("spellings")
    if ending == "pcapng":
        return bytes(spellings.gsmtap(tape))
    if ending == "at.txt":
        return bytes(spellings.at_commands(tape))
    return bytes(spellings.card(tape, "of the operator"))


def _read(name: str, data: bytes) -> cardlib.Capture:
    """A capture from its bytes: a packet capture must lie in a file."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        from pathlib import Path

        path = Path(folder) / name
        path.write_bytes(data)
        return cardlib.read(path)
