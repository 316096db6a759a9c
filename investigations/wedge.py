# SPDX-License-Identifier: MIT
"""The till in Lyon: twelve payments at three tills; at one of them any PIN is right."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from random import Random

import cardlib
from cardlib.core.model import Frame
from traces.makers import middle, rsa_keys
from traces.makers.card import Card
from traces.makers.issuer import Issuer
from traces.makers.profile import Profile, load
from traces.makers.reader import Settings
from traces.makers.shop import card_number
from traces.makers.terminal import Terminal
from traces.makers.times import Tape, Transmit

from .engine import Case, Place, Truth

TILLS = (1, 2, 3)
PAYMENTS = 12
CARDS = 5
WEDGE_MS, SLOW_MS = 1, 18
RIGHT, WRONG, STOLEN = "1234", "4321", "0000"
FORMATS = ("pcscd.log", "card.jsonl", "hex.txt")
IAD_HEAD = bytes.fromhex("06010A03")  # in the format of the scheme; this issuer has its own
OWN_HEAD = bytes.fromhex("4C595203")
NO_PIN, PIN_RIGHT, PIN_WRONG = 0x80, 0x40, 0x20
CARD_SETS = {
    "protocol": "T=1",
    "atr": "3BE500FF8131FE45 5452414345 50",
    "rsa": {"pin": "Visa-like PIN"},
    "afl": "08010100 10010202 18010400",
    "records": {"3.4": "9F2D 9F2E"},
    "data": {"8E": "0000000000000000 4403 1F03"},
}
LETTER = """# The till in Lyon

*From the security desk of a bank, to you.*

Four holders say that they did not make a payment. Each payment was made with the stolen card **and its PIN**, says the
shop, so the bank is asked to believe the shop. The shop has three tills. We got the logs of a technician, twelve
payments of one day, in whatever form his programs wrote: `t2_05.pcscd.log` is payment 5 of that day, at till 2.

What you should know:

- Every card is ours. The PIN goes to the card enciphered under the card's key; a card needs its whole RSA for it.
- Our cards do not use the scheme's format of 9F10. Behind `4C 59 52 03` stand three bytes of our own. In the last of
  them `80` means that no PIN came to the card in this payment, `40` that the PIN was right, `20` that it was wrong.
- One till has a slow reader. One holder is old and mistypes. Neither is a crime.

Tell us **which till**, by what it does, with the exchanges that show it, and why it is not one of the others. Say, too,
what these logs cannot tell. An accusation of the wrong till will cost us a lawsuit, and you a point.

```
from investigations import hint, verdict

verdict("wedge", culprit="till 1", mechanism="...", evidence=[("t1_01.pcscd.log", 12, "response", 0, 2)],
        excluded={"till 2": [...], "slow reader": [...]}, cannot_say=["..."])
```
"""
HINTS = (
    "VERIFY is the only command that asks the card about the PIN: who answers it, and after how long?",
    "a card that deciphers a PIN needs some 120 ms beside the wire; compare the answers of VERIFY till by till",
    "where VERIFY was answered 9000, look at the last byte of 9F10: does the card know of a PIN?",
)


def make(seed: str) -> Case:
    """The case for a seed: which till it is, whose cards, which formats."""
    random = Random(f"wedge {seed}")
    guilty = random.choice(TILLS)
    slow = random.choice([till for till in TILLS if till != guilty])
    day = _Day(random, guilty, slow)
    for number in range(1, PAYMENTS + 1):
        day.pay(number)
    return Case("advanced", LETTER, day.files, HINTS, day.truth())


class _Day:
    """The payments of the day, and the places that tell."""

    def __init__(self, random: Random, guilty: int, slow: int) -> None:
        self.random, self.guilty, self.slow = random, guilty, slow
        numbers = [card_number("476173900102", random.randrange(1000)) for _ in range(CARDS)]
        self.profiles = [load("visa_contact", {**CARD_SETS, "pan": number}) for number in numbers]
        self.cards = [Card(profile, random.randrange(1 << 30)) for profile in self.profiles]
        self.tills = {number: TILLS[number % 3] for number in range(1, PAYMENTS + 1)}
        own = [number for number, till in self.tills.items() if till == guilty]
        self.stolen = sorted(random.sample(own, 2))
        others = [number for number, till in self.tills.items() if till != guilty]
        self.mistyped = random.choice(others)
        self.files: dict[str, bytes] = {}
        self.places: dict[str, list[Place]] = {}

    def pay(self, number: int) -> None:
        """One payment, in the format of its log."""
        till, place = self.tills[number], number % CARDS
        tape = Tape(f"payment {number}", self.random.randrange(1 << 30), "T=1")
        terminal = self._terminal(tape, number, self.profiles[place])
        tape.power_on(self.cards[place].power_on())
        terminal.transmit = tape.over(self.cards[place].answer, self._between(tape, number, till))
        terminal.pay(self.random.randrange(2_000, 9_000))
        tape.items = [
            _in_own_format(item) if isinstance(item, Frame) else item for item in tape.items
        ]
        file = f"t{till}_{number:02}.{self._format(number)}"
        self.files[file] = _spelled(tape, file)
        self.places[file] = _telling(self.files[file], file)

    def _terminal(self, tape: Tape, number: int, profile: Profile) -> Terminal:
        trusted = {"A000000003F9": rsa_keys.key("Visa-like CA").modulus}
        pins = [RIGHT]
        if number == self.mistyped:
            pins = [WRONG, RIGHT]
        if number in self.stolen:
            pins = [STOLEN]
        seed = self.random.randrange(1 << 30)
        wait, took = tape.wait, tape.took
        return Terminal(
            tape.over(bytes), Settings(trusted), Issuer(profile), pins, seed, False, wait, took
        )

    def _between(self, tape: Tape, number: int, till: int) -> middle.Attack:
        """What stands between card and till: nothing, a slow reader, or a wedge."""

        def none(card: Transmit) -> Transmit:
            return card

        if number in self.stolen:
            return lambda card: middle.relay(tape.wait, WEDGE_MS)(middle.no_pin(card))
        if till == self.slow:
            return middle.relay(tape.wait, SLOW_MS)
        return none

    def _format(self, number: int) -> str:
        """A form of log; one of the stolen payments has no clock."""
        if number in self.stolen:
            return FORMATS[2 * self.stolen.index(number)]
        return self.random.choice(FORMATS)

    def truth(self) -> Truth:
        """The till, the two payments, and what clears the others."""

        def of_till(till: int) -> tuple[Place, ...]:
            files = [file for file in self.files if file.startswith(f"t{till}_")]
            return tuple(place for file in files for place in self.places[file])

        stolen = [file for file in self.files if int(file[3:5]) in self.stolen]
        innocent = [till for till in TILLS if till != self.guilty]
        mistyped = next(file for file in self.files if int(file[3:5]) == self.mistyped)
        leads = {f"till {till}": of_till(till) for till in innocent}
        leads |= {"slow reader": of_till(self.slow), "wrong PIN": tuple(self.places[mistyped])}
        return Truth(
            frozenset({f"till {self.guilty}"}),
            (("verify", "pin"), ("answer", "9000", "between", "wedge", "device", "middle")),
            tuple(tuple(self.places[file]) for file in stolen),
            leads,
            ("who", "person", "staff", "cashier", "since when", "how long"),
        )


def _in_own_format(frame: Frame) -> Frame:
    """The issuer application data in the format of this bank: its bytes stay, what they say moves."""
    head, found, behind = frame.data.partition(IAD_HEAD)
    if not found or frame.sender != "card":
        return frame
    first, _, last = behind[:3]
    state = PIN_RIGHT
    if last & 0x01:
        state = NO_PIN
    elif first & 0x02:
        state = PIN_WRONG
    body = bytes((first ^ 0x5A, last ^ 0xA5, state))
    return replace(frame, data=head + OWN_HEAD + body + behind[3:])


def _spelled(tape: Tape, file: str) -> bytes:
    spellings = import_module("spellings")
    if file.endswith("pcscd.log"):
        return bytes(spellings.pcscd(tape))
    if file.endswith("hex.txt"):
        return bytes(spellings.hexpairs(tape, "a payment; > is the till, < the card"))
    return bytes(spellings.card(tape, "of a technician"))


def _telling(data: bytes, file: str) -> list[Place]:
    """The answers to VERIFY, and the last byte of 9F10, by their places in the file."""
    places: list[Place] = []
    for exchange in cardlib.read_text(data.decode()).exchanges:
        command, response = exchange.command, exchange.response
        if command is None or response is None:
            continue
        if command.ins == 0x20:
            places.append((file, exchange.index, "response", 0, 2))
        at = response.raw.find(OWN_HEAD)
        if at >= 0:
            places.append((file, exchange.index, "response", at + 4, at + 7))
    return places
