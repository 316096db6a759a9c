# SPDX-License-Identifier: MIT
"""Play a story of stories.toml: a card, a terminal, an issuer, perhaps a man in the middle, and the tape."""

from __future__ import annotations

import tomllib
from functools import partial
from pathlib import Path
from typing import Any

from traces.makers import middle, rsa_keys
from traces.makers.card import Card
from traces.makers.chip import LOG_SFI
from traces.makers.contactless import Tap
from traces.makers.issuer import Issuer
from traces.makers.profile import load
from traces.makers.reader import Result, Settings
from traces.makers.terminal import Terminal
from traces.makers.times import Tape

STORIES: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("stories.toml").read_text("utf-8")
)
TRUSTED = {
    "A000000003F9": rsa_keys.key("Visa-like CA").modulus,
    "A000000004F9": rsa_keys.key("Mastercard-like CA").modulus,
}
RELAY_MS = 25  # there and back, through two phones and a network
WEDGE_MS = 1  # a small computer between the contacts, or a card played by a program


class Story:
    """All who take part; `results` tells how each payment ended for the terminal."""

    def __init__(self, name: str) -> None:
        self.row = STORIES[name]
        profile = load(self.row["card"], self.row.get("set"))
        self.card = Card(profile, self.row["seed"])
        self.issuer = Issuer(profile, **self.row.get("issuer", {}))
        self.tape = Tape(name, self.row["seed"], profile.protocol)
        self.kept: dict[bytes, bytes] = {}
        self.results: list[Result] = []
        self.terminal = (Tap if profile.protocol == "contactless" else Terminal)(
            self.listened,
            Settings(TRUSTED, **self.row.get("shop", {})),
            self.issuer,
            self.row.get("pins", ()),
            self.row["seed"],
            profile.protocol == "T=0",
            self.tape.wait,
            self.tape.took,
        )
        self.numbers, self.dates = iter(self.row.get("un", ())), iter(self.row.get("dates", ()))

    def pay(self, cents: int) -> Result:
        """One payment: the next number and the next day of the story."""
        shop = self.terminal.settings.data
        shop["9A"] = next(self.dates, shop["9A"])
        return self.terminal.pay(cents, next(self.numbers, ""))

    def play(self) -> Story:
        """From the first power-up to the last."""
        for cents in self.row.get(
            "before", ()
        ):  # in another shop, or for somebody who listens: not on the tape
            self.card.power_on()
            self.pay(cents)
        honest = self.tape.over(self.card.answer)
        attacked = self.tape.over(self.card.answer, self.attack())
        for place, cents in enumerate(self.row["pays"]):
            self.tape.power_on(self.card.power_on())
            waits = self.row.get("attack") == "replay" and not place  # first the holder pays
            self.terminal.transmit = honest if waits else attacked
            self.results.append(self.pay(cents))
        if self.row.get("log"):
            self.tape.power_on(self.card.power_on())
            self.terminal.transmit = honest
            self.read_log()
        return self

    def listened(self, command: bytes) -> bytes:
        """The card, by somebody who keeps what it says."""
        self.kept[command] = self.card.answer(command)
        return self.kept[command]

    def attack(self) -> middle.Attack:
        """The man in the middle; nobody, if the story has none."""
        name = self.row.get("attack", "")
        if not name:
            return lambda card: card
        if name == "relay":
            return middle.relay(self.tape.wait, RELAY_MS)
        if name == "brand_mixup":
            return partial(middle.brand_mixup, wait=self.tape.wait)
        change: middle.Attack = getattr(middle, name)
        if name == "replay":
            change = middle.replay(self.kept)
        delay = middle.relay(self.tape.wait, WEDGE_MS)
        return lambda card: delay(change(card))

    def read_log(self) -> None:
        """The last payments, which nobody needs a secret to read."""
        self.terminal.send("00A40400", self.card.profile.aid)
        self.terminal.send("80CA9F4F")
        for number in range(1, 11):
            if self.terminal.send(f"00B2{number:02X}{LOG_SFI << 3 | 4:02X}")[1] != 0x9000:
                return


def play(name: str) -> Story:
    """The story of that name."""
    return Story(name).play()
