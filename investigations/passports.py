# SPDX-License-Identifier: MIT
"""Two of three passports: three documents with one name, five readings; which may pass?"""

from __future__ import annotations

from importlib import import_module
from random import Random
from typing import Any

import cardlib
from traces.makers import middle
from traces.makers.eac import ModernPassport
from traces.makers.passport import COM, SOD

from .engine import Case, Place, Truth

DG1, DG2, DG15 = 0x0101, 0x0102, 0x010F
INTERNAL_AUTHENTICATE, READ_BINARY, SELECT = 0x88, 0xB0, 0xA4
SLOW_MS = 22
LOGGED = (2, 4)  # readings in the log of a daemon
LETTER = """# Two of three passports

*From a border post.*

Three booklets lie on the desk, all of Anna Maria Eriksson of Utopia, all with the same printed page. We read them five
times: `r1` to `r5`; the letter behind the number is the booklet. Two of the three must not pass. One is a **copy**: the
data of the genuine one on another chip. In one the **photograph** was exchanged.

The zone of the page is in the keys that you have: `cardlib.read(path, keys=["traces/makers/keyring.toml"])` opens the
readings. One chip is slow. One reading was made the old way, by basic access control. One reading did not ask for
everything.

Say for each of the two what is wrong with it, by the exchange that shows it. What can these readings not say about the
third?

```
verdict("passports", culprit=["X: copy", "Y: photograph"], mechanism="...",
        evidence=[("r1X.card.jsonl", 40, "response", 0, 20), ...],
        excluded={"slow chip": [...], "old way": [...]}, cannot_say=["..."])
```
"""
HINTS = (
    "EF.SOD holds a hash of each data group; cardlib.acts(capture)[-1].proofs compares them",
    "a copy has all data right: it fails where the chip must use a key that nobody can read",
    "look at the proofs of each reading: hash of DG2, and active authentication",
)


def make(seed: str) -> Case:
    """The case for a seed: which letter is which document."""
    random = Random(f"passports {seed}")
    letters = ["A", "B", "C"]
    random.shuffle(letters)
    genuine, copy, altered = letters
    desk = _Desk(random)
    desk.read(1, genuine, "genuine", "old way")
    desk.read(2, copy, "copy", "not asked")
    desk.read(3, altered, "altered", "")
    desk.read(4, genuine, "genuine", "slow chip")
    desk.read(5, copy, "copy", "")
    places = desk.places
    truth = Truth(
        frozenset({f"{copy}: copy", f"{altered}: photograph"}),
        (("hash", "sod", "signed", "dg2"), ("active", "key", "challenge", "internal authenticate")),
        (tuple(places[5, "asked"]), tuple(places[3, "photograph"])),
        {
            "slow chip": tuple(places[4, "asked"]),
            "old way": tuple(places[1, "asked"] + places[1, "photograph"]),
        },
        ("csca", "country", "issued", "holder", "person", "face"),
    )
    return Case("apprentice", LETTER, desk.files, HINTS, truth)


class _Desk:
    """The readings, and where each shows something."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.files: dict[str, bytes] = {}
        self.places: dict[tuple[int, str], list[Place]] = {}

    def read(self, number: int, letter: str, kind: str, how: str) -> None:
        """One reading of a document."""
        passports: Any = import_module("passports")
        owner = "another chip" if kind == "copy" else "passport chip"
        chip = ModernPassport(self.random.randrange(1 << 20), owner=owner)
        if kind == "altered":
            photograph = chip.files[DG2]
            chip.files[DG2] = photograph[:-40] + bytes(byte ^ 0x11 for byte in photograph[-40:])
        border = passports.Border(f"reading {number}", self.random.randrange(1 << 20))
        card = chip.answer
        if how == "slow chip":
            card = middle.relay(border.tape.wait, SLOW_MS)(card)
        if how == "old way":
            card = passports._without_pace(card)
        inspection = border.meet(card)
        if inspection.pace():
            inspection.select()
        else:
            inspection.begin()
        for file in (COM, SOD, DG15):
            inspection.read(file)
        if how != "not asked":
            inspection.challenge()
        inspection.read(DG1)
        if how != "not asked":
            inspection.read(DG2)
        name, data = f"r{number}{letter}.card.jsonl", border.written()
        if number in LOGGED:
            spellings: Any = import_module("spellings")
            name, data = f"r{number}{letter}.pcscd.log", spellings.pcscd(border.tape)
        self.files[name] = data
        self._mark(number, name)

    def _mark(self, number: int, name: str) -> None:
        """Where the chip was asked, and where the photograph was read: the last file of a reading."""
        exchanges = cardlib.read_text(self.files[name].decode()).exchanges
        asked, photograph = [], []
        for exchange in exchanges:
            command, response = exchange.command, exchange.response
            if command is None or response is None:
                continue
            place = (name, exchange.index, "response", 0, len(response.raw))
            if command.ins == SELECT:
                photograph = []
            if command.ins == READ_BINARY:
                photograph.append(place)
            if command.ins == INTERNAL_AUTHENTICATE:
                asked.append(place)
        self.places[number, "asked"], self.places[number, "photograph"] = asked, photograph
